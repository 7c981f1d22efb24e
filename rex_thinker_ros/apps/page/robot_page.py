"""The page to talk to a robot on: the live camera, what was said, and the reasoning."""

from __future__ import annotations

import base64
import html
from typing import Any

import gradio as gr

from rex_thinker_ros.apps.page.conversation import Conversation, Line, State

_REFRESH_SECONDS = 0.2
_EXAMPLES = ("pick up the leftmost block", "hand me the red mug", "grab all the balls")


class RobotPage:
    """Lay the page out; all its visitors see the same robot."""

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation
        self.blocks = gr.Blocks(title="Tabletop", analytics_enabled=False, fill_width=True)
        with self.blocks:
            gr.HTML("<h1>Talk to a tabletop</h1>", elem_id="rex-title", js_on_load=None)
            with gr.Row():
                with gr.Column(scale=5, min_width=320):
                    self._live = self._output("rex-live")
                    sentence = gr.Textbox(
                        label="What should be picked?", elem_id="rex-sentence", submit_btn="Say"
                    )
                    gr.Examples([[text] for text in _EXAMPLES], [sentence], label="Examples")
                with gr.Column(scale=4, min_width=300):
                    self._lines = self._output("rex-lines")
                    self._judged = self._output("rex-judged")
                    self._reasoning = self._output("rex-words")
            shown = gr.State(State())
            outputs = [shown, self._live, self._lines, self._judged, self._reasoning]
            gr.Timer(_REFRESH_SECONDS).tick(
                self._refresh, [shown], outputs, show_progress="hidden", api_visibility="private"
            )
            sentence.submit(
                self._say, [sentence], [sentence], show_progress="hidden", api_visibility="private",
                queue=False, trigger_mode="multiple",  # not behind refreshes, and none is dropped
            )  # fmt: skip

    def close(self) -> None:
        """Leave the robot alone."""

    def _output(self, name: str) -> gr.HTML:
        return gr.HTML("", elem_id=name, apply_default_css=False, js_on_load=None)

    def _say(self, sentence: str) -> str:
        self._conversation.say(sentence)
        return ""

    def _refresh(self, shown: State) -> tuple[Any, ...]:
        """Return what has changed since it was shown."""
        state = self._conversation.state
        parts = (
            (shown.seen, state.seen, _picture(state.seen, "what the camera sees")),
            (shown.lines, state.lines, _said(state.lines)),
            (shown.judged, state.judged, _picture(state.judged, "what was decided")),
            (shown.reasoning, state.reasoning, f"<pre>{html.escape(state.reasoning)}</pre>"),
        )
        return (state, *(gr.skip() if old == new else made for old, new, made in parts))


def _picture(jpeg: bytes, title: str) -> str:
    data = base64.b64encode(jpeg).decode()
    return f'<img alt="{title}" src="data:image/jpeg;base64,{data}" style="width: 100%">'


def _said(lines: tuple[Line, ...]) -> str:
    """Return the newest lines last."""
    return "".join(
        f'<p class="{"robot" if line.by_robot else "you"}"><b>{"robot" if line.by_robot else "you"}'
        f"</b>: {html.escape(line.text)}</p>"
        for line in lines[-8:]
    )
