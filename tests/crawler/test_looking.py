"""A look at a site goes the way of a crawl, keeps nothing, and says what is wrong."""

from __future__ import annotations

import hashlib
import itertools
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import pytest
from dns_server import DnsServer
from page_server import Answer, PageServer, Reply, serving
from proxy_server import ProxyServer

from crawler.cli import Exit, run

ARTICLE = "<html lang=en><title>Case {n} | Lamp</title><h1>Case {n}</h1><div class=text><p>" + "A long hearing. " * 40
HOME = "<html lang=en><title>Lamp</title><ul>" + "".join(f"<li><a href=/case/{n}>Case {n}</a>" for n in range(1, 6))
PAGES: Mapping[str, Answer] = {"/": HOME, **{f"/case/{n}": ARTICLE.format(n=n) for n in range(1, 6)}}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "collection"
    assert run(["-q", "init", str(folder)]) == Exit.DONE
    return folder


def state_of(folder: Path) -> dict[str, str]:
    """Every file of the collection, and its digest."""
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def set_crawl(folder: Path, *lines: str) -> None:
    path = folder / "khronika.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("[crawl]\n", "[crawl]\n" + "\n".join(lines) + "\n", 1), encoding="utf-8")


def test_nothing_of_a_look_or_a_test_is_kept_but_the_entry(folder: Path) -> None:
    with serving(PAGES) as server:
        before = state_of(folder)
        assert run(["-q", "-C", str(folder), "site", "add", server.url(), "--name", "lamp"]) == Exit.DONE
        added = state_of(folder)
        assert run(["-q", "-C", str(folder), "site", "test", "lamp"]) == Exit.DONE

    assert {name for name in added if added[name] != before.get(name)} == {"khronika.toml"}
    assert state_of(folder) == added


def test_a_look_asks_as_a_crawl_does(folder: Path) -> None:
    set_crawl(folder, 'accept-language = "uk"')
    with serving(PAGES) as server:
        assert run(["-q", "-C", str(folder), "site", "add", server.url(), "--name", "lamp"]) == Exit.DONE
        looked = server.asked[1]
        server.asked.clear()
        assert run(["-q", "-C", str(folder), "--json", "crawl", "lamp"]) == Exit.DONE
        crawled = next(asked for asked in server.asked if asked.path == "/")

    assert looked.path == "/"
    assert sorted(looked.headers) == sorted(crawled.headers)


@pytest.mark.parametrize("scheme", ["http", "socks5"])
def test_a_look_goes_through_the_proxy_and_asks_no_name_server(folder: Path, scheme: Literal["http", "socks5"]) -> None:
    with (
        serving(PAGES) as server,
        ProxyServer({"pages.example": "127.0.0.1"}) as proxy,
        DnsServer({}) as names,
    ):
        set_crawl(folder, "delay = 0", f'nameservers = ["{names.address}"]', f'proxy = "{proxy.url(scheme)}"')
        address = f"http://pages.example:{server.port}/"
        assert run(["-q", "-C", str(folder), "site", "add", address, "--name", "lamp"]) == Exit.DONE
        assert run(["-q", "-C", str(folder), "site", "test", "lamp"]) == Exit.DONE

        assert len(proxy.asked) == len(server.asked) > 10
        assert names.questions == []


def test_robots_txt_is_obeyed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    robots = Reply("User-agent: khronika\nDisallow: /case/\nDisallow: /feed\nDisallow: /sitemap", headers={})
    with serving({**PAGES, "/robots.txt": robots}) as server:
        assert run(["-C", str(folder), "site", "add", server.url(), "--name", "lamp"]) == Exit.DONE

        asked = [path for path in server.paths if path.startswith(("/case/", "/feed", "/sitemap"))]
    assert asked == []
    assert "robots.txt disallows" in capsys.readouterr().out


def test_a_site_that_robots_txt_closes_is_not_added(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = state_of(folder)
    with serving({**PAGES, "/robots.txt": Reply("User-agent: *\nDisallow: /", headers={})}) as server:
        assert run(["-C", str(folder), "site", "add", server.url(), "--name", "lamp"]) == Exit.ERROR

        assert server.paths == ["/robots.txt"]
    said = capsys.readouterr().err
    assert "robots.txt disallows it" in said
    assert "--no-look" in said
    assert state_of(folder) == before


def test_a_crawl_delay_holds_for_a_look(folder: Path) -> None:
    robots = Reply("User-agent: *\nCrawl-delay: 0.1", headers={})
    with serving({**PAGES, "/robots.txt": robots}) as server:
        words = ["site", "add", server.url(), "--name", "lamp", "--requests", "5"]
        assert run(["-q", "-C", str(folder), *words]) == Exit.DONE

        asked = sorted(server.asked, key=lambda one: one.at)
    assert len(asked) == 5
    assert all(later.at - earlier.until >= 0.095 for earlier, later in itertools.pairwise(asked))


def test_a_site_that_does_not_answer_is_not_added(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    server = PageServer({})
    address = server.url()
    server.close()
    before = state_of(folder)

    assert run(["-C", str(folder), "site", "add", address, "--name", "lamp"]) == Exit.ERROR
    assert re.search(
        r"expected an answer from http\S+, found none: .*nothing was written.*--no-look", capsys.readouterr().err
    )
    assert state_of(folder) == before

    assert run(["-q", "-C", str(folder), "site", "add", address, "--name", "lamp", "--no-look"]) == Exit.DONE
    assert run(["-C", str(folder), "site", "test", "lamp"]) == Exit.ERROR
    assert "expected an answer from the site, found none" in capsys.readouterr().err


def test_a_site_without_anything_is_not_added(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with serving({}) as server:
        assert run(["-C", str(folder), "site", "add", server.url(), "--name", "lamp"]) == Exit.ERROR

    assert "HTTP 404" in capsys.readouterr().err


def test_redirects_lead_neither_into_private_networks_nor_in_circles(folder: Path) -> None:
    from crawler.looking import _is_near

    assert _is_near("http://192.168.1.1/")
    assert _is_near("http://localhost/")
    assert _is_near("http://[fd00::1]/")
    assert not _is_near("https://example.org/")
    circle = {"/feed/": Reply("", 302, {"Location": "/rss"}), "/rss": Reply("", 302, {"Location": "/feed/"})}
    with serving({**PAGES, **circle}) as server:
        words = ["-q", "-C", str(folder), "--json", "site", "add", server.url(), "--name", "lamp"]
        assert run(words) == Exit.DONE


def test_only_the_first_page_may_send_a_look_to_another_host(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with serving(PAGES) as other:
        away = {f"/case/{n}": Reply("", 302, {"Location": other.url(f"/case/{n}")}) for n in range(1, 6)}
        with serving({**PAGES, **away}) as server:
            assert run(["-q", "-C", str(folder), "--json", "site", "add", server.url(), "--name", "one"]) == Exit.DONE
        assert other.asked == []
        look = json.loads(capsys.readouterr().out.splitlines()[0])
        assert any("redirects to another host" in one["outcome"] for one in look["tried"])

        with serving({"/": Reply("", 301, {"Location": other.url()})}) as server:
            assert run(["-q", "-C", str(folder), "--json", "site", "add", server.url(), "--name", "two"]) == Exit.DONE
        entry = json.loads(capsys.readouterr().out.splitlines()[-1])
        assert entry["start"] == [other.url()]


def test_a_discreet_look_guesses_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    set_crawl(folder, 'profile = "discreet"', 'user-agent = "Mozilla/5.0 (X11)"', "delay = 0")
    with serving(PAGES) as server:
        assert run(["-C", str(folder), "site", "add", server.url(), "--name", "lamp"]) == Exit.DONE

        named = {"/robots.txt", "/", *(f"/case/{n}" for n in range(1, 6))}
        assert {*server.paths} <= named
        assert all(asked.header("From") is None for asked in server.asked)
        assert {asked.header("User-Agent") for asked in server.asked} == {"Mozilla/5.0 (X11)"}
    assert "the profile is discreet" in capsys.readouterr().out


def test_a_challenge_is_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    challenge = Reply(
        "<html><title>Just a moment...</title><script src='/cdn-cgi/challenge-platform/h/b/orchestrate'></script>",
        403,
        {"Content-Type": "text/html", "Server": "cloudflare", "cf-mitigated": "challenge"},
    )
    with serving({"/": challenge}) as server:
        assert run(["-C", str(folder), "site", "add", server.url(), "--name", "lamp"]) == Exit.ERROR

    assert "challenge" in capsys.readouterr().err


def test_what_is_missing_is_said(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with serving(PAGES) as server:
        with (folder / "khronika.toml").open("a") as settings:
            settings.write(
                f'[[site]]\nname = "lamp"\nstart = ["{server.url()}"]\nfeeds = ["{server.url("/feed")}"]\n'
                "languages = ['en', 'uk']\nkinds = { case = '/case/', law = '/law/' }\n"
                "selectors = { title = 'h1', person = '.person' }\nfacts = { article = '.article' }\n"
            )
        assert run(["-C", str(folder), "site", "test", "lamp"]) == Exit.DONE

    said = " ".join(capsys.readouterr().out.split())
    assert "feed" in said
    assert "HTTP 404" in said
    assert "no address of the kind law was found" in said
    assert "selector person matches on none of the 2 pages" in said
    assert "selector facts.article matches on none of the 2 pages" in said
    assert "selector title matches" not in said
    assert "no page in uk among those that were read" in said
