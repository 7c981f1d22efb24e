"""The life of the process: signals, spinning, and the exit code."""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NoReturn

import rclpy
import rclpy.logging
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.lifecycle import LifecycleNode
from rclpy.signals import SignalHandlerOptions

_LEAVING_SECONDS = 0.1  # of one turn of the executor


class AutostartNode(LifecycleNode):
    """A lifecycle node that starts by itself and leaves in order."""

    def start(self) -> bool:
        """Return False if it cannot work."""
        raise NotImplementedError

    def leave(self, spin_once: Callable[[], None]) -> None:
        """Finish what is owed, by turns of the executor."""
        raise NotImplementedError


def run(
    make_node: Callable[[threading.Event], AutostartNode], args: list[str] | None = None
) -> NoReturn:
    """Run a node until SIGINT or SIGTERM, and end the process; its code is 1 if it cannot start.

    The event given to `make_node` is set by the signal.
    """
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    # rclpy's own handlers would shut the context down before the last results are published
    rclpy.init(args=args, signal_handler_options=SignalHandlerOptions.NO)
    try:
        code = _live(make_node, stop)
    # such as a parameter of the wrong type
    except Exception as error:  # noqa: BLE001
        rclpy.logging.get_logger("refer").fatal(f"Cannot start: {error}")
        code = 1
    rclpy.try_shutdown()
    gc.collect()  # the middleware gives its shared memory back with the last handle
    rclpy.get_default_context().destroy()
    sys.stdout.flush()
    sys.stderr.flush()
    # to tear down the libraries of the models takes a second and more, and a thread inside of a
    # model that hangs cannot be joined
    os._exit(code)


def _live(make_node: Callable[[threading.Event], AutostartNode], stop: threading.Event) -> int:
    """Return the exit code."""
    node = make_node(stop)
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    wake = node.create_guard_condition(lambda: None)

    def spin_once(seconds: float | None = _LEAVING_SECONDS) -> None:
        try:
            executor.spin_once(timeout_sec=seconds)
        except ExternalShutdownException:
            stop.set()
        # a fault in one callback must not take the node down
        except Exception:  # noqa: BLE001
            node.get_logger().error(f"A callback failed: {traceback.format_exc()}")

    started = node.start()
    with _called_on_signals(wake.trigger):
        while started and not stop.is_set():
            spin_once(None)
    code = 0 if started or stop.is_set() else 1
    node.leave(spin_once)
    executor.remove_node(node)
    node.destroy_node()
    return code


@contextmanager
def _called_on_signals(wake: Callable[[], None]) -> Iterator[None]:
    """Call `wake` from a thread after each signal: Python's handlers wait for the middleware.

    To look for signals every 0.1 s instead took half a percent of a core.
    """
    reading, writing = os.pipe()
    os.set_blocking(writing, False)

    def listen() -> None:
        while os.read(reading, 1):
            wake()

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    signal.set_wakeup_fd(writing)
    wake()  # one that came before
    try:
        yield
    finally:
        signal.set_wakeup_fd(-1)
        os.close(writing)
        listener.join()
        os.close(reading)
