"""Crawls of replicas by the real command, and what is true of them held against what the crawl says."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import forked
import tomlkit
from replicas.base import Page, Replica

from spiders.definition import SiteDefinition, entry_of
from spiders.known import KNOWN_SITES

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Ran:
    """What a command said."""

    status: int
    records: tuple[dict[str, Any], ...]
    messages: str

    def of_type(self, type_: str) -> list[dict[str, Any]]:
        return [record for record in self.records if record.get("type") == type_]

    @property
    def summary(self) -> dict[str, Any]:
        (record,) = self.of_type("summary")
        return record


def rebased(name: str, bases: Mapping[str, str], **changes: Any) -> SiteDefinition:
    """A shipped definition, fetched from replicas."""
    site = KNOWN_SITES[name].rebased(bases)
    entry = {**entry_of(site), **changes}
    from spiders.definition import definition_of

    return definition_of(entry)


class Archive:
    """A collection, worked at as an archivist does."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self("init", str(path), json_lines=False)
        self._config = (path / "khronika.toml").read_text(encoding="utf-8")
        self._sites: dict[str, SiteDefinition] = {}

    def add(self, *sites: SiteDefinition) -> None:
        """Write sites into khronika.toml; one of a name that is there takes its place."""
        self._sites.update((site.name, site) for site in sites)
        text = tomlkit.dumps({"site": [entry_of(site) for site in self._sites.values()]})
        (self.path / "khronika.toml").write_text(f"{self._config}\n{text}", encoding="utf-8")

    def __call__(self, *words: str, json_lines: bool = True, statuses: Sequence[int] = (0,)) -> Ran:
        where = ["-C", str(self.path)] if words[0] != "init" else []
        ran = forked.khronika([*where, *(["--json"] if json_lines else []), *words], cwd=ROOT)
        told = [line for line in ran.stdout.splitlines() if not line.startswith('{"type": "status"')][-3:]
        assert ran.returncode in statuses, "\n".join([f"{words}: {ran.returncode}", *told, ran.stderr[-3000:]])
        records = tuple(json.loads(line) for line in ran.stdout.splitlines()) if json_lines else ()
        return Ran(ran.returncode, records, ran.stderr)


@dataclass(frozen=True)
class Coverage:
    """What of a replica's pages a crawl has fetched, by what the replica answered."""

    missing: tuple[str, ...]
    """Pages that the replica lists and nobody asked for."""
    twice: tuple[str, ...]
    """Pages that were given out more than once."""
    beside: tuple[str, ...]
    """Addresses that were asked for and are no page of the site."""
    precision: float


def coverage(replica: Replica, ways: Iterable[str], *, hosts: Sequence[str] = (), folded: bool = False) -> Coverage:
    """`ways`: paths of robots.txt, feeds and the like, which find pages and are none. `folded`: all hosts serve the
    same pages."""
    of = hosts or replica.hosts[:1]
    passed = {"/robots.txt", *ways}
    asked = [one for one in replica.asked if one.host in of and one.path not in passed]
    pages = {page.path for page in replica.pages}
    given = Counter(one.path if folded else (one.host, one.path) for one in asked if one.status == 200)
    by_path = Counter({key if isinstance(key, str) else key[1]: number for key, number in given.items()})
    listed = {page.path for page in replica.pages if page.listed}
    hits = sum(one.status == 200 and one.path in pages for one in asked)
    return Coverage(
        missing=tuple(sorted(listed - set(by_path))),
        twice=tuple(sorted(path for path, number in by_path.items() if number > 1 and path in pages)),
        beside=tuple(sorted({one.path for one in asked if one.path not in pages})),
        precision=hits / len(asked) if asked else 1.0,
    )


def paths_of(*urls: str) -> set[str]:
    """Path and query of each address."""
    parts = (urlsplit(url) for url in urls)
    return {f"{one.path}?{one.query}" if one.query else one.path for one in parts}


def wrong_pages(
    replica: Replica, records: Sequence[Mapping[str, Any]], *, home: str | None = None
) -> dict[str, list[str]]:
    """What `site pages` says otherwise than it is: by what is wrong, the pages' paths with what was found."""
    base = home or replica.base
    by_path = {str(record["url"]).removeprefix(base): record for record in records}
    wrong: dict[str, list[str]] = {}

    def note(what: str, page: Page, found: object, expected: object) -> None:
        if found != expected:
            wrong.setdefault(what, []).append(f"{page.path}: expected {expected!r}, found {found!r}")

    for page in replica.pages:
        record = by_path.get(page.path)
        if record is None:
            wrong.setdefault("not there", []).append(page.path)
            continue
        note("kind", page, record["kind"], page.kind)
        note("language", page, record["language"], page.language)
        note("title", page, record["title"], " ".join(page.title.split()))
        note("published", page, minute(record["published"]), minute(page.published))
        if page.modified is not None:
            note("modified", page, minute(record["modified"]), minute(page.modified))
        note("person", page, tuple(record["person"]), page.person)
        found = {one["language"]: str(one["url"]).removeprefix(base) for one in record["translations"]}
        note("pair", page, found, dict(page.pair))
        for name, values in page.facts.items():
            facts = tuple(fact["value"] for fact in record.get("facts", ()) if fact["name"] == name)
            note(f"fact {name}", page, facts, values)
    return wrong


def minute(stated: str | None) -> object:
    """A stated date, or moment to the minute: pages show no seconds where their metadata does."""
    if not stated or "T" not in stated:
        return stated
    moment = datetime.fromisoformat(stated)
    return (moment.astimezone() if moment.tzinfo else moment).replace(second=0, microsecond=0)
