"""A bag with the referrals of a replay, to be opened beside the one that was replayed."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import Stores, get_types_from_msg, get_typestore
from rosbags.typesys.store import Typestore

from rex_thinker_ros.apps.replaying.answer import Answer
from rex_thinker_ros.apps.replaying.judged import Judged
from rex_thinker_ros.referring.boxes import Box
from rex_thinker_ros.referring.pick_point import PickPoint
from rex_thinker_ros.shared_path import shared_path
from rex_thinker_ros.stamps import NANOSECONDS, split_seconds
from rex_thinker_ros.user_error import UserError

TOPIC = "/refer/referral"
REFERRAL = "rex_thinker_ros/msg/Referral"
_OWN = ("Candidate", "PickPoint", "Referral")


def write_referral_bag(
    folder: Path, judged: Sequence[Judged], *, start_nanoseconds: int, model: str
) -> None:
    """Write an mcap bag with each referral at the stamp of its image.

    One without an image is at its command's moment in the bag that begins at start_nanoseconds.
    An earlier bag of this kind is replaced; UserError for any other folder.
    """
    if folder.exists():
        _remove(folder)
    store = own_typestore()
    entries = [
        (one.answer.stamp_nanoseconds or start_nanoseconds + int(one.cue.at * NANOSECONDS), one)
        for one in judged
    ]
    with Writer(folder, version=9, storage_plugin=StoragePlugin.MCAP) as writer:
        referrals = writer.add_connection(TOPIC, REFERRAL, typestore=store)
        for nanoseconds, one in sorted(entries, key=lambda entry: entry[0]):
            message = _referral(store, one, model)
            writer.write(referrals, nanoseconds, store.serialize_cdr(message, REFERRAL))


def _remove(folder: Path) -> None:
    inside = {path.name for path in folder.iterdir()} if folder.is_dir() else {""}
    if inside - {"metadata.yaml", f"{folder.name}.mcap"}:
        raise UserError(f"{folder} is no bag of an earlier replay: name another folder")
    shutil.rmtree(folder)


def own_typestore() -> Typestore:
    store = get_typestore(Stores.LATEST)
    for name in _OWN:
        text = shared_path(f"msg/{name}.msg").read_text(encoding="utf-8")
        store.register(get_types_from_msg(text, f"rex_thinker_ros/msg/{name}"))
    return store


def _referral(store: Typestore, one: Judged, model: str) -> Any:
    kinds, answer = store.types, one.answer
    seconds, nanoseconds = divmod(answer.stamp_nanoseconds, NANOSECONDS)
    stamp = kinds["builtin_interfaces/msg/Time"](seconds, nanoseconds)
    return kinds[REFERRAL](
        header=kinds["std_msgs/msg/Header"](stamp, answer.frame_id),
        id=answer.id,
        camera=one.cue.camera,
        command=one.cue.say,
        expression=answer.expression,
        category=answer.category,
        status=answer.outcome.value,
        status_text=answer.status_text,
        boxes=[_region(store, box) for box in answer.boxes],
        candidates=_candidates(store, answer),
        pick_points=[_pick_point(store, *numbered) for numbered in answer.pick_points],
        reasoning=answer.reasoning,
        confidence=answer.confidence or 0.0,
        model=model,
        image_age=_duration(store, answer.image_age or 0.0),
        detection_duration=_duration(store, answer.detection_seconds),
        reasoning_duration=_duration(store, answer.reasoning_seconds),
    )


def _candidates(store: Typestore, answer: Answer) -> list[Any]:
    candidate = store.types["rex_thinker_ros/msg/Candidate"]
    return [
        candidate(
            number=one.number, box=_region(store, one.box), score=one.score,
            verdict=one.verdict.value, note=one.note,
        )
        for one in answer.candidates
    ]  # fmt: skip


def _pick_point(store: Typestore, number: int, point: PickPoint) -> Any:
    kinds = store.types
    return kinds["rex_thinker_ros/msg/PickPoint"](
        candidate=number,
        point=kinds["geometry_msgs/msg/Point"](point.x, point.y, point.z),
        spread=kinds["geometry_msgs/msg/Vector3"](*point.spread),
        depth_share=point.depth_share,
    )


def _region(store: Typestore, box: Box) -> Any:
    left, top, width, height = box.whole_pixels()
    region = store.types["sensor_msgs/msg/RegionOfInterest"]
    return region(x_offset=left, y_offset=top, width=width, height=height, do_rectify=False)


def _duration(store: Typestore, seconds: float) -> Any:
    return store.types["builtin_interfaces/msg/Duration"](*split_seconds(seconds))
