"""The same crawl by Scrapy alone: its own handler, scheduler and link following, nothing archived.

Everything that settings can do for speed is done in SETTINGS; no code of Scrapy's is replaced. The spider follows every
`a[href]` once, as Khronika's does, and gives pages to nobody.

    python -m bench.scrapy_alone.spider URL        prints the number of pages
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import scrapy
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.http import Response, TextResponse

SETTINGS: dict[str, Any] = {
    # uvloop under the asyncio reactor is the fastest that Scrapy's own handlers run on
    "TWISTED_REACTOR": "twisted.internet.asyncioreactor.AsyncioSelectorReactor",
    "ASYNCIO_EVENT_LOOP": "uvloop.Loop",
    "CONCURRENT_REQUESTS": 32,
    "CONCURRENT_REQUESTS_PER_DOMAIN": 32,
    "DOWNLOAD_DELAY": 0,
    "CONCURRENT_ITEMS": 1,
    "SCHEDULER_PRIORITY_QUEUE": "scrapy.pqueues.ScrapyPriorityQueue",
    "ROBOTSTXT_OBEY": False,
    "COOKIES_ENABLED": False,
    "RETRY_ENABLED": False,
    "REDIRECT_ENABLED": False,
    "METAREFRESH_ENABLED": False,
    "HTTPCACHE_ENABLED": False,
    "HTTPPROXY_ENABLED": False,
    "TELNETCONSOLE_ENABLED": False,
    "REMOTE_CONTROL_ENABLED": False,
    "LOG_ENABLED": False,
    "STATS_DUMP": False,
    "WARN_ON_GENERATOR_RETURN_VALUE": False,
    "DOWNLOADER_MIDDLEWARES": {
        "scrapy.downloadermiddlewares.httpauth.HttpAuthMiddleware": None,
        "scrapy.downloadermiddlewares.stats.DownloaderStats": None,
        "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,
        "scrapy.downloadermiddlewares.downloadtimeout.DownloadTimeoutMiddleware": None,
    },
    "SPIDER_MIDDLEWARES": {
        "scrapy.spidermiddlewares.referer.RefererMiddleware": None,
        "scrapy.spidermiddlewares.urllength.UrlLengthMiddleware": None,
        "scrapy.spidermiddlewares.depth.DepthMiddleware": None,
        "scrapy.spidermiddlewares.httperror.HttpErrorMiddleware": None,
    },
    "EXTENSIONS": {
        "scrapy.extensions.corestats.CoreStats": None,
        "scrapy.extensions.logstats.LogStats": None,
        "scrapy.extensions.logcount.LogCount": None,
        "scrapy.extensions.memusage.MemoryUsage": None,
        "scrapy.extensions.closespider.CloseSpider": None,
        "scrapy.extensions.feedexport.FeedExporter": None,
        "scrapy.extensions.spiderstate.SpiderState": None,
        "scrapy.extensions.throttle.AutoThrottle": None,
    },
}

count = 0


class Follower(scrapy.Spider):
    """Follows every link."""

    name = "follower"

    def parse(self, response: Response, **_: Any) -> Iterator[scrapy.Request]:
        global count  # noqa: PLW0603 - one crawl a process
        count += 1
        if isinstance(response, TextResponse):
            yield from response.follow_all(css="a")


def main() -> None:
    process = AsyncCrawlerProcess(SETTINGS)
    process.crawl(Follower, start_urls=[sys.argv[1]])
    process.start()
    print(count)


if __name__ == "__main__":
    main()
