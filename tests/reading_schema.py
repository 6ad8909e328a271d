"""Checks values against a JSON Schema: the words of draft 2020-12 that docs/reading.schema.json uses, and no others."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

SCHEMA: Mapping[str, Any] = json.loads((Path(__file__).parent.parent / "docs" / "reading.schema.json").read_text())
_ABOUT = {"$schema", "$defs", "title", "description"}
_TYPES: Mapping[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
}


def faults(value: Any, schema: Mapping[str, Any] = SCHEMA, at: str = "") -> Iterator[str]:
    """What of a value the schema does not allow, each with where it is."""
    for word, says in schema.items():
        if word not in _ABOUT:
            yield from _WORDS[word](value, says, schema, at)


def _ref(value: Any, says: str, schema: Mapping[str, Any], at: str) -> Iterator[str]:
    yield from faults(value, SCHEMA["$defs"][says.removeprefix("#/$defs/")], at)


def _type(value: Any, says: Any, schema: Mapping[str, Any], at: str) -> Iterator[str]:
    if not any(_TYPES[one](value) for one in ([says] if isinstance(says, str) else says)):
        yield f"{at}: expected {says}, found {value!r}"


def _any_of(value: Any, says: Any, schema: Mapping[str, Any], at: str) -> Iterator[str]:
    if all(list(faults(value, one, at)) for one in says):
        yield f"{at}: expected one of {says}, found {value!r}"


def _required(value: Any, says: Any, schema: Mapping[str, Any], at: str) -> Iterator[str]:
    if isinstance(value, dict):
        yield from (f"{at}: {name} is missing" for name in says if name not in value)


def _properties(value: Any, says: Any, schema: Mapping[str, Any], at: str) -> Iterator[str]:
    for name in says if isinstance(value, dict) else ():
        if name in value:
            yield from faults(value[name], says[name], f"{at}/{name}")


def _items(value: Any, says: Any, schema: Mapping[str, Any], at: str) -> Iterator[str]:
    for n, one in enumerate(value if isinstance(value, list) else ()):
        yield from faults(one, says, f"{at}/{n}")


def _holds(right: Callable[[Any, Any], bool]) -> Callable[..., Iterator[str]]:
    def check(value: Any, says: Any, schema: Mapping[str, Any], at: str) -> Iterator[str]:
        if not right(value, says):
            yield f"{at}: expected {says!r}, found {value!r}"

    return check


_WORDS: Mapping[str, Callable[..., Iterator[str]]] = {
    "$ref": _ref,
    "type": _type,
    "anyOf": _any_of,
    "required": _required,
    "properties": _properties,
    "items": _items,
    "const": _holds(lambda value, says: value == says),
    "enum": _holds(lambda value, says: value in says),
    "pattern": _holds(lambda value, says: not isinstance(value, str) or re.search(says, value) is not None),
    "minimum": _holds(lambda value, says: not isinstance(value, int | float) or value >= says),
    "maximum": _holds(lambda value, says: not isinstance(value, int | float) or value <= says),
}
