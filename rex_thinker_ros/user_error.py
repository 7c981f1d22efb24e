"""What the person at the command line can mend."""

from __future__ import annotations


class UserError(Exception):
    """Say, in a sentence for whoever gave the input, what is wrong with it and what to do."""
