"""One load of a page in Chromium: what it asked for, what it was answered, and what it looked like.

Over the DevTools protocol (CDP). `Fetch` holds every request of the page back twice: before it is sent, when it is
refused or let through, and when its answer has come, when the answer's body is taken. `Network` tells the heads as
they were. The bodies have no content coding on any more, and no transfer coding: a head that says otherwise would be
untrue above them, so those fields are renamed (`X-Orig-Content-Encoding`).
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import re
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urldefrag, urlsplit

from archive.http import parse_head
from crawler.browser_gate import Hosts
from crawler.challenge import challenge_of
from spiders.trackers import TRACKER, is_tracker, never_fetched

if TYPE_CHECKING:
    from playwright.async_api import CDPSession, Page, WebSocketRoute

VIEWPORT: Final = (1280, 1024)
TALLEST: Final = 16_000
"""Pixels of a page's height that its picture shows at most."""
SMALL: Final = 0.25
"""Of the view: the size of the thumbnail."""
MOST_REQUESTS: Final = 1000
"""Requests of one page that are let through: a script may ask for ever."""
MOST_OCTETS: Final = 100_000_000
"""Bytes of bodies of one page: they are in memory until the page is done."""
SHOT: Final = 10.0
"""Seconds for one picture."""

_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_STREAMS: Final = ("text/event-stream", "multipart/x-mixed-replace")
_BROKEN: Final = frozenset(
    f"net::ERR_{name}"
    for name in (
        *("CONTENT_LENGTH_MISMATCH", "INCOMPLETE_CHUNKED_ENCODING", "CONNECTION_RESET", "CONNECTION_CLOSED"),
        *("CONTENT_DECODING_FAILED", "INVALID_CHUNKED_ENCODING", "HTTP2_PROTOCOL_ERROR", "SOCKS_CONNECTION_FAILED"),
    )
)
"""The browser's words for a body that did not come whole."""
_UNTRUE: Final = frozenset({"content-encoding", "transfer-encoding"})


@dataclass(slots=True)
class Loaded:
    """One answer that the browser got, and the request for it."""

    id: str
    """Of the request; that of a redirect is that of the request that follows."""
    url: str
    method: str
    kind: str
    """What it was for: `Document`, `Script`, `Image` …, as CDP has it."""
    began_at: datetime
    began: float
    duration: float
    status: int
    words: str
    """The reason phrase."""
    fields: Sequence[tuple[str, str]]
    """Of the answer's head, as `Fetch` has them: without those about cookies."""
    asked_fields: Sequence[tuple[str, str]]
    body: bytes
    number: int
    """Which answer to this request it was, from 0: redirects come before."""
    is_page: bool
    """Whether it is the page itself, or a redirect on the way to it."""
    leads_on: bool
    """Whether it is a redirect: a browser is given no body of one."""
    cut: str | None = None
    """Why the body is not whole."""
    # as `Network` tells them, once it has
    request_head: bytes = b""
    response_head: bytes = b""
    protocol: str = "http/1.1"
    security: Mapping[str, Any] | None = None
    from_cache: bool = False


@dataclass(slots=True)
class Look:
    """What came of a load."""

    url: str
    began_at: datetime
    loaded: list[Loaded] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    """Reason and address of what the page wanted, and was not let have."""
    failed: list[tuple[str, str]] = field(default_factory=list)
    """Error and address of what was asked for and did not come."""
    own: Counter[str] = field(default_factory=Counter)
    """Servers that the browser itself tried to reach, or a worker of the page by a socket, and how often."""
    cached: list[str] = field(default_factory=list)
    """What the browser had from an earlier page of the same run."""
    made: list[tuple[str, str, bytes]] = field(default_factory=list)
    """Name, media type and octets of the pictures and the DOM."""
    certificates: dict[str, tuple[bytes, ...]] = field(default_factory=dict)
    """By origin, DER."""
    settled: bool = False
    """Whether the network came to rest."""
    challenge: str | None = None
    problem: str | None = None
    """Why there are no pictures, or not all."""
    duration: float = 0.0

    @property
    def page(self) -> Loaded | None:
        """The answer that the pictures are of."""
        return next((one for one in reversed(self.loaded) if one.is_page and not one.leads_on), None)


class Load:
    """A page of Chromium's that is made to load one address."""

    def __init__(
        self,
        page: Page,
        cdp: CDPSession,
        look: Look,
        *,
        hosts: Hosts,
        within: float,
        largest: int,
        cookies: bool,
        agent: str,
        languages: str,
        mail: str,
        spend: Callable[[], bool],
    ) -> None:
        """`within`: seconds for all; `largest`: octets of one body; `languages`: tags, without weights.

        `spend` counts a request, and says whether there may be one more.
        """
        self._page = page
        self._cdp = cdp
        self.look = look
        self._hosts = hosts
        self._until = time.monotonic() + within
        self._largest = largest
        self._cookies = cookies
        self._agent = agent
        self._languages = languages
        self._mail = mail
        self._spend = spend
        self._octets = 0
        self._frame = ""
        self._let_through = 0
        self._began: dict[str, tuple[datetime, float]] = {}
        self._answers: dict[str, int] = defaultdict(int)
        self._addresses: dict[str, str] = {}
        self._asked_heads: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
        self._answer_heads: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
        self._told: dict[str, Mapping[str, Any]] = {}
        self._pages: set[str] = set()
        """Requests for the page itself."""
        self._refused: set[str] = set()
        self._failures: dict[str, str] = {}
        self._has_cookies = False
        """Whether a server has set one during this load."""
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def left(self) -> float:
        """Seconds."""
        return max(0.1, self._until - time.monotonic())

    async def run(self) -> None:
        """Load, wait for the network to rest, take DOM and pictures. Raises playwright's errors."""
        from playwright.async_api import Error

        await self._prepare()
        try:
            await self._page.goto(self.look.url, wait_until="commit", timeout=self.left * 1000)
        except Error as error:
            self.look.problem = self.look.problem or _words(error)
            return
        try:
            await self._page.wait_for_load_state("networkidle", timeout=self.left * 1000)
            self.look.settled = True
        except Error:
            pass  # what there is by now is shown; the record says that more may have been to come
        await self._make()
        await self._ask_certificates()

    async def stop(self) -> None:
        """Let go of what is still held back, and put together what was told of each answer."""
        with contextlib.suppress(Exception):
            await asyncio.wait_for(self._cdp.send("Fetch.disable"), 1)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for one in self.look.loaded:
            self._complete(one)
        # what was answered whole and not used to its end (a HEAD, say) did not fail
        whole = {one.id for one in self.look.loaded if not one.leads_on and one.cut is None}
        for request, error in self._failures.items():
            if request not in self._refused | whole:
                self.look.failed.append((error, self._addresses.get(request, "")))
        self.look.cached += [one.url for one in self.look.loaded if one.from_cache]
        self.look.loaded = [one for one in self.look.loaded if not one.from_cache]
        self.look.loaded.sort(key=lambda one: one.began)

    async def _prepare(self) -> None:
        cdp = self._cdp
        for event, heard in (
            ("Fetch.requestPaused", self._paused),
            ("Network.requestWillBeSent", self._will_be_sent),
            ("Network.requestWillBeSentExtraInfo", self._sent),
            ("Network.responseReceivedExtraInfo", self._answered),
            ("Network.responseReceived", self._received),
            ("Network.requestServedFromCache", self._from_memory),
            ("Network.loadingFailed", self._not_loaded),
        ):
            cdp.on(event, heard)
        tree = await cdp.send("Page.getFrameTree")
        self._frame = tree["frameTree"]["frame"]["id"]
        await cdp.send("Network.enable", {"maxTotalBufferSize": 1 << 20, "maxResourceBufferSize": 1 << 20})
        # Without what playwright would add for it, no client hints are sent: they would tell of this machine.
        presented = {"userAgent": self._agent, "acceptLanguage": self._languages}
        await cdp.send("Emulation.setUserAgentOverride", presented)
        if not self._cookies:
            await cdp.send("Emulation.setDocumentCookieDisabled", {"disabled": True})
        # a socket has no end, and `Fetch` does not see it: a page gets none
        await self._page.route_web_socket(re.compile(""), self._socket)
        # how many cores and how much memory this machine has is nobody's business
        with contextlib.suppress(Exception):
            await cdp.send("Emulation.setHardwareConcurrencyOverride", {"hardwareConcurrency": 4})
        stages = [{"urlPattern": "*", "requestStage": stage} for stage in ("Request", "Response")]
        await cdp.send("Fetch.enable", {"patterns": stages})

    # -- what `Network` tells

    def _will_be_sent(self, event: Mapping[str, Any]) -> None:
        self._addresses[event["requestId"]] = event["request"]["url"]

    def _sent(self, event: Mapping[str, Any]) -> None:
        self._asked_heads[event["requestId"]].append(event)

    def _answered(self, event: Mapping[str, Any]) -> None:
        self._answer_heads[event["requestId"]].append(event)
        self._has_cookies |= any(name.lower() == "set-cookie" for name in event["headers"])

    def _received(self, event: Mapping[str, Any]) -> None:
        self._told[event["requestId"]] = event["response"]

    def _from_memory(self, event: Mapping[str, Any]) -> None:
        url = self._addresses.get(event["requestId"], "")
        if url.startswith("http"):
            self.look.cached.append(url)

    def _not_loaded(self, event: Mapping[str, Any]) -> None:
        self._failures[event["requestId"]] = event.get("errorText", "")

    def _socket(self, socket: WebSocketRoute) -> None:
        self.look.refused.append(("a socket", socket.url))
        task = asyncio.ensure_future(socket.close())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # -- what `Fetch` holds back

    def _paused(self, event: Mapping[str, Any]) -> None:
        task = asyncio.ensure_future(self._settle(event))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _settle(self, event: Mapping[str, Any]) -> None:
        # a page that is gone meanwhile takes no answer any more
        with contextlib.suppress(Exception):
            if "responseStatusCode" in event:
                await self._take(event)
            elif "responseErrorReason" in event:
                await self._go_on(event)
            else:
                await self._ask(event)

    async def _go_on(self, event: Mapping[str, Any]) -> None:
        await self._cdp.send("Fetch.continueRequest", {"requestId": event["requestId"]})

    async def _refuse(self, event: Mapping[str, Any], reason: str, *, as_reason: str = "BlockedByClient") -> None:
        self._refused.add(event.get("networkId", ""))
        self.look.refused.append((reason, event["request"]["url"]))
        await self._cdp.send("Fetch.failRequest", {"requestId": event["requestId"], "errorReason": as_reason})

    async def _ask(self, event: Mapping[str, Any]) -> None:
        """Let a request go, or not."""
        of_page = event["resourceType"] == "Document" and event.get("frameId") == self._frame
        reason = self._objection(event, of_page=of_page)
        if reason is not None:
            # what was to take the page's place is given up, so that the page stays
            await self._refuse(event, reason, as_reason="Aborted" if of_page else "BlockedByClient")
            return
        request = event.get("networkId", event["requestId"])
        if of_page:
            self._pages.add(request)
        self._let_through += 1
        if not self._cookies:
            await self._cdp.send("Network.clearBrowserCookies")
        self._began[request] = (datetime.now(UTC), time.monotonic())
        wanted: dict[str, Any] = {"requestId": event["requestId"]}
        fields = self._own_fields(event)
        if fields is not None:
            wanted["headers"] = [{"name": name, "value": value} for name, value in fields.items()]
        await self._cdp.send("Fetch.continueRequest", wanted)

    def _own_fields(self, event: Mapping[str, Any]) -> dict[str, str] | None:
        """The fields of a request where they are not to be what the browser makes them."""
        fields = dict(event["request"]["headers"])
        own: dict[str, str] = {}
        # of another origin it would have to be asked whether it takes such a field (Fetch, 4.8: CORS)
        if self._mail and _origin(event["request"]["url"]) == _origin(self.look.url):
            own["From"] = self._mail
        if not self._cookies:
            # `Fetch` has looked the cookies up before they were thrown away
            self._has_cookies |= any(fields.pop(name) for name in [*fields] if name.lower() == "cookie")
            if self._has_cookies:
                # others may come while this one is on its way: an empty field keeps all of them off
                own["Cookie"] = ""
        return {**fields, **own} if own else None

    def _objection(self, event: Mapping[str, Any], *, of_page: bool) -> str | None:
        """Why a request is not let through."""
        url, method = event["request"]["url"], event["request"]["method"]
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https"):
            return "no http or https"
        try:
            port = parts.port or (443 if parts.scheme == "https" else 80)
        except ValueError:
            return "no address"
        if not self._hosts.admit(parts.hostname or "", port):
            return TRACKER if is_tracker(url) else "other host"
        if never := never_fetched(url):
            return never
        if method not in _METHODS:
            return f"method {method[:20]}"
        if _STREAMS[0] in str(event["request"]["headers"].get("Accept", "")):
            return "a stream without an end"
        is_redirect = event.get("networkId") in self._pages
        if of_page and self._pages and not is_redirect:
            return "leads away from the page" if _bare(url) != _bare(self.look.url) else "loads the page again"
        if self._let_through >= MOST_REQUESTS or self._octets >= MOST_OCTETS:
            return "too much for one page"
        return None if self._spend() else "the site's budget is spent"

    async def _take(self, event: Mapping[str, Any]) -> None:
        """Take an answer, and pass it on to the page."""
        request = event.get("networkId", event["requestId"])
        began_at, began = self._began.get(request, (datetime.now(UTC), time.monotonic()))
        fields = [(one["name"], one["value"]) for one in event.get("responseHeaders", ())]
        one = Loaded(
            id=request,
            url=event["request"]["url"],
            method=event["request"]["method"],
            kind=event["resourceType"],
            began_at=began_at,
            began=began,
            duration=time.monotonic() - began,
            status=event["responseStatusCode"],
            words=event.get("responseStatusText", ""),
            fields=fields,
            asked_fields=[*event["request"]["headers"].items()],
            body=b"",
            number=self._answers[request],
            is_page=request in self._pages,
            leads_on=event["responseStatusCode"] in _REDIRECTS and _value(fields, "location") is not None,
        )
        self._answers[request] += 1
        if (_value(fields, "content-type") or "").partition(";")[0].strip().lower() in _STREAMS:
            await self._refuse(event, "a stream without an end")
            return
        self.look.loaded.append(one)
        length = _value(fields, "content-length") or ""
        if length.isdecimal() and int(length[:18]) > self._largest:
            one.cut = "length"
            await self._refuse(event, f"longer than {self._largest} bytes")
            return
        if not one.leads_on:
            await self._take_body(one, event)
        if one.is_page and not one.leads_on and (who := _challenge(one)) is not None:
            self.look.challenge = who
            self.look.problem = f"no page but a challenge or block page: {who}"
            # its scripts do not run: nothing is solved or bypassed here
            await self._cdp.send("Fetch.failRequest", {"requestId": event["requestId"], "errorReason": "Aborted"})
            return
        await self._go_on(event)

    async def _take_body(self, one: Loaded, event: Mapping[str, Any]) -> None:
        asked = self._cdp.send("Fetch.getResponseBody", {"requestId": event["requestId"]})
        # until it has come it is a body that did not come whole; the page is given what there is of it all the same
        one.cut = "disconnect"
        try:
            taken = await asyncio.wait_for(asked, self.left)
        except TimeoutError:
            one.cut = "time"
            return
        except Exception:  # noqa: BLE001 - playwright's: the connection broke, or the page is gone
            return
        octets = base64.b64decode(taken["body"]) if taken["base64Encoded"] else taken["body"].encode()
        one.duration = time.monotonic() - one.began
        one.cut = "length" if len(octets) > self._largest else None
        one.body = octets[: self._largest]
        self._octets += len(one.body)

    # -- what is made of the page

    async def _make(self) -> None:
        width, height = VIEWPORT
        small = {"x": 0, "y": 0, "width": width, "height": height, "scale": SMALL}
        makers: tuple[tuple[str, str, Callable[[], Awaitable[bytes]]], ...] = (
            ("urn:dom:", "text/html; charset=utf-8", self._dom),
            ("urn:view:", "image/png", lambda: self._shot({"format": "png"})),
            ("urn:fullPage:", "image/jpeg", self._whole),
            ("urn:thumbnail:", "image/jpeg", lambda: self._shot({"format": "jpeg", "quality": 75, "clip": small})),
        )
        for name, mime, make in makers:
            try:
                self.look.made.append((name, mime, await asyncio.wait_for(make(), SHOT)))
            except TimeoutError:
                self._lacks(f"{name} not made in {SHOT:g} s")
            except Exception as error:  # noqa: BLE001 - playwright's and the page's own: told in the record
                self._lacks(f"{name} not made: {_words(error)}")

    def _lacks(self, words: str) -> None:
        self.look.problem = f"{self.look.problem}; {words}" if self.look.problem else words

    async def _dom(self) -> bytes:
        return (await self._page.content()).encode("utf-8", "replace")

    async def _whole(self) -> bytes:
        size = (await self._cdp.send("Page.getLayoutMetrics"))["cssContentSize"]
        height = min(max(size["height"], 1), TALLEST)
        clip = {"x": 0, "y": 0, "width": min(max(size["width"], 1), 4 * VIEWPORT[0]), "height": height, "scale": 1}
        return await self._shot({"format": "jpeg", "quality": 80, "clip": clip, "captureBeyondViewport": True})

    async def _shot(self, wanted: Mapping[str, Any]) -> bytes:
        taken = await self._cdp.send("Page.captureScreenshot", dict(wanted))
        return base64.b64decode(taken["data"])

    async def _ask_certificates(self) -> None:
        origins = {f"https://{urlsplit(one.url).netloc}" for one in self.look.loaded if one.url.startswith("https:")}
        for origin in sorted(origins):
            with contextlib.suppress(Exception):
                found = await asyncio.wait_for(self._cdp.send("Network.getCertificate", {"origin": origin}), 2)
                self.look.certificates[origin] = tuple(base64.b64decode(der) for der in found["tableNames"])

    # -- putting together

    def _complete(self, one: Loaded) -> None:
        asked, answered = self._asked_heads.get(one.id, []), self._answer_heads.get(one.id, [])
        fields: Sequence[tuple[str, str]] = one.asked_fields
        if one.number < len(asked):
            fields = _several(asked[one.number]["headers"])
        one.request_head = request_head(one.method, one.url, fields)
        told = self._told.get(one.id)
        if told is not None and not one.leads_on:
            one.protocol = _protocol(told.get("protocol", ""))
            one.security = told.get("securityDetails")
            one.from_cache = bool(told.get("fromDiskCache") or told.get("fromPrefetchCache")) and not one.is_page
        if one.cut is None and not one.leads_on and self._failures.get(one.id, "") in _BROKEN:
            one.cut = "disconnect"
        start, fields = f"HTTP/1.1 {one.status} {one.words}".rstrip() + (" " if not one.words else ""), one.fields
        if one.number < len(answered):
            text = answered[one.number].get("headersText")
            if text:
                start, fields = _parted(text)
            else:
                fields = _several(answered[one.number]["headers"])
        if one.leads_on and _announces(fields):
            one.cut = "unspecified"
        one.response_head = decoded_head(start, fields, None if _bodiless(one) else len(one.body), cut=bool(one.cut))


def request_head(method: str, url: str, fields: Sequence[tuple[str, str]]) -> bytes:
    """A request as a browser tells of it, in HTTP/1.1's form: of HTTP/2's own fields the authority is Host."""
    parts = urlsplit(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    own = [(name, value) for name, value in fields if not name.startswith(":")]
    if not any(name.lower() == "host" for name, _ in own):
        own.insert(0, ("Host", parts.netloc.rpartition("@")[2]))
    return _head(f"{method} {target} HTTP/1.1", own)


def decoded_head(start: str, fields: Sequence[tuple[str, str]], length: int | None, *, cut: bool = False) -> bytes:
    """A head that is true above a decoded body of `length` octets; None: above no body, where it stays as it is."""
    if length is None:
        return _head(start, fields)
    kept: list[tuple[str, str]] = []
    announced = False
    for name, value in fields:
        lower = name.lower()
        if lower in _UNTRUE:
            kept.append((f"X-Orig-{name}", value))
        elif lower == "content-length" and value.strip() != str(length) and not cut:
            kept.append((f"X-Orig-{name}", value))
            announced = True
        else:
            kept.append((name, value))
    if announced:
        kept.append(("Content-Length", str(length)))
    return _head(start, kept)


def _head(start: str, fields: Sequence[tuple[str, str]]) -> bytes:
    lines = [start, *(f"{name}: {value}" for name, value in fields)]
    return b"".join(_octets(line) + b"\r\n" for line in (*lines, ""))


def _octets(line: str) -> bytes:
    flat = line.replace("\r", " ").replace("\n", " ").replace("\0", " ")
    try:
        return flat.encode("latin-1")
    except UnicodeEncodeError:
        return flat.encode("utf-8", "replace")


def _parted(text: str) -> tuple[str, list[tuple[str, str]]]:
    """Start line and fields of a head's text."""
    start, *lines = text.replace("\r\n", "\n").rstrip("\n").split("\n")
    parted = (line.partition(":") for line in lines if line)
    return start, [(name, value.strip()) for name, colon, value in parted if colon]


def _several(fields: Mapping[str, str]) -> list[tuple[str, str]]:
    """Fields as CDP has them, one that came more than once with its values on lines of their own."""
    return [(name, one) for name, value in fields.items() for one in value.split("\n") if not name.startswith(":")]


def _value(fields: Sequence[tuple[str, str]], name: str) -> str | None:
    return next((value for one, value in fields if one.lower() == name), None)


def _bodiless(one: Loaded) -> bool:
    return one.method == "HEAD" or one.status in (204, 304)


def _announces(fields: Sequence[tuple[str, str]]) -> bool:
    """Whether a head says that there is a body."""
    length = (_value(fields, "content-length") or "0").strip()
    return length.strip("0") != "" or _value(fields, "transfer-encoding") is not None


def _challenge(one: Loaded) -> str | None:
    head = parse_head(decoded_head(f"HTTP/1.1 {one.status} -", one.fields, len(one.body)))
    return None if head is None else challenge_of(head, one.body)


def _protocol(told: str) -> str:
    return told.lower() if told.lower() in {"h2", "h3", "http/1.0"} else "http/1.1"


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc


def _bare(url: str) -> str:
    return urldefrag(url).url


def _words(error: BaseException) -> str:
    """What playwright says, in one line: the rest is its call log."""
    words = str(error).split("Call log:")[0].split(" at http")[0]
    return " ".join(words.split())[:200] or type(error).__name__
