"""Bytes become characters by BOM, header, declaration, detection; what was decided is recorded."""

from __future__ import annotations

from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.charset import codec_of, decode

RUSSIAN = (
    "<html><head><title>Дело учителя</title></head><body><p>Суд приговорил учителя географии к пяти годам колонии"
    " общего режима. Защита обжаловала приговор, заседание назначено на четырнадцатое февраля.</p></body>"
)
UKRAINIAN = (
    "<p>Суд засудив учителя географії до п'яти років колонії. Захист оскаржив вирок, засідання призначено на лютий.</p>"
)
BELARUSIAN = (
    "<p>Суд прысудзіў настаўніка геаграфіі да пяці гадоў калоніі. Абарона абскардзіла прысуд, паседжанне ў лютым.</p>"
)


def declared(charset: str, text: str = RUSSIAN) -> str:
    return f'<meta charset="{charset}">' + text


@pytest.mark.parametrize(
    ("octets", "content_type", "charset", "source"),
    [
        (RUSSIAN.encode("utf-8"), "text/html; charset=utf-8", "utf-8", "header"),
        (RUSSIAN.encode("utf-8"), "text/html", "utf-8", "detection"),
        (b"\xef\xbb\xbf" + RUSSIAN.encode("utf-8"), "text/html; charset=windows-1251", "utf-8", "bom"),
        (RUSSIAN.encode("utf-16"), "text/html; charset=utf-8", "utf-16-le", "bom"),
        (b"\xfe\xff" + RUSSIAN.encode("utf-16-be"), None, "utf-16-be", "bom"),
        (RUSSIAN.encode("utf-16-le"), None, "utf-16-le", "detection"),
        (RUSSIAN.encode("utf-16-be"), "text/html; charset=utf-16be", "utf-16-be", "header"),
        (RUSSIAN.encode("cp1251"), "text/html; charset=windows-1251", "windows-1251", "header"),
        (RUSSIAN.encode("cp1251"), "text/html; charset='CP1251'", "windows-1251", "header"),
        (declared("windows-1251").encode("cp1251"), "text/html", "windows-1251", "meta"),
        (declared("koi8-r").encode("koi8-r"), "text/html", "koi8-r", "meta"),
        (RUSSIAN.encode("cp1251"), None, "windows-1251", "detection"),
        (RUSSIAN.encode("koi8-r"), None, "koi8-r", "detection"),
        (RUSSIAN.encode("cp866"), None, "ibm866", "detection"),
        (RUSSIAN.encode("iso8859-5"), None, "iso-8859-5", "detection"),
        # declared wrongly: what does not decode gives way, and so does what decodes to no words
        (RUSSIAN.encode("cp1251"), "text/html; charset=utf-8", "windows-1251", "detection"),
        (declared("utf-8").encode("koi8-r"), "text/html", "koi8-r", "detection"),
        (RUSSIAN.encode("koi8-r"), "text/html; charset=windows-1251", "koi8-r", "detection"),
        (RUSSIAN.encode("cp1251"), "text/html; charset=koi8-r", "windows-1251", "detection"),
        (RUSSIAN.encode("cp1251"), "text/html; charset=iso-8859-1", "windows-1251", "detection"),
        (RUSSIAN.encode("utf-8"), "text/html; charset=windows-1251", "utf-8", "detection"),
        (declared("utf-16").encode("utf-8"), "text/html", "utf-8", "meta"),
        (RUSSIAN.encode("utf-8"), "text/html; charset=martian", "utf-8", "detection"),
        (declared("windows-1251").encode("cp1251"), "text/html; charset=utf-8", "windows-1251", "meta"),
    ],
)
def test_the_text_is_right_and_where_its_charset_came_from_is_recorded(
    octets: bytes, content_type: str | None, charset: str, source: str
) -> None:
    decoded = decode(octets, content_type)

    assert (decoded.charset, decoded.source) == (charset, source)
    assert RUSSIAN in decoded.text
    assert decoded.replaced == 0


@pytest.mark.parametrize("text", [UKRAINIAN, BELARUSIAN])
def test_undeclared_windows_1251_in_ukrainian_and_belarusian(text: str) -> None:
    assert decode(text.encode("cp1251")).text == text


def test_undeclared_koi8_u_keeps_ukrainian_letters() -> None:
    assert decode(UKRAINIAN.encode("koi8-u")).text == UKRAINIAN


def test_what_was_declared_and_not_followed_is_recorded_with_the_reason() -> None:
    decoded = decode(declared("martian").encode("cp1251"), "text/html; charset=utf-8")

    assert decoded.refused == (("header", "utf-8", "undecodable"), ("meta", "martian", "unknown"))
    assert decode(RUSSIAN.encode("koi8-r"), "text/html; charset=windows-1251").refused == (
        ("header", "windows-1251", "implausible"),
    )


def test_a_bad_byte_in_utf_8_costs_one_character_not_the_page() -> None:
    octets = RUSSIAN.encode("utf-8").replace("колонии".encode(), "коло".encode() + b"\xff" + "нии".encode())

    decoded = decode(octets, "text/html; charset=utf-8")

    assert decoded.charset == "utf-8"
    assert decoded.replaced == 1
    assert "Защита обжаловала приговор" in decoded.text


def test_a_page_cut_inside_a_character_is_utf_8_still() -> None:
    decoded = decode(RUSSIAN.encode("utf-8")[:151], "text/html; charset=utf-8")

    assert decoded.charset == "utf-8"
    assert decoded.text.startswith("<html><head><title>Дело")


def test_a_declaration_in_a_comment_does_not_count() -> None:
    octets = b"<!-- <meta charset=koi8-r> -->" + RUSSIAN.encode("utf-8")

    assert decode(octets).charset == "utf-8"


def test_latin_1_means_windows_1252_as_it_does_to_browsers() -> None:
    decoded = decode("“fünf Jahre”".encode("cp1252"), "text/html; charset=iso-8859-1")

    assert (decoded.text, decoded.charset) == ("“fünf Jahre”", "windows-1252")


@pytest.mark.parametrize("label", ["hex", "zip", "rot13", "utf-7", "idna", "unicode_escape", "", "x" * 200, "\x00"])
def test_what_is_no_text_encoding_is_no_charset(label: str) -> None:
    assert codec_of(label) is None


@given(
    st.binary(max_size=300),
    st.sampled_from([None, "text/html; charset=utf-8", "text/html; charset=koi8-r", "x/y;charset="]),
)
def test_no_bytes_break_it(octets: bytes, content_type: str | None) -> None:
    decoded = decode(octets, content_type)

    assert isinstance(decoded.text, str)
    assert codec_of(decoded.charset) is not None


@pytest.mark.parametrize(
    "text", ["<p>fünf Jahre für eine Stunde über Länder</p>", "<p>une leçon de géographie condamnée à Évreux</p>"]
)
def test_western_text_is_not_taken_for_cyrillic(text: str) -> None:
    assert decode(text.encode("cp1252")).text == text


BULGARIAN: Final = (
    "Художник получи две години затвор заради плакат. Районният съд осъди художника Калин Дръндаров на две години "
    "затвор заради плакат, окачен на прозореца на ателието му. Защитата ще обжалва присъдата. Според адвоката му "
    "вещите лица не са видели самия плакат, а само негова снимка."
)


@pytest.mark.parametrize("codec", ["cp1251", "mac-cyrillic", "iso8859-5"])
def test_encodings_with_the_same_small_letters_are_told_apart(codec: str) -> None:
    assert decode(f"<p>{BULGARIAN}</p>".encode(codec)).text == f"<p>{BULGARIAN}</p>"
