from __future__ import annotations

import pytest
import torch

from rex_thinker_ros.models.device import DeviceError, place


def test_the_cpu_computes_in_float32() -> None:
    placement = place("cpu")
    assert (placement.device.type, placement.dtype, placement.attention) == (
        "cpu",
        torch.float32,
        "sdpa",
    )


@pytest.mark.parametrize(
    ("wanted", "computed"), [("auto", "sdpa"), ("sdpa", "sdpa"), ("eager", "eager")]
)
def test_attention_is_what_was_asked_for(wanted: str, computed: str) -> None:
    assert place("cpu", wanted).attention == computed


def test_flash_attention_is_refused_where_it_cannot_be() -> None:
    with pytest.raises(DeviceError, match="choose auto, sdpa or eager"):
        place("cpu", "flash")


def test_auto_takes_a_gpu_where_there_is_one() -> None:
    assert place("auto").device.type == ("cuda" if torch.cuda.is_available() else "cpu")


ABSENT = {
    "no such GPU": ("cuda:99", "CUDA devices"),
    "another kind of device": ("meta", "not supported"),
    "not a device": ("gpu", "choose auto"),
    "empty": ("", "choose auto"),
}


@pytest.mark.parametrize(("device", "named"), ABSENT.values(), ids=ABSENT.keys())
def test_an_absent_device_is_refused_with_the_choices(device: str, named: str) -> None:
    with pytest.raises(DeviceError, match=named):
        place(device)
