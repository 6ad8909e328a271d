from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest

from crawler.policy import CrawlPolicy
from crawler.robots import PARSED, TTL, Answer, Decision, Override, RobotsRules, Unanswered, product_token

URL = "http://site.example/case/17?x=1"


class Server:
    """Answers in turn; the last answer for ever."""

    def __init__(self, *answers: Answer | str) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, int]] = []

    async def __call__(self, url: str, redirects: int, wait: float) -> Answer:
        self.asked.append((url, redirects))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, str):
            raise Unanswered(answer)
        return answer


def ok(text: str | bytes) -> Answer:
    return Answer(200, None, text.encode() if isinstance(text, str) else text)


def decide(server: Server, *urls: str, token: str = "khronika", retries: int = 0) -> list[bool]:
    async def run() -> list[bool]:
        robots = RobotsRules(CrawlPolicy(retries=retries), token)
        return [(await robots.rules_for(url, server)).decide(url).allowed for url in urls or (URL,)]

    return asyncio.run(run())


def test_rules_are_asked_at_the_root_of_the_host() -> None:
    server = Server(ok("User-agent: *\nDisallow: /case/\n"))

    assert decide(server, URL, "http://site.example/news") == [False, True]
    assert server.asked == [("http://site.example/robots.txt", 0)]


def test_the_longest_match_wins_and_allow_wins_ties() -> None:
    server = Server(
        ok("User-agent: *\nDisallow: /case\nAllow: /case/17\nDisallow: /tie\nAllow: /tie\nDisallow: /*.pdf$\n")
    )

    assert decide(
        server,
        "http://site.example/case/1",
        "http://site.example/case/17",
        "http://site.example/tie",
        "http://site.example/a.pdf",
        "http://site.example/a.pdf?x",
    ) == [False, True, True, False, True]


def test_our_own_group_takes_the_place_of_the_general_one() -> None:
    text = (
        "User-agent: *\nDisallow: /\n\nUser-agent: KHRONIKA\nDisallow: /private\n\nUser-agent: khronika\nDisallow: /a\n"
    )

    assert decide(Server(ok(text)), URL, "http://site.example/private", "http://site.example/a") == [True, False, False]
    assert decide(Server(ok(text)), URL, token="otherbot") == [False]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 451])
def test_4xx_is_no_robots_txt(status: int) -> None:
    assert decide(Server(Answer(status, None, b"User-agent: *\nDisallow: /"))) == [True]


@pytest.mark.parametrize("answer", [Answer(500, None, b""), Answer(503, None, b""), Answer(429, None, b""), "refused"])
def test_5xx_and_network_errors_disallow_everything(answer: Answer | str) -> None:
    assert decide(Server(answer)) == [False]


def test_rules_in_the_body_of_an_error_are_none() -> None:
    assert decide(Server(Answer(500, None, b"User-agent: *\nAllow: /"))) == [False]


def test_a_robots_txt_that_came_cut_short_disallows_everything() -> None:
    assert decide(Server(Answer(200, None, b"User-agent: *\nAllow: /", complete=False))) == [False]


def test_the_reason_tells_a_rule_from_an_outage() -> None:
    async def run(server: Server) -> Decision:
        rules = await RobotsRules(CrawlPolicy(retries=0), "khronika").rules_for(URL, server)
        return rules.decide(URL)

    reason = "robots.txt could not be had: timeout: no answer"
    assert asyncio.run(run(Server(ok("User-agent: *\nDisallow: /")))) == Decision(
        False, "robots.txt disallows it", ground="Disallow: / (line 2)"
    )
    assert asyncio.run(run(Server("timeout: no answer"))) == Decision(False, reason, unreachable=True, ground=reason)


def test_failures_are_tried_again() -> None:
    server = Server("reset", Answer(503, None, b""), ok("User-agent: *\nDisallow: /private"))

    assert decide(server, retries=2) == [True]
    assert len(server.asked) == 3


def test_five_redirects_are_followed_to_any_host() -> None:
    steps = [Answer(301, f"http://other{n}.example/robots.txt", b"") for n in range(5)]
    server = Server(*steps, ok("User-agent: *\nDisallow: /"))

    assert decide(server) == [False]
    assert server.asked[-1] == ("http://other4.example/robots.txt", 5)


@pytest.mark.parametrize(
    "answers", [[Answer(302, "/robots.txt", b"")], [Answer(301, None, b"")], [Answer(301, "ftp://x/", b"")]]
)
def test_redirects_without_end_or_aim_are_no_robots_txt(answers: Sequence[Answer]) -> None:
    server = Server(*answers)

    assert decide(server) == [True]
    assert len(server.asked) <= 6


def test_what_a_redirect_leads_to_counts_as_if_it_stood_here() -> None:
    assert decide(Server(Answer(301, "/other", b""), Answer(404, None, b""))) == [True]
    assert decide(Server(Answer(301, "/other", b""), Answer(502, None, b""))) == [False]
    assert decide(Server(Answer(301, "/other", b""), "unresolved")) == [False]


@pytest.mark.parametrize(("text", "delay"), [("2.5", 2.5), ("10", 10.0), ("0", None), ("-3", None), ("soon", None)])
def test_a_crawl_delay_may_be_a_fraction(text: str, delay: float | None) -> None:
    async def run() -> float | None:
        robots = RobotsRules(CrawlPolicy(retries=0), "khronika")
        return (await robots.rules_for(URL, Server(ok(f"User-agent: *\nCrawl-delay: {text}\n")))).crawl_delay

    assert asyncio.run(run()) == delay


@pytest.mark.parametrize(
    "octets",
    [
        b"\xef\xbb\xbfUser-agent: *\nDisallow: /case",
        b"User-agent: *\r\nDisallow: /case\r\n",
        b"\xff\xfe\nUser-agent: *\nDisallow: /case",
    ],
)
def test_marks_line_ends_and_broken_encodings_hide_no_rule(octets: bytes) -> None:
    assert decide(Server(ok(octets))) == [False]


def test_at_least_500_kib_are_read_and_no_line_is_cut_in_two() -> None:
    filler = b"# comment\n" * 52_000
    assert decide(Server(ok(filler + b"User-agent: *\nDisallow: /case\n"))) == [False]
    long = b"User-agent: *\nAllow: /case\n" + b"#" * (PARSED - 45) + b"\nDisallow: /case/17?x=1\n"
    assert decide(Server(ok(long))) == [True]
    assert decide(Server(ok(filler.replace(b"\n", b"\r") + b"User-agent: *\rDisallow: /case\r" + filler * 2))) == [
        False
    ]


RECORD = "urn:uuid:7f3d9f0e-0000-4000-8000-000000000001"


@pytest.mark.parametrize(
    ("answer", "note"),
    [
        (ok("User-agent: *\nDisallow: /case\n"), "disallowed; Disallow: /case (line 2)"),
        (ok("User-agent: *\nDisallow: /\nAllow: /case/1\n"), "allowed; Allow: /case/1 (line 3)"),
        (ok("User-agent: *\nDisallow: /b\n"), "allowed; no rule fits"),
        (ok("User-agent: other\nDisallow: /\n"), "allowed; no group for us in robots.txt"),
        (Answer(404, None, b""), "allowed; no robots.txt: HTTP 404"),
        (Answer(301, None, b""), "allowed; no robots.txt: HTTP 301"),
        (Answer(301, "ftp://x/", b""), "allowed; no robots.txt: HTTP 301 to no address"),
        (Answer(301, "/robots.txt", b""), "allowed; no robots.txt: more than 5 redirects"),
        (Answer(503, None, b""), "disallowed; robots.txt could not be had: HTTP 503"),
        (Answer(200, None, b"", complete=False), "disallowed; robots.txt could not be had: it came cut short"),
    ],
)
def test_what_decided_is_noted_with_the_record_that_says_it(answer: Answer, note: str) -> None:
    async def run() -> Decision:
        server = Server(replace(answer, record_id=RECORD))
        return (await RobotsRules(CrawlPolicy(retries=0), "khronika").rules_for(URL, server)).decide(URL)

    assert asyncio.run(run()).notes() == (("robots", note), ("robots-txt", f"<{RECORD}>"))


def test_an_override_is_noted_where_it_overrides_something() -> None:
    override = Override("the board", "the pages are evidence", "art. 85 GDPR")
    denied = Decision(False, "robots.txt disallows it", ground="Disallow: / (line 2)")

    assert denied.notes(overridden=override) == (
        ("robots", "overridden; Disallow: / (line 2)"),
        ("robots-override", "by: the board; reason: the pages are evidence; ground: art. 85 GDPR"),
    )
    assert Decision(True, ground="no rule fits").notes(overridden=override) == (("robots", "allowed; no rule fits"),)


def test_rules_are_kept_for_a_day_per_scheme_host_and_port() -> None:
    async def run() -> list[str]:
        now = 0.0
        robots = RobotsRules(CrawlPolicy(), "khronika", clock=lambda: now)
        server = Server(ok(""))
        for url in (URL, "http://site.example/b", "https://site.example/", "http://site.example:8080/"):
            await robots.rules_for(url, server)
        now = TTL - 1
        await robots.rules_for(URL, server)
        now = TTL + 1
        await robots.rules_for(URL, server)
        return [url for url, _ in server.asked]

    assert asyncio.run(run()) == [
        "http://site.example/robots.txt",
        "https://site.example/robots.txt",
        "http://site.example:8080/robots.txt",
        "http://site.example/robots.txt",
    ]


def test_old_rules_hold_on_while_new_ones_cannot_be_had() -> None:
    async def run() -> list[bool]:
        now = 0.0
        robots = RobotsRules(CrawlPolicy(retries=0), "khronika", clock=lambda: now)
        server = Server(ok("User-agent: *\nDisallow: /private"), "timeout")
        urls = (URL, "http://site.example/private")
        decisions = [(await robots.rules_for(url, server)).decide(url).allowed for url in urls]
        now = TTL + 1
        return decisions + [(await robots.rules_for(url, server)).decide(url).allowed for url in urls]

    assert asyncio.run(run()) == [True, False, True, False]


def test_many_who_ask_at_once_ask_the_server_once() -> None:
    async def run() -> int:
        server = Server(ok(""))
        robots = RobotsRules(CrawlPolicy(), "khronika")
        await asyncio.gather(*(robots.rules_for(URL, server) for _ in range(10)))
        return len(server.asked)

    assert asyncio.run(run()) == 1


@pytest.mark.parametrize(
    ("agent", "token"),
    [("khronika/0.1 (+mailto:a@b.example)", "khronika"), ("My-Archive_Bot 2", "my-archive_bot"), ("1/2", "khronika")],
)
def test_the_product_token_is_the_first_word_of_the_user_agent(agent: str, token: str) -> None:
    assert product_token(agent) == token
