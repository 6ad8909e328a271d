"""Notices under kills and a receiver that is up, down, slow, unwell or silent: none is lost, none told under two ids.

A local site whose pages are edited from crawl to crawl, a receiver that changes its mind at random moments, and the
real commands `crawl` and `notify`, killed with SIGKILL at random moments. At the end the receiver is well, and what is
left is sent. Then each change that `khronika changes` lists has arrived under its own id; what arrived twice did so
under the same id with the same words, so that a receiver which knows an id keeps it once; how much that was is printed.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bench.campaign import command, run
from bench.crawl import claim

sys.path.append(str(Path(__file__).parent.parent / "tests"))

from notice_receiver import Answer, Receiver
from page_server import PageServer

from crawler.notices import backoff

NUMBERS = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen")
TOKEN = "t0ken-that-is-nobodys-affair"
MOODS = ("well", "well", "slow", "unwell", "busy", "elsewhere", "silent", "down")


def page(number: int, term: str) -> str:
    name = f"Primer Primerov the {number}th"
    return (
        f"<html lang=en><head><title>{name}</title></head><body><main><article><h1>{name}</h1><p>{name}, who is "
        f"invented, was sentenced to {term} years in a colony. The court read the verdict of case {number} on a "
        f"Tuesday, and relatives waited outside until the evening.</p></article></main></body></html>"
    )


class Site:
    """Pages that are edited."""

    def __init__(self, pages: int, chance: random.Random) -> None:
        self._chance = chance
        self._terms = [0] * pages
        links = "".join(f'<li><a href="/case/{number}/">Case {number}</a></li>' for number in range(pages))
        self.server = PageServer({"/": f"<html lang=en><title>Cases</title><body><main><ul>{links}</ul></main>"})
        self.edit(pages)

    def edit(self, number: int) -> None:
        """Another term on so many pages."""
        for case in self._chance.sample(range(len(self._terms)), number):
            self._terms[case] += 1
            self.server.pages[f"/case/{case}/"] = page(case, NUMBERS[self._terms[case] % len(NUMBERS)])


class Moods:
    """What the receiver is like, for a while each."""

    def __init__(self, receiver: Receiver, chance: random.Random) -> None:
        self._receiver, self._chance = receiver, chance
        self._stop = threading.Event()
        self.seen: Counter[str] = Counter()
        self._thread = threading.Thread(target=self._change, daemon=True)
        self._thread.start()

    def _change(self) -> None:
        is_down = False
        while not self._stop.is_set():
            mood = self._chance.choice(MOODS)
            self.seen[mood] += 1
            if mood == "down":
                self._receiver.down()
            elif is_down:
                self._receiver.up()
            is_down = mood == "down"
            elsewhere = (("Location", self._receiver.url(f"/elsewhere/{TOKEN}")),)
            answer = {
                "slow": Answer(seconds=0.3),
                "unwell": Answer(500, echo=True),
                "busy": Answer(429, headers=(("Retry-After", "1"),)),
                "elsewhere": Answer(302, headers=elsewhere, echo=True),
                "silent": Answer(None, seconds=0.1),
            }.get(mood, Answer(seconds=0.02))
            self._receiver.answer = lambda number, record, answer=answer: answer  # type: ignore[misc]
            self._stop.wait(self._chance.uniform(0.2, 1.5))
        if is_down:
            self._receiver.up()
        self._receiver.answer = lambda number, record: Answer()

    def end(self) -> None:
        """The receiver is well from now on."""
        self._stop.set()
        self._thread.join()


def killed(words: list[str], seconds: float, receiver: Receiver | None = None) -> tuple[bool, str]:
    """Run a command and kill it after so long; whether that was in time, and what it said.

    `receiver`: the time counts from the first message that it gets, or from ten seconds after the start.
    """
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        had, until = 0 if receiver is None else len(receiver.taken), time.monotonic() + 10
        while (
            receiver is not None and len(receiver.taken) == had and process.poll() is None and time.monotonic() < until
        ):
            time.sleep(0.005)
        said, _ = process.communicate(timeout=seconds)
        return False, said
    except subprocess.TimeoutExpired:
        process.kill()
        said, _ = process.communicate()
        return True, said


def simulated_hour() -> None:
    """How often a message is tried by the clock while its receiver is down for an hour, asked for every minute."""
    at = began = datetime(2026, 11, 22, tzinfo=UTC)
    due, attempts = at, 0
    while at < began + timedelta(hours=1):
        if at >= due:
            attempts += 1
            due = at + backoff(attempts, 0.5)
        at += timedelta(minutes=1)
    claim(
        f"an hour without the receiver: {attempts} attempts, the next {(due - at).total_seconds():.0f} s later",
        attempts < 12,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--pages", type=int, default=12)
    arguments = parser.parse_args()
    chance = random.Random(arguments.seed)
    simulated_hour()
    with tempfile.TemporaryDirectory() as folder:
        campaign(Path(folder) / "collection", chance, kills=arguments.kills, pages=arguments.pages)


def campaign(path: Path, chance: random.Random, *, kills: int, pages: int) -> None:
    site, receiver = Site(pages, chance), Receiver()
    run(path.parent, "init", str(path), "--operator", "Ledger Project <ledger@example.org>")
    secret = path / "keys" / "notice-team"
    secret.write_text(receiver.url(f"/hook/{TOKEN}"))
    secret.chmod(0o600)
    config = path / "khronika.toml"
    text = config.read_text().replace("\n[crawl]\n", "\n[crawl]\nfetch-processes = 0\nworkers = 1\n", 1)
    text += f'\n[[site]]\nname = "ledger"\nstart = ["{site.server.url()}"]\n'
    config.write_text(text + '\n[[notice]]\nname = "team"\nwebhook-file = "keys/notice-team"\n')
    crawl = ["crawl", "ledger", "--delay", "0"]
    first = run(path, *crawl)
    claim("the first crawl ends well", first.returncode == 0)
    site.edit(pages // 2)

    moods = Moods(receiver, random.Random(chance.random()))
    said, done, in_time, ran = [first.stdout + first.stderr], 0, Counter[str](), 0
    while done < kills:
        for words in (crawl, *([["notify", "--now"]] * chance.randint(1, 4))):
            ran += 1
            by_message = words is not crawl or chance.random() < 0.3
            seconds = chance.uniform(0.0, 0.6) if by_message else chance.uniform(0.6, 8.0)
            hit, told = killed(command(path, *words), seconds, receiver if by_message else None)
            said.append(told)
            done += hit
            in_time[words[0]] += hit
        if not hit or chance.random() < 0.5:
            # what is written down, and has pages of its own, is there to be sent
            said.append(run(path, *crawl).stdout)
            site.edit(chance.randint(pages // 2, pages))
    moods.end()
    claim(f"{done} kills in {ran} runs ({dict(in_time)}); the receiver was {dict(moods.seen)}", done >= kills)

    last = run(path, *crawl)
    said.append(last.stdout + last.stderr)
    until = time.monotonic() + 300
    while (sent := run(path, "notify", "--now")).returncode == 3 and time.monotonic() < until:
        said.append(sent.stdout + sent.stderr)
    claim(f"at the end all is sent: exit {sent.returncode} {sent.stderr[-300:]}", sent.returncode == 0)
    held(path, receiver, said)
    receiver.down()
    site.server.close()


def held(path: Path, receiver: Receiver, said: list[str]) -> None:
    """The claims."""
    listed = [json.loads(line) for line in run(path, "changes").stdout.splitlines()]
    expected = {record["id"] for record in listed}
    groups = {change for taken in receiver.taken for change in taken.record.get("pages", [])}
    kept = Counter(receiver.keys)
    grouped = {record["id"] for record in listed if record.get("group") in kept}
    lost = expected - set(kept) - grouped
    claim(f"{len(expected)} changes, {len(lost)} lost; {len(grouped)} told as groups {len(groups) or ''}", not lost)
    unknown = set(kept) - expected - {record.get("group") for record in listed}
    claim(f"{len(unknown)} told that are none", not unknown)
    twice = {key: times - 1 for key, times in kept.items() if times > 1}
    bodies: dict[str, set[str]] = {}
    for taken in receiver.taken:
        bodies.setdefault(taken.key, set()).add(json.dumps(_lasting(taken.record), sort_keys=True))
    claim(
        f"each arrived once by its id; {sum(twice.values())} of {sum(kept.values())} messages came again under an id "
        f"that the receiver had, with the same words",
        all(len(several) == 1 for several in bodies.values()),
    )
    first = list(dict.fromkeys(receiver.keys))
    at = {record["id"]: record["to"] for record in listed}
    order = [at[key] for key in first if key in at]
    wrong = sum(later < earlier for earlier, later in itertools.pairwise(order))
    print(f"     {wrong} of {len(order)} arrived after one that is newer")
    written = [file for file in path.rglob("*") if file.is_file() and file.name != "notice-team"]
    leaks = [file.name for file in written if TOKEN.encode() in file.read_bytes()]
    leaks += ["output" for words in said if TOKEN in words]
    claim(f"the token of the address is in none of {len(written)} files and {len(said)} outputs {leaks}", not leaks)


def _lasting(record: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in record.items() if key != "khronika"}


if __name__ == "__main__":
    main()
