"""A browser's look at a page, in the WARC and in the catalogue: beside the page's own capture, never in its place."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from archive_samples import URL, collection, page, put, timeout
from warc_samples import OCCASION, writer

from archive import verify_bundle
from archive.capture import Capture
from archive.check import check_file
from archive.collection import Collection
from archive.coverage import Seen, coverage
from archive.errors import ExchangeError
from archive.exchange import MADE, Exchange, Made
from archive.kinds import SETTLED, State
from archive.spool import Spool
from archive.warc import captures_in, read_records
from archive.writer import Writer
from crawler.cli import run


def look(text: str, *, hour: float = 0, kinds: tuple[str, ...] = ("urn:dom:", "urn:view:"), **more: Any) -> Exchange:
    made = tuple(Made(kind + URL, "image/png", Spool(kind.encode())) for kind in kinds)
    return replace(page(text, hour=hour, **more), made=made)


def looked(writer: Writer, crawl: str, *exchanges: Exchange) -> list[Capture]:
    """Store exchanges as what a browser loaded."""
    occasion = replace(OCCASION, crawl=crawl, site="north", hops="LB", via=URL)
    return [writer.store(each, occasion).result() for each in exchanges]


@pytest.fixture
def opened(tmp_path: Path) -> Collection:
    return collection(tmp_path)


def test_what_was_made_lies_in_the_exchange_and_is_found_with_it(opened: Collection) -> None:
    with opened.writer() as store:
        put(store, "1", page("one"))
        [capture] = looked(store, "1", look("two", hour=1))
        put_after = put(store, "2", page("three", hour=2))
    records = opened.exchange_of(capture)

    assert [(one.type, one.target_uri) for one in records] == [
        ("request", URL),
        ("response", URL),
        ("resource", "urn:dom:" + URL),
        ("resource", "urn:view:" + URL),
        ("metadata", URL),
    ]
    assert all(one.concurrent_to == [capture.record_id] for one in records if one.record_id != capture.record_id)
    assert records[2].block.read() == b"urn:dom:"
    assert records[2].value("Content-Type") == "image/png"
    assert [one.type for one in opened.exchange_of(put_after[0])] == ["request", "response", "metadata"]
    for path in opened.archive_folder.iterdir():
        assert list(check_file(path)) == []


def test_captures_are_made_again_from_the_records_alone(opened: Collection) -> None:
    with opened.writer() as store:
        own = put(store, "1", page("one"))
        browsers = looked(store, "1", look("two", hour=1), look("three", hour=2, kinds=("urn:thumbnail:",)))
    [path] = opened.archive_folder.iterdir()

    assert list(captures_in(read_records(path))) == own + browsers


def test_a_look_is_read_and_neither_compared_nor_settled(opened: Collection) -> None:
    with opened.writer() as store:
        put(store, "1", page("one"))
        [capture] = looked(store, "1", look("another text", hour=1))
        put(store, "2", page("one more", hour=2))
    catalogue = opened.catalogue
    history = catalogue.history(URL)

    assert [row.state for row in history] == [State.PRESENT, State.BROWSER, State.PRESENT]
    assert State.BROWSER not in SETTLED
    assert capture.record_id in {one.record_id for one in catalogue.unread(10)}
    covered = coverage(history)
    assert [one.seen for one in covered.looks] == [Seen.PAGE, Seen.BROWSER, Seen.PAGE]
    [gap] = covered.gaps
    assert (gap.before.row.n, gap.after.row.n, gap.blind) == (1, 3, ())


def test_who_names_a_page_means_its_own_capture(opened: Collection) -> None:
    with opened.writer() as store:
        [own] = put(store, "1", page("one"))
        [browsers] = looked(store, "1", look("two"))
    catalogue = opened.catalogue

    assert catalogue.find(URL) == own
    assert catalogue.find(f"{own.timestamp}/{URL}") == own
    assert catalogue.find(browsers.record_id) == browsers
    assert catalogue.find(f"{URL}@2") == browsers


def test_the_original_of_what_crossed_the_wire_did_so_too(opened: Collection) -> None:
    with opened.writer() as store:
        [first] = put(store, "1", page("one"))
        looked(store, "1", look("one", hour=1), look("other", hour=1.5))
        [again, other] = put(store, "2", page("one", hour=2), page("other", hour=2.5))
        [by_browser, by_browser_too] = looked(store, "2", look("one", hour=3), look("other", hour=3.5))

    # the browser's is the later one
    assert again.refers_to == first.record_id
    assert other.refers_to is None
    assert by_browser.refers_to == first.record_id
    assert by_browser_too.refers_to is not None


def test_a_bundle_of_a_look_holds_what_was_made_and_can_be_checked(opened: Collection, tmp_path: Path) -> None:
    with opened.writer() as store:
        put(store, "1", page("one"))
        [capture] = looked(store, "1", look("two", hour=1, kinds=MADE))
    folder, bundle = str(opened.path), tmp_path / "look.zip"

    assert run(["-q", "-C", folder, "prove", capture.record_id, "-o", str(bundle)]) == 0
    assert run(["-q", "check-proof", str(bundle)]) == 0
    program = Path(verify_bundle.__file__)
    done = subprocess.run([sys.executable, program, bundle], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"urn:fullPage:{URL}" in "".join(
        str(record.target_uri) for record in read_records(opened.path_of(capture.location.file))
    )


def test_who_withholds_a_page_is_told_of_the_look_beside_it(
    opened: Collection, capsys: pytest.CaptureFixture[str]
) -> None:
    with opened.writer() as store:
        [own] = put(store, "1", page("one"))
        [by_browser] = looked(store, "1", look("two", hour=1))
        [script] = looked(store, "1", page("data", url=URL + ".json", hour=1))
    words = ["--json", "-C", str(opened.path), "withhold", "--ground", "a wish", "--yes"]

    assert run([*words, own.record_id]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    beside = {line["record_id"] for line in lines if line.get("kind") == "beside"}
    assert beside == {by_browser.record_id, script.record_id}
    assert run([*words, "--from-disk", by_browser.record_id]) == 0
    capsys.readouterr()
    assert run(["-C", str(opened.path), "verify"]) == 0
    for path in opened.archive_folder.iterdir():
        assert b"urn:dom:" not in b"".join(one.block.read() for one in read_records(path))
    assert run(["-C", str(opened.path), "show", by_browser.record_id, "--dom"]) != 0


@pytest.mark.parametrize(
    "exchange",
    [
        replace(timeout(), made=(Made("urn:view:" + URL, "image/png", Spool(b"x")),)),
        replace(page("one"), made=(Made(URL, "image/png", Spool(b"x")),)),
        replace(page("one"), made=(Made("urn:view:a b", "image/png", Spool(b"x")),)),
    ],
    ids=["of no page", "under the page's address", "under no address"],
)
def test_what_could_be_taken_for_something_else_is_refused(tmp_path: Path, exchange: Exchange) -> None:
    with pytest.raises(ExchangeError):
        writer(tmp_path).append(exchange, OCCASION, original=None)
