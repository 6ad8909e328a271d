"""What `khronika status` warns of after crawls of a site that changes."""

from __future__ import annotations

from pathlib import Path

import pytest
from khronika_command import Khronika
from page_server import Answer, serving


@pytest.fixture
def khronika(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Khronika:
    return Khronika(tmp_path / "collection", capsys)


def a_list(*numbers: int) -> str:
    links = "".join(f'<li><a href="/case/{n}/">{n}</a></li>' for n in numbers)
    return f"<html><body><ul>{links}</ul></body></html>"


def a_case(n: int, *, heading: str = "h1") -> str:
    return f"<html><body><{heading} class=name>Person {n}</{heading}><p>Sentenced on day {n}.</p></body></html>"


def a_site(count: int) -> dict[str, Answer]:
    pages: dict[str, Answer] = {f"/case/{n}/": a_case(n) for n in range(count)}
    pages["/list/"] = a_list(*range(count))
    pages["/"] = '<html><body><a href="/list/">list</a></body></html>'
    return pages


def test_a_site_that_was_rebuilt_is_told(khronika: Khronika) -> None:
    with serving(a_site(6)) as server:
        khronika.add_site(server.url(), kinds={"case": "/case/"}, selectors={"title": "h1.name"})
        khronika.crawl()
        assert khronika.warnings("drift") == []

        server.pages.update({f"/case/{n}/": a_case(n, heading="h2") for n in range(6)})
        khronika.crawl()

    (drift,) = khronika.warnings("drift")
    assert (drift["site"], drift["kind"], drift["selector"]) == ("ledger", "case", "title")
    assert (drift["before"], drift["now"], drift["pages"]) == (1.0, 0.0, 6)
    assert drift["words"] in khronika("status")[1]
    assert "khronika site test ledger" in drift["words"]

    # once its definition fits again nothing is left to say
    config = khronika.path / "khronika.toml"
    config.write_text(config.read_text().replace("h1.name", "h2.name"))
    assert khronika.warnings("drift") == []


def test_a_listing_that_shrinks_and_pages_that_it_names_no_more_are_told(khronika: Khronika) -> None:
    with serving(a_site(24)) as server:
        khronika.add_site(server.url(), lists=[server.url("/list/")], kinds={"case": "/case/"})
        khronika.crawl()
        assert (khronika.warnings("drift"), khronika.warnings("unlisted")) == ([], [])

        server.pages["/list/"] = a_list(*range(10))
        khronika.crawl()

    (drift,) = khronika.warnings("drift")
    assert (drift["before"], drift["now"], drift["listing"]) == (24, 10, server.url("/list/"))
    (warning,) = khronika.warnings("unlisted")
    assert warning["words"].startswith("ledger: 14 pages that a listing has named and names no more")
    unlisted = [one["url"] for one in khronika.records("status") if one["type"] == "unlisted"]
    assert sorted(unlisted) == sorted(server.url(f"/case/{n}/") for n in range(10, 24))


def test_a_budget_that_was_spent_is_told(khronika: Khronika) -> None:
    with serving(a_site(12)) as server:
        khronika.add_site(server.url(), budget=6)
        khronika.crawl(status=4)

        (warning,) = khronika.warnings("budget")
        assert "its budget of 6 requests a run is spent" in warning["words"]


def test_what_was_passed_over_is_counted_by_reason(khronika: Khronika) -> None:
    pages = a_site(3)
    pages["/"] = '<html><a href="/list/">l</a><a href="/login">x</a><a href="http://127.0.0.2:9/">y</a></html>'
    with serving(pages) as server:
        khronika.add_site(server.url(), exclude=["/case/2/"])
        khronika.crawl()

    skipped = {one["reason"]: one["pages"] for one in khronika.records("status") if one["type"] == "skipped"}
    assert skipped == {"share or login": 1, "other host": 1, "excluded by /case/2/": 1}
    assert "ledger: 1 address not fetched: share or login" in khronika("-v", "status")[1]


def test_a_frontier_that_is_damaged_is_told_and_the_rest_is_shown(khronika: Khronika) -> None:
    with serving(a_site(2)) as server:
        khronika.add_site(server.url())
        khronika.crawl()
    (frontier,) = (khronika.path / "crawls").glob("*/frontier.sqlite")
    frontier.write_bytes(b"no frontier" * 100)

    status, out, said = khronika("status")

    assert (status, "ledger" in out) == (0, True)
    assert "What was passed over is not known: crawls/" in said
