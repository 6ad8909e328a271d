"""What a crawl says of a page that could not be had, or looked into."""

from __future__ import annotations

from crawler.middlewares import reason_of


def test_a_reason_can_be_kept_whatever_a_page_put_into_it() -> None:
    assert reason_of(KeyError("\ud800")).startswith("KeyError: ")
    assert reason_of(ValueError("half \ud800 a\n letter")) == "ValueError: half ? a letter"
    assert reason_of(TimeoutError()) == "TimeoutError"
