"""The page as a browser had built it: what scripts put into a page stands there and nowhere else.

A look with a browser keeps the DOM beside its answers, as a `resource` record `urn:dom:URL` of the page's exchange
(`crawler/browser_load.py`). It is read as the HTML that it is. Its reading is that of the look, not of the page's own
capture: a text that only a script shows is no change of the source.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from archive.capture import Capture
from archive.digest import digest
from archive.errors import ReadingError
from archive.warc import Record
from pipelines.reading import StoredPage

DOM: Final = "urn:dom:"
"""Begins the target URI of the record that holds a page's DOM."""
NOTE: Final = "dom"
"""Name of the note that says which record was read; a reading without it is one of the server's own bytes."""


def dom_page(capture: Capture, records: Sequence[Record], limit: int) -> StoredPage | None:
    """What is to be read of a browser's look, from all records of its exchange; None where no DOM was made.

    Raises ReadingError for a DOM of more than `limit` octets. The payload digest is that of the DOM: these are the
    octets that are read.
    """
    record = next((one for one in records if (one.target_uri or "").startswith(DOM)), None)
    if record is None:
        return None
    if len(record.block) > limit:
        raise ReadingError(f"expected a page of at most {limit} octets, found a DOM of {len(record.block)}")
    octets = record.block.read()
    notes = ((NOTE, record.record_id), *((("truncated", capture.truncated),) if capture.truncated else ()))
    return StoredPage(
        url=capture.url,
        captured_at=capture.captured_at,
        record_id=capture.record_id,
        payload_digest=digest(octets),
        content_type="text/html; charset=utf-8",
        octets=octets,
        notes=notes,
    )
