"""Is every edit of a page reported, and nothing that moves by itself? Both are injected, alone and together.

    python -m bench.changes [--made-up] [--seed N] [--pages N] [--no-history] [--show N] [--marks FILE] [--only WORDS]

Pages: made-up ones in four languages and ten makes (`bench/change_pages.py`) always; real ones of `../shared/data`
(news pages with gold texts, versions of a rights organisation's mirror, terms of service, UDHR) when they are there.
Into each, as it is and with class names that say nothing, are injected every kind of noise (`bench/change_noise.py`),
every kind of edit (`bench/change_edits.py`), and edits together with noise, so that over all pages each edit meets each
noise. Both versions are read by `pipelines.page.read_page` and compared, as at a first comparison and with a mask that
`pipelines.noise_learning.learn` made of a history of the page and two pages beside it, simulated.

An edit counts as found only when a reported edit has the injected words before and after; a pair of a removal and an
addition that has them is counted as `coarse`. Noise is an alarm when anything at all is reported; together with an
edit, when anything is reported that is not that edit.

Bars (exit 1 under them): of word, digit, name, negation, fact card, entries of a list every one, of all edits 99 %; no
alarm at ticker, counter, tokens, class names; at most 2 % of all noise with history, 10 % at the first comparison.

Left out, as no person could decide it either: the rank of a heading together with another template, for each template
has ranks of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from lxml import etree
from lxml import html as lxml_html

from bench.change_edits import EDITS, WHOLE, Truth, tokens
from bench.change_noise import BY_OTHERS, EVERYTHING, NOISES, Scene, rename, retemplated, sibling
from bench.change_pages import DATA, Base, made_up_pages, real_pages, words_of
from pipelines.change import compare
from pipelines.edits import Change, Edit
from pipelines.page import read_page
from pipelines.reading import Reading, StoredPage

ROOT: Final = Path(__file__).parents[1]
MODES: Final = ("readable", "opaque")
LATE: Final = frozenset({"space", "entities", "attributes"})
"""Noise of the markup: made after the edit, of which it must not be in the way."""
STILL: Final = LATE | {"classes", "template", "encoding", "token", "session", "scripts", "pictures", "links"}
"""Noise of which no history tells anything that one reading does not."""
NO_ALARM: Final = ("ticker", "counter", "token", "session", "classes")
LEAST_OF_ALL: Final = 0.99
MOST_WITH_HISTORY: Final = 0.02
MOST_AT_FIRST: Final = 0.10
LEAST_RANKED: Final = 0.8
"""Share of the pairs of an important and an unimportant change, as marked, in which the weights agree."""
HISTORY: Final = 6
"""Readings of the page that a history has, the one before the change among them."""
SIBLINGS: Final = 2
SEEN: Final = 3
"""Readings of each page beside it, of the same crawls as the first ones."""


@dataclass(frozen=True, slots=True)
class Case:
    """One comparison that is to be made."""

    mode: str
    noise: str | None
    edit: str | None


@dataclass(frozen=True, slots=True)
class Result:
    """What came of it."""

    page: str
    kind: str
    mode: str
    noise: str | None
    edit: str | None
    masked: bool
    found: bool
    coarse: bool
    alarms: tuple[str, ...]
    weight: float
    told: str
    """What was to be found, for people."""


# --- pages ----------------------------------------------------------------------------------------------------------


class Site:
    """One page with all that is injected into it; what was read once is not read again."""

    def __init__(self, base: Base, seed: int, cache: Path | None) -> None:
        self.base = base
        self.seed = seed
        self.words = words_of(base.language)
        self._cache = cache
        self.tick = HISTORY - 1 + random.Random(f"tick {seed} {base.name}").randrange(2)

    @lru_cache(64)  # noqa: B019 - a site lives as long as its pages are compared
    def version(self, case: Case, tick: int, other: int = 0) -> tuple[Reading, Truth | None] | None:
        """The reading at a tick, and what was injected; `other`: of another page of the site. None: no such edit."""
        made = self.markup(case, tick, other)
        if made is None:
            return None
        octets, truth = made
        url = self.base.url if not other else f"{self.base.url}-{other}"
        return self._read(octets, url, tick), truth

    def markup(self, case: Case, tick: int, other: int = 0) -> tuple[bytes, Truth | None] | None:
        """The page's octets at a tick."""
        tree = lxml_html.document_fromstring(self.base.markup)
        scene = Scene(tree, self.words, f"{self.seed} {self.base.name} {case.noise}", tick)
        if other:
            sibling(tree, self.words, self.base.language, other)
        elif tick < self.tick - 1:
            self._past(tree)
        if case.noise == "template":
            tree = retemplated(scene, self.base.kind, self.base.language)
        noises = EVERYTHING if case.noise == "everything" else (case.noise,)
        for noise in noises:
            if noise in NOISES and noise not in LATE:
                NOISES[noise](Scene(tree, self.words, f"{scene.key} {noise}", tick))
        truth = None
        if case.edit:
            truth = EDITS[case.edit](Scene(tree, self.words, f"{self.seed} {self.base.name} {case.edit}", tick))
            if truth is None:
                return None
        if case.noise in LATE:
            NOISES[case.noise](Scene(tree, self.words, scene.key, tick))
        for each in tree.iter():
            if isinstance(each.tag, str) and "data-k" in each.attrib:
                del each.attrib["data-k"]
        if case.mode == "opaque":
            rename(tree, "build 1")
        if case.noise == "classes" and tick % 2:
            rename(tree, "build 2")
        return _octets(tree, tick if case.noise == "encoding" else 0), truth

    def _past(self, tree: Any) -> None:
        """On some pages a fact was another before: a true edit in the history, that must not hide the next."""
        if random.Random(f"past {self.seed} {self.base.name}").random() < 0.4:
            known = {a: b for values in self.words["values"].values() for a, b in (values, values[::-1])}
            for each in tree.iter():
                if each.get("data-k") == "fact" and (each.text or "") in known:
                    each.text = known[each.text]

    def _read(self, octets: bytes, url: str, day: int) -> Reading:
        at = datetime(2026, 5, 4, 12, 0, tzinfo=UTC) + timedelta(days=day)
        name = sha256(b"\0".join((url.encode(), str(day).encode(), octets))).hexdigest()
        path = None if self._cache is None else self._cache / name[:2] / name
        if path is not None and path.exists():
            return Reading.from_json(zlib.decompress(path.read_bytes()))
        reading = read_page(StoredPage(url, at, "urn:uuid:0", None, "text/html; charset=utf-8", octets))
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            made = path.with_suffix(f".{os.getpid()}")
            made.write_bytes(zlib.compress(reading.to_json(), 1))
            made.rename(path)
        return reading

    def mask(self, case: Case) -> Any:
        """What `learn` makes of the history of the page with a noise."""
        from pipelines.noise_learning import learn

        plain = Case(case.mode, case.noise, None)
        ticks = range(self.tick - HISTORY + 1, self.tick + 1)
        if case.noise is None or case.noise in STILL:
            still = self.version(plain, self.tick)
            assert still is not None
            return learn([[still[0]] * HISTORY])
        histories = [[self.version(plain, tick) for tick in ticks]]
        histories += [[self.version(plain, tick, other) for tick in ticks[:SEEN]] for other in range(1, SIBLINGS + 1)]
        return learn([[each[0] for each in history if each is not None] for history in histories])


def _octets(tree: Any, form: int) -> bytes:
    """The page as octets; at another form its characters are written as references."""
    for each in tree.iter("meta"):
        content = each.get("content") or ""
        if each.get("charset"):
            each.set("charset", "utf-8")
        elif "charset=" in content.lower():
            each.set("content", "text/html; charset=utf-8")
    doctype = "<!DOCTYPE html>"
    if form % 2:
        return bytes(etree.tostring(tree, encoding="ascii", method="html", doctype=doctype))
    return str(etree.tostring(tree, encoding="unicode", method="html", doctype=doctype)).encode()


# --- judging --------------------------------------------------------------------------------------------------------


def _difference(edit: Edit) -> tuple[Counter[str], Counter[str]]:
    before, after = tokens(edit.before), tokens(edit.after)
    return before - after, after - before


def _inside(some: Counter[str], whole: Counter[str]) -> bool:
    return not some - whole


def _differences(truth: Truth) -> list[tuple[Counter[str], Counter[str]]]:
    return [(tokens(a) - tokens(b), tokens(b) - tokens(a)) for a, b in truth.forms]


def judge(change: Change, truth: Truth | None) -> tuple[bool, bool, list[Edit]]:
    """(found, found only as a removal and an addition, what is reported beside)."""
    reported = list(change.reported)
    if truth is None:
        return False, False, reported
    strange = [edit for edit in reported if not _is_of(edit, truth)]
    if any(_tells(edit, truth) for edit in reported):
        return True, False, _without_net(strange, truth)
    if truth.level != "text":
        return False, False, strange
    gone: Counter[str] = Counter()
    come: Counter[str] = Counter()
    for edit in reported:
        gone += tokens(edit.before)
        come += tokens(edit.after)
    coarse = any(_inside(a, gone - come) and _inside(b, come - gone) and (a or b) for a, b in _differences(truth))
    return coarse, coarse, _without_net(strange, truth)


def _tells(edit: Edit, truth: Truth) -> bool:
    """Whether a reported edit says what was injected."""
    if truth.level == "move":
        texts = [truth.forms[0][0], *truth.neighbours]
        return edit.op == "move" and any(_alike(edit.after or edit.before, text) for text in texts)
    if truth.level == "heading":
        return edit.field == "heading" and _inside(tokens(truth.forms[0][0]), tokens(edit.before) + tokens(edit.after))
    if truth.level in {"link", "picture", "translation"}:
        return any(a in (edit.before or "") and b in (edit.after or "") for a, b in truth.forms) and (
            edit.field is not None
        )
    if _is_exactly(edit, truth):
        return True
    gone, come = _difference(edit)
    return any(_inside(a, gone) and _inside(b, come) for a, b in _differences(truth))


def _is_exactly(edit: Edit, truth: Truth) -> bool:
    """Whether what was injected makes the one text of an edit the other, even where a word is glued to its label."""
    if edit.op != "edit" or edit.before is None or edit.after is None:
        return False
    return any(a != b and a and edit.before.replace(a, b, 1) == edit.after for a, b in truth.forms)


def _alike(one: str | None, other: str) -> bool:
    return bool(tokens(other)) and tokens(one) == tokens(other)


def _is_of(edit: Edit, truth: Truth) -> bool:
    """Whether all that a reported edit says is of what was injected."""
    if edit.level == "fact" and truth.level in {"text", "move"}:
        return True  # in other words than the page's; where there was no edit it is an alarm
    said = f"{edit.before or ''} {edit.after or ''}"
    if edit.field in {"link", "picture", "heading", "translation"}:
        parts = [each for form in truth.forms for each in form if each] + truth.also.split()
        return any(each in said for each in parts if len(each) > 1)
    if edit.op == "move":
        texts = [*truth.forms[0], *truth.neighbours] if truth.level == "move" else []
        return any(_alike(edit.after or edit.before, text) for text in texts)
    if truth.level in {"picture", "link", "translation", "heading"}:
        known = tokens(" ".join([*(each for form in truth.forms for each in form), truth.also]))
        return set(tokens(said)) <= set(known)
    if _is_exactly(edit, truth):
        return True
    gone, come = _difference(edit)
    if _tells(edit, truth):  # of one line, the counter in it is told with it
        gone, come = ({word: n for word, n in some.items() if not word.isdigit()} for some in (gone, come))
    return any(_inside(Counter(gone), a) and _inside(Counter(come), b) for a, b in _differences(truth))


def _without_net(strange: list[Edit], truth: Truth) -> list[Edit]:
    """Of a text told as removed and added, all that both have is no alarm."""
    gone: Counter[str] = Counter()
    come: Counter[str] = Counter()
    for edit in strange:
        gone += tokens(edit.before)
        come += tokens(edit.after)
    if truth.level == "text" and len(strange) == 2 and {edit.op for edit in strange} == {"add", "remove"}:
        net_gone, net_come = gone - come, come - gone
        if any(_inside(net_gone, a) and _inside(net_come, b) and (a or b) for a, b in _differences(truth)):
            return []
    return strange


def told(edit: Edit) -> str:
    """An edit in one line."""
    words = " ".join("/".join(pair) for pair in edit.words)[:140]
    place = f"{edit.level}{':' + edit.field if edit.field else ''}"
    before, after = (repr(text[:70]) if text is not None else "-" for text in (edit.before, edit.after))
    return f"{edit.op} {place} [{words}] {before} -> {after} {edit.path or ''}" + (
        f" ASIDE {edit.set_aside}" if edit.set_aside else ""
    )


# --- running --------------------------------------------------------------------------------------------------------


def cases_of(number: int, count: int, seed: int) -> list[Case]:
    """The cases of the page of a number among so many: each noise, each edit, its share of both together."""
    noises = [*NOISES, *BY_OTHERS]
    cases = []
    for mode in MODES:
        cases += [Case(mode, noise, None) for noise in noises] + [Case(mode, None, edit) for edit in EDITS]
        pairs = [(n, e) for n in noises for e in EDITS if (n, e) != ("template", "heading rank")]
        random.Random(f"pairs {seed} {mode}").shuffle(pairs)
        share = max(len(pairs) // count + 1, 24)
        start = number * share
        cases += [Case(mode, *pairs[n % len(pairs)]) for n in range(start, start + share)]
    return cases


def sampled(cases: Sequence[Case], share: int, key: str) -> list[Case]:
    """Every so manieth of the cases, drawn by a key."""
    picked = list(cases)
    random.Random(f"share {key}").shuffle(picked)
    return picked[: len(picked) // share]


def run_page(base: Base, cases: Sequence[Case], seed: int, history: bool, cache: Path | None) -> list[Result]:
    """All comparisons of a page."""
    site = Site(base, seed, cache)
    results = []
    masks: dict[Case, Any] = {}
    for case in sorted(cases, key=lambda each: (each.mode, each.noise or "", each.edit or "")):
        plain = Case(case.mode, case.noise, None)
        before = site.version(plain, site.tick)
        after = site.version(case, site.tick + 1)
        if before is None or after is None:
            continue
        masked: list[Any] = [None]
        if history:
            if plain not in masks:
                masks[plain] = site.mask(plain)
            masked.append(masks[plain])
        for mask in masked:
            change = compare(before[0], after[0], mask)
            found, coarse, alarms = judge(change, after[1])
            what = "; ".join(f"{a[:80]!r} -> {b[:80]!r}" for a, b in after[1].forms[:1]) if after[1] else ""
            if after[1] is not None and not found:
                what += _aside(change, after[1])
            results.append(
                Result(
                    base.name,
                    base.kind,
                    case.mode,
                    case.noise,
                    case.edit,
                    mask is not None,
                    found,
                    coarse,
                    tuple(told(edit) for edit in alarms),
                    change.weight,
                    what,
                )
            )
    return results


def _aside(change: Change, truth: Truth) -> str:
    """Why what was injected is not among what is reported: how it was set aside."""
    hidden = [edit for edit in change.edits if edit.noise and _tells(edit, truth)]
    reported = [told(edit) for edit in change.reported][:3]
    return "".join(f"\n        set aside: {told(edit)}" for edit in hidden) + "".join(
        f"\n        reported: {each}" for each in reported
    )


def cache_folder() -> Path:
    """Where readings are kept between runs: named by the code that reads, and by what it needs."""
    code = (
        "import pipelines.page, sys; print(*(str(getattr(m, '__file__', '')) for m in sys.modules.values()), sep='\\n')"
    )
    told_by = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    listed = sorted(told_by.stdout.splitlines())
    made = sha256()
    for line in listed:
        path = Path(line)
        if path.is_relative_to(ROOT) and ".venv" not in path.parts:
            made.update(path.read_bytes())
    home = Path(tempfile.gettempdir()) / f"khronika-bench-changes-{os.getuid()}"
    folder = home / made.hexdigest()[:16]
    folder.mkdir(parents=True, exist_ok=True)
    folder.touch()
    older = sorted((each for each in home.iterdir() if each != folder), key=lambda each: each.stat().st_mtime)
    for each in older[:-2]:
        shutil.rmtree(each, ignore_errors=True)
    return folder


def _work(job: tuple[Base, list[Case], int, bool, Path | None]) -> list[Result]:
    return run_page(*job)


def _gentle() -> None:
    os.nice(2)


def run(
    pages: Sequence[Base],
    *,
    seed: int,
    history: bool,
    cache: Path | None,
    workers: int,
    only: str = "",
    share: int = 1,
) -> list[Result]:
    """All cases of all pages."""
    jobs = []
    for number, base in enumerate(pages):
        cases = [case for case in cases_of(number, len(pages), seed) if _wanted(base, case, only)]
        cases = sampled(cases, share, f"{seed} {base.name}")
        if cases:
            jobs.append((base, cases, seed, history, cache))
    if workers <= 1:
        return [result for job in jobs for result in _work(job)]
    results: list[Result] = []
    with ProcessPoolExecutor(workers, initializer=_gentle) as pool:
        for number, some in enumerate(pool.map(_work, jobs), 1):
            results += some
            if sys.stderr.isatty():
                print(f"\r{number}/{len(jobs)} pages", end="", file=sys.stderr)
    return results


def _wanted(base: Base, case: Case, only: str) -> bool:
    """Whether all words of `only` are of a case: `page=…`, `noise=…`, `edit=…`, `mode=…`; `-` is none."""
    told_of = {"page": base.name, "noise": case.noise or "-", "edit": case.edit or "-", "mode": case.mode}
    for part in filter(None, only.split(",")):
        key, _, value = part.partition("=")
        if key == "page" and value not in told_of["page"]:
            return False
        if key != "page" and told_of.get(key) != value:
            return False
    return True


# --- telling --------------------------------------------------------------------------------------------------------


def _rate(part: int, whole: int) -> str:
    return f"{part:>4}/{whole:<5} {part / whole:>6.1%}" if whole else "   -             "


def _found(some: Sequence[Result]) -> str:
    return _rate(sum(r.found for r in some), len(some))


def _alarms(some: Sequence[Result]) -> str:
    return _rate(sum(bool(r.alarms) for r in some), len(some))


def report(results: Sequence[Result], show: int = 0) -> bool:
    """Print the tables; whether the bars are held."""
    masks = [masked for masked in (False, True) if any(r.masked == masked for r in results)]
    names = {False: "first comparison", True: "with history"}
    print("noise: alarms" + " " * 18 + "".join(f"{names[m]} alone   | with an edit     || " for m in masks))
    for noise in (*NOISES, *BY_OTHERS, "ALL"):
        cells = []
        for masked in masks:
            some = [r for r in results if r.masked == masked and r.noise and noise in {r.noise, "ALL"}]
            alone, both = [r for r in some if not r.edit], [r for r in some if r.edit]
            cells.append(f"{_alarms(alone)} | {_alarms(both)}")
        print(f"  {noise:<26}" + " || ".join(cells))
    print("edits: found" + " " * 19 + "".join(f"{names[m]} alone   | with noise       || " for m in masks))
    for edit in (*EDITS, "ALL"):
        cells = []
        for masked in masks:
            some = [r for r in results if r.masked == masked and r.edit and edit in {r.edit, "ALL"}]
            alone, both = [r for r in some if not r.noise], [r for r in some if r.noise]
            cells.append(f"{_found(alone)} | {_found(both)}")
        print(f"  {edit:<26}" + " || ".join(cells))
    print("by page: edits found | alarms of noise alone | alarms beside an edit (first comparison; with history)")
    for kind in (*sorted({r.kind for r in results}), *MODES):
        cells = []
        for masked in masks:
            some = [r for r in results if r.masked == masked and kind in {r.kind, r.mode}]
            edits, alone = [r for r in some if r.edit], [r for r in some if not r.edit]
            cells.append(f"{_found(edits)} | {_alarms(alone)} | {_alarms(edits)}")
        print(f"  {kind:<12}" + " || ".join(cells))
    coarse = sum(r.coarse for r in results)
    print(f"{len(results)} comparisons of {len({r.page for r in results})} pages; {coarse} found as removed and added")
    _show(results, show)
    return not broken(results)


def _show(results: Sequence[Result], show: int) -> None:
    """Print what is not right, the commonest first: one case of each, and of how many it is one."""
    alone = {(r.page, r.mode, r.masked, r.edit): r for r in results if r.edit and not r.noise}
    groups: dict[tuple[str, ...], list[Result]] = {}
    for r in results:
        own = alone.get((r.page, r.mode, r.masked, r.edit))
        if r.edit and not r.found:
            noise = "whatever noise" if own is not None and not own.found else f"with {r.noise}"
            groups.setdefault(("MISSED", r.kind, r.edit, noise), []).append(r)
        if r.alarms:
            by_edit = own is not None and own.alarms
            cause = f"by the edit itself: {r.edit}" if by_edit or not r.noise else f"by {r.noise}"
            groups.setdefault(("ALARM", r.kind, cause, r.alarms[0].split(" ", 2)[1]), []).append(r)
    for key, some in sorted(groups.items(), key=lambda item: -len(item[1]))[:show]:
        r = some[0]
        modes = "/".join(f"{n} {mode}" for mode, n in sorted(Counter(r.mode for r in some).items()))
        masked = sum(r.masked for r in some)
        print(f"\n{len(some)} x {' | '.join(key)} ({modes}, {masked} with history), such as {r.page}:")
        if r.edit and key[0] == "MISSED":
            print(f"    {r.told}")
        for each in r.alarms[:4]:
            print(f"    reported: {each}")
        print(f"    --only 'page={r.page},mode={r.mode},noise={r.noise or '-'},edit={r.edit or '-'}'")


def broken(results: Iterable[Result]) -> list[str]:
    """The bars that are not held, in words; printed."""
    results = list(results)
    surplus = {(r.page, r.mode, r.masked, r.edit) for r in results if r.edit and not r.noise and r.alarms}

    def by_edit(r: Result) -> bool:
        """Whether the edit alone has made an alarm too: it is not the noise's then."""
        return (r.page, r.mode, r.masked, r.edit) in surplus

    found = []
    for masked, most in ((False, MOST_AT_FIRST), (True, MOST_WITH_HISTORY)):
        when = "with history" if masked else "at first comparison"
        some = [r for r in results if r.masked == masked]
        edits = [r for r in some if r.edit]
        for kind in WHOLE:
            missed = [r for r in edits if r.edit == kind and not r.found]
            if missed:
                found.append(
                    f"{when}: {len(missed)} of {sum(r.edit == kind for r in edits)} of '{kind}' missed, none may be"
                )
        if edits and sum(r.found for r in edits) < LEAST_OF_ALL * len(edits):
            found.append(f"{when}: {_found(edits)} of all edits found, at least {LEAST_OF_ALL:.0%} must be")
        for kind in NO_ALARM:
            alarms = [r for r in some if r.noise == kind and r.alarms and not by_edit(r)]
            if alarms:
                found.append(f"{when}: {len(alarms)} alarms at '{kind}', none may be")
        for name, cases in (("alone", [r for r in some if not r.edit]), ("beside an edit", edits)):
            alarms = [r for r in cases if r.alarms]
            if len(alarms) > most * len(cases):
                found.append(f"{when}: alarms {name}: {_rate(len(alarms), len(cases))}, at most {most:.0%} may be")
    for line in found:
        print("UNDER THE BAR", line)
    return found


def told_by_marks(path: Path) -> bool:
    """Print how the weights rank what archivists marked, as `khronika changes marks --json` prints their marks."""
    marked: dict[str, list[dict[str, Any]]] = {"important": [], "unimportant": [], "wrong": []}
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        try:
            record = json.loads(line)
            mark = record.get("mark")
            if record.get("type") not in {"mark", "change"} or mark is None:
                continue
            marked[mark["mark"] if isinstance(mark, dict) else mark].append(record)
        except (ValueError, KeyError, AttributeError, TypeError) as error:
            message = f"bench.changes: {path.name}:{number}: expected a marked change as JSON, found {line[:60]!r}"
            raise SystemExit(message) from error
    weights = {
        name: [float(one["weight"]) for one in some if one.get("weight") is not None] for name, some in marked.items()
    }
    high, low = weights["important"], weights["unimportant"]
    pairs = [(a > b) + (a == b) / 2 for a in high for b in low]
    for name, some in marked.items():
        mean = f", mean weight {sum(weights[name]) / len(weights[name]):.2f}" if weights[name] else ""
        kinds = ", ".join(f"{n} {kind}" for kind, n in Counter(str(one.get("kind")) for one in some).most_common())
        print(f"marks: {len(some):>4} {name:<12}{mean}  {kinds}")
    if pairs:
        print(f"marks: an important change outweighs an unimportant one in {sum(pairs) / len(pairs):.1%} of the pairs")
    told_changes = sum(len(some) for some in marked.values())
    if told_changes:
        print(f"marks: {_rate(len(marked['wrong']), told_changes)} are wrong: nothing changed, or something else")
    return not pairs or sum(pairs) / len(pairs) >= LEAST_RANKED


def pages_for(count: int, seed: int, *, made_up: bool, data: Path) -> list[Base]:
    """So many made-up pages, and so many real ones: each source with its share."""
    pages = made_up_pages()[:count]
    if made_up:
        return pages
    real: dict[str, list[Base]] = {}
    for base in real_pages(data):
        real.setdefault(base.kind, []).append(base)
    if not real:
        print(
            f"bench.changes: real pages SKIPPED: expected gold-scrapinghub and others in {data}, found none",
            file=sys.stderr,
        )
    shares = {"gold": 0.5, "ovdinfo": 0.25, "ota": 0.15, "udhr": 0.1}
    for kind, some in real.items():
        random.Random(f"real {seed}").shuffle(some)
        pages += some[: max(1, round(shares.get(kind, 0.1) * count))]
    return pages


def main() -> int:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--made-up", action="store_true", help="only pages of the repository")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--pages", type=int, default=24, help="made-up pages, and as many real ones")
    parser.add_argument("--share", type=int, default=1, metavar="N", help="one of N cases alone")
    parser.add_argument("--no-history", action="store_true", help="first comparisons alone")
    parser.add_argument("--show", type=int, default=0, metavar="N", help="print the first N cases that are not right")
    parser.add_argument(
        "--only", default="", metavar="page=…,noise=…,edit=…,mode=…", help="only such cases; '-' is none"
    )
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--no-cache", action="store_true", help="read every page anew")
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--marks", type=Path, metavar="FILE", help="how weights rank what archivists marked, alone")
    options = parser.parse_args()
    if options.marks is not None:
        return 0 if told_by_marks(options.marks) else 1
    began = time.monotonic()
    cache = None if options.no_cache else cache_folder()
    pages = pages_for(options.pages, options.seed, made_up=options.made_up, data=options.data)
    history = not options.no_history
    results = run(
        pages,
        seed=options.seed,
        history=history,
        cache=cache,
        workers=options.workers,
        only=options.only,
        share=options.share,
    )
    held = report(results, options.show)
    print(f"{time.monotonic() - began:.0f} s, seed {options.seed}")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
