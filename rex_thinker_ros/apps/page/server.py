"""The page on a socket, closed to the outside: a browser that shows it asks nobody else."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Protocol

import fastapi
import gradio as gr
import uvicorn
from starlette.datastructures import MutableHeaders
from starlette.routing import Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rex_thinker_ros.apps.page.access import Login
from rex_thinker_ros.apps.page.layout import ASSETS
from rex_thinker_ros.user_error import UserError

_POLICY = "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:"
_FONTS = ("system-ui", "sans-serif")  # the visitor's own: Gradio's default fonts come from afar
_CODE_FONTS = ("ui-monospace", "monospace")
_LARGEST_FILE = "50mb"
_GOODBYE_SECONDS = 5  # for a model to come to its next token, and for what visitors are still sent


class Servable(Protocol):
    """A page of Gradio's blocks."""

    blocks: gr.Blocks

    def close(self) -> None:
        """End what visitors are waiting for."""


class PortError(UserError):
    """Say why the page cannot be where it should."""


class _SameOriginOnly:
    """Tell browsers to load nothing from elsewhere, whatever Gradio would have them do."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_policy(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["Content-Security-Policy"] = _POLICY
            await send(message)

        await self._app(scope, receive, send_with_policy)


class _Server(uvicorn.Server):
    """End what open pages are listening to before waiting for it to end."""

    def __init__(self, config: uvicorn.Config, end_streams: Callable[[], None]) -> None:
        super().__init__(config)
        self._end_streams = end_streams

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._end_streams()
        await super().shutdown(sockets)


def serve(
    page: Servable, host: str, port: int, login: Login | None, on_ready: Callable[[str], None]
) -> None:
    """Serve until a signal comes; on_ready hears the page's address. Port 0 is any free one.

    Raises:
        PortError: the host or port cannot be had.
    """
    with _listen(host, port) as listener:
        app = gr.mount_gradio_app(
            fastapi.FastAPI(docs_url=None, redoc_url=None, openapi_url=None),
            page.blocks,
            path="/",
            auth=login,
            footer_links=[],
            run_history=False,
            show_error=False,
            max_file_size=_LARGEST_FILE,
            ssr_mode=False,
            enable_monitoring=False,
            pwa=False,
            mcp_server=False,
            theme=gr.themes.Default(
                primary_hue="blue", neutral_hue="slate", font=_FONTS, font_mono=_CODE_FONTS
            ),
            css_paths=ASSETS / "page.css",
            js=(ASSETS / "page.js").read_text(encoding="utf-8"),
        )
        # Gradio checks what files visitors name only where it knows that the page is up
        page.blocks.has_launched = page.blocks.is_running = True
        (mount,) = (route for route in app.routes if isinstance(route, Mount))

        def end_streams() -> None:
            page.close()
            mount.app.stop_event.set()

        config = uvicorn.Config(
            _SameOriginOnly(app),
            log_level="warning",
            timeout_graceful_shutdown=_GOODBYE_SECONDS,
        )
        name = f"[{host}]" if ":" in host else host
        on_ready(f"http://{name}:{listener.getsockname()[1]}")
        _Server(config, end_streams).run(sockets=[listener])


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family)
    except (OSError, OverflowError) as error:
        raise PortError(
            f"{host}:{port} cannot be had ({error}): choose another --host or --port"
        ) from error
