"""Scrapy settings: constants and dotted paths. What an archivist sets stands in khronika.toml.

The runner (`crawler/runner.py`) adds what a run knows: User-Agent, From, connections, cookies.
"""

BOT_NAME = "khronika"
SPIDER_MODULES = ["spiders"]
COMMANDS_MODULE = "crawler.scrapy_commands"

# asyncio alone: CAPTURE.md measured it as the fastest, and the wire handler uses nothing of Twisted
TWISTED_REACTOR_ENABLED = False

# Ports that take commands: telnet is a Python prompt, the remote control runs Python that is sent to it.
TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = False

# Evidence is made at the socket; no other way of fetching may be open.
DOWNLOAD_HANDLERS = {
    "http": "crawler.wire.WireHandler",
    "https": "crawler.wire.WireHandler",
    "data": None,
    "file": None,
    "ftp": None,
    "s3": None,
}

# JOBDIR loses pages after a kill; the frontier does not, and tells pages apart by itself.
SCHEDULER = "crawler.scheduler.FrontierScheduler"
DUPEFILTER_CLASS = "scrapy.dupefilters.BaseDupeFilter"

DOWNLOADER_MIDDLEWARES = {
    "crawler.middlewares.OutcomeMiddleware": 10,
    "crawler.middlewares.RobotsMiddleware": 100,
    "crawler.middlewares.RetryMiddleware": 550,
    "crawler.middlewares.PolitenessMiddleware": 990,
    # ours instead
    "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
    "scrapy.downloadermiddlewares.retry.RetryMiddleware": None,
    "scrapy.downloadermiddlewares.redirect.MetaRefreshMiddleware": None,
    "scrapy.downloadermiddlewares.redirect.RedirectMiddleware": None,
    "scrapy.downloadermiddlewares.downloadtimeout.DownloadTimeoutMiddleware": None,
    "scrapy.downloadermiddlewares.useragent.UserAgentMiddleware": None,
    # the wire handler decodes before the Response is made: Scrapy would guess a charset from compressed bytes
    "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware": None,
    # a crawl counts for itself
    "scrapy.downloadermiddlewares.stats.DownloaderStats": None,
    # nothing may come from anywhere but the wire, or go another way
    "scrapy.downloadermiddlewares.httpcache.HttpCacheMiddleware": None,
    "scrapy.downloadermiddlewares.httpproxy.HttpProxyMiddleware": None,
    "scrapy.downloadermiddlewares.httpauth.HttpAuthMiddleware": None,
}

SPIDER_MIDDLEWARES = {
    "crawler.middlewares.FrontierMiddleware": 500,
    # every answer is looked at; scope, depth and length of addresses are the frontier's affair
    "scrapy.spidermiddlewares.start.StartSpiderMiddleware": None,
    "scrapy.spidermiddlewares.httperror.HttpErrorMiddleware": None,
    "scrapy.spidermiddlewares.referer.RefererMiddleware": None,
    "scrapy.spidermiddlewares.urllength.UrlLengthMiddleware": None,
    "scrapy.spidermiddlewares.depth.DepthMiddleware": None,
    "scrapy.spidermiddlewares.metacopy.MetaCopyDetectionMiddleware": None,
}

EXTENSIONS = {
    "scrapy.extensions.corestats.CoreStats": None,
    "scrapy.extensions.telnet.TelnetConsole": None,
    "scrapy.extensions.memusage.MemoryUsage": None,
    "scrapy.extensions.memdebug.MemoryDebugger": None,
    "scrapy.extensions.closespider.CloseSpider": None,
    "scrapy.extensions.feedexport.FeedExporter": None,
    "scrapy.extensions.logstats.LogStats": None,
    "scrapy.extensions.logcount.LogCount": None,
    "scrapy.extensions.spiderstate.SpiderState": None,
    "scrapy.extensions.throttle.AutoThrottle": None,
    "scrapy.extensions.remote_control.RemoteControl": None,
}

# The turn of each host is given out by crawler/politeness.py for all sites together; Scrapy must not wait again.
DOWNLOAD_DELAY = 0
DOWNLOAD_DELAY_JITTER = 0
CONCURRENT_REQUESTS_PER_DOMAIN = 16

# Scrapy makes so many tasks for each page, whatever it yields; items here cost nothing to handle.
CONCURRENT_ITEMS = 2
WARN_ON_GENERATOR_RETURN_VALUE = False

COOKIES_ENABLED = False
DEFAULT_REQUEST_HEADERS: dict[str, str] = {}

# Scrapy's log goes to the crawl's own file; nothing of it to the terminal.
LOG_ENABLED = False
LOG_INSTALL_ROOT_HANDLER = False
LOG_FORMATTER = "crawler.fetching.SilentFormatter"
STATS_CLASS = "scrapy.statscollectors.DummyStatsCollector"
STATS_DUMP = False
