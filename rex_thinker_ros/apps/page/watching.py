"""A referral as it goes on, in views."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rex_thinker_ros.apps.page.following import Show
from rex_thinker_ros.apps.page.picture import make_picture
from rex_thinker_ros.apps.page.view import View
from rex_thinker_ros.referring.cancel import CancelToken
from rex_thinker_ros.referring.candidate import Candidate
from rex_thinker_ros.referring.command import Command
from rex_thinker_ros.referring.detector import RgbImage
from rex_thinker_ros.referring.observer import Observer
from rex_thinker_ros.referring.prompt import PixelBounds, hint_boxes, smart_resize
from rex_thinker_ros.referring.referrer import Referrer


def refer(
    referrer: Referrer,
    image: RgbImage,
    command: Command,
    bounds: PixelBounds,
    cancel: CancelToken,
    show: Show,
) -> None:
    """Refer, and show views until the one with the decision.

    bounds are those of the referrer's reasoner.
    """
    start = View(f"Looking for: {command.category}", make_picture(image), command)
    watcher = _Watcher(start, bounds, show)
    show(start)
    referral = referrer.refer(image, command, watcher, cancel)
    show(
        replace(
            watcher.view, doing="", text=referral.reasoning, decision=referral.decision,
            referral=referral,
        )
    )  # fmt: skip


class _Watcher(Observer):
    """Show what the referrer tells."""

    def __init__(self, view: View, bounds: PixelBounds, show: Show) -> None:
        self.view = view
        self._bounds = bounds
        self._show = show

    def on_candidates(self, candidates: Sequence[Candidate]) -> None:
        view = self.view
        if not candidates or not view.picture or not view.command:
            return
        resized = smart_resize(view.picture.size, self._bounds)
        self.view = replace(
            view,
            doing=f"Reasoning about {len(candidates)} x {view.command.category}",
            candidates=tuple(candidates),
            text="",
            hints=hint_boxes(candidates, view.picture.size, resized),
        )
        self._show(self.view)

    def on_text(self, piece: str) -> None:
        self.view = replace(self.view, text=self.view.text + piece)
        self._show(self.view)
