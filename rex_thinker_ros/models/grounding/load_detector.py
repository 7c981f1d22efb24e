"""From a detector's files to a detector, through the package that they are for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from rex_thinker_ros.models.grounding.original_weights import (
    OriginalWeights,
    find_original,
    is_original,
)
from rex_thinker_ros.models.profiles import Profile
from rex_thinker_ros.models.weights import WeightsError
from rex_thinker_ros.referring.detector import Detector

if TYPE_CHECKING:
    import torch


def load_detector(
    path: Path, name: str, profile: Profile, device: torch.device, store: Path | None = None
) -> Detector:
    """Load what find_weights or find_original found.

    WeightsError where a .pth file is refused, or its package cannot be used.
    """
    options = {"name": name, "profile": profile, "device": device}
    if is_original(profile.detector):
        return _load_original(find_original(profile.detector, store=store), options)
    from rex_thinker_ros.models.grounding.grounding_dino import GroundingDinoDetector

    return GroundingDinoDetector(path, **options)


def _load_original(weights: OriginalWeights, options: dict[str, Any]) -> Detector:
    try:
        from rex_thinker_ros.models.grounding.groundingdino_original import (
            OriginalGroundingDinoDetector,
        )
    except (ImportError, RuntimeError) as error:
        raise WeightsError(
            f"The package groundingdino, which {weights.file} is for, cannot be used: {error}. "
            "Install the torchvision that belongs to this torch."
        ) from error
    return OriginalGroundingDinoDetector(weights, **options)
