"""Stamps of messages, serialized or not."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rclpy.serialization import deserialize_message, serialize_message
from sensor_msgs.msg import CompressedImage

from rex_thinker_ros.stamps import read_stamp, seconds_between, stamp_nanoseconds, with_stamp

STAMPS = st.integers(0, 2**31 * 1_000_000_000 - 1)


@given(stamp=STAMPS, frame_id=st.text("abc/", max_size=9), data=st.binary(max_size=20))
def test_a_stamp_is_replaced_and_nothing_else(stamp: int, frame_id: str, data: bytes) -> None:
    message = CompressedImage(format="jpeg", data=data)
    message.header.frame_id = frame_id
    replaced = with_stamp(serialize_message(message), stamp)
    assert read_stamp(replaced) == stamp
    message.header.stamp.sec, message.header.stamp.nanosec = divmod(stamp, 1_000_000_000)
    assert deserialize_message(replaced, CompressedImage) == message


@given(old=STAMPS, new=STAMPS)
def test_a_big_endian_message_keeps_its_byte_order(old: int, new: int) -> None:
    seconds, rest = divmod(old, 1_000_000_000)
    cdr = b"\0\0\0\0" + seconds.to_bytes(4, "big") + rest.to_bytes(4, "big") + b"\0\0\0\1\0"
    assert read_stamp(cdr) == old
    assert read_stamp(with_stamp(cdr, new)) == new
    assert with_stamp(with_stamp(cdr, new), old) == cdr


@given(stamp=STAMPS)
def test_a_stamp_is_the_same_serialized_or_not(stamp: int) -> None:
    message = CompressedImage()
    message.header.stamp.sec, message.header.stamp.nanosec = divmod(stamp, 1_000_000_000)
    assert stamp_nanoseconds(message.header.stamp) == stamp
    assert read_stamp(serialize_message(message)) == stamp


@given(length=st.integers(0, 11))
def test_what_is_cut_off_has_no_stamp(length: int) -> None:
    assert read_stamp((b"\0\1\0\0" + b"\1" * 8)[:length]) == 0


def test_time_runs_from_the_earlier_to_the_later() -> None:
    assert seconds_between(1_000_000_000, 3_500_000_000) == 2.5
    assert seconds_between(3_500_000_000, 1_000_000_000) == -2.5
