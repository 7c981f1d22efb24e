"""Measure what a camera costs a node that nobody asks: `python benchmarks/idle_images.py --help`.

Three real processes over DDS: a camera that publishes images, and one after the other the node
itself and a node that converts every image in its callback. Processor time is the kernel's count.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import rclpy
from diagnostic_msgs.msg import DiagnosticArray
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import Image

ROOT = Path(__file__).parents[1]
SENSOR = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
READY = "Ready for commands"
DOMAIN = 101  # beyond those of the tests


def camera(width: int, height: int, rate: float) -> None:
    """Publish rgb8 images at a rate in hertz, until killed."""
    rclpy.init()
    node = Node("camera")
    publisher = node.create_publisher(Image, "image", SENSOR)
    image = Image(width=width, height=height, encoding="rgb8", step=3 * width)
    image.data = os.urandom(3 * width * height)

    def publish() -> None:
        image.header.stamp = node.get_clock().now().to_msg()
        publisher.publish(image)

    node.create_timer(1 / rate, publish)
    with suppress(ExternalShutdownException):
        rclpy.spin(node)


def converting() -> None:
    """Convert every image in the callback, as a straightforward node does."""
    from rex_thinker_ros.images.decoding import decode_image

    rclpy.init()
    node = Node("converting")
    node.create_subscription(Image, "image", decode_image, SENSOR)
    print(READY, flush=True)
    with suppress(ExternalShutdownException):
        rclpy.spin(node)


def images_per_second() -> str:
    """Return what the node's diagnostics say about the rate at which it gets images."""
    rates: list[str] = []
    with rclpy.init(domain_id=DOMAIN):
        node = Node("listener")

        def listen(message: DiagnosticArray) -> None:
            rates.extend(v.value for s in message.status for v in s.values if v.key == "image rate")

        node.create_subscription(DiagnosticArray, "/diagnostics", listen, 10)
        end = time.monotonic() + 10
        while len(rates) < 3 and time.monotonic() < end:
            rclpy.spin_once(node, timeout_sec=0.1)
    return rates[-1] if rates else "no"


def processor_seconds(pid: int) -> float:
    """Return the user and system time of a process so far."""
    values = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(values[11]) + int(values[12])) / os.sysconf("SC_CLK_TCK")


def measure(command: list[str], seconds: float) -> float:
    """Start a process, wait until it is ready, and return the share of a core that it takes."""
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment()
    )
    try:
        assert process.stdout
        if not any(READY in line for line in process.stdout):
            raise RuntimeError(f"{command} ended before it was ready")
        time.sleep(3.0)  # discovery, and the switch to a reliable subscription
        start, before = time.monotonic(), processor_seconds(process.pid)
        time.sleep(seconds)
        share = (processor_seconds(process.pid) - before) / (time.monotonic() - start)
        if process.poll() is not None:
            raise RuntimeError(f"{command} ended while it was measured")
        if "refer_node" in " ".join(command):
            print(f"the node gets images at {images_per_second()}")
        return share
    finally:
        process.terminate()
        process.wait()


def environment() -> dict[str, str]:
    """Return the environment with shared memory for large images, on a domain of its own."""
    profile = str(ROOT / "config" / "fastdds_shm64.xml")
    return {**os.environ, "ROS_DOMAIN_ID": str(DOMAIN), "FASTDDS_DEFAULT_PROFILES_FILE": profile}


def main() -> None:
    """Measure from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--role", choices=["camera", "converting"], help=argparse.SUPPRESS)
    parser.add_argument("--width", type=int, default=1920)
    parser.add_argument("--height", type=int, default=1080)
    parser.add_argument("--rate", type=float, default=30.0, help="images a second")
    parser.add_argument("--seconds", type=float, default=20.0, help="of each measurement")
    args = parser.parse_args()
    if args.role == "camera":
        return camera(args.width, args.height, args.rate)
    if args.role == "converting":
        return converting()
    me = [sys.executable, str(Path(__file__))]
    size = ["--width", str(args.width), "--height", str(args.height), "--rate", str(args.rate)]
    source = subprocess.Popen([*me, "--role", "camera", *size], env=environment())
    node = [sys.executable, str(ROOT / "bin" / "refer_node"), "--ros-args", "-p", "model:=demo"]
    try:
        print(f"{args.width} x {args.height} rgb8 at {args.rate:g} Hz, {args.seconds:g} s each")
        quiet = measure([*node, "-p", "image_qos:=best_effort"], args.seconds)
        print(f"the node, nobody asks:       {quiet:6.1%} of a core", flush=True)
        busy = measure([*me, "--role", "converting"], args.seconds)
        print(f"converting in the callback:  {busy:6.1%} of a core")
    finally:
        source.terminate()
        source.wait()
    return None


if __name__ == "__main__":
    main()
