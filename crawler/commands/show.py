"""`khronika show`: one capture: its facts, text, headers, or bytes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from archive.errors import UsageError
from crawler.cli import Application, Exit
from crawler.commands.at_place import collection_at, reads_copies
from crawler.commands.base import command as make_command
from crawler.commands.base import pass_application

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archive.capture import Capture
    from archive.catalogue import HistoryRow
    from archive.collection import Collection
    from archive.withholding import Withheld, Withholdings


@make_command(
    "show",
    examples=(
        "khronika show https://example.org/case/17@3",
        "khronika show 20261122/https://example.org/case/17 --text",
        "khronika show https://example.org/case/17@3 --connection",
        "khronika show https://example.org/case/17@3 --raw > page.html",
        "khronika show https://example.org/case/17@3 --picture page.png",
    ),
    exits=(Exit.VERIFICATION_FAILED, Exit.NO_COLLECTION),
)
@click.argument("capture")
@click.option("--text", "want", flag_value="text", help="The main text only.")
@click.option(
    "--headers", "want", flag_value="headers", help="The request and the response head as they crossed the wire."
)
@click.option(
    "--connection",
    "want",
    flag_value="connection",
    help="The server's address, what TLS said, its certificates, and the answer of the name servers.",
)
@click.option("--raw", "want", flag_value="raw", help="The page's bytes, with the transfer and content coding removed.")
@click.option(
    "--language", "want", flag_value="language", help="Which language stands where in the text, and how sure that is."
)
@click.option(
    "--facts", "want", flag_value="facts", help="What the page says of whom: terms, articles, dates, places, addresses."
)
@click.option(
    "--metadata", "want", flag_value="metadata", help="What the page states about itself, where, and what read it."
)
@click.option("--dom", "want", flag_value="dom", help="The page as a browser had built it, where one looked at it.")
@click.option(
    "--picture",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write a browser's picture of the page: FILE.png what its window showed, FILE.jpg the whole page.",
)
@reads_copies
@pass_application
def command(
    application: Application,
    capture: str,
    want: str | None,
    picture: Path | None,
    place: str | None,
    endpoint: str | None,
    trust: str | None,
) -> None:
    """Show one capture; with -v also how its server was reached.

    CAPTURE is DATE/URL (20261122140210/https://…, or the beginning of the date), URL@N (the Nth capture of the
    page), or a record id (urn:uuid:…). Where several captures fit, they are listed and nothing is shown. Of a capture
    that is withheld only the facts are shown, and on what ground it is.

    With --at the capture is shown straight from a copy, whose log is checked first. What is read out of pages (text,
    language, facts, metadata) is in no copy: make a clone for that.
    """
    if place is not None and want in {"text", "language", "facts", "metadata"}:
        raise UsageError(f"--{want} is read out of pages, which a copy does not hold: khronika clone {place} DIR")
    with collection_at(application, place, endpoint, trust, [capture]) as collection:
        _show(application, collection, capture, want, picture)


def _show(
    application: Application, collection: Collection, capture: str, want: str | None, picture: Path | None
) -> None:
    from archive.errors import CaptureNotFoundError
    from crawler.commands.show_reading import show_reading
    from crawler.commands.views import find_capture, refuse_withheld, withholdings

    found = find_capture(collection.catalogue, capture)
    rows = collection.catalogue.history(found.url)
    row = next((row for row in rows if row.capture.record_id == found.record_id), None)
    if row is None:
        raise CaptureNotFoundError(f"expected the capture {found.record_id} in the page's history, found it missing")
    held = withholdings(collection)
    if want is not None or picture is not None:
        refuse_withheld(held, row.capture)
    if picture is not None:
        _picture(application, collection, rows, row, held, picture)
        return
    match want:
        case "dom":
            _dom(collection, rows, row, held)
        case "raw":
            _raw(collection, row)
        case "headers":
            _headers(application, collection, row)
        case "connection":
            _connection(application, collection, row)
        case "text" | "language" | "facts" | "metadata":
            show_reading(application, collection, row, want)
        case _:
            _facts(application, collection, row, held.of(row.capture))


def _raw(collection: Collection, row: HistoryRow) -> None:
    stored = collection.payload(row.capture)
    sys.stdout.buffer.write(stored.octets)
    sys.stdout.buffer.flush()
    if stored.problem:
        print(f"khronika: the content coding could not be removed whole: {stored.problem}", file=sys.stderr)


def _dom(collection: Collection, rows: Sequence[HistoryRow], row: HistoryRow, held: Withholdings) -> None:
    sys.stdout.buffer.write(_made(collection, rows, row, held, "urn:dom:"))
    sys.stdout.buffer.flush()


def _picture(
    application: Application,
    collection: Collection,
    rows: Sequence[HistoryRow],
    row: HistoryRow,
    held: Withholdings,
    file: Path,
) -> None:
    from archive.collection import write_once

    kinds = {".png": "urn:view:", ".jpg": "urn:fullPage:", ".jpeg": "urn:fullPage:"}
    if file.suffix.lower() not in kinds:
        raise UsageError(f"expected FILE.png or FILE.jpg, found {file.name}")
    octets = _made(collection, rows, row, held, kinds[file.suffix.lower()])
    write_once(file, octets)
    application.output.record({"type": "picture", "record_id": row.capture.record_id, "file": str(file)})
    application.output.message(f"{len(octets)} bytes written to {file}")


def _made(collection: Collection, rows: Sequence[HistoryRow], row: HistoryRow, held: Withholdings, what: str) -> bytes:
    """What was made of a page when a browser looked at it beside that capture."""
    from archive.header import parse_warc_fields, value_of
    from crawler.commands.views import refuse_withheld

    looks = [row] if row.capture.by_browser else [one for one in rows if one.capture.by_browser]
    for look in looks:
        records = collection.exchange_of(look.capture)
        of = value_of(parse_warc_fields(records[-1].block.read()), "browser-page")
        if look is not row and of != f"<{row.capture.record_id}>":
            continue
        found = next((one for one in records if (one.target_uri or "").startswith(what)), None)
        if found is not None:
            refuse_withheld(held, look.capture)
            return found.block.read()
    raise UsageError("there is no look with a browser at this capture, or nothing came of it")


def _headers(application: Application, collection: Collection, row: HistoryRow) -> None:
    output = application.output
    parts = {kind: octets.decode("latin-1") for kind, octets in collection.heads(row.capture)}
    output.record({"type": "headers", "record_id": row.capture.record_id, **parts})
    for kind, text in parts.items():
        output.result(output.style(f"# {kind}", "strong"))
        output.result(_printable_lines(text))
    if not parts:
        raise UsageError("this fetch has neither a request nor a response: nothing crossed the wire")


def _connection(application: Application, collection: Collection, row: HistoryRow) -> None:
    record = {
        key: value for key, value in connection_record(collection, row.capture).items() if not key.startswith("robots")
    }
    application.output.record({"type": "connection", "record_id": row.capture.record_id, **record})
    _connection_lines(application, record)


def connection_record(collection: Collection, capture: Capture) -> dict[str, Any]:
    """How the server of a capture was reached, from the records of its exchange; what nothing says is None."""
    from archive.connection import parse_chain, parse_dns
    from archive.errors import RecordError
    from archive.header import parse_warc_fields, value_of
    from archive.warc import WARC_FIELDS
    from crawler.commands.views import instant

    records = collection.exchange_of(capture)
    metadata = next((one for one in records if one.value("Content-Type") == WARC_FIELDS), None)
    lines = () if metadata is None else parse_warc_fields(metadata.block.read())
    problem = None
    chain: tuple[bytes, ...] = ()
    answer = None
    try:
        rests_on = collection.connection_of(capture)
        if rests_on.chain is not None:
            chain = parse_chain(rests_on.chain.block.read())
        if rests_on.dns is not None:
            answer = parse_dns(rests_on.dns.block.read())
    except (RecordError, ValueError) as error:
        problem = str(error)
    return {
        "peer": next((address for one in records for address in one.values("WARC-IP-Address")), None),
        "protocol": next((name for one in records for name in one.values("WARC-Protocol")), None),
        "vantage": value_of(lines, "vantage"),
        "vantage_label": value_of(lines, "vantage-label"),
        "robots": value_of(lines, "robots"),
        "robots_txt": value_of(lines, "robots-txt"),
        "robots_override": value_of(lines, "robots-override"),
        "tls_version": value_of(lines, "tls-version"),
        "tls_cipher": value_of(lines, "tls-cipher"),
        "tls_alpn": value_of(lines, "tls-alpn"),
        "tls_verdict": value_of(lines, "tls-verdict"),
        "tls_roots": value_of(lines, "tls-roots"),
        "chain": [_certificate_record(der) for der in chain],
        "dns": None
        if answer is None
        else {
            "host": answer.host,
            "looked_up_at": instant(answer.looked_up_at),
            "rcode": answer.rcode,
            "records": list(answer.records),
            "source": answer.source,
        },
        "problem": problem,
    }


def _certificate_record(der: bytes) -> dict[str, Any]:
    from archive.digest import digest
    from crawler.commands.views import instant
    from pipelines.certificate import read_certificate

    found = read_certificate(der)
    return {
        "subject": found and found.subject,
        "issuer": found and found.issuer,
        "valid_from": found and instant(found.valid_from),
        "valid_until": found and instant(found.valid_until),
        "sha256": digest(der),
    }


def _connection_lines(application: Application, record: dict[str, Any]) -> None:
    from crawler.output import printable

    output = application.output
    facts = {key: value for key, value in record.items() if key not in {"chain", "dns"} and value is not None}
    for key, value in facts.items():
        output.result(f"{key:<18} {printable(str(value))}")
    for place, certificate in enumerate(record["chain"]):
        output.result(f"certificate {place}      {printable(certificate['subject'] or 'cannot be read')}")
        if certificate["subject"] is not None:
            output.result(f"  issued by        {printable(certificate['issuer'])}")
            output.result(f"  valid            {certificate['valid_from'][:10]} to {certificate['valid_until'][:10]}")
        output.result(f"  digest           {certificate['sha256']}")
    if record["dns"] is not None:
        dns = record["dns"]
        output.result(f"{dns['host']} looked up at {dns['looked_up_at']}: {dns['rcode']} (source {dns['source']})")
        for line in dns["records"]:
            output.result(f"  {printable(line)}")
    if not facts and not record["chain"] and record["dns"] is None:
        output.result("no connection was made")


def _printable_lines(text: str) -> str:
    from crawler.output import printable

    return "\n".join(printable(line) for line in text.rstrip("\r\n").split("\n"))


def _facts(application: Application, collection: Collection, row: HistoryRow, withheld: Withheld | None) -> None:
    from crawler.commands.show_reading import read
    from crawler.commands.views import capture_record
    from crawler.output import printable

    output = application.output
    stored, reading = (None, None) if withheld else read(collection, row)
    record: dict[str, Any] = capture_record(row)
    record["withheld"] = withheld.words if withheld else None
    if withheld:
        record["language"] = None
    record["record_digest"] = row.capture.record_digest
    record["refers_to"] = row.capture.refers_to
    record["via"] = row.capture.via
    record["title"] = reading.title if reading else None
    record["published"] = reading.published if reading else None
    record["characters"] = len(reading.text) if reading else None
    record["unreadable"] = stored.failed if stored else None
    connection = {} if withheld else connection_record(collection, row.capture)
    record.update((key, connection.pop(key, None)) for key in ("robots", "robots_txt", "robots_override"))
    output.record({**record, "connection": connection})
    for key, value in record.items():
        if key != "type" and value is not None:
            shown = ("yes" if value else "no") if isinstance(value, bool) else printable(str(value))
            output.result(f"{key:<18} {shown}")
    if output.verbose and connection:
        output.result("")
        _connection_lines(application, connection)
    if reading:
        output.result("")
        output.result(printable(reading.text))
