"""Real pairs of versions, labelled by people or by their own history: is each told as what it is?

    python -m bench.change_pairs [--data FOLDER] [-v]

FOLDER is `../shared/data`; what of it is not there is said and passed over.

- `ota-demo-pairs` (Open Terms Archive): of the pairs labelled `change`, those whose visible text differs must be
  reported as an edit of text, the others (targets of links, ranks of headings) as `link` or `structure`; of the pairs
  labelled `none`, at most 2 may be reported as edits. `technical` pairs (another extraction, other markup) are counted.
- `ovdinfo-mirror-history`: successive versions of pages whose body text never changed: none may be reported as an edit
  of the main text.
- `edgi-labelled-pairs`: pairs that people called true changes or false alarms, and small ones named after the change.
- `soft-block-responses`: real responses. Their score, at the end of the folder's name, is how much of a real answer of
  the site each is: 1.0 are its pages and its own "not found", 0.0 block pages and challenges (of a service or of the
  visitor's network), 0.1 and 0.25 refusals with 403 and 429, 0.5 errors of a gateway. So the right side of 0.5 and less
  is that the page was not seen (`blocked`, `unreachable`), of more that the site has answered. The records have no
  bodies: their heads and their titles are what is judged.

Exit 1 under the bars; each miss and alarm is printed with the edits that make it.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import html
import json
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final, cast

from archive.capture import Failure
from archive.http import Head
from archive.kinds import State, state_of
from bench.change_pages import DATA
from bench.changes import told
from crawler.challenge import challenge_of
from pipelines.change import compare
from pipelines.edits import Change
from pipelines.not_the_page import state_said
from pipelines.page import read_page
from pipelines.reading import Reading, StoredPage

CAPTURED_AT: Final = datetime(2026, 11, 22, tzinfo=UTC)
NONE_ALARMS: Final = 2
"""Pairs labelled `none` that may be reported as edits."""
RIGHT_RESPONSES: Final = 29
"""Of 31 responses."""
WITHOUT_TEXT: Final = frozenset({"link", "structure"})
QUIET: Final = frozenset({"same", "noise"})


def _read(octets: bytes, url: str, content_type: str | None = "text/html") -> Reading:
    return read_page(StoredPage(url, CAPTURED_AT, "urn:uuid:0", None, content_type, octets))


def _compared(old: bytes, new: bytes, url: str) -> Change:
    return compare(_read(old, url), _read(new, url))


def _explain(name: str, what: str, change: Change, *, set_aside: bool = False) -> None:
    print(f"  {what}: {name}: {change.kind}, weight {change.weight:.2f}")
    edits = [*change.reported, *(edit for edit in change.edits if set_aside and edit.noise)]
    for edit in edits[:4]:
        print(f"      {told(edit)}")


# --- Open Terms Archive ---------------------------------------------------------------------------------------------


def terms(folder: Path, *, verbose: bool) -> bool:
    """Print and judge the pairs of terms of service."""
    counts: Counter[tuple[str, str]] = Counter()
    missed = alarms = 0
    with (folder / "pairs.tsv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    for row in rows:
        [old] = folder.glob(f"{int(row['n']):03}_*_old.html.gz")
        new = Path(str(old).replace("_old.html.gz", "_new.html.gz"))
        change = _compared(
            gzip.decompress(old.read_bytes()), gzip.decompress(new.read_bytes()), "https://terms.example/1"
        )
        label = row["label"]
        if label == "change":
            label = "change of text" if row["visible_changed"] == "1" else "change of links or structure"
        counts[label, change.kind] += 1
        name = f"{row['n']} {row['page']}"
        if label == "change of text" and change.kind in {*QUIET, *WITHOUT_TEXT}:
            missed += 1
            _explain(name, "MISSED", change, set_aside=True)
        elif label == "change of links or structure" and change.kind not in WITHOUT_TEXT:
            missed += 1
            _explain(name, "NOT TOLD AS LINK OR STRUCTURE", change, set_aside=change.kind in QUIET)
        elif label == "none" and change.kind not in {*QUIET, *WITHOUT_TEXT}:
            alarms += 1
            _explain(name, "ALARM", change)
        elif label == "none" and change.kind in WITHOUT_TEXT:
            _explain(name, "ALARM, of links alone", change)
        elif verbose and change.kind not in QUIET:
            _explain(name, label, change)
    print(
        f"terms of service   {missed} missed (bar 0), {alarms} of the pairs without a change told as edits"
        f" (bar {NONE_ALARMS})"
    )
    for (label, kind), count in sorted(counts.items()):
        print(f"    {label:<30} {kind:<10} {count}")
    return missed == 0 and alarms <= NONE_ALARMS


# --- a mirror's history ---------------------------------------------------------------------------------------------


def mirror(folder: Path, *, verbose: bool) -> bool:
    """Print and judge the successive versions, in which no body text changed."""
    counts: Counter[str] = Counter()
    alarms = 0
    with (folder / "pairs.tsv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    for row in rows:
        url = "https://mirror.example/" + row["page"].replace("__", "/")
        change = _compared((folder / row["old"]).read_bytes(), (folder / row["new"]).read_bytes(), url)
        counts[change.kind] += 1
        of_text = [
            edit
            for edit in change.reported
            if edit.level in {"main", "list", "fact"} and edit.field not in {"link", "picture", "heading"}
        ]
        if of_text:
            alarms += 1
            _explain(f"{row['page'][:60]} {row['commit']}", "ALARM", change)
        elif change.reported and verbose:
            _explain(f"{row['page'][:60]} {row['commit']}", "beside the text", change)
    print(f"a mirror's history {alarms} of {len(rows)} told as edits of main text (bar 0): {dict(counts)}")
    return alarms == 0


# --- labelled by people ---------------------------------------------------------------------------------------------

_SMALL: Final = {
    "change-href": {"link"},
    "change-list-href": {"edited", "list", "link"},
    "change-list-text": {"edited", "list"},
    "change-link-text": {"edited"},
    "change-tag": {"structure"},
    "change-title": {"edited"},
    "change-word-in-paragraph": {"edited"},
    "add-list": {"added", "list", "edited"},
    "add-paragraph": {"added"},
    "ins-in-source": {"edited"},
    "remove-list": {"removed", "list", "edited"},
    "two-paragraphs": {"edited"},
}
"""What each small pair is, by its name and by its two files (`change-list-href` changes the words of a link)."""


def labelled(folder: Path, *, verbose: bool) -> bool:
    """Print and judge the pairs that people labelled, and the small ones."""
    wrong = 0
    pages = sorted(folder.glob("*-a.html"))
    for path in pages:
        name = path.name.removesuffix("-a.html")
        change = _compared(path.read_bytes(), (folder / f"{name}-b.html").read_bytes(), f"https://pairs.example/{name}")
        right = (change.kind in QUIET) == name.startswith("falsepos")
        wrong += not right
        if verbose or not right:
            _explain(name, "right" if right else "WRONG", change, set_aside=not right)
    small = 0
    for path in sorted((folder / "diff-micro-examples").glob("*.before")):
        name = path.stem
        if name not in _SMALL:
            continue
        small += 1
        change = _compared(path.read_bytes(), path.with_suffix(".after").read_bytes(), f"https://pairs.example/{name}")
        right = change.kind in _SMALL[name]
        wrong += not right
        if verbose or not right:
            _explain(
                name,
                "right" if right else f"WRONG, {' or '.join(sorted(_SMALL[name]))} expected",
                change,
                set_aside=True,
            )
    print(f"labelled by people {wrong} of {len(pages)} pages and {small} small pairs wrong (bar 0)")
    return wrong == 0


# --- responses ------------------------------------------------------------------------------------------------------


def responses(folder: Path, *, verbose: bool) -> bool:
    """Print and judge on which side each response is."""
    right = 0
    every = list(_records(folder))
    for name, score, record in every:
        state, why = _state(record)
        unseen = state in {State.BLOCKED, State.UNREACHABLE}
        is_right = unseen == (score <= 0.5)
        right += is_right
        if verbose or not is_right:
            sign = "right" if is_right else "WRONG"
            seen = f"status {record['status']}, {record['title']!r}"
            print(f"  {sign}: {name}: score {score}, {seen}: {state.value} ({why})")
    print(f"responses          {right} of {len(every)} on the right side (bar {RIGHT_RESPONSES} of 31)")
    return right >= RIGHT_RESPONSES * len(every) / 31


def _records(folder: Path) -> Iterator[tuple[str, float, dict[str, Any]]]:
    for path in sorted(folder.glob("*/*.json")):
        record: dict[str, Any] = json.loads(path.read_text("utf-8"))["data"]
        yield f"{path.parent.name}/{path.stem[:8]}", float(path.parent.name.rsplit("-", 1)[1]), record


def _state(record: dict[str, Any]) -> tuple[State, str]:
    """The state of a record, as a capture of it would have, and who said so."""
    title = html.escape(record["title"] or "")
    length = int(record["content_length"] or 0)
    # the head and the title are all that is known of a body; it was short or long
    said = f"<h1>{title}</h1>" if length < 3000 else ""
    body = f"<html><head><title>{title}</title></head><body>{said}</body></html>".encode() if length else b""
    fields = tuple((str(a).encode(), str(b).encode()) for a, b in (record["headers"] or {}).items())
    head = Head(b"HTTP/1.1", int(record["status"]), b"", fields, 0)
    who = challenge_of(head, body)
    capture = SimpleNamespace(
        status=head.status,
        by_browser=False,
        failure=None if who is None else Failure.CHALLENGE,
        outcome=None,
        payload_length=length,
        is_revisit=False,
        is_second_look=False,
    )
    state = state_of(cast(Any, capture))
    if state is not State.PRESENT or not title:
        return state, who or f"status {head.status}"
    return state_said(_read(body, record["url"], record["media_type"])), "its words"


PARTS: Final = (
    ("ota-demo-pairs", "pairs.tsv", terms),
    ("ovdinfo-mirror-history", "pairs.tsv", mirror),
    ("edgi-labelled-pairs", "falsepos-footer-a.html", labelled),
    ("soft-block-responses", "rimon-0.0", responses),
)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--only", default="", help="the set whose name has this in it")
    parser.add_argument("-v", "--verbose", action="store_true", help="print what is right too")
    options = parser.parse_args()
    held = []
    for name, sign, measure in PARTS:
        if options.only not in name:
            continue
        folder = options.data / name
        if not (folder / sign).exists():
            print(f"bench.change_pairs: SKIPPED: expected {sign} in {folder}, found none", file=sys.stderr)
            continue
        held.append(measure(folder, verbose=options.verbose))
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
