"""The folder of checkpoints: what fills it, and what checks it."""
