"""`khronika site noise`: what is set aside on a site's pages is shown, and a person decides about it."""

from __future__ import annotations

import json
import random
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from khronika_command import Khronika
from page_server import PageServer, Reply, serving

from archive.collection import Collection
from crawler.cli import run
from pipelines.noise import repeated_form
from pipelines.noise_file import load, path_of

SENTENCES = (
    "The district court of Mokry Log sentenced the beekeeper Arseny Polyansky to five years for a private letter.",
    "The defence had asked the court to hear the neighbours, and the court had refused without giving any reasons.",
    "We consider the case to be political, because the charge rests on the words of one letter and no other.",
)
HANDBOOK = "Read our handbook for the relatives of people who were taken away"


def moving(n: int) -> Any:
    draw = random.Random(n)

    def answer(_: int) -> Reply:
        words = " ".join(draw.sample(["quiet", "rivers", "carry", "old", "boats", "into", "morning", "light"], 5))
        text = "".join(f"<p>{sentence}</p>" for sentence in SENTENCES)
        body = f"""<html lang="en"><head><title>Arseny Polyansky</title></head><body>
<main><article><h1>Arseny Polyansky</h1>{text}</article></main>
<div><div>{draw.randrange(10**5)} letters on their way</div></div><div><p>{words.capitalize()} one day.</p></div>
<aside><p>{HANDBOOK}</p></aside></body></html>"""
        return Reply(body, headers={"Content-Type": "text/html; charset=utf-8"})

    return answer


@pytest.fixture(scope="module")
def server() -> Iterator[PageServer]:
    links = "".join(f'<p><a href="/case/{n}">Case {n}</a></p>' for n in range(4))
    pages = {"/": f"<html><body><main>{links}</main></body></html>"}
    with serving({**pages, **{f"/case/{n}": moving(n) for n in range(4)}}) as server:
        yield server


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory, server: PageServer) -> Path:
    """A collection of one crawl, each page fetched twice."""
    path = tmp_path_factory.mktemp("crawled") / "c"
    assert run(["init", str(path)]) == 0
    config = (path / "khronika.toml").read_text().replace("\n[crawl]\n", "\n[crawl]\nfetch-processes = 0\n", 1)
    entry = f'[[site]]\nname = "ledger"\nstart = ["{server.url("/")}"]\nsecond-look = 1\nsecond-look-gap = 0.1\n'
    (path / "khronika.toml").write_text(config + "\n" + entry)
    assert run(["-C", str(path), "-q", "crawl", "ledger"]) == 0
    return path


@pytest.fixture
def khronika(crawled: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Khronika:
    made = Khronika(tmp_path / "made", capsys)
    made.path = tmp_path / "c"
    shutil.copytree(crawled, made.path)
    return made


def records(khronika: Khronika, *words: str) -> dict[str, list[dict[str, Any]]]:
    status, out, err = khronika("--json", "site", "noise", "ledger", *words)
    assert status == 0, err
    found: dict[str, list[dict[str, Any]]] = {"slot": [], "text": [], "noise": [], "change": []}
    for line in out.splitlines():
        record = json.loads(line)
        found[record["type"]].append(record)
    return found


def the_file(khronika: Khronika) -> str:
    return path_of(khronika.path, "ledger").read_text()


def test_what_is_learned_is_shown_with_examples_and_how_often_it_helped(khronika: Khronika) -> None:
    assert "4 fetched a second time" not in khronika("status")[1]
    before = records(khronika)
    assert khronika("crawl", "ledger")[0] == 0
    after = records(khronika)

    assert [(slot["shape"], slot["set_aside"]) for slot in before["slot"]] == [("count", 0), ("text", 0)]
    assert [(slot["shape"], slot["set_aside"]) for slot in after["slot"]] == [("count", 4), ("text", 4)]
    [told] = after["noise"]
    mask = load(khronika.path, "ledger")
    assert mask is not None
    assert (told["file"], told["version"], told["digest"]) == ("noise/ledger.toml", mask.version, mask.digest)
    assert told["repeated"] == [HANDBOOK]
    assert all(slot["examples"] and slot["learned_by"] == "second-look" for slot in after["slot"])

    _, out, _ = khronika("site", "noise", "ledger")
    assert f"noise/ledger.toml, version {mask.version}, {mask.digest}" in out
    assert "letters on their way →" in out
    assert "set aside 4 times" in out
    assert HANDBOOK in out


def test_a_crawl_says_how_many_pages_it_fetched_twice(khronika: Khronika) -> None:
    _, out, _ = khronika("crawl", "ledger")
    _, lines, _ = khronika("--json", "crawl", "ledger")
    summary = json.loads(lines.splitlines()[-1])

    assert "5 captured" in out
    assert "5 fetched a second time" in out
    assert (summary["captured"], summary["second_looks"]) == (5, 5)


def test_what_a_part_set_aside_is_listed_change_by_change(khronika: Khronika) -> None:
    khronika("crawl", "ledger")
    [count, _] = records(khronika)["slot"]
    changes = records(khronika, "--show-changes", count["id"])["change"]

    assert len(changes) == 4
    assert all(change["kind"] == "noise" for change in changes)
    assert all("letters on their way" in edit["before"] for change in changes for edit in change["set_aside"])
    _, out, _ = khronika("site", "noise", "ledger", "--show-changes", count["id"])
    assert out.count("letters on their way") >= 4
    status, out, err = khronika("site", "noise", "ledger", "--show-changes", "s000000")
    assert (status, out) == (0, "")
    assert "Nothing was set aside by s000000" in err


def test_what_is_kept_is_reported_from_then_on_and_learning_leaves_it(khronika: Khronika) -> None:
    [count, _] = records(khronika)["slot"]
    status, out, err = khronika("site", "noise", "ledger", "--keep", count["id"])
    assert status == 0
    assert "reported all the same" in out
    assert "from the next comparison on" in err

    khronika("crawl", "ledger")
    _, lines, _ = khronika("--json", "changes")
    changes = [json.loads(line) for line in lines.splitlines()]
    assert sum(change["type"] == "change" for change in changes) == 4
    assert [slot["ignore"] for slot in records(khronika)["slot"]] == [False, True]

    khronika("site", "noise", "ledger", "--ignore", count["id"])
    assert [slot["ignore"] for slot in records(khronika)["slot"]] == [True, True]


def test_a_decision_that_stands_already_writes_nothing(khronika: Khronika) -> None:
    [count, _] = records(khronika)["slot"]
    before = the_file(khronika)
    _, _, err = khronika("site", "noise", "ledger", "--ignore", count["id"])

    assert the_file(khronika) == before
    assert "says so already" in err


def test_what_is_forgotten_is_learned_again(khronika: Khronika) -> None:
    [count, _] = records(khronika)["slot"]
    khronika("site", "noise", "ledger", "--forget", count["id"])
    assert len(records(khronika)["slot"]) == 1
    status, _, err = khronika("site", "noise", "ledger", "--learn")

    assert status == 0
    assert "with what was learned" in err
    assert {slot["id"] for slot in records(khronika)["slot"]} >= {count["id"]}
    assert "Nothing new was learned" in khronika("site", "noise", "ledger", "--learn")[2]


def test_a_repeated_text_can_be_kept(khronika: Khronika) -> None:
    khronika("site", "noise", "ledger", "--keep", HANDBOOK)
    mask = load(khronika.path, "ledger")

    assert mask is not None
    assert mask.keep == {repeated_form(HANDBOOK)}
    assert not mask.is_repeated(HANDBOOK)
    khronika("site", "noise", "ledger", "--ignore", HANDBOOK)
    assert records(khronika)["noise"][0]["keep"] == []


def test_a_pattern_and_a_place_are_added_once(khronika: Khronika) -> None:
    for _ in range(2):
        khronika("site", "noise", "ledger", "--add", r"Now on the site: \d+", "--note", "a counter")
        khronika("site", "noise", "ledger", "--add", "//aside/ul/li", "--pages", "/case/*", "--pages", "/news/*")
    found = records(khronika)

    assert [(text["pattern"], text["note"]) for text in found["text"]] == [(r"Now on the site: \d+", "a counter")]
    added = [slot for slot in found["slot"] if slot["learned_by"] == "hand"]
    assert [(slot["where"], slot["pages"]) for slot in added] == [("//aside/ul/li", ["/case/*", "/news/*"])]
    assert r"pattern = 'Now on the site: \d+'" in the_file(khronika)


def test_what_a_person_wrote_survives_crawls_and_decisions(khronika: Khronika) -> None:
    path = path_of(khronika.path, "ledger")
    path.write_text(path.read_text() + "\n# ours\n[[text]]\npattern = 'Ring [a-z]+'  # the bell\n")
    khronika("site", "noise", "ledger", "--add", "//table/tr")
    khronika("crawl", "ledger")

    assert "# ours" in the_file(khronika)
    assert "pattern = 'Ring [a-z]+'  # the bell" in the_file(khronika)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--keep", "s1", "--forget", "s2"), "one at a time: --keep and --forget"),
        (("--pages", "/a"), "--pages and --note go with --add"),
        (("--keep", "s000000"), "no part 's000000' in the noise of ledger"),
        (("--forget", "s000000"), "no part 's000000' in the noise of ledger"),
        (("--add", "("), "--add: expected a regular expression, found '('"),
        (("--add", "a*"), "--add: expected a regular expression that fits some text"),
        (("--add", "/html/["), "--add: expected a path like"),
    ],
)
def test_what_cannot_be_meant_is_refused(khronika: Khronika, words: tuple[str, ...], said: str) -> None:
    before = the_file(khronika)
    status, out, err = khronika("site", "noise", "ledger", *words)

    assert (status, out) == (2, "")
    assert said in err
    assert the_file(khronika) == before


def test_an_unknown_site_is_refused(khronika: Khronika) -> None:
    status, _, err = khronika("site", "noise", "legder")

    assert status == 2
    assert "no site 'legder'" in err
    assert "ledger" in err


def test_a_site_of_which_nothing_is_known_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = Khronika(tmp_path / "c", capsys)
    made.add_site("https://rowan.example/")
    status, out, _ = made("site", "noise", "ledger")

    assert (status, out) == (0, "nothing is learned of what moves on the pages of ledger yet\n")
    assert made("--json", "site", "noise", "ledger")[1].count("\n") == 1
    assert made("site", "noise", "ledger", "--learn")[0] == 0
    assert not path_of(made.path, "ledger").exists()


@pytest.mark.parametrize("command", [("site", "noise", "ledger"), ("crawl", "ledger"), ("reprocess",)])
def test_a_damaged_file_is_named_with_its_line(
    khronika: Khronika, command: tuple[str, ...], server: PageServer
) -> None:
    path_of(khronika.path, "ledger").write_text("version = 1\n\n[[slot]]\nwhere = 'aside'\n")
    asked = len(server.paths)
    status, _, err = khronika(*command)

    assert status == 2
    assert "noise/ledger.toml, line 4: slot.where: expected a path like" in err
    assert len(server.paths) == asked


def pages_of(khronika: Khronika) -> list[str]:
    """The captures of the cases, as `withhold --from-disk` wants them named."""
    with Collection.open(khronika.path) as collection:
        return [one.record_id for one in collection.catalogue.captures() if "/case/" in one.url]


@pytest.mark.parametrize("scope", [(), ("--from-disk",)])
def test_words_of_withheld_captures_leave_the_file_and_are_learned_no_more(
    khronika: Khronika, scope: tuple[str, ...]
) -> None:
    assert HANDBOOK in the_file(khronika) and "letters on their way" in the_file(khronika)
    captures = pages_of(khronika)
    status, _, err = khronika("withhold", *captures, "--ground", "a wish", "--yes", *scope)
    assert status == 0, err

    for _ in ("as it is left", "as it is learned"):
        assert HANDBOOK not in the_file(khronika)
        assert "letters on their way" not in the_file(khronika)
        assert "letters on their way" not in khronika("site", "noise", "ledger")[1]
        assert khronika("site", "noise", "ledger", "--learn")[0] == 0


def test_what_stands_on_other_pages_too_stays_when_one_is_withheld(khronika: Khronika) -> None:
    with Collection.open(khronika.path) as collection:
        (first, second) = (one for one in collection.catalogue.captures() if one.url.endswith("/case/0"))
        counts = [re.findall(rb"(\d+) letters", collection.payload(one).octets)[0].decode() for one in (first, second)]
    path = path_of(khronika.path, "ledger")
    quoted = f'examples = ["{counts[0]} letters on their way → {counts[1]} letters on their way", "xyzzy → plugh"]'
    path.write_text(re.sub(r"(?s)examples = \[.*?\n?\](?=\n[a-z])", quoted, path.read_text(), count=1))
    assert f"{counts[0]} letters" in the_file(khronika)
    others = [slot["id"] for slot in records(khronika)["slot"]]

    assert khronika("withhold", first.record_id, "--ground", "a wish", "--yes")[0] == 0

    assert HANDBOOK in the_file(khronika)
    assert f"{counts[0]} letters" not in the_file(khronika)
    assert "xyzzy → plugh" in the_file(khronika)
    assert [slot["id"] for slot in records(khronika)["slot"]] == others


def test_a_text_shown_by_turns_that_is_withheld_leaves_the_file_and_its_slot_with_the_last(khronika: Khronika) -> None:
    path = path_of(khronika.path, "ledger")
    slot = '\n[[slot]]\nid = "{}"\nwhere = "//aside/p"\nlevel = "main"\nshape = "turns"\n'
    slot += 'learned-by = "history"\ntexts = {}\n'
    both, alone = f'["{HANDBOOK}", "xyzzy, plugh"]', f'["{HANDBOOK}"]'
    path.write_text(path.read_text() + slot.format("sboth", both) + slot.format("salone", alone))
    told = {one["id"]: one for one in records(khronika)["slot"]}
    assert told["sboth"]["texts"] == sorted((HANDBOOK, "xyzzy, plugh"))
    assert told["salone"]["texts"] == [HANDBOOK]

    assert khronika("withhold", *pages_of(khronika), "--ground", "a wish", "--yes")[0] == 0

    told = {one["id"]: one for one in records(khronika)["slot"]}
    assert told["sboth"]["texts"] == ["xyzzy, plugh"]
    assert "salone" not in told
    assert HANDBOOK not in the_file(khronika)


def test_a_file_that_cannot_be_read_does_not_keep_a_capture_from_being_withheld(khronika: Khronika) -> None:
    path_of(khronika.path, "ledger").write_text("version = [")
    status, _, err = khronika("withhold", pages_of(khronika)[0], "--ground", "a wish", "--yes")

    assert status == 0
    assert "not reached: noise/ledger.toml, which cannot be read" in err
    assert "a wish" in khronika("withhold", "--list")[1]


def test_nothing_names_this_machine(khronika: Khronika) -> None:
    text = the_file(khronika)

    assert str(khronika.path) not in text
    assert str(khronika.path) not in khronika("site", "noise", "ledger")[1]
