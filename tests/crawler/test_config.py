"""khronika.toml: what it means, and what is refused with which words."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.digest import digest
from archive.errors import ConfigError
from crawler.config import SETTINGS, Operator, load_config, parse_operator, parse_size, read_config, template
from crawler.log_policy import LogPolicy, TimeAuthority, log_route
from crawler.policy import route_of
from crawler.route import Proxy, Route
from spiders.definition import Api, Items, Selectors, SiteDefinition, definition_of, entry_of

SITE = '[[site]]\nname = "a"\nstart = ["http://example.org/"]\n'


def test_the_template_means_the_defaults_and_the_operator() -> None:
    written = template(Operator("Пример Архив", "mail@example.org"))

    config = read_config(written.encode())

    assert config.operator == Operator("Пример Архив", "mail@example.org")
    assert config.crawl == read_config(b"").crawl
    assert config.sites == ()
    for setting in SETTINGS:
        if setting.table not in {"site", "authority", "notice", "copy"}:
            assert f"{setting.key} = " in written


def test_every_setting_with_its_mark_taken_away_is_still_valid() -> None:
    lines = template(Operator("", "")).split("\n")
    set_all = [line.removeprefix("# ") if " = " in line and not line.startswith("# A ") else line for line in lines]
    text = "\n".join(set_all).split("# A time-stamping authority")[0]

    assert read_config(text.encode()).log == LogPolicy()
    assert read_config(text.encode()).crawl == read_config(b"").crawl


def test_the_examples_of_the_template_are_valid() -> None:
    _, *parts = re.split(
        "(?m)^# A (?:time-stamping authority|partner|receiver|place where|site to archive)", template(Operator("", ""))
    )
    example = "\n".join(line.removeprefix("# ") for part in parts for line in part.split("\n#\n")[1:])
    config = read_config(re.sub("(?m)^# ?", "", example).encode())

    assert [one.name for one in config.log.authorities] == ["example-tsa"]
    assert [one.name for one in config.log.witnesses] == ["example-partner"]
    assert [one.name for one in config.notices] == ["team"]
    assert [(one.name, one.is_s3) for one in config.copies] == [("bucket", True), ("disk", False)]
    assert [one.name for one in config.sites] == ["example"]


AUTHORITY = """
[[authority]]
name = "first"
url = "https://tsa.example/"
certificate = "first.pem"
[[authority]]
name = "second"
url = "http://tsa.example/two"
certificate = "/etc/second.pem"
policy = "1.3.6.1.4.1.32473.1"
crl = false
"""


def test_authorities_are_read() -> None:
    log = read_config(b'[log]\nbeacon = "https://beacon.example/latest"\n' + AUTHORITY.encode()).log

    assert log == LogPolicy(
        (
            TimeAuthority("first", "https://tsa.example/", "first.pem"),
            TimeAuthority("second", "http://tsa.example/two", "/etc/second.pem", "1.3.6.1.4.1.32473.1", crl=False),
        ),
        "https://beacon.example/latest",
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[[authority]]\nurl = "http://a.example/"\ncertificate = "a.pem"\n', "needs name"),
        ('[[authority]]\nname = "a"\ncertificate = "a.pem"\n', "needs url"),
        ('[[authority]]\nname = "a"\nurl = "http://a.example/"\n', "needs certificate"),
        (AUTHORITY.replace('"second"', '"first"'), "'first' is the name of an earlier authority"),
        (AUTHORITY.replace('"first"', '"The First"'), "authority.name: expected a name"),
        (AUTHORITY.replace("https://tsa.example/", "ftp://tsa.example/"), "begins with http:// or https://"),
        (AUTHORITY.replace("https://tsa", ""), "authority.url"),
        (AUTHORITY.replace("https://tsa", "https://me:secret@tsa"), "found a user or password in it"),
        (AUTHORITY.replace('"https://tsa.example/"', '""'), "authority.url: expected an address"),
        (AUTHORITY.replace("1.3.6.1", "one.3.6"), "expected an object identifier"),
        (AUTHORITY.replace('"first.pem"', '""'), "expected the name of a file"),
        (
            AUTHORITY.replace("[[authority]]", "[authority]", 1).split("[[")[0],
            "expected [[authority]] with two brackets",
        ),
        ('[log]\nbeacons = "x"\n', "Did you mean 'beacon'?"),
        ('[log]\nproxy = "tor"\n', "log.proxy: expected http://host:port"),
        ("[authorities]\n", "Did you mean 'authority'?"),
    ],
)
def test_a_wrong_authority_is_refused(text: str, words: str) -> None:
    with pytest.raises(ConfigError) as raised:
        read_config(text.encode())

    assert words in str(raised.value)
    assert "secret" not in str(raised.value)


def test_the_digest_of_the_settings_says_nothing_of_where_authorities_are_asked() -> None:
    text = AUTHORITY + '[log]\nproxy = "http://me:secret@proxy.example:8080"\n'
    other = text.replace("tsa.example/two", "tsa.example/contract-17").replace("secret", "word")

    assert read_config(text.encode()).digest == read_config(other.encode()).digest
    assert read_config(text.encode()).digest != read_config(text.replace("crl = false", "crl = true").encode()).digest


def test_authorities_are_reached_as_the_sites_are() -> None:
    def route(text: str) -> Route:
        config = read_config((text + AUTHORITY + SITE).encode())
        return log_route(config.log, config.crawl, config.sites)

    tor = Route(Proxy("socks5", "127.0.0.1", 9050))

    assert route("") == Route()
    assert route('[crawl]\nproxy = "socks5://127.0.0.1:9050"\n') == tor
    assert route('[log]\nproxy = "socks5://127.0.0.1:9050"\n') == tor
    assert route('[crawl]\nproxy = "socks5://127.0.0.1:9050"\n[log]\nproxy = "direct"\n') == Route()


def test_an_authority_is_not_asked_straight_where_sites_are_not() -> None:
    proxied = AUTHORITY + SITE + 'proxy = "socks5://127.0.0.1:9050"\n'
    config = read_config(proxied.encode())
    told = read_config(('[log]\nproxy = "direct"\n' + proxied).encode())

    with pytest.raises(ConfigError, match=r"expected proxy in \[log\], because sites have proxies of their own"):
        log_route(config.log, config.crawl, config.sites)
    assert log_route(told.log, told.crawl, told.sites) == Route()


def test_an_authoritys_certificate_lies_in_the_collection_or_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "first.pem").write_bytes(b"here")
    first, second = read_config(AUTHORITY.encode()).log.authorities

    assert first.certificates(tmp_path) == b"here"
    with pytest.raises(ConfigError, match=r"\[\[authority\]\] second: expected the file") as raised:
        second.certificates(tmp_path)
    assert "/etc" not in str(raised.value)


def test_a_site_entry_becomes_its_definition() -> None:
    site = read_config(
        (SITE + "include = ['/case/']\nkinds = { case = '/case/' }\ndelay = 10\nrobots = \"ignore\"\n"
         'robots-by = "N. N."\nrobots-reason = "2026-01-01: public interest"\nrobots-ground = "an Article"\n').encode()
    ).sites[0]  # fmt: skip

    assert (site.name, site.start, site.include, site.delay) == ("a", ("http://example.org/",), ("/case/",), 10.0)
    assert site.kinds == (("/case/", "case"),)
    assert (site.robots, site.robots_by, site.robots_ground) == ("ignore", "N. N.", "an Article")


FULL_SITE = """
[[site]]
name = "full"
lists = ["https://example.org/list/"]
rest = ["https://example.org/wp-json/wp/v2/posts"]
hosts = ["old.example.org"]
kinds = { case = '/case/', news = ['/news/', '/texts/'] }
language-paths = { en = '/en/' }
timezone = "Europe/Vilnius"
revisit = { case = "daily" }
requisites = true
requisite-size = "5M"
browser = ['/app/']
[site.selectors]
title = "h1.name"
person = "xpath://h1"
remove = [".tooltip", "script"]
[site.facts]
address = ".letter p"
[site.items]
selector = "div.post"
id = "xpath:@id"
[[site.api]]
url = "https://example.org/api"
entries = "data.items"
link = "url"
[[site]]
name = "b"
start = ["https://b.example/"]
"""


def test_all_that_an_entry_can_say_is_in_the_definition_and_goes_back_into_an_entry() -> None:
    site = read_config(FULL_SITE.encode()).sites[0]

    assert site.kinds == (("/case/", "case"), ("/news/", "news"), ("/texts/", "news"))
    assert site.language_paths == (("/en/", "en"),)
    assert site.selectors == Selectors(title=("h1.name",), person=("xpath://h1",), remove=(".tooltip", "script"))
    assert site.facts == (("address", ".letter p"),)
    assert site.items == Items(selector="div.post", id="xpath:@id")
    assert site.apis == (Api(url="https://example.org/api", entries="data.items", link="url"),)
    assert (site.requisite_size, site.timezone, site.revisit) == (5_000_000, "Europe/Vilnius", (("case", "daily"),))
    assert site.seeds[0] == "https://example.org/list/"
    assert definition_of(tomllib.loads(FULL_SITE)["site"][0] | {"requisite-size": 5_000_000}) == site
    assert definition_of(entry_of(site)) == site


@pytest.mark.parametrize(
    ("was", "now", "line", "word"),
    [
        ('title = "h1.name"', 'titel = "h1.name"', 14, "Did you mean 'title'?"),
        ('title = "h1.name"', 'title = "h1[name"', 14, "h1[name"),
        ('person = "xpath://h1"', 'person = "xpath://h1["', 14, "//h1["),
        ('remove = [".tooltip", "script"]', "remove = 3", 14, "expected a selector or a list of selectors"),
        ('address = ".letter p"', "address = 3", 18, "expected a selector or a list"),
        ('link = "url"', "", 23, "expected link, the key of an entry's address, or template, found neither"),
        ("Europe/Vilnius", "Europe/Nowhere", 9, "expected the name of a time zone"),
        ("['/news/', '/texts/']", "['/news/', '(']", 7, "expected a regular expression"),
    ],
)
def test_what_is_wrong_within_an_entrys_tables_is_told_with_its_line(was: str, now: str, line: int, word: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        read_config(FULL_SITE.replace(was, now).encode())

    assert word in str(refusal.value)
    assert refusal.value.line == line


PROXIED = """
[crawl]
nameservers = ["127.0.0.1:5353", "2001:db8::53"]
proxy = "socks5://127.0.0.1:9050"
vantage = "an office"
[[site]]
name = "as-the-others"
start = ["http://a.example/"]
[[site]]
name = "straight"
start = ["http://b.example/"]
proxy = "direct"
[[site]]
name = "by-another"
start = ["http://c.example/"]
proxy = "http://us%40er:pass:word@[::1]:3128"
vantage = "a flat"
[[site]]
name = "elsewhere"
start = ["http://d.example/"]
vantage = ""
"""


def test_each_site_has_its_route() -> None:
    config = read_config(PROXIED.encode())
    routes = {site.name: route_of(config.crawl, site) for site in config.sites}
    tor = Proxy("socks5", "127.0.0.1", 9050)

    assert config.crawl.nameservers == ("127.0.0.1:5353", "2001:db8::53")
    assert routes == {
        "as-the-others": Route(tor, "an office"),
        # the collection's label is not that of another way
        "straight": Route(None, None),
        "by-another": Route(Proxy("http", "::1", 3128, "us@er", "pass:word"), "a flat"),
        "elsewhere": Route(tor, None),
    }
    assert route_of(read_config(b"").crawl, SiteDefinition("a", ("http://a.example/",))) == Route()


@pytest.mark.parametrize(
    "line",
    [
        "proxy = 'http://me:hidden@proxy.example'",
        "proxy = 'https://me:hidden@proxy.example:1'",
        "proxy = 'me:hidden@proxy.example:1'",
        "proxy = 'http://me:hid den/hidden@proxy.example:1'",
        "proxy = ['http://me:hidden@proxy.example:1']",
        "proxy = 'http://me:hidden@proxy.example:1",
        "proxy = 'http://me:hidden@proxy.example:1' x",
        "proxi = 'http://me:hidden@proxy.example:1'",
        "proxy = 'socks5://me:hiddené@proxy.example:1'",
        "vantage = 'http://me:hidden@proxy.example:1\n",
    ],
)
@pytest.mark.parametrize("table", ["[crawl]\n", SITE])
def test_no_refusal_tells_a_password(table: str, line: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        read_config(f"{table}{line}\n".encode())

    assert "hid" not in str(refusal.value)


def test_no_proxy_is_told_by_its_value() -> None:
    config = read_config(PROXIED.encode())

    for secret in ("9050", "3128", "us%40er", "us@er", "pass"):
        assert secret not in repr(config)
        assert secret not in repr([route_of(config.crawl, site) for site in config.sites])


def test_a_site_may_be_known_by_its_feed_alone() -> None:
    [site] = read_config(b'[[site]]\nname = "a"\nfeeds = ["http://example.org/feed/"]\n').sites

    assert site.seeds == ("http://example.org/feed/",)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("[crawl]\n\ndelai = 3", 3, ["unknown key 'delai'", "Did you mean 'delay'?"]),
        ("[crawl]\nmax_size = 3000", 2, ["'max_size'", "Did you mean 'max-size'?"]),
        ("[crawl]\ndelay = 'soon'", 2, ["crawl.delay", "number of seconds", "'soon'"]),
        ("[crawl]\ndelay = true", 2, ["number of seconds", "True"]),
        ("[crawl]\ndelay = nan", 2, ["number of seconds", "nan"]),
        ("[crawl]\nretries = -1", 2, ["0 or more", "-1"]),
        ("[crawl]\nnameservers = ['9.9.9.9', 'dns.example']", 2, ["crawl.nameservers", "9.9.9.9", "'dns.example'"]),
        ("[crawl]\nnameservers = '9.9.9.9'", 2, ["a list of addresses of name servers"]),
        ("[crawl]\nnameservers = ['9.9.9.9:99999']", 2, ["'9.9.9.9:99999'"]),
        ("[crawl]\nproxy = 'proxy.example:8080'", 2, ["crawl.proxy", "http://host:port", "'proxy.example:8080'"]),
        ("[crawl]\nproxy = 'https://proxy.example:8080'", 2, ["kind http or socks5", "'https'"]),
        ("[crawl]\nproxy = 'http://proxy.example'", 2, ["a port after the proxy's host"]),
        ("[crawl]\nproxy = 'socks5://proxy.example:0'", 2, ["port from 1 to 65535"]),
        ("[crawl]\nproxy = 8080", 2, ["crawl.proxy", "8080"]),
        ("[crawl]\nproxy = 'socks5://me@proxy.example:1'", 2, ["user:password", "one of the two missing"]),
        ("[crawl]\nvantage = 3", 2, ["crawl.vantage", "text"]),
        ("[crawl]\nmax-size = '3Q'", 2, ["512M", "'3Q'"]),
        ("[crawl]\nuser-agent = \"a\\nX: y\"", 2, ["crawl.user-agent", "text"]),
        ("[crawl\n", 1, ["expected TOML"]),
        ("[crawl]\ndelay = 1\ndelay = 2", 3, ["expected TOML"]),
        ("[crwal]\n", 1, ["'crwal'", "Did you mean 'crawl'?"]),
        ("delay = 3\n", 1, ["'delay'"]),
        ("[site]\nname = 'a'", 1, ["[[site]]"]),
        ("[[site]]\nname = 'a'", 1, ["needs start"]),
        ("[[site]]\nname = 'a'\nstart = []", 3, ["needs start, or another way", "http://"]),
        ("[[site]]\nname = 'a'\nstart = 'http://example.org/'", 3, ["a list of addresses"]),
        ("[[site]]\nname = 'a'\nstart = ['ftp://example.org/']", 3, ["http:// or https://", "ftp://"]),
        ("[[site]]\nname = 'a'\nstart = ['example.org/a']", 3, ["'example.org/a'", "did you mean https://example.org/a?"]),
        ("[[site]]\nname = 'a'\nstart = ['http://[::1']", 3, ["address"]),
        ("[[site]]\nname = 'Ä b'\nstart = ['http://example.org/']", 2, ["site.name", "'Ä b'"]),
        (SITE + "include = ['(']", 4, ["site.include", "regular expression", "'('"]),
        (SITE + "robots = 'maybe'", 4, ["'obey', 'ignore'", "'maybe'"]),
        (SITE + "spider = 'rights-in-rusia'", 4, ["site.spider", "Did you mean 'rights-in-russia'?"]),
        (SITE + "robots = 'ignore'", 4, ["robots-reason"]),
        (SITE + "\n" + SITE, 6, ["'a'", "earlier site"]),
        ("[operator]\nmail = 'nobody'", 2, ["operator.mail", "'nobody'"]),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused_with_line_and_words(text: str, line: int, words: list[str]) -> None:
    with pytest.raises(ConfigError) as refusal:
        read_config(text.encode())

    assert refusal.value.line == line
    assert f"khronika.toml, line {line}: " in str(refusal.value)
    for word in words:
        assert word in str(refusal.value)


def test_bytes_that_are_no_utf8_are_refused_with_their_line(tmp_path: Path) -> None:
    path = tmp_path / "khronika.toml"
    path.write_bytes(b'[operator]\nname = "\xcf\xf0\xe8"\n')

    with pytest.raises(ConfigError, match="line 2: expected UTF-8"):
        load_config(path)


@given(st.binary(max_size=200))
def test_no_file_does_more_than_be_refused(octets: bytes) -> None:
    try:
        read_config(octets)
    except ConfigError as refusal:
        assert str(refusal).startswith("khronika.toml")


@pytest.mark.parametrize(
    ("text", "operator"),
    [
        ("Example Archive <mail@example.org>", Operator("Example Archive", "mail@example.org")),
        ("Example Archive", Operator("Example Archive", "")),
        ("mail@example.org", Operator("", "mail@example.org")),
        ("<mail@example.org>", Operator("", "mail@example.org")),
    ],
)
def test_an_operator_is_a_name_a_mail_or_both(text: str, operator: Operator) -> None:
    assert parse_operator(text) == operator


def test_an_operator_with_a_broken_mail_is_refused() -> None:
    with pytest.raises(ValueError, match=r"mail@example\.org"):
        parse_operator("Example <nobody>")


def test_sizes_are_decimal() -> None:
    assert [parse_size(text) for text in ("7", "7K", "2m", "1G")] == [7, 7000, 2_000_000, 10**9]


def test_the_digest_that_goes_into_the_warc_depends_on_no_password() -> None:
    text = '[crawl]\nproxy = "socks5://me:{}@proxy.example:1080"\nnameservers = ["192.0.2.1", "192.0.2.2"]\n'
    one, other = (read_config(text.format(word).encode()).digest for word in ("five", "eight"))

    assert one == other == digest(b'[crawl]\nproxy = "withheld"\nnameservers = ["withheld", "withheld"]\n')
    assert read_config(b'[crawl]\nproxy = "socks5://m\\u0065:x@proxy.example:1080"\n').digest == digest(b"")
    assert read_config(b"[crawl]\ndelay = 4\n").digest == digest(b"[crawl]\ndelay = 4\n")


WITNESSES = """
[log]
quorum = 1
[[witness]]
name = "partner"
key = "witness.example/w1+20324abe+BCmsuuFBvMrwsi4alNNNC8c2HlJtC/4SyJeUvJMilm3X"
"""


def test_witnesses_are_read() -> None:
    config = read_config(WITNESSES.encode())

    assert config.log.quorum == 1
    assert [(one.name, one.key[:18]) for one in config.log.witnesses] == [("partner", "witness.example/w1")]


@pytest.mark.parametrize(
    ("before", "after", "line", "expected"),
    [
        ("quorum = 1", "quorum = 2", 3, "expected up to 1, as many as there are"),
        ('"partner"', '"quorum"', 5, "expected another name than 'quorum'"),
        ("20324abe", "20324abf", 6, "it should be 20324abe"),
        ("+20324abe+B", "+20324abe+A", 6, "another key than Ed25519"),
        ("w1+20324abe+BCm", "w1+a6ab9e49+ACm", 6, "another key than Ed25519"),
    ],
)
def test_a_wrong_witness_is_refused_with_its_line(before: str, after: str, line: int, expected: str) -> None:
    assert before in WITNESSES

    with pytest.raises(ConfigError, match=re.escape(expected)) as raised:
        read_config(WITNESSES.replace(before, after).encode())

    assert raised.value.line == line


def test_a_witness_cannot_be_named_twice() -> None:
    again = WITNESSES + WITNESSES.split("quorum = 1")[1].replace("partner", "other")

    with pytest.raises(ConfigError, match=r"is the key of an earlier witness"):
        read_config(again.encode())


def test_the_key_of_a_log_is_no_witness() -> None:
    log = "archive.example/log/main+da56a7d6+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"

    with pytest.raises(ConfigError, match="found the key of a log"):
        read_config(re.sub('key = ".*"', f'key = "{log}"', WITNESSES).encode())
