"""Where visitors of the page ask, and are answered one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from rex_thinker_ros.answering.answering import Models
from rex_thinker_ros.apps.image_files import ImageFileError, read_image
from rex_thinker_ros.apps.page.following import Show, follow
from rex_thinker_ros.apps.page.inquiry import Inquiry
from rex_thinker_ros.apps.page.turns import CrowdedError, Turn, Turns
from rex_thinker_ros.apps.page.view import View, ended
from rex_thinker_ros.apps.page.watching import refer
from rex_thinker_ros.referring.cancel import CancelToken
from rex_thinker_ros.referring.command import InvalidCommandError
from rex_thinker_ros.referring.detector import AdjustableDetector, Detector
from rex_thinker_ros.referring.outcome import Outcome
from rex_thinker_ros.referring.referrer import Referrer


class Desk:
    """Answer inquiries with one pair of models; safe across threads."""

    def __init__(self, models: Models) -> None:
        self._models = models
        self._turns = Turns()

    @property
    def has_thresholds(self) -> bool:
        """Tell whether the thresholds of an inquiry count; those of recorded answers do not."""
        return isinstance(self._models.detector, AdjustableDetector)

    def ask(self, visitor: str, inquiry: Inquiry) -> Iterator[View]:
        """Yield views of an inquiry until the one with its decision, a refusal included.

        What this visitor asked for before is stopped, and so is this when the iterator is closed.
        """
        try:
            turn = self._turns.join(visitor)
        except CrowdedError:
            yield ended(Outcome.BUSY, "Too many requests are waiting. Try again later.")
            return
        try:
            yield from follow(partial(self._work, turn, inquiry))
        finally:
            turn.cancel.cancel()

    def stop(self, visitor: str) -> None:
        """Stop what this visitor asked for, the models at their next token."""
        self._turns.stop(visitor)

    def close(self) -> None:
        """Stop what everybody asked for."""
        self._turns.stop_all()

    def _work(self, turn: Turn, inquiry: Inquiry, show: Show) -> None:
        # on a thread of its own: a visitor who leaves does not keep the turn
        try:
            if not self._turns.is_next(turn):
                show(View("Waiting for the requests of others"))
            if self._turns.wait(turn):
                self._answer(inquiry, turn.cancel, show)
            else:
                show(ended(Outcome.CANCELED, "Stopped before its turn came."))
        finally:
            self._turns.leave(turn)

    def _answer(self, inquiry: Inquiry, cancel: CancelToken, show: Show) -> None:
        if inquiry.image is None:
            show(ended(Outcome.NO_IMAGE, "There is no image yet: upload or take one."))
            return
        try:
            image = read_image(inquiry.image)
            command = self._models.parser.parse(inquiry.sentence, inquiry.category or None)
        except ImageFileError as error:
            # visitors know the name of their file, not where it is kept
            reason = str(error).replace(f"{inquiry.image.parent}/", "")
            show(ended(Outcome.NO_IMAGE, f"{reason}. Choose another image."))
        except InvalidCommandError as error:
            show(ended(Outcome.INVALID_COMMAND, str(error)))
        else:
            reasoner = self._models.reasoner
            referrer = Referrer(self._detector(inquiry), reasoner)
            refer(referrer, image, command, reasoner.bounds, cancel, show)

    def _detector(self, inquiry: Inquiry) -> Detector:
        detector, thresholds = self._models.detector, inquiry.thresholds
        if isinstance(detector, AdjustableDetector):
            return detector.with_thresholds(box=thresholds.box, text=thresholds.text)
        return detector
