"""Silence what the models' libraries say of things that users cannot change."""

from __future__ import annotations

import logging
import warnings

# torchao, which transformers imports where it is installed, tells of kernels for other machines
_LOGGERS = ("torchao", "torch.utils._pytree")


def silence_libraries() -> None:
    """Leave out these messages and transformers' progress bars, for the rest of the process."""
    for name in _LOGGERS:
        logging.getLogger(name).setLevel(logging.ERROR)
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()
    # of a width that is no power of two
    warnings.filterwarnings("ignore", message="You'd better set embed_dim")
