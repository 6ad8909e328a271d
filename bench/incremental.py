"""A registry of thousands of cards, crawled again after a few of them changed, as its server saw it.

    python -m bench.incremental                   7,000 cards, 5 changed, 1 removed
    python -m bench.incremental --cards 300       a short one

The registry is like WordPress's: a REST collection of 100 entries a page with `modified_gmt`, a card for each entry,
its short form `/?p=ID` in a list that can be downloaded, a home page that links to the newest. Checked, at the server:
the first run has every card once; a run in which nothing changed asks for the listing and no card; after some cards
changed, a run asks for the listing, these cards and at most 2 in 100 others; a card that was removed is reported by
its address, and visited by the next run. Then the registry moves to another host: the run there asks for what changed
and for nothing that did not, of the old host for nothing, and the memory has the same rows.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from archive.state import State
from bench.crawl import claim

REST = "/wp-json/wp/v2/figure"
MORE = 0.02
"""Part of the cards that a run may ask for beside those that changed."""


@dataclass
class Registry:
    """The cards, by their id: when each was changed. Served under any host."""

    cards: dict[int, str]
    asked: list[tuple[str, str]] = field(default_factory=list)
    """Host and path of each request."""

    def answer(self, host: str, path: str) -> tuple[int, str, str, dict[str, str]]:
        """Status, media type, body and more headers."""
        self.asked.append((host, path))
        parts = urlsplit(path)
        match parts.path.split("/"):
            case ["", "robots.txt"]:
                return 404, "text/plain", "", {}
            case ["", "wp-json", *_]:
                return self._listing(host, parse_qs(parts.query))
            case ["", "cards.csv"]:
                return 200, "text/csv", "".join(f"http://{host}/?p={card}\n" for card in self.cards), {}
            case ["", "figure", slug, ""] if slug.isdecimal() and int(slug) in self.cards:
                return 200, "text/html; charset=utf-8", self._card(int(slug)), {}
            case ["", ""] if "p" not in parse_qs(parts.query):
                newest = list(self.cards)[-40:]
                links = "".join(
                    f"<a href='/figure/{card}/'>{card}</a><a href='/?p={card}'>short</a>" for card in newest
                )
                return 200, "text/html; charset=utf-8", f"<html><body><h1>Registry</h1>{links}</body></html>", {}
            case _:
                return 404, "text/html; charset=utf-8", "<html><body>not here</body></html>", {}

    def _listing(self, host: str, query: dict[str, list[str]]) -> tuple[int, str, str, dict[str, str]]:
        size, page = int(query["per_page"][0]), int(query["page"][0])
        order = sorted(self.cards, key=lambda card: (self.cards[card], card), reverse=True)
        some = order[size * (page - 1) : size * page]
        if not some:
            return 400, "application/json", '{"code":"rest_post_invalid_page_number"}', {}
        entries = [
            {"id": card, "link": f"http://{host}/figure/{card}/", "modified_gmt": self.cards[card]} for card in some
        ]
        total = {"X-WP-Total": str(len(order)), "X-WP-TotalPages": str(-(-len(order) // size))}
        return 200, "application/json", json.dumps(entries), total

    def _card(self, card: int) -> str:
        before = f"<a href='/figure/{card - 1}/'>до</a>" if card - 1 in self.cards else ""
        return (
            f"<!doctype html><html lang='ru'><head><meta charset='utf-8'><title>Имя {card}</title>"
            f"<link rel='shortlink' href='/?p={card}'></head><body><h1>Имя {card}</h1>"
            f"<article><p>Дело № {card}. Суд назначил заседание; изменено {self.cards[card]}.</p></article>"
            f"{before}</body></html>"
        )


def _kind(path: str) -> str:
    if path.startswith("/figure/"):
        return "card"
    return {REST: "listing", "/robots.txt": "robots.txt", "/cards.csv": "download"}.get(urlsplit(path).path, "other")


@contextmanager
def serving(registry: Registry) -> Iterator[str]:
    """The registry on a loopback port: its base address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            status, media_type, body, more = registry.answer(self.headers["Host"], self.path)
            octets = body.encode()
            headers = {"Content-Type": media_type, "Content-Length": str(len(octets)), **more}
            head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
            self.wfile.write(f"HTTP/1.1 {status} Said\r\n{head}\r\n".encode() + octets)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def now() -> str:
    """This second, as WordPress writes it."""
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}"


def settings(base: str, mirrors: tuple[str, ...] = ()) -> str:
    """khronika.toml for the registry at an address."""
    return f"""
[crawl]
delay = 0

[[site]]
name = "registry"
start = ["{base}/"]
rest = ["{base}{REST}"]
downloads = ["{base}/cards.csv"]
mirrors = {json.dumps(mirrors)}
kinds = {{ case = '/figure/' }}
revisit = {{ case = "daily", other = "daily" }}
"""


def crawl(collection: Path) -> tuple[dict[str, Any], str]:
    """Run the real command: its summary, and what it says on stderr."""
    ran = subprocess.run(
        [sys.executable, "-m", "crawler", "-C", str(collection), "--json", "crawl", "registry"],
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode:
        raise SystemExit(f"khronika crawl: exit {ran.returncode}\n{ran.stderr[-3000:]}")
    records = [json.loads(line) for line in ran.stdout.splitlines()]
    return next(one for one in records if one["type"] == "summary"), ran.stderr


def remembered(collection: Path) -> set[str]:
    """Keys of the cards in the memory."""
    with State.open(collection, readonly=True) as state:
        return {page.key for page in state.memory.pages("registry") if page.kind == "case"}


def run(
    folder: Path,
    *,
    cards: int,
    changed: int = 5,
    removed: int = 1,
    crawl: Callable[[Path], tuple[dict[str, Any], str]] = crawl,
) -> None:
    """The whole story; SystemExit where a claim does not hold. `crawl` gives a run's summary and what it said."""
    registry = Registry({card: f"2026-01-{1 + card % 28:02}T10:00:00" for card in range(1, cards + 1)})
    parts = -(-cards // 100)
    allowed = int(cards * MORE)
    with serving(registry) as first, serving(registry) as second:
        made = subprocess.run(
            [sys.executable, "-m", "crawler", "init", str(folder)], capture_output=True, text=True, check=False
        )
        claim("a collection is made", made.returncode == 0)

        def one_run(what: str) -> tuple[Counter[str], set[str], dict[str, Any], str]:
            began = time.monotonic()
            summary, said = crawl(folder)
            asked = [path for _, path in registry.asked]
            hosts = {host for host, _ in registry.asked}
            registry.asked.clear()
            kinds = Counter(map(_kind, asked))
            print(f"     {what}: {dict(sorted(kinds.items()))}, {time.monotonic() - began:.1f} s", flush=True)
            claim("nothing is asked for twice", len(set(asked)) == len(asked))
            claim("one host is asked", len(hosts) == 1 and hosts <= set(settings_in_force()))
            return kinds, set(asked), summary, said

        def settings_in_force() -> list[str]:
            return [
                host.removeprefix("http://") for host in (first, second) if f'start = ["{host}/"]' in toml.read_text()
            ]

        toml = folder / "khronika.toml"
        toml.write_text(settings(first), encoding="utf-8")
        kinds, paths, summary, said = one_run("first run")
        claim(
            f"the first run has every card, and the listing's {parts} parts",
            (kinds["card"], kinds["listing"]) == (cards, parts),
        )
        claim("nothing was listed before", summary["unlisted"] == 0)
        claim("short forms are not asked for", kinds["other"] == 1)

        kinds, paths, summary, said = one_run("nothing changed")
        claim(
            f"the listing and at most {allowed} cards are asked for",
            kinds["listing"] == parts and kinds["card"] <= allowed,
        )

        touched = list(registry.cards)[:: cards // changed][:changed]
        for card in touched:
            registry.cards[card] = now()
        gone = [card for card in registry.cards if card not in touched][cards // 2 : cards // 2 + removed]
        for card in gone:
            del registry.cards[card]
        kinds, paths, summary, said = one_run(f"{changed} changed, {removed} removed")
        parts = -(-len(registry.cards) // 100)
        claim("every changed card is fetched", {f"/figure/{card}/" for card in touched} <= paths)
        claim(
            f"the listing's {parts} parts, {changed} cards and at most {allowed} more requests",
            kinds["listing"] == parts and kinds.total() - parts - changed <= allowed,
        )
        claim("the card that was removed is reported", summary["unlisted"] == removed)
        claim("by its address", all(f"{first}/figure/{card}/" in said for card in gone))

        kinds, paths, summary, said = one_run("the next run")
        claim("what was removed is looked at", {f"/figure/{card}/" for card in gone} <= paths)
        claim("and not reported again", summary["unlisted"] == 0)

        before = remembered(folder)
        toml.write_text(settings(second, mirrors=(first.removeprefix("http://"),)), encoding="utf-8")
        moved = [card for card in registry.cards if card not in touched][:changed]
        for card in moved:
            registry.cards[card] = now()
        kinds, paths, summary, said = one_run(f"on another host, {changed} changed")
        claim("every changed card is fetched there", {f"/figure/{card}/" for card in moved} <= paths)
        claim(
            f"the listing, {changed} cards and at most {allowed} more requests",
            kinds["listing"] == parts and kinds.total() - parts - changed <= allowed,
        )
        claim("nothing is reported as removed", summary["unlisted"] == 0)
        claim(f"the memory has the same {cards} cards", len(before) == cards and remembered(folder) == before)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--cards", type=int, default=7000)
    parser.add_argument("--changed", type=int, default=5)
    parser.add_argument("--removed", type=int, default=1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        run(Path(folder) / "c", cards=arguments.cards, changed=arguments.changed, removed=arguments.removed)
    return 0


if __name__ == "__main__":
    sys.exit(main())
