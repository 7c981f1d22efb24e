"""The life of the process: signals, spinning, and the exit code."""

from __future__ import annotations

import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable

import rclpy
import rclpy.logging
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.lifecycle import LifecycleNode
from rclpy.signals import SignalHandlerOptions

_SPIN_SECONDS = 0.1  # a signal is noticed within this time


class AutostartNode(LifecycleNode):
    """A lifecycle node that starts by itself and leaves in order."""

    def start(self) -> bool:
        """Return False if it cannot work."""
        raise NotImplementedError

    def leave(self, spin_once: Callable[[], None]) -> bool:
        """Finish what is owed, by turns of the executor; return False if a thread hangs."""
        raise NotImplementedError


def run(
    make_node: Callable[[threading.Event], AutostartNode], args: list[str] | None = None
) -> int:
    """Run a node until SIGINT or SIGTERM; return the exit code, 1 if it cannot start.

    The event given to `make_node` is set by the signal.
    """
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    # rclpy's own handlers would shut the context down before the last results are published
    rclpy.init(args=args, signal_handler_options=SignalHandlerOptions.NO)
    code, idle = 1, True
    try:
        node = make_node(stop)
        code, idle = _live(node, stop)
        node.destroy_node()
    # such as a parameter of the wrong type
    except Exception as error:  # noqa: BLE001
        rclpy.logging.get_logger("refer").fatal(f"Cannot start: {error}")
    rclpy.try_shutdown()
    if not idle:
        # a thread inside of a model cannot be joined: leave without it
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    return code


def _live(node: AutostartNode, stop: threading.Event) -> tuple[int, bool]:
    """Return the exit code, and whether every thread is idle."""
    executor = SingleThreadedExecutor()
    executor.add_node(node)

    def spin_once() -> None:
        try:
            executor.spin_once(timeout_sec=_SPIN_SECONDS)
        except ExternalShutdownException:
            stop.set()
        # a fault in one callback must not take the node down
        except Exception:  # noqa: BLE001
            node.get_logger().error(f"A callback failed: {traceback.format_exc()}")

    started = node.start()
    while started and not stop.is_set():
        spin_once()
    code = 0 if started or stop.is_set() else 1
    idle = node.leave(spin_once)
    executor.remove_node(node)
    return code, idle
