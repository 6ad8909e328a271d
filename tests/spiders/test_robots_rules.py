"""RFC 9309, clause by clause, and Google's published behaviour where the text leaves a choice."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from protego import Protego

from spiders.robots_rules import Group, canonical_path, parse_robots

SIMPLE_EXAMPLE = b"""\
User-Agent: *
Disallow: *.gif$
Disallow: /example/
Allow: /publications/

User-Agent: foobot
Disallow:/
Allow:/example/page.html
Allow:/example/allowed.gif

User-Agent: barbot
User-Agent: bazbot
Disallow: /example/page.html

User-Agent: quxbot
"""
LONGEST_MATCH = b"User-Agent: foobot\nAllow: /example/page/\nDisallow: /example/page/disallowed.gif\n"


def allowed(text: str | bytes, path: str, token: str = "khronika") -> bool:
    group = parse_robots(text.encode() if isinstance(text, str) else text).group_for(token)
    rule = None if group is None else group.rule_for(f"https://site.example{path}")
    return rule is None or rule.allow


def group_of(text: str | bytes, token: str = "khronika") -> Group:
    group = parse_robots(text.encode() if isinstance(text, str) else text).group_for(token)
    assert group is not None
    return group


@pytest.mark.parametrize(
    ("token", "path", "expected"),
    [
        ("anybot", "/a.gif", False),
        ("anybot", "/a.gif?size=2", True),
        ("anybot", "/example/page.html", False),
        ("anybot", "/publications/a", True),
        ("anybot", "/publications/a.gif", True),  # /publications/ has more octets than *.gif$
        ("anybot", "/", True),
        ("foobot", "/", False),
        ("foobot", "/example/page.html", True),
        ("foobot", "/example/allowed.gif", True),
        ("foobot", "/example/other.gif", False),
        ("barbot", "/example/page.html", False),
        ("barbot", "/example/other.html", True),
        ("bazbot", "/example/page.html", False),
        ("bazbot", "/a.gif", True),
        ("quxbot", "/example/page.html", True),  # an empty group of its own, not that of *
        ("quxbot", "/a.gif", True),
    ],
)
def test_the_simple_example_of_section_5(token: str, path: str, expected: bool) -> None:
    assert allowed(SIMPLE_EXAMPLE, path, token) is expected


def test_the_longest_match_of_section_5() -> None:
    assert not allowed(LONGEST_MATCH, "/example/page/disallowed.gif", "foobot")
    assert allowed(LONGEST_MATCH, "/example/page/allowed.gif", "foobot")
    assert allowed(LONGEST_MATCH, "/example/page/disallowed.gif", "otherbot")


@pytest.mark.parametrize(
    ("line", "binds"),
    [
        ("khronika", True),
        ("KHRONIKA", True),
        ("Khronika ", True),
        ("khronika # ours", True),
        ("khronika/1.0", True),  # as Google reads it: the product token that the value begins with
        ("khronika bot", True),
        ("khron", False),  # no part of a product token is one
        ("khronika-news", False),
        ("khronika_x", False),
        ("mykhronika", False),
        ("my khronika", False),
        ("", False),
    ],
)
def test_a_group_is_found_by_the_whole_product_token_whatever_its_case(line: str, binds: bool) -> None:
    assert allowed(f"User-agent: {line}\nDisallow: /\n", "/a") is not binds


@pytest.mark.parametrize("star", ["*", "* ", "*\t", "* # all"])
def test_the_star_is_for_those_without_a_group(star: str) -> None:
    text = f"User-agent: {star}\nDisallow: /\n"
    assert not allowed(text, "/a")
    assert allowed(text + "User-agent: khronika\nDisallow: /private\n", "/a")


def test_a_star_within_a_name_is_for_nobody() -> None:
    assert allowed("User-agent: *bot\nDisallow: /\n", "/a")
    assert allowed("User-agent: khron*\nDisallow: /\n", "/a")


def test_groups_of_one_name_are_one_group() -> None:
    text = (
        "user-agent: ExampleBot\ndisallow: /foo\ndisallow: /bar\n\nuser-agent: BarBot\ndisallow: /qux\n\n"
        "user-agent: ExampleBot\ndisallow: /baz\n"
    )
    assert [allowed(text, path, "examplebot") for path in ("/foo", "/bar", "/baz", "/qux")] == [False] * 3 + [True]
    # and so are those of *
    stars = "User-agent: *\nDisallow: /a\nUser-agent: x\nDisallow: /b\nUser-agent: *\nDisallow: /c\n"
    assert [allowed(stars, path) for path in ("/a", "/b", "/c")] == [False, True, False]


def test_several_names_may_begin_a_group_and_empty_lines_do_not_end_it() -> None:
    text = "User-agent: a\n\nUser-agent: khronika\n\n\nDisallow: /x\n\nDisallow: /y\n"
    assert not allowed(text, "/x")
    assert not allowed(text, "/y", "a")


@pytest.mark.parametrize(
    "other", ["Sitemap: https://site.example/s.xml", "Crawl-delay: 10", "Host: site.example", "Clean-param: ref /", "?"]
)
def test_other_records_end_no_group(other: str) -> None:
    # 2.2.4, and the example in Google's documentation
    assert not allowed(f"User-agent: khronika\n{other}\nUser-agent: b\nDisallow: /g\n", "/g")
    assert not allowed(f"User-agent: khronika\nDisallow: /f\n{other}\nDisallow: /g\n", "/g")
    # a rule does end the names
    assert allowed(f"User-agent: khronika\n{other}\nDisallow:\nUser-agent: b\nDisallow: /g\n", "/g")


def test_rules_before_any_group_bind_nobody() -> None:
    assert allowed("Disallow: /\nUser-agent: *\nDisallow: /x\n", "/a")


@pytest.mark.parametrize("text", ["", "\n\n", "<!doctype html><title>No such page</title>", "Disallow: /", "# nothing"])
def test_without_a_group_everything_is_allowed(text: str) -> None:
    assert allowed(text, "/a")


def test_an_empty_disallow_is_no_rule() -> None:
    assert allowed("User-agent: *\nDisallow:\n", "/a")
    assert allowed("User-agent: *\nDisallow: # nothing\n", "/a")
    assert not allowed("User-agent: *\nDisallow:\nDisallow: /a\n", "/a")
    assert not allowed("User-agent: *\nAllow:\nDisallow: /\n", "/a")


@pytest.mark.parametrize(
    ("rules", "path", "expected"),
    [
        # the most octets decide, wherever they stand (2.2.2); vectors of Google's documentation
        ("Allow: /p\nDisallow: /", "/page", True),
        ("Allow: /folder\nDisallow: /folder", "/folder/page", True),
        ("Disallow: /folder\nAllow: /folder", "/folder/page", True),
        ("Allow: /page\nDisallow: /*.htm", "/page.htm", False),
        ("Allow: /page\nDisallow: /*.ph", "/page.php5", True),
        ("Allow: /$\nDisallow: /", "/", True),
        ("Allow: /$\nDisallow: /", "/page.htm", False),
        ("Allow: /x/\nDisallow: /x/y/", "/x/y/z", False),
        ("Disallow: /x/y/\nAllow: /x/", "/x/y/z", False),
        # from the first octet, and no further than the rule goes
        ("Disallow: /fish", "/fish", False),
        ("Disallow: /fish", "/fish.html", False),
        ("Disallow: /fish", "/fish/salmon.html", False),
        ("Disallow: /fish", "/fishheads/yummy.html", False),
        ("Disallow: /fish", "/Fish.asp", True),
        ("Disallow: /fish", "/catfish", True),
        ("Disallow: /fish", "/?id=fish", True),
        ("Disallow: /fish", "/desert/fish", True),
        ("Disallow: /fish*", "/fishheads", False),
        ("Disallow: /fish/", "/fish", True),
        ("Disallow: /fish/", "/fish/?id=anything", False),
        # * and $ (2.2.3)
        ("Disallow: /*.php", "/index.php", False),
        ("Disallow: /*.php", "/folder/any.php.file.html", False),
        ("Disallow: /*.php", "/filename.php?parameters", False),
        ("Disallow: /*.php", "/", True),
        ("Disallow: /*.php", "/windows.PHP", True),
        ("Disallow: /*.php$", "/folder/filename.php", False),
        ("Disallow: /*.php$", "/filename.php?parameters", True),
        ("Disallow: /*.php$", "/filename.php/", True),
        ("Disallow: /*.php$", "/filename.php5", True),
        ("Disallow: /fish*.php", "/fishheads/catfish.php?parameters", False),
        ("Disallow: /fish*.php", "/Fish.PHP", True),
        ("Disallow: /this/path/exactly$", "/this/path/exactly", False),
        ("Disallow: /this/path/exactly$", "/this/path/exactly/not", True),
        ("Disallow: /this/*/exactly", "/this/path/exactly", False),
        ("Disallow: /this/*/exactly", "/this/long/path/exactly/so", False),
        ("Disallow: /a**b*$", "/axxbyy", False),
        ("Disallow: /*a*a$", "/a", True),
        ("Disallow: /*a*a$", "/aa", False),
        ("Disallow: *", "/a", False),
        ("Disallow: /path/file-with-a-%2A.html", "/path/file-with-a-*.html", False),
        ("Disallow: /path/file-with-a-%2A.html", "/path/file-with-a-b.html", True),
        ("Disallow: /path/foo-%24", "/path/foo-$", False),
        ("Disallow: /path/foo-%24", "/path/foo-", True),
        ("Disallow: /a$b", "/a$b", False),  # at no end, a letter: as Google's parser has it
        ("Disallow: /a$b", "/a", True),
        # the table of 2.2.2
        ("Disallow: /foo/bar?baz=quz", "/foo/bar?baz=quz", False),
        ("Disallow: /foo/bar?baz=https://foo.bar", "/foo/bar?baz=https%3A%2F%2Ffoo.bar", False),
        ("Disallow: /foo/bar?baz=https%3A%2F%2Ffoo.bar", "/foo/bar?baz=https://foo.bar", False),
        ("Disallow: /foo/bar/ツ", "/foo/bar/%E3%83%84", False),
        ("Disallow: /foo/bar/%E3%83%84", "/foo/bar/%E3%83%84", False),
        ("Disallow: /foo/bar/%e3%83%84", "/foo/bar/%E3%83%84", False),
        ("Disallow: /foo/bar/%E3%83%84", "/foo/bar/ツ", False),
        ("Disallow: /foo/bar/%62%61%7A", "/foo/bar/baz", False),
        ("Disallow: /foo/bar/baz", "/foo/bar/%62%61%7A", False),
        ("Disallow: /дело/", "/%D0%B4%D0%B5%D0%BB%D0%BE/17", False),
        # reserved characters: the same as data, not as delimiters (RFC 3986, 2.2)
        ("Disallow: /wiki/Special:", "/wiki/Special%3aSearch", False),
        ("Disallow: /a/b", "/a%2Fb", True),
        ("Disallow: /a%2fb", "/a%2Fb", False),
        ("Disallow: /a?b", "/a%3Fb", True),
        ("Disallow: /a%23b", "/a%23b", False),
        ("Disallow: /*u=%2Fa", "/q?u=/a", False),
        ("Disallow: /*u=%2Fa", "/q?u=%2Fa", False),
        ("Disallow: /*u=/a", "/q?u=%2Fa", False),
        ("Disallow: /%", "/%", False),
        ("Disallow: /a%2", "/a%25", True),
        # the octets that count are those that are compared
        ("Allow: /ü\nDisallow: /*abcdef", "/üabcdef", False),
        ("Allow: /%C3%BC\nDisallow: /*abcd", "/üabcd", True),
        # what is no path is no rule
        ("Disallow: fish", "/fish", True),
        ("Disallow: https://site.example/fish", "/fish", True),
        # /robots.txt is always allowed
        ("Disallow: /", "/robots.txt", True),
        ("Disallow: /robots.txt", "/robots.txt", True),
        ("Disallow: /", "/robots.txt.html", False),
        # no habit of others: a page that is allowed allows no folder
        ("Disallow: /\nAllow: /index.html", "/", False),
    ],
)
def test_rules(rules: str, path: str, expected: bool) -> None:
    assert allowed(f"User-agent: *\n{rules}\n", path) is expected


def test_an_address_without_a_path_is_that_of_the_root() -> None:
    group = group_of("User-agent: *\nDisallow: /\n")
    assert all(
        group.rule_for(url) is not None for url in ("https://site.example", "https://site.example?a", "HTTPS://S")
    )
    assert canonical_path("https://site.example/a#b?c") == b"/a"


@pytest.mark.parametrize(
    "octets",
    [
        b"User-agent: *\nDisallow: /a\n",
        b"User-agent: *\rDisallow: /a\r",
        b"User-agent: *\r\nDisallow: /a",
        b"\xef\xbb\xbfUser-agent: *\nDisallow: /a",
        b"  user-AGENT\t:\t*  \n\t disALLOW :/a # so\n",
        b"User-agent: *#all\nDisallow: /a#b\n",
        b"User-agent:*\nDisallow:/a\n",
        b"\xff\xfe\x00\nUser-agent: *\nDisallow: /a",
        "# one\u2028line\x85\nUser-agent: *\nDisallow: /a".encode(),
        b"User-agent: *\nDisallow: /\xe9\nDisallow: /a\n",
        b"User agent *\nDisallow /a\n",  # as Google's parser, and others, read them
        b"useragent: *\nDissallow: /a\n",
    ],
)
def test_lines_are_read_however_they_are_written(octets: bytes) -> None:
    assert not allowed(octets, "/a")
    assert allowed(octets, "/b")


def test_a_rule_in_another_encoding_binds_the_octets_that_it_has() -> None:
    assert not allowed(b"User-agent: *\nDisallow: /\xe4\xe5\xeb\xee/\n", "/%E4%E5%EB%EE/17")


def test_u_2028_ends_no_line() -> None:
    assert allowed("User-agent: *\nDisallow: /x\u2028Disallow: /a\n", "/a")


@pytest.mark.parametrize(
    ("lines", "seconds"),
    [
        ("Crawl-delay: 10", 10.0),
        ("crawl-delay:2.5", 2.5),
        ("Crawl-delay: 0,5", 0.5),
        ("Crawl-delay: 10s # please", 10.0),
        ("Crawl-delay: 5\nCrawl-delay: 2", 5.0),
        ("Disallow: /a\nCrawl-delay: 7", 7.0),
        ("Crawl-delay: soon", None),
        ("Crawl-delay: -3", None),
        ("Crawl-delay:", None),
        ("Crawl-delay: 1.2.3", None),
        ("Crawl-delay: 1e9", 1.0),
        ("Crawl-delay: ²", None),
    ],
)
def test_a_crawl_delay_is_that_of_the_names_above_it(lines: str, seconds: float | None) -> None:
    assert group_of(f"User-agent: *\n{lines}\nUser-agent: b\nDisallow: /x\n").crawl_delay == seconds
    assert group_of(f"User-agent: *\n{lines}\nUser-agent: b\nDisallow: /x\n", "b").crawl_delay is None


def test_sitemaps_are_of_no_group() -> None:
    text = "Sitemap: https://site.example/a.xml\nUser-agent: b\nDisallow: /\nsitemap:https://site.example/b.xml\n"
    assert parse_robots(text.encode()).sitemaps == ("https://site.example/a.xml", "https://site.example/b.xml")


def test_the_rule_that_decides_is_told_with_its_line() -> None:
    group = group_of("# ours\nUser-agent: *\nDisallow: /дело\nAllow: /дело/17$\n")
    assert str(group.rule_for("https://s.example/дело/1")) == "Disallow: /%D0%B4%D0%B5%D0%BB%D0%BE (line 3)"
    assert str(group.rule_for("https://s.example/дело/17")) == "Allow: /%D0%B4%D0%B5%D0%BB%D0%BE/17$ (line 4)"
    assert group.rule_for("https://s.example/") is None


def test_of_equal_rules_the_first_is_told() -> None:
    rule = group_of("User-agent: *\nDisallow: /a\nDisallow: /a\n").rule_for("https://s.example/a")
    assert rule is not None
    assert rule.line == 2


def test_many_stars_cost_no_more_than_their_number() -> None:
    text = f"User-agent: *\nDisallow: /{'*a' * 400}b$\n"
    assert allowed(text, f"/{'a' * 4000}")


PATHS = st.text("ab/?.", max_size=8).map(lambda text: f"/{text}")
PATTERNS = st.text("ab/?.*", max_size=6).map(lambda text: f"/{text}")
RULES = st.lists(st.tuples(st.sampled_from(["Allow", "Disallow"]), PATTERNS), max_size=6)


@given(RULES, PATHS)
def test_where_the_text_leaves_no_doubt_it_is_as_protego_has_it(rules: list[tuple[str, str]], path: str) -> None:
    # equal octets of unequal patterns, and several stars in a row, are where nothing says how to count
    lines = dict.fromkeys(rules)
    sizes = [len(pattern.rstrip("*")) for _, pattern in lines]
    if len(set(sizes)) < len(sizes) or any("**" in pattern or pattern.endswith("*") for _, pattern in lines):
        return
    text = "User-agent: *\n" + "".join(f"{kind}: {pattern}\n" for kind, pattern in lines)
    assert allowed(text, path) is Protego.parse(text).can_fetch(f"https://site.example{path}", "khronika")


@given(st.binary(max_size=200), PATHS)
def test_no_octets_stop_it(octets: bytes, path: str) -> None:
    allowed(b"User-agent: *\n" + octets, path)
    allowed(octets, path)
