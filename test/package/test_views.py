"""The views of RViz and Foxglove name topics that the node has."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SOURCES = (ROOT / "rex_thinker_ros" / "ros" / "outputs.py").read_text(encoding="utf-8")
NODE_TOPICS = {f"/refer/{name}" for name in re.findall(r'"~/(\w+)"', SOURCES)}
OTHER_TOPICS = {"/image", "/depth", "/camera_info", "/command", "/diagnostics"}


@pytest.mark.parametrize("view", ["refer.rviz", "foxglove.json"])
def test_a_view_names_topics_that_are_there(view: str) -> None:
    text = (ROOT / "rviz" / view).read_text(encoding="utf-8")
    _ = json.loads(text) if view.endswith("json") else yaml.safe_load(text)
    topics = {t.split(".")[0] for t in re.findall(r"[\" ](/[a-z_/]+(?:\.[a-z]+)?)", text)}
    assert topics & NODE_TOPICS >= {"/refer/annotated", "/refer/markers", "/refer/pick_point"}
    assert topics <= NODE_TOPICS | OTHER_TOPICS
