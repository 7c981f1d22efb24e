"""Silence what the models' libraries say of things that users cannot change."""

from __future__ import annotations

import logging
import warnings

# these tell of kernels for other machines; transformers imports torchao where it is installed
_LOGGERS = ("torchao", "torch.utils._pytree", "bitsandbytes")
_WARNINGS = (
    "You'd better set embed_dim",  # of a width that is no power of two
    # what groundingdino calls by its former name
    "Importing from timm.models.layers",
    "torch.meshgrid: in an upcoming release",
    r"`torch.cuda.amp.autocast\(args...\)` is deprecated",
)


def silence_libraries() -> None:
    """Leave out these messages and transformers' progress bars, for the rest of the process."""
    for name in _LOGGERS:
        logging.getLogger(name).setLevel(logging.ERROR)
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()
    for message in _WARNINGS:
        warnings.filterwarnings("ignore", message=message)
