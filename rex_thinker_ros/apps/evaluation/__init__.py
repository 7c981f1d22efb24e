"""Evaluation on referring sets in HumanRef's format."""
