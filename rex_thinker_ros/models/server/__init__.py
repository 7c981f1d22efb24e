"""The reasoner on another computer, behind a server of models."""
