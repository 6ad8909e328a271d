"""khronika.toml: the only file of a collection that a person edits.

Every setting is described once, in SETTINGS: its table, key, kind, default and meaning. What is read, what `khronika
init` writes, and what docs/settings.md says all come from there. The file is read once, into typed values; what
cannot be meant is refused with the line, what was expected, what was found, and the nearest right name.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from archive.digest import Digest, digest
from archive.errors import ConfigError
from crawler.keep_policy import (
    LEAST_PART,
    LOCAL,
    LOCKS,
    PART_SIZE,
    WHEN,
    CopyPolicy,
    DiskPolicy,
    KeepPolicy,
    check_keep,
    check_place,
    copy_of,
)
from crawler.log_policy import RESERVED, LogPolicy, TimeAuthority, Witness
from crawler.nameserver import NAMESERVER_EXPECTED, parse_nameserver
from crawler.notice_policy import (
    HOURS_EXPECTED,
    KINDS_EXPECTED,
    SECRET_KEYS,
    SITES_EXPECTED,
    TIME_EXPECTED,
    NoticePolicy,
    check_apprise,
    check_hours,
    check_kinds,
    check_site_rules,
    check_time,
    check_variable,
    check_webhook,
    check_weight,
    notice_of,
)
from crawler.policy import DISCREET_DELAY, CrawlPolicy, discreet
from crawler.route import NO_PROXY, PROXY_EXPECTED, parse_proxy, without_credentials
from crawler.schedule import EXPECTED as SCHEDULE_EXPECTED
from crawler.schedule import parse_schedule
from pipelines.state_rules import Rules
from spiders.definition import Api, Items, Selectors, SiteDefinition
from spiders.kinds import OTHER
from spiders.known import SPIDER_NAMES
from spiders.revisit import LISTINGS, Policies

FILE_NAME = "khronika.toml"

Kind = Literal[
    "text",
    "name",
    "file",
    "texts",
    "url",
    "urls",
    "patterns",
    "seconds",
    "share",
    "number",
    "size",
    "switch",
    "choice",
    "kinds",
    "names",
    "policies",
    "selectors",
    "items",
    "apis",
    "zone",
    "schedule",
    "nameservers",
    "oid",
    "vkey",
    "proxy",
    "secret",
    "variable",
    "command",
    "weight",
    "hours",
    "time",
    "change kinds",
    "site rules",
    "place",
]

EXPECTED: Mapping[Kind, str] = {
    "text": "a text in quotation marks",
    "name": "a name of lower-case letters, digits and hyphens, in quotation marks",
    "file": "the name of a file, relative to the collection's folder, in quotation marks",
    "texts": 'a list of texts, like ["a", "b"]',
    "url": 'an address that begins with http:// or https://, without user and password, like "https://example.org/"',
    "urls": 'a list of addresses that begin with http:// or https://, like ["https://example.org/"]',
    "patterns": "a list of regular expressions, like ['/cases/\\d+']",
    "seconds": "a number of seconds, 0 or more",
    "share": "a number from 0 to 1",
    "number": "a whole number, 0 or more",
    "size": 'a number of bytes, or a text like "512M" or "1G"',
    "switch": "true or false",
    "choice": "one of",
    "vkey": "a witness's key, NAME+ID+KEY, as `khronika witness init` shows it, in quotation marks",
    "oid": 'an object identifier, like "1.3.6.1.4.1.32473.1"',
    "nameservers": f"a list of {NAMESERVER_EXPECTED}",
    "proxy": f'{PROXY_EXPECTED}; "direct" or "": none',
    "kinds": "a table of names and regular expressions, like { case = '/case/', news = ['/news/', '/texts/'] }",
    "names": "a table of names and selectors, like { address = '.letter p' }",
    "policies": 'a table of kinds of page and how often they are fetched again, like { case = "daily" }',
    "selectors": "a table of selectors, like { title = 'h1.name', remove = ['.tooltip'] }",
    "items": "a table of selectors, like { selector = 'div.post', id = 'xpath:@id' }",
    "apis": "[[site.api]] parts, each with url, and link or template",
    "zone": 'the name of a time zone, like "Europe/Moscow"',
    "schedule": f'{SCHEDULE_EXPECTED}; or a table of them by kind of page, like {{ list = "hourly", case = "weekly" }}',
    "secret": "an address in quotation marks; no message shows it",
    "variable": "the name of a variable of the environment, in quotation marks",
    "command": 'a list of a program and its words, like ["/usr/local/bin/tell", "--now"]',
    "weight": "a number from 0 to 1",
    "hours": HOURS_EXPECTED,
    "time": TIME_EXPECTED,
    "change kinds": KINDS_EXPECTED,
    "site rules": SITES_EXPECTED,
    "place": "s3://BUCKET/PREFIX or a folder, in quotation marks",
}

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}\Z")
_OID = re.compile(r"[0-2](\.(0|[1-9][0-9]{0,18})){1,30}\Z")
_MAIL = re.compile(r"[^@\s<>]+@[^@\s<>]+\Z")
_SIZE = re.compile(r"(\d+)([KMGT]?)\Z", re.IGNORECASE)
_FACTOR = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}


TABLES: Mapping[str, str] = {
    "operator": "[operator]",
    "crawl": "[crawl]",
    "schedule": "[schedule]",
    "changes": "[changes]",
    "log": "[log]",
    "keep": "[keep]",
    "disk": "[disk]",
    "authority": "[[authority]]",
    "witness": "[[witness]]",
    "notice": "[[notice]]",
    "copy": "[[copy]]",
    "site": "[[site]]",
}
"""Each table, and how it is written."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One key of khronika.toml."""

    table: Literal[
        "operator",
        "crawl",
        "changes",
        "log",
        "keep",
        "disk",
        "authority",
        "witness",
        "notice",
        "copy",
        "schedule",
        "site",
    ]
    key: str
    kind: Kind
    default: Any
    """None: no value unless one is written."""
    meaning: str
    choices: tuple[str, ...] = ()
    minimum: int = 0
    required: bool = False


SETTINGS: tuple[Setting, ...] = (
    Setting("operator", "name", "text", "", "Who runs this collection; goes into every WARC. May be a pseudonym."),
    Setting(
        "operator",
        "mail",
        "text",
        "",
        "Address for site owners; sent as From and in the User-Agent, and so in every WARC.",
    ),
    Setting(
        "operator",
        "commitments",
        "switch",
        True,
        "Whether each WARC commits to facts about this machine, which only keys/ can open (docs/threat-model.md).",
    ),
    Setting(
        "crawl",
        "profile",
        "choice",
        "plain",
        "How much crawls say of themselves; discreet: no From, no Khronika, longer pauses (docs/operator.md).",
        choices=("plain", "discreet"),
    ),
    Setting("crawl", "delay", "seconds", 3.0, "Pause between two requests to one host and port; none on loopback."),
    Setting("crawl", "connections", "number", 16, "Requests in flight at one time, over all servers.", minimum=1),
    Setting(
        "crawl",
        "connections-per-host",
        "number",
        1,
        "Requests in flight to one host and port, where the delay is 0 and robots.txt asks for none; else it is one.",
        minimum=1,
    ),
    Setting("crawl", "retries", "number", 2, "How often a page that failed is tried again; each attempt is kept."),
    Setting("crawl", "connect-timeout", "seconds", 15.0, "Longest wait for name, connection and TLS handshake."),
    Setting("crawl", "head-timeout", "seconds", 60.0, "Longest wait for a response's head."),
    Setting("crawl", "body-timeout", "seconds", 600.0, "Longest wait for a whole body."),
    Setting(
        "crawl", "max-size", "size", 10**9, "A longer response is cut there, and its record says so.", minimum=1000
    ),
    Setting("crawl", "page-size", "size", 32 * 10**6, "A longer page is kept, but not looked into.", minimum=1000),
    Setting(
        "crawl", "user-agent", "text", "", "User-Agent to send. Default: khronika/VERSION and the operator's mail."
    ),
    Setting("crawl", "accept-language", "text", "", "Accept-Language to send. Default: none is sent."),
    Setting("crawl", "cookies", "switch", False, "Whether cookies that a server sets are sent back to it."),
    Setting(
        "crawl", "dedup", "switch", True, "Whether a page that is the same as in an earlier crawl is kept as a revisit."
    ),
    Setting(
        "crawl", "warc-size", "size", 10**9, "A WARC that has grown to this is closed, a new one begun.", minimum=1000
    ),
    Setting(
        "crawl",
        "warc-idle",
        "seconds",
        600.0,
        "A WARC into which nothing was written for so long is closed, a new one begun with the next page; 0: never.",
    ),
    Setting(
        "crawl",
        "nameservers",
        "nameservers",
        (),
        "Name servers that are asked for the sites' addresses. Default: the system's. What they answer is kept.",
    ),
    Setting(
        "crawl",
        "proxy",
        "proxy",
        "",
        "Proxy to fetch through; names are then looked up by it alone. Its address is in no record (docs/operator.md).",
    ),
    Setting("crawl", "vantage", "text", "", "Your name for the place that is fetched from; on record with each page."),
    Setting(
        "crawl",
        "fetch-processes",
        "number",
        0,
        "Processes that fetch, at most; sites that share a host stay in one. 0: one a core (docs/operator.md).",
    ),
    Setting("crawl", "workers", "number", 0, "Processes that read pages; 0: one less than the machine has cores."),
    Setting("schedule", "zone", "zone", "UTC", "Time zone of the schedules of sites (docs/schedule.md)."),
    Setting(
        "changes",
        "missing-looks",
        "number",
        3,
        "Looks in a row that find no page until it is said to be gone; one less over days (docs/changes.md).",
        minimum=1,
    ),
    Setting(
        "changes",
        "unseen-looks",
        "number",
        5,
        "Looks in a row that see nothing until a page is said to be blocked or unreachable; two less over days.",
        minimum=1,
    ),
    Setting("changes", "days", "number", 7, "The days after which fewer looks are enough.", minimum=1),
    Setting(
        "log",
        "beacon",
        "url",
        "",
        "Address of a public beacon, whose newest value is logged when a crawl begins (docs/time.md). Default: none.",
    ),
    Setting(
        "log",
        "proxy",
        "proxy",
        "",
        'Proxy to ask authorities and the beacon through. Default: that of [crawl]; "direct" where that one has one.',
    ),
    Setting(
        "log", "quorum", "number", 0, "How many of the witnesses have to have cosigned a checkpoint; 0: none has to."
    ),
    Setting(
        "keep",
        "local",
        "choice",
        "always",
        "Whether closed WARCs stay here, or may go once they are safe elsewhere: khronika copies release.",
        choices=LOCAL,
    ),
    Setting(
        "keep",
        "copies",
        "number",
        2,
        "Copies at different places that must have been read back whole before a WARC may go from here.",
        minimum=1,
    ),
    Setting("keep", "days", "number", 30, "Days after which a closed WARC may go from here, not sooner."),
    Setting(
        "keep",
        "check-days",
        "number",
        30,
        "Days within which khronika copies check reads every copy whole, a share of it at each run.",
        minimum=1,
    ),
    Setting(
        "keep",
        "crawl-days",
        "number",
        90,
        "Days after which khronika prune takes the work files of a crawl that has ended.",
        minimum=1,
    ),
    Setting(
        "disk",
        "warn",
        "size",
        None,
        "Free room below which khronika status warns. Default: 5G, at most a tenth of the disk.",
    ),
    Setting(
        "disk",
        "stop",
        "size",
        None,
        "Free room below which a crawl stops, to go on later. Default: 1G, at most a fortieth of the disk.",
    ),
    Setting(
        "disk", "warn-days", "number", 14, "Days before the disk is full, as it fills now, that status warns; 0: never."
    ),
    Setting("authority", "name", "name", None, "Short name; another certificate needs another name.", required=True),
    Setting("authority", "url", "url", None, "Where the authority takes requests (RFC 3161 over HTTP).", required=True),
    Setting(
        "authority",
        "certificate",
        "file",
        None,
        "PEM file with the authority's root certificate, which its tokens are checked with.",
        required=True,
    ),
    Setting("authority", "policy", "oid", None, "The policy that each token must be issued under. Default: any."),
    Setting(
        "authority",
        "crl",
        "switch",
        True,
        "Whether the list of revoked certificates that the authority's certificate names is fetched and kept.",
    ),
    Setting(
        "witness", "name", "name", None, "Short name; may be a pseudonym, it is in what proofs show.", required=True
    ),
    Setting("witness", "key", "vkey", None, "The key that its cosignatures are checked with.", required=True),
    Setting(
        "notice",
        "name",
        "name",
        None,
        "Short name. A notice under another name is another one, and tells what changes from then on.",
        required=True,
    ),
    Setting("notice", "webhook", "secret", "", "Address that each notice is posted to, as JSON (docs/notices.md)."),
    Setting("notice", "webhook-env", "variable", "", "Variable of the environment that holds that address instead."),
    Setting("notice", "webhook-file", "file", "", "File that holds that address instead; readable by you alone."),
    Setting("notice", "command", "command", (), "Program that each notice is given to, as JSON on its standard input."),
    Setting(
        "notice",
        "apprise",
        "secret",
        "",
        "Address of apprise: mail, Signal, Telegram and many other ways; needs its extra (docs/notices.md).",
    ),
    Setting("notice", "apprise-env", "variable", "", "Variable of the environment that holds that address instead."),
    Setting("notice", "apprise-file", "file", "", "File that holds that address instead; readable by you alone."),
    Setting("notice", "language", "choice", "en", "Language of what is told.", choices=("en", "ru")),
    Setting(
        "notice",
        "form",
        "choice",
        "each",
        "Whether each change is told by itself, or all since the last time together.",
        choices=("each", "digest"),
    ),
    Setting(
        "notice", "at", "time", None, "When a digest is sent. Default: at the end of each crawl that changed a thing."
    ),
    Setting("notice", "sites", "texts", (), "Sites whose changes are told. Default: all."),
    Setting("notice", "minimum-weight", "weight", 0.0, "Lighter changes are not told."),
    Setting(
        "notice",
        "kinds",
        "change kinds",
        (),
        "Kinds of change that are told. Default: all but extractor, same and noise, which never are.",
    ),
    Setting("notice", "quiet-hours", "hours", None, "When nothing is sent; it is kept until they end."),
    Setting("notice", "timezone", "zone", "", "Time zone of quiet-hours and at. Default: UTC."),
    Setting("notice", "site", "site rules", (), "What is otherwise for one site (docs/notices.md)."),
    Setting(
        "notice",
        "proxy",
        "proxy",
        "",
        'Proxy to reach the receiver through. Default: that of [crawl]; "direct" where that one has one.',
    ),
    Setting(
        "notice",
        "certificate",
        "file",
        "",
        "PEM file that the webhook's certificate is checked with, beside the usual.",
    ),
    Setting(
        "notice",
        "operation",
        "choice",
        "no",
        "Whether troubles are told: a site that is late or fails, a copy that is damaged, a disk (docs/notices.md).",
        choices=("no", "also", "only"),
    ),
    Setting("notice", "give-up-days", "number", 30, "Days after which what could not be sent is given up; 0: never."),
    Setting(
        "copy",
        "name",
        "name",
        None,
        "Short name. A copy under another name is another one, and begins anew.",
        required=True,
    ),
    Setting(
        "copy",
        "to",
        "place",
        None,
        "Where it is kept: a bucket and what its names begin with, or a folder on another disk.",
        required=True,
    ),
    Setting("copy", "endpoint", "url", "", "Address of the S3 server. Default: Amazon's."),
    Setting(
        "copy",
        "lock",
        "choice",
        "none",
        "Lock that keeps each WARC from being deleted; nobody can lift compliance (docs/copies.md).",
        choices=LOCKS,
    ),
    Setting("copy", "lock-days", "number", 0, "Days that each WARC is locked for, from when it is copied."),
    Setting(
        "copy",
        "part-size",
        "size",
        PART_SIZE,
        "A longer file is sent in parts of this size, and goes on with the next part after a break.",
        minimum=LEAST_PART,
    ),
    Setting(
        "copy",
        "private",
        "switch",
        False,
        "Whether khronika.toml and what else only you should read is copied too; keys/ never is.",
    ),
    Setting(
        "copy",
        "push",
        "choice",
        "after-crawl",
        "Whether each crawl brings the copy up to date, or only khronika copies push.",
        choices=WHEN,
    ),
    Setting("site", "name", "name", None, "Short name, used on the command line.", required=True),
    Setting("site", "label", "text", "", "Name for people."),
    Setting(
        "site",
        "start",
        "urls",
        (),
        "Where the crawl begins; needed unless lists, feeds, sitemaps, rest, api or downloads say it.",
    ),
    Setting(
        "site",
        "include",
        "patterns",
        (),
        "Only addresses that one of these fits are followed. Default: all of the hosts.",
    ),
    Setting("site", "exclude", "patterns", (), "Addresses that one of these fits are not followed."),
    Setting("site", "mirrors", "texts", (), "More hosts that serve the same pages; a page keeps its history on them."),
    Setting("site", "hosts", "texts", (), "More hosts that belong to the site and have pages of their own."),
    Setting("site", "follow", "switch", True, "Whether links on pages are followed."),
    Setting("site", "lists", "urls", (), "Listing pages: fetched at every run, with the pages that follow them."),
    Setting("site", "feeds", "urls", (), "RSS, Atom and JSON feeds to find pages by."),
    Setting("site", "sitemaps", "urls", (), "Sitemaps to find pages by."),
    Setting("site", "rest", "urls", (), "Collections of WordPress's REST interface to find pages by."),
    Setting("site", "api", "apis", (), "JSON documents to find pages by (docs/sites.md)."),
    Setting("site", "downloads", "urls", (), "Addresses that are fetched and kept at every run, and not looked into."),
    Setting("site", "kinds", "kinds", (), "Kinds of page by address: { case = '/case/', news = ['/news/'] }."),
    Setting("site", "languages", "texts", (), "Languages that the site writes in, the usual one first."),
    Setting("site", "language-paths", "kinds", (), "Languages of pages by address: { en = '/en/' }."),
    Setting("site", "selectors", "selectors", Selectors(), "Where on a page things stand (docs/sites.md)."),
    Setting("site", "facts", "names", (), "Facts that pages state, by selector: { address = '.letter p' }."),
    Setting("site", "items", "items", Items(), "Where several posts stand on one page (docs/sites.md)."),
    Setting("site", "timezone", "zone", "", "Time zone of the dates on pages. Default: not known."),
    Setting(
        "site",
        "revisit",
        "policies",
        (),
        'How often pages are fetched again, by kind: { case = "daily" } (docs/sites.md). Default: at every run.',
    ),
    Setting(
        "site",
        "schedule",
        "schedule",
        (),
        'When crawl --due takes the site: "daily", or by kind of page (docs/schedule.md). Default: never by itself.',
    ),
    Setting("site", "zone", "zone", "", "Time zone of its schedule. Default: that of [schedule]."),
    Setting("site", "drop-parameters", "texts", (), "Query parameters that name nothing, beside the usual trackers."),
    Setting("site", "keep-parameters", "texts", (), "Query parameters that look like trackers, and are none."),
    Setting("site", "requisites", "switch", False, "Whether stylesheets, pictures, fonts, documents are fetched."),
    Setting("site", "requisite-hosts", "texts", (), "Hosts that these may come from beside the site's own."),
    Setting("site", "requisite-size", "size", 20_000_000, "A longer one of them is cut there.", minimum=1000),
    Setting("site", "browser", "patterns", (), "Addresses that are looked at with a browser too."),
    Setting("site", "budget", "number", 0, "Requests of one run at most; 0: no limit."),
    Setting("site", "delay", "seconds", None, "Pause between two requests, for this site."),
    Setting("site", "proxy", "proxy", None, 'Proxy to fetch this site through; "direct" where the others have one.'),
    Setting(
        "site",
        "vantage",
        "text",
        None,
        "Your name for the place that this site is fetched from. Default: that of [crawl], unless the proxy differs.",
    ),
    Setting("site", "robots", "choice", "obey", "Whether robots.txt is obeyed.", choices=("obey", "ignore")),
    Setting("site", "robots-by", "text", "", "Who decided to ignore robots.txt; kept on record."),
    Setting("site", "robots-reason", "text", "", "Why it is ignored; kept on record."),
    Setting("site", "robots-ground", "text", "", "On what legal ground it is ignored; kept on record."),
    Setting("site", "spider", "name", None, "Spider of its own for this organisation. Default: the general one."),
    Setting(
        "site",
        "second-look",
        "share",
        0.0,
        "Share of the pages, 0 to 1, that each crawl fetches twice, to learn what moves by itself (docs/changes.md).",
    ),
    Setting("site", "second-look-gap", "seconds", 10.0, "Seconds between the two."),
    Setting("site", "paused", "switch", False, "A paused site is left out until it is resumed."),
)


@dataclass(frozen=True, slots=True)
class Operator:
    """Who runs the collection, as far as they want to say."""

    name: str
    mail: str
    commitments: bool = True
    """Whether each run commits to facts about the machine (`archive/commitment.py`)."""

    def __str__(self) -> str:
        if self.name and self.mail:
            return f"{self.name} <{self.mail}>"
        return self.name or self.mail


@dataclass(frozen=True, slots=True)
class Config:
    """khronika.toml, read and checked."""

    operator: Operator
    crawl: CrawlPolicy
    sites: tuple[SiteDefinition, ...]
    digest: Digest
    """Of the file's bytes, what leads to the operator replaced by `withheld`: goes into each WARC's warcinfo."""
    log: LogPolicy = field(default_factory=LogPolicy)
    notices: tuple[NoticePolicy, ...] = ()
    copies: tuple[CopyPolicy, ...] = ()
    keep: KeepPolicy = KeepPolicy()  # noqa: RUF009 - a frozen value
    disk: DiskPolicy = DiskPolicy()  # noqa: RUF009 - a frozen value
    state_rules: Rules = Rules()  # noqa: RUF009 - a frozen value

    zone: str = "UTC"
    """Time zone of the schedules of sites that name none."""

    @property
    def contact(self) -> str:
        """The mail address that sites are given, as From and in the User-Agent; empty where they are given none."""
        return "" if self.crawl.discreet else self.operator.mail

    def site(self, name: str) -> SiteDefinition | None:
        """The site entry of that name."""
        return next((site for site in self.sites if site.name == name), None)


def parse_operator(text: str) -> Operator:
    """`Name <mail>`, a name alone, or a mail address alone.

    Raises ValueError with what was expected.
    """
    found = re.fullmatch(r"\s*(?P<name>[^<>]*?)\s*(?:<\s*(?P<mail>[^<>]*?)\s*>)?\s*", text)
    if found is None:
        raise ValueError(f'expected "Name <mail>", found {text!r}')
    name, mail = found["name"], found["mail"]
    if mail is None and _MAIL.match(name):
        name, mail = "", name
    if mail and not _MAIL.match(mail):
        raise ValueError(f'expected "Name <mail>" with an address like mail@example.org, found {mail!r}')
    return Operator(name, mail or "")


def parse_size(text: str) -> int:
    """Bytes of `512`, `512K`, `512M`, `1G` (decimal, as disks are sold); ValueError for anything else."""
    found = _SIZE.match(text.strip())
    if found is None:
        raise ValueError(f"expected {EXPECTED['size']}, found {text!r}")
    return int(found[1]) * _FACTOR[found[2].upper()]


def load_config(path: Path) -> Config:
    """Read and check khronika.toml.

    Raises ConfigError: the file's name, the line, what was expected, what was found, and the nearest right name.
    """
    octets = path.read_bytes()
    return read_config(octets, file=path.name)


def read_config(octets: bytes, *, file: str = FILE_NAME) -> Config:
    """As load_config, from bytes."""
    try:
        text = octets.decode("utf-8")
    except UnicodeDecodeError as error:
        line = octets[: error.start].count(b"\n") + 1
        raise ConfigError("expected UTF-8 text, found other bytes", file=file, line=line) from error
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _syntax_error(error, text, file) from error
    return _Reader(text, file).config(tables, digest(_disclosable(text, tables).encode()))


def _disclosable(text: str, tables: Mapping[str, Any]) -> str:
    """The file's text as its digest is taken, which anybody may read: without what leads to the operator.

    The rest of the file can be guessed; against a digest over all of it, a proxy's password could be tried out.
    """
    if not tables.keys().isdisjoint(_UNDISCLOSED):
        # whom the operator tells, and where the copies lie, is nobody's affair; a digest could be tried out
        text = _without_undisclosed(text)
    many = [tables.get(name) for name in ("site", "authority")]
    holders = [tables.get("crawl"), tables.get("log"), *(one for of in many if isinstance(of, list) for one in of)]
    for holder in holders:
        # an authority's address may hold the number of a contract, a path the name of a person
        keys = ("proxy", "nameservers", "url", "certificate")
        values = [holder.get(key) for key in keys] if isinstance(holder, Mapping) else []
        for value in (one for many in values for one in (many if isinstance(many, list) else [many])):
            if isinstance(value, str) and value:
                if value not in text:  # written with escapes
                    return ""
                text = text.replace(value, "withheld")
    return text


_UNDISCLOSED = frozenset({"notice", "copy"})


def _without_undisclosed(text: str) -> str:
    """The text without such parts as [[notice]]; empty where they are written otherwise than as such parts."""
    kept, within = [], False
    for line in text.split("\n"):
        if header := _HEADER.match(line):
            within = header[2].split(".")[0].strip() in _UNDISCLOSED
        if not within:
            kept.append(line)
    rest = "\n".join(kept)
    try:
        return rest if tomllib.loads(rest).keys().isdisjoint(_UNDISCLOSED) else ""
    except tomllib.TOMLDecodeError:
        return ""


def _syntax_error(error: tomllib.TOMLDecodeError, text: str, file: str) -> ConfigError:
    found = re.search(r"\(at line (\d+), column \d+\)", str(error))
    line = int(found[1]) if found else text.count("\n") + 1
    words = re.sub(r"\s*\(at .*\)$", "", str(error))
    shown = text.split("\n")[line - 1].strip() if line <= text.count("\n") + 1 else ""
    shown = (without_credentials(shown) if "//" in shown or "proxy" in shown.lower() else shown)[:80]
    # what a person mistyped may be the token of a notice, with or without its key on the same line
    section = next((one[2] for one in map(_HEADER.match, reversed(text.split("\n")[: line - 1])) if one), "")
    if section.split(".")[0].strip() == "notice" or any(key in shown.lower() for key in SECRET_KEYS):
        shown = shown.partition("=")[0].rstrip()[:30] + " …" if "=" in shown else "…"
    return ConfigError(f"expected TOML, found {shown!r} ({words})", file=file, line=line)


class _Reader:
    """Checks the tables of one file; knows on which line each key stands."""

    def __init__(self, text: str, file: str) -> None:
        self._file = file
        self._lines = _key_lines(text)

    def config(self, tables: Mapping[str, Any], of_file: Digest) -> Config:
        for name in tables:
            if name not in TABLES:
                raise self._error(
                    (name,),
                    f"unknown table or key {name!r}; expected {', '.join(TABLES.values())}." + _near(name, TABLES),
                )
        operator = self._values("operator", self._table(tables, "operator"), ("operator",))
        if operator["mail"] and not _MAIL.match(operator["mail"]):
            raise self._error(
                ("operator", "mail"),
                f"operator.mail: expected an address like mail@example.org, found {operator['mail']!r}",
            )
        crawl = self._values("crawl", self._table(tables, "crawl"), ("crawl",))
        log = self._values("log", self._table(tables, "log"), ("log",))
        schedule = self._values("schedule", self._table(tables, "schedule"), ("schedule",))
        changes = self._values("changes", self._table(tables, "changes"), ("changes",))
        authorities = tuple(
            TimeAuthority(**self._values("authority", entry, ("authority", index)))
            for index, entry in enumerate(self._entries(tables, "authority"))
        )
        self._refuse_twice("authority", [authority.name for authority in authorities])
        witnesses = self._witnesses(tables, log["quorum"])
        sites = tuple(self._site(entry, index) for index, entry in enumerate(self._entries(tables, "site")))
        self._refuse_twice("site", [site.name for site in sites])
        return Config(
            operator=Operator(operator["name"], operator["mail"], operator["commitments"]),
            crawl=self._policy(crawl, self._table(tables, "crawl")),
            sites=sites,
            digest=of_file,
            log=LogPolicy(authorities, log["beacon"], log["proxy"], witnesses, log["quorum"]),
            notices=self._notices(tables, sites),
            copies=(copies := self._copies(tables)),
            keep=self._keep(tables, len(copies)),
            disk=self._disk(tables),
            zone=schedule["zone"] or "UTC",
            state_rules=Rules(changes["missing-looks"], changes["unseen-looks"], changes["days"]),
        )

    def _policy(self, values: Mapping[str, Any], written: Mapping[str, Any]) -> CrawlPolicy:
        policy = _policy(values)
        if values["profile"] != "discreet":
            return policy
        if not policy.user_agent:
            raise self._error(
                ("crawl", "profile"),
                'profile = "discreet" needs user-agent, as the usual visitors of these sites send it; without one, '
                "each request would name Khronika",
            )
        return discreet(policy if "delay" in written else replace(policy, delay=DISCREET_DELAY))

    def _witnesses(self, tables: Mapping[str, Any], quorum: int) -> tuple[Witness, ...]:
        entries = self._entries(tables, "witness")
        witnesses = tuple(Witness(**self._values("witness", one, ("witness", n))) for n, one in enumerate(entries))
        self._refuse_twice("witness", [witness.name for witness in witnesses])
        self._refuse_twice("witness", [witness.key for witness in witnesses], "key")
        for n, witness in enumerate(witnesses):
            if witness.name in RESERVED:
                raise self._error(("witness", n, "name"), f"witness.name: expected another name than {witness.name!r}")
        if quorum > len(witnesses):
            raise self._error(
                ("log", "quorum"),
                f"log.quorum: expected up to {len(witnesses)}, as many as there are [[witness]] parts, found {quorum}",
            )
        return witnesses

    def _notices(self, tables: Mapping[str, Any], sites: Sequence[SiteDefinition]) -> tuple[NoticePolicy, ...]:
        notices = []
        for index, entry in enumerate(self._entries(tables, "notice")):
            values = self._values("notice", entry, ("notice", index))
            try:
                notices.append(notice := notice_of(values))
            except ValueError as error:
                raise self._error(("notice", index), f"[[notice]] {values['name']}: {error}") from error
            known = [site.name for site in sites]
            for name in (*notice.sites, *(one.name for one in notice.site_rules)):
                # a crawl by address has no entry: its site bears the name of its host
                if name not in known and not {".", ":"}.intersection(name):
                    words = f"[[notice]] {notice.name}: no site {name!r} in this file."
                    raise self._error(("notice", index, "sites"), words + (_near(name, known) if known else ""))
        self._refuse_twice("notice", [notice.name for notice in notices])
        return tuple(notices)

    def _copies(self, tables: Mapping[str, Any]) -> tuple[CopyPolicy, ...]:
        copies = []
        for index, entry in enumerate(self._entries(tables, "copy")):
            values = self._values("copy", entry, ("copy", index))
            try:
                copies.append(copy_of(values))
            except ValueError as error:
                key = str(error).partition(":")[0]
                raise self._error(("copy", index, key), f"[[copy]] {values['name']}: {error}") from error
        self._refuse_twice("copy", [copy.name for copy in copies])
        self._refuse_twice("copy", [f"{copy.endpoint or ''} {copy.to.rstrip('/')}".strip() for copy in copies], "to")
        return tuple(copies)

    def _keep(self, tables: Mapping[str, Any], copies: int) -> KeepPolicy:
        values = self._values("keep", self._table(tables, "keep"), ("keep",))
        keep = KeepPolicy(**{key.replace("-", "_"): value for key, value in values.items()})
        try:
            check_keep(keep, copies)
        except ValueError as error:
            raise self._error(("keep", "copies"), f"keep.{error}") from error
        return keep

    def _disk(self, tables: Mapping[str, Any]) -> DiskPolicy:
        values = self._values("disk", self._table(tables, "disk"), ("disk",))
        if None not in (warn := values["warn"], stop := values["stop"]) and stop > warn:
            raise self._error(("disk", "stop"), f"disk.stop: expected up to disk.warn, {warn}, found {stop}")
        return DiskPolicy(**{key.replace("-", "_"): value for key, value in values.items()})

    def _entries(self, tables: Mapping[str, Any], name: str) -> Sequence[Mapping[str, Any]]:
        entries = tables.get(name, [])
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            raise self._error((name,), f"expected [[{name}]] with two brackets on each side, found [{name}] or a value")
        return entries

    def _table(self, tables: Mapping[str, Any], name: str) -> Mapping[str, Any]:
        table = tables.get(name, {})
        if not isinstance(table, dict):
            raise self._error((name,), f"expected a table [{name}], found {table!r}")
        return table

    def _site(self, entry: Mapping[str, Any], index: int) -> SiteDefinition:
        values = self._values("site", entry, ("site", index))
        ways = ("start", "lists", "feeds", "sitemaps", "rest", "api", "downloads")
        if not any(values[way] for way in ways):
            expected = f"[[site]] needs start, or another way to find pages: {EXPECTED['urls']}; found none"
            raise self._error(("site", index, "start"), expected)
        lacking = [key for key in ("robots-by", "robots-reason", "robots-ground") if not values[key]]
        if values["robots"] == "ignore" and lacking:
            raise self._error(
                ("site", index, "robots"),
                'robots = "ignore" needs robots-by, robots-reason and robots-ground: who decided it, why, and on what '
                f"legal ground; found no {', no '.join(lacking)}",
            )
        if values["spider"] is not None and values["spider"] not in SPIDER_NAMES:
            raise self._error(
                ("site", index, "spider"),
                f"site.spider: expected one of {', '.join(SPIDER_NAMES)}, found {values['spider']!r}."
                + _near(values["spider"], SPIDER_NAMES),
            )
        site = _definition(values)
        self._check_schedule(site, index)
        return site

    def _check_schedule(self, site: SiteDefinition, index: int) -> None:
        of_kinds = {kind for kind, _ in site.schedule if kind}
        known = [*dict.fromkeys(name for _, name in site.kinds), *sorted(LISTINGS), OTHER]
        for kind, text in site.schedule:
            place = ("site", index, "schedule", kind)
            named = f"site.schedule.{kind}" if kind else "site.schedule"
            try:
                parse_schedule(text, "UTC", site.name)
            except ValueError as error:
                raise self._error(place, f"{named}: {error}") from error
            # a spider of its own may know more kinds than the file names
            if kind and kind not in known and site.spider is None:
                raise self._error(place, f"{named}: no pages of the kind {kind!r} in this site." + _near(kind, known))
        for kind, _ in site.revisit:
            if kind in of_kinds:
                raise self._error(
                    ("site", index, "revisit", kind),
                    f"site.revisit.{kind} and site.schedule.{kind} both say how often pages of the kind {kind!r} are "
                    "fetched again; expected one of them",
                )

    def _refuse_twice(self, table: str, names: Sequence[str], key: str = "name") -> None:
        for index, name in enumerate(names):
            if name in names[:index]:
                words = f"{table}.{key}: {name!r} is the {key} of an earlier {table}"
                raise self._error((table, index, key), words)

    def _values(self, table: str, found: Mapping[str, Any], place: tuple[str | int, ...]) -> dict[str, Any]:
        settings = {setting.key: setting for setting in SETTINGS if setting.table == table}
        for key in found:
            if key not in settings:
                raise self._error((*place, key), f"unknown key {key!r} in [{table}]." + _near(key, settings))
        values: dict[str, Any] = {}
        for key, setting in settings.items():
            if key in found:
                values[key] = self._value(setting, found[key], (*place, key))
            elif setting.required:
                raise self._error(place, f"[[{table}]] needs {key}: {_expected(setting)}")
            else:
                values[key] = setting.default
        return values

    def _value(self, setting: Setting, value: Any, place: tuple[str | int, ...]) -> Any:
        try:
            return _check(setting, value)
        except ValueError as error:
            raise self._error(place, f"{setting.table}.{setting.key}: {error}") from error

    def _error(self, place: tuple[str | int, ...], message: str) -> ConfigError:
        return ConfigError(message, file=self._file, line=self._line(place))

    def _line(self, place: tuple[str | int, ...]) -> int | None:
        while place:
            if place in self._lines:
                return self._lines[place]
            place = place[:-1]
        return None


def _near(word: str, known: Any) -> str:
    near = difflib.get_close_matches(word.lower().replace("_", "-"), list(known), n=1, cutoff=0.5)
    return f" Did you mean {near[0]!r}?" if near else f" Known here: {', '.join(known)}."


def _expected(setting: Setting) -> str:
    words = EXPECTED[setting.kind]
    return f"{words} {', '.join(map(repr, setting.choices))}" if setting.kind == "choice" else words


def _check(setting: Setting, value: Any) -> Any:
    """The value in the form that the rest of the program uses; ValueError says what was expected and found."""
    found = without_credentials(repr(value)) if setting.kind == "proxy" else repr(value)
    if setting.table == "notice" and setting.kind in ("secret", "variable", "command", "file"):
        found = "another value"
    wrong = ValueError(f"expected {_expected(setting)}, found {found}")
    match setting.kind:
        case "text" if isinstance(value, str) and not _has_control(value):
            return value
        case "name" if isinstance(value, str) and _NAME.match(value):
            return value
        case "vkey" if isinstance(value, str):
            return _witness_vkey(value)
        case "nameservers" if _is_texts(value):
            for one in value:
                parse_nameserver(one)
            return tuple(value)
        case "proxy" if isinstance(value, str) and not _has_control(value):
            if value not in NO_PROXY:
                parse_proxy(value)
            return value
        case "choice" if value in setting.choices:
            return value
        case "switch" if isinstance(value, bool):
            return value
        case "texts" if _is_texts(value):
            return tuple(value)
        case "urls" if _is_texts(value):
            return tuple(check_url(url) for url in value)
        case "url" if isinstance(value, str) and (value or not setting.required):
            return _lone_url(value)
        case "file" if isinstance(value, str) and value and not _has_control(value):
            return value
        case "oid" if isinstance(value, str) and _OID.match(value):
            return value
        case "patterns" if _is_texts(value):
            return tuple(_checked_pattern(pattern) for pattern in value)
        case "kinds" if isinstance(value, dict):
            lists = {name: [one] if isinstance(one, str) else one for name, one in value.items()}
            if all(_is_texts(one) for one in lists.values()):
                return tuple((_checked_pattern(pattern), name) for name, one in lists.items() for pattern in one)
        case "names" if isinstance(value, dict):
            several = {name: _checked_selectors(one) for name, one in value.items()}
            return tuple((name, selector) for name, one in several.items() for selector in one)
        case "policies" if isinstance(value, dict) and _is_texts([*value.values()]):
            Policies(pairs := tuple(value.items()))
            return pairs
        case "schedule" if isinstance(value, str):
            return (("", value),)
        case "schedule" if isinstance(value, dict) and value and _is_texts([*value.values()]):
            return tuple(value.items())
        case "selectors" if isinstance(value, dict):
            return _of_class(Selectors, {key: _checked_selectors(one) for key, one in value.items()})
        case "items" if isinstance(value, dict):
            return _of_class(Items, {key: _lone_selector(key, one) for key, one in value.items()})
        case "apis" if isinstance(value, list) and all(isinstance(one, dict) for one in value):
            return tuple(_checked_api(one) for one in value)
        case "zone" if isinstance(value, str):
            return check_zone(value)
        case "secret" if isinstance(value, str) and value:
            return check_webhook(value) if setting.key == "webhook" else check_apprise(value)
        case "variable" if isinstance(value, str):
            return check_variable(value)
        case "command" if _is_texts(value) and value and value[0]:
            return tuple(value)
        case "weight":
            return check_weight(value)
        case "hours" if isinstance(value, str):
            return check_hours(value)
        case "time" if isinstance(value, str):
            return check_time(value)
        case "change kinds":
            return check_kinds(value)
        case "site rules":
            return check_site_rules(value)
        case "place" if isinstance(value, str) and not _has_control(value):
            return check_place(value)
        case "seconds" if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 10**9:
            return float(value)
        case "share" if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1:
            return float(value)
        case "number" if isinstance(value, int) and not isinstance(value, bool):
            return _at_least(setting.minimum, value)
        case "size" if isinstance(value, int | str) and not isinstance(value, bool):
            return _at_least(setting.minimum, parse_size(value) if isinstance(value, str) else value)
    raise wrong


def _lone_url(value: str) -> str:
    """An address of a service; credentials in it would be sent nowhere, and shown."""
    if not value:
        return value
    if "@" in value.partition("//")[2].partition("/")[0]:
        raise ValueError(f"expected {EXPECTED['url']}, found a user or password in it")
    return check_url(value)


def _witness_vkey(text: str) -> str:
    from archive.checkpoint import Algorithm, parse_vkey  # late: cryptography takes its time, and few have a witness
    from archive.errors import SignatureError

    try:
        vkey = parse_vkey(text)
    except SignatureError as error:
        raise ValueError(str(error)) from error
    if vkey.algorithm is not Algorithm.COSIGNATURE:
        raise ValueError(f"expected {EXPECTED['vkey']}, found the key of a log: {text!r}")
    return text


def _at_least(minimum: int, value: int) -> int:
    if value < minimum:
        raise ValueError(f"expected {minimum} or more, found {value}")
    return value


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) and not _has_control(one) for one in value)


def _has_control(text: str) -> bool:
    return any(ord(character) < 0x20 or 0x7F <= ord(character) < 0xA0 for character in text)


def _policy(values: Mapping[str, Any]) -> CrawlPolicy:
    return CrawlPolicy(
        delay=values["delay"],
        connections=values["connections"],
        per_host=values["connections-per-host"],
        retries=values["retries"],
        timeout_connect=values["connect-timeout"],
        timeout_head=values["head-timeout"],
        timeout_body=values["body-timeout"],
        max_size=values["max-size"],
        spider_limit=values["page-size"],
        user_agent=values["user-agent"] or None,
        accept_language=values["accept-language"] or None,
        cookies=values["cookies"],
        dedup=values["dedup"],
        warc_size=values["warc-size"],
        warc_idle=values["warc-idle"],
        processes=values["fetch-processes"] or None,
        workers=values["workers"],
        nameservers=values["nameservers"],
        proxy=values["proxy"],
        vantage=values["vantage"],
    )


def _definition(values: Mapping[str, Any]) -> SiteDefinition:
    named = {"api": "apis"}
    return SiteDefinition(**{named.get(key, key.replace("-", "_")): value for key, value in values.items()})


def check_url(url: str) -> str:
    """An address that can be crawled, as it is; ValueError says what was expected and found."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise ValueError(f"expected an address like https://example.org/, found {url!r} ({error})") from error
    if parts.scheme.lower() not in ("http", "https"):
        near = f"; did you mean https://{url}?" if re.fullmatch(r"[\w-]+(\.[\w-]+)+(/\S*)?", url) else ""
        raise ValueError(f"expected an address that begins with http:// or https://, found {url!r}{near}")
    if not host or any(character.isspace() for character in url):
        raise ValueError(f"expected an address like https://example.org/, found {url!r}")
    return url


def _checked_pattern(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"expected a regular expression, found {pattern!r} ({error})") from error
    return pattern


def _of_class(of: type[Any], values: Mapping[str, Any]) -> Any:
    """A table whose keys are the fields of a dataclass."""
    known = {one.name: one.default for one in fields(of)}
    for key in values:
        if key not in known:
            raise ValueError(f"unknown key {key!r}." + _near(key, known))
    return of(**values)


def _checked_api(value: Mapping[str, Any]) -> Any:
    if not _is_texts([*value.values()]):
        raise ValueError(f"expected texts, found {dict(value)!r}")
    api: Api = _of_class(Api, {"url": "", **value})
    check_url(api.url)
    if not (api.link or api.template):
        raise ValueError("expected link, the key of an entry's address, or template, found neither")
    return api


def _lone_selector(key: str, value: Any) -> str:
    if isinstance(value, str):
        return _checked_selector(value)
    raise ValueError(f"{key}: expected one selector in quotation marks, found {value!r}")


def _checked_selectors(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return (_checked_selector(value),)
    if not _is_texts(value):
        raise ValueError(f"expected a selector or a list of selectors, found {value!r}")
    return tuple(_checked_selector(one) for one in value)


def _checked_selector(selector: str) -> str:
    # late: few commands meet one, and lxml takes its time
    from spiders.selector import check_selector

    check_selector(selector)
    return selector


def check_zone(name: str) -> str:
    """The name of a time zone; ValueError says what was expected and found."""
    from zoneinfo import ZoneInfo

    try:
        if name:
            ZoneInfo(name)
    except (OSError, ValueError, KeyError) as error:
        raise ValueError(f"expected {EXPECTED['zone']}, found {name!r}") from error
    return name


_HEADER = re.compile(r"\s*(\[\[?)\s*([A-Za-z0-9_-]+(?:\s*\.\s*[A-Za-z0-9_-]+)*)\s*\]\]?\s*(?:#.*)?\Z")
_KEY = re.compile(r"\s*[\"']?([A-Za-z0-9_-]+)[\"']?\s*(?:=|\.)")


def _key_lines(text: str) -> dict[tuple[str | int, ...], int]:
    """The line of each table header and key.

    tomllib keeps no positions. A line within a multi-line text that looks like a key is taken for one; it can only
    make a wrong line number in a message, never a wrong value.
    """
    lines: dict[tuple[str | int, ...], int] = {}
    place: tuple[str | int, ...] = ()
    count: dict[str, int] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        if header := _HEADER.match(line):
            first, *rest = (part.strip() for part in header[2].split("."))
            if header[1] == "[[" and not rest:
                place = (first, count.get(first, 0))
                count[first] = count.get(first, 0) + 1
            else:
                # [site.selectors] belongs to the [[site]] before it
                place = (first, count[first] - 1, *rest) if first in count else (first, *rest)
            lines.setdefault((first,), number)
            lines.setdefault(place, number)
        elif key := _KEY.match(line):
            lines.setdefault((*place, key[1]), number)
    return lines


TEMPLATE_HEAD = """\
# This collection's settings. Lines that begin with # are comments; take the # away to set a value.
# What each setting means in full: docs/settings.md
"""

TEMPLATE_AUTHORITY = """
# A time-stamping authority that the log's checkpoints are shown to; one such part for each (docs/time.md). It is given
# a hash and nothing else. After a change here: khronika key update
#
# [[authority]]
# name = "example-tsa"
# url = "https://tsa.example.org/"
# certificate = "example-tsa.pem"
"""

TEMPLATE_WITNESS = """
# A partner who cosigns checkpoints, so that they cannot be taken back; one such part for each (docs/keys.md).
# After a change here: khronika key update
#
# [[witness]]
# name = "example-partner"
# key = "witness.example/w1+20324abe+BCmsuuFBvMrwsi4alNNNC8c2HlJtC/4SyJeUvJMilm3X"
"""

TEMPLATE_NOTICE = """
# A receiver who is told what changed, by webhook, program, mail or messenger; one such part for each (docs/notices.md).
# The address is a secret as a rule: it may lie in a file of its own, which only you can read (chmod 600).
# To try it: khronika notify test team
#
# [[notice]]
# name = "team"
# webhook-file = "keys/notice-team"
# minimum-weight = 0.5
# quiet-hours = "22:00-07:00"
# timezone = "Europe/Berlin"
"""

TEMPLATE_COPY = """
# A place where a copy of the evidence is kept, on S3 or another disk; one such part for each (docs/copies.md).
# To fill it: khronika copies push
#
# [[copy]]
# name = "bucket"
# to = "s3://example-bucket/archive"
# endpoint = "https://s3.example.org"
#
# [[copy]]
# name = "disk"
# to = "/mnt/second-disk/archive"
"""

TEMPLATE_SITE = """
# A site to archive; one such part for each. `khronika site add URL` writes one.
#
# [[site]]
# name = "example"
# start = ["https://example.org/cases/"]
# include = ['^https://example\\.org/cases/']
"""


_SHOWN = {"warn": "5G", "stop": "1G"}
"""What the template shows where the default is no lone value."""


def template(operator: Operator) -> str:
    """The khronika.toml that `init` writes: every setting with its meaning, at its default."""
    lines = [TEMPLATE_HEAD]
    own = {"name": operator.name, "mail": operator.mail}
    for table in ("operator", "crawl", "schedule", "changes", "log", "keep", "disk"):
        lines.append(f"[{table}]\n")
        for setting in SETTINGS:
            if setting.table == table:
                value = own.get(setting.key) if table == "operator" else None
                mark = "" if value else "# "
                shown = toml_value(value or (_SHOWN[setting.key] if setting.default is None else setting.default))
                lines.append(f"# {setting.meaning}\n{mark}{setting.key} = {shown}\n")
        lines.append("\n")
    return (
        "".join(lines).rstrip("\n")
        + "\n"
        + TEMPLATE_AUTHORITY
        + TEMPLATE_WITNESS
        + TEMPLATE_NOTICE
        + TEMPLATE_COPY
        + TEMPLATE_SITE
    )


def toml_value(value: Any) -> str:
    """A setting's value as TOML writes it."""
    import tomlkit

    text: str = tomlkit.item(list(value) if isinstance(value, tuple) else value).as_string()
    return text
