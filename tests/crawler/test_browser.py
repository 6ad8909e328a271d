"""Pages are looked at with Debian's own Chromium: three crawls of local sites, and what they left on record."""

from __future__ import annotations

import gzip
import json
import os
import re
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import brotli
import pytest
import trustme
from page_server import Answer, PageServer, Reply, serving
from proxy_server import ProxyServer
from wire_server import WireServer

from archive.capture import Capture
from archive.check import check_file
from archive.collection import Collection
from archive.exchange import Failure, Outcome
from archive.header import parse_warc_fields, value_of, values_of
from archive.kinds import State
from archive.warc import Record, http_head
from crawler import browser
from crawler.cli import run
from crawler.config import load_config
from crawler.policy import CrawlPolicy
from crawler.runner import run_crawl
from spiders.definition import SiteDefinition

if shutil.which("chromium") is None:
    if os.environ.get("CI") == "true":
        raise RuntimeError("CI has to install chromium")
    pytest.skip("no chromium on this machine", allow_module_level=True)

POLICY = CrawlPolicy(retries=0, timeout_connect=5, timeout_head=40, timeout_body=5, processes=0)
AGENT = "khronika-test/1"
MAIL = "archive@north.example"
CASES = 10
"""Of each of the two sites."""
HTML = {"Content-Type": "text/html; charset=utf-8"}
BEHIND_TLS = "rowan.example"
USER = ("operator-of-it", "secret~")
_BODY = b"<title>secure</title><p>behind TLS<img src=/x.png>"
SECURE = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n%b" % (len(_BODY), _BODY)


def page(body: str, *links: str) -> str:
    anchors = "".join(f'<a href="{link}">{link}</a>' for link in links)
    return f"<!doctype html><html><head><title>Rowan</title></head><body>{body}{anchors}</body></html>"


def by_script(number: int) -> str:
    """A page without text of its own, as some sites are built."""
    return page(
        f"<main id=m></main><script>fetch('/api/{number}.json').then(a => a.json()).then(a => fetch(a.more))"
        ".then(a => a.json()).then(a => { document.getElementById('m').innerHTML = '<h1>' + a.title + '</h1>'; });"
        "</script>"
    )


def case_site(name: str) -> dict[str, Answer]:
    pages: dict[str, Answer] = {"/": page("", *(f"/case/{n}" for n in range(CASES)))}
    shared = {"Content-Type": "application/json", "Access-Control-Allow-Origin": "*"}
    pages["/shared.json"] = Reply('{"title": "of another host"}', headers=shared)
    for number in range(CASES):
        pages[f"/case/{number}"] = by_script(number)
        pages[f"/api/{number}.json"] = Reply(
            json.dumps({"more": f"/api/more-{number}.json"}), headers={"Content-Type": "application/json"}
        )
        pages[f"/api/more-{number}.json"] = Reply(
            json.dumps({"title": f"{name}: дело № {number}, пять лет"}), headers={"Content-Type": "application/json"}
        )
    return pages


def told(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, list[dict[str, Any]], str]:
    """Exit status, what a program reads of it, and the messages."""
    capsys.readouterr()
    status = run(["--json", *words])
    said = capsys.readouterr()
    return status, [json.loads(line) for line in said.out.splitlines() if line.startswith("{")], said.err


def chromiums(*kinds: str) -> list[int]:
    """Processes of browsers that this process started, of a kind (`--type=renderer`), or the browsers themselves."""
    parents, lines = {}, {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
                lines[int(folder.name)] = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue

    def is_ours(process: int) -> bool:
        while process in parents and process != os.getpid():
            process = parents[process]
        return process == os.getpid()

    wanted = [process for process, line in lines.items() if "/chromium/chromium" in line and is_ours(process)]
    if kinds:
        return [process for process in wanted if any(kind in lines[process] for kind in kinds)]
    return [process for process in wanted if "--type=" not in lines[process]]


def folders_left() -> set[Path]:
    here = Path(tempfile.gettempdir())
    return {*here.glob(f"khronika-browser-{os.getpid()}-*"), *here.glob("playwright*")}


def killing(*kinds: str) -> Answer:
    def answer(_: int) -> Reply:
        for process in chromiums(*kinds):
            os.kill(process, signal.SIGKILL)
        return Reply("gone", headers=HTML)

    return answer


CHALLENGE = (
    "<html><body><script>window._cf_chl_opt={};document.cookie='cleared=1';fetch('/solve');location.reload()</script>"
)
PICTURE = Reply(
    '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40"><rect width="40" height="40" fill="red"/></svg>',
    headers={"Content-Type": "image/svg+xml"},
)
SCRIPT = b"document.title = 'Rowan, by a script';" + b"// filler\n" * 200


def odd_site(tracker: PageServer, requisites: PageServer) -> dict[str, Answer]:
    script = {"Content-Type": "text/javascript", "Cache-Control": "max-age=600"}
    other = tracker.url()
    socket = other.replace("http:", "ws:")
    wants = (
        f"<link rel=preconnect href='{other}'><link rel=dns-prefetch href='{other}'><script src='{other}t.js'></script>"
        f"<img src='{other}p.png'><iframe src='{other}frame'></iframe><script>fetch('{other}f');"
        f"navigator.sendBeacon('{other}b'); navigator.sendBeacon('/beacon');"
        "fetch('/form', {method: 'POST', body: 'x'});"
        f"new WebSocket('{socket}socket'); new WebSocket('ws://' + location.host + '/socket');"
        f"new Worker(URL.createObjectURL(new Blob([`new WebSocket('{socket}worker'); fetch('{other}worker')`])));"
        "window.open('/opened'); new EventSource('/events');</script>"
    )
    paths = ("gzip", "redirect", "shared", "wants", "away", "cookies", "crash", "died", "challenge", "last")
    return {
        "/": page("", *(f"/odd/{path}" for path in paths), "/beside"),
        "/beside": page("not looked at"),
        "/odd/gzip": Reply(
            gzip.compress(page("<p>packed<script src=/packed.js></script>").encode()),
            headers={**HTML, "Content-Encoding": "gzip"},
        ),
        "/packed.js": Reply(brotli.compress(SCRIPT), headers={**script, "Content-Encoding": "br"}),
        "/odd/redirect": page(
            "<img src=/moved.svg><script src=/packed.js></script><link rel=stylesheet href=/cut.css>"
        ),
        "/cut.css": Reply("p { color: red }", headers={"Content-Type": "text/css"}, cut=5),
        "/odd/shared": page(
            f"<p id=p>words<script>fetch('{requisites.url('/shared.json')}').then(a => a.json())"
            ".then(a => { document.getElementById('p').textContent = a.title; });</script>"
        ),
        "/moved.svg": Reply("moved", 302, {"Location": "/picture.svg"}),
        "/picture.svg": PICTURE,
        "/odd/wants": page(wants),
        "/odd/away": page("<p>stays here<script>location.href = '/beside'</script>"),
        "/odd/cookies": Reply(
            page(
                "<p>cookies<script>document.cookie = 'script=1';"
                "fetch('/set').then(() => fetch('/after')).then(() => { document.title = document.cookie + 'none'; });"
                "</script>"
            ),
            headers={**HTML, "Set-Cookie": "page=1"},
        ),
        "/set": Reply("x", headers={"Set-Cookie": "set=1"}),
        "/after": "x",
        "/odd/hang": page("<p>shown all the same<img src=/never.svg><img src=/picture.svg>"),
        "/never.svg": Reply(PICTURE.body, headers=PICTURE.headers, seconds=20),
        "/odd/crash": page("<p>crashes<script>fetch('/kill-the-page')</script>"),
        "/kill-the-page": killing("--type=renderer"),
        "/odd/died": page("<p>dies<script>fetch('/kill-the-browser')</script>"),
        "/kill-the-browser": killing(),
        "/odd/loop": page("<p>hangs<script>setTimeout(() => { for (;;); }, 0)</script>"),
        "/odd/challenge": lambda before: page("<p>the page itself, for the crawl") if not before else CHALLENGE,
        "/odd/last": page("<p>a browser is there again"),
    }


@dataclass(frozen=True)
class Looked:
    """A collection with the looks of three crawls."""

    collection: Collection
    site: PageServer
    tracker: PageServer
    cases: tuple[PageServer, ...]
    left_over: list[int]
    folders: list[Path]
    secure: WireServer
    proxy: ProxyServer

    def captures(self, path: str) -> list[Capture]:
        return self.collection.catalogue.captures_of(self.site.url(path))

    def look(self, path: str) -> Capture:
        (capture,) = [one for one in self.captures(path) if one.by_browser]
        return capture

    def records(self, capture: Capture) -> dict[str, Record]:
        return {
            (one.target_uri or "").rpartition("http")[0] or one.type: one
            for one in self.collection.exchange_of(capture)
        }

    def says(self, capture: Capture) -> Sequence[tuple[str, str]]:
        return parse_warc_fields(self.collection.exchange_of(capture)[-1].block.read())

    def dom(self, path: str) -> str:
        (record,) = [one for one in self.collection.exchange_of(self.look(path)) if "urn:dom:" in str(one.target_uri)]
        return record.block.read().decode()


@pytest.fixture(scope="module")
def looked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Looked]:
    before = folders_left()
    settings = f'[operator]\nname = "Archive of the North"\nmail = "{MAIL}"\n'
    collection = Collection.create(tmp_path_factory.mktemp("browser") / "collection", settings)
    config = replace(load_config(collection.config_path), crawl=replace(POLICY, user_agent=AGENT))
    with ExitStack() as stack, pytest.MonkeyPatch.context() as patch:
        servers = [stack.enter_context(serving(case_site(name))) for name in ("rowan", "birch")]
        tracker = stack.enter_context(serving({}))
        site = stack.enter_context(serving(odd_site(tracker, servers[0])))
        definitions = [
            SiteDefinition(name=f"cases-{n}", start=(server.url(),), browser=("/case/",))
            for n, server in enumerate(servers)
        ]
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        trustme.CA().issue_cert(BEHIND_TLS).configure_cert(tls)
        secure = stack.enter_context(WireServer({"*": [SECURE]}, tls=tls))
        proxy = stack.enter_context(ProxyServer({BEHIND_TLS: "127.0.0.1"}, credentials=USER))
        by_proxy = SiteDefinition(
            name="by-proxy",
            start=(secure.url("/", host=BEHIND_TLS),),
            browser=(".",),
            follow=False,
            proxy=f"socks5://{USER[0]}:{USER[1]}@127.0.0.1:{proxy.port}",
            vantage="a place",
        )
        run_crawl(collection, config, sites=[*definitions, by_proxy], reading=False)
        requisites = (f"127.0.0.1:{servers[0].port}",)
        odd = SiteDefinition(name="odd", start=(site.url(),), browser=(r"/odd/",), requisite_hosts=requisites)
        run_crawl(collection, config, sites=[odd], reading=True)
        patch.setattr(browser, "PAGE", 3.5)
        patch.setattr(browser, "AFTER", 1.5)
        slow = SiteDefinition(name="slow", start=(site.url("/odd/hang"), site.url("/odd/loop")), browser=(r"/odd/",))
        run_crawl(collection, config, sites=[slow], reading=True)
        left = chromiums() + chromiums("--type=")
        folders = sorted(folders_left() - before)
        yield Looked(collection, site, tracker, tuple(servers), left, folders, secure, proxy)
    collection.close()


# --- what is on record ------------------------------------------------------------------------------------------------


def test_text_that_scripts_fetch_is_in_the_dom_of_every_page(looked: Looked) -> None:
    found = 0
    for name, server in zip(("rowan", "birch"), looked.cases, strict=True):
        for number in range(CASES):
            captures = looked.collection.catalogue.captures_of(server.url(f"/case/{number}"))
            (look,) = [one for one in captures if one.by_browser]
            dom = [one for one in looked.collection.exchange_of(look) if "urn:dom:" in str(one.target_uri)]
            found += f"{name}: дело № {number}, пять лет" in dom[0].block.read().decode()

    assert found == 2 * CASES


def test_the_files_are_sound_and_verify(looked: Looked, capsys: pytest.CaptureFixture[str]) -> None:
    files = sorted((looked.collection.path / "archive").iterdir())
    status, lines, _ = told(capsys, "-C", str(looked.collection.path), "verify")

    assert [finding for file in files for finding in check_file(file)] == []
    assert [line for line in lines if line["type"] == "finding"] == []
    assert (status, lines[-1]["type"]) == (0, "summary")
    status, lines, _ = told(capsys, "check", *map(str, files))
    assert (status, [line for line in lines if line["type"] == "finding"]) == (0, [])


def test_a_rebuilt_catalogue_says_the_same(looked: Looked, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(looked.collection.path, copy)
    Collection.rebuild(copy)

    with Collection.open(copy) as again:
        for capture in looked.collection.catalogue.captures():
            assert again.catalogue.capture(capture.record_id) == capture
            assert again.catalogue.records_of_exchange(capture) == looked.collection.catalogue.records_of_exchange(
                capture
            )


def test_a_look_is_of_its_own_beside_the_exact_capture(looked: Looked) -> None:
    own, look = looked.captures("/odd/gzip")

    assert (own.by_browser, look.by_browser) == (False, True)
    assert look.hops == own.hops + "B"
    assert look.via == own.url
    assert value_of(looked.says(look), "browser-page") == f"<{own.record_id}>"
    assert own.timestamp != look.timestamp
    rows = {row.capture.record_id: row for row in looked.collection.catalogue.history(own.url)}
    assert rows[look.record_id].state is State.BROWSER
    assert rows[own.record_id].state is State.PRESENT
    assert looked.collection.catalogue.find(own.url).record_id == own.record_id
    # each has its reading, the look's is of the DOM and says so; nothing is compared with what a browser saw
    read, seen = (looked.collection.catalogue.reading(one.record_id) for one in (own, look))
    assert read is not None and seen is not None
    notes = {one: json.loads(row.json)["provenance"].get("notes", {}) for one, row in (("own", read), ("look", seen))}
    assert ("dom" in notes["own"], "dom" in notes["look"]) == (False, True)
    assert looked.collection.catalogue.unread_count() == 0
    assert list(looked.collection.catalogue.uncompared(10)) == []


def test_a_decoded_body_stands_under_a_head_that_is_true_of_it(looked: Looked) -> None:
    own, look = looked.captures("/odd/gzip")
    (script,) = [one for one in looked.captures("/packed.js") if one.by_browser]

    assert looked.collection.payload(own).octets == looked.collection.payload(look).octets
    assert looked.collection.payload(script).octets == SCRIPT
    for capture, coding in ((look, "gzip"), (script, "br")):
        response = looked.collection.record(capture.location)
        head = http_head(response)
        assert head is not None
        assert head.value("content-encoding") is None
        assert head.value("x-orig-content-encoding") == coding
        assert head.value("content-length") == str(capture.payload_length)
        assert "decoded" in str(value_of(looked.says(capture), "digest-covers"))
        assert str(value_of(looked.says(capture), "browser")).startswith("Chromium 1")


def test_pictures_and_dom_belong_to_the_look(looked: Looked) -> None:
    look = looked.look("/odd/redirect")
    records = looked.records(look)
    made = {name: records[name] for name in ("urn:view:", "urn:fullPage:", "urn:thumbnail:", "urn:dom:")}

    assert all(one.target_uri == name + look.url for name, one in made.items())
    assert all(one.concurrent_to == [look.record_id] and one.date == look.captured_at for one in made.values())
    assert made["urn:view:"].block.read().startswith(b"\x89PNG\r\n")
    assert made["urn:view:"].value("Content-Type") == "image/png"
    for name in ("urn:fullPage:", "urn:thumbnail:"):
        assert made[name].block.read().startswith(b"\xff\xd8\xff")
        assert made[name].value("Content-Type") == "image/jpeg"
    assert made["urn:dom:"].value("Content-Type") == "text/html; charset=utf-8"
    assert "<title>Rowan, by a script</title>" in made["urn:dom:"].block.read().decode()


def test_a_redirect_is_an_exchange_of_its_own(looked: Looked) -> None:
    (moved,) = looked.captures("/moved.svg")
    picture = next(one for one in looked.captures("/picture.svg") if one.hops.endswith("R"))

    assert (moved.status, moved.truncated, moved.hops[-2:]) == (302, "unspecified", "BE")
    assert picture.hops.endswith("BER")
    assert looked.collection.payload(picture).octets == str(PICTURE.body).encode()


def test_a_body_that_broke_off_is_told_as_cut(looked: Looked) -> None:
    (cut,) = [one for one in looked.captures("/cut.css") if one.by_browser]
    says = looked.says(looked.look("/odd/redirect"))

    assert (cut.outcome, cut.truncated, cut.failure) == (Outcome.TRUNCATED, "disconnect", Failure.RESET_IN_BODY)
    assert looked.collection.payload(cut).octets == b"p { c"
    assert [line.split()[0] for line in values_of(says, "failed")] == [looked.site.url("/cut.css")]


def test_what_the_browser_had_already_is_told_and_not_fetched_again(looked: Looked) -> None:
    assert looked.site.paths.count("/packed.js") == 1
    assert values_of(looked.says(looked.look("/odd/redirect")), "cached") == [looked.site.url("/packed.js")]


# --- what is not let through ------------------------------------------------------------------------------------------


def test_nobody_but_the_site_is_asked(looked: Looked) -> None:
    assert looked.tracker.asked == []
    assert not {"/beacon", "/form", "/socket", "/opened", "/events", "/solve"} & set(looked.site.paths)


def test_what_a_page_wanted_from_elsewhere_is_told(looked: Looked) -> None:
    says = looked.says(looked.look("/odd/wants"))
    refused = {tuple(line.split(" ", 1)) for line in values_of(says, "refused")}
    other, own = looked.tracker.url(), looked.site.url()

    for path in ("t.js", "p.png", "frame", "f", "worker"):
        assert (other + path, "other host") in refused
    assert (own + "beacon", "method POST") in refused
    assert (own + "form", "method POST") in refused
    assert (own + "events", "a stream without an end") in refused
    assert (own.replace("http:", "ws:") + "socket", "a socket") in refused
    assert "other host 6" in str(value_of(says, "browser-refused"))
    # a worker's socket is seen at the gate alone
    assert f"127.0.0.1:{looked.tracker.port}" in str(value_of(says, "browser-own-refused"))


def test_a_host_that_requisites_come_from_is_asked_and_no_field_of_ours_stands_in_the_way(looked: Looked) -> None:
    assert "of another host" in looked.dom("/odd/shared")
    (asked,) = [one for one in looked.cases[0].asked if one.path == "/shared.json"]
    # a field that the page did not ask for would have to be allowed by the server first
    assert asked.header("from") is None


def test_a_page_that_leads_away_is_shown_as_it_was_asked_for(looked: Looked) -> None:
    assert "stays here" in looked.dom("/odd/away")
    refused = values_of(looked.says(looked.look("/odd/away")), "refused")
    assert refused == [looked.site.url("/beside") + " leads away from the page"]
    assert len(looked.captures("/beside")) == 1


def test_cookies_are_not_sent_back(looked: Looked) -> None:
    assert {"/set", "/after"} <= set(looked.site.paths)
    # an empty field is what keeps cookies off that were set while a request was on its way
    assert [asked.path for asked in looked.site.asked if asked.header("cookie")] == []
    assert "<title>none</title>" in looked.dom("/odd/cookies")


def test_the_browser_says_what_the_crawl_says_of_itself(looked: Looked) -> None:
    assert {asked.header("user-agent") for asked in looked.site.asked} == {AGENT}
    assert {asked.header("from") for asked in looked.site.asked} == {MAIL}
    names = {name.lower() for asked in looked.site.asked for name, _ in asked.headers}
    assert not [name for name in names if name.startswith("sec-ch")]


def test_the_browser_takes_the_sites_proxy_which_looks_names_up(looked: Looked) -> None:
    url = looked.secure.url("/", host=BEHIND_TLS)
    own, look = looked.collection.catalogue.captures_of(url)

    assert look.by_browser
    assert {(asked.kind, asked.host, asked.credentials) for asked in looked.proxy.asked} == {
        ("socks5", BEHIND_TLS, USER)
    }
    assert own.vantage == look.vantage == "a place"
    assert looked.collection.connection_of(look).dns is None
    assert not any(record.value("WARC-IP-Address") for record in looked.collection.exchange_of(look))
    # anybody's certificate will do, and what it is worth is on record, of the browser's connection as of our own
    assert own.certificate == look.certificate is not None
    assert own.tls_verdict == look.tls_verdict != "ok"
    assert looked.collection.record(look.location).values("WARC-Protocol") == ["http/1.1", "tls/1.3"]
    assert looked.collection.record(look.location).value(
        "WARC-Cipher-Suite",
    ) in (
        "TLS_AES_128_GCM_SHA256",
        "TLS_AES_256_GCM_SHA384",
    )


# --- what goes wrong --------------------------------------------------------------------------------------------------


def test_a_page_that_does_not_come_to_rest_is_shown_all_the_same(looked: Looked) -> None:
    assert "shown all the same" in looked.dom("/odd/hang")
    says = looked.says(looked.look("/odd/hang"))
    assert value_of(says, "browser-network") == "not at rest within 3.5 s"


@pytest.mark.parametrize(
    ("path", "words"),
    [("crash", "the page's process crashed"), ("died", "the browser ended"), ("loop", "the browser hung for 1.5 s")],
)
def test_a_crash_costs_its_own_pictures_alone(looked: Looked, path: str, words: str) -> None:
    own, look = looked.captures(f"/odd/{path}")

    assert own.failure is None
    assert look.outcome is Outcome.RESPONSE
    assert [one.type for one in looked.collection.exchange_of(look)] == ["request", "response", "metadata"]
    assert value_of(looked.says(look), "browser-problem") == words
    assert "a browser is there again" in looked.dom("/odd/last")


def test_a_challenge_is_kept_and_not_solved(looked: Looked) -> None:
    own, look = looked.captures("/odd/challenge")

    assert own.failure is None
    assert look.failure is Failure.CHALLENGE
    assert "Cloudflare" in str(look.error)
    assert looked.collection.payload(look).octets == CHALLENGE.encode()
    assert looked.site.paths.count("/odd/challenge") == 2


def test_nothing_of_the_browsers_is_left_on_the_machine(looked: Looked) -> None:
    assert looked.left_over == []
    assert looked.folders == []


def test_what_a_killed_process_left_is_removed_by_the_next_one() -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    left = Path(tempfile.mkdtemp(prefix=f"{browser.HOME}{ended.pid}-"))
    others = Path(tempfile.mkdtemp(prefix=f"{browser.HOME}{os.getppid()}-"))

    made = browser._home()

    assert (left.exists(), others.exists(), made.is_dir()) == (False, True, True)
    others.rmdir()
    made.rmdir()


# --- around it --------------------------------------------------------------------------------------------------------


def test_nothing_of_the_machine_is_in_the_records(looked: Looked, capsys: pytest.CaptureFixture[str]) -> None:
    status, lines, _ = told(capsys, "-C", str(looked.collection.path), "doctor", "privacy")

    assert [line for line in lines if line["type"] == "finding"] == []
    assert status == 0


def test_a_picture_and_the_dom_are_given_out(
    looked: Looked, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    where = ["-C", str(looked.collection.path), "show", looked.site.url("/odd/gzip")]

    assert run([*where, "--picture", str(tmp_path / "view.png")]) == 0
    assert (tmp_path / "view.png").read_bytes().startswith(b"\x89PNG")
    assert run([*where, "--picture", str(tmp_path / "whole.jpg")]) == 0
    assert (tmp_path / "whole.jpg").read_bytes().startswith(b"\xff\xd8\xff")
    capfdbinary.readouterr()
    assert run([*where, "--dom"]) == 0
    assert b"<p>packed" in capfdbinary.readouterr().out
    assert run([*where[:-1], looked.site.url("/beside"), "--dom"]) == 2
    assert b"no look with a browser" in capfdbinary.readouterr().err


def test_pywb_shows_page_and_requisites(looked: Looked, tmp_path: Path) -> None:
    indexer = Path(__file__).parents[2] / ".venv-pywb/bin/cdx-indexer"
    if not indexer.exists():
        assert os.environ.get("CI") != "true", "pywb's environment is missing: make pywb"
        pytest.skip("pywb's environment is missing: make pywb")
    files = sorted((looked.collection.path / "archive").glob("*.warc.gz"))
    done = subprocess.run([indexer, "-j", *files], capture_output=True, text=True, check=True)
    lines = [json.loads(line[line.index("{") :]) for line in done.stdout.splitlines() if "{" in line]
    look = looked.look("/odd/gzip")

    found = [line for line in lines if line["url"] == look.url and int(line["offset"]) == look.location.offset]
    assert [(line["status"], line["mime"]) for line in found] == [("200", "text/html")]
    assert {line["url"] for line in lines} >= {f"urn:view:{look.url}", looked.site.url("/packed.js")}


def test_without_chromium_a_crawl_does_not_begin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, looked: Looked, capsys: pytest.CaptureFixture[str]
) -> None:
    collection = tmp_path / "collection"
    assert run(["init", str(collection)]) == 0
    config = collection / "khronika.toml"
    site = f'\n[[site]]\nname = "rowan"\nstart = ["{looked.site.url("/beside")}"]\nbrowser = [".*"]\n'
    config.write_text(config.read_text() + site)
    before = len(looked.site.asked)
    monkeypatch.setattr(browser, "PROGRAMS", ("no-such-browser",))

    status, _, messages = told(capsys, "-C", str(collection), "crawl")

    assert status == 1
    assert "pip install 'khronika[browser]' and apt-get install chromium" in messages
    assert len(looked.site.asked) == before
    assert list((collection / "archive").iterdir()) == []
    _, checks, _ = told(capsys, "-C", str(collection), "doctor")
    (check,) = [one for one in checks if one["name"] == "browser"]
    assert not check["ok"]


def test_the_doctor_says_whether_there_is_a_browser(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    _, checks, _ = told(capsys, "doctor")

    (check,) = [one for one in checks if one["name"] == "browser"]
    assert check["ok"]
    assert re.match(r"Chromium \d+\.", check["found"])


def test_a_site_without_patterns_is_not_looked_at(looked: Looked) -> None:
    assert [one.by_browser for one in looked.captures("/")] == [False]
