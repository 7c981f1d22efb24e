"""The demo's files are read, and what is wrong with them is said."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from rex_thinker_ros.apps.material import MaterialError, load_material
from rex_thinker_ros.apps.script import Cue
from rex_thinker_ros.referring.boxes import Box
from rex_thinker_ros.shared_path import shared_path


def test_truth_and_script_are_read(material: Path, stamps: list[int]) -> None:
    loaded = load_material(material)
    assert loaded.bag == material / "tabletops"
    cue = loaded.script.take(0.5)
    assert cue == Cue(at=0.0, until=1.0, command="the mug", status="FOUND", objects=[7])
    assert loaded.truth.boxes(cue, stamps[3]) == (Box(3, 10, 23, 40),)


@pytest.mark.parametrize(
    ("stamp", "objects"),
    [
        pytest.param(None, [7], id="no frame"),
        pytest.param(5, [7], id="a frame that is not of the bag"),
        pytest.param(1_700_000_000_000_000_000, [8], id="an object that is not visible"),
    ],
)
def test_what_is_not_known_has_no_box(
    material: Path, stamp: int | None, objects: list[int]
) -> None:
    cue = Cue(at=0, until=1, command="it", status="FOUND", objects=objects)
    assert load_material(material).truth.boxes(cue, stamp) == ()


def test_only_the_first_commands_are_taken(material: Path) -> None:
    line = "- {at: 0, until: 1, command: the mug, status: NO_MATCH}\n"
    (material / "commands.yaml").write_text(3 * line)
    assert len(load_material(material).script) == 3
    assert len(load_material(material, only=2).script) == 2


@pytest.mark.parametrize("name", ["tabletops", "truth.json", "commands.yaml"])
def test_a_missing_file_is_named(material: Path, name: str) -> None:
    path = material / name
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    with pytest.raises(MaterialError, match=name):
        load_material(material)


@pytest.mark.parametrize(
    ("commands", "complaint"),
    [
        pytest.param("- {at: 0, until: 9, command: it}", "status", id="no status"),
        pytest.param("- {at: 0, until: 9, command: it, status: X}", "outcome", id="no outcome"),
        pytest.param("- {at: 5, until: 9, command: it, status: FOUND}", "end", id="after the end"),
        pytest.param("- {at: 0, until: 9, say: it, status: FOUND}", "say", id="unknown field"),
        pytest.param("- [", "cannot be read", id="not YAML"),
    ],
)
def test_a_wrong_script_is_refused(material: Path, commands: str, complaint: str) -> None:
    (material / "commands.yaml").write_text(commands)
    with pytest.raises(MaterialError, match=complaint):
        load_material(material)


def test_a_bag_without_images_is_refused(material: Path) -> None:
    metadata = material / "tabletops" / "metadata.yaml"
    bag = material / "tabletops" / "tabletops.mcap"
    metadata.write_text(metadata.read_text().replace("/camera/image", "/another/image"))
    bag.write_bytes(bag.read_bytes().replace(b"/camera/image", b"/another/imag"))
    with pytest.raises(MaterialError, match="/camera/image/compressed"):
        load_material(material)


def test_the_bundled_material_holds_what_the_demo_promises() -> None:
    material = load_material(shared_path("demo"))
    assert len(material.script) >= 12
    size = sum(path.stat().st_size for path in material.bag.iterdir())
    assert size <= 6 * 2**20
