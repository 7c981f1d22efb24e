"""One reading of a command: what was shown, what the model said, and what that comes to."""

from __future__ import annotations

from dataclasses import dataclass

from rex_thinker_ros.referring.decision import Decision
from rex_thinker_ros.referring.reasoner import Completion
from rex_thinker_ros.referring.view import View


@dataclass(frozen=True, slots=True)
class Reading:
    """Hold a reading; the decision's boxes and candidates are in full-image pixels.

    The candidates stand in the order of the view, whose numbers the completion uses; its
    coordinates are those of the view's window, resized.
    """

    view: View
    completion: Completion
    decision: Decision
