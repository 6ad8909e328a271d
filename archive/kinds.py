"""What a capture says of its page, how a page differs from its capture before, and which captures have a reading.

Nothing here asks the tables: these are the words that their rows are told in.
"""

from __future__ import annotations

import enum

from archive.capture import Capture
from archive.exchange import Failure, Outcome


class State(enum.StrEnum):
    """What one capture says of its page; what only a look at its text or its target tells, the reading stage enters."""

    PRESENT = "present"  # 2xx with a body
    MOVED = "moved"  # 3xx
    REDIRECTED_HOME = "redirected-home"  # 3xx to the site's first page or to a list: the page itself is not there
    SOFT_404 = "soft-404"  # 2xx, and the text says that there is no such page
    REPLACED = "replaced"  # 2xx, and nothing of the page: a parked domain, another topic
    GONE = "gone"  # 404 or 410: the server says that there is no such page
    BLOCKED = "blocked"  # 401, 403, 407, 429, 451, a challenge page or robots.txt: somebody keeps us from seeing it
    UNREACHABLE = "unreachable"  # anything else: the page itself was not seen, which says nothing about it
    BROWSER = "browser"  # a browser's look, beside the page's own capture: kept, read and shown, not compared
    SECOND_LOOK = "second-look"  # the page again, seconds after its capture: kept, read, compared with that one alone


class ChangeKind(enum.StrEnum):
    """How a page differs from its capture before, or what became of it over several."""

    SAME = "same"
    NOISE = "noise"
    EDITED = "edited"
    ADDED = "added"
    REMOVED = "removed"
    LIST = "list"  # somebody or something came to a list, or is gone from it
    LINK = "link"  # not a word: where a link leads, which picture is shown
    STRUCTURE = "structure"  # not a word: which heading is above which
    UNCOMPARED = "uncompared"  # the payloads differ, and what changed could not be told: ours is the fault
    # what became of the page, once it is established (`pipelines/page_states.py`)
    GONE = "gone"
    SOFT_404 = "soft-404"
    REDIRECTED_HOME = "redirected-home"
    MOVED = "moved"
    BLOCKED = "blocked"
    UNREACHABLE = "unreachable"
    REPLACED = "replaced"
    BACK = "back"
    CERTIFICATE = "certificate"  # not of the page: its server showed another certificate
    EXTRACTOR = "extractor"  # not of the page: other rules read the same capture otherwise


BESIDE = frozenset({State.BROWSER, State.SECOND_LOOK})
"""The states of captures that stand beside the page's own one of the same crawl: they are no looks of their own."""
MISSING = (State.GONE, State.SOFT_404, State.REDIRECTED_HOME, State.REPLACED)
"""The states that tell that the page is not there."""
SETTLED = (State.PRESENT, *MISSING)
"""The states that tell whether the page is there; in the others it was not seen."""
EVENTS = frozenset(
    {
        *(ChangeKind.GONE, ChangeKind.SOFT_404, ChangeKind.REDIRECTED_HOME, ChangeKind.MOVED, ChangeKind.BLOCKED),
        *(ChangeKind.UNREACHABLE, ChangeKind.REPLACED, ChangeKind.BACK),
    }
)
"""What became of a page over several captures."""
QUIET = frozenset({ChangeKind.SAME, ChangeKind.NOISE, ChangeKind.EXTRACTOR})
"""Nothing that happened to a page."""

_PAGE_TYPES = frozenset({None, "text/html", "application/xhtml+xml", "text/plain"})
"""Media types of what is read though a page embeds it: a page within a page."""
READABLE_TYPES = frozenset(
    {
        *("text/html", "application/xhtml+xml", "text/plain", "text/markdown", "text/csv", "text/tab-separated-values"),
        *("text/xml", "application/xml", "application/rss+xml", "application/atom+xml", "application/rdf+xml"),
        *("application/json", "text/json", "application/x-ndjson"),
        *("application/pdf", "application/x-pdf", "application/msword"),
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "application/vnd.oasis.opendocument.text",
        # what these are is told by their octets
        *("application/gzip", "application/x-gzip", "application/octet-stream", "binary/octet-stream"),
        *("application/force-download", "application/x-download"),
    }
)
"""Media types that have a reading, and all that end in `+json`; a response that names none is looked at too."""


def state_of(capture: Capture) -> State:
    """What a capture says of its page."""
    status = capture.status
    if capture.by_browser:
        return State.BROWSER
    if capture.is_second_look:
        return State.SECOND_LOOK
    if capture.failure is Failure.CHALLENGE:
        return State.BLOCKED
    if status is None:
        return State.BLOCKED if capture.outcome is Outcome.ROBOTS else State.UNREACHABLE
    # a revisit's original is never empty
    if 200 <= status < 300 and (capture.payload_length > 0 or capture.is_revisit):
        return State.PRESENT
    if 300 <= status < 400 and status != 304:
        return State.MOVED
    if status in (404, 410):
        return State.GONE
    if status in (401, 403, 407, 429, 451):
        return State.BLOCKED
    return State.UNREACHABLE


def needs_reading(capture: Capture) -> bool:
    """Whether a capture has a reading of its own: a page's text, not that of a revisit, a redirect or a failure.

    Of a browser's look it is the text that its scripts made of the page.
    """
    if is_look(capture):
        return True
    if capture.is_revisit or not (state_of(capture) is State.PRESENT or _is_seen_twice(capture)):
        return False
    embedded = capture.hops.rstrip("R").endswith("E")
    return capture.mime in _PAGE_TYPES if embedded else is_readable(capture.mime)


def _is_seen_twice(capture: Capture) -> bool:
    """Whether a second look saw a page."""
    return capture.is_second_look and capture.status is not None and 200 <= capture.status < 300


def is_look(capture: Capture) -> bool:
    """Whether a capture is the page itself as a browser was answered that looked at it, not what the page embeds."""
    seen = capture.status is not None and 200 <= capture.status < 300
    return capture.by_browser and seen and not capture.hops.rstrip("R").endswith("E")


def is_readable(mime: str | None) -> bool:
    """Whether a response of that media type is looked at for a text."""
    return mime is None or mime in READABLE_TYPES or (mime.startswith("application/") and mime.endswith("+json"))
