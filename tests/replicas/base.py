"""A server that stands in for an organisation's site: real sockets on a loopback address of its own, and a record of
every request, so that politeness is measured where it counts.

A replica is a subclass with a `reply`; what it knows of its pages is `pages`, a list of truths to hold a crawl
against. All people and texts are made up, by generators with a seed.

    with Replica({"/": "<p>hello</p>"}) as replica:
        get(replica.url("/"))
    assert replica.paths == ["/"]
"""

from __future__ import annotations

import contextlib
import gzip
import html
import itertools
import random
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

# -- truth


@dataclass(frozen=True)
class Page:
    """What is true of one page of a replica."""

    path: str
    """The identity of the page: path and query at the primary host."""
    kind: str | None
    language: str | None
    title: str
    published: str | None = None
    """YYYY-MM-DD, or RFC 3339 where the page says the time too."""
    modified: str | None = None
    person: tuple[str, ...] = ()
    pair: Mapping[str, str] = field(default_factory=dict)
    """Path of the page in another language, by that language."""
    facts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    listed: bool = True
    """Whether a listing, a feed, a sitemap or an API names the page."""
    text: tuple[str, ...] = ()
    """The paragraphs of its main text."""


# -- what is asked and answered


@dataclass(frozen=True)
class Reply:
    """What the server answers."""

    body: bytes | str = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    charset: str = "utf-8"
    """What a text is encoded in; named in Content-Type by `html_reply` and its like, not by this."""
    seconds: float = 0.0
    """How long the server thinks first."""
    cut: int | None = None
    """Bytes of the body that are sent before the connection is closed; None: all."""
    packed: bool = False
    """Whether the body is sent in gzip to a client that takes it."""


@dataclass(frozen=True)
class Ask:
    """One request as the server sees it."""

    method: str
    target: str
    """Path and query as they came."""
    headers: tuple[tuple[str, str], ...]
    host: str
    """Which of the replica's hosts was asked: the name that it stands in for."""
    before: int
    """How often this target was asked for before."""

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


@dataclass(frozen=True)
class Asked:
    """One request that was answered."""

    path: str
    """Path and query."""
    at: float
    """Monotonic seconds when its head had come in."""
    until: float
    """Monotonic seconds when the answer was handed to the socket."""
    host: str
    host_header: str
    status: int
    connections: int
    """Connections that were open to this host of the replica when the request came, its own among them."""
    together: int
    """Requests that were being answered at this host when it came, itself among them."""
    headers: tuple[tuple[str, str], ...]

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


Answer = Reply | str | bytes | Callable[[Ask], "Reply | str | bytes"]
"""A reply, an HTML page, or a function of the request."""


def html_reply(
    text: str, *, charset: str = "utf-8", modified: datetime | None = None, headers: Mapping[str, str] | None = None
) -> Reply:
    """A page, in the encoding that its Content-Type names."""
    return _reply(text, "text/html", charset, modified, headers)


def xml_reply(
    text: str,
    *,
    media_type: str = "application/xml",
    modified: datetime | None = None,
    headers: Mapping[str, str] | None = None,
) -> Reply:
    """A feed or a sitemap."""
    return _reply(text, media_type, "utf-8", modified, headers)


def json_reply(text: str, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    """JSON, as WordPress and others name it."""
    named = {"Content-Type": "application/json; charset=UTF-8", **(headers or {})}
    return Reply(text, status, named, packed=True)


def redirect(location: str, status: int = 301) -> Reply:
    """Another address to go to."""
    return Reply("", status, {"Location": location, "Content-Type": "text/html; charset=utf-8"})


def not_found(text: str = "<h1>404</h1>") -> Reply:
    """HTTP 404 with a page."""
    return Reply(text, 404, {"Content-Type": "text/html; charset=utf-8"})


def _reply(
    text: str, media_type: str, charset: str, modified: datetime | None, headers: Mapping[str, str] | None
) -> Reply:
    named = {"Content-Type": f"{media_type}; charset={charset}", **(headers or {})}
    if modified is not None:
        named["Last-Modified"] = http_date(modified)
    return Reply(text, 200, named, charset=charset, packed=True)


def http_date(moment: datetime) -> str:
    """As in Last-Modified (RFC 9110, 5.6.7)."""
    return format_datetime(moment.astimezone(UTC), usegmt=True)


# -- the server

_addresses = itertools.cycle(range(2, 250))


class Replica:
    """Serves one site, on one loopback address for each host that it stands in for, while the `with` block runs.

    `routes` go before `reply`; a test may change them, `robots` and `faults` while the server runs.
    """

    hosts: Sequence[str] = ("site.example",)
    """Names of the real hosts; the first is the primary one."""
    robots: str | None = "User-agent: *\nDisallow:\n"
    """None: robots.txt is not there (404)."""

    def __init__(
        self,
        routes: Mapping[str, Answer] | None = None,
        *,
        hosts: Sequence[str] = (),
        seed: int = 1,
        seconds: float = 0.0,
    ) -> None:
        self.hosts = tuple(hosts) or tuple(self.hosts)
        self.routes: dict[str, Answer] = dict(routes or {})
        self.faults: dict[str, list[Reply]] = {}
        """Answers that are given first, by path, each once: `replica.faults["/x"] = [Reply(status=503)]`."""
        self.asked: list[Asked] = []
        """What was answered, in the order of its arrival."""
        self.broken: list[BaseException] = []
        """Faults that the replica itself met; raised at the end of the block."""
        self.noise = Noise(seed)
        self.seconds = seconds
        """How long every answer takes."""
        self.pages: list[Page] = []
        self.lock = threading.RLock()
        self._count: Counter[tuple[str, str]] = Counter()
        self._listeners = {host: _Listener(self, host) for host in self.hosts}

    def __enter__(self) -> Self:
        for listener in self._listeners.values():
            listener.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for listener in self._listeners.values():
            listener.stop()
        if self.broken and error is None:
            raise self.broken[0]

    # -- for subclasses

    def reply(self, ask: Ask) -> Reply | str | bytes | None:
        """The answer to a request that no route answers; None: 404."""
        return None

    # -- addresses

    @property
    def base(self) -> str:
        """`http://127.0.0.X:PORT` of the primary host, without a slash."""
        return self.base_of(self.hosts[0])

    def base_of(self, host: str) -> str:
        listener = self._listeners[host]
        return f"http://{listener.address}:{listener.port}"

    @property
    def bases(self) -> dict[str, str]:
        """The loopback address of each host that the replica stands in for."""
        return {host: self.base_of(host) for host in self.hosts}

    def url(self, path: str = "/", host: str | None = None) -> str:
        return self.base_of(host or self.hosts[0]) + path

    # -- what was asked

    @property
    def paths(self) -> list[str]:
        """Paths and queries in the order in which they were asked for, robots.txt too."""
        return [asked.path for asked in sorted(self.asked, key=lambda asked: asked.at)]

    def asked_of(self, host: str | None = None) -> list[Asked]:
        """Requests to one host, in the order of their arrival."""
        name = host or self.hosts[0]
        return sorted((asked for asked in self.asked if asked.host == name), key=lambda asked: asked.at)

    def gaps(self, host: str | None = None) -> list[float]:
        """Seconds from the end of each answer to the arrival of the next request at that host."""
        asked = self.asked_of(host)
        return [later.at - earlier.until for earlier, later in itertools.pairwise(asked)]

    def starts(self, host: str | None = None) -> list[float]:
        """Seconds from the arrival of each request to that of the next."""
        asked = self.asked_of(host)
        return [later.at - earlier.at for earlier, later in itertools.pairwise(asked)]

    def most_connections(self, host: str | None = None) -> int:
        """The most connections that were ever open to that host at once."""
        return self._listeners[host or self.hosts[0]].most_connections

    def forget(self) -> None:
        """Begin a new record: what follows is a crawl of its own."""
        with self.lock:
            self.asked.clear()
            for listener in self._listeners.values():
                listener.most_connections = listener.connections

    # -- answering

    def _answer(self, ask: Ask) -> Reply:
        with self.lock:
            waiting = self.faults.get(ask.target)
            if waiting:
                return waiting.pop(0)
        answer: Answer | None = self.routes.get(ask.target)
        if answer is None and ask.target == "/robots.txt":
            return (
                not_found()
                if self.robots is None
                else Reply(self.robots, 200, {"Content-Type": "text/plain; charset=utf-8"})
            )
        if answer is None:
            answer = self.reply(ask)
        if callable(answer):
            answer = answer(ask)
        if answer is None:
            return not_found()
        return answer if isinstance(answer, Reply) else Reply(answer, 200, {"Content-Type": "text/html; charset=utf-8"})

    def _ask(self, host: str, handler: BaseHTTPRequestHandler) -> Ask:
        with self.lock:
            before = self._count[host, handler.path]
            self._count[host, handler.path] += 1
        return Ask(handler.command, handler.path, tuple(handler.headers.items()), host, before)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, listener: _Listener) -> None:
        self.listener = listener
        handler = _handler(listener)
        try:
            super().__init__((f"127.0.0.{next(_addresses)}", 0), handler)
        except OSError:  # only Linux has all of 127.0.0.0/8 without being told
            super().__init__(("127.0.0.1", 0), handler)

    def server_bind(self) -> None:
        # HTTPServer's own looks the host's name up, which takes seconds where there is no DNS
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass  # a client that went away; faults of the replica are kept by the handler


class _Listener:
    """One loopback address that stands in for a host."""

    def __init__(self, replica: Replica, host: str) -> None:
        self.replica, self.host = replica, host
        self.connections = 0
        self.most_connections = 0
        self.together = 0
        self.sockets: set[socket.socket] = set()
        self.lock = threading.Lock()
        self._bound: _Server | None = None
        self._thread = threading.Thread(target=self._serve, daemon=True)

    @property
    def _server(self) -> _Server:
        # bound when it is first wanted: what is only looked at for its truths opens no socket
        if self._bound is None:
            self._bound = _Server(self)
        return self._bound

    @property
    def address(self) -> str:
        return self._server.server_name

    @property
    def port(self) -> int:
        return self._server.server_port

    def _serve(self) -> None:
        self._server.serve_forever(0.02)

    def start(self) -> None:
        assert self._server
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        with self.lock:
            for one in self.sockets:
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
        self._server.server_close()

    def opened(self, connection: socket.socket) -> None:
        with self.lock:
            self.sockets.add(connection)
            self.connections += 1
            self.most_connections = max(self.most_connections, self.connections)

    def closed(self, connection: socket.socket) -> None:
        with self.lock:
            self.sockets.discard(connection)
            self.connections -= 1


def _handler(listener: _Listener) -> type[BaseHTTPRequestHandler]:
    replica = listener.replica

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1
        server_version = "nginx"
        sys_version = ""

        def setup(self) -> None:
            super().setup()
            listener.opened(self.connection)

        def finish(self) -> None:
            try:
                super().finish()
            finally:
                listener.closed(self.connection)

        def do_GET(self) -> None:
            at = time.monotonic()
            with listener.lock:
                listener.together += 1
                together, connections = listener.together, listener.connections
            status = 0
            try:
                reply = self.asked()
                status = reply.status
                if replica.seconds or reply.seconds:
                    time.sleep(replica.seconds + reply.seconds)
                self.send(reply)
            except OSError:
                self.close_connection = True  # the client went away
            finally:
                with listener.lock:
                    listener.together -= 1
                with replica.lock:
                    replica.asked.append(
                        Asked(
                            self.path,
                            at,
                            time.monotonic(),
                            listener.host,
                            self.headers.get("Host", ""),
                            status,
                            connections,
                            together,
                            tuple(self.headers.items()),
                        )
                    )

        do_HEAD = do_POST = do_GET  # noqa: N815 - the handler's own way of naming

        def asked(self) -> Reply:
            try:
                return replica._answer(replica._ask(listener.host, self))
            except Exception as error:
                replica.broken.append(error)
                return Reply("the replica is broken", 500)

        def send(self, reply: Reply) -> None:
            body = reply.body.encode(reply.charset) if isinstance(reply.body, str) else reply.body
            packed = reply.packed and "gzip" in self.headers.get("Accept-Encoding", "")
            if packed:
                body = gzip.compress(body, 1, mtime=0)
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            if packed:
                self.send_header("Content-Encoding", "gzip")
                self.send_header("Vary", "Accept-Encoding")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body if reply.cut is None else body[: reply.cut])
            self.wfile.flush()
            self.close_connection = self.close_connection or reply.cut is not None

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    return Handler


# -- what differs at each load


class Noise:
    """Tickers, counters and tokens: other ones at each call, the same sequence for one seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._count = itertools.count(self._random.randrange(1000, 9000))
        self._lock = threading.Lock()

    def count(self) -> str:
        """A number of views or comments, growing: `1 204`."""
        with self._lock:
            return f"{next(self._count):,}".replace(",", " ")

    def token(self, length: int = 24) -> str:
        """A nonce in hexadecimal digits."""
        with self._lock:
            return f"{self._random.getrandbits(4 * length):0{length}x}"

    def ticker(self) -> tuple[str, str, str]:
        """`USD78.84`, `EUR93.01`, `OIL68.3`."""
        with self._lock:
            usd, eur, oil = (self._random.uniform(low, low + 20) for low in (70, 85, 60))
        return f"USD{usd:.2f}", f"EUR{eur:.2f}", f"OIL{oil:.1f}"

    def choice(self, among: Sequence[str]) -> str:
        with self._lock:
            return self._random.choice(among)


# -- people and texts, all of them made up


@dataclass(frozen=True)
class Person:
    """A person who does not exist."""

    surname: str
    first: str
    patronymic: str
    female: bool
    born: int

    @property
    def name(self) -> str:
        """`Верхоплёсов Велимир Аристархович`, as registries write."""
        return f"{self.surname} {self.first} {self.patronymic}"

    @property
    def short(self) -> str:
        """`Велимир Верхоплёсов`, as newspapers write."""
        return f"{self.first} {self.surname}"

    @property
    def short_en(self) -> str:
        return romanised(self.short)

    @property
    def name_en(self) -> str:
        return romanised(f"{self.first} {self.patronymic} {self.surname}")

    @property
    def slug(self) -> str:
        """`verhoplyosov-velimir-aristarhovich`, as memopzk.org transliterates: ч ch, ц cz, щ shh, х h, й j."""
        return slug_of(self.name)

    @property
    def short_slug(self) -> str:
        """`velimir-verhoplyosov`."""
        return slug_of(self.short)


def people(number: int, seed: int = 1) -> list[Person]:
    """So many people, no two of whom have one name."""
    rng = random.Random(seed)
    seen: dict[str, Person] = {}
    while len(seen) < number:
        female = rng.random() < 0.4
        surname = rng.choice(_SURNAME_ROOTS) + rng.choice(_SURNAME_ENDS)
        father = rng.choice(_FATHERS)
        one = Person(
            (surname + ("а" if female else "")).capitalize(),
            rng.choice(_FEMALE_NAMES if female else _MALE_NAMES),
            father + ("овна" if female else "ович"),
            female,
            rng.randrange(1948, 2004),
        )
        seen.setdefault(one.name, one)
    return list(seen.values())


_SURNAME_ROOTS = [
    "верхоплёс",
    "камнереч",
    "синебор",
    "лугодол",
    "хмуролес",
    "ясноград",
    "чернозвон",
    "белоскал",
    "тихозёр",
    "дальнопол",
    "краснокамен",
    "цветодол",
    "щучьереч",
    "мокролуг",
    "новоберез",
    "сухостеп",
    "травобор",
    "зимоград",
    "ельнодол",
    "желтоцвет",
    "шумобор",
    "росолуг",
    "глухозвон",
    "высокогор",
    "быстролет",
    "холмогляд",
    "песковер",
    "птицелов",
]
_SURNAME_ENDS = ("ов", "ин")
_FATHERS = ("Аристарх", "Велимир", "Мирослав", "Светозар", "Харитон", "Эразм", "Юлиан", "Онисим")
_MALE_NAMES = [
    "Аристарх",
    "Велимир",
    "Евстафий",
    "Мирослав",
    "Светозар",
    "Харитон",
    "Эразм",
    "Юлиан",
    "Онисим",
    "Ювеналий",
    "Щепан",
    "Цезарь",
    "Ждан",
    "Ян",
]
_FEMALE_NAMES = [
    "Аглая",
    "Велимира",
    "Евстафия",
    "Мирослава",
    "Светозара",
    "Харитина",
    "Эмма",
    "Юлиана",
    "Ефросинья",
    "Ядвига",
    "Цветана",
    "Жанна",
]


def romanised(text: str) -> str:
    """Russian in Latin letters, as newspapers write names."""
    return "".join(_LETTERS_EN.get(letter, letter) for letter in text)


def slug_of(text: str) -> str:
    """Russian words as an address has them (the transliteration of memopzk.org and of many WordPress sites)."""
    letters = "".join(_LETTERS_SLUG.get(letter, letter) for letter in text.lower())
    return "-".join("".join(letter if letter.isascii() and letter.isalnum() else " " for letter in letters).split())


def _letters(pairs: str) -> dict[str, str]:
    table: dict[str, str] = {}
    for pair in pairs.split():
        letter, _, latin = pair.partition("=")
        table[letter], table[letter.upper()] = latin, latin.capitalize()
    return table


_ALIKE = (
    "а=a б=b в=v г=g д=d е=e ж=zh з=z и=i к=k л=l м=m н=n о=o п=p р=r с=s т=t у=u ф=f ч=ch ш=sh ъ= ы=y ь= ю=yu я=ya"
)
_LETTERS_SLUG = _letters(f"{_ALIKE} ё=yo й=j х=h ц=cz щ=shh э=e")
_LETTERS_EN = _letters(f"{_ALIKE} ё=yo й=y х=kh ц=ts щ=shch э=e")

TOWNS = {
    "Верхний Плёс": "Verkhny Plyos",
    "Заозёрск-на-Увеле": "Zaozyorsk-on-Uvel",
    "Камнереченск": "Kamnerechensk",
    "Синеборье": "Sineborye",
    "Лугодольск": "Lugodolsk",
    "Хмуролесье": "Khmurolesye",
    "Ясноград": "Yasnograd",
    "Белоскальск": "Beloskalsk",
}
ARTICLES = (
    "ч. 1 ст. 541",
    "ч. 2 ст. 541",
    "ч. 3 ст. 517.4",
    "ч. 1 ст. 528.3",
    "ч. 2 ст. 528.3",
    "ст. 563.1",
    "ч. 5 ст. 606",
)
"""Articles of a code that does not exist."""
_MONTHS_RU = [
    "января",
    "февраля",
    "марта",
    "апреля",
    "мая",
    "июня",
    "июля",
    "августа",
    "сентября",
    "октября",
    "ноября",
    "декабря",
]
_MONTHS_EN = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]


def date_ru(moment: datetime) -> str:
    """`17 мая 2022`."""
    return f"{moment.day} {_MONTHS_RU[moment.month - 1]} {moment.year}"


def date_en(moment: datetime) -> str:
    """`17 May 2022`."""
    return f"{moment.day} {_MONTHS_EN[moment.month - 1]} {moment.year}"


_RU = (
    "{когда} {суд} города {город} рассмотрел дело, в котором обвиняют {кого}.",
    "По версии следствия, речь шла о разговоре в библиотеке, который записал случайный посетитель.",
    "Защита просила допросить {число} свидетелей, однако суд отклонил это ходатайство без объяснений.",
    "В деле {том} томов, и почти все они состоят из распечаток чужой переписки.",
    "Сам подсудимый вину не признаёт и называет обвинение выдумкой.",
    "Соседи рассказывают, что обыск длился {число} часов и закончился глубокой ночью.",
    "Эксперт, на заключение которого ссылается обвинение, по образованию инженер-мелиоратор.",
    "На заседание {когда} пришли {число} человек, но в зал пустили только родственников.",
    "Адвокат сообщил, что будет обжаловать решение в областном суде.",
    "Письма в колонию идут около {число} дней, и каждое из них проверяет цензор.",
    "Прокурор запросил для обвиняемого {срок} колонии общего режима.",
    "Друзья просят писать на адрес следственного изолятора города {город} и не ждать скорого ответа.",
    "Раньше за такое назначали штраф, говорит юрист, который следит за процессом с самого начала.",
    "Следующее слушание назначено на {когда}, о его итогах мы сообщим отдельно.",
)
_EN = (
    "On {когда} the {суд} court of {город} heard the case against {кого}.",
    "According to the investigators it was about a conversation in a library that a visitor had recorded.",
    "The defence asked to question {число} witnesses, but the court turned the request down without giving reasons.",
    "The case has {том} volumes, and nearly all of them are print-outs of other people's letters.",
    "The defendant does not plead guilty and calls the charge an invention.",
    "Neighbours say that the search took {число} hours and ended late at night.",
    "The expert on whose opinion the charge rests was trained as a drainage engineer.",
    "On {когда} {число} people came to the hearing, but only relatives were let into the room.",
    "The lawyer said that the decision would be appealed before the regional court.",
    "Letters to the colony take about {число} days, and a censor reads every one of them.",
    "The prosecutor asked for {срок} in a general regime penal colony.",
    "Friends ask you to write to the detention centre of {город} and not to expect a quick answer.",
    "A fine used to be the usual penalty for this, says a lawyer who has followed the trial from its beginning.",
    "The next hearing is set for {когда}, and we shall report on its outcome.",
)
_COURTS = {
    "ru": ("районный суд", "областной суд", "городской суд"),
    "en": ("district", "regional", "city"),
}


def paragraphs(language: str, person: Person, number: int, seed: int, moment: datetime) -> tuple[str, ...]:
    """So many paragraphs of a news text about a person, in `ru` or `en`, other ones for another seed."""
    rng = random.Random(f"{seed}/{language}")
    russian = language == "ru"
    sentences = list(_RU if russian else _EN)
    first = sentences.pop(0)
    rng.shuffle(sentences)
    chosen = [first, *itertools.islice(itertools.cycle(sentences), 3 * number - 1)]
    filled = [_filled(sentence, rng, person, moment, russian=russian) for sentence in chosen]
    return tuple(" ".join(filled[start : start + 3]) for start in range(0, len(filled), 3))


def _filled(sentence: str, rng: random.Random, person: Person, moment: datetime, *, russian: bool) -> str:
    town = rng.choice(list(TOWNS))
    day = moment + timedelta(days=rng.randrange(-40, 40))
    years = rng.randrange(5, 20)
    return sentence.format(
        когда=date_ru(day) if russian else date_en(day),
        суд=rng.choice(_COURTS["ru" if russian else "en"]),
        город=town if russian else TOWNS[town],
        # in apposition, so that no name has to be declined
        кого=f"жителя города по имени {person.short}" if russian else person.short_en,
        число=rng.randrange(5, 60),
        том=rng.randrange(5, 40),
        срок=f"{years} лет" if russian else f"{years} years",
    )


def moments(number: int, seed: int, first: datetime, last: datetime) -> list[datetime]:
    """So many different minutes between two, the newest first."""
    rng = random.Random(seed)
    minutes = int((last - first).total_seconds() // 60)
    return [first + timedelta(minutes=minute) for minute in sorted(rng.sample(range(minutes), number), reverse=True)]


def markup(paragraphs: Iterable[str], tag: str = "p") -> str:
    """Paragraphs as HTML."""
    return "".join(f"<{tag}>{html.escape(text, quote=False)}</{tag}>" for text in paragraphs)
