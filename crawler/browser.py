"""Looking at pages with a browser: Chromium loads a page beside its capture, and what came of that goes on record.

The capture over our own wire stays the evidence of a page. This shows what a visitor saw: text that scripts fetch,
and pictures. Playwright (extra `browser`) drives the machine's own Chromium; no browser is downloaded. Of
scrapy-playwright, which brings it, the download handler is not used: it asks for Twisted's reactor, and this engine
runs without one (`verify_installed_reactor` at its start); nor could it say what crossed the network.

A browser belongs to one site and one run, begins with an empty profile, and reaches the network through a gate of its
own (`crawler/browser_gate.py`). Everything that this module records is letter B of hopsFromSeed.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import unquote, urlsplit

from archive.capture import BROWSER_HOP
from archive.digest import digest
from archive.errors import KhronikaError
from archive.exchange import Exchange, Failure, Made, Occasion, Outcome, Stage, TlsFacts, Truncation, failure_of_status
from archive.header import one_line
from archive.spool import Spool
from crawler.browser_gate import Gate, Hosts, NoWay
from crawler.browser_load import VIEWPORT, Load, Loaded, Look
from crawler.policy import route_of
from crawler.politeness import retry_after
from crawler.resolver import Resolver
from crawler.route import DIRECT
from crawler.wire_message import UrlError, recordable, target_of
from crawler.wire_tls import Roots
from spiders.scope import compile_patterns

if TYPE_CHECKING:
    from playwright.async_api import Browser, BrowserContext, Playwright

    from archive.capture import Capture
    from crawler.session import CrawlSession
    from spiders.definition import SiteDefinition

logger = logging.getLogger(__name__)

T = TypeVar("T")

PROGRAMS: Final = ("chromium", "chromium-browser")
TO_INSTALL: Final = ".venv/bin/pip install 'khronika[browser]' and apt-get install chromium"

PAGE: Final = 30.0
"""Seconds for a page: to load, and for its network to rest."""
AFTER: Final = 30.0
"""Seconds more for its pictures; then the browser is taken to hang, and ended."""
START: Final = 30.0
"""Seconds for a browser to start."""
TURNED_AWAY: Final = frozenset({429, 503})
LOOKED: Final = frozenset({"text/html", "application/xhtml+xml"})
AT_ONCE: Final = 2
"""Pages that are looked at at the same time, over all sites of a process: each browser takes a core."""
HOME: Final = "khronika-browser-"
"""Begins the names of browsers' folders; the number of the process that made one follows."""
SHORT: Final = 30
"""Letters of the folder for temporary files; where it has more, SHARED is taken."""
SHARED: Final = Path("/tmp")  # noqa: S108 - a folder of its own is made in it, for its owner alone
TOLD: Final = 200
"""Addresses of one kind that a record names; the rest is counted."""
PATIENCE: Final = 3
"""Browsers that may be lost one after the other before a site is looked at with none any more."""

# Beside playwright's own. What they turn off would tell of the machine, reach the network by itself, or keep things.
ARGUMENTS: Final = (
    "--disable-gpu",
    "--disable-3d-apis",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--disable-domain-reliability",
    "--disable-crash-reporter",
    "--disable-breakpad",
    "--no-pings",
    "--dns-prefetch-disable",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    # all frames in one process, so that what holds requests back holds those of all frames
    "--disable-site-isolation-trials",
    # what is named to the browser is looked up by the gate, or by the proxy behind it, and by nobody else
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
)
# Of several such lists Chromium takes the last: playwright's is repeated here, http stays http among the rest.
_FEATURES: Final = (
    "AvoidUnnecessaryBeforeUnloadCheckSync,DestroyProfileOnBrowserClose,HttpsUpgrades,HttpsFirstBalancedModeAutoEnable,"
    "LensOverlay,MediaRouter,PaintHolding,ThirdPartyStoragePartitioning,AvoidCorsURLLoaderRestartOnRedirect,"
    "OptimizationHints,NetworkTimeServiceQuerying,AimEnabled,PreconnectToSearch,"
    "IsolateOrigins,site-per-process,Translate,AutofillServerCommunication,InterestFeedContentSuggestions"
)

# In every frame, before the page's own scripts: no window beside the page, no connection from peer to peer.
_QUIET: Final = """
(() => {
  for (const name of ['RTCPeerConnection', 'webkitRTCPeerConnection', 'RTCDataChannel', 'WebTransport'])
    try { delete window[name]; } catch (error) {}
  window.open = () => null;
})();
"""


def chromium() -> str | None:
    """Path of the machine's Chromium."""
    return next((path for name in PROGRAMS if (path := shutil.which(name)) is not None), None)


def lacking() -> str | None:
    """What a look with a browser lacks on this machine, and how to get it; None where nothing is lacking."""
    missing = []
    if find_spec("playwright") is None:
        missing.append("the extra `browser`")
    if chromium() is None:
        missing.append("Chromium")
    return f"{' and '.join(missing)}; install with: {TO_INSTALL}" if missing else None


def need_browser(sites: Sequence[SiteDefinition]) -> None:
    """Raises KhronikaError, before anything is fetched, where a site wants a browser and there is none."""
    for site in sites:
        try:
            compile_patterns(site.browser)
        except ValueError as error:
            raise KhronikaError(f"site {site.name}, browser: {error}") from error
        if site.browser and (missing := lacking()) is not None:
            raise KhronikaError(
                f"site {site.name}: its pages are to be looked at with a browser, and this machine lacks {missing}"
            )


async def trial() -> str:
    """Start a browser, have it show a page, end it: what it is. Raises playwright's errors."""
    gate = Gate(Hosts(()), DIRECT, Resolver().look_up, within=1.0)
    try:
        running = await asyncio.wait_for(_Running.start(await gate.open(), Visitor("khronika")), START)
        try:
            page = await running.context.new_page()
            await page.set_content("<title>shown</title>")
            if await page.title() != "shown":
                raise KhronikaError("expected a page to be shown, found another one")
            sandbox = "without a sandbox, as root" if _is_root() else "with its sandbox"
            return f"Chromium {running.browser.version}, {sandbox}"
        finally:
            await running.end()
    finally:
        await gate.close()


def _is_root() -> bool:
    return os.geteuid() == 0


@dataclass(frozen=True, slots=True)
class Visitor:
    """How a browser presents itself: as the crawl does."""

    agent: str
    languages: str = ""
    """As Accept-Language has them."""
    mail: str = ""

    @property
    def tags(self) -> list[str]:
        """The languages without their weights; English where there are none."""
        named = (one.partition(";")[0].strip() for one in self.languages.split(","))
        return [tag for tag in named if tag and tag != "*"] or ["en-US"]


class Browsers:
    """The browsers of a session: one for each site that is looked at with one. For one event loop."""

    def __init__(self, session: CrawlSession) -> None:
        self._session = session
        self._at_once = asyncio.Semaphore(AT_ONCE)
        self._sites: dict[str, SiteBrowser] = {}

    def wanted(self, site: SiteDefinition, capture: Capture | None) -> bool:
        """Whether a page that was captured is to be looked at: HTML, had whole, and of an address that fits."""
        return (
            bool(site.browser)
            and capture is not None
            and capture.failure is None
            and capture.status is not None
            and 200 <= capture.status < 300
            and (capture.mime is None or capture.mime in LOOKED)
            # as in a site's scope: an archivist writes /новости/, the address says /%D0%BD%D0%BE…/
            and any(pattern.search(text) for pattern in compile_patterns(site.browser) for text in _readable(capture))
        )

    async def look(self, site: SiteDefinition, capture: Capture, fields: Mapping[str, str]) -> None:
        """Look at a page that is wanted, as one visit to its host; returns when what came of it is synced.

        `fields`: those that the page was asked for with.
        What goes wrong with the browser costs this look, and is recorded. Raises StoppedError when the run ends before
        the visit's turn, StorageError.
        """
        if not self.wanted(site, capture):
            return
        session = self._session
        own = self._sites.get(site.name)
        if own is None:
            visitor = Visitor(*(fields.get(name, "") for name in ("User-Agent", "Accept-Language", "From")))
            own = self._sites[site.name] = SiteBrowser(session, site, visitor)
        async with own.turn:
            await session.politeness.turn(capture.url, site_delay=site.delay, stopping=session.stopping)
            try:
                async with self._at_once:
                    # 14 digits name a capture: the page's own and the look beside it have different ones
                    await asyncio.sleep(max(0.0, 1.0 - (time.time() - int(capture.captured_at.timestamp()))))
                    look = await own.look(capture.url)
                self._heed(look)
            finally:
                session.politeness.leave(capture.url)
            await own.store(look, capture)

    def _heed(self, look: Look) -> None:
        """Rest as servers ask, or longer where one turned the browser away, before anybody asks it again."""
        politeness = self._session.politeness
        for one in look.loaded:
            if one.status not in TURNED_AWAY:
                continue
            said = next((value for name, value in one.fields if name.lower() == "retry-after"), None)
            seconds = retry_after(said)
            if seconds is None:
                politeness.back_off(one.url)
            elif politeness.hold(one.url, seconds):
                self._session.put_off(one.url, seconds)

    async def close(self, site: SiteDefinition) -> None:
        """End a site's browser, and say what it came to."""
        own = self._sites.pop(site.name, None)
        if own is not None:
            await own.close()


class SiteBrowser:
    """A site's browser: started with its first page, and again when it was lost."""

    def __init__(self, session: CrawlSession, site: SiteDefinition, visitor: Visitor) -> None:
        self.turn = asyncio.Lock()
        """One page at a time: what the gate refuses is that page's."""
        self.version = ""
        self._session = session
        self._site = site
        self._visitor = visitor
        self._route = route_of(session.policy, site)
        self._hosts = Hosts.of(site)
        self._gate: Gate | None = None
        self._running: _Running | None = None
        self._lost = 0
        self._roots: Roots | None = None
        self._counts: Counter[str] = Counter()
        self._refused: Counter[str] = Counter()

    async def look(self, url: str) -> Look:
        """Load a page; whatever goes wrong is in what is returned."""
        look = Look(url, datetime.now(UTC))
        began = time.monotonic()
        if self._lost >= PATIENCE:
            look.problem = f"no browser: {self._lost} were lost one after the other"
        else:
            try:
                running = await self._start()
            except Exception as error:  # noqa: BLE001 - playwright's: a browser that does not start costs its pictures
                self._lost += 1
                look.problem = f"no browser: {_one_line(error)}"
            else:
                await self._load(running, look)
        if self._gate is not None:
            look.own.update(f"{host}:{port}" for host, port in self._gate.taken_refusals().elements())
        look.duration = time.monotonic() - began
        return look

    async def _load(self, running: _Running, look: Look) -> None:
        context = running.context
        page = await context.new_page()
        load = Load(
            page,
            await context.new_cdp_session(page),
            look,
            hosts=self._hosts,
            within=PAGE,
            largest=self._site.requisite_size,
            cookies=self._session.policy.cookies,
            agent=self._visitor.agent,
            languages=",".join(self._visitor.tags),
            mail=self._visitor.mail,
            spend=lambda: self._session.spend(self._site),
        )
        gone: asyncio.Future[str] = asyncio.get_running_loop().create_future()

        def lost(words: str) -> None:
            if not gone.done():
                gone.set_result(words)

        page.on("crash", lambda _: lost("the page's process crashed"))
        running.on_end = partial(lost, "the browser ended")
        loading = asyncio.ensure_future(load.run())
        try:
            ends: list[asyncio.Future[Any]] = [loading, gone]
            await asyncio.wait(ends, timeout=PAGE + AFTER, return_when=asyncio.FIRST_COMPLETED)
            if loading.done() and not gone.done():
                if (error := loading.exception()) is not None:
                    look.problem = _one_line(error)
            else:
                look.problem = gone.result() if gone.done() else f"the browser hung for {AFTER:g} s"
        finally:
            loading.cancel()
            await asyncio.gather(loading, return_exceptions=True)
            await load.stop()
            running.on_end = None
            await self._let_go(running)
            gone.cancel()

    async def _let_go(self, running: _Running) -> None:
        """Close the page; a browser that does not, or is gone, is ended, and the next page gets another one."""
        healthy = running.browser.is_connected()
        if healthy:
            try:
                # the first is the browser's own, blank: without any it would end
                for page in running.context.pages[1:]:
                    await asyncio.wait_for(page.close(), 5)
            except Exception:  # noqa: BLE001 - it is ended below
                healthy = False
        if healthy:
            self._lost = 0
            return
        self._lost += 1
        self._running = None
        await running.end()

    async def _start(self) -> _Running:
        if self._running is not None and self._running.browser.is_connected():
            return self._running
        if self._running is not None:
            await self._running.end()
            self._running = None
        if self._gate is None:
            policy = self._session.policy
            look_up = Resolver(policy.nameservers).look_up
            self._gate = Gate(self._hosts, self._route, look_up, within=policy.timeout_connect)
            self._port = await self._gate.open()
        self._running = await asyncio.wait_for(_Running.start(self._port, self._visitor), START)
        self.version = self._running.browser.version
        return self._running

    async def close(self) -> None:
        """End the browser."""
        if self._running is not None:
            await self._running.end()
            self._running = None
        if self._gate is not None:
            await self._gate.close()
        if self._counts:
            logger.info(
                "site %s: looked at with a browser: %s; refused: %s",
                self._site.name,
                dict(self._counts),
                dict(self._refused.most_common()),
            )

    # -- what goes on record

    async def store(self, look: Look, capture: Capture) -> None:
        """Store what was exchanged and what was made; returns when it is synced. Raises StorageError."""
        self._counts["pages"] += 1
        self._counts["without pictures"] += not look.made
        self._refused.update(reason for reason, _ in look.refused)
        if look.problem:
            logger.warning("browser: %s: %s", look.url, look.problem)
        if self._roots is None and look.certificates:
            self._roots = await asyncio.to_thread(Roots.of_certifi)
        page = look.page
        hops = capture.hops + BROWSER_HOP
        stored = []
        steps = 0
        for one in look.loaded:
            own_hops = hops + "R" * steps if one.is_page else f"{hops}E" + "R" * one.number
            steps += one.is_page
            notes = [*self._notes(capture), ("browser-resource", one.kind), *_about(one)]
            if one is page:
                notes += self._about_page(look)
            exchange = self._exchange(one, look)
            stored.append(self._keep(exchange, own_hops, capture, notes))
        if page is None:
            notes = [*self._notes(capture), *self._about_page(look)]
            stored.append(self._keep(self._failed(look), hops + "R" * steps, capture, notes))
        results = await asyncio.gather(*stored, return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result

    async def _keep(self, exchange: Exchange, hops: str, capture: Capture, notes: Sequence[tuple[str, str]]) -> Capture:
        occasion = Occasion(
            crawl=self._session.crawl_id,
            site=self._site.name,
            via=capture.url,
            hops=hops,
            notes=tuple((name, one_line(value)) for name, value in notes),
        )
        return await self._session.store(exchange, occasion)

    def _notes(self, capture: Capture) -> list[tuple[str, str]]:
        version = [("browser", f"Chromium {self.version}")] if self.version else []
        return [*version, ("browser-page", f"<{capture.record_id}>")]

    def _about_page(self, look: Look) -> list[tuple[str, str]]:
        refused = Counter(reason for reason, _ in look.refused)
        rest = "at rest" if look.settled else f"not at rest within {PAGE:g} s"
        lines = [
            ("browser-viewport", f"{VIEWPORT[0]}x{VIEWPORT[1]}"),
            ("browser-network", rest if look.made else "not waited for"),
            ("browser-answers", str(len(look.loaded))),
            ("browser-problem", look.problem),
            ("browser-refused", _counted(refused)),
            # its maker's services: nothing that the page asked for
            ("browser-own-refused", _counted(look.own)),
        ]
        told: list[tuple[str, str]] = [(name, value) for name, value in lines if value is not None]
        told += [("refused", f"{_recordable(url)} {reason}") for reason, url in _first(look.refused)]
        told += [("failed", f"{_recordable(url)} {error}") for error, url in _first(look.failed)]
        told += [("cached", _recordable(url)) for url in _first(look.cached)]
        return told

    def _exchange(self, one: Loaded, look: Look) -> Exchange:
        parts = urlsplit(one.url)
        server = (parts.hostname or "").rstrip("."), parts.port or (443 if parts.scheme == "https" else 80)
        ways = None if self._gate is None else self._gate.ways
        made: tuple[Made, ...] = ()
        url = _recordable(one.url)
        if one is look.page:
            made = tuple(Made(f"{name}{url}", mime, Spool(octets)) for name, mime, octets in look.made)
        failure, error, stage = _failure_of(one)
        if one is look.page and look.challenge is not None:
            failure, error = Failure.CHALLENGE, look.problem
        response = Spool(one.response_head)
        response.write(one.body)
        mime = next((value for name, value in one.fields if name.lower() == "content-type"), "")
        return Exchange(
            url=url,
            method=one.method,
            began_at=one.began_at,
            duration=one.duration,
            outcome=Outcome.TRUNCATED if one.cut else Outcome.RESPONSE,
            request=Spool(one.request_head),
            response=response,
            status=one.status,
            head_length=len(one.response_head),
            mime=mime.partition(";")[0].strip().lower() or None,
            payload_digest=digest(one.body),
            payload_length=len(one.body),
            truncated=_truncation(one.cut),
            stage=stage,
            error=error,
            peer=None if ways is None or self._route.proxy is not None else ways.peer(server),
            protocol=one.protocol,
            tls=self._tls(one, look, server[0]),
            failure=failure,
            dns=None if ways is None else ways.answers.get(server[0]),
            vantage=self._route.vantage("https"),
            vantage_label=self._route.label,
            made=made,
        )

    def _tls(self, one: Loaded, look: Look, host: str) -> TlsFacts | None:
        chain = look.certificates.get(f"https://{urlsplit(one.url).netloc}", ())
        if one.security is None or not chain or self._roots is None:
            return None
        return TlsFacts(
            version=str(one.security.get("protocol", "")).replace("TLS ", "TLSv").replace("TLSv1.0", "TLSv1"),
            cipher=_cipher(one.security),
            alpn=one.protocol,
            chain=chain,
            verdict=self._roots.verdict(chain, host),
            roots=self._roots.label,
        )

    def _failed(self, look: Look) -> Exchange:
        """The look of which there is no page."""
        parts = urlsplit(look.url)
        server = (parts.hostname or "").rstrip("."), parts.port or (443 if parts.scheme == "https" else 80)
        no_way: NoWay | None = None if self._gate is None else self._gate.ways.failures.get(server)
        outcome, failure = (Outcome.BROWSER, Failure.BROWSER)
        if no_way is not None and not look.loaded:
            outcome, failure = no_way.outcome, no_way.failure
        return Exchange(
            url=_recordable(look.url),
            method="GET",
            began_at=look.began_at,
            duration=look.duration,
            outcome=outcome,
            request=Spool(),
            response=Spool(),
            stage="connect" if no_way is not None else "head",
            error=one_line(look.problem or "the browser was given no page"),
            failure=failure,
            vantage=self._route.vantage("https"),
            vantage_label=self._route.label,
        )


@dataclass(slots=True)
class _Running:
    """A browser that runs, and its folder."""

    playwright: Playwright
    browser: Browser
    context: BrowserContext
    home: Path
    on_end: Callable[[], None] | None = None

    @classmethod
    async def start(cls, port: int, visitor: Visitor) -> _Running:
        """Raises playwright's errors, KhronikaError without a Chromium."""
        from playwright.async_api import async_playwright

        program = chromium()
        if program is None:
            raise KhronikaError(f"expected Chromium on this machine, found none; install with: {TO_INSTALL}")
        home = _home()
        playwright = None
        try:
            playwright = await async_playwright().start()
            # a folder of its own for all that it keeps: playwright's own choice outlives a browser that was killed
            context = await playwright.chromium.launch_persistent_context(
                home / "profile",
                artifacts_dir=home / "artifacts",
                executable_path=program,
                headless=True,
                # Chromium has no sandbox for root; for everybody else a page's process may do nothing but show it
                chromium_sandbox=not _is_root(),
                # workers have no other way to learn what they are called
                args=[*ARGUMENTS, f"--disable-features={_FEATURES}", f"--user-agent={visitor.agent}"],
                proxy={"server": f"socks5://127.0.0.1:{port}", "bypass": "<-loopback>"},
                env=_environment(home),
                timeout=START * 1000,
                handle_sigint=False,
                handle_sigterm=False,
                handle_sighup=False,
                **_context_of(visitor),
            )
            await context.add_init_script(_QUIET)
            browser = context.browser
            if browser is None:
                raise KhronikaError("expected a browser behind its context, found none")
        except BaseException:
            await _stopped(playwright)
            shutil.rmtree(home, ignore_errors=True)
            raise
        running = cls(playwright, browser, context, home)
        browser.on("disconnected", lambda _: running.ended())
        context.on("close", lambda _: running.ended())
        return running

    def ended(self) -> None:
        """The browser is gone, by itself or not."""
        if self.on_end is not None:
            self.on_end()

    async def end(self) -> None:
        """End the browser, however it is; nothing of it stays on the disk."""
        with contextlib.suppress(Exception):
            await asyncio.wait_for(self.context.close(), 5)
        await _stopped(self.playwright)
        await asyncio.to_thread(shutil.rmtree, self.home, ignore_errors=True)


def _home() -> Path:
    """A folder for a browser. It puts a socket deep into it, whose name may have 107 octets (unix(7))."""
    own = Path(tempfile.gettempdir())
    folder = own if len(str(own)) <= SHORT or not SHARED.is_dir() else SHARED
    for left in folder.glob(f"{HOME}*"):
        _remove_orphan(left)
    return Path(tempfile.mkdtemp(prefix=f"{HOME}{os.getpid()}-", dir=folder))


def _remove_orphan(folder: Path) -> None:
    """Remove what a process left that was killed: nobody else could have."""
    number = folder.name.removeprefix(HOME).partition("-")[0]
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        shutil.rmtree(folder, ignore_errors=True)
    except (ValueError, OSError):
        pass  # somebody else's


async def _stopped(playwright: Playwright | None) -> None:
    if playwright is not None:
        # its own program ends with this, and with that whatever browser it still has
        with contextlib.suppress(Exception):
            await asyncio.wait_for(playwright.stop(), 5)


def _environment(home: Path) -> dict[str, str | float | bool]:
    """Nothing of the operator's: the browser's folder for a home, and the time zone of the records."""
    kept = {name: os.environ[name] for name in ("PATH", "TMPDIR", "LD_LIBRARY_PATH") if name in os.environ}
    return {**kept, "HOME": str(home), "TMPDIR": str(home), "TZ": "UTC", "LANG": "C.UTF-8"}


def _context_of(visitor: Visitor) -> dict[str, Any]:
    return {
        "locale": visitor.tags[0],
        "timezone_id": "UTC",
        "viewport": {"width": VIEWPORT[0], "height": VIEWPORT[1]},
        "screen": {"width": VIEWPORT[0], "height": VIEWPORT[1]},
        "service_workers": "block",
        "accept_downloads": False,
        # any server is talked to, as over our own wire; what its certificate is worth stands in the record
        "ignore_https_errors": True,
        "java_script_enabled": True,
    }


def _about(one: Loaded) -> list[tuple[str, str]]:
    """What a record of a decoded body says of itself."""
    if one.leads_on:
        return [("digest-covers", "no body: a browser is given none of a redirect")]
    return [("digest-covers", "the body as the browser decoded it; its head is told by the browser")]


_CUT: Final[Mapping[str, tuple[Failure | None, str, Truncation]]] = {
    "length": (Failure.TOO_LARGE, "cut at the limit for what a page needs", "length"),
    "time": (Failure.BODY_TIMEOUT, "not whole when the page's time was up", "time"),
    "disconnect": (Failure.RESET_IN_BODY, "not whole when the page was left", "disconnect"),
    "unspecified": (None, "a browser is given no body of a redirect", "unspecified"),
}


def _failure_of(one: Loaded) -> tuple[Failure | None, str | None, Stage | None]:
    cut, error, _ = _CUT.get(one.cut or "", (None, None, None))
    failure = failure_of_status(one.status) or cut
    return failure, error, "body" if cut is not None else None


def _truncation(cut: str | None) -> Truncation | None:
    return None if cut is None else _CUT[cut][2]


_OF_TLS_1_3: Final = {
    "AES_128_GCM": "TLS_AES_128_GCM_SHA256",
    "AES_256_GCM": "TLS_AES_256_GCM_SHA384",
    "CHACHA20_POLY1305": "TLS_CHACHA20_POLY1305_SHA256",
}


def _cipher(security: Mapping[str, object]) -> str:
    """The cipher suite, by its IANA name where the browser tells enough of it."""
    cipher, exchange = str(security.get("cipher", "")), str(security.get("keyExchange", ""))
    if not exchange and cipher in _OF_TLS_1_3:
        return _OF_TLS_1_3[cipher]
    return f"{exchange} {cipher}".strip() or "unknown"


def _readable(capture: Capture) -> tuple[str, str]:
    return capture.url, unquote(capture.url)


def _recordable(url: str) -> str:
    """An address as records have it, not longer than one is."""
    try:
        return target_of(url).url
    except UrlError:
        return recordable(url)[:2000] or "-"


def _counted(counts: Counter[str]) -> str | None:
    return ", ".join(f"{what} {times}" for what, times in counts.most_common(TOLD)) or None


def _first(some: Sequence[T]) -> Sequence[T]:
    return some[:TOLD]


def _one_line(error: BaseException) -> str:
    words = str(error).split("Call log:")[0].split("Browser logs:")[0]
    return " ".join(words.split())[:300] or type(error).__name__
