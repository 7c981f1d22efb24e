"""Model directories for node processes, made with the makers of the models' tests."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType

import pytest
from node_process import NodeProcess, StartNode


@pytest.fixture(scope="session")
def tiny_model_makers() -> ModuleType:
    """Return the module that makes tiny checkpoints."""
    path = Path(__file__).parents[1] / "models" / "conftest.py"
    spec = importlib.util.spec_from_file_location("tiny_models", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def tiny_models(
    tmp_path_factory: pytest.TempPathFactory, tiny_model_makers: ModuleType
) -> Mapping[str, object]:
    """Return parameters for a random detector and a reasoner that never stops by itself."""
    makers = tiny_model_makers
    tokenizer = makers.reasoner_tokenizer()
    model = makers.reasoner_model(tokenizer)
    endless = [tokenizer.get_vocab()[word] for word in ("<think>", "more")]
    newline = tokenizer("\n", add_special_tokens=False)["input_ids"]
    makers.make_it_say(model, newline + endless)
    reasoner = makers.save_reasoner(tmp_path_factory.mktemp("reasoner"), tokenizer, model)
    detector = makers.save_detector(tmp_path_factory.mktemp("detector"))
    return {
        "model": "demo",
        "device": "cpu",
        "detector.path": detector,
        "reasoner.path": reasoner,
        "detector.text_threshold": 0.0,
    }


@pytest.fixture
def start_node() -> Iterator[StartNode]:
    """Return what starts a node process that does not outlive the test."""
    started: list[NodeProcess] = []

    def start(domain: int, parameters: Mapping[str, object]) -> NodeProcess:
        started.append(NodeProcess(domain, parameters))
        return started[-1]

    yield start
    for process in started:
        process.kill()
