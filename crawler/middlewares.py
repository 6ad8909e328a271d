"""The steps between Scrapy's engine, the wire and a spider.

Downloader middlewares, from the engine to the wire:

    OutcomeMiddleware      what could not be fetched is marked so in the frontier
    RobotsMiddleware       robots.txt is asked first; a denial is recorded as an exchange of its own
    RetryMiddleware        what failed is queued again, later
    PolitenessMiddleware   each request waits for its host's turn

Spider middleware: FrontierMiddleware writes what a spider found on a page and the page's `done` mark in one
transaction. Redirects are no middleware: a spider yields where one leads, as it yields a link.
"""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
)
from scrapy.http import Response

from archive.capture import Capture
from archive.errors import KhronikaError
from archive.exchange import Exchange, Failure, Occasion, Outcome, Stage
from archive.spool import Spool
from crawler.frontier import Found, ListedPart
from crawler.memory import PAGE_CALLBACK, SiteMemory
from crawler.politeness import StoppedError, retry_after
from crawler.robots import OF_THE_SERVER, PARSED, Answer, Decision, Rules, Unanswered, override_of
from crawler.session import (
    ANSWERED,
    ATTEMPTS,
    CAPTURE,
    FIRST,
    HOPS,
    MAX_HOPS,
    NOT_BEFORE,
    NOTES,
    PUT_OFF,
    RETRY_AT,
    ROW,
    SITE,
    TURN,
    VIA,
    CrawlSession,
    found_again,
    found_in,
    found_links,
    found_listed,
    found_needed,
    now,
    occasion_of,
    session_of,
    site_of,
)
from spiders.address import host_and_port
from spiders.definition import SiteDefinition
from spiders.requests import LISTING, SECOND_LOOK, Follow, Listed, Need
from spiders.site import UnreadError

logger = logging.getLogger(__name__)

RETRIED: Final = frozenset({408, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524})
"""Statuses that are tried again; a page that still has one after the last attempt counts as failed."""

REFUSALS: Final = frozenset({429, 503})
"""Statuses that ask for a rest, with a Retry-After (RFC 9110, 10.2.3; RFC 6585, 4) or without."""

FAILURES: Final = (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    ResponseDataLossError,
    OSError,
)


class DeniedError(IgnoreRequest):
    """robots.txt denies a page, or could not be had."""

    def __init__(self, decision: Decision, capture: Capture) -> None:
        super().__init__(decision.reason)
        self.decision = decision
        self.capture = capture


class _Middleware:
    def __init__(self, session: CrawlSession, site: SiteDefinition) -> None:
        self.session = session
        self.site = site

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(session_of(crawler), site_of(crawler))


class OutcomeMiddleware(_Middleware):
    """Outermost: marks what was not fetched, and why."""

    def process_exception(self, request: Request, exception: Exception) -> None:
        """Settle the page in the frontier; the rest of Scrapy is told to ignore it."""
        row = request.meta.get(ROW)
        if row is None:
            return
        match exception:
            case StoppedError() | KhronikaError():
                # a KhronikaError here is a disk that refuses: the session ends with it, the page stays to be fetched
                self.session.put_back(row)
            case DeniedError(decision=decision, capture=capture) if decision.unreachable:
                self.session.fail(row, decision.reason, capture)
            case DeniedError(decision=decision, capture=capture):
                self.session.skip(row, decision.reason, capture)
            case _:
                reason = reason_of(exception)
                logger.warning("failed %s: %s", request.url, reason)
                self.session.fail(row, reason, request.meta.get(CAPTURE))
        raise IgnoreRequest(str(exception)) from exception


class RobotsMiddleware(_Middleware):
    """Asks robots.txt before each page."""

    def __init__(self, session: CrawlSession, site: SiteDefinition, crawler: Crawler) -> None:
        super().__init__(session, site)
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(session_of(crawler), site_of(crawler), crawler)

    async def process_request(self, request: Request) -> None:
        """Let the request pass, or raise DeniedError after the denial is stored."""
        row = request.meta.get(ROW)
        if row is None:
            return
        decision = (await self._rules(request)).decide(request.url)
        override = override_of(self.site)
        request.meta[NOTES] = decision.notes(overridden=override)
        if not decision.allowed and override is None:
            capture = await self.session.store(_denial(request.url, decision), occasion_of(request, self.session))
            logger.info("not fetched %s: %s", request.url, decision.reason)
            raise DeniedError(decision, capture)

    async def _rules(self, page: Request) -> Rules:
        async def fetch(url: str, redirects: int, wait: float) -> Answer:
            return await self._fetch(url, redirects, wait, page)

        rules = await self.session.robots.rules_for(page.url, fetch)
        if rules.crawl_delay is not None:
            self.session.politeness.ask(page.url, rules.crawl_delay)
        return rules

    async def _fetch(self, url: str, redirects: int, wait: float, page: Request) -> Answer:
        request = Request(
            url,
            dont_filter=True,
            meta={
                SITE: page.meta[SITE],
                VIA: page.url,
                HOPS: page.meta.get(HOPS, "") + "P" + "R" * redirects,
                NOT_BEFORE: now() + wait if wait else 0.0,
                FIRST: PARSED + 1,
                "download_slot": host_and_port(url),
            },
        )
        try:
            response = await self._crawler.engine.download_async(request)
        except (StoppedError, KhronikaError):
            raise
        except Exception as error:
            capture: Capture | None = request.meta.get(CAPTURE)
            raise Unanswered(
                reason_of(error),
                failure=None if capture is None else capture.failure,
                record_id=None if capture is None else capture.record_id,
            ) from error
        location = response.headers.get("Location")
        archived: Capture | None = request.meta.get(CAPTURE)
        return Answer(
            response.status,
            None if location is None else location.decode("utf-8", "replace"),
            response.body,
            # one that is longer than what is looked at may have been cut behind it
            complete=len(response.body) > PARSED or not {"truncated", "withheld"}.intersection(response.flags),
            record_id=None if archived is None else archived.record_id,
        )


class RetryMiddleware(_Middleware):
    """Queues a failed page again, later, as often as the policy says."""

    def process_response(self, request: Request, response: Response) -> Request | Response:
        """The response, or the request for another attempt."""
        if response.status in RETRIED or _was_cut(request):
            seconds = _asked_rest(response)
            if seconds is not None and self.session.politeness.is_put_off(host_and_port(request.url)):
                return self._later(request, seconds) or response
            return self._again(request, seconds) or response
        return response

    def process_exception(self, request: Request, exception: Exception) -> Request | None:
        """The request for another attempt, if the failure may pass."""
        return self._again(request, None) if isinstance(exception, FAILURES) else None

    def _later(self, request: Request, seconds: float) -> Request | None:
        """The request for another run: its host is asked no more in this one."""
        if ROW not in request.meta or _is_second_look(request):
            return None
        later = request.copy()
        later.meta.update({RETRY_AT: now() + seconds, PUT_OFF: True})
        return later

    def _again(self, request: Request, seconds: float | None) -> Request | None:
        attempts = request.meta.get(ATTEMPTS, 0)
        if ROW not in request.meta or attempts >= self.session.policy.retries or _is_second_look(request):
            return None
        policy = self.session.policy
        wait = policy.retry_delay * 2**attempts if seconds is None else min(seconds, policy.crawl_delay_limit)
        self.session.statistics.retries += 1
        again = request.copy()
        again.meta[RETRY_AT] = now() + wait
        return again


class PolitenessMiddleware(_Middleware):
    """Innermost: holds a request until its host may be asked."""

    async def process_request(self, request: Request) -> None:
        """Wait for the host's turn. Raises StoppedError when there is none in this run."""
        await self.session.politeness.turn(
            request.url,
            site_delay=self.site.delay,
            stopping=self.session.stopping,
            not_before=request.meta.get(NOT_BEFORE, 0.0),
        )
        if not self.session.spend(self.site):
            self.session.politeness.leave(request.url)
            raise StoppedError("budget")
        request.meta[TURN] = lambda: self.session.politeness.leave(request.url)

    def process_response(self, request: Request, response: Response) -> Response:
        """Give the turn back; a Retry-After holds from this very moment on, for whoever waits behind it."""
        politeness = self.session.politeness
        seconds = _asked_rest(response)
        if seconds is not None:
            if politeness.hold(request.url, seconds, since=request.meta.get(ANSWERED)):
                self.session.put_off(request.url, seconds)
        elif response.status in REFUSALS:
            politeness.back_off(request.url)
        else:
            politeness.recover(request.url)
        self._leave(request)
        return response

    def process_exception(self, request: Request, exception: Exception) -> None:
        """Give the turn back, if there was one."""
        self._leave(request)

    def _leave(self, request: Request) -> None:
        if leave := request.meta.pop(TURN, None):
            leave()


class FrontierMiddleware(_Middleware):
    """Writes seeds, links and `done` marks into the frontier; lets items through."""

    def __init__(self, session: CrawlSession, site: SiteDefinition, crawler: Crawler) -> None:
        super().__init__(session, site)
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(session_of(crawler), site_of(crawler), crawler)

    async def process_start(self, start: AsyncIterator[Any]) -> AsyncIterator[Any]:
        """All seeds go into the frontier at once, before the first page is fetched and can name one of them."""
        spider = self._spider
        try:
            skipped = self.session.frontier.pages(state="skipped", site=self.site.name)
            spider.traps.restore((page.url, page.reason or "") for page in skipped)
            seeds = [found_in(request, spider) async for request in start]
            if (memory := self._memory) is not None:
                page = PAGE_CALLBACK
                seeds = [one for one in seeds if not memory.leaves_out(one.key, one.kind, page=one.callback == page)]
            if self._memory is not None and self._memory.has_policies:
                seeds += found_again(spider, self._memory)
            self.session.frontier.add(self.site.name, seeds)
        except KhronikaError as error:
            self.session.give_up(error)
        except ValueError as error:
            self.session.give_up(KhronikaError(f"site {self.site.name}: {error}"))
        no_requests: tuple[Request, ...] = ()
        for request in no_requests:
            yield request

    async def process_spider_output(self, response: Response, result: AsyncIterator[Any]) -> AsyncIterator[Any]:
        """Collect the requests; when the spider is through with the page, they and the mark are one transaction."""
        request = response.request
        assert request is not None
        row = request.meta[ROW]
        found: list[Found] = []
        listed: list[ListedPart] = []
        links: list[str] = []
        problem: str | None = None
        try:
            async for one in result:
                if isinstance(one, Need):
                    found += found_needed(one, self._spider, of=request)
                elif isinstance(one, Follow):
                    links += [link.url for link in one.links]
                    known = self.session.frontier.knows(self.site.name)
                    found += found_links(one, self._spider, of=request, known=known, memory=self._memory)
                elif isinstance(one, Listed):
                    pages, part = found_listed(one, self._spider, of=request, memory=self._memory)
                    found += pages
                    listed.append(part)
                    links += [entry.url for entry in one.entries]
                elif isinstance(one, Request):
                    links.append(one.url)
                    found.append(found_in(one, self._spider, of=request, memory=self._memory))
                else:
                    yield one
        except UnreadError as error:
            problem = str(error)
            logger.info("not read %s: %s", request.url, problem)
        except Exception as error:
            # the page is evidence already; a spider's fault costs its links, and says so
            problem = reason_of(error)
            logger.exception("not read %s", request.url)
        if links and 200 <= response.status < 300:
            self._spider.traps.looked_into(request.url, links, via=request.meta.get(VIA), page=response.body)
        try:
            found = [await self._within_limit(one, request) for one in found]
            problem = problem or self._obstacle(request, response, found)
            await self._look(request, response)
            self._settle(row, request, response, found, listed, problem)
        except StoppedError:
            # what the page lacks is got by the run that goes on
            self.session.put_back(row)
        except KhronikaError as error:
            self.session.give_up(error)

    @property
    def _spider(self) -> Any:
        return self._crawler.spider

    @property
    def _memory(self) -> SiteMemory | None:
        return self.session.memories.get(self.site.name)

    async def _within_limit(self, found: Found, request: Request) -> Found:
        """An address as it was found; one that too many redirects led to is recorded, and not followed."""
        # a path is kept up to so many letters
        limit = min(self.session.policy.redirects, MAX_HOPS - 1)
        if found.skipped is not None or not found.hops.endswith("R" * (limit + 1)):
            return found
        reason = f"more than {limit} redirects in a row"
        site = request.meta[SITE]
        if self.session.frontier.known(site, found) is None:
            occasion = Occasion(crawl=self.session.crawl_id, site=site, via=request.url, hops=found.hops)
            await self.session.store(
                _not_fetched(found.url, Outcome.REDIRECTS, Failure.TOO_MANY_REDIRECTS, reason), occasion
            )
            logger.info("not followed from %s to %s: %s", request.url, found.url, reason)
        return replace(found, skipped=reason)

    def _obstacle(self, request: Request, response: Response, found: list[Found]) -> str | None:
        """Why a page that was answered was not had all the same."""
        capture: Capture | None = request.meta.get(CAPTURE)
        if capture is not None and capture.failure is Failure.CHALLENGE:
            return capture.error
        # a spider yields where a redirect leads, and nothing else
        redirects = [one for one in found if one.hops == f"{request.meta.get(HOPS, '')}R"[-MAX_HOPS:]]
        if 300 <= response.status < 400 and redirects and self._is_loop(request, redirects[0]):
            logger.info("redirect loop: %s leads back to %s", request.url, redirects[0].url)
            return "redirect loop"
        return None

    def _is_loop(self, request: Request, target: Found) -> bool:
        """Whether a redirect leads back to an address that led here by redirects alone."""
        frontier, site = self.session.frontier, request.meta[SITE]
        aim = frontier.known(site, target)
        via, hops = request.meta.get(VIA), request.meta.get(HOPS, "")
        for _ in range(MAX_HOPS):
            if aim is None or via is None or not hops.endswith("R"):
                return False
            key = self._spider.identity.key(via)
            before = frontier.known(site, Found(via, key=key)) or frontier.known(site, Found(via, exact=True))
            if before is None or before.id == aim.id:
                return before is not None
            via, hops = before.via, before.hops
        return False

    async def _look(self, request: Request, response: Response) -> None:
        """Look at the page with a browser too, where the site wants that. Raises StoppedError, StorageError."""
        capture: Capture | None = response.meta.get(CAPTURE)
        if self.session.look is not None and self.site.browser and capture is not None and not _is_second_look(request):
            fields = {name.decode(): b", ".join(values).decode("latin-1") for name, values in request.headers.items()}
            await self.session.look(self.site, capture, fields)

    def _settle(
        self,
        row: int,
        request: Request,
        response: Response,
        found: list[Found],
        listed: list[ListedPart],
        problem: str | None,
    ) -> None:
        capture: Capture | None = response.meta.get(CAPTURE)
        if response.status in RETRIED:
            self.session.fail(row, f"HTTP {response.status}", capture)
            return
        # of a page that is longer than our own limit enough was had; of a listing, what it names may be missing
        part = bool(request.meta.get(LISTING)) and not {"truncated", "withheld"}.isdisjoint(response.flags)
        cut = _was_cut(request) or part
        if problem is None and cut:
            problem = "the response was cut short"
        again = self.session.second_look(self.site, request, capture)
        if again is not None:
            found = [*found, again]
        self.session.done(row, found, capture, problem=problem, listed=listed)


def reason_of(exception: BaseException) -> str:
    """Why a fetch or a spider failed, in one line."""
    outcome = getattr(exception, "exchange_outcome", None)
    # an error may quote half a letter of a page's JSON, which no file takes
    words = " ".join(str(exception).split())[:300].encode("utf-8", "replace").decode("utf-8")
    kind = str(outcome) if outcome is not None else type(exception).__name__
    return f"{kind}: {words}" if words else kind


def _asked_rest(response: Response) -> float | None:
    """Seconds of rest, from its coming on, that a server asks for with an answer that turns us away."""
    header = response.headers.get("Retry-After") if response.status in REFUSALS else None
    if header is None:
        return None
    came = response.meta.get(ANSWERED)
    stored_for = 0.0 if came is None else time.monotonic() - came
    return retry_after(header.decode("latin-1"), now=datetime.now(UTC) - timedelta(seconds=stored_for))


def _is_second_look(request: Request) -> bool:
    return request.meta.get("callback") == SECOND_LOOK


def _was_cut(request: Request) -> bool:
    capture: Capture | None = request.meta.get(CAPTURE)
    # `length` is our own limit: another attempt would meet it again
    return capture is not None and capture.truncated in {"disconnect", "time", "unspecified"}


def _denial(url: str, decision: Decision) -> Exchange:
    if decision.failure is not None:
        outcome, stage = OF_THE_SERVER[decision.failure]
        return _not_fetched(url, outcome, decision.failure, decision.reason, stage=stage)
    failure = Failure.ROBOTS_UNREACHABLE if decision.unreachable else Failure.ROBOTS_DENIED
    return _not_fetched(url, Outcome.ROBOTS, failure, decision.reason)


def _not_fetched(url: str, outcome: Outcome, failure: Failure, reason: str, *, stage: Stage = "policy") -> Exchange:
    """The exchange that was not made, by a decision of ours: its record says so, and why."""
    return Exchange(
        url=url,
        method="GET",
        began_at=datetime.now(UTC),
        duration=0.0,
        outcome=outcome,
        request=Spool(),
        response=Spool(),
        stage=stage,
        error=reason,
        failure=failure,
    )
