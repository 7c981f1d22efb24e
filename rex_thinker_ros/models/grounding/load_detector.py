"""From a detector's files to a detector, through the package that they are for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from rex_thinker_ros.models.find import ModelDirectories
from rex_thinker_ros.models.grounding.original_weights import (
    OriginalWeights,
    find_original,
    is_original,
)
from rex_thinker_ros.models.profiles import Profile
from rex_thinker_ros.models.weights import WeightsError

if TYPE_CHECKING:
    import torch

    from rex_thinker_ros.models.grounding.grounded_detector import GroundedDetector


def load_detector(
    directories: ModelDirectories, name: str, profile: Profile, device: torch.device,
    store: Path | None = None,
) -> GroundedDetector:  # fmt: skip
    """Load the detector that find_models found, and what looks in its place the second time.

    WeightsError where a .pth file is refused, or its package cannot be used.
    """
    options = {"name": name, "profile": profile, "device": device}
    detector = _load(profile.detector, directories.detector, store, options)
    if directories.second_detector is not None:
        path = directories.second_detector
        detector.second = _load(profile.second_detector, path, store, options)
    return detector


def _load(
    reference: str, path: Path, store: Path | None, options: dict[str, Any]
) -> GroundedDetector:
    if is_original(reference):
        return _load_original(find_original(reference, store=store), options)
    from rex_thinker_ros.models.grounding.grounding_dino import GroundingDinoDetector

    return GroundingDinoDetector(path, **options)


def _load_original(weights: OriginalWeights, options: dict[str, Any]) -> GroundedDetector:
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
