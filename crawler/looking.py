"""Looking: fetches a few pages of a site as a crawl would, and keeps none of them.

The way is that of a crawl: the proxy and the name servers of the collection, robots.txt obeyed, a rest between two
requests to a host, the User-Agent that a crawl bears. Nothing is written into the collection; that a site was looked
at stands nowhere but in its own logs.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from archive.exchange import Exchange
from crawler.fetching import ACCEPT
from crawler.policy import route_of, user_agent
from crawler.politeness import Politeness, PutOffError, retry_after
from crawler.robots import Answer, RobotsRules, Unanswered, product_token
from crawler.wire_client import WireClient, WireLimits
from crawler.wire_message import WireRequest
from spiders.address import AddressError, host_and_port, is_loopback, join_link, site_host, url_key
from spiders.look import Fetched, Look
from spiders.scope import Scope

if TYPE_CHECKING:
    from crawler.config import Config
    from crawler.route import Route
    from spiders.definition import SiteDefinition

PATIENCE: Final = 30.0
"""Seconds that a connection, a head and a body may take: somebody is waiting."""
LONGEST: Final = 600.0
"""Seconds after which no further question is asked, however long the site's robots.txt wants it to last."""
REDIRECTS: Final = 5
MAX_SIZE: Final = 32 << 20
"""Octets of an answer that are looked at."""
_REDIRECTED: Final = frozenset({301, 302, 303, 307, 308})
_NO_TEXT: Final = (b"\x1f\x8b", b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"PK\x03\x04")

Tell = Callable[[str, int], None]
"""Told of each request: its address, and how many there were."""


class Looker:
    """Fetches for one look; made by `looker`."""

    def __init__(
        self,
        client: WireClient,
        config: Config,
        route: Route,
        site: SiteDefinition | None,
        delay: float | None,
        tell: Tell,
    ) -> None:
        agent = user_agent(config.crawl, config.contact or None)
        self._client = client
        self._route = route
        self._site_delay = site.delay if site is not None else None
        self._obeys = site is None or site.robots != "ignore"
        self._is_own: Callable[[str], bool] = Scope(site).has_host if site is not None else lambda _: False
        self._tell = tell
        # somebody waits for the answer: a robots.txt that cannot be had is not asked for again and again
        patient = replace(config.crawl, retries=0)
        self._robots = RobotsRules(patient, product_token(agent))
        self._politeness = Politeness(patient, delay=delay)
        self._stopping = asyncio.Event()
        self._began = time.monotonic()
        self._known: dict[str, Fetched] = {}
        self._fields = [
            (b"User-Agent", agent.encode()),
            (b"Accept", ACCEPT.encode()),
        ]
        if config.crawl.accept_language:
            self._fields.append((b"Accept-Language", config.crawl.accept_language.encode()))
        if config.contact:
            self._fields.append((b"From", config.contact.encode()))
        self.requests = 0

    async def get(self, url: str, *, abroad: bool = False) -> Fetched:
        """What an address brings, redirects followed; to other hosts only with `abroad`, and never from the network to
        this machine or its neighbours. Whatever goes wrong is in the answer."""
        asked, seen = url, set()
        for _ in range(REDIRECTS + 1):
            if url_key(url) in seen:
                return Fetched(asked, url, None, "redirects in a circle")
            seen.add(url_key(url))
            answer = await self._allowed(url)
            location = answer.headers.get("location", "")
            if answer.status not in _REDIRECTED or not location:
                return replace(answer, url=asked)
            try:
                target = join_link(url, location)
            except AddressError as error:
                return Fetched(asked, url, None, f"a redirect to no page: {error}")
            if not (abroad or site_host(target) == site_host(asked) or self._is_own(target)):
                return Fetched(asked, url, None, f"redirects to another host, {host_and_port(target)}")
            if _is_near(target) and not _is_near(asked):
                return Fetched(asked, url, None, f"redirects into a private network, to {host_and_port(target)}")
            url = target
        return Fetched(asked, url, None, f"more than {REDIRECTS} redirects")

    async def _allowed(self, url: str) -> Fetched:
        if url_key(url) in self._known:  # robots.txt, which was asked for already
            return self._known[url_key(url)]
        if time.monotonic() - self._began > LONGEST:
            return Fetched(url, url, None, f"not asked: the look has lasted {LONGEST / 60:g} minutes")
        rules = await self._robots.rules_for(url, self._fetch_robots)
        if rules.crawl_delay is not None:
            self._politeness.ask(url, rules.crawl_delay)
        if url_key(url) in self._known:
            return self._known[url_key(url)]
        if self._obeys and not (decision := rules.decide(url)).allowed:
            return Fetched(url, url, None, decision.reason, denied=True)
        return await self._fetch(url)

    async def _fetch_robots(self, url: str, redirects: int, wait: float) -> Answer:
        found = await self._fetch(url)
        if redirects == 0:
            self._known[url_key(url)] = found
        if found.status is None:
            raise Unanswered(found.problem)
        return Answer(found.status, found.headers.get("location"), found.octets)

    async def _fetch(self, url: str) -> Fetched:
        """One request in its turn."""
        try:
            await self._politeness.turn(url, site_delay=self._site_delay, stopping=self._stopping)
        except PutOffError as error:
            return Fetched(url, url, None, f"not asked: {error}")
        try:
            self.requests += 1
            self._tell(url, self.requests)
            exchange = await self._client.fetch(WireRequest(url, "GET", self._fields, b"", self._route))
            try:
                found = await asyncio.to_thread(fetched_of, exchange, url)
            finally:
                exchange.close()
            if found.status in {429, 503} and (seconds := retry_after(found.headers.get("retry-after"))) is not None:
                self._politeness.hold(url, seconds)
            return found
        finally:
            self._politeness.leave(url)


def _is_near(url: str) -> bool:
    """Whether an address is on this machine or in a private network, as far as it says so itself."""
    try:
        return not ipaddress.ip_address(urlsplit(url).hostname or "").is_global
    except ValueError:
        return is_loopback(url)


def fetched_of(exchange: Exchange, url: str) -> Fetched:
    """An exchange as a look takes it: decoded, and read as text where it may be one."""
    from crawler.challenge import challenge_of
    from crawler.wire import take_answer
    from pipelines.charset import decode

    if not exchange.has_head:
        return Fetched(url, url, None, exchange.error or str(exchange.outcome))
    answer = take_answer(exchange, MAX_SIZE)
    head = answer.head
    names = {name.decode("latin-1").lower() for name, _ in head.fields}
    headers = {name: ", ".join(head.values(name)) for name in names}
    if (who := challenge_of(head, answer.body)) is not None:
        return Fetched(url, url, None, f"no page but a challenge or block page: {who}", headers=headers)
    text, charset, note = "", "utf-8", ""
    if not answer.body.startswith(_NO_TEXT):
        read = decode(answer.body, headers.get("content-type"))
        text, charset = read.text, read.charset
        beyond = not answer.body.isascii()
        if read.refused and beyond:
            source, label, _ = read.refused[0]
            note = f"is {charset}, though its {'header' if source == 'header' else 'text'} says {label}"
        elif read.source == "detection" and beyond and charset != "utf-8":
            note = f"is {charset}, and says so nowhere"
    media_type = (headers.get("content-type") or "").split(";")[0].strip().lower()
    return Fetched(url, url, exchange.status, "", False, media_type, headers, answer.body, text, charset, note)


@asynccontextmanager
async def looker(
    config: Config, *, site: SiteDefinition | None = None, delay: float | None = None, tell: Tell = lambda *_: None
) -> AsyncIterator[Looker]:
    """A looker that goes the way of the collection's crawls, or of a site's own; closed at the end."""
    from spiders.definition import SiteDefinition as Definition

    policy = config.crawl
    limits = WireLimits(
        connect=min(policy.timeout_connect, PATIENCE),
        head=min(policy.timeout_head, PATIENCE),
        body=PATIENCE,
        idle=PATIENCE,
        max_size=MAX_SIZE,
    )
    client = WireClient(limits, nameservers=policy.nameservers)
    route = route_of(policy, site or Definition(name="look"))
    try:
        yield Looker(client, config, route, site, delay, tell)
    finally:
        await client.close()


async def look_at(url: str, config: Config, *, requests: int, delay: float | None, tell: Tell) -> Look:
    """Look at the site of an address.

    With the discreet profile only what the site itself names is asked for: no reader asks for six kinds of sitemap.
    """
    look = Look(url, requests=requests, guesses=not config.crawl.discreet, language_of=language_of)
    async with looker(config, delay=delay, tell=tell) as eyes:
        questions = look.questions()
        with contextlib.suppress(StopIteration):
            question = next(questions)
            while True:
                question = questions.send(await eyes.get(question.url, abroad=question.what == "page"))
    return look


def language_of(text: str) -> str:
    """The language of a text; empty where it cannot be told."""
    from pipelines.language import UNDETERMINED, judge

    told = judge(text).language
    return "" if told == UNDETERMINED else told
