"""A YAML file as dataclasses: every key known, every value of its type."""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import MISSING, Field, fields, is_dataclass
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

import yaml

from rex_thinker_ros.user_error import UserError

T = TypeVar("T")


class SettingsError(UserError):
    """Say which setting of which file does not fit, and what would."""


def read_settings(path: Path, kind: type[T]) -> T:
    """Read a file as a dataclass of str, int, float, bool, tuple[X, ...], X | None and dataclasses.

    Raises:
        SettingsError: it cannot be read, a key is unknown, missing or there twice, a value has
            another type, or the dataclass refused it with a ValueError.
    """
    try:
        values = yaml.load(path.read_text(encoding="utf-8"), _Loader)
        return decode(kind, values)
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} cannot be read: {error}") from error
    except yaml.YAMLError as error:
        raise SettingsError(f"{path} is no YAML: {' '.join(str(error).split())}") from None
    except ValueError as error:
        raise SettingsError(f"{path}: {error}") from None


def decode(kind: type[T], values: Any) -> T:
    """Make the dataclass of what YAML holds; ValueError names the setting that does not fit."""
    made: T = _dataclass(kind, values, "")
    return made


class _Loader(yaml.SafeLoader):
    """The library's, but it refuses a key that is given twice instead of taking the last."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value:
            if key.value in seen:
                raise ValueError(f"{key.value} is given twice, line {key.start_mark.line + 1}")
            seen.add(key.value)
        mapping: dict[Any, Any] = super().construct_mapping(node, deep)
        return mapping


def _decode(kind: Any, value: Any, way: str) -> Any:
    if get_origin(kind) is UnionType:
        (some,) = (option for option in get_args(kind) if option is not NoneType)
        return None if value is None else _decode(some, value, way)
    if get_origin(kind) is tuple:
        if not isinstance(value, list):
            raise ValueError(f"{way} must be a list, got {value!r:.60}")
        item = get_args(kind)[0]
        return tuple(_decode(item, v, f"{way}[{i}]") for i, v in enumerate(value))
    if is_dataclass(kind):
        return _dataclass(kind, value, way)
    return _number(value, way) if kind is float else _plain(kind, value, way)


def _dataclass(kind: Any, values: Any, way: str) -> Any:
    if not isinstance(values, dict):
        raise ValueError(f"{way or 'the file'} must hold settings by name, got {values!r:.60}")
    known = {field.name: field for field in fields(kind)}
    for key in values:
        if key not in known:
            raise ValueError(f"{_join(way, key)} is unknown; known here: {', '.join(known)}")
    for name, field in known.items():
        if name not in values and _is_required(field):
            raise ValueError(f"{_join(way, name)} is missing")
    hints = get_type_hints(kind)
    made = {key: _decode(hints[key], value, _join(way, key)) for key, value in values.items()}
    try:
        return kind(**made)
    except ValueError as error:
        raise ValueError(f"{way + ': ' if way else ''}{error}") from None


def _number(value: Any, way: str) -> float:
    if isinstance(value, str):
        with suppress(ValueError):
            value = float(value)  # YAML takes 1e-5 for text
    if type(value) not in (int, float) or not math.isfinite(value):
        raise ValueError(f"{way} must be a number, got {value!r:.60}")
    return float(value)


def _plain(kind: type, value: Any, way: str) -> Any:
    if type(value) is not kind:
        names = {str: "text", int: "a whole number", bool: "true or false"}
        raise ValueError(f"{way} must be {names[kind]}, got {value!r:.60}")
    return value


def _is_required(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _join(way: str, name: Any) -> str:
    return f"{way}.{name}".lstrip(".")
