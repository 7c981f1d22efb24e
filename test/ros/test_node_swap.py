"""Another model in the running node: the memory of the one before is given back."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from types import ModuleType

from lifecycle_msgs.msg import Transition
from node_process import NodeProcess, next_domain, running_node
from pictures import picture, rgb_message
from rex_thinker_ros.msg import Referral
from ros_client import connected
from transformers import Qwen2_5_VLForConditionalGeneration

from rex_thinker_ros.models.memory.taken import process_memory_mb

LARGE = 300_000  # of the feed-forward part: 230 MB in float32
WEIGHTS_MB = 3 * 64 * LARGE * 4 / 1e6


def large_reasoner(makers: ModuleType, directory: Path) -> Path:
    """Save a reasoner whose weights stand out in the memory of a process."""
    tokenizer = makers.reasoner_tokenizer()
    config = deepcopy(makers.reasoner_model(tokenizer).config)
    config.text_config.intermediate_size = LARGE
    config.text_config.num_hidden_layers = 1
    config.text_config.layer_types = config.text_config.layer_types[:1]
    model = Qwen2_5_VLForConditionalGeneration(config)
    return Path(makers.save_reasoner(directory, tokenizer, model))


def memory_mb(process: NodeProcess) -> float:
    used = process_memory_mb(Path(f"/proc/{process.pid}/status"))
    assert used is not None
    return used


def test_the_memory_of_the_earlier_model_is_gone(
    tiny_models: Mapping[str, object],
    tiny_model_makers: ModuleType,
    tmp_path: Path,
) -> None:
    domain = next_domain()
    values = {"detector.box_threshold": 0.0, "reasoner.max_new_tokens": 5, "max_image_age": 0.0}
    large = large_reasoner(tiny_model_makers, tmp_path)
    parameters = {**tiny_models, **values, "reasoner.path": large}
    with running_node(domain, parameters) as process, connected(domain) as client:
        client.wait_for_camera()
        assert client.ask("the red mug", rgb_message(picture())).status == Referral.TRUNCATED
        before = memory_mb(process)

        assert client.change_state(Transition.TRANSITION_DEACTIVATE)
        assert client.change_state(Transition.TRANSITION_CLEANUP)
        assert client.set_parameter("reasoner.path", str(tiny_models["reasoner.path"])).successful
        assert client.change_state(Transition.TRANSITION_CONFIGURE)
        assert client.change_state(Transition.TRANSITION_ACTIVATE)
        client.wait_for_camera()
        assert client.ask("the blue mug", rgb_message(picture())).status == Referral.TRUNCATED
        assert before - memory_mb(process) > 0.8 * WEIGHTS_MB
