"""Bytes become characters by BOM, header, declaration, detection; what was decided is recorded."""

from __future__ import annotations

from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.charset import codec_of, decode, public_name

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


SERBIAN: Final = (
    "Суд је осудио наставника географије на пет година затвора. Адвокат ће уложити жалбу, јер вештаци нису ни видели "
    "карту због које је човек ухапшен."
)
KAZAKH: Final = (
    "Сот география мұғалімін бес жылға бас бостандығынан айырды. Қорғаушы үкімге шағым түсіреді, өйткені сарапшылар "
    "сабақта айтылған сөздің өзін оқымаған, әңгіме тек картаға қатысты болған."
)
POLISH: Final = (
    "Sąd skazał nauczyciela geografii na pięć lat więzienia. Obrońca złożył apelację, ponieważ biegły nie widział "
    "mapy, o którą chodziło, i przesłuchał tylko część świadków."
)
TURKISH: Final = (
    "Mahkeme coğrafya öğretmenini beş yıl hapis cezasına çarptırdı. Avukatı karara itiraz edeceğini, bilirkişinin "
    "haritayı hiç görmediğini söyledi. Üç gün süren duruşmada hiçbir çocuğun sözü dinlenmedi, ünlü üç tanık çağrılmadı."
)
LITHUANIAN: Final = (
    "Teismas nuteisė geografijos mokytoją penkeriems metams kalėjimo. Gynėjas apskųs nuosprendį, nes ekspertai "
    "žemėlapio net nematė, o liudytojų išklausyta tik šešių."
)
EIGHT_BITS = [
    *((RUSSIAN, codec) for codec in ("cp1251", "koi8-r", "koi8-u", "cp866", "iso8859-5", "mac-cyrillic")),
    *((UKRAINIAN, codec) for codec in ("cp1251", "koi8-u", "iso8859-5", "mac-cyrillic")),
    *((BELARUSIAN, codec) for codec in ("cp1251", "iso8859-5", "mac-cyrillic")),
    *((SERBIAN, codec) for codec in ("cp1251", "iso8859-5", "mac-cyrillic")),
    *((KAZAKH, codec) for codec in ("kz1048", "ptcp154")),
    *((POLISH, codec) for codec in ("cp1250", "iso8859-2")),
    (TURKISH, "cp1254"),
    (LITHUANIAN, "cp1257"),
]


@pytest.mark.parametrize("said", ["", "; charset=utf-8", "; charset=iso-8859-1", "; charset=koi8-r", "; charset=true"])
@pytest.mark.parametrize(("text", "codec"), EIGHT_BITS)
def test_a_text_is_whole_whatever_its_server_says_of_it(text: str, codec: str, said: str) -> None:
    page = f"<html><body><p>{text}</p></body></html>"
    header = "text/html" + said.replace("true", public_name(codec))

    assert decode(page.encode(codec), header).text == page


@pytest.mark.parametrize(("text", "codec"), EIGHT_BITS)
def test_of_two_declarations_the_one_that_the_bytes_bear_out_is_believed(text: str, codec: str) -> None:
    page = f'<html><head><meta charset="{public_name(codec)}"></head><body><p>{text}</p></body></html>'
    decoded = decode(page.encode(codec), "text/html; charset=iso-8859-1")

    assert (decoded.text, decoded.charset, decoded.source) == (page, public_name(codec), "meta")
    assert [(source, label) for source, label, _ in decoded.refused] == [("header", "iso-8859-1")]


def test_koi8_u_has_the_belarusian_letter_that_browsers_give_it() -> None:
    octets = BELARUSIAN.replace("ў", "\u255d").encode("koi8-u")

    assert decode(octets, "text/html; charset=koi8-u").text == BELARUSIAN


@pytest.mark.parametrize("label", ["utf-8", "windows-1251", "iso-8859-1"])
@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("text", [RUSSIAN, f"<p>{POLISH}</p>"])
def test_utf_16_without_a_mark_is_seen_under_any_name(text: str, codec: str, label: str) -> None:
    decoded = decode(text.encode(codec), f"text/html; charset={label}")

    assert (decoded.text, decoded.charset, decoded.refused) == (text, codec, decoded.refused)


def test_signs_alone_say_nothing_against_a_declaration() -> None:
    page = "<p>An English page – of a Russian site, No. №&nbsp;7, “quoted”.</p>"

    assert decode(page.encode("cp1251"), "text/html; charset=windows-1251").text == page


def test_one_letter_in_utf_8_is_enough_against_another_name() -> None:
    page = "<p>A lesson in Évreux.</p>"

    assert decode(page.encode(), "text/html; charset=windows-1252").text == page


def test_utf_8_with_a_few_bad_bytes_is_utf_8_under_another_name_too() -> None:
    octets = (RUSSIAN * 3).encode().replace("колонии".encode(), "коло".encode() + b"\xff" + "нии".encode(), 1)
    decoded = decode(octets, "text/html; charset=windows-1251")

    assert (decoded.charset, decoded.replaced) == ("utf-8", 1)
    assert "Защита обжаловала приговор" in decoded.text


@pytest.mark.parametrize(
    ("label", "codec"),
    [
        ("x-mac-cyrillic", "mac-cyrillic"),
        ("koi8-ru", "koi8-u"),
        ("x-cp1251", "cp1251"),
        ("STRK1048-2002", "kz1048"),
        ("latin5", "cp1254"),
    ],
)
def test_labels_that_browsers_know_are_known(label: str, codec: str) -> None:
    assert codec_of(label) == codec
