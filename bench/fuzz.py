"""Give the checker and the readers files that nobody ever wrote, and see that they neither fall nor hang.

    python -m bench.fuzz --minutes 10 --seed 1

Each example is a WARC that was sound (gzip, bare, Zstandard, one member for all, a package) and is spoiled a few times
over: octets, header fields, lengths, chunks, gzip heads, nested heads, huge numbers, runs that compress a thousand
times. Of each, `check`, the check of our own files, the reader and the captures made from it must end, in time, with an
answer that holds together. The file that one of them fails on is kept beside the message.
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
import resource
import signal
import sys
import tempfile
import time
import traceback
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import NamedTuple

import zstandard
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from archive.check import check_file
from archive.digest import digest
from archive.errors import RecordError
from archive.finding import Finding, Severity
from archive.rules import RULES
from archive.verdict import Report, Verdict, check
from archive.warc import captures_in, read_records

sys.path.append(str(Path(__file__).parent.parent / "tests"))

SECONDS = 40
"""CPU time that one example may take: the largest ones unfold to a hundred thousand records with two findings each."""
ROUND = 250
RUN = 4 << 20

Records = list[bytes]


class HangError(Exception):
    """An example took longer than it may."""


class File(NamedTuple):
    """A file that nobody ever wrote."""

    octets: bytes

    def __repr__(self) -> str:
        # what fails is kept as a file: nobody reads a mebibyte in a terminal
        return f"<{len(self.octets)} octets>"


# --- files that are sound --------------------------------------------------------------------------------------------


def records() -> Records:
    """A file of our own writer with every kind of exchange, taken apart, and records as other tools write them."""
    from warc_samples import full_warc
    from warc_tampering import Warc

    with tempfile.TemporaryDirectory() as folder:
        own = Warc.read(full_warc(Path(folder))).records
    return [*own, *_of_others()]


def _of_others() -> Records:
    block = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nyears\r\n0\r\n\r\n"
    return [
        _record(
            ("WARC-Type", "response"),
            ("WARC-Target-URI", "<http://site.example/>"),
            ("WARC-Payload-Digest", "sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ"),
            ("Content-Type", "application/http; msgtype=response"),
            block=block,
        ).replace(b"WARC/1.1", b"WARC/1.0"),
        _record(
            ("WARC-Type", "revisit"),
            ("WARC-Target-URI", "http://site.example/"),
            ("WARC-Profile", "http://netpreserve.org/warc/1.0/revisit/server-not-modified"),
            ("WARC-Refers-To-Target-URI", "http://site.example/"),
            ("WARC-Refers-To-Date", "2026-11-22T01:00:00Z"),
            block=b"",
        ),
        _record(
            ("WARC-Type", "resource"), ("WARC-Target-URI", "urn:x:1"), ("WARC-Segment-Number", "1"), block=b"a" * 99
        ),
        _record(
            ("WARC-Type", "continuation"),
            ("WARC-Target-URI", "urn:x:1"),
            ("WARC-Segment-Number", "2"),
            ("WARC-Segment-Total-Length", "198"),
            ("WARC-Segment-Origin-ID", "<urn:uuid:x>"),
            block=b"b" * 99,
        ),
    ]


def _record(*fields: tuple[str, str], block: bytes) -> bytes:
    head = "".join(f"{name}: {value}\r\n" for name, value in fields)
    name = digest(head.encode())[-12:]
    fixed = f"WARC-Record-ID: <urn:uuid:{name}>\r\nWARC-Date: 2026-11-22T01:00:00Z\r\nContent-Length: {len(block)}\r\n"
    return b"WARC/1.1\r\n" + (head + fixed).encode() + b"\r\n" + block + b"\r\n\r\n"


def _package(whole: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as package:
        package.writestr("archive/a.warc.gz", whole)
        package.writestr("datapackage.json", "{}")
    return made.getvalue()


FORMS: dict[str, Callable[[Records], list[bytes]]] = {
    "gzip": lambda records: [gzip.compress(record, 1, mtime=0) for record in records],
    "plain": lambda records: records,
    "zstd": lambda records: [zstandard.compress(record, 1) for record in records],
    "one member": lambda records: [gzip.compress(b"".join(records), 1, mtime=0)],
    "stored": lambda records: [gzip.compress(record, 0, mtime=0) for record in records],
    "mixed": lambda records: [
        gzip.compress(record, 1, mtime=0) if n % 3 else record for n, record in enumerate(records)
    ],
    "package": lambda records: [_package(b"".join(gzip.compress(record, 1, mtime=0) for record in records))],
}

# --- how they are spoiled --------------------------------------------------------------------------------------------

NUMBERS = st.sampled_from(
    [
        *(b"0", b"-1", b"1", b"3", b"99", b"65536", b"1048577", b"4294967296", b"999999999999999999", b"9" * 40),
        *(b"0x10", b"1e9", "١٢".encode(), b" 5 ", b"+5", b"5, 7", b""),
    ]
)
VALUES = st.one_of(
    NUMBERS,
    st.binary(max_size=40),
    st.sampled_from(
        [
            *(b"<urn:uuid:x>", b"<<urn:a:b>>", b"sha1:", b"sha256:" + b"0" * 64, b"md5:\xff", b"application/http"),
            *(b"0000-00-00T00:00:00Z", b"9999-12-31T23:59:59.999999999Z", b"2026", b"response", b"revisit"),
            *(b"chunked", b"a" * 70_000),
        ]
    ),
)
TOKENS = st.sampled_from(
    [
        *(b"WARC/1.1\r\n", b"WARC/1.0\r\nWARC-Type: response\r\n", b"\r\n\r\n", b"\r\n", b"\n\n", b"\r", b"\0", b":"),
        *(b"\x1f\x8b\x08", b"\x1f\x8b\x08\x1c\0\0\0\0\0\0", b"\x28\xb5\x2f\xfd", b"\x5d\x2a\x4d\x18\xff\xff\xff\x7f"),
        *(
            b"HTTP/1.1 200 OK\r\n",
            b"HTTP/1.1 100 Continue\r\n\r\n",
            b"ffffffffffffffff\r\n",
            b"0\r\n\r\n",
            b"PK\x03\x04",
        ),
        *(b" folded", b"WARC-Truncated: length\r\n", b"Transfer-Encoding: chunked, gzip\r\n", b"filedesc:"),
    ]
)
FIELDS = st.sampled_from(
    [
        *(b"Content-Length", b"WARC-Date", b"WARC-Type", b"WARC-Record-ID", b"WARC-Concurrent-To", b"WARC-Refers-To"),
        *(b"WARC-Payload-Digest", b"WARC-Block-Digest", b"WARC-Target-URI", b"Content-Type", b"WARC-Warcinfo-ID"),
        *(b"WARC-Segment-Number", b"WARC-Segment-Origin-ID", b"WARC-Refers-To-Date", b"WARC-Profile"),
        *(
            b"WARC-IP-Address",
            b"WARC-Truncated",
            b"Transfer-Encoding",
            b"Content-Encoding",
            b"WARC-Segment-Total-Length",
        ),
    ]
)


def in_record(draw: st.DrawFn, octets: bytes) -> bytes:
    """Spoil a record, or a member, or a whole file."""
    at = draw(st.integers(0, len(octets)))
    kind = draw(st.integers(0, 8))
    if kind == 0 and octets:
        at = min(at, len(octets) - 1)
        return octets[:at] + bytes([octets[at] ^ 1 << draw(st.integers(0, 7))]) + octets[at + 1 :]
    if kind == 1:
        return octets[:at] + draw(TOKENS) * draw(st.sampled_from([1, 1, 2, 500])) + octets[at:]
    if kind == 2:
        return octets[:at] + octets[at + draw(st.integers(1, 400)) :]
    if kind == 3:
        return octets[:at] + draw(st.binary(min_size=1, max_size=40)) + octets[at:]
    if kind == 4:
        return octets[:at]
    if kind == 5:
        end = at + draw(st.integers(0, 2000))
        return octets[:end] + octets[at:end] + octets[end:]
    if kind == 6:
        return _with_value(draw, octets)
    if kind == 7:
        name, value = draw(FIELDS), draw(VALUES)
        line = name + b": " + value + b"\r\n"
        first = octets.find(b"\n") + 1
        return octets[:first] + line * draw(st.sampled_from([1, 1, 2, 3000])) + octets[first:]
    run = draw(st.sampled_from([b"\0", b"a", b"\r\n", b"\r", b" x\r\n", b"1\r\na\r\n", b"<urn:uuid:a>", b"a:b\r\n"]))
    return octets[:at] + run * (draw(st.sampled_from([70_000, 1 << 20, RUN])) // len(run)) + octets[at:]


def _with_value(draw: st.DrawFn, octets: bytes) -> bytes:
    """Another value in a line that is there."""
    lines = octets.split(b"\r\n")
    named = [n for n, line in enumerate(lines[:40]) if b": " in line[:60]]
    if not named:
        return octets
    n = draw(st.sampled_from(named))
    lines[n] = lines[n].partition(b": ")[0] + b": " + draw(VALUES)
    return b"\r\n".join(lines)


@st.composite
def files(draw: st.DrawFn, sound: Records) -> File:
    """Some records of a sound file, spoiled one by one, compressed in some way, and spoiled again."""
    start = draw(st.integers(0, len(sound) - 1))
    chosen = sound[start : start + draw(st.integers(1, 8))]
    for _ in range(draw(st.integers(0, 3))):
        n = draw(st.integers(0, len(chosen) - 1))
        chosen[n] = in_record(draw, chosen[n])
    members = FORMS[draw(st.sampled_from(sorted(FORMS)))](chosen)
    for _ in range(draw(st.integers(0, 2))):
        n = draw(st.integers(0, len(members) - 1))
        members[n] = in_record(draw, members[n])
    if draw(st.integers(0, 9)) == 0:
        members.insert(draw(st.integers(0, len(members))), draw(TOKENS) * draw(st.sampled_from([1, 40, 5000])))
    whole = b"".join(members)
    return File(gzip.compress(whole, 1, mtime=0) if draw(st.integers(0, 9)) == 0 else whole)


# --- what must hold --------------------------------------------------------------------------------------------------


def examine(path: Path, seen: Counter[str]) -> None:
    """Read a file in every way there is; AssertionError where an answer does not hold together."""
    found: Counter[Severity] = Counter()
    report: Report | None = None
    for finding in check(path):
        assert report is None, "the report comes last"
        if not isinstance(finding, Finding):
            report = finding
            continue
        assert finding.expected, finding
        assert finding.found, finding
        assert finding.rule in RULES, finding
        assert str(finding)
        json.dumps(finding.as_record())
        found[finding.severity] += 1
    assert report is not None, "the check ends with its report"
    json.dumps(report.as_record())
    assert found == report.found, (found, report)
    assert not report.sound or (report.records and not found[Severity.DEFECT]), report
    assert report.sound or report.reason or found[Severity.DEFECT] or report.not_checked, report
    seen[report.verdict.value] += 1
    own = sum(1 for finding in check_file(path) if str(finding))
    read, fault = 0, None
    try:
        for record in read_records(path):
            record.written()
            read += 1
    except RecordError as error:
        fault = error
    assert own or fault is None, f"the reader refuses what the check finds sound: {fault}"
    if not own and path.stat().st_size:
        assert report.verdict in {Verdict.SOUND, Verdict.DEVIATES}, report
        assert report.records == read, report
    for _ in captures_in(_until_damage(path), damaged=lambda _: None):
        pass


def _until_damage(path: Path):  # type: ignore[no-untyped-def]
    try:
        yield from read_records(path)
    except RecordError:
        return


def _out_of_time(_signal: int, _frame: FrameType | None) -> None:
    raise HangError(f"more than {SECONDS} s of CPU time")


def run(*, minutes: float | None, examples: int | None, first: int, keep: Path, out: Callable[[str], None]) -> bool:
    """Examples until the time is up, or as many as asked for; whether all went well."""
    sound = records()
    seen: Counter[str] = Counter()
    slowest = (0.0, 0)
    began = time.monotonic()
    scratch = keep / "example.warc.gz"
    before = signal.signal(signal.SIGPROF, _out_of_time)

    def try_one(file: File) -> None:
        nonlocal slowest
        scratch.write_bytes(file.octets)
        started = time.process_time()
        signal.setitimer(signal.ITIMER_PROF, SECONDS)
        try:
            examine(scratch, seen)
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
        took = time.process_time() - started
        if took > slowest[0]:
            slowest = (took, len(file.octets))
            (keep / "slowest.warc.gz").write_bytes(file.octets)

    rounds = 0
    while (minutes is not None and time.monotonic() - began < minutes * 60) or (
        examples is not None and rounds * ROUND < examples
    ):
        test = settings(
            max_examples=ROUND,
            deadline=None,
            database=None,
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        )(seed(first + rounds)(given(files(sound))(try_one)))
        try:
            test()
        except Exception as error:
            kept = keep / f"failed-{first + rounds}.warc.gz"
            scratch.replace(kept)
            out(f"FAILED with seed {first + rounds}, {kept.name}: {type(error).__name__}: {str(error)[:1000]}")
            if not isinstance(error, AssertionError | HangError):
                traceback.print_exc(limit=-6)
            signal.signal(signal.SIGPROF, before)
            return False
        rounds += 1
        if minutes is not None and rounds % 10 == 0:
            out(f"{sum(seen.values())} files in {time.monotonic() - began:.0f} s, slowest {slowest[0]:.1f} s")
    signal.signal(signal.SIGPROF, before)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    out(
        f"{sum(seen.values())} files in {rounds} rounds: no crash, no hang; slowest {slowest[0]:.2f} s for {slowest[1]}"
        f" octets; {peak} MiB at most; {', '.join(f'{number} {verdict}' for verdict, number in seen.most_common())}"
    )
    return True


def main(arguments: list[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, help="how long (10 without --examples)")
    parser.add_argument("--examples", type=int, help="how many files, in place of a time")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="a folder for the file that something fails on")
    options = parser.parse_args(arguments)
    minutes = options.minutes if options.minutes or options.examples else 10.0
    with tempfile.TemporaryDirectory() as scratch:
        keep = options.keep or Path(scratch)
        keep.mkdir(parents=True, exist_ok=True)
        well = run(
            minutes=minutes,
            examples=options.examples,
            first=options.seed,
            keep=keep,
            out=lambda text: print(text, flush=True),
        )
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
