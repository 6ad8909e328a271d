"""A page is fetched twice some seconds apart: what differs moves by itself, and the next crawl knows it."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from page_server import PageServer, Reply, serving

from archive.capture import Capture
from archive.catalogue import Catalogue
from archive.collection import Collection
from archive.errors import ConfigError
from archive.kinds import ChangeKind, State, state_of
from crawler.cli import run
from crawler.config import Config, load_config
from crawler.frontier import FILE_NAME, LATE, Found, Frontier
from crawler.policy import CrawlPolicy
from crawler.runner import CrawlSummary, run_crawl
from crawler.session import _lot
from crawler.text_export import has_text
from pipelines.noise_file import change, load, path_of
from spiders.definition import SiteDefinition
from spiders.requests import SECOND_LOOK

POLICY = CrawlPolicy(retry_delay=0.01, retries=2, timeout_connect=20, timeout_head=20, timeout_body=20, workers=1)
POLICY = replace(POLICY, processes=0)
PEOPLE = ("Arseny Polyansky", "Vera Zaleskaya", "Mikola Barodzich", "Oksana Hrytsyk", "Yury Sosnin", "Inga Ozolina")
TOWNS = ("Verkhny Plyos", "Zaozerye", "Mokry Log", "Kamenka", "Stary Most", "Lugovoye")
HEADLINES = tuple(
    f"How {who} of {town} learned to {what}"
    for who in ("a baker", "a miller", "a pilot", "a beekeeper")
    for town in TOWNS
    for what in ("sing in a choir", "mend a clock")
)


class Site:
    """A site whose every answer differs: a counter, a nonce, adverts, related texts, the time."""

    def __init__(self) -> None:
        self.years = dict.fromkeys(range(len(PEOPLE)), "five")
        self.served: Counter[int] = Counter()
        self.random = random.Random(17)

    def pages(self) -> dict[str, Any]:
        links = "".join(f'<p><a href="/case/{n}">{name}</a></p>' for n, name in enumerate(PEOPLE))
        index = f"<html><head><title>Cases</title></head><body><main><h1>Cases</h1>{links}</main></body></html>"
        return {"/": index, **{f"/case/{n}": self._answer(n) for n in range(len(PEOPLE))}}

    def _answer(self, n: int) -> Any:
        def answer(_: int) -> Reply:
            return Reply(self.page(n), headers={"Content-Type": "text/html; charset=utf-8"})

        return answer

    def page(self, n: int) -> str:
        draw = self.random
        name, town = PEOPLE[n], TOWNS[n]
        self.served[n] += 1
        text = "".join(
            f"<p>{sentence}</p>"
            for sentence in (
                f"The district court of {town} sentenced {name} to {self.years[n]} years in a general regime colony.",
                f"Neighbours of {name} say that nobody in {town} had expected the officers on a holiday morning.",
                "The defence had asked the court to hear the pupils, and the court had refused without giving reasons.",
                "We consider the case to be political, for the charge rests on the words of one single lesson.",
            )
        )
        teasers = "".join(
            f'<div class="u{draw.randrange(10**6)}"><a href="/t/{draw.randrange(99)}">{line}</a></div>'
            for line in draw.sample(HEADLINES, 4)
        )
        adverts = " ".join(draw.sample(["winter", "boots", "kettles", "garden", "lamps", "tea", "maps", "bread"], 4))
        return f"""<!DOCTYPE html><html lang="en"><head><title>{name}</title>
<meta name="csrf-token" content="{draw.randrange(10**12)}"></head><body>
<div class="a{draw.randrange(10**6)}">
<div>Rowan Committee</div><div>{draw.randrange(10**5)} letters on their way</div></div>
<main><article><h1>{name}</h1>{text}</article></main>
<div class="b{draw.randrange(10**6)}"><h4>Out of the drawer</h4>{teasers}</div>
<div class="c{draw.randrange(10**6)}"><span>Fine {adverts} at half the price today</span></div>
<form><input type="hidden" value="{draw.randrange(10**12)}"></form></body></html>"""


class World:
    def __init__(self, path: Path, server: PageServer, site: Site) -> None:
        self.collection = Collection.create(path, "")
        self.config: Config = replace(load_config(self.collection.config_path), crawl=POLICY)
        self.server = server
        self.site = site

    def crawl(self, **more: Any) -> CrawlSummary:
        options = {"second_look": 1.0, "second_look_gap": 0.2} | more
        site = SiteDefinition(name="ledger", start=(self.server.url("/"),), include=(r"/case/",), **options)
        return run_crawl(self.collection, replace(self.config, sites=(site,)), sites=[site])

    def captures(self) -> list[Capture]:
        with Catalogue.open(self.collection.catalogue_path, readonly=True) as catalogue:
            return [one for one in catalogue.captures() if "robots" not in one.url]

    def reported(self) -> list[dict[str, Any]]:
        """The edits of the last crawl that somebody is told of."""
        with Catalogue.open(self.collection.catalogue_path, readonly=True) as catalogue:
            last = catalogue.crawls()[-1].id
            rows = [row for row in catalogue.changes(crawl=last) if row.kind not in {ChangeKind.SAME, ChangeKind.NOISE}]
        return [dict(edit) for row in rows for edit in row.edits]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    site = Site()
    with serving(site.pages()) as server:
        yield World(tmp_path / "c", server, site)


def test_what_differs_between_two_looks_raises_no_alarm_in_the_next_crawl(world: World) -> None:
    first = world.crawl()
    mask = load(world.collection.path, "ledger")
    second = world.crawl()

    assert (first.captured, first.second_looks, first.failed) == (7, 7, 0)
    assert mask is not None
    assert {slot.learned_by for slot in mask.slots} == {"second-look"}
    assert (second.captured, second.changed) == (7, 0)
    assert world.reported() == []


def test_a_word_of_the_case_is_found_among_what_moves(world: World) -> None:
    world.crawl()
    world.site.years[3] = "eight"
    summary = world.crawl()

    told = world.reported()
    assert summary.changed == 1
    assert [edit["words"] for edit in told if edit["level"] == "main"] == [[["-five", "+eight"]]]
    assert {edit["level"] for edit in told} <= {"main", "fact"}


def test_a_second_look_is_evidence_and_no_look_of_its_own(world: World) -> None:
    world.crawl()
    captures = [one for one in world.captures() if one.url == world.server.url("/case/2")]

    assert [(one.hops, state_of(one), one.status) for one in captures] == [
        ("L", State.PRESENT, 200),
        ("LA", State.SECOND_LOOK, 200),
    ]
    assert captures[0].payload_digest != captures[1].payload_digest
    with Catalogue.open(world.collection.catalogue_path, readonly=True) as catalogue:
        rows = catalogue.history(captures[0].url)
        assert [row.change_kind for row in rows] == [None, None]
        assert list(catalogue.changes()) == []
        assert catalogue.find(f"{captures[0].timestamp}/{captures[0].url}") == captures[0]
        # the text of both is read
        assert all(catalogue.reading(one.record_id) is not None for one in captures)


def test_the_next_crawl_is_compared_with_the_capture_and_not_with_the_second_look(world: World) -> None:
    world.crawl()
    world.crawl()
    with Catalogue.open(world.collection.catalogue_path, readonly=True) as catalogue:
        own = {one.record_id for one in catalogue.captures() if state_of(one) is State.PRESENT}
        rows = list(catalogue.changes())

    assert rows
    assert {row.from_record for row in rows} | {row.to_record for row in rows} <= own


def test_no_site_is_fetched_twice_that_does_not_ask_for_it(world: World) -> None:
    summary = world.crawl(second_look=0.0)

    assert (summary.captured, summary.second_looks) == (7, 0)
    assert max(Counter(world.server.paths).values()) == 1


def test_one_page_a_crawl_at_least_and_the_same_ones_for_the_same_crawl(world: World) -> None:
    summary = world.crawl(second_look=0.0001)

    assert (summary.captured, summary.second_looks) == (7, 1)
    assert sorted(Counter(world.server.paths).values())[-2:] == [1, 2]
    draws = [_lot("20261122-1", f"https://rowan.example/case/{n}") for n in range(4000)]
    assert draws == [_lot("20261122-1", f"https://rowan.example/case/{n}") for n in range(4000)]
    assert 0.03 < sum(draw < 0.05 for draw in draws) / 4000 < 0.07


def test_the_pause_between_the_two_is_kept_and_so_is_the_delay_of_the_site(world: World) -> None:
    world.crawl(second_look=0.0001, second_look_gap=0.5, delay=0.15)
    twice = next(path for path, count in Counter(world.server.paths).items() if count == 2)
    first, second = (one.at for one in world.server.asked if one.path == twice)
    times = sorted(one.at for one in world.server.asked)

    assert second - first >= 0.5
    assert min(later - earlier for earlier, later in pairwise(times)) >= 0.14


def test_a_second_look_that_fails_is_no_failed_page(world: World) -> None:
    good = world.site.page(0)
    world.server.pages["/case/0"] = lambda before: Reply(good if before == 0 else "", 200 if before == 0 else 503)
    summary = world.crawl()

    assert (summary.captured, summary.failed, summary.second_looks) == (7, 0, 6)
    assert summary.reason == "finished"
    assert summary.skipped_because["second look: HTTP 503"] == 1
    assert world.server.paths.count("/case/0") == 2


def test_a_redirect_of_a_second_look_is_not_followed(world: World) -> None:
    good = world.site.page(0)
    away = Reply("", 302, {"Location": "/case/elsewhere"})
    world.server.pages["/case/0"] = lambda before: good if before == 0 else away
    world.crawl()

    assert "/case/elsewhere" not in world.server.paths


def test_a_killed_crawl_goes_on_without_the_second_looks_that_it_lost(tmp_path: Path) -> None:
    path = tmp_path / "crawls" / "1" / FILE_NAME
    frontier = Frontier.create(path, {"asked": {}})
    frontier.add("ledger", [Found("https://rowan.example/a"), Found("https://rowan.example/b")])
    second = Found("https://rowan.example/a", key="twice", callback=SECOND_LOOK, priority=50, not_before=1.0)
    page = frontier.take("ledger")
    assert page is not None
    frontier.finish(page.id, [second], record_id="urn:uuid:1", status=200)
    taken = frontier.take("ledger")
    assert taken is not None
    assert taken.callback == SECOND_LOOK
    frontier.close()

    again = Frontier.open(path)
    assert again.recover() == 0
    left = again.take("ledger")
    assert left is not None
    assert left.url == "https://rowan.example/b"
    assert [(one.callback, one.reason) for one in again.pages(state="skipped")] == [(SECOND_LOOK, LATE)]
    assert [visit.url for visit in again.visits("ledger")] == ["https://rowan.example/a", "https://rowan.example/b"]
    again.close()


def test_a_damaged_noise_file_is_named_before_anything_is_fetched(world: World) -> None:
    path = path_of(world.collection.path, "ledger")
    path.parent.mkdir()
    path.write_text("[[slot]]\nignore = true\n")

    with pytest.raises(ConfigError, match=re.escape("noise/ledger.toml, line 1: [[slot]] needs where")):
        world.crawl()

    assert world.server.paths == []


def test_what_a_person_keeps_is_told_after_more_was_learned(world: World) -> None:
    world.crawl()
    mask = load(world.collection.path, "ledger")
    assert mask is not None
    kept = next(slot for slot in mask.slots if "letters on their way" in slot.examples[0])
    change(
        world.collection.path,
        "ledger",
        lambda now: replace(now, slots=tuple(replace(s, ignore=s.id != kept.id) for s in now.slots)),
        now=datetime.now(UTC),
    )
    summary = world.crawl()

    assert summary.changed == 6
    assert all("letters on their way" in edit["before"] for edit in world.reported())


def test_history_teaches_what_second_looks_would(world: World) -> None:
    for _ in range(4):
        world.crawl(second_look=0.0)
    summary = world.crawl(second_look=0.0)
    mask = load(world.collection.path, "ledger")

    assert mask is not None
    assert {slot.learned_by for slot in mask.slots} == {"history"}
    assert (summary.changed, world.reported()) == (0, [])


def test_rebuild_and_reprocess_leave_the_file_as_it_is(world: World) -> None:
    world.crawl()
    before = path_of(world.collection.path, "ledger").read_bytes()
    world.collection.close()
    for command in ("rebuild", "reprocess"):
        assert run(["-C", str(world.collection.path), "-q", command]) == 0
        assert path_of(world.collection.path, "ledger").read_bytes() == before
    with Catalogue.open(world.collection.catalogue_path, readonly=True) as catalogue:
        assert list(catalogue.changes()) == []


def test_a_second_look_is_no_text_of_its_own_and_no_original_of_a_later_capture(world: World) -> None:
    pages = iter([world.site.page(0) for _ in range(2)])
    once, again = next(pages), next(pages)
    # the second look of the first crawl saw what the second crawl is answered
    world.server.pages["/case/0"] = lambda before: once if before == 0 else again
    world.crawl()
    world.crawl()
    captures = [one for one in world.captures() if one.url == world.server.url("/case/0")]

    assert [state_of(one).value for one in captures] == ["present", "second-look"] * 2
    assert captures[1].payload_digest == captures[2].payload_digest
    assert not captures[2].is_revisit
    assert [has_text(one) for one in captures] == [True, False] * 2
