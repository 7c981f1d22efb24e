"""A found object over DDS, with a reasoner whose weights say one answer: no training needed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType

import numpy as np
from node_process import next_domain, running_node
from pictures import picture, rgb_message
from rex_thinker_ros.msg import Candidate as CandidateMessage
from rex_thinker_ros.msg import Referral
from ros_client import Client, connected

from rex_thinker_ros.models.load import load_models
from rex_thinker_ros.models.profiles import load_profile
from rex_thinker_ros.referring.boxes import Size
from rex_thinker_ros.referring.candidate import Candidate
from rex_thinker_ros.referring.prompt import build_prompt
from rex_thinker_ros.ros.messages import region

COMMAND = "hand me the red mug"
IMAGE = picture(160, 120)
CHOSEN = 2


def candidates_in_image(parameters: Mapping[str, object]) -> list[Candidate]:
    profile = load_profile(
        "demo",
        detector=str(parameters["detector.path"]),
        reasoner=str(parameters["reasoner.path"]),
        box_threshold=0.0,
        text_threshold=0.0,
    )
    detector, _ = load_models(profile, device="cpu")
    return detector.detect(IMAGE, "mug")


def answer(candidates: Sequence[Candidate]) -> str:
    """Write the answer that chooses CHOSEN, in the form of the trained models."""
    prompt = build_prompt(
        expression="red mug",
        category="mug",
        candidates=candidates,
        image_size=Size(IMAGE.shape[1], IMAGE.shape[0]),
        bounds=load_profile("demo").bounds,
    )
    marks = [
        f"- Mug {c.number}: {'red ✅' if c.number == CHOSEN else 'blue ❌'}" for c in candidates
    ]
    box = {"bbox_2d": list(prompt.hint_boxes[CHOSEN - 1]), "label": "mug"}
    return (
        "<think>- Step 1: look\n# Summarize and Re-Check answer\n"
        + "\n".join(marks)
        + f"\n</think><answer>json\n[{json.dumps(box)}]\n</answer>"
    )


def reasoner_that_says(makers: ModuleType, text: str, directory: Path) -> Path:
    tokenizer = makers.reasoner_tokenizer()
    tokenizer.add_tokens([text])
    model = makers.reasoner_model(tokenizer)
    newline = tokenizer("\n", add_special_tokens=False)["input_ids"]
    makers.make_it_say(model, [*newline, tokenizer.get_vocab()[text]])
    return Path(makers.save_reasoner(directory, tokenizer, model))


def test_the_chosen_candidate_reaches_the_listener(
    tiny_models: Mapping[str, object],
    tiny_model_makers: ModuleType,
    tmp_path: Path,
) -> None:
    candidates = candidates_in_image(tiny_models)
    text = answer(candidates)
    reasoner = reasoner_that_says(tiny_model_makers, text, tmp_path)
    domain = next_domain()
    parameters = {**tiny_models, "reasoner.path": reasoner, "detector.box_threshold": 0.0}
    with running_node(domain, parameters), connected(domain) as client:
        client.wait_for_camera()
        referral = client.ask(COMMAND, rgb_message(IMAGE))

        assert referral.status == Referral.FOUND, referral.status_text
        chosen = candidates[CHOSEN - 1]
        assert referral.boxes == [region(chosen.box)]
        assert referral.confidence > 0
        assert referral.reasoning == text
        assert [c.number for c in referral.candidates] == [c.number for c in candidates]
        verdicts = {c.number: c.verdict for c in referral.candidates}
        assert verdicts.pop(CHOSEN) == CandidateMessage.MATCH
        assert set(verdicts.values()) == {CandidateMessage.NO_MATCH}
        assert client.wait(lambda: client.texts)[-1] == text
        seen = client.wait(lambda: client.pictures)[-1]
        assert not np.array_equal(np.frombuffer(seen.data, np.uint8), IMAGE.reshape(-1))

        late = Client(domain)  # results wait for who comes late
        late.wait(lambda: late.referrals)
        assert late.referrals == [referral]
        late.close()
