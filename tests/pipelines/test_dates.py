from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pipelines.dates import is_date_line, modified_in, published_in

AT = datetime(2026, 12, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "published", "modified"),
    [
        ("17 May 2022", "2022-05-17", "2022-05-17"),
        ("May 17, 2022", "2022-05-17", "2022-05-17"),
        ("Tuesday, 17th of May 2022 at 5:30 pm", "2022-05-17T17:30:00", "2022-05-17T17:30:00"),
        ("04.04.2026", "2026-04-04", "2026-04-04"),
        ("13.08.2026, 17:57", "2026-08-13T17:57:00", "2026-08-13T17:57:00"),
        ("17:57, 13 августа 2026 г.", "2026-08-13T17:57:00", "2026-08-13T17:57:00"),
        ("13 августа 2026 года в 17:57 МСК", "2026-08-13T17:57:00+03:00", "2026-08-13T17:57:00+03:00"),
        ("3 лістапада 2023", "2023-11-03", "2023-11-03"),
        ("14 листопада 2023, 9:05", "2023-11-14T09:05:00", "2023-11-14T09:05:00"),
        ("5 мая 2024", "2024-05-05", "2024-05-05"),
        ("2026-08-13T19:05:01+0300", "2026-08-13T19:05:01+03:00", "2026-08-13T19:05:01+03:00"),
        ("Thu, 13 Aug 2026 16:05:01 GMT", "2026-08-13T16:05:01Z", "2026-08-13T16:05:01Z"),
        (
            "posted 13 Nov 2017, 06:01 by Rowan Service [ updated 14 Nov 2017, 07:02 ]",
            "2017-11-13T06:01:00",
            "2017-11-14T07:02:00",
        ),
        ("posted 13 Nov 2017, 06:01 by Rowan Service", "2017-11-13T06:01:00", None),
        ("Опубликовано: 3 июня 2024, обновлено 4 июня 2024", "2024-06-03", "2024-06-04"),
        ("Обновлено 4 июня 2024", None, "2024-06-04"),
        ("Last updated 5 May 2024", None, "2024-05-05"),
        ("31.02.2024", None, None),
        ("17 Maybe 2022", None, None),
        ("17 May 2031", None, None),
        ("17 May 1822", None, None),
        ("13 августа, 17:57", None, None),
        ("yesterday", None, None),
        ("", None, None),
    ],
)
def test_a_line_says_when_a_text_was_published_and_when_it_was_changed(
    text: str, published: str | None, modified: str | None
) -> None:
    assert (published_in(text, AT), modified_in(text, AT)) == (published, modified)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("13.08.2026, 17:57", "2026-08-13T17:57:00+03:00"),
        ("13.08.2012, 17:57", "2012-08-13T17:57:00+04:00"),
        ("13.08.2026", "2026-08-13"),
        ("2026-08-13T17:57:00", "2026-08-13T17:57:00+03:00"),
        ("2026-08-13T17:57:00Z", "2026-08-13T17:57:00Z"),
    ],
)
def test_a_clock_time_without_a_zone_is_in_the_sites_own(text: str, moment: str) -> None:
    assert published_in(text, AT, "Europe/Moscow") == moment


@pytest.mark.parametrize(
    "line",
    [
        "17 May 2022",
        "[17 May 2022]",
        "Posted: 17 May 2022",
        "Plyos, 17 May 2022",
        "Tuesday, 17 May 2022 | Source: Rowan Committee",
        "31 December 2021 (Friday)",
        "posted 13 Nov 2017, 06:01 by Rowan Service [ updated 14 Nov 2017, 07:02 ]",
        "13 августа 2026 г., 17:57",
    ],
)
def test_a_line_that_is_a_date_is_known(line: str) -> None:
    assert is_date_line(line, AT)


@pytest.mark.parametrize(
    "line",
    [
        "On 12 February 2025 the teacher was detained.",
        "12 February 2025 the teacher was detained.",
        "In Plyos, 17 May 2022, the court met.",
        "He was arrested on 3 March 2022.",
        "A winter without letters",
        "",
    ],
)
def test_a_sentence_with_a_date_in_it_is_no_line_of_one(line: str) -> None:
    assert not is_date_line(line, AT)
