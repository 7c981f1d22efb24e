"""The node with a reasoner on a server: a fault is one command's, not the node's."""

from __future__ import annotations

from pathlib import Path

from model_server import running_server
from node_process import StartNode, next_domain, running_node
from rex_thinker_ros.msg import Referral
from ros_client import connected
from sensor_msgs.msg import CompressedImage
from table import FILE

COMMAND = "pick up the orange mug"


def table() -> CompressedImage:
    return CompressedImage(format="jpeg", data=FILE.read_bytes())


def parameters(url: str) -> dict[str, object]:
    return {
        "model": "demo",
        "device": "cpu",
        "image_transport": "compressed",
        "reasoner.path": "/nowhere",
        "reasoner.server": url,
    }


def test_a_node_outlives_its_server(tmp_path: Path) -> None:
    domain = next_domain()
    with (
        running_server(tmp_path) as server,
        running_node(domain, parameters(server.url)),
        connected(domain) as client,
    ):
        client.camera = client.publisher(CompressedImage, "/image/compressed")
        client.wait_for_camera()
        found = client.ask(COMMAND, table())
        assert found.status == Referral.FOUND, found.status_text

        server.kill()
        failed = client.ask(COMMAND, table())
        assert failed.status == Referral.MODEL_ERROR
        assert f"{server.url} cannot be reached" in failed.status_text

        with running_server(tmp_path, port=server.port):
            again = client.ask(COMMAND, table())
            assert (again.status, again.boxes) == (Referral.FOUND, found.boxes)


def test_a_node_without_its_server_ends_and_says_why(start_node: StartNode) -> None:
    url = "http://127.0.0.1:1"
    node = start_node(next_domain(), parameters(url))
    assert node.wait() == 1
    assert any(f"The server {url} cannot be reached" in line for line in node.lines)
