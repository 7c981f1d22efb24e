"""The lifecycle node `refer`: it wires, the files beside it work."""

from __future__ import annotations

import threading
import traceback
from functools import partial
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
from rcl_interfaces.msg import SetParametersResult
from rclpy.clock import Clock, ClockType
from rclpy.lifecycle import LifecycleState, TransitionCallbackReturn
from rclpy.parameter import Parameter
from std_msgs.msg import String

from rex_thinker_ros.referring.outcome import Outcome
from rex_thinker_ros.ros.camera import Camera
from rex_thinker_ros.ros.decoders import make_decoder
from rex_thinker_ros.ros.diagnostics import Diagnostics, Health
from rex_thinker_ros.ros.loading import free_memory, load_answering, wait_for_models
from rex_thinker_ros.ros.outputs import Outputs
from rex_thinker_ros.ros.parameters import PARAMETER_NAMES, declare_parameters, read_parameters
from rex_thinker_ros.ros.process import AutostartNode, run
from rex_thinker_ros.ros.requests import Ending, OnNewCommand, Request, Requests
from rex_thinker_ros.ros.result import Result
from rex_thinker_ros.ros.worker import Worker

SUCCESS, FAILURE = TransitionCallbackReturn.SUCCESS, TransitionCallbackReturn.FAILURE
NOT_ACTIVE = Ending(Outcome.CANCELED, "The node is not active. Activate it first.")
DEACTIVATED = Ending(Outcome.CANCELED, "The node was deactivated.")
SHUT_DOWN = Ending(Outcome.CANCELED, "The node is shutting down.")
DRAIN_SECONDS = 10.0
LEAVE_SECONDS = 2.0


class ReferNode(AutostartNode):
    """Answer commands about what the camera sees; `stop` interrupts a configuration."""

    def __init__(self, stop: threading.Event) -> None:
        super().__init__("refer")
        declare_parameters(self)
        self.add_on_set_parameters_callback(self._check_parameters)
        self._stop = stop
        self._state = "unconfigured"
        self._settings = read_parameters(self)
        self._camera: Camera | None = None
        self._outputs = Outputs(self)
        self._requests = Requests(self._end)
        self._worker = Worker(self._requests, self._publish, self._outputs.progress)
        self._diagnostics = Diagnostics(self.get_fully_qualified_name())
        self._health = self.create_publisher(DiagnosticArray, "/diagnostics", 10)
        self.create_subscription(String, "command", self._on_command, 10)
        # a steady clock: a paused simulation must not silence the diagnostics
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        period = self._settings.diagnostics_period
        self.create_timer(period, self._publish_diagnostics, clock=steady)

    def start(self) -> bool:
        """Configure and activate if `autostart` is set; return False if that failed."""
        if not self._settings.autostart:
            return True
        return self.trigger_configure() == SUCCESS and self.trigger_activate() == SUCCESS

    def leave(self) -> bool:
        """Give every command its result before the end; return False if a model hangs."""
        self._drain(SHUT_DOWN, LEAVE_SECONDS)
        self._outputs.deliver()
        return self._worker.wait_until_idle(0.1)

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Load and warm up the models; other callbacks wait meanwhile."""
        try:
            self._settings = read_parameters(self)
            self._requests.on_new_command = OnNewCommand(self._settings.on_new_command)
            self._requests.queue_size = self._settings.queue_size
            decode = make_decoder(self._settings.image_decoder)
            camera = Camera(self, self._settings.image_transport, self._settings.image_qos)
            load = partial(load_answering, self._settings, camera.frames, decode)
            wait_for_models(self._worker.load(load), self._stop, self.get_logger().info)
        # whatever it is, the user can mend it and configure again
        except Exception as error:  # noqa: BLE001
            self.get_logger().debug(traceback.format_exc())
            self.get_logger().error(f"Cannot configure: {error}")
            return FAILURE
        self._camera, self._state = camera, "inactive"
        return SUCCESS

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Subscribe to images and accept commands."""
        if self._camera:
            self._camera.start()
        self._state = "active"
        self.get_logger().info("Ready for commands.")
        return SUCCESS

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Cancel what is under way, and accept no more."""
        self._state = "inactive"
        self._drain(DEACTIVATED, DRAIN_SECONDS)
        if self._camera:
            self._camera.stop()
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

    def _on_command(self, message: String) -> None:
        if self._state == "active":
            if request := self._requests.accept(message.data):
                self._worker.submit(request)
        else:
            self._requests.refuse(message.data, NOT_ACTIVE)

    def _publish(self, result: Result) -> None:
        self._diagnostics.record(result.outcome)
        self._outputs.publish(result, self._settings.model)

    def _end(self, request: Request, ending: Ending) -> None:
        self._publish(Result(request, ending.outcome, ending.reason))

    def _drain(self, ending: Ending, seconds: float) -> None:
        self._requests.cancel_all(ending)
        if not self._worker.wait_until_idle(seconds):
            self._requests.abandon(ending)

    def _release(self) -> None:
        self._worker.unload()
        if self._camera:
            self._camera.stop()
            self._camera = None
        free_memory()

    def _check_parameters(self, parameters: list[Parameter[Any]]) -> SetParametersResult:
        ours = [p.name for p in parameters if p.name in PARAMETER_NAMES]
        if ours and self._state != "unconfigured":
            reason = f"{', '.join(ours)}: read when the node is configured, so clean up first"
            return SetParametersResult(successful=False, reason=reason)
        return SetParametersResult(successful=True)

    def _publish_diagnostics(self) -> None:
        images = self._camera.health() if self._camera and self._state == "active" else None
        health = Health(self._state, self._settings.model, images)
        stamp = self.get_clock().now().to_msg()
        silence = self._settings.image_silence
        self._health.publish(self._diagnostics.message(health, stamp, silence))


def main(args: list[str] | None = None) -> int:
    """Run the node until a signal ends it; return the exit code of the process."""
    return run(ReferNode, args)
