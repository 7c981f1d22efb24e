"""The lifecycle node `refer`: it wires, the files beside it work."""

from __future__ import annotations

import math
import threading
import traceback
from collections.abc import Callable
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
from rcl_interfaces.msg import SetParametersResult
from rclpy.clock import Clock, ClockType
from rclpy.lifecycle import LifecycleState, TransitionCallbackReturn
from rclpy.parameter import Parameter
from rclpy.qos_overriding_options import QoSOverridingOptions

from rex_thinker_ros.referring.outcome import Outcome
from rex_thinker_ros.ros.answering import Answering
from rex_thinker_ros.ros.camera import Camera
from rex_thinker_ros.ros.commands import Commands
from rex_thinker_ros.ros.decoders import make_decoder
from rex_thinker_ros.ros.diagnostics import Diagnostics, Health
from rex_thinker_ros.ros.loading import free_memory, load_all, wait_for_models
from rex_thinker_ros.ros.logbook import Logbook
from rex_thinker_ros.ros.looking import Looking
from rex_thinker_ros.ros.outputs import Outputs
from rex_thinker_ros.ros.parameters import (
    change_fault,
    declare_parameters,
    read_parameters,
)
from rex_thinker_ros.ros.process import AutostartNode, run
from rex_thinker_ros.ros.progress import Progress, Standing
from rex_thinker_ros.ros.query import Query
from rex_thinker_ros.ros.refer_action import ReferAction
from rex_thinker_ros.ros.requests import Ending, OnNewCommand, Request, Requests
from rex_thinker_ros.ros.result import Result
from rex_thinker_ros.ros.worker import Worker

SUCCESS, FAILURE = TransitionCallbackReturn.SUCCESS, TransitionCallbackReturn.FAILURE
NOT_ACTIVE = Ending(Outcome.CANCELED, "The node is not active. Activate it first.")
DEACTIVATED = Ending(Outcome.CANCELED, "The node was deactivated.")
SHUT_DOWN = Ending(Outcome.CANCELED, "The node is shutting down.")
GIVEN_UP = Ending(Outcome.TIMEOUT, "The models did not come back in time. See the log.")
DRAIN_SECONDS = 10.0
LEAVE_SECONDS = 1.0


class ReferNode(AutostartNode):
    """Answer commands about what the cameras see; `stop` interrupts a configuration."""

    def __init__(self, stop: threading.Event) -> None:
        super().__init__("refer")
        declare_parameters(self)
        self.add_on_set_parameters_callback(self._check_parameters)
        self._stop = stop
        self._state = "unconfigured"
        self._settings = read_parameters(self)
        self._device = self._settings.device
        self._patience = math.inf  # seconds
        self._cameras: dict[str, Camera] = {}
        self._logbook = Logbook(self.get_logger().warning)
        self._outputs = Outputs(self)
        self._requests = Requests(self._end)
        self._worker = Worker(self._requests, self._publish, self._progress)
        self._action = ReferAction(
            self, self._take, self._requests.cancel, self._settings.cameras[0]
        )
        self._commands = Commands(self, self._settings.cameras, self._take)
        self._diagnostics = Diagnostics(self.get_fully_qualified_name())
        self._health = self.create_publisher(
            DiagnosticArray, "/diagnostics", 10,
            qos_overriding_options=QoSOverridingOptions.with_default_policies(),
        )  # fmt: skip
        # a steady clock: a paused simulation must not silence the diagnostics
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        period = self._settings.diagnostics_period
        self.create_timer(period, self._publish_diagnostics, clock=steady)

    def start(self) -> bool:
        """Configure and activate if `autostart` is set; return False if that failed."""
        if not self._settings.autostart:
            return True
        return self.trigger_configure() == SUCCESS and self.trigger_activate() == SUCCESS

    def leave(self, spin_once: Callable[[], None]) -> bool:
        """Give every command its result before the end; return False if a model hangs."""
        self._state = "finalized"
        self._drain(SHUT_DOWN, LEAVE_SECONDS)
        self._logbook.close()
        self._action.deliver(spin_once)
        self._outputs.deliver()
        return self._worker.wait_until_idle(0.1)

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Load and warm up the models; other callbacks wait meanwhile."""
        try:
            self._settings = read_parameters(self)
            decode = make_decoder(self._settings.image_decoder)
            cameras = {name: Camera(self, name, self._settings) for name in self._settings.cameras}
            looking = Looking(decode, self._now_nanoseconds)
            settings = self._settings

            def load() -> Answering:
                models = load_all(settings)
                self._device, self._patience = models.device, models.patience_seconds
                return Answering(models, cameras, looking, lambda: self._settings)

            self._diagnostics.times.clear()
            self._logbook.open(self._settings)
            wait_for_models(self._worker.load(load), self._stop, self.get_logger().info)
        # whatever it is, the user can mend it and configure again
        except Exception as error:  # noqa: BLE001
            self.get_logger().debug(traceback.format_exc())
            self.get_logger().error(f"Cannot configure: {error}")
            self._logbook.close()
            return FAILURE
        self._cameras, self._state = cameras, "inactive"
        return SUCCESS

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Subscribe to images and accept commands."""
        for camera in self._cameras.values():
            camera.start()
        self._state = "active"
        self.get_logger().info("Ready for commands.")
        return SUCCESS

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Cancel what is under way, and accept no more."""
        self._state = "inactive"
        self._drain(DEACTIVATED, DRAIN_SECONDS)
        for camera in self._cameras.values():
            camera.stop()
        return SUCCESS

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Let go of the models and their memory."""
        self._release()
        self._state = "unconfigured"
        return SUCCESS

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Cancel what is under way and let go of the models."""
        self._state = "finalized"
        self._drain(SHUT_DOWN, DRAIN_SECONDS)
        self._release()
        return SUCCESS

    def _take(self, query: Query, track: Callable[[Request], None] = lambda _: None) -> None:
        """Make a request of a query; `track` sees it before it can end."""
        request = self._requests.new(query)
        track(request)
        if self._state != "active":
            self._end(request, NOT_ACTIVE)
            return
        self._settings = read_parameters(self)  # the live ones may have changed
        self._requests.on_new_command = OnNewCommand(self._settings.on_new_command)
        self._requests.queue_size = self._settings.queue_size
        if self._requests.accept(request):
            self._worker.submit(request)

    def _progress(self, request: Request) -> Progress:
        def tell(standing: Standing) -> None:
            if standing.text:
                self._outputs.reasoning(standing.text)
            self._action.tell(request, standing)

        return Progress(tell)

    def _publish(self, result: Result) -> None:
        self._diagnostics.record(result)
        message = self._outputs.publish(result, self._settings.model)
        self._logbook.record(result)
        self._action.finish(result.request, message)

    def _end(self, request: Request, ending: Ending) -> None:
        self._publish(Result(request, ending.outcome, ending.reason))

    def _drain(self, ending: Ending, seconds: float) -> None:
        self._requests.cancel_all(ending)
        if not self._worker.wait_until_idle(seconds):
            self._requests.abandon(ending)

    def _release(self) -> None:
        self._worker.unload()
        for camera in self._cameras.values():
            camera.stop()
        self._cameras = {}
        self._logbook.close()
        free_memory()

    def _check_parameters(self, parameters: list[Parameter[Any]]) -> SetParametersResult:
        values = {parameter.name: parameter.value for parameter in parameters}
        live_only = self._state != "unconfigured"
        reason = change_fault(read_parameters(self), values, live_only=live_only)
        return SetParametersResult(successful=not reason, reason=reason)

    def _now_nanoseconds(self) -> int:
        return int(self.get_clock().now().nanoseconds)

    def _publish_diagnostics(self) -> None:
        active = self._state == "active"
        cameras = tuple(c.health() for c in self._cameras.values()) if active else ()
        self._settings = read_parameters(self)
        notes = tuple(filter(None, [self._logbook.fault]))
        health = Health(self._state, self._settings.model, self._device, cameras, notes)
        stamp = self.get_clock().now().to_msg()
        message = self._diagnostics.message(
            health, stamp, self._settings.image_silence, self._settings.budgets()
        )
        self._health.publish(message)
        patience = self._patience + self._settings.image_timeout
        self._requests.give_up(patience, GIVEN_UP)


def main(args: list[str] | None = None) -> int:
    """Run the node until a signal ends it; return the exit code of the process."""
    return run(ReferNode, args)
