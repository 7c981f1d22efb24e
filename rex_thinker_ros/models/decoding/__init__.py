"""Greedy decoding by an own loop: a cache that is kept, drafts that the model verifies."""
