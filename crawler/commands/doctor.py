"""`khronika doctor`: what this machine can really do, and what it has let out about its operator."""

from __future__ import annotations

import contextlib
import os
import shutil
import ssl
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from archive.errors import ConfigError, KhronikaError, NoCollectionError, RecordError, UsageError
from crawler.cli import Application, Exit
from crawler.commands import doctor_s3
from crawler.commands.base import Group, open_collection, pass_application
from crawler.commands.base import command as make_command

if TYPE_CHECKING:
    from typing import BinaryIO

    from archive.collection import Collection
    from archive.disclosure import DisclosureKind
    from archive.facts import Fact
    from archive.privacy import PrivacySummary
    from crawler.config import Config

MINIMUM_FREE = 10**9
"""Octets: a WARC of the default size must fit."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was tried."""

    name: str
    ok: bool
    found: str
    expected: str


class _Doctor(Group):
    """`doctor` alone looks at the machine."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not {*args} & {"-h", "--help", *self.commands} and (not args or args[0].startswith("-")):
            args = ["machine", *args]
        return super().parse_args(ctx, args)


@click.group(
    "doctor",
    cls=_Doctor,
    examples=("khronika doctor", "khronika -C my-archive doctor privacy", "khronika -C my-archive doctor commitments"),
    exits=(Exit.VERIFICATION_FAILED, Exit.NO_COLLECTION),
)
def command() -> None:
    """What this machine can really do, and what was let out about it. Without a further word: `machine`."""


@make_command("machine", group=command, examples=("khronika doctor", "khronika -C my-archive --json doctor"))
@pass_application
def machine(application: Application) -> int:
    """Try what Khronika needs of this machine, and of the collection's folder where there is one.

    Each line is something that was tried just now, not something that was assumed. Exit status 1 when one failed.
    """
    output = application.output
    failed = 0
    for check in _checks(application):
        output.record(
            {"type": "check", "name": check.name, "ok": check.ok, "found": check.found, "expected": check.expected}
        )
        mark = output.style("✓", "good") if check.ok else output.style("✗", "bad")
        wanted = "" if check.ok else f" (expected {check.expected})"
        output.result(f"{mark} {check.name:<18} {check.found}{wanted}")
        failed += not check.ok
    return Exit.ERROR if failed else Exit.DONE


command.add_command(doctor_s3.command)

SHOWN = 20
"""Findings of a kind that people are shown without `-v`."""


@make_command(
    "privacy",
    group=command,
    examples=(
        "khronika doctor privacy",
        "khronika doctor privacy --address 203.0.113.7 --also texts.jsonl",
        "khronika doctor privacy from-elsewhere.warc.gz",
    ),
    exits=(Exit.VERIFICATION_FAILED, Exit.NO_COLLECTION),
)
@click.argument("files", nargs=-1, metavar="[FILE]...", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--address",
    "addresses",
    multiple=True,
    metavar="ADDRESS",
    help="The network address that your requests come from, as the sites see it. Nobody is asked for it.",
)
@click.option(
    "--word", "words", multiple=True, metavar="TEXT", help="Another word that must not be found, like a name."
)
@click.option(
    "--also",
    multiple=True,
    metavar="PATH",
    type=click.Path(exists=True, path_type=Path),
    help="Search this file or folder too, an export for instance.",
)
@pass_application
def privacy(
    application: Application,
    files: tuple[Path, ...],
    addresses: tuple[str, ...],
    words: tuple[str, ...],
    also: tuple[Path, ...],
) -> int:
    """Search all of a collection, or only FILEs, for what tells who or where you are.

    Looked for are the names of this machine and its users, MAC and network addresses, machine id, time zone, the
    absolute paths of the collection and of your home folder, proxies and name servers of khronika.toml, and what you
    name; and in what the crawler wrote, whatever looks like such a fact about any machine.

    written: it stands in what the crawler wrote; exit status 6. echoed: a server sent it, and it stays, because it is
    evidence; think of it before you hand the page on. given: you chose to tell it. unread: a file could not be read,
    so nobody knows; exit status 6. The facts themselves are not printed. What was not looked for is listed.
    """
    from archive.disclosure import Disclosure, DisclosureKind
    from archive.facts import given_address, given_word, machine_facts
    from archive.privacy import examine

    output = application.output
    facts: list[Fact] = [fact for text in addresses for fact in given_address(text)]
    facts += [given_word(text) for text in words]
    collection = None if files else open_collection(application)
    given: Sequence[str] = ()
    if collection is not None:
        config = _config(application, collection)
        given = _told(config) if config is not None else ()
        facts += _hidden(config) if config is not None else []
    facts += machine_facts([] if collection is None else [collection.path])
    shown: Counter[DisclosureKind] = Counter()
    summary: PrivacySummary | None = None
    with output.progress() as progress:
        root = None if collection is None else collection.path
        for found in examine(root, [*files, *also], facts, given=given, progress=progress):
            if not isinstance(found, Disclosure):
                summary = found
                continue
            output.record({"type": "finding", **found.as_record()})
            shown[found.kind] += 1
            if shown[found.kind] <= SHOWN or output.verbose:
                bad = found.kind in {DisclosureKind.WRITTEN, DisclosureKind.UNREAD}
                output.result((output.style("✗ ", "bad") if bad else "· ") + str(found))
    assert summary is not None, "examine ends with a summary"
    return _say_what_was_found(application, summary, shown)


def _say_what_was_found(application: Application, summary: PrivacySummary, shown: Counter[DisclosureKind]) -> int:
    from crawler.commands.views import count

    output = application.output
    output.record({"type": "summary", **summary.as_record()})
    for kind, times in shown.items():
        if times > SHOWN and not output.verbose:
            output.result(f"  … and {times - SHOWN} more {kind}: -v, or --json, names them all")
    output.result(f"{count(summary.files, 'file')} · {count(summary.records, 'record')} · looked for:")
    for fact in summary.searched:
        output.result(f"  {fact}")
    failed = summary.verdict == "failed"
    output.result(output.style(f"{'✗' if failed else '✓'} {summary.verdict}", "bad" if failed else "good"))
    if not failed:
        rest = f", beside {count(summary.echoed, 'place')} where a server sent it" if summary.echoed else ""
        output.result(f"  Nothing that was looked for stands in what the crawler wrote{rest}.")
    for gap in summary.not_searched:
        output.result(f"  not searched: {gap}")
    if failed:
        output.message("docs/operator.md says what to do about it.")
    return Exit.VERIFICATION_FAILED if failed else Exit.DONE


def _config(application: Application, collection: Collection) -> Config | None:
    from crawler.config import load_config

    try:
        return load_config(collection.config_path)
    except (ConfigError, OSError) as error:
        application.output.message(f"The settings are not read, and nothing counts as given: {error}")
        return None


def _told(config: Config) -> list[str]:
    """What the operator has chosen to tell."""
    texts = [str(config.operator), config.operator.name, config.operator.mail, config.crawl.user_agent or ""]
    texts.append(config.crawl.vantage)
    for site in config.sites:
        texts += [site.name, site.label, site.vantage or ""]
        texts += [site.robots_by, site.robots_reason, site.robots_ground]
    return [text for text in texts if text]


def _hidden(config: Config) -> list[Fact]:
    """What the settings hold and no record may: proxies and name servers."""
    from archive.facts import Fact, FactKind, given_address
    from archive.privacy import IN_CONFIG
    from crawler.nameserver import parse_nameserver
    from crawler.route import NO_PROXY, parse_proxy

    values = [(FactKind.HOST, parse_nameserver(server)[0]) for server in config.crawl.nameservers]
    for proxy in {config.crawl.proxy, config.log.proxy, *(site.proxy or "" for site in config.sites)} - {*NO_PROXY, ""}:
        parsed = parse_proxy(proxy)
        values += [
            (FactKind.HOST, parsed.host),
            (FactKind.USER, parsed.user or ""),
            (FactKind.PASSWORD, parsed.password or ""),
        ]
    found = []
    for kind, value in values:
        try:
            found += [Fact(fact.kind, fact.value, IN_CONFIG) for fact in given_address(value)]
        except UsageError:
            if value:
                found.append(Fact(kind, value, IN_CONFIG))
    return found


@make_command(
    "commitments",
    group=command,
    examples=(
        "khronika doctor commitments",
        "khronika doctor commitments --open 1",
        "khronika doctor commitments --check opening.json",
        'khronika doctor commitments --set "collector=Name of a person"',
    ),
    exits=(Exit.VERIFICATION_FAILED, Exit.NO_COLLECTION),
)
@click.argument("warcs", nargs=-1, metavar="[WARC]...", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--open", "number", type=click.IntRange(min=1), metavar="N", help="Print the opening of commitment N.")
@click.option(
    "--check",
    "opening_file",
    metavar="FILE",
    type=click.File("rb"),
    help="Hold the opening in FILE (- is stdin) against the collection's WARCs, or the WARCs named.",
)
@click.option(
    "--set", "chosen", metavar="NAME=VALUE", help="From now on commit to this exit-address, collector or remark."
)
@pass_application
def commitments(
    application: Application,
    warcs: tuple[Path, ...],
    number: int | None,
    opening_file: BinaryIO | None,
    chosen: str | None,
) -> int:
    """The facts about this machine that each crawl has committed to: list them, open one, check one.

    A commitment in a WARC tells nothing. Its opening, name, value and random salt, proves to whoever has the WARC that
    the fact was committed to when the WARC was made: hand out only the one that is asked for. The openings are in
    keys/commitments.jsonl. Who gets that file learns the facts; without it no commitment can ever be opened.
    """
    from archive.commitment import KEYS, choose, kept_openings

    if sum(one is not None for one in (number, opening_file, chosen)) > 1:
        raise click.UsageError("--open, --check and --set exclude each other")
    if warcs and opening_file is None:
        raise click.UsageError("WARCs are named for --check")
    output = application.output
    if opening_file is not None:
        return _check_opening(application, opening_file.read(), warcs)
    keys = open_collection(application).path / KEYS
    if chosen is not None:
        name, equals, value = chosen.partition("=")
        if not equals:
            raise click.UsageError(f"--set: expected NAME=VALUE, found {chosen!r}")
        choose(keys, name.strip(), value.strip())
        output.message(f"Crawls commit to this {name.strip()} from now on.")
        return Exit.DONE
    kept = kept_openings(keys)
    if number is not None:
        if number > len(kept):
            raise UsageError(f"expected a commitment from 1 to {len(kept)}, found {number}")
        sys.stdout.buffer.write(kept[number - 1].opening.octets() + b"\n")
        sys.stdout.buffer.flush()
        return Exit.DONE
    for n, one in enumerate(kept, 1):
        output.record({"type": "commitment", "n": n, **one.as_record()})
        output.result(f"{n:>5}  {one.crawl}  {one.opening.name:<16} {one.opening.commitment}")
    if not kept:
        output.message("No crawl of this collection has committed to anything yet.")
    return Exit.DONE


def _check_opening(application: Application, octets: bytes, warcs: Sequence[Path]) -> int:
    from archive.commitment import parse_opening, published
    from crawler.commands.views import count

    output = application.output
    opening = parse_opening(octets)
    files: list[Path | str] = list(warcs)
    collection = None if files else open_collection(application)
    if collection is not None:
        here = {path.name.removesuffix(".open") for path in collection.archive_folder.iterdir()}
        files += sorted(here.union(collection.held.closed()))
    found: list[tuple[str, str]] = []
    for file in files:
        try:
            with contextlib.ExitStack() as stack:
                held = None if collection is None else collection.held
                path = Path(file) if held is None else stack.enter_context(held.whole(str(file)))
                for crawl, one in published(path):
                    if one == opening.commitment:
                        found.append((path.name, crawl))
        except RecordError as error:
            output.message(f"{error}; what comes after it is not searched")
    for file, crawl in found:
        output.record({"type": "commitment", "file": file, "crawl": crawl, "commitment": opening.commitment})
        output.result(f"{file}  crawl {crawl}  commits to {opening.name} = {opening.value!r}")
    mark = output.style("✓", "good") if found else output.style("✗", "bad")
    output.result(f"{mark} {opening.commitment}: found in {len(found)} of {count(len(files), 'WARC')}")
    return Exit.DONE if found else Exit.VERIFICATION_FAILED


@make_command(
    "time",
    group=command,
    examples=("khronika doctor time", "khronika -C my-archive --json doctor time"),
    exits=(Exit.VERIFICATION_FAILED,),
)
@pass_application
def doctor_time(application: Application) -> int:
    """What this machine's clock is worth, as the system says, and the last token of each time-stamping authority.

    Nobody is asked over the network. The last token of each authority is checked; exit status 6 when one does not hold.
    That the clock is not synchronised, or that a token is due, is told and no failure.
    """
    from archive.clock import read_clock

    output = application.output
    clock = read_clock()
    output.record(
        {
            "type": "clock",
            "source": clock.source,
            "synchronised": clock.synchronised,
            "offset": clock.offset,
            "error": clock.error,
        }
    )
    output.result(f"{_mark(application, clock.synchronised or None)} clock: {clock}")
    try:
        collection = open_collection(application)
    except NoCollectionError:
        if application.folder != Path():
            output.message(f"No collection is in {application.folder}: only the clock is looked at.")
        return Exit.DONE
    failed = 0
    for found in _authorities(collection, _config(application, collection)):
        output.record({"type": "authority", **found.as_record()})
        output.result(f"{_mark(application, found.ok)} authority {found.name}: {found.words}")
        failed += found.ok is False
    return Exit.VERIFICATION_FAILED if failed else Exit.DONE


def _mark(application: Application, ok: bool | None) -> str:
    """Good, bad, or worth knowing."""
    output = application.output
    if ok is None:
        return output.style("·", "warn")
    return output.style("✓", "good") if ok else output.style("✗", "bad")


@dataclass(frozen=True, slots=True)
class _Authority:
    """What there is of a time-stamping authority."""

    name: str
    configured: bool
    due: bool
    """Whether the newest checkpoint is to be shown to it."""
    size: int | None = None
    """Of the checkpoint that its last token is over; None without a token."""
    time: str | None = None
    problem: str | None = None

    @property
    def ok(self) -> bool | None:
        """Whether its last token holds, and is over all that is signed."""
        if self.problem is not None:
            return False
        return None if self.size is None or self.due else True

    @property
    def words(self) -> str:
        """For a person."""
        if self.problem is not None:
            return self.problem
        left_out = "" if self.configured else "; khronika.toml does not name it any more"
        if self.size is None:
            return "no time-stamp yet; khronika checkpoint --timestamp asks for one" + left_out
        newer = "; more was signed since" if self.due else ""
        return f"last time-stamp {self.time}, over the first {self.size} entries of the log{newer}{left_out}"

    def as_record(self) -> dict[str, object]:
        """As programs read it."""
        return {
            "name": self.name,
            "configured": self.configured,
            "due": self.due,
            "size": self.size,
            "time": self.time,
            "ok": self.ok,
            "problem": self.problem,
        }


def _authorities(collection: Collection, config: Config | None) -> Iterator[_Authority]:
    from archive.anchor import Kept, certificate_name, is_due, kept_tokens
    from archive.store import FolderStore
    from archive.timestamp import verify_token

    store = FolderStore(collection.path)
    configured = {} if config is None else {one.name: one for one in config.log.authorities}
    kept = kept_tokens(store)
    log = collection.log()
    for name in {**dict.fromkeys(configured), **dict.fromkeys(one.authority for one in kept)}:
        due = name in configured and is_due(log, kept, name)
        size = max((one.size for one in kept if one.authority == name), default=None)
        if size is None:
            yield _Authority(name, True, due)
            continue
        last = Kept(size, name)
        try:
            bound = store.exists(certificate_name(name))
            pem = store.read(certificate_name(name)) if bound else configured[name].certificates(collection.path)
            token = verify_token(store.read(last.name), log.checkpoint_at(size), pem)
        except KeyError:
            problem = f"{last.name} cannot be checked: expected {certificate_name(name)}, found none"
            yield _Authority(name, False, due, size, None, problem)
        except (KhronikaError, OSError) as error:
            yield _Authority(name, name in configured, due, size, None, f"{last.name} does not hold: {error}")
        else:
            yield _Authority(name, name in configured, due, size, f"{token.gen_time:%Y-%m-%d %H:%M:%S} UTC")


def _checks(application: Application) -> Iterator[Check]:
    yield _tried("python", _python, "3.11 or newer")
    yield _tried("sqlite", _sqlite, "3.37 or newer, with STRICT tables")
    yield _tried("tls", _tls, "TLS 1.3, and a root store")
    yield _tried("text extraction", _text, "trafilatura reads a page")
    yield _tried("language", _language, "each of some sentences is known for the language that it is in")
    yield _tried("pdf", _pdf, "PDFium opens")
    yield _tried("terminal", _terminal, "UTF-8")
    yield _tried("browser", lambda: _browser(application), "Chromium and the extra `browser`, which a site asks for")
    try:
        collection = open_collection(application)
    except NoCollectionError:
        if application.folder != Path():
            application.output.message(f"No collection is in {application.folder}: the temporary folder is tried.")
        folder = Path(tempfile.gettempdir())
        where = "temporary folder"
    else:
        folder = collection.path
        where = "collection"
        yield _tried("settings", lambda: _settings(collection.config_path), "khronika.toml without a fault")
        yield _tried(
            "catalogue", lambda: f"{sum(1 for _ in collection.catalogue.files())} WARCs", "a readable catalogue"
        )
    yield _tried(f"disk ({where})", lambda: _disk(folder), "1 GB free")
    yield _tried(f"sync ({where})", lambda: _sync(folder), "a file that can be written and synced")
    yield _tried(f"lock ({where})", lambda: _lock(folder), "a lock that keeps a second writer out")


def _browser(application: Application) -> str:
    import asyncio

    from crawler.browser import lacking, trial

    missing = lacking()
    if missing is None:
        return asyncio.run(trial())
    try:
        config = _config(application, open_collection(application))
    except KhronikaError:
        config = None  # what is wrong with a collection has a line of its own
    if config is not None and any(site.browser for site in config.sites):
        raise KhronikaError(f"this machine lacks {missing}")
    return f"none, and no site asks for one; missing: {missing}"


def _tried(name: str, attempt: Callable[[], str], expected: str) -> Check:
    try:
        return Check(name, True, attempt(), expected)
    except Exception as error:  # noqa: BLE001 - whatever fails is what the doctor was asked about
        return Check(name, False, f"{type(error).__name__}: {error}", expected)


def _python() -> str:
    return sys.version.split()[0]


def _sqlite() -> str:
    import sqlite3

    with tempfile.TemporaryDirectory() as folder:
        connection = sqlite3.connect(Path(folder) / "t.sqlite")
        try:
            (mode,) = connection.execute("PRAGMA journal_mode=WAL").fetchone()
            connection.execute("CREATE TABLE t (a INTEGER) STRICT")
        finally:
            connection.close()
    if mode != "wal":
        raise RuntimeError(f"journal mode {mode}")
    return sqlite3.sqlite_version


def _tls() -> str:
    import certifi

    context = ssl.create_default_context(cafile=certifi.where())
    if not ssl.HAS_TLSv1_3:
        raise RuntimeError("no TLS 1.3")
    return f"{ssl.OPENSSL_VERSION}, {context.cert_store_stats()['x509_ca']} roots (certifi {certifi.__version__})"


def _text() -> str:
    import trafilatura

    page = (
        "<html><body><article>"
        + "<p>A sentence of a page, long enough to be read.</p>" * 5
        + "</article></body></html>"
    )
    if not trafilatura.extract(page):
        raise RuntimeError("no text came out")
    return f"trafilatura {trafilatura.__version__}"


_SENTENCES = {
    "en": "The district court has not yet said when the hearing will be held.",
    "ru": "Районный суд ещё не сообщил, когда состоится заседание.",
    "uk": "Районний суд ще не повідомив, коли відбудеться засідання.",
    "be": "Раённы суд яшчэ не паведаміў, калі адбудзецца паседжанне.",
    "ka": "რაიონულ სასამართლოს ჯერ არ უთქვამს, როდის გაიმართება სხდომა.",
}


def _language() -> str:
    from pipelines.language import judge

    found = {language: judge(sentence).language for language, sentence in _SENTENCES.items()}
    wrong = [f"{language} for {found[language]}" for language in found if found[language] != language]
    if wrong:
        raise RuntimeError(f"took {', '.join(wrong)}")
    return f"sentences in {', '.join(found)} are told apart"


def _pdf() -> str:
    from pipelines.pdfium import engine_version

    return f"PDFium {engine_version()}"


def _terminal() -> str:
    encoding = sys.stdout.encoding or "none"
    if encoding.lower().replace("-", "") != "utf8":
        raise RuntimeError(encoding)
    return encoding


def _settings(path: Path) -> str:
    from crawler.config import load_config

    return f"{len(load_config(path).sites)} sites"


def _disk(folder: Path) -> str:
    free = shutil.disk_usage(folder).free
    if free < MINIMUM_FREE:
        raise RuntimeError(f"{free / 1e9:.1f} GB free")
    return f"{free / 1e9:.0f} GB free"


def _sync(folder: Path) -> str:
    rounds = 5
    with tempfile.TemporaryFile(dir=folder) as file:
        started = time.perf_counter()
        for _ in range(rounds):
            file.write(b"x" * 4096)
            file.flush()
            os.fsync(file.fileno())
        took = (time.perf_counter() - started) / rounds
    return f"{1000 * took:.1f} ms a sync"


def _lock(folder: Path) -> str:
    import fcntl

    with tempfile.NamedTemporaryFile(dir=folder) as first, Path(first.name).open("rb") as second:
        fcntl.flock(first, fcntl.LOCK_EX | fcntl.LOCK_NB)
        try:
            fcntl.flock(second, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return "keeps a second writer out"
    raise RuntimeError("two writers got the same lock")
