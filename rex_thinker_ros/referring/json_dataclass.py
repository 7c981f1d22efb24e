"""Dataclasses as lines of JSON, and back with every type checked.

Fields may be str, int, float, bool, datetime with a time zone, enums, dataclasses,
tuple[X, ...] and X | None.
"""

from __future__ import annotations

import json
import math
from dataclasses import MISSING, asdict, fields, is_dataclass
from datetime import datetime, timezone
from enum import Enum
from types import NoneType, UnionType
from typing import Any, NoReturn, TypeVar, get_args, get_origin, get_type_hints

T = TypeVar("T")


def to_line(value: Any) -> str:
    """Return a dataclass as one line, without its end; ValueError for NaN and infinity.

    Enums are written by name, times in UTC and to the millisecond.
    """
    return json.dumps(asdict(value), ensure_ascii=False, allow_nan=False, default=_plain)


def from_line(kind: type[T], line: str) -> T:
    """Read a line back as a dataclass; ValueError names the field that does not fit.

    Fields that the dataclass does not have are ignored, those that are missing have its defaults.
    """
    return _decode(kind, parse_object(line), "")


def parse_object(line: str) -> dict[str, Any]:
    """Return the object of one line of JSON; ValueError if there is none."""
    try:
        value = json.loads(line, parse_constant=_refuse_constant)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if not isinstance(value, dict):
        raise ValueError("it is no JSON object")
    return value


def parse_time(text: str) -> datetime:
    """Return the time of an ISO 8601 text; ValueError without a time zone."""
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError(f"{text} has no time zone")
    return time


def time_text(time: datetime) -> str:
    """Return ISO 8601 text of a time with a time zone, in UTC and to the millisecond."""
    return time.astimezone(timezone.utc).isoformat(timespec="milliseconds")


def _plain(value: object) -> str:
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, datetime):
        return time_text(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON here")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number in JSON")


def _decode(kind: Any, value: Any, name: str) -> Any:
    """Return a JSON value as a `kind`; `name` is the way to it."""
    if get_origin(kind) is UnionType:
        (some,) = (option for option in get_args(kind) if option is not NoneType)
        return None if value is None else _decode(some, value, name)
    if get_origin(kind) is tuple:
        item_kind = get_args(kind)[0]
        items = _checked(list, value, name)
        return tuple(_decode(item_kind, item, f"{name}[{i}]") for i, item in enumerate(items))
    if is_dataclass(kind):
        return _decode_dataclass(kind, _checked(dict, value, name), name)
    if issubclass(kind, Enum):
        return _member(kind, _checked(str, value, name), name)
    if kind is datetime:
        return parse_time(_checked(str, value, name))
    if kind is float and type(value) is int:
        return _float(value, name)
    return _checked(kind, value, name)


def _decode_dataclass(kind: Any, values: dict[str, Any], name: str) -> Any:
    hints = get_type_hints(kind)
    arguments = {}
    for field in fields(kind):
        way = f"{name}.{field.name}".lstrip(".")
        if field.name not in values:
            if field.default is not MISSING:  # which came to be after the line was written
                continue
            raise ValueError(f"{way} is missing")
        arguments[field.name] = _decode(hints[field.name], values[field.name], way)
    return kind(**arguments)


def _checked(kind: type[T], value: Any, name: str) -> T:
    if type(value) is not kind or (isinstance(value, float) and not math.isfinite(value)):
        raise ValueError(f"{name} is {value!r:.40}, not a {kind.__name__}")
    return value


def _member(kind: type[Enum], value: str, name: str) -> Enum:
    if value not in kind.__members__:
        raise ValueError(f"{name} is {value:.40}, which this version does not know")
    return kind[value]


def _float(value: int, name: str) -> float:
    try:
        return float(value)
    except OverflowError:
        raise ValueError(f"{name} is too large a number") from None
