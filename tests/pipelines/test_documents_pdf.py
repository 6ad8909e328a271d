"""A PDF's lines become paragraphs with their place; what a reader cannot see in them is said."""

from __future__ import annotations

import threading

import pytest
from page_styles import reading_of
from pdf_samples import Drawn, column, pdf

from archive.errors import ReadingError
from pipelines.reading import Reading


def read(*pages: list[Drawn], **more: object) -> Reading:
    return reading_of(pdf(*pages, **more), "application/pdf")  # type: ignore[arg-type]


def blocks(reading: Reading) -> list[tuple[str, str, str]]:
    return [(block.path, block.kind, reading.text_of(block)) for block in reading.blocks]


def test_lines_become_paragraphs_with_their_page_and_place() -> None:
    reading = read(
        [
            Drawn("Дело учителя", 780, size=20),
            *column("Суд приговорил учителя", "к пяти годам колонии."),
            *column("Он не", "признал вину.", top=650),
        ],
        column("Second page."),
    )

    assert blocks(reading) == [
        ("/page[1]/p[1]", "heading", "Дело учителя"),
        ("/page[1]/p[2]", "paragraph", "Суд приговорил учителя к пяти годам колонии."),
        ("/page[1]/p[3]", "paragraph", "Он не признал вину."),
        ("/page[2]/p[1]", "paragraph", "Second page."),
    ]
    assert reading.provenance["labelled"] == "pdf"


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        (("Приговор учителю Полян-", "скому оглашён."), "Приговор учителю Полянскому оглашён."),
        (("Приговор учителю Полян\u00ad", "скому оглашён."), "Приговор учителю Полянскому оглашён."),
        (("He moved to Нью-", "Йорк then."), "He moved to Нью-Йорк then."),
        (("он говорил по-", "русски дома"), "он говорил по-русски дома"),
        (("кто-", "то из них"), "кто-то из них"),
        (("a well-known man and a well-", "known place"), "a well-known man and a well-known place"),
        (("years 2019-", "2021 in all"), "years 2019-2021 in all"),
        (("the last word ends with-",), "the last word ends with-"),
    ],
)
def test_a_hyphen_at_a_lines_end_goes_only_where_it_parts_a_word(lines: tuple[str, ...], text: str) -> None:
    assert read(column(*lines)).text == text


def test_the_characters_of_the_source_stay_as_they_are() -> None:
    text = "ё й e\u0301 № ½ „x“ 𝐀"

    assert read(column(text)).text == text


def test_a_latin_ligature_is_the_letters_that_it_stands_for() -> None:
    assert read(column("ﬁrst")).text == "first"


def test_a_table_is_read_cell_by_cell() -> None:
    rows = [
        [Drawn("Ash Rowan", 700), Drawn("5 years", 700, 300)],
        [Drawn("Iva Olkhova", 686), Drawn("7 years", 686, 300)],
    ]

    assert [block[1:] for block in blocks(read([*rows[0], *rows[1]]))] == [
        ("cell", "Ash Rowan"),
        ("cell", "5 years"),
        ("cell", "Iva Olkhova"),
        ("cell", "7 years"),
    ]


def test_lists_are_items() -> None:
    kinds = [
        kind
        for _, kind, _ in blocks(
            read(column("Three charges were read out:", "• the first of them", "2. the second of them"))
        )
    ]

    assert kinds == ["paragraph", "item", "item"]


def test_what_stands_at_the_head_and_foot_of_every_page_is_beside_the_text() -> None:
    pages = [
        [
            Drawn("Rowan district court", 800),
            *column(f"Paragraph {name} of the ruling is its own."),
            Drawn(f"Page {n} of 4", 30, 290),
        ]
        for n, name in enumerate(("one", "two", "three", "four"), 1)
    ]
    reading = read(*pages)

    assert reading.texts("main") == [
        f"Paragraph {name} of the ruling is its own." for name in ("one", "two", "three", "four")
    ]
    assert {block.furniture for block in reading.blocks if block.level == "side"} == {"header", "footer"}


def test_what_the_document_states_of_itself_is_metadata_by_the_pdf() -> None:
    reading = read(
        column("A ruling."),
        information={
            "Title": "Решение по делу 17",
            "Author": "И. Ольхова",
            "CreationDate": "D:20260404175742+03'00'",
            "ModDate": "D:20260405",
        },
        language="ru-RU",
    )

    assert (reading.title, reading.authors, reading.modified, reading.html_language) == (
        *("Решение по делу 17", ("И. Ольхова",), "2026-04-05", "ru-RU"),
    )
    assert {(value.name, value.value) for value in reading.metadata if value.by == "pdf"} >= {
        ("created", "2026-04-04T17:57:42+03:00")
    }


def test_a_files_making_is_no_publication() -> None:
    assert read(column("A ruling."), information={"CreationDate": "D:20260404175742Z"}).published is None


@pytest.mark.parametrize("title", ["Microsoft Word - ruling.docx", "ruling_final.pdf", "Untitled"])
def test_a_programs_name_for_the_file_is_no_title(title: str) -> None:
    reading = read(
        [Drawn("The case of a teacher", 780, size=20), *column("Text of it.", "And more text.")],
        information={"Title": title},
    )

    assert reading.title == "The case of a teacher"


def test_pages_that_are_pictures_are_a_reading_without_text_that_says_so() -> None:
    reading = read([], [])

    assert (reading.text, reading.language) == ("", "und")
    assert "no text layer" in reading.provenance["notes"]["pdf"]


def test_of_a_thousand_and_one_pages_a_thousand_are_read_and_that_is_noted() -> None:
    reading = read(*([Drawn(f"words of page {n}", 500)] for n in range(1_001)))

    assert len(reading.blocks) == 1_000
    assert reading.provenance["notes"]["pdf"] == "1000 of 1001 pages were read"


def test_an_encrypted_file_is_refused_with_the_reason() -> None:
    encrypt = (
        b"/Encrypt << /Filter /Standard /V 1 /R 2 /P -64 /O <" + b"11" * 32 + b"> /U <" + b"22" * 32 + b"> >> "
        b"/ID [<" + b"33" * 16 + b"> <" + b"33" * 16 + b">] "
    )
    octets = pdf(column("secret")).replace(b"/Root 1 0 R ", b"/Root 1 0 R " + encrypt)

    with pytest.raises(ReadingError, match="opens without a password, found an encrypted one"):
        reading_of(octets, "application/pdf")


@pytest.mark.parametrize(
    "octets", [b"%PDF-1.7\n", b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\n%%EOF", pdf(column("words"))[:200]]
)
def test_a_broken_file_is_refused_with_the_reason(octets: bytes) -> None:
    with pytest.raises(ReadingError, match="expected a PDF, found one that is broken"):
        reading_of(octets, "application/pdf")


def test_threads_get_the_same_reading_as_one_alone() -> None:
    octets = pdf(*([Drawn(f"words of page {n}", 500)] for n in range(40)))
    expected = reading_of(octets, "application/pdf").to_json()
    found: list[bytes] = []
    threads = [
        threading.Thread(target=lambda: found.append(reading_of(octets, "application/pdf").to_json())) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == [expected] * 4
