"""The frontier as Scrapy's scheduler."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self, cast

from scrapy.core.scheduler import BaseScheduler

from archive.errors import KhronikaError
from crawler.session import PUT_OFF, RETRY_AT, ROW, found_again, found_in, is_requisite, session_of, site_of

if TYPE_CHECKING:
    from scrapy import Request, Spider
    from scrapy.crawler import Crawler

    from crawler.frontier import Page
    from crawler.session import CrawlSession
    from spiders.site import SiteSpider


class FrontierScheduler(BaseScheduler):
    """The frontier as Scrapy's scheduler, for the site of one crawler.

    A frontier that cannot be read or written ends the run: Scrapy, which expects no error here, would wait for ever.
    """

    def __init__(self, session: CrawlSession, site: str) -> None:
        self._session = session
        self._frontier = session.frontier
        self._site = site
        self._spider: Spider | None = None
        memory = session.memories.get(site)
        self._forgotten = memory if memory is not None and not memory.has_policies else None
        """What is known of a site that says nothing about visits, until it was looked through."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(session_of(crawler), site_of(crawler).name)

    def open(self, spider: Spider) -> None:
        """Remember the spider whose methods the rows name."""
        self._spider = spider

    def has_pending_requests(self) -> bool:
        """Whether there is a page that this run may still fetch."""
        if not self._session.may_take(self._site):
            return False
        return self._session.has_queued(self._site) or self._may_recall()

    def enqueue_request(self, request: Request) -> bool:
        """Take a request that is to be tried again, or one that a component made. False: known already."""
        try:
            return self._enqueue(request)
        except KhronikaError as error:
            self._session.give_up(error)
            return False

    def next_request(self) -> Request | None:
        """The next page for the downloader, if a host is free and the run may fetch more."""
        try:
            return self._next()
        except KhronikaError as error:
            self._session.give_up(error)
            return None

    def _enqueue(self, request: Request) -> bool:
        assert self._spider is not None
        row = request.meta.get(ROW)
        if row is not None:
            counts = not request.meta.get(PUT_OFF, False)
            self._frontier.retry(row, not_before=float(request.meta[RETRY_AT]), counts=counts)
            self._session.left(row)
            return True
        return bool(self._frontier.add(self._site, [found_in(request, self._spider)]))

    def _next(self) -> Request | None:
        assert self._spider is not None
        while self._session.may_take(self._site):
            page = self._frontier.take(self._site, busy=self._session.busy_hosts(self._site))
            if page is None:
                if self._recall():
                    continue
                return None
            refusal = refusal_of(self._spider, page)
            if refusal is None:
                return self._session.take(self._spider, page)
            self._frontier.skip(page.id, refusal)
            self._session.statistics.skipped += 1
        return None

    def _may_recall(self) -> bool:
        """Whether all that was found is done, and the pages of earlier crawls that nothing named are still to be."""
        return self._forgotten is not None and not self._frontier.has_queued(self._site)

    def _recall(self) -> bool:
        """Queue the pages of earlier crawls that nothing named. Whether there are any.

        Last of all, so that a page that is linked still says from where.
        """
        if not self._may_recall() or self._session.is_fetching(self._site):
            return False
        memory, self._forgotten = self._forgotten, None
        assert memory is not None and self._spider is not None
        again = self._frontier.add(self._site, found_again(self._spider, memory))
        return any(one.skipped is None for one in again)


def refusal_of(spider: Spider, page: Page) -> str | None:
    """Why a page is not fetched now that was to be when it was found: the site's definition may have changed between
    two runs, and a trap have been found out."""
    scope = getattr(spider, "scope", None)
    if page.seed or scope is None:
        return None
    site_spider = cast("SiteSpider", spider)  # every spider of ours that has a scope is one
    verdict = scope.admits_requisite(page.url) if is_requisite(page) else site_spider.verdict(page.url)
    if not verdict.admitted:
        return str(verdict.reason)
    if is_requisite(page):
        return None
    # many addresses of a trap are found before it is known for one
    return site_spider.traps.judge(page.url, via=page.via, kind=page.kind, hops=page.hops)
