"""The page: its fields and buttons, and what they do."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.utils import get_upload_folder

from rex_thinker_ros.apps.page.camera import CameraError, ros_is_there, take_frame
from rex_thinker_ros.apps.page.desk import Desk
from rex_thinker_ros.apps.page.inquiry import Inquiry, Thresholds
from rex_thinker_ros.apps.page.rendering import render_picture, render_reasoning, render_result
from rex_thinker_ros.apps.page.view import View
from rex_thinker_ros.models.profiles import Profile

ASSETS = Path(__file__).parent / "assets"
_EXAMPLES = (
    "pick up all the purple bottles",
    "hand me the leftmost bottle",
    "the red bottle on the right",
    "grab the yellow bottle",
    "point at the can",
)
_KEPT_SECONDS = 3600  # uploaded files are deleted after that


class Page:
    """Lay the page out for a profile, and hand what visitors do to the desk."""

    def __init__(self, desk: Desk, profile: Profile) -> None:
        self._desk = desk
        self.blocks = gr.Blocks(
            title="Rex-Thinker",
            analytics_enabled=False,
            fill_width=True,
            delete_cache=(_KEPT_SECONDS, _KEPT_SECONDS),
        )
        with self.blocks:
            gr.HTML(
                f"<h1>Which one is meant?</h1><p>Answers come from the model {profile.name}.</p>",
                elem_id="rex-title",
                js_on_load=None,
            )
            with gr.Row():
                with gr.Column(scale=3, min_width=300):
                    self._lay_out_fields(profile)
                with gr.Column(scale=5, min_width=320, elem_id="rex-looking"):
                    self._picture = self._output("rex-picture", render_picture(View()))
                    self._result = self._output("rex-result", "")
                with gr.Column(scale=4, min_width=320):
                    self._reasoning = self._output("rex-reasoning", render_reasoning(View()))
            self._connect()

    def close(self) -> None:
        """Stop what visitors have asked for."""
        self._desk.close()

    def _lay_out_fields(self, profile: Profile) -> None:
        self._image = gr.Image(
            label="Image", sources=["upload", "webcam", "clipboard"], format="png", height=240,
            buttons=[], elem_id="rex-image",
        )  # fmt: skip
        self._lay_out_camera()
        self._sentence = gr.Textbox(
            label="Sentence", placeholder="hand me the second red mug from the left",
            elem_id="rex-sentence",
        )  # fmt: skip
        with gr.Row():
            self._find = gr.Button("Find", variant="primary", min_width=100, elem_id="rex-find")
            self._stop = gr.Button(
                "Stop", variant="stop", interactive=False, min_width=100, elem_id="rex-stop"
            )
        with gr.Accordion("Category and thresholds", open=False):
            self._category = gr.Textbox(
                label="Category", placeholder="found from the sentence", elem_id="rex-category"
            )
            self._box_threshold = gr.Slider(
                0.05, 0.95, profile.box_threshold, step=0.01, label="Least score of a candidate",
                elem_id="rex-box-threshold", visible=self._desk.has_thresholds,
            )  # fmt: skip
            self._text_threshold = gr.Slider(
                0.05, 0.95, profile.text_threshold, step=0.01,
                label="Least score of a word of the category", visible=self._desk.has_thresholds,
            )  # fmt: skip
        gr.Examples(
            [[str(ASSETS / "tabletop.jpg"), sentence] for sentence in _EXAMPLES],
            [self._image, self._sentence],
            label="Examples",
            elem_id="rex-examples",
        )

    def _lay_out_camera(self) -> None:
        with gr.Accordion("Camera on ROS", open=False, visible=ros_is_there()):
            self._topic = gr.Textbox("image", label="Topic", elem_id="rex-topic")
            self._take = gr.Button("Take a frame", elem_id="rex-take")
            self._camera_error = gr.Markdown(visible=False, elem_id="rex-camera-error")

    def _output(self, name: str, value: str) -> gr.HTML:
        return gr.HTML(value, elem_id=name, apply_default_css=False, js_on_load=None)

    def _connect(self) -> None:
        asked = gr.on(
            [self._find.click, self._sentence.submit],
            self._ask,
            [
                self._image, self._sentence, self._category, self._box_threshold,
                self._text_threshold,
            ],
            [self._find, self._stop, self._picture, self._result, self._reasoning],
            preprocess=False,  # the desk says what is wrong with a file, Gradio would fail on it
            concurrency_limit=None,  # the desk has its own queue
            trigger_mode="once",
            show_progress="hidden",
            api_visibility="private",
        )  # fmt: skip
        asked.then(  # also after a fault
            partial(_buttons, busy=False), None, [self._find, self._stop], queue=False,
            api_visibility="private",
        )  # fmt: skip
        self._stop.click(self._on_stop, queue=False, api_visibility="private")
        self._take.click(
            _take_frame, self._topic, [self._image, self._camera_error], api_visibility="private"
        )
        self.blocks.unload(self._on_stop)

    def _ask(
        self, file: dict[str, str] | None, sentence: str, category: str, box: float, text: float,
        request: gr.Request,
    ) -> Iterator[tuple[Any, ...]]:  # fmt: skip
        inquiry = Inquiry(_uploaded(file), sentence, category, Thresholds(box, text))
        shown: tuple[str, ...] = ("", "", "")
        yield (*_buttons(busy=True), gr.skip(), gr.skip(), gr.skip())
        for view in self._desk.ask(_visitor(request), inquiry):
            new = render_picture(view), render_result(view), render_reasoning(view)
            changes = (a if a != b else gr.skip() for a, b in zip(new, shown, strict=True))
            yield (gr.skip(), gr.skip(), *changes)
            shown = new

    def _on_stop(self, request: gr.Request) -> None:
        self._desk.stop(_visitor(request))


def _uploaded(file: dict[str, str] | None) -> Path | None:
    """Return where the visitor's image is; a forged path to anything else is no image."""
    path = Path(file.get("path") or "") if file else Path()
    return path if path.resolve().is_relative_to(Path(get_upload_folder()).resolve()) else None


def _visitor(request: gr.Request) -> str:
    """Return what tells one open page from another."""
    return str(request.session_hash)


def _buttons(*, busy: bool) -> tuple[gr.Button, gr.Button]:
    """Return Find and Stop, one of which can be pressed."""
    return gr.Button(interactive=not busy), gr.Button(interactive=busy)


def _take_frame(topic: str) -> tuple[Any, gr.Markdown]:
    """Return the image, which stays as it is if none comes, and why none came."""
    try:
        return take_frame(topic), gr.Markdown(visible=False)
    except CameraError as error:
        return gr.skip(), gr.Markdown(str(error), visible=True)
