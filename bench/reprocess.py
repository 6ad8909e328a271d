"""The reading stage: its memory over very many pages, what a second worker is worth, and that it is the same anywhere.

    python -m bench.reprocess --pages 10000 --seed 1     RSS of the stage and of each of its processes, in steps
    python -m bench.reprocess --speed --pages 600        pages a second by one worker and by two, in turns
    python -m bench.reprocess --twins 300                pages that were read before under the same address, and are not
    python -m bench.reprocess --same FOLDER              every page in a folder read in two processes, of another hash
                                                         seed, time zone, locale and folder each

Linux only: /proc is read. The pages are made up: the articles and builds of bench/reading_set and bench/pages.py with
other words, numbers and names each, stored through the collection's writer. Claims: after the last quarter of the
pages each process takes at most 10 % more than after the first; two workers read at least 1.7 times as fast as one, on
two cores that nothing else uses; a page that need not be read costs a fifth of one that is; the readings are the same.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import os
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from archive.catalogue import Catalogue
from archive.collection import Collection
from archive.digest import digest
from archive.exchange import Exchange, Occasion, Outcome
from archive.spool import Spool
from bench.campaign import children
from bench.crawl import claim
from bench.pages import STYLES, Furniture
from pipelines.page import read_page
from pipelines.reading import StoredPage
from pipelines.stage import ReadingStage, StageCounts

BEGAN = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
OCCASION = Occasion(crawl="20261122010000-bench", site="north", via="http://site.example/", hops="L", notes=())
GROWTH = 1.1
GAIN = 1.7
TWIN = 0.2
SETTINGS = (
    {"PYTHONHASHSEED": "0", "TZ": "UTC", "LC_ALL": "C"},
    {"PYTHONHASHSEED": "4242", "TZ": "Pacific/Kiritimati", "LC_ALL": "C.UTF-8"},
)
_WORD = re.compile(r"[^\W\d]{4,}")
_TEXTS = {
    "en": (
        "The council of the river town has put off its hearing for the third time, and nobody has said why.",
        "A lawyer who asked for the papers was told that they lay in another building, which is closed on Mondays.",
        "On {day} April {year} Maren Okolie was sentenced to {years} years in a general regime colony.",
        "Letters may be sent to the remand prison; those that are longer than two pages are given back unread.",
        "Neighbours remember that the harbour had a library once, and that its books were lent to everybody.",
    ),
    "ru": (
        "Заседание отложили в третий раз, и никто не сказал почему; свидетелей просили прийти через неделю.",
        "Адвокат попросил показать бумаги, но ему ответили, что они лежат в другом здании и по понедельникам закрыто.",
        "{day} апреля {year} года суд приговорил Мирона Осташова к {years} годам колонии общего режима.",
        "Письма можно отправлять в следственный изолятор; те, что длиннее двух страниц, возвращают непрочитанными.",
    ),
    "uk": (
        "Засідання перенесли втретє, і ніхто не пояснив чому; свідків просили прийти за тиждень.",
        "Адвокат попросив показати папери, але йому відповіли, що вони лежать в іншій будівлі.",
    ),
    "be": (
        "Пасяджэнне адклалі трэці раз, і ніхто не патлумачыў чаму; сведак прасілі прыйсці праз тыдзень.",
        "Адвакат папрасіў паказаць паперы, але яму адказалі, што яны ляжаць у іншым будынку.",
    ),
}


def article(chance: random.Random) -> tuple[str, ...]:
    """The lines of a page: a title, and paragraphs of sentences whose words are mixed up among themselves.

    One paragraph in ten is in another language than the page.
    """
    facts = {"day": chance.randint(1, 28), "year": chance.randint(2015, 2025), "years": chance.randint(2, 15)}
    lines = [f"Case {chance.randrange(10**9)} before the court of the river town"]
    own = chance.choice(sorted(_TEXTS))
    for _ in range(chance.randint(8, 30)):
        texts = _TEXTS[own if chance.random() < 0.9 else chance.choice(sorted(_TEXTS))]
        sentences = [_mixed(chance, chance.choice(texts).format(**facts)) for _ in range(chance.randint(2, 6))]
        lines.append(" ".join(sentences))
    return tuple(lines)


def _mixed(chance: random.Random, sentence: str) -> str:
    """One word in five drawn from the sentence again, and a number: no two pages share their sentences."""
    words = _WORD.findall(sentence)
    mixed = _WORD.sub(lambda found: chance.choice(words) if chance.random() < 0.2 else found[0], sentence)
    return f"{mixed[:-1]} ({chance.randrange(10**6)})."


def page(number: int, seed: int) -> bytes:
    """A page; the same number and seed make the same one."""
    chance = random.Random(f"{seed}/{number}")
    build = STYLES[sorted(STYLES)[number % len(STYLES)]]
    furniture = Furniture(counter=str(chance.randrange(10**5)))
    return build(article(chance), furniture).encode()


def exchange(number: int, seed: int, *, again: int = 0) -> Exchange:
    """A page as a server sent it; `again`: minutes after it did so first."""
    body = page(number, seed)
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: %d\r\n\r\n" % len(body)
    return Exchange(
        url=f"http://site.example/cases/{number}",
        method="GET",
        began_at=BEGAN + timedelta(milliseconds=number, minutes=again),
        duration=0.2,
        outcome=Outcome.RESPONSE,
        request=Spool(b"GET /cases/%d HTTP/1.1\r\nHost: site.example\r\n\r\n" % number),
        response=Spool(head + body),
        status=200,
        head_length=len(head),
        mime="text/html",
        payload_digest=digest(body),
        payload_length=len(body),
        peer="192.0.2.17",
    )


def store(folder: Path, exchanges: Iterator[Exchange], crawl: str = OCCASION.crawl) -> None:
    """Store exchanges in a collection, which is made where there is none."""
    if not folder.exists():
        Collection.create(folder, "# settings\n").close()
    with Collection.open(folder) as collection, collection.writer() as writer:
        writer.begin_crawl(crawl)
        waiting = []
        for one in exchanges:
            waiting.append(writer.store(one, replace(OCCASION, crawl=crawl)))
            if len(waiting) == 500:
                _ = [future.result() for future in waiting]
                waiting.clear()
        _ = [future.result() for future in waiting]


def resident(pid: int) -> float:
    """MiB that a process has in memory, 0 when it is gone."""
    try:
        told = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        return 0.0
    found = re.search(r"VmRSS:\s+([0-9]+) kB", told)
    return int(found[1]) / 1024 if found else 0.0


def read(folder: Path, workers: int, *, step: int = 0) -> tuple[StageCounts, float, list[dict[int, float]]]:
    """Read what waits; counts, seconds from the first page to the last, and the memory of all processes in steps."""
    looks: list[dict[int, float]] = []
    times: list[float] = []

    def look(counts: StageCounts) -> None:
        done = counts.readings + counts.unreadable
        times.append(time.monotonic())
        if step and done % step == 0 and not counts.comparisons and len(looks) < done // step:
            own = os.getpid()
            looks.append({pid: resident(pid) for pid in (own, *sorted(children(own)))})
            told = "  ".join(f"{mib:6.0f}" for mib in looks[-1].values())
            print(f"{done:>7} pages   MiB {told}", flush=True)

    with Collection.open(folder) as collection, Catalogue.open(collection.catalogue_path, readonly=False) as catalogue:
        counts = ReadingStage(collection, catalogue, workers=workers, on_progress=look).run_until_done()
    return counts, times[-1] - times[0], looks


def memory(folder: Path, pages: int, seed: int, workers: int) -> None:
    """Memory over many pages."""
    store(folder / "collection", (exchange(number, seed) for number in range(pages)))
    step = max(1, pages // 20)
    print("the stage, and the processes that it started: resource tracker, fork server, workers")
    counts, seconds, looks = read(folder / "collection", workers, step=step)
    print(f"{counts.readings} read, {counts.unreadable} unreadable, {counts.readings / seconds:.1f} pages/s")
    claim("every page was read", counts.readings == pages)
    early, late = looks[len(looks) // 4], looks[-1]
    worst = max(late[pid] / early[pid] for pid in late if early.get(pid))
    claim(f"no process takes more than {GROWTH:.0%} of what it took after a quarter: {worst:.1%}", worst <= GROWTH)
    claim("all processes are those that began", late.keys() == early.keys())


def speed(folder: Path, pages: int, seed: int, rounds: int) -> None:
    """Pages a second by one worker and by two, in turns."""
    made = folder / "collection"
    store(made, (exchange(number, seed) for number in range(pages)))
    rates: dict[int, list[float]] = {1: [], 2: []}
    for n in range(rounds):
        for workers in (1, 2):
            copy = folder / f"copy-{n}-{workers}"
            shutil.copytree(made, copy)
            counts, seconds, _ = read(copy, workers)
            rates[workers].append(counts.readings / seconds)
            shutil.rmtree(copy)
            print(f"{workers} worker(s): {rates[workers][-1]:6.1f} pages/s", flush=True)
    gains = [two / one for one, two in zip(rates[1], rates[2], strict=True)]
    claim(f"two workers read {statistics.median(gains):.2f} times as fast as one", statistics.median(gains) >= GAIN)


def twins(folder: Path, pages: int, seed: int) -> None:
    """Pages that need not be read: the same payloads at the same addresses, without revisits, as other tools write."""
    made = folder / "collection"
    store(made, (exchange(number, seed) for number in range(pages)))
    _, seconds, _ = read(made, 1)
    store(made, (exchange(number, seed, again=5) for number in range(pages)))
    counts, again, _ = read(made, 1)
    print(f"read {1000 * seconds / pages:.1f} ms a page, taken over {1000 * again / pages:.1f} ms a page")
    claim("all of them were taken over", counts.copied == pages)
    claim(f"that costs {again / seconds:.0%} of reading", again <= TWIN * seconds)


def digests(folder: Path) -> Iterator[str]:
    """A line for each page in a folder: its name, and the digest of its reading or why there is none."""
    for path in sorted(one for one in folder.rglob("*.htm*") if one.is_file()):
        octets = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        stored = StoredPage(
            url=f"https://site.example/{path.relative_to(folder)}",
            captured_at=BEGAN,
            record_id="urn:uuid:00000000-0000-4000-8000-000000000000",
            payload_digest=digest(octets),
            content_type="text/html",
            octets=octets,
        )
        try:
            told = str(digest(read_page(stored).to_json()))
        except Exception as error:
            told = str(error)
        yield f"{path.relative_to(folder)} {told}"


def same(folder: Path) -> None:
    """Whether all pages in a folder are read to the same octets in processes that share nothing."""
    outputs = []
    for number, setting in enumerate(SETTINGS):
        command = [sys.executable, "-m", "bench.reprocess", "--digests", str(folder.resolve())]
        environment = {**os.environ, **setting, "PYTHONPATH": str(Path(__file__).resolve().parent.parent)}
        with tempfile.TemporaryDirectory() as cwd:
            done = subprocess.run(command, env=environment, cwd=cwd, capture_output=True, check=True)
        outputs.append(done.stdout)
        print(f"process {number + 1}: {hashlib.sha256(done.stdout).hexdigest()}", flush=True)
    lines = outputs[0].splitlines()
    others = [one for one, two in zip(lines, outputs[1].splitlines(), strict=True) if one != two]
    for line in others[:10]:
        print(f"another: {line.decode()}")
    claim(f"{len(lines)} pages are read to the same octets in both", bool(lines) and not others)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--pages", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--speed", action="store_true")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--twins", type=int, metavar="PAGES")
    parser.add_argument("--same", type=Path, metavar="FOLDER")
    parser.add_argument("--digests", type=Path, metavar="FOLDER", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.digests is not None:
        for line in digests(asked.digests):
            print(line)
        return 0
    if asked.same is not None:
        same(asked.same)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        if asked.speed:
            speed(Path(folder), asked.pages, asked.seed, asked.rounds)
        elif asked.twins is not None:
            twins(Path(folder), asked.twins, asked.seed)
        else:
            memory(Path(folder), asked.pages, asked.seed, asked.workers)
    return 0


if __name__ == "__main__":
    sys.exit(main())
