"""What a browser's scripts made of a page is read as the HTML that it is, and says that it was not the server's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from archive_samples import URL, collection, crawled, page

from archive.digest import digest
from archive.errors import ReadingError
from archive.exchange import Made
from archive.spool import Spool
from pipelines.dom import dom_page
from pipelines.page import read_page

SERVED = "<html><body><div id=app></div><script>build()</script></body></html>"
DOM = "<html><body><div id=app><p>Суд приговорил учителя к пяти годам колонии.</p></div></body></html>"


def test_the_dom_is_read_and_named_as_such(tmp_path: Path) -> None:
    at = collection(tmp_path)
    look = replace(page(SERVED), made=(Made(f"urn:dom:{URL}", "text/html; charset=utf-8", Spool(DOM.encode())),))
    [capture] = crawled(at, "c1", look)
    records = at.exchange_of(capture)
    stored = dom_page(capture, records, 1 << 20)
    assert stored is not None

    reading = read_page(stored)

    assert reading.text == "Суд приговорил учителя к пяти годам колонии."
    assert reading.payload_digest == digest(DOM.encode())
    named = [record.record_id for record in records if (record.target_uri or "").startswith("urn:dom:")]
    assert [reading.provenance["notes"]["dom"]] == named


def test_a_look_of_which_no_dom_was_made_has_none(tmp_path: Path) -> None:
    at = collection(tmp_path)
    [capture] = crawled(at, "c1", page(SERVED))

    assert dom_page(capture, at.exchange_of(capture), 1 << 20) is None


def test_a_dom_beyond_the_limit_is_refused(tmp_path: Path) -> None:
    at = collection(tmp_path)
    look = replace(page(SERVED), made=(Made(f"urn:dom:{URL}", "text/html; charset=utf-8", Spool(DOM.encode())),))
    [capture] = crawled(at, "c1", look)

    with pytest.raises(ReadingError, match=f"at most 10 octets, found a DOM of {len(DOM.encode())}"):
        dom_page(capture, at.exchange_of(capture), 10)
