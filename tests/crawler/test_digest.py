"""Digests for people: grouped, escaped, without anything remote, in English and Russian."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
from khronika_command import Khronika
from page_server import serving

from archive.catalogue import ChangeRow
from archive.kinds import ChangeKind
from crawler.digest import EDITS_SHOWN, Digest, Entry
from crawler.digest_words import Language, counted, day, minute

AT = datetime(2026, 11, 22, 14, 2, tzinfo=UTC)
EDIT = {
    "op": "edit",
    "level": "main",
    "before": "Sentenced to five years.",
    "after": "Sentenced to eight years.",
    "words": [["-five", "+eight"]],
}


def row(kind: str = "edited", *, weight: float = 0.5, url: str = "https://example.org/a", **more: object) -> ChangeRow:
    change = ChangeRow(
        id=f"c{abs(hash((kind, weight, url))):016x}"[:17],
        url=url,
        site="ledger",
        from_record="urn:uuid:00000000-0000-0000-0000-000000000001",
        to_record="urn:uuid:00000000-0000-0000-0000-000000000002",
        from_at=AT - timedelta(days=1),
        to_at=AT,
        kind=ChangeKind(kind),
        weight=weight,
        edits=(EDIT,) if kind == "edited" else (),
        rules="1",
        provenance={},
    )
    return replace(change, **more)  # type: ignore[arg-type]


def digest(*entries: Entry, language: Language = "en") -> Digest:
    return Digest(entries, AT - timedelta(days=7), AT, language)


class Page(HTMLParser):
    """Every element with its attributes, and the text of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_what_matters_most_stands_first_and_what_is_gone_moved_and_blocked_by_itself() -> None:
    entries = [
        Entry(row("edited", weight=0.2, url="https://example.org/light"), "Light"),
        Entry(row("blocked", weight=0.4, url="https://example.org/blocked"), "Blocked"),
        Entry(row("moved", weight=0.4, url="https://example.org/moved"), "Moved"),
        Entry(row("gone", weight=0.9, url="https://example.org/gone"), "Gone"),
        Entry(row("edited", weight=0.95, url="https://example.org/heavy"), "Heavy"),
        Entry(row("edited", weight=0.7, url="https://example.org/middle"), "Middle"),
        Entry(row("edited", weight=1.0, url="https://example.net/", site="other"), "Other"),
    ]

    text = digest(*entries).text()

    places = [text.index(word) for word in ("\nother\n", "\nledger\n", "/heavy", "/middle", "/gone", "/moved")]
    places += [text.index(word) for word in ("/blocked", "/light")]
    assert places == sorted(places)
    assert "7 changes on 7 pages of 2 sites." in text
    for heading in ("Important (2)", "Gone (1)", "Moved (1)", "Blocked or out of reach (1)", "Other changes (1)"):
        assert heading in text


@pytest.mark.parametrize("language", ["en", "ru"])
def test_words_that_went_and_came_are_told_apart_without_colour(language: Language) -> None:
    shown = digest(Entry(row(), "Case"), language=language)

    assert "[-five-]{+eight+}" in shown.text()
    assert "<del>five</del><ins>eight</ins>" in shown.html()
    style = re.search("<style>(.*)</style>", shown.html())
    assert style is not None
    assert "color" not in style[1] and "background" not in style[1]
    assert "del{text-decoration:line-through}" in style[1] and "ins{text-decoration:underline" in style[1]


HOSTILE = "<script>alert(1)</script>\r\n\r\nBcc: all@example.org\x1b[2J\u202e <img src=https://tracker.example/x>"


def test_a_pages_words_are_words_whatever_they_are() -> None:
    edit = {"op": "add", "level": "main", "before": None, "after": HOSTILE}
    change = row(url=f"https://example.org/{HOSTILE}", edits=(edit,), site=HOSTILE)
    shown = digest(Entry(change, HOSTILE, urls=(f"https://example.org/{HOSTILE}", "https://example.org/b")))

    page = Page(shown.html())
    text = shown.text()

    assert {tag for tag, _ in page.elements} <= {
        *("html", "head", "meta", "title", "style", "body", "h1", "h2", "h3", "h4", "p", "i", "b", "small"),
        *("section", "ul", "li", "del", "ins"),
    }
    assert all(set(attributes) <= {"lang", "charset", "class"} for _, attributes in page.elements)
    assert "<script>" in "".join(page.words)
    assert "\x1b" not in text and "\x1b" not in shown.html()
    assert not any(line.lstrip().startswith("Bcc:") for line in text.splitlines())
    mail = email.message_from_bytes(shown.mail(), policy=email.policy.default)
    assert mail["Bcc"] is None


def test_nothing_is_asked_for_from_anywhere() -> None:
    page = digest(Entry(row(), "Case")).html()

    for _, attributes in Page(page).elements:
        assert not {"src", "href", "srcset", "action", "background", "data"} & set(attributes)
    style = re.search("<style>(.*)</style>", page)
    assert style is not None and "url(" not in style[1] and "@import" not in style[1]


def test_a_mail_holds_both_and_is_the_same_each_time() -> None:
    shown = digest(Entry(row(), "Дело Ивана Примерова"), language="ru")

    assert shown.mail() == shown.mail()
    mail = email.message_from_bytes(shown.mail(), policy=email.policy.default)
    assert mail.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert mail["Subject"] == "Что изменилось: с 15 ноября 2026 г. по 22 ноября 2026 г."
    assert mail["From"] is None and mail["To"] is None and mail["X-Unsent"] == "1"
    plain, page = mail.iter_parts()
    assert plain.get_content().replace("\r\n", "\n") == shown.text()
    assert page.get_content().replace("\r\n", "\n") == shown.html()
    assert all(len(line) <= 998 for line in shown.mail().splitlines())


def test_a_withheld_change_shows_its_kind_alone() -> None:
    for language, words in (("en", "The words of this change are withheld."), ("ru", "Слова этого изменения")):
        shown = digest(Entry(row(), None, withheld=True), language=language)  # type: ignore[arg-type]
        assert words in shown.text() and words in shown.html()
        for word in ("five", "Sentenced"):
            assert word not in shown.text() and word not in shown.html()


def test_what_many_pages_have_is_one_entry_with_their_addresses() -> None:
    urls = tuple(f"https://example.org/{number}" for number in range(25))

    text = digest(Entry(row(group_id="g1"), "Case", urls=urls)).text()

    assert "1 change on 25 pages of 1 site." in text
    assert "The same on 25 pages:" in text
    assert "https://example.org/19\n" in text and "https://example.org/20" not in text
    assert "and 5 more" in text


def test_a_change_of_many_edits_says_how_many_more_there_are() -> None:
    edits = tuple({**EDIT, "after": f"Sentenced to {n + 20} years."} for n in range(EDITS_SHOWN + 3))

    assert "and 3 edits more" in digest(Entry(row(edits=edits), "Case")).text()


def test_noise_beside_an_edit_is_not_told() -> None:
    noise = {"op": "edit", "level": "side", "before": "12 views", "after": "13 views", "set_aside": "counter"}

    assert "views" not in digest(Entry(row(edits=(EDIT, noise)), "Case")).text()


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "0 изменений"),
        (1, "1 изменение"),
        (2, "2 изменения"),
        (4, "4 изменения"),
        (5, "5 изменений"),
        (11, "11 изменений"),
        (12, "12 изменений"),
        (14, "14 изменений"),
        (21, "21 изменение"),
        (22, "22 изменения"),
        (111, "111 изменений"),
        (112, "112 изменений"),
        (121, "121 изменение"),
        (1_004, "1004 изменения"),
    ],
)
def test_russian_counts_have_their_forms(number: int, words: str) -> None:
    assert counted(number, "change", "ru") == words


def test_dates_are_in_the_zone_and_the_words_of_the_reader() -> None:
    late = datetime(2026, 12, 31, 22, 30, tzinfo=UTC)

    assert day(late, "en") == "31 December 2026"
    assert day(late, "ru", "Europe/Moscow") == "1 января 2027 г."
    assert minute(late, "ru", "Europe/Moscow") == "1 января 2027 г., 01:30 UTC+03"
    assert minute(late, "en", "Asia/Kolkata") == "1 January 2027, 04:00 UTC+05:30"


@pytest.mark.parametrize("kind", [kind.value for kind in ChangeKind])
def test_every_kind_has_words_in_both_languages(kind: str) -> None:
    english, russian = (
        digest(Entry(row(kind), "The title"), language=language).text().splitlines() for language in ("en", "ru")
    )

    assert english[english.index("  The title") - 1].strip() not in ("", kind)
    assert re.search("[а-яё]", russian[russian.index("  The title") - 1])


@pytest.mark.parametrize("language", ["en", "ru"])
def test_no_change_is_said_plainly(language: Language) -> None:
    assert ("Nothing changed." if language == "en" else "Ничего не изменилось.") in digest(language=language).text()


# ---- the command


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    words = "was sentenced to five years in a colony, and the court read the verdict on a Tuesday until the evening."
    return {"/": f"<html lang=en><title>Case</title><body><main><h1>Case</h1><p>Ivan Primerov {words}</p></main>"}


@pytest.fixture
def khronika(tmp_path: Path, pages: dict[str, str], capsys: pytest.CaptureFixture[str]) -> Iterator[Khronika]:
    with serving(pages) as server:
        khronika = Khronika(tmp_path / "collection", capsys)
        khronika.add_site(server.url())
        khronika.crawl()
        server.pages["/"] = pages["/"].replace("five years", "eight years")
        khronika.crawl()
        yield khronika


def test_the_command_writes_what_changed_since_a_date(khronika: Khronika, tmp_path: Path) -> None:
    status, text, _ = khronika("digest", "--since", "2026-01-01")
    assert status == 0 and "1 change on 1 page of 1 site." in text and "eight" in text

    for form, beginning in (("text", b"\xd0\xa7\xd1\x82\xd0\xbe"), ("html", b"<!DOCTYPE"), ("eml", b"Subject: =?")):
        target = tmp_path / f"digest.{form}"
        words = ("--language", "ru", "--format", form, "-o", str(target), "--timezone", "Europe/Moscow")
        assert khronika("digest", "--since", "2026-01-01", *words)[0] == 0
        assert target.read_bytes().startswith(beginning)

    assert khronika("digest", "--since", "2999-01-01")[1].rstrip().endswith("Nothing changed.")
    assert khronika("digest", "--since", "2026-01-01", "--min-weight", "1")[1].rstrip().endswith("Nothing changed.")
    (record,) = khronika.records("digest", "--since", "2026-01-01")
    assert (record["type"], record["kind"], record["site"]) == ("entry", "edited", "ledger")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--since", "yesterday"), "expected a date like 2026-11-22"),
        (("--since", "2026-01-01", "--site", "ledgr"), "Did you mean 'ledger'"),
        (("--since", "2026-01-01", "--timezone", "Mars"), "expected the name of a time zone"),
        (("--since", "2026-01-01", "--min-weight", "nan"), "--min-weight"),
        (("--since", "2026-01-01", "--min-weight", "2"), "--min-weight"),
        ((), "Missing option '--since'"),
    ],
)
def test_wrong_words_are_refused(khronika: Khronika, words: tuple[str, ...], said: str) -> None:
    status, _, message = khronika("digest", *words)

    assert status == 2
    assert said in message
