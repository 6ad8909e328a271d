"""The file of a site's mask, `noise/SITE.toml` in the collection: written by Khronika, read and edited by people.

    version = 3
    updated = 2026-11-22T18:45:12Z
    rules = "noise-2"

    [[slot]]
    id = "s1f0c2a"
    where = "/html/body/div/aside/ul/li/a"
    heading = "latest news"
    shape = "teasers"                      # count, date, text, teasers, address, turns
    pages = ["/case/*"]
    learned-by = "second-look"             # history, second-look, hand
    seen = 4
    of = 4
    first-seen = 2026-11-20T10:00:00Z
    last-seen = 2026-11-22T18:45:12Z
    examples = ["A court adjourned → A hearing was closed"]
    texts = []                             # of turns: what is shown there, now one and now another
    ignore = true                          # false: what changes here is reported

    [[text]]
    pattern = 'Now on the site: \\d+'

    [repeated]
    texts = ["Read our handbook for relatives of prisoners"]
    keep = []

It is neither evidence nor derived: `rebuild` never touches it. `version` counts the times that something was learned or
decided. Written whole or not at all; comments and what a person wrote stay. Raised is ConfigError, with the line.
"""

from __future__ import annotations

import fcntl
import hashlib
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from archive.collection import write_once
from archive.errors import ConfigError, StorageError
from pipelines.noise import LEARNED_BY, NOISE_RULES, Mask, Slot, TextPattern, repeated_form
from pipelines.noise_places import where_pattern
from pipelines.noise_shapes import SHAPES

if TYPE_CHECKING:
    from tomlkit import TOMLDocument
    from tomlkit.items import Table

FOLDER: Final = "noise"
SUFFIX: Final = ".toml"
SIZE_LIMIT: Final = 8 << 20
"""Octets of a file that is read."""
HEAD: Final = """\
# What moves by itself on the pages of this site, and is no change of them. Learned by Khronika, and yours to edit:
# docs/changes.md says how. `ignore = false` in a part switches it off for good; your comments and parts stay.

version = 0
"""
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}\Z")
_HEADER = re.compile(r"\s*(\[\[?)\s*([A-Za-z0-9_-]+)\s*\]\]?")
_KEY = re.compile(r"\s*[\"']?([A-Za-z0-9_-]+)[\"']?\s*=")


def name_of(site: str) -> str:
    """The name of a site's file, as messages have it."""
    return f"{FOLDER}/{_stem(site)}{SUFFIX}"


def _stem(site: str) -> str:
    return quote(site, safe="").replace(".", "%2E") if site.startswith(".") else quote(site, safe="")


def path_of(folder: Path, site: str) -> Path:
    """Where the mask of a site is."""
    return folder / name_of(site)


def load(folder: Path, site: str) -> Mask | None:
    """The mask of a site; None where it has none. Raises ConfigError, StorageError."""
    path = path_of(folder, site)
    try:
        with path.open("rb") as file:
            octets = file.read(SIZE_LIMIT + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StorageError(f"reading {name_of(site)}: {error.strerror}") from error
    if len(octets) > SIZE_LIMIT:
        raise ConfigError(f"expected at most {SIZE_LIMIT} octets, found more", file=name_of(site))
    return parse(octets, name_of(site))


def check_all(folder: Path) -> None:
    """Read each file of the collection. Raises ConfigError for one that cannot be meant."""
    try:
        paths = sorted((folder / FOLDER).glob(f"[!.]*{SUFFIX}"))
    except OSError as error:
        raise StorageError(f"reading {FOLDER}: {error.strerror}") from error
    for path in paths:
        try:
            octets = path.read_bytes()
        except OSError as error:
            raise StorageError(f"reading {FOLDER}/{path.name}: {error.strerror}") from error
        parse(octets, f"{FOLDER}/{path.name}")


def parse(octets: bytes, name: str) -> Mask:
    """The mask that a file says. Raises ConfigError with the line, what was expected and what was found."""
    try:
        text = octets.decode("utf-8")
    except UnicodeDecodeError as error:
        line = octets[: error.start].count(b"\n") + 1
        raise ConfigError(
            f"expected UTF-8, found the octet 0x{octets[error.start]:02x}", file=name, line=line
        ) from None
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+)", str(error))
        at = int(found[1]) if found else text.rstrip("\n").count("\n") + 1
        words = re.sub(r" \(at .*\)", "", str(error))
        raise ConfigError(f"expected TOML, found otherwise: {words}", file=name, line=at) from None
    return _Reader(name, _lines(text)).mask(document)


def change(
    folder: Path, site: str, alter: Callable[[Mask], Mask], *, now: datetime, keep_version: bool = False
) -> tuple[Mask, bool]:
    """Alter the mask of a site; what it is now, and whether the file was written: only where something differs.

    Two processes wait for each other. Raises ConfigError where the file cannot be read: it is left as it is.
    """
    with _locked(folder):
        mask = load(folder, site) or Mask()
        new = alter(mask)
        if _without_count(new) == _without_count(mask):
            return mask, False
        new = replace(new, version=mask.version + (not keep_version), rules=NOISE_RULES, updated=_second(now))
        path = path_of(folder, site)
        text = path.read_text(encoding="utf-8") if path.exists() else HEAD
        written = _written(text, mask, new)
        parse(written, name_of(site))
        write_once(path, written)
        return new, True


def _without_count(mask: Mask) -> Mask:
    return replace(mask, version=0, updated=None)


def _second(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(microsecond=0)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    try:
        (folder / FOLDER).mkdir(exist_ok=True)
        file = (folder / FOLDER / ".lock").open("ab")
    except OSError as error:
        raise StorageError(f"writing {FOLDER}: {error.strerror}") from error
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


# ---- reading


def _lines(text: str) -> dict[tuple[str | int, ...], int]:
    """The line of each part and key; a line in a text of several lines that looks like one can only make it wrong."""
    lines: dict[tuple[str | int, ...], int] = {}
    place: tuple[str | int, ...] = ()
    counts: dict[str, int] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        if header := _HEADER.match(line):
            place = (header[2],)
            if header[1] == "[[":
                place = (header[2], counts.get(header[2], 0))
                counts[header[2]] = counts.get(header[2], 0) + 1
            lines.setdefault(place, number)
        elif key := _KEY.match(line):
            lines.setdefault((*place, key[1]), number)
    return lines


@dataclass(frozen=True, slots=True)
class _Key:
    expected: str
    check: Callable[[Any], bool]


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and not any(ord(character) < 0x20 for character in value)


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(_is_text(one) for one in value)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_moment(value: Any) -> bool:
    return isinstance(value, datetime) and value.tzinfo is not None


def _is_one_of(choices: tuple[str, ...], value: Any) -> bool:
    return value in choices


def _choice(choices: tuple[str, ...]) -> _Key:
    return _Key("one of " + ", ".join(f'"{choice}"' for choice in choices), partial(_is_one_of, choices))


_TEXT = _Key("a text in quotation marks", _is_text)
_TEXTS = _Key('a list of texts, like ["a", "b"]', _is_texts)
_COUNT = _Key("a whole number, 0 or more", _is_count)
_MOMENT = _Key("a date and time with its zone, like 2026-11-22T18:45:12Z", _is_moment)
_SWITCH = _Key("true or false", lambda value: isinstance(value, bool))
_NAME = _Key(
    "a name of letters, digits, hyphens and underscores, in quotation marks",
    lambda value: isinstance(value, str) and _ID.match(value) is not None,
)
_SLOT: Final[Mapping[str, _Key]] = {
    "id": _NAME,
    "where": _TEXT,
    "heading": _TEXT,
    "label": _TEXT,
    "level": _choice(("side", "main", "meta")),
    "shape": _choice(SHAPES),
    "pages": _TEXTS,
    "learned-by": _choice(LEARNED_BY),
    "seen": _COUNT,
    "of": _COUNT,
    "first-seen": _MOMENT,
    "last-seen": _MOMENT,
    "examples": _TEXTS,
    "texts": _TEXTS,
    "ignore": _SWITCH,
    "note": _TEXT,
}
_PATTERN: Final[Mapping[str, _Key]] = {
    "id": _NAME,
    "pattern": _TEXT,
    "pages": _TEXTS,
    "ignore": _SWITCH,
    "note": _TEXT,
}
_REPEATED: Final[Mapping[str, _Key]] = {"texts": _TEXTS, "keep": _TEXTS}
_TOP: Final[Mapping[str, _Key]] = {"version": _COUNT, "updated": _MOMENT, "rules": _TEXT}
_PARTS: Final = ("slot", "text", "repeated")


class _Reader:
    def __init__(self, name: str, lines: Mapping[tuple[str | int, ...], int]) -> None:
        self._name = name
        self._lines = lines

    def mask(self, document: Mapping[str, Any]) -> Mask:
        top = {key: value for key, value in document.items() if key not in _PARTS}
        values = self._values(top, _TOP, (), "the file")
        slots = tuple(self._slot(one, at) for at, one in enumerate(self._parts(document, "slot")))
        texts = tuple(self._text(one, at) for at, one in enumerate(self._parts(document, "text")))
        repeated = document.get("repeated", {})
        if not isinstance(repeated, dict):
            raise self._error(("repeated",), f"repeated: expected one part [repeated], found {repeated!r}")
        lists = self._values(repeated, _REPEATED, ("repeated",), "[repeated]")
        for part, ids in (("slot", [slot.id for slot in slots]), ("text", [text.id for text in texts])):
            for at, id_ in enumerate(ids):
                if id_ in ids[:at]:
                    raise self._error((part, at, "id"), f"{part}.id: {id_!r} is the id of an earlier {part}")
        return Mask(
            slots=slots,
            texts=texts,
            repeated=frozenset(lists.get("texts", ())),
            keep=frozenset(map(repeated_form, lists.get("keep", ()))),
            version=values.get("version", 0),
            rules=NOISE_RULES,
            updated=values.get("updated"),
        )

    def _parts(self, document: Mapping[str, Any], part: str) -> list[Mapping[str, Any]]:
        parts = document.get(part, [])
        if not isinstance(parts, list) or not all(isinstance(one, dict) for one in parts):
            raise self._error((part,), f"{part}: expected parts that begin with [[{part}]], found {parts!r:.80}")
        return parts

    def _slot(self, found: Mapping[str, Any], at: int) -> Slot:
        place = ("slot", at)
        values = self._values(found, _SLOT, place, "[[slot]]")
        if "where" not in values:
            raise self._error(place, "[[slot]] needs where: a path like /html[1]/body[1]/div[2]/ul/li or //aside/ul/li")
        try:
            where_pattern(values["where"])
        except ValueError as error:
            raise self._error((*place, "where"), f"slot.where: {error}") from None
        named: dict[str, Any] = {
            key.replace("-", "_"): tuple(value) if isinstance(value, list) else value for key, value in values.items()
        }
        return Slot(**{"id": hand_id("s", values["where"]), **named})

    def _text(self, found: Mapping[str, Any], at: int) -> TextPattern:
        place = ("text", at)
        values = self._values(found, _PATTERN, place, "[[text]]")
        if "pattern" not in values:
            raise self._error(place, "[[text]] needs pattern: a regular expression between single quotation marks")
        try:
            checked_pattern(values["pattern"])
        except ValueError as error:
            raise self._error((*place, "pattern"), f"text.pattern: {error}") from None
        named: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in values.items()
        }
        return TextPattern(**{"id": hand_id("t", values["pattern"]), **named})

    def _values(
        self, found: Mapping[str, Any], keys: Mapping[str, _Key], place: tuple[str | int, ...], where: str
    ) -> dict[str, Any]:
        for key, value in found.items():
            if key not in keys:
                raise self._error((*place, key), f"unknown key {key!r} in {where}. Known here: {', '.join(keys)}.")
            if not keys[key].check(value):
                words = f"expected {keys[key].expected}, found {value!r:.80}"
                raise self._error((*place, key), f"{'.'.join([*map(str, place[:1]), key])}: {words}")
        return dict(found)

    def _error(self, place: tuple[str | int, ...], message: str) -> ConfigError:
        line = None
        while place and line is None:
            line = self._lines.get(place)
            place = place[:-1]
        return ConfigError(message, file=self._name, line=line)


def checked_pattern(pattern: str) -> str:
    """A regular expression that says something. Raises ValueError with what was expected."""
    try:
        empty = re.compile(pattern).search("") is not None
    except re.error as error:
        raise ValueError(f"expected a regular expression, found {pattern!r} ({error})") from error
    if empty:
        raise ValueError(
            f"expected a regular expression that fits some text, found one that fits none too: {pattern!r}"
        )
    return pattern


def hand_id(letter: str, *told: str) -> str:
    """The id of what says this: the same for the same, in whatever order it was learned."""
    return letter + hashlib.sha256("\n".join(told).encode()).hexdigest()[:6]


# ---- writing


def _written(text: str, old: Mask, new: Mask) -> bytes:
    """The file with what differs between two masks put in, all else as it stands."""
    import tomlkit

    document = tomlkit.parse(text)
    for key, value in (("version", new.version), ("updated", new.updated), ("rules", new.rules)):
        if key in document:
            document[key] = _item(value)
        else:
            _add_above(document, key, value)
    _put_parts(document, "slot", {s.id: _slot_record(s) for s in old.slots}, {s.id: _slot_record(s) for s in new.slots})
    _put_parts(document, "text", {t.id: _text_record(t) for t in old.texts}, {t.id: _text_record(t) for t in new.texts})
    if (old.repeated, old.keep) != (new.repeated, new.keep):
        _put_repeated(document, new)
    return (tomlkit.dumps(document).rstrip("\n") + "\n").encode()


def _add_above(document: TOMLDocument, key: str, value: Any) -> None:
    """A key of the file itself has to stand before its first part."""
    if any(part in document for part in _PARTS):
        # tomlkit puts one that is new before the first table
        document[key] = _item(value)
    else:
        document.add(key, _item(value))


def _put_parts(
    document: TOMLDocument, part: str, old: Mapping[str, dict[str, Any]], new: Mapping[str, dict[str, Any]]
) -> None:
    import tomlkit

    if old == new:
        return
    if part not in document:
        document.add(part, tomlkit.aot())
    tables: Any = document[part]
    ids = list(old)
    for at in range(len(ids) - 1, -1, -1):
        record = new.get(ids[at])
        if record is None:
            del tables[at]
        elif record != old[ids[at]]:
            _put_values(tables[at], old[ids[at]], record)
    for id_, record in new.items():
        if id_ not in old:
            table = tomlkit.table()
            table.trivia.indent = "\n"
            _put_values(table, {}, record)
            tables.append(table)
    if not tables:
        del document[part]


def _put_values(table: Table, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    for key in old:
        if key not in new and key in table:
            del table[key]
    for key, value in new.items():
        if old.get(key) != value or key not in old:
            table[key] = _item(value)


def _put_repeated(document: TOMLDocument, mask: Mask) -> None:
    import tomlkit

    if "repeated" not in document:
        table = tomlkit.table()
        table.trivia.indent = "\n"
        document.add("repeated", table)
    repeated: Any = document["repeated"]
    for key, texts in (("texts", mask.repeated), ("keep", mask.keep)):
        if sorted(texts) != sorted(repeated.get(key, [])):
            repeated[key] = _item(sorted(texts), each_on_a_line=True)


def _item(value: Any, *, each_on_a_line: bool = False) -> Any:
    import tomlkit

    if isinstance(value, str):
        return tomlkit.string(value, literal="\\" in value and "'" not in value)
    if isinstance(value, list | tuple):
        if each_on_a_line and value:
            # made of its text: adding thousands one by one takes tomlkit minutes
            return tomlkit.array("[\n" + "".join(f"    {_item(one).as_string()},\n" for one in value) + "]")
        array = tomlkit.array()
        array.extend(_item(one) for one in value)
        array.multiline(len(repr(value)) > 90)
        return array
    return tomlkit.item(value)


def _slot_record(slot: Slot) -> dict[str, Any]:
    record: dict[str, Any] = {"id": slot.id, "where": slot.where}
    for key, value in (("heading", slot.heading), ("label", slot.label)):
        if value:
            record[key] = value
    if slot.level != "side":
        record["level"] = slot.level
    record["shape"] = slot.shape
    if slot.pages:
        record["pages"] = list(slot.pages)
    record["learned-by"] = slot.learned_by
    if slot.of:
        record |= {"seen": slot.seen, "of": slot.of}
    for key, moment in (("first-seen", slot.first_seen), ("last-seen", slot.last_seen)):
        if moment is not None:
            record[key] = _second(moment)
    if slot.examples:
        record["examples"] = list(slot.examples)
    if slot.texts:
        record["texts"] = list(slot.texts)
    if slot.note:
        record["note"] = slot.note
    record["ignore"] = slot.ignore
    return record


def _text_record(text: TextPattern) -> dict[str, Any]:
    record: dict[str, Any] = {"id": text.id, "pattern": text.pattern}
    if text.pages:
        record["pages"] = list(text.pages)
    if text.note:
        record["note"] = text.note
    record["ignore"] = text.ignore
    return record
