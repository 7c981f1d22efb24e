"""The lifecycle node `refer`: it wires, the files beside it work."""

from __future__ import annotations

import math
import threading
import traceback
from collections.abc import Callable
from functools import partial
from typing import Any, NoReturn

from diagnostic_msgs.msg import DiagnosticArray
from rcl_interfaces.msg import SetParametersResult
from rclpy.clock import Clock, ClockType
from rclpy.lifecycle import LifecycleState, TransitionCallbackReturn
from rclpy.parameter import Parameter
from rclpy.qos_overriding_options import QoSOverridingOptions

from rex_thinker_ros.answering.answering import Answering
from rex_thinker_ros.answering.looking import Looking
from rex_thinker_ros.answering.requests import HUNG, Ending
from rex_thinker_ros.models.load import device_name
from rex_thinker_ros.models.memory.shortage import free_memory
from rex_thinker_ros.referring.outcome import Outcome
from rex_thinker_ros.ros.camera import Camera
from rex_thinker_ros.ros.clock import now_nanoseconds
from rex_thinker_ros.ros.decoders import make_decoder
from rex_thinker_ros.ros.desk import Desk
from rex_thinker_ros.ros.diagnostics import Health
from rex_thinker_ros.ros.loading import (
    load_all,
    patience_seconds,
    profile_of,
    wait_for_models,
)
from rex_thinker_ros.ros.parameters import (
    Parameters,
    change_fault,
    declare_parameters,
    read_parameters,
)
from rex_thinker_ros.ros.process import AutostartNode, run

SUCCESS, FAILURE = TransitionCallbackReturn.SUCCESS, TransitionCallbackReturn.FAILURE
DEACTIVATED = Ending(Outcome.CANCELED, "The node was deactivated.")
SHUT_DOWN = Ending(Outcome.CANCELED, "The node is shutting down.")
DRAIN_SECONDS = 10.0
LEAVE_SECONDS = 0.8  # the whole of leaving takes at most 2 s


class ReferNode(AutostartNode):
    """Answer commands about what the cameras see; `stop` interrupts a configuration."""

    def __init__(self, stop: threading.Event) -> None:
        super().__init__("refer")
        declare_parameters(self)
        self.add_on_set_parameters_callback(self._check_parameters)
        self._stop = stop
        self._state = "unconfigured"
        self._settings: Callable[[], Parameters] = partial(read_parameters, self)
        self._device = self._settings().device
        self._patience = math.inf  # seconds
        self._cameras: dict[str, Camera] = {}
        self._desk = Desk(self, self._settings)
        self._health = self.create_publisher(
            DiagnosticArray, "/diagnostics", 10,
            qos_overriding_options=QoSOverridingOptions.with_default_policies(),
        )  # fmt: skip
        # a steady clock: a paused simulation must not silence the diagnostics
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        period = self._settings().diagnostics_period
        self.create_timer(period, self._watch, clock=steady)

    def start(self) -> bool:
        """Configure and activate if `autostart` is set; return False if that failed."""
        if not self._settings().autostart:
            return True
        return self.trigger_configure() == SUCCESS and self.trigger_activate() == SUCCESS

    def leave(self, spin_once: Callable[[], None]) -> None:
        """Give every command its result before the end."""
        self._desk.drain(SHUT_DOWN, LEAVE_SECONDS, self._stop)
        self._desk.deliver(spin_once)

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Load and warm up the models; other callbacks wait meanwhile."""
        try:
            cameras: dict[str, Camera] | None = self._load(self._settings())
        # whatever it is, the user can mend it and configure again
        except Exception as error:  # noqa: BLE001
            self._log_fault("configure", error)
            self._desk.logbook.close()
            cameras = None
        if cameras is None:
            free_memory()  # not before the error, which holds the models, is gone
            return FAILURE
        self._cameras, self._state = cameras, "inactive"
        return SUCCESS

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Subscribe to images and accept commands."""
        try:
            for camera in self._cameras.values():
                camera.start()
        # such as a qos override that there is not
        except Exception as error:  # noqa: BLE001
            self._log_fault("activate", error)
            self._stop_cameras()
            return FAILURE
        self._desk.open, self._state = True, "active"
        self.get_logger().info("Ready for commands.")
        return SUCCESS

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Cancel what is under way, and accept no more."""
        self._desk.drain(DEACTIVATED, DRAIN_SECONDS, self._stop)
        self._stop_cameras()
        self._state = "inactive"
        return SUCCESS

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Let go of the models and their memory."""
        self._release()
        self._state = "unconfigured"
        return SUCCESS

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Cancel what is under way and let go of the models."""
        self._desk.drain(SHUT_DOWN, DRAIN_SECONDS, self._stop)
        self._release()
        self._state = "finalized"
        return SUCCESS

    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Begin anew after a transition that failed halfway."""
        self._desk.open = False
        self._release()
        self._state = "unconfigured"
        return SUCCESS

    def _load(self, settings: Parameters) -> dict[str, Camera]:
        """Load the models and return the cameras, not started yet."""
        if self._desk.hangs():
            raise RuntimeError(HUNG.reason)
        looking = Looking(make_decoder(settings.image_decoder), partial(now_nanoseconds, self))
        cameras = {name: Camera(self, name, settings) for name in settings.cameras}

        say = self.get_logger().info

        def load() -> Answering:
            models = load_all(settings, say)
            self._device = device_name(profile_of(settings), settings.device)
            self._patience = patience_seconds(settings)
            return Answering(models, cameras, looking, lambda: self._settings().answering())

        self._desk.diagnostics.times.clear()
        self._desk.logbook.open(settings)
        wait_for_models(self._desk.worker.load(load), self._stop, say)
        return cameras

    def _log_fault(self, what: str, error: Exception) -> None:
        self.get_logger().debug(traceback.format_exc())
        self.get_logger().error(f"Cannot {what}: {error}")

    def _stop_cameras(self) -> None:
        for camera in self._cameras.values():
            camera.stop()

    def _release(self) -> None:
        self._desk.worker.unload()
        self._stop_cameras()
        self._cameras = {}
        self._desk.logbook.close()
        free_memory()

    def _check_parameters(self, parameters: list[Parameter[Any]]) -> SetParametersResult:
        values = {parameter.name: parameter.value for parameter in parameters}
        live_only = self._state != "unconfigured"
        reason = change_fault(self._settings(), values, live_only=live_only)
        return SetParametersResult(successful=not reason, reason=reason)

    def _watch(self) -> None:
        """Publish how the node is, and end what hangs."""
        settings, desk = self._settings(), self._desk
        desk.give_up(self._patience + settings.image_timeout)  # first: the rest may fail
        active = self._state == "active"
        cameras = tuple(c.health() for c in self._cameras.values()) if active else ()
        notes = tuple(filter(None, [desk.logbook.fault]))
        health = Health(self._state, settings.model, self._device, cameras, notes, desk.hangs())
        stamp = self.get_clock().now().to_msg()
        message = desk.diagnostics.message(
            health, stamp, settings.image_silence, settings.budgets()
        )
        self._health.publish(message)


def main(args: list[str] | None = None) -> NoReturn:
    """Run the node until a signal ends it, and the process with it."""
    run(ReferNode, args)
