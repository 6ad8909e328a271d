"""NoticePolicy: who is told of which changes, how and when: `[[notice]]` of khronika.toml.

Where to is a secret as a rule (the address of a webhook holds its token, that of apprise a password): it is asked for
when it is used, stands in no repr, and no error quotes it.
"""

from __future__ import annotations

import ipaddress
import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, cast
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from archive.errors import ConfigError
from archive.kinds import ChangeKind
from crawler.route import DIRECT, NO_PROXY, Route, parse_proxy

if TYPE_CHECKING:
    from crawler.policy import CrawlPolicy
    from spiders.definition import SiteDefinition

Way = Literal["webhook", "command", "apprise"]
Form = Literal["each", "digest"]
Language = Literal["en", "ru"]
Operation = Literal["no", "also", "only"]

QUIET: Final = frozenset({ChangeKind.EXTRACTOR, ChangeKind.SAME, ChangeKind.NOISE})
"""Kinds of which nobody is told."""
TOLD_KINDS: Final = tuple(kind.value for kind in ChangeKind if kind not in QUIET)
"""Kinds that a notice may be limited to."""

SECRET_KEYS: Final = ("webhook", "apprise")
WAYS: Final = ("webhook", "webhook-env", "webhook-file", "command", "apprise", "apprise-env", "apprise-file")
"""The keys of which a notice has exactly one."""

HOURS_EXPECTED: Final = 'two times of day, like "22:00-07:00"'
TIME_EXPECTED: Final = 'a time of day, like "08:00"'
SITES_EXPECTED: Final = "[[notice.site]] parts, each with name, and minimum-weight, kinds or quiet-hours"
KINDS_EXPECTED: Final = f"a list of kinds of change: {', '.join(TOLD_KINDS)}"

_HOURS = re.compile(r"([0-9]{1,2}:[0-9]{2})\s*[-–]\s*([0-9]{1,2}:[0-9]{2})")
_TIME = re.compile(r"([0-9]{1,2}):([0-9]{2})")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
_SECRET_SIZE = 16_384


@dataclass(frozen=True, slots=True)
class QuietHours:
    """A part of each day in which nothing is sent; it may go over midnight."""

    begin: time
    end: time

    def ends(self, at: datetime, zone: str) -> datetime | None:
        """When the quiet hours end that a moment lies in; None when it lies in none."""
        local = at.astimezone(ZoneInfo(zone) if zone else UTC)
        clock = local.time().replace(tzinfo=None)
        if self.begin <= self.end:
            inside, days = self.begin <= clock < self.end, 0
        else:
            inside, days = clock >= self.begin or clock < self.end, int(clock >= self.begin)
        return _at(local, self.end, days) if inside else None

    def __str__(self) -> str:
        return f"{self.begin:%H:%M}-{self.end:%H:%M}"


def next_time(at: datetime, wanted: time, zone: str) -> datetime:
    """The first moment from `at` on in which the clocks of a zone show a time of day."""
    local = at.astimezone(ZoneInfo(zone) if zone else UTC)
    found = _at(local, wanted, 0)
    return found if found >= at else _at(local, wanted, 1)


def _at(local: datetime, wanted: time, days: int) -> datetime:
    """A time of day of a day after that of `local`; one that the clocks leave out is taken for the one after it."""
    day = local.date() + timedelta(days=days)
    return datetime.combine(day, wanted, tzinfo=local.tzinfo).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Rules:
    """Which changes are told."""

    minimum_weight: float = 0.0
    kinds: tuple[str, ...] = ()
    """Empty: all but those of which nobody is told."""
    quiet_hours: QuietHours | None = None

    def fits(self, kind: str, weight: float) -> bool:
        """Whether a change is told."""
        return weight >= self.minimum_weight and (kind in self.kinds if self.kinds else kind not in QUIET)


@dataclass(frozen=True, slots=True)
class SiteRules:
    """What is otherwise for one site: one `[[notice.site]]`. None: as the notice says."""

    name: str
    minimum_weight: float | None = None
    kinds: tuple[str, ...] | None = None
    quiet_hours: QuietHours | None = None


@dataclass(frozen=True, slots=True)
class NoticePolicy:
    """One `[[notice]]`; checked by whoever makes one."""

    name: str
    way: Way
    target: str = field(default="", repr=False)
    """The address, where khronika.toml has it."""
    target_env: str = ""
    """Name of the variable of the environment that has it."""
    target_file: str = field(default="", repr=False)
    """File that has it, relative to the collection's folder."""
    command: tuple[str, ...] = field(default=(), repr=False)
    language: Language = "en"
    form: Form = "each"
    at: time | None = None
    """When a digest is sent; None: whenever there is something to tell."""
    sites: tuple[str, ...] = ()
    rules: Rules = field(default_factory=Rules)
    site_rules: tuple[SiteRules, ...] = ()
    timezone: str = ""
    proxy: str = field(default="", repr=False)
    """Empty: that of `[crawl]`, `direct`: none."""
    certificate: str = field(default="", repr=False)
    """PEM file with the root of the receiver's certificate, relative to the collection's folder."""
    give_up_days: int = 30
    """0: never."""
    operation: Operation = "no"
    """Whether it tells how the collection is doing, beside changes or instead of them."""

    @property
    def tells_changes(self) -> bool:
        """Whether it tells what changed."""
        return self.operation != "only"

    @property
    def tells_operation(self) -> bool:
        """Whether it tells what is not well."""
        return self.operation != "no"

    def rules_for(self, site: str) -> Rules:
        """The rules for a site's changes."""
        of = next((one for one in self.site_rules if one.name == site), None)
        if of is None:
            return self.rules
        return Rules(
            self.rules.minimum_weight if of.minimum_weight is None else of.minimum_weight,
            self.rules.kinds if of.kinds is None else of.kinds,
            of.quiet_hours or self.rules.quiet_hours,
        )

    def wants(self, site: str, kind: str, weight: float) -> bool:
        """Whether it tells a change."""
        return (not self.sites or site in self.sites) and self.rules_for(site).fits(kind, weight)

    def not_before(self, site: str, at: datetime) -> datetime | None:
        """When its quiet hours for a site end, where a moment lies in them."""
        hours = self.rules_for(site).quiet_hours
        return None if hours is None else hours.ends(at, self.timezone)

    def rules_text(self) -> str:
        """What says which changes it tells, in one text: nothing of where to."""
        of = {
            "sites": self.sites,
            "weight": self.rules.minimum_weight,
            "kinds": self.rules.kinds,
            "site": [{"name": one.name, "weight": one.minimum_weight, "kinds": one.kinds} for one in self.site_rules],
        }
        return json.dumps(of, sort_keys=True)

    def with_rules(self, text: str) -> NoticePolicy:
        """The same notice by the rules of a text that `rules_text` has made."""
        of = json.loads(text)
        site_rules = tuple(
            SiteRules(one["name"], one["weight"], None if one["kinds"] is None else tuple(one["kinds"]))
            for one in of["site"]
        )
        rules = Rules(of["weight"], tuple(of["kinds"]))
        return replace(self, sites=tuple(of["sites"]), rules=rules, site_rules=site_rules)

    def secret(self, folder: Path, environ: Mapping[str, str] = os.environ) -> str:
        """Where to, from wherever it is kept. Raises ConfigError, which does not quote it."""
        if self.target_env:
            found, where = environ.get(self.target_env, ""), f"{self.way}-env: the variable {self.target_env}"
        elif self.target_file:
            found, where = self._from_file(folder), f"{self.way}-file: the file that it names"
        else:
            found, where = self.target, self.way
        found = found.strip()
        try:
            if not found:
                raise ValueError("expected an address, found none")
            return check_webhook(found) if self.way == "webhook" else check_apprise(found)
        except ValueError as error:
            raise self._error(f"{where}: {error}") from None

    def _from_file(self, folder: Path) -> str:
        path = folder / self.target_file
        try:
            if (mode := path.stat().st_mode) & 0o077:
                raise self._error(
                    f"{self.way}-file: expected a file that you alone can read (chmod 600), found mode {mode & 0o777:o}"
                )
            with path.open("rb") as file:
                octets = file.read(_SECRET_SIZE + 1)
            if len(octets) > _SECRET_SIZE:
                raise self._error(f"{self.way}-file: expected one address, found a file of more than 16 KiB")
            return octets.decode("utf-8")
        except (OSError, ValueError) as error:
            raise self._error(
                f"{self.way}-file: expected a text file in the collection's folder, found none that can be read"
            ) from error

    def route(self, crawl: CrawlPolicy, sites: Sequence[SiteDefinition]) -> Route:
        """The way to the receiver.

        Raises ConfigError where some sites have proxies of their own and nothing says how receivers are to be reached.
        """
        chosen = self.proxy or crawl.proxy
        if not chosen and any(site.proxy not in (None, *NO_PROXY) for site in sites):
            raise self._error(
                "expected proxy, because sites have proxies of their own and [crawl] has none; "
                'proxy = "direct" says that this machine may show itself to the receiver'
            )
        return DIRECT if chosen in NO_PROXY else Route(parse_proxy(chosen))

    def _error(self, words: str) -> ConfigError:
        return ConfigError(f"[[notice]] {self.name}: {words}", file="khronika.toml")


def check_webhook(text: str) -> str:
    """The address of a webhook; ValueError does not quote it."""
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise ValueError("expected an address like https://example.org/hook, found another text") from None
    if port == 0 or not host or any(sign.isspace() or not sign.isprintable() for sign in text):
        raise ValueError("expected an address like https://example.org/hook, found another text")
    if "@" in parts.netloc:
        raise ValueError("expected an address without user and password, found some")
    if parts.scheme == "https" or (parts.scheme == "http" and _is_near(host)):
        return text
    raise ValueError(
        "expected an address that begins with https:// (http:// only to this machine, a private network, or .onion: "
        "whoever is on the way could read it), found another"
    )


def _is_near(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "." not in host or host.endswith((".localhost", ".local", ".internal", ".lan", ".onion"))
    return address.is_loopback or address.is_private


def is_this_machine(url: str) -> bool:
    """Whether an address is of this machine: what is sent there leaves it through no proxy."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def check_apprise(text: str) -> str:
    """An address as apprise takes it; ValueError does not quote it."""
    if not re.match(r"[A-Za-z][A-Za-z0-9+.-]*://.", text) or any(not sign.isprintable() for sign in text):
        raise ValueError("expected an address of apprise, like mailto://…, tgram://… or signal://…, found another text")
    return text


def check_variable(text: str) -> str:
    """The name of a variable of the environment; ValueError says what was expected."""
    if not _VARIABLE.fullmatch(text):
        # somebody may have put the secret itself here
        raise ValueError("expected the name of a variable of the environment, like NOTICE_URL, found another text")
    return text


def check_hours(text: str) -> QuietHours:
    """Quiet hours; ValueError says what was expected and found."""
    found = _HOURS.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"expected {HOURS_EXPECTED}, found {text!r}")
    hours = QuietHours(check_time(found[1]), check_time(found[2]))
    if hours.begin == hours.end:
        raise ValueError(f"expected {HOURS_EXPECTED}, found the same time twice: nothing would ever be sent")
    return hours


def check_time(text: str) -> time:
    """A time of day; ValueError says what was expected and found."""
    found = _TIME.fullmatch(text.strip())
    if found is None or int(found[1]) > 23 or int(found[2]) > 59:
        raise ValueError(f"expected {TIME_EXPECTED}, found {text!r}")
    return time(int(found[1]), int(found[2]))


def check_kinds(value: Any) -> tuple[str, ...]:
    """Kinds of change; ValueError says what was expected and found."""
    import difflib

    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise ValueError(f"expected {KINDS_EXPECTED}, found {value!r}")
    for one in value:
        if one not in TOLD_KINDS:
            near = difflib.get_close_matches(one, TOLD_KINDS, n=1, cutoff=0.5)
            hint = f". Did you mean {near[0]!r}?" if near else ""
            raise ValueError(f"expected {KINDS_EXPECTED}, found {one!r}{hint}")
    return tuple(value)


def check_weight(value: Any) -> float:
    """A weight; ValueError says what was expected and found."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise ValueError(f"expected a weight from 0 to 1, found {value!r}")
    return float(value)


def check_site_rules(value: Any) -> tuple[SiteRules, ...]:
    """`[[notice.site]]` parts; ValueError says what was expected and found."""
    import difflib

    checks: dict[str, Any] = {"minimum-weight": check_weight, "kinds": check_kinds, "quiet-hours": _checked_hours}
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise ValueError(f"expected {SITES_EXPECTED}")
    rules: list[SiteRules] = []
    for one in value:
        name = one.get("name")
        if not isinstance(name, str) or not name:
            raise ValueError(f"expected {SITES_EXPECTED}; found one without name")
        if any(rule.name == name for rule in rules):
            raise ValueError(f"expected one [[notice.site]] for each site, found two for {name!r}")
        for key in one:
            if key != "name" and key not in checks:
                near = difflib.get_close_matches(key.replace("_", "-"), checks, n=1, cutoff=0.5)
                known = f" Did you mean {near[0]!r}?" if near else f" Known here: name, {', '.join(checks)}."
                raise ValueError(f"unknown key {key!r} in [[notice.site]].{known}")
        try:
            values = {key.replace("-", "_"): check(one[key]) for key, check in checks.items() if key in one}
        except ValueError as error:
            raise ValueError(f"[[notice.site]] {name}: {error}") from error
        rules.append(SiteRules(name, **values))
    return tuple(rules)


def _checked_hours(value: Any) -> QuietHours:
    if isinstance(value, str):
        return check_hours(value)
    raise ValueError(f"expected {HOURS_EXPECTED}, found {value!r}")


def notice_of(values: Mapping[str, Any]) -> NoticePolicy:
    """The notice of checked values. Raises ValueError where it does not say one way."""
    ways = [key for key in WAYS if values[key]]
    if len(ways) != 1:
        found = " and ".join(ways) or "none"
        raise ValueError(f"expected one of {', '.join(WAYS)}, found {found}")
    way, _, kept = ways[0].partition("-")
    places = {"": "target", "env": "target_env", "file": "target_file"}
    where = {"command": values["command"]} if way == "command" else {places[kept]: values[ways[0]]}
    if values["at"] is not None and values["form"] != "digest":
        raise ValueError('at is for form = "digest", which is sent once a day then; found it with form = "each"')
    if values["certificate"] and way != "webhook":
        raise ValueError("certificate is for a webhook, found it without one")
    return NoticePolicy(
        name=values["name"],
        way=cast("Way", way),
        **where,
        language=values["language"],
        form=values["form"],
        at=values["at"],
        sites=values["sites"],
        rules=Rules(values["minimum-weight"], values["kinds"], values["quiet-hours"]),
        site_rules=values["site"],
        timezone=values["timezone"],
        proxy=values["proxy"],
        certificate=values["certificate"],
        give_up_days=values["give-up-days"],
        operation=values["operation"],
    )
