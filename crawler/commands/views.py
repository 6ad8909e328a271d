"""Captures, changes and differences as programs and people are shown them: one place for both, so that they agree."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from archive.capture import Capture
from archive.catalogue import ChangeRow, HistoryRow
from archive.errors import AmbiguousCaptureError, CaptureNotFoundError, UsageError
from archive.exchange import CertificateProblem, Failure, certificate_problem
from crawler.cli import nearest_words
from crawler.output import Output, printable
from crawler.withheld_changes import WithheldChanges as WithheldChanges  # noqa: PLC0414 - commands have it from here
from crawler.withheld_changes import withholdings as withholdings  # noqa: PLC0414 - likewise

if TYPE_CHECKING:
    from archive.catalogue import Catalogue
    from archive.marks import Mark
    from archive.withholding import Withheld, Withholdings
    from crawler.change_words import Language
    from crawler.config import Config

QUIET_KINDS = frozenset({"extractor", "same", "noise"})
"""Kinds of change that are kept and counted, and shown only when asked for."""


FAILURE_WORDS: Mapping[Failure, str] = {
    Failure.NXDOMAIN: "the name does not exist",
    Failure.NO_ADDRESS: "the name has no address",
    Failure.SERVFAIL: "the name servers failed",
    Failure.DNS_TIMEOUT: "no name server answered in time",
    Failure.NO_NAME: "the address names no host",
    Failure.CONNECT_REFUSED: "connection refused",
    Failure.UNREACHABLE: "no way to the server",
    Failure.CONNECT_TIMEOUT: "no connection in time",
    Failure.PROXY: "the proxy of this side failed",
    Failure.BROWSER: "the browser of this side failed",
    Failure.TLS_REFUSED: "no secure connection came about",
    Failure.TLS_RESET: "broken off while the connection was being secured",
    Failure.TLS_TIMEOUT: "connection not secured in time",
    Failure.RESET_BEFORE_HEAD: "broken off before an answer",
    Failure.RESET_IN_HEAD: "broken off within the head of the answer",
    Failure.HEAD_TIMEOUT: "no answer in time",
    Failure.MALFORMED: "the answer is not HTTP",
    Failure.RESET_IN_BODY: "broken off within the page",
    Failure.BODY_TIMEOUT: "not whole in time",
    Failure.DAMAGED_BODY: "the page came damaged",
    Failure.TOO_LARGE: "cut at the size limit of this collection",
    Failure.ROBOTS_DENIED: "robots.txt disallows it",
    Failure.ROBOTS_UNREACHABLE: "robots.txt could not be had",
    Failure.TOO_MANY_REDIRECTS: "too many redirects led here",
    Failure.FORBIDDEN: "the server forbids it (403)",
    Failure.TOO_MANY_REQUESTS: "the server was asked too often (429)",
    Failure.LEGAL: "withheld for legal reasons (451)",
    Failure.SERVER_ERROR: "the server failed (5xx)",
    Failure.CHALLENGE: "a challenge or block page stands before it",
}
"""What kept a page from being had, for people."""

CERTIFICATE_WORDS: Mapping[CertificateProblem, str] = {
    "expired": "certificate expired",
    "not-yet-valid": "certificate not valid yet",
    "self-signed": "self-signed certificate",
    "unknown-issuer": "certificate by an unknown issuer",
    "wrong-host": "certificate of another host",
    "no-certificate": "no certificate",
    "other": "certificate not trusted",
}
"""What is wrong with a server's certificate, for people."""


def failure_words(capture: Capture) -> str | None:
    """Why the page was not had, or not whole; None when it was."""
    # why robots.txt could not be had is why the page was not
    if capture.failure is None or (capture.failure is Failure.ROBOTS_UNREACHABLE and capture.error):
        return capture.error
    return FAILURE_WORDS[capture.failure]


def certificate_words(capture: Capture) -> str | None:
    """What is wrong with the certificate that the page came under; None when nothing is, and without TLS."""
    problem = certificate_problem(capture.tls_verdict)
    return None if problem is None else CERTIFICATE_WORDS[problem]


def instant(moment: datetime) -> str:
    """RFC 3339, UTC, microseconds, with Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def minute(moment: datetime) -> str:
    """As people read it: 2026-11-22 14:02:10 (UTC)."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def span_words(span: timedelta) -> str:
    """How long, in the two largest of days, hours, minutes and seconds that it has: `2 days 4 hours`."""
    seconds = round(span.total_seconds())
    parts: list[str] = []
    for word, size in (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1)):
        number, seconds = divmod(seconds, size)
        if number or parts:
            parts.append(count(number, word) if number else "")
    return " ".join(part for part in parts[:2] if part) or "less than a second"


def refuse_withheld(held: Withholdings, capture: Capture) -> None:
    """Raise UsageError where a capture is not to be given out."""
    found = held.of(capture)
    if found is not None:
        name = f"{capture.timestamp}/{capture.url}"
        raise UsageError(f"expected a capture that may be given out, found {name}: {found.words}")


def withheld_words(withheld: Withheld) -> str:
    """Why a capture is not given out, in a line."""
    return printable(withheld.words)


def count(number: int, word: str) -> str:
    """`1 capture`, `2 captures`."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def parse_instant(text: str) -> datetime:
    """`2026-11-22`, `2026-11-22T14:02` or 14 digits or their beginning of at least four; UTC unless it says otherwise.

    Raises UsageError with what was expected.
    """
    digits = text if text.isdigit() else ""
    try:
        if digits and 4 <= len(digits) <= 14 and len(digits) % 2 == 0:
            padded = digits + "00000101000000"[len(digits) :]
            return datetime.strptime(padded, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"expected a date like 2026-11-22 or 2026-11-22T14:02, found {text!r}") from error
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def spell_page(catalogue: Catalogue, url: str) -> CaptureNotFoundError:
    """What to say of an address that has no capture: the addresses that it may have been meant for."""
    import difflib

    bare = re.sub(r"@[0-9]+$", "", url)
    pages = [page.url for page in catalogue.pages()]
    near = [page for page in pages if bare and bare in page][:3] or difflib.get_close_matches(bare, pages[:5000], n=3)
    hint = f" Did you mean {' or '.join(near)}?" if near else " khronika status shows what there is."
    return CaptureNotFoundError(f"expected the address of a page that was captured, found no capture of {url}.{hint}")


def find_capture(catalogue: Catalogue, wanted: str) -> Capture:
    """The capture that a person names; says how to name one where none or several fit."""
    try:
        return catalogue.find(wanted)
    except AmbiguousCaptureError as error:
        raise UsageError(f"{error}\nName one of them, or write ADDRESS@N for the N-th of a page.") from error
    except CaptureNotFoundError as error:
        address = re.sub(r"^[0-9]{1,14}/|@[0-9]+$", "", wanted)
        hint = "" if wanted.startswith(("urn:", "<")) else f" khronika history {address} lists what there is."
        raise CaptureNotFoundError(f"{str(error).rstrip('.')}.{hint}") from error


def check_site(catalogue: Catalogue, config: Config, name: str | None) -> None:
    """Refuse the name of a site that is neither in khronika.toml nor in the catalogue: it would seem unchanged."""
    known = {site.name for site in config.sites} | {row.site for row in catalogue.sites()}
    if name is not None and name not in known:
        raise UsageError(
            f"no site {name!r} in this collection.{nearest_words(name, sorted(known))} See khronika status."
        )


def capture_record(row: HistoryRow) -> dict[str, Any]:
    """A capture for programs: the keys that docs/format.md lists, and more after them."""
    capture = row.capture
    return {
        "type": "capture",
        "url": capture.url,
        "captured_at": instant(capture.captured_at),
        "timestamp": capture.timestamp,
        "status": capture.status,
        "record_id": capture.record_id,
        "payload_digest": capture.payload_digest,
        "file": capture.location.file,
        "offset": capture.location.offset,
        "length": capture.location.length,
        "revisit": capture.is_revisit,
        "state": row.state.value,
        "change": row.told.value if row.told else None,
        "language": row.language,
        "n": row.n,
        "outcome": capture.outcome.value,
        "error": capture.error,
        "truncated": capture.truncated,
        "mime": capture.mime,
        "bytes": capture.payload_length,
        "site": capture.site,
        "crawl": capture.crawl,
        "failure": None if capture.failure is None else capture.failure.value,
        "certificate": capture.certificate,
        "certificate_problem": certificate_problem(capture.tls_verdict),
        "tls_verdict": capture.tls_verdict,
        "vantage": capture.vantage,
        "certificate_change": row.certificate_change_id,
        "change_id": row.change_id,
        "content_change": row.change_kind.value if row.change_kind else None,
        "event": row.event_kind.value if row.event_kind else None,
        "event_id": row.event_id,
    }


def change_record(
    change: ChangeRow, withheld: Withheld | None = None, *, mark: Mark | None = None, pages: Sequence[str] = ()
) -> dict[str, Any]:
    """A change for programs; without its words where these are withheld.

    `mark`: what an archivist said of it; `pages`: all that have the very same, where it is told with them.
    """
    from crawler.change_words import change_headline

    hidden = withheld is not None
    told = change.provenance
    return {
        "type": "change",
        "id": change.id,
        "url": change.url,
        "from": change.from_at.strftime("%Y%m%d%H%M%S"),
        "to": change.to_at.strftime("%Y%m%d%H%M%S"),
        "kind": change.kind.value,
        "weight": change.weight,
        "edits": [] if hidden else [dict(edit) for edit in change.edits],
        "withheld": hidden,
        "site": change.site,
        "from_record": change.from_record,
        "to_record": change.to_record,
        "rules": change.rules,
        "source": told.get("source", "source"),
        "readings": list(told.get("readings", ())),
        "fields": list(told.get("fields", ())),
        "headline": change_headline(change, withheld=hidden),
        "reasons": [
            {name: value for name, value in reason.items() if name != "because" or not hidden}
            for reason in reasons_of(change)
        ],
        "set_aside": [] if hidden else [dict(edit) for edit in told.get("set_aside", ())],
        "group": {"id": change.group_id, "pages": len(pages)} if change.group_id and pages else None,
        "mark": None if mark is None else mark.kind.value,
        # a note may quote the page
        "note": None if mark is None or hidden else mark.note,
        "settled": change.settled_by != "",
        "mask": told.get("mask"),
        "target": None if hidden else told.get("target"),
        "looks": told.get("looks"),
        "first_look": told.get("first"),
        # why it could not be told what changed
        "uncompared": told.get("uncompared", {}).get("reason"),
    }


def reasons_of(change: ChangeRow) -> list[Mapping[str, Any]]:
    """What a change's weight is made of; of one whose weight is of one piece, that."""
    reasons = change.provenance.get("weight")
    if reasons:
        return list(reasons)
    return [{"name": change.kind.value, "value": change.weight}] if change.weight else []


def status_words(capture: Capture) -> str:
    """The HTTP status, or what became of a fetch that has none."""
    words = str(capture.status) if capture.status is not None else capture.outcome.value
    return f"{words} cut" if capture.truncated and not capture.is_revisit else words


def change_words(output: Output, kind: str | None) -> str:
    """A kind of change, in the colour of its weight."""
    if kind is None:
        return "-"
    bad = {"gone", "removed", "list", "soft-404", "redirected-home", "replaced"}
    quiet = {*QUIET_KINDS, "link", "structure"}
    style = "bad" if kind in bad else None if kind in quiet else "warn"
    return output.style(kind, style) if style else kind


def edit_lines(
    output: Output, edits: Sequence[Mapping[str, Any]], language: Language = "en", *, context: int | None = None
) -> list[str]:
    """Edits as lines: what was removed in [-…-], what was added in {+…+}; a fact or an address as `before → after`."""
    from crawler.change_words import edit_words

    lines = []
    for edit in edits:
        words = edit_words(edit, language, context=context)
        if words.whole:
            styles = {"-": "removed", "+": "added"}
            text = " → ".join(output.style(printable(piece), styles[op]) for op, piece in words.pieces)
        else:
            text = render_words(output, words.pieces)
        shared = output.style(" (the same on other pages)", "dim") if words.shared else ""
        lines.append(" ".join(part for part in (words.mark, printable(words.label), text) if part) + shared)
    return lines


def render_words(output: Output, words: Sequence[tuple[str, str]]) -> str:
    """Word-level pieces as one line; `words` are pairs of `=`, `-` or `+` and a text."""
    pieces = []
    for op, piece in words:
        text = printable(piece)
        if op == "-":
            pieces.append(output.style(f"[-{text}-]", "removed"))
        elif op == "+":
            pieces.append(output.style("{+" + text + "+}", "added"))
        else:
            pieces.append(text)
    return "".join(pieces)
