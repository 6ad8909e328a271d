"""Index lines equal those of cdxj-indexer, and lead to the records."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path

from warc_samples import all_exchanges, exchange, full_warc, store, writer

from archive.cdxj import cdxj_line
from archive.digest import digest
from archive.warc import captures_in, read_records

INDEXER = Path(sys.executable).parent / "cdxj-indexer"


def lines_of(path: Path) -> list[str]:
    return [line for line in map(cdxj_line, captures_in(read_records(path))) if line is not None]


def indexed(path: Path) -> list[str]:
    told = subprocess.run([INDEXER, path], capture_output=True, text=True, check=True)
    return told.stdout.splitlines(keepends=True)


def test_a_line_has_this_very_form(tmp_path: Path) -> None:
    warc = writer(tmp_path)
    capture, _ = store(warc, exchange(body=b"five years"))

    assert cdxj_line(capture) == (
        "example,site)/cases/17 20261122010001 "
        '{"url": "http://site.example/cases/17", "mime": "text/html", "status": "200", '
        '"digest": "sha256:6539927faddb6a96b55d2a1689b04022610581841bcc741a51deb6aedae77843", '
        f'"length": "{capture.location.length}", "offset": "{capture.location.offset}", '
        '"filename": "khronika-20261122010001123-00000-00000001.warc.gz"}\n'
    )


def test_the_lines_are_those_of_cdxj_indexer(tmp_path: Path) -> None:
    path = full_warc(tmp_path)

    # It takes the first of several heads for the response's, and lists the octets that were no HTTP and the
    # certificates: under addresses of their own, urn:received:… and urn:sha256:…, never to be replayed as a page.
    theirs = [line for line in indexed(path) if not line.startswith("urn:")]
    assert lines_of(path) == [line.replace('"status": "103"', '"status": "200"') for line in theirs]
    assert len(theirs) == 11


def test_addresses_in_other_scripts_are_indexed_alike(tmp_path: Path) -> None:
    warc = writer(tmp_path)
    for url in (
        "https://www.site.example:443/%D0%B4%D0%B5%D0%BB%D0%BE?b=2&a=%D1%8F#top",
        "http://xn--d1acufc.xn--p1ai/?PHPSESSID=0123456789abcdef0123456789abcdef",
        "http://127.0.0.1:8080/a//b/../c/",
        "http://site.example/?a[]=1|2",
    ):
        store(warc, exchange(url))
    path = tmp_path / warc.close().name

    assert lines_of(path) == indexed(path)


def test_offset_and_length_lead_to_one_member_with_the_record(tmp_path: Path) -> None:
    path = full_warc(tmp_path)
    octets = path.read_bytes()
    by_id = {record.record_digest: record for record in read_records(path)}

    lines = lines_of(path)

    for line in lines:
        fields = json.loads(line.split(" ", 2)[2])
        start = int(fields["offset"])
        record = by_id[digest(gzip.decompress(octets[start : start + int(fields["length"])]))]
        assert record.target_uri == fields["url"]
        assert record.value("WARC-Payload-Digest") == fields["digest"]
        assert fields["filename"] == path.name
    assert len(lines) == 11


def test_a_fetch_without_a_response_has_no_line(tmp_path: Path) -> None:
    warc = writer(tmp_path)
    exchanges = all_exchanges()
    captures = {kind: store(warc, each)[0] for kind, each in exchanges.items()}

    without = {kind for kind, capture in captures.items() if cdxj_line(capture) is None}

    assert without == {"reset", "malformed", "late", "unresolved", "robots"}
