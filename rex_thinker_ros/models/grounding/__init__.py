"""Grounding DINO, through transformers or its original package: candidates of a category."""
