"""Scripted histories: sites that change from crawl to crawl as a script says, crawled by the real command.

    python -m bench.histories --seed 1                   40 crawls
    python -m bench.histories --seed 1 --crawls 16       a short one

Servers on loopback have made-up pages, and a script for each says what it answers at each crawl: flaps, takedowns,
moves, a mirror, a parked domain, a week of 403, new templates, edits during an outage, entries that leave a list. In
the middle the rules of reading are raised, as by an upgrade. Checked: the changes that are told are exactly the
expected ones, each at its crawl; with --rebuild, that the catalogue made anew tells the same. The exit status is 1
otherwise.

Crawls follow each other within seconds, so that what is established by days is not part of this
(`tests/pipelines/test_page_states.py`); all that is established by looks is.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from archive.catalogue import Catalogue
from archive.kinds import QUIET

NEWER = """
import pipelines.page, pipelines.rules
pipelines.rules.RULES_VERSION = "99"
pipelines.page.TITLE_LIMIT = 60
"""
"""Rules of a later version, which read no page of these otherwise but one with a long title."""

HTML = {"Content-Type": "text/html; charset=utf-8"}


@dataclass(frozen=True)
class Reply:
    """What a server answers."""

    body: str = ""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: HTML)


Script = Callable[[int], Reply]
"""What is answered at the n-th crawl, from 1."""
Told = tuple[int, str, str]
"""Number of the crawl, page, kind."""


# --- made-up pages ----------------------------------------------------------------------------------------------------

_NAMES = (
    *("Ада Линдквист", "Борис Кремер", "Вера Соловьянова", "Глеб Ясеневич", "Дарья Полынина", "Егор Ольшанский"),
    *("Жанна Ветлугина", "Захар Кольцевой", "Инна Березовцева", "Кирилл Дубравин", "Лада Морошкина", "Марк Заречнев"),
    *("Нина Островая", "Олег Пихтовый", "Полина Рябинкина", "Роман Тростников", "Софья Ледоходова", "Тимур Калинский"),
    *("Ульяна Брусникина", "Фёдор Осокин", "Эльза Верескова", "Юрий Ковыльный", "Яна Багульникова", "Артём Сосновцев"),
)
_PLACES = ("Северореченск", "Дальний Брод", "Кедровка", "Озёрск-на-Ветле", "Новый Плёс", "Тихая Пристань")
_COURTS = ("Заречный районный суд", "Приозёрный городской суд", "Кедровский областной суд", "Плёсский районный суд")
_SENTENCES = (
    "{court} отправил {name} в следственный изолятор до {day} {month}.",
    "Следствие считает, что {name} распространял листовки на площади у речного вокзала.",
    "Защита просила о домашнем аресте, но суд отказал и сослался на тяжесть обвинения.",
    "{name} не признаёт вины и говорит, что в тот вечер был дома, в городе {place}.",
    "Прокурор запросил {term} лет колонии общего режима и штраф.",
    "Соседи рассказали, что обыск начался в {hour} утра и шёл до позднего вечера.",
    "По делу проходят ещё {term} человек, все они живут в городе {place}.",
    "Свидетель отказался от своих слов и заявил о давлении во время допроса.",
    "Адвокат подал жалобу, рассмотреть её должны {day} {month}.",
    "Письма можно отправить по адресу: {place}, улица Причальная, дом {hour}.",
    "Заседание перенесли, потому что эксперт не приехал из города {place}.",
    "Мать рассказала, что видела сына всего {term} раза за всё это время.",
)
_MONTHS = ("января", "марта", "апреля", "июня", "августа", "октября", "декабря")


@dataclass(frozen=True)
class Article:
    """A page of a case."""

    name: str
    paragraphs: tuple[str, ...]

    @classmethod
    def of(cls, seed: str) -> Article:
        rng = random.Random(seed)
        name = _NAMES[int(seed.rpartition("/")[2]) % len(_NAMES)]
        chosen = rng.sample(_SENTENCES, 9)
        sentences = [
            sentence.format(
                name=name,
                court=rng.choice(_COURTS),
                place=rng.choice(_PLACES),
                day=rng.randint(2, 28),
                month=rng.choice(_MONTHS),
                term=rng.randint(2, 9),
                hour=rng.randint(4, 9),
            )
            for sentence in chosen
        ]
        return cls(name, tuple(" ".join(sentences[at : at + 3]) for at in range(0, 9, 3)))

    def edited(self) -> Article:
        """The same with another term in one sentence more."""
        more = "Новый приговор: восемнадцать лет колонии строгого режима."
        return Article(self.name, (*self.paragraphs[:-1], f"{self.paragraphs[-1]} {more}"))


_MENU = ("О нас", "Список", "Новости", "Помочь", "Контакты", "Архив")
_SITE = "Хроника Заречья"


def _menu() -> str:
    return "".join(f'<li><a href="/section/{n}">{word}</a></li>' for n, word in enumerate(_MENU))


def template(title: str, main: str, *, new: bool = False) -> str:
    """A page of the site, in the old or in the new design."""
    if new:
        return (
            f"<!doctype html><html lang='ru'><head><meta charset='utf-8'><title>{title} | {_SITE}</title></head>"
            f"<body class='x91'><div class='q1'><div class='k7'><div class='z3'><h1>{title}</h1>{main}</div></div>"
            "</div>"
            f"<div class='w2'><ul class='u5'>{_menu()}</ul></div>"
            f"<div class='f8'><p>{_SITE}, независимая летопись. Перепечатка со ссылкой.</p></div></body></html>"
        )
    return (
        f"<!doctype html><html lang='ru'><head><meta charset='utf-8'><title>{title} | {_SITE}</title></head><body>"
        f"<header><nav><ul>{_menu()}</ul></nav></header><main><article><h1>{title}</h1>{main}</article></main>"
        f"<footer><p>{_SITE}, независимая летопись. Перепечатка со ссылкой.</p></footer></body></html>"
    )


def shown(article: Article, *, new: bool = False) -> Reply:
    """A page of a case as a server answers it."""
    return Reply(template(f"Дело: {article.name}", "".join(f"<p>{one}</p>" for one in article.paragraphs), new=new))


def status(number: int, words: str = "") -> Reply:
    """An error as a server answers it."""
    return Reply(
        f"<html><head><title>{number}</title></head><body><h1>{number}</h1><p>{words}</p></body></html>", number
    )


def redirect(to: str, number: int = 302) -> Reply:
    return Reply("<html><body>See there</body></html>", number, {**HTML, "Location": to})


SOFT_404 = Reply(template("Страница не найдена", "<p>К сожалению, такой страницы нет. Начните с первой.</p>"))
CHALLENGE = Reply(
    "<!doctype html><html><head><title>Just a moment...</title></head><body><h1>Проверка браузера</h1>"
    "<p>Verifying you are human. This may take a few seconds.</p><script>window._cf_chl_opt={};</script></body></html>"
)
PARKED = Reply(
    "<!doctype html><html><head><title>zarechye.example</title></head><body><h1>zarechye.example</h1>"
    "<p>This domain is for sale. Make an offer or buy this domain now.</p><p>Related searches: flights, loans</p>"
    "</body></html>"
)
_OTHER = (
    "Our bakery opened its doors twelve years ago beside the harbour, where fishermen wanted bread before sunrise. "
    "Today seven bakers knead sourdough, roll croissants and decorate cakes for weddings throughout the county. "
    "Flour comes from a windmill nearby, butter from pastures along the coast, and cherries from an orchard. "
    "Visit our counter every morning except Monday, taste something warm, and take home whatever smells irresistible."
)
HIJACKED = Reply(
    "<!doctype html><html lang='en'><head><title>Harbour Bakery - sourdough &amp; croissants</title></head><body>"
    "<div class='top'><a href='/menu-card'>Menu card</a> <a href='/opening-times'>Opening times</a></div>"
    f"<h1>Fresh bread</h1><p>{_OTHER}</p><p>{_OTHER.replace('bread', 'pastry')}</p>"
    "<div class='bottom'><p>Harbour Bakery Ltd, all crumbs reserved</p></div></body></html>"
)


# --- scripts ----------------------------------------------------------------------------------------------------------


@dataclass
class Play:
    """What all servers answer at each crawl, and what is expected to be told."""

    crawls: int
    seed: int
    pages: dict[str, dict[str, Script]] = field(default_factory=dict)
    """By server, then by path."""
    down: dict[str, range] = field(default_factory=dict)
    """The crawls at which nobody listens, by server."""
    expected: list[Told] = field(default_factory=list)
    _cases: int = 0

    def article(self) -> Article:
        """Another case each time."""
        self._cases += 1
        return Article.of(f"{self.seed}/{self._cases}")

    def alone(self, path: str, script: Script, *events: tuple[int, str]) -> None:
        """A page on a server of its own: crawls are slow with a server that had to refuse one."""
        self.put(path, script, *events, server=path.strip("/").replace("/", "-"))

    def put(self, path: str, script: Script, *events: tuple[int, str], server: str = "north") -> None:
        """A page, and the events that are expected of it, with their crawls."""
        self.pages.setdefault(server, {})[path] = script
        self.expected += [(n, path, kind) for n, kind in events if n <= self.crawls]


def written(crawls: int, seed: int) -> Play:
    """All histories, for so many crawls: 16 at least."""
    rng = random.Random(seed)
    play = Play(crawls, seed)
    _flaps(play, rng)
    _takedowns(play, rng)
    _moves(play, rng)
    _edits(play, rng)
    _lists(play, rng)
    _hosts(play, rng)
    paths = sorted(play.pages["north"])
    entries = "".join(f'<li><a href="{path}">Страница {n}</a></li>' for n, path in enumerate(paths, 1))
    play.put("/", lambda n: Reply(template(_SITE, f"<p>Здесь собраны все страницы летописи.</p><ul>{entries}</ul>")))
    return play


def _flaps(play: Play, rng: random.Random) -> None:
    """What comes and goes is no event."""

    def flap(path: str, pattern: str, answers: Mapping[str, Reply]) -> None:
        page = shown(play.article())
        shift = rng.randrange(len(pattern))
        # the last crawls see the page, whatever the pattern, so that no row is left half told
        play.alone(path, lambda n: page if n == 1 else answers.get(pattern[(n + shift) % len(pattern)], page))

    failing = {"5": status(503), "4": status(404), "3": status(403), "s": SOFT_404, "c": CHALLENGE}
    flap("/flap/every-other", ".5", failing)
    flap("/flap/four-in-a-row", "5555.", failing)
    flap("/flap/two-missing", "44.", failing)
    flap("/flap/mixed", "4554.", failing)
    flap("/flap/blocked", "33c3.", failing)
    flap("/flap/soft", "s4.s.", failing)
    flap("/flap/all", "54s3.5.", failing)


def _takedowns(play: Play, rng: random.Random) -> None:
    def taken(path: str, kind: str, reply: Reply, **how: str) -> None:
        page, start = shown(play.article()), rng.randint(3, 8)
        play.put(path, lambda n: page if n < start else reply, (start + 2, kind), **how)

    taken("/taken/not-found", "gone", status(404))
    taken("/taken/gone", "gone", status(410))
    taken("/taken/soft", "soft-404", SOFT_404)
    taken("/taken/home", "redirected-home", redirect("/"))
    taken("/taken/home-for-good", "redirected-home", redirect("/", 301))
    taken("/taken/to-an-error-page", "soft-404", redirect("/error-page"))
    taken("/taken/hijacked", "replaced", HIJACKED)
    play.put("/error-page", lambda n: SOFT_404)

    page, start = shown(play.article()), rng.randint(3, 6)
    between = {start + 1, start + 3}
    play.alone(
        "/taken/with-errors-between",
        lambda n: page if n < start else status(503) if n in between else status(404),
        (start + 4, "gone"),
    )
    week, begun = shown(play.article()), rng.randint(3, 6)
    play.alone(
        "/blocked/a-week",
        lambda n: status(403) if begun <= n < begun + 7 else week,
        *((begun + 4, "blocked"), (begun + 7, "back")),
    )
    tested, met = shown(play.article()), rng.randint(3, 6)
    play.alone(
        "/blocked/by-a-challenge",
        lambda n: CHALLENGE if met <= n < met + 6 else tested,
        *((met + 4, "blocked"), (met + 6, "back")),
    )
    month = max(4, play.crawls - 12)
    for path, after in (("/back/unchanged", False), ("/back/edited", True)):
        article, went = play.article(), rng.randint(3, 5)
        then = shown(article.edited() if after else article)
        end = went + month
        before = shown(article)

        def script(n: int, start: int = went, end: int = end, before: Reply = before, then: Reply = then) -> Reply:
            return before if n < start else status(404) if n < end else then

        play.put(path, script, (went + 2, "gone"), (end, "back"), *([(end, "edited")] if after else []))


def _moves(play: Play, rng: random.Random) -> None:
    article, start = play.article(), rng.randint(3, 6)
    before, later = shown(article), shown(article.edited())
    play.put("/old/with-redirect", lambda n: before if n < start else redirect("/new/with-redirect", 301))
    play.expected.append((start + 2, "/old/with-redirect", "moved"))
    play.put("/new/with-redirect", lambda n: status(404) if n < start else before if n < start + 5 else later)
    play.expected.append((start + 5, "/new/with-redirect", "edited"))

    article2, start2 = play.article(), rng.randint(3, 6)
    before2, edited2 = shown(article2), shown(article2.edited())
    play.put("/old/edited-on-the-way", lambda n: before2 if n < start2 else redirect("/new/edited-on-the-way"))
    play.expected.append((start2 + 2, "/old/edited-on-the-way", "moved"))
    play.put("/new/edited-on-the-way", lambda n: status(404) if n < start2 else edited2)
    play.expected.append((start2, "/new/edited-on-the-way", "edited"))

    found, start3 = shown(play.article()), rng.randint(3, 6)
    play.put("/old/without-redirect", lambda n: found if n < start3 else status(404), (start3 + 2, "moved"))
    play.put("/new/without-redirect", lambda n: status(404) if n < start3 else found)

    flapping = shown(play.article())
    play.put("/old/for-a-moment", lambda n: redirect("/new/for-a-moment") if n % 4 == 0 else flapping)
    play.put("/new/for-a-moment", lambda n: status(404) if n < 4 else flapping)


def _edits(play: Play, rng: random.Random) -> None:
    article, when = play.article(), rng.randint(4, 9)
    before, after = shown(article), shown(article.edited())
    play.put("/edit/once", lambda n: before if n < when else after, (when, "edited"))

    outage = rng.randint(4, 7)
    article2 = play.article()
    before2, after2 = shown(article2), shown(article2.edited())
    play.alone(
        "/edit/during-an-outage",
        lambda n: before2 if n < outage else status(503) if n < outage + 3 else after2,
        (outage + 3, "edited"),
    )
    designed, new = play.article(), rng.randint(4, 9)
    old_look, new_look = shown(designed), shown(designed, new=True)
    play.put("/edit/new-template", lambda n: old_look if n < new else new_look)
    still = shown(play.article())
    play.put("/edit/never", lambda n: still)


def _lists(play: Play, rng: random.Random) -> None:
    names = rng.sample(_NAMES, 12)
    left = rng.randint(4, 8)

    def registry(n: int) -> Reply:
        kept = [name for at, name in enumerate(names) if n < left or at != 5]
        return Reply(template("Список заключённых", "<ul>" + "".join(f"<li>{one}</li>" for one in kept) + "</ul>"))

    play.put("/list/registry", registry, (left, "list"))

    newest = rng.randint(4, 8)
    people = rng.sample(_NAMES, 21)
    people, new = people[:20], people[20]

    def part(number: int) -> Script:
        def script(n: int) -> Reply:
            everyone = people if n < newest else [new, *people]
            some = everyone[8 * number - 8 : 8 * number]
            entries = "".join(f"<li>{one}</li>" for one in some)
            pages = "".join(f'<a href="/news/page/{one}">{one}</a> ' for one in (1, 2, 3))
            return Reply(template("Все дела", f"<ul>{entries}</ul><div class='pagination'>{pages}</div>"))

        return script

    play.put("/news/page/1", part(1), (newest, "list"))
    play.put("/news/page/2", part(2))
    play.put("/news/page/3", part(3))


def _hosts(play: Play, rng: random.Random) -> None:
    for server in ("parked", "silent", "mirrored"):
        cases = [play.article() for _ in range(3)]
        links = "".join(f'<li><a href="/{server}/{n}">{one.name}</a></li>' for n, one in enumerate(cases))
        home = Reply(template(_SITE, f"<p>Малая летопись, три страницы о людях с верховьев.</p><ul>{links}</ul>"))
        replies = {f"/{server}/{n}": shown(one) for n, one in enumerate(cases)}
        start = rng.randint(4, 6)
        if server == "parked":
            for path, reply in {f"/{server}/": home, **replies}.items():
                play.put(
                    path,
                    # mypy infers no type of a lambda's default, here and below
                    lambda n, reply=reply, start=start: reply if n < start else PARKED,  # type: ignore[misc]
                    (start + 2, "replaced"),
                    server=server,
                )
        elif server == "silent":
            play.down[server] = range(start, start + 8)
            for path, reply in {f"/{server}/": home, **replies}.items():
                # what failed several times is asked for again after days alone, a site's beginning at each crawl
                events = [(start + 4, "unreachable"), (start + 8, "back")] if reply is home else []
                play.put(path, lambda n, reply=reply: reply, *events, server=server)  # type: ignore[misc]
        else:
            # from then on under the other host, and edited there once
            edited = shown(cases[0].edited())
            play.put(f"/{server}/", lambda n, home=home: home, server=server)  # type: ignore[misc]
            for path, reply in replies.items():
                first = path.endswith("/0")

                def script(
                    n: int, reply: Reply = reply, first: bool = first, start: int = start, edited: Reply = edited
                ) -> Reply:
                    return edited if first and n >= start + 3 else reply

                play.put(path, script, *([(start + 3, "edited")] if first else []), server=server)
            play.down[server] = range(start, play.crawls + 1)


# --- servers ----------------------------------------------------------------------------------------------------------


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64


class Host:
    """One host of the play: answers as the script says for the crawl at hand; may stop listening, and come again."""

    def __init__(self, pages: Mapping[str, Script], port: int = 0) -> None:
        self.pages = pages
        self.crawl = 0
        self.port = port
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None
        self.listen()

    def listen(self) -> None:
        if self._server is None:
            self._server = _Server(("127.0.0.1", self.port), self._handler())
            self.port = self._server.server_address[1]
            self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
            self._thread.start()

    def close(self) -> None:
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()
            self._server = self._thread = None

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        host = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                script = host.pages.get(self.path)
                reply = Reply("<html><body>no such page</body></html>", 404) if script is None else script(host.crawl)
                octets = reply.body.encode()
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(octets)))
                self.end_headers()
                self.wfile.write(octets)

            def log_message(self, format: str, *arguments: object) -> None:
                pass

        return Handler


@contextmanager
def playing(play: Play) -> Iterator[dict[str, Host]]:
    """All hosts of the play, the second of the mirrored ones too."""
    with ExitStack() as stack:
        hosts = {}
        for name in (*play.pages, "mirror"):
            pages = play.pages["mirrored" if name == "mirror" else name]
            hosts[name] = host = Host(pages)
            stack.callback(host.close)
        yield hosts


def settings(play: Play, hosts: Mapping[str, Host], n: int) -> str:
    """khronika.toml as it is at the n-th crawl: the archivist goes over to the mirror when the first host is down."""
    lines = ['[operator]\nname = "A bench"\n', "[crawl]\nretries = 0\nconnect-timeout = 2\n"]
    for name in play.pages:
        at, mirrors = hosts[name], ""
        start = "/" if name == "north" else f"/{name}/"
        if start not in play.pages[name]:
            [start] = play.pages[name]
        if name == "mirrored":
            other = hosts["mirror"]
            if n in play.down[name]:
                at, other = other, at
            mirrors = f'mirrors = ["127.0.0.1:{other.port}"]\n'
        lists = f'lists = ["http://127.0.0.1:{at.port}/news/page/1"]\n' if name == "north" else ""
        # pages that are asked for after one that was refused would wait
        lists += "" if name == "north" else "exclude = ['/section/']\n"
        lines.append(f'[[site]]\nname = "{name}"\nstart = ["http://127.0.0.1:{at.port}{start}"]\n{mirrors}{lists}')
    return "\n".join(lines)


def khronika(at: Path, *words: str, newer: bool = False) -> subprocess.CompletedProcess[str]:
    """Run a command, by newer rules where asked for."""
    environment = dict(os.environ)
    if newer:
        folder = at.parent / "newer"
        folder.mkdir(exist_ok=True)
        (folder / "sitecustomize.py").write_text(NEWER)
        environment["PYTHONPATH"] = os.pathsep.join([str(folder), environment.get("PYTHONPATH", "")]).rstrip(os.pathsep)
    command = [sys.executable, "-m", "crawler", "-C", str(at), "--json", *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def perform(play: Play, folder: Path, tell: Callable[[str], None]) -> Path:
    """Crawl the play to its end; the collection."""
    at = folder / "collection"
    done = khronika(folder, "init", str(at), "--operator", "A bench")
    assert done.returncode == 0, done.stderr
    with playing(play) as hosts:
        for n in range(1, play.crawls + 1):
            for name, host in hosts.items():
                host.crawl = n
                down = n in play.down.get(name, ())
                if down:
                    host.close()
                else:
                    host.listen()
            (at / "khronika.toml").write_text(settings(play, hosts, n), encoding="utf-8")
            newer = n > play.crawls // 2
            done = khronika(at, "crawl", "--fresh", newer=newer)
            # 3: pages that could not be had, as the play has it
            if done.returncode not in (0, 3):
                raise SystemExit(f"crawl {n}: exit status {done.returncode}\n{done.stderr}")
            if n == play.crawls // 2 + 3:
                khronika(at, "reprocess", newer=True)
            tell(f"crawl {n} of {play.crawls}")
    return at


def told(at: Path) -> list[Told]:
    """The changes that the catalogue tells, with the numbers of their crawls."""
    with Catalogue.open(at / "catalogue.sqlite", readonly=True) as catalogue:
        numbers = {row.id: n for n, row in enumerate(catalogue.crawls(), 1)}
        rows = [row for row in catalogue.changes() if row.kind not in QUIET]
        crawls = catalogue.crawls_of([row.id for row in rows])
        return sorted((numbers[crawls[row.id]], _path(row.url), row.kind.value) for row in rows)


def _path(url: str) -> str:
    return "/" + url.partition("://")[2].partition("/")[2]


def wrong(play: Play, found: list[Told]) -> list[str]:
    """What is missing, and what is too much."""
    expected = sorted(play.expected)
    missing = [one for one in expected if expected.count(one) > found.count(one)]
    extra = [one for one in found if found.count(one) > expected.count(one)]
    lines = [f"missing: crawl {n}, {path}: {kind}" for n, path, kind in missing]
    return lines + [f"not expected: crawl {n}, {path}: {kind}" for n, path, kind in extra]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--crawls", type=int, default=40)
    parser.add_argument("--rebuild", action="store_true", help="make the catalogue anew, and compare")
    parser.add_argument("--keep", type=Path, help="keep the collection in this folder")
    given = parser.parse_args()
    play = written(max(16, given.crawls), given.seed)
    with tempfile.TemporaryDirectory(prefix="histories-") as temporary:
        folder = given.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        at = perform(play, folder, lambda line: print(line, file=sys.stderr, flush=True))
        found = told(at)
        problems = wrong(play, found)
        if given.rebuild:
            done = khronika(at, "rebuild", newer=True)
            again = told(at)
            problems += [f"after rebuild: {one}" for one in wrong(play, again)]
            problems += [] if done.returncode == 0 else [f"rebuild: exit status {done.returncode}"]
    pages = sum(map(len, play.pages.values()))
    result = {"crawls": play.crawls, "pages": pages, "expected": len(play.expected), "told": len(found)}
    print(json.dumps({**result, "wrong": len(problems)}))
    for line in problems:
        print(line)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
