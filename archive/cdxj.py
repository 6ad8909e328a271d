"""CDXJ 0.1.0: index lines for replay tools (pywb, ReplayWeb.page).

A line is the urlkey, 14 digits of UTC and a JSON object on one line, parted by single spaces; an index is sorted by
octets (`LC_ALL=C sort`):

    example,site)/cases/17 20261122010001 {"url": "http://site.example/cases/17", "mime": "text/html", "status": "200",
    "digest": "sha256:…", "length": "474", "offset": "396", "filename": "khronika-….warc.gz"}

The fields, their order, and numbers as strings are those of cdxj-indexer: a response without a Content-Type has no
`mime`, and that of a revisit is `warc/revisit`. Fetches without a response have no line.
"""

from __future__ import annotations

import json

from archive.capture import Capture
from archive.surt import urlkey


def cdxj_line(capture: Capture) -> str | None:
    """The index line of a capture, ended by a line feed; None when there was no response to replay."""
    if capture.status is None:
        return None
    fields = {
        "url": capture.url,
        "mime": "warc/revisit" if capture.is_revisit else capture.mime,
        "status": str(capture.status),
        "digest": capture.payload_digest,
        "length": str(capture.location.length),
        "offset": str(capture.location.offset),
        "filename": capture.location.file,
    }
    said = json.dumps({name: value for name, value in fields.items() if value})
    return f"{urlkey(capture.url)} {capture.timestamp} {said}\n"
