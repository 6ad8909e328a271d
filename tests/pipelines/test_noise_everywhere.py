"""Texts with the words of facts that pass through every page of a site; a template that only says otherwise when."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from page_styles import reading_of

from pipelines.change import compare
from pipelines.noise_learning import learn
from pipelines.reading import Reading

NEWS = (
    "Breaking: the trial of a singer begins in Zarechny",
    "Live: officers search the newspaper Volna",
    "Today: three verdicts, one of them suspended",
    "Flash: a lawyer was not admitted to the prison",
    "Arrests on the square are reported since noon",
    "A judge reads the sentence of a forester aloud",
    "Ferry captain freed after a night in custody",
)
PROSE = (
    "A court in the river town of Mokry Log has sentenced a beekeeper to five years in a penal colony for a letter.",
    "The defence had asked the court to hear the neighbours, and the court had refused without giving any reasons.",
    "Nobody was let into the corridor on the second day, the relatives wrote to us, and the hearing was over by noon.",
)


def page(n: int, tick: int, *, shown: int = 1, status: str = "In custody", prose: tuple[str, ...] = PROSE) -> Reading:
    lines = "".join(f"<div>{NEWS[(tick + i) % len(NEWS)]}</div>" for i in range(shown))
    text = "".join(f"<div>{line}</div>" for line in prose)
    markup = (
        f"<html><body><div><div>Rowan Committee</div></div><div>{lines}</div><div><h1>The beekeeper, part {n}</h1>"
        f"{text}</div><div><div>Where he is</div><div>{status}</div></div></body></html>"
    )
    at = datetime(2026, 11, 1, tzinfo=UTC) + timedelta(days=tick)
    return replace(reading_of(markup), url=f"https://rowan.example/case/{n}", captured_at=at)


def histories(pages: int = 3, shown: int = 1) -> list[list[Reading]]:
    return [[page(n, tick, shown=shown) for tick in range(4)] for n in range(pages)]


def test_headlines_of_arrests_that_pass_through_all_pages_are_learned() -> None:
    for shown in (1, 2):
        mask = learn(histories(shown=shown))

        assert compare(page(0, 4, shown=shown), page(0, 5, shown=shown)).kind != "noise"
        assert compare(page(0, 4, shown=shown), page(0, 5, shown=shown), mask).kind == "noise"


def test_on_one_page_alone_they_may_be_its_case() -> None:
    mask = learn(histories(pages=1))

    assert compare(page(0, 4), page(0, 5), mask).kind != "noise"


def test_a_status_and_a_word_of_the_text_are_told_beside_them() -> None:
    mask = learn(histories())
    edited = (PROSE[0].replace("five", "eight"), *PROSE[1:])

    found = compare(page(0, 4), page(0, 5, status="Released on Friday", prose=edited), mask)

    assert {(edit.before, edit.after) for edit in found.reported if edit.level in {"main", "side"}} == {
        (PROSE[0], edited[0]),
        ("In custody", "Released on Friday"),
    }


def made(head: str, foot: str, tag: str, *, prose: tuple[str, ...] = PROSE) -> Reading:
    text = "".join(f"<{tag}>{line}</{tag}>" for line in prose)
    return reading_of(f"<html><body>{head.replace('TEXT', text)}<div>{foot}</div></body></html>")


BEFORE = (
    "<main><article><header><h1>Bees</h1><div>Published 3 April 2025 Views: 5,611</div></header>TEXT</article></main>"
)


def test_another_template_says_otherwise_when_and_how_often_read() -> None:
    after = "<div><div><h2>Bees</h2><span>03.04.2025 · 5,702 views · 3 shares</span><section>TEXT</section></div></div>"

    old, new = made(BEFORE, "<aside>Old tales</aside>", "p"), made(after, "<aside>Old tales</aside>", "div")

    assert [edit.field for edit in compare(old, new).reported if edit.field not in {"heading", "title"}] == []


def test_another_date_in_another_template_is_told() -> None:
    after = "<div><div><h2>Bees</h2><span>13.04.2025 · 5,702 views</span><section>TEXT</section></div></div>"

    old, new = made(BEFORE, "<aside>Old tales</aside>", "p"), made(after, "<aside>Old tales</aside>", "div")

    assert any("13.04.2025" in (edit.after or "") for edit in compare(old, new).reported)


def test_a_list_of_related_pages_in_one_block_turns_over() -> None:
    def of(*headlines: str) -> Reading:
        links = "<br>".join(f'• <a href="/n/{len(one)}">{one}</a>' for one in headlines)
        text = "".join(f"<p>{line}</p>" for line in PROSE)
        return reading_of(
            f"<html><body><h1>Bees</h1>{text}<p><b>Read also:</b><br>{links}</p><p>{PROSE[1]}</p></body></html>"
        )

    old = ("How a ferry timetable became a secret of the state", "Who counts the bridges of the whole region this year")
    new = (
        *old[1:],
        "A winter without letters in a small post office",
        "The quiet end of the river port and its trains",
    )

    assert compare(of(*old, *NEWS[:2]), of(*new, NEWS[2])).kind == "noise"


def of_a_row(*headlines: str, views: int = 1_000) -> Reading:
    links = " * ".join(f'<a href="/n/{len(one)}{one[4]}">{one}</a>' for one in headlines)
    text = "".join(f"<p>{line}</p>" for line in PROSE)
    return reading_of(f"<html><body><h1>Bees</h1>{text}<div>Views: {views}<br>{links}</div></body></html>")


ROW = (
    "How a ferry timetable became a secret of the state",
    "Who counts the bridges of the whole region this year",
    "A winter without letters in a small post office",
    "The quiet end of the river port and its trains",
)


def test_headlines_turn_over_in_one_line() -> None:
    assert compare(of_a_row(*ROW[:3]), of_a_row(*ROW[1:], views=1_070)).kind == "noise"


def test_a_headline_that_is_gone_or_says_otherwise_is_told() -> None:
    assert compare(of_a_row(*ROW), of_a_row(*ROW[:3])).kind != "noise"
    assert compare(of_a_row(*ROW), of_a_row(*ROW[:3], ROW[3].replace("trains", "planes"))).kind != "noise"


def test_a_box_of_short_lines_below_the_text_stands_elsewhere() -> None:
    boxes = [f"<div><div>{a}</div><div>{b}</div></div>" for a, b in (ROW[:2], ROW[2:], ("A saying.", "N. Arbenin"))]

    def of(order: tuple[int, ...]) -> Reading:
        text = "".join(f"<div>{line}</div>" for line in PROSE)
        below = "".join(boxes[n] for n in order)
        return reading_of(f"<html><body><div><h1>Bees</h1>{text}{below}</div></body></html>")

    assert compare(of((0, 1, 2)), of((2, 0, 1))).kind == "noise"


def test_who_wrote_it_is_the_template_s_where_that_is_nobody() -> None:
    after = "<div><div><h2>Bees</h2><span>3 April 2025</span><i>{}</i><section>TEXT</section></div></div>"
    old = made(BEFORE, "<aside>Old tales</aside>", "p")

    def lines(by: str) -> list[str | None]:
        found = compare(old, made(after.format(by), "<aside>Old tales</aside>", "div")).reported
        return [edit.after for edit in found if edit.level == "main" and edit.field is None]

    assert lines("By the editors") == []
    assert lines("Anna Tarkhan, Kamenka") == ["3 April 2025 Anna Tarkhan, Kamenka"]
