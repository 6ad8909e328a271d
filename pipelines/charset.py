"""Bytes → characters: which character encoding a page is in, and how that was decided.

Candidates are tried in this order, each strictly; where one fails the next is taken, and which one won is recorded:

1. a byte order mark (WHATWG Encoding, 6.1: it outranks everything);
2. the `charset` of the HTTP Content-Type header;
3. the page's own declarations in its first 4,096 bytes (`<meta charset>`, `<meta http-equiv>`, an XML declaration);
4. detection from the bytes: UTF-16 by its NULs, UTF-8 by its form, eight-bit encodings by how the words are spelt
   (`charset_guess.py`), windows-1252.

Labels are those of WHATWG Encoding (`latin1` means windows-1252), with two of IANA's for Kazakh. A declaration that
decodes without an error but is contradicted by the bytes (well-formed UTF-8 called windows-1251, windows-1251 called
koi8-r) is refused too: its text would be no text. A page that is UTF-8 but for a few bytes stays UTF-8, with the bad
bytes as U+FFFD, counted.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from pipelines.charset_guess import CYRILLIC, LATIN, WITH_SHORT_U, Fit, fit, sample_of

BOMS: Final = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
PRESCAN: Final = 4096
SAMPLE: Final = 1 << 17
DECLARATIONS: Final = 3
"""Declarations of a page that are tried."""
UTF8_SHARE: Final = 20
"""How many well-formed sequences stand against a malformed one in UTF-8 with a few bad bytes."""
LEAST_CYRILLIC: Final = 0.5
LEAST_LATIN: Final = 0.9
MIXED: Final = 0.8
"""Share of words that mix alphabets in what is not Cyrillic but for its declaration."""
UNLIKE: Final = 0.4
"""By how much another Cyrillic encoding must fit better for a declaration not to be believed,"""
UNLIKE_LETTERS: Final = 0.005
"""and by how much where it makes no letters of other alphabets, and the declared one does."""
UNLIKE_LATIN: Final = 0.25
"""The same of a Latin encoding,"""
UNLIKE_DEFAULT: Final = 0.1
"""and where the declaration is what many servers say of everything."""
FEW_ODD: Final = 3
"""Signs among letters that may be there by chance."""
SURER: Final = 0.01
"""By how much another Latin encoding must fit better than windows-1252 where nothing is declared."""

_HEADER = re.compile(r"""charset\s*=\s*["']?([^\s"';,]+)""", re.IGNORECASE)
_META = re.compile(rb"""<meta\b[^>]{0,400}?charset\s*=\s*["']?\s*([A-Za-z0-9_:.+-]{2,40})""", re.IGNORECASE)
_XML = re.compile(rb"""^\s*<\?xml\b[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9_:.+-]{2,40})["']""")
_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
_HIGH = re.compile(rb"[\x80-\xff]")
_HIGH_BYTES: Final = bytes(range(128, 256))
_WIDE_HIGH: Final = frozenset({0x00, 0x04, 0x05, 0x10, 0x20})
"""High bytes of the code points of our scripts and of signs."""

# WHATWG Encoding, 4.2, by the names of Python's codecs; a label of anything else is unknown.
_KNOWN: Final = frozenset(
    {
        *("utf-8", "utf-16-le", "utf-16-be", "cp866", "koi8-r", "koi8-u", "mac-roman", "mac-cyrillic", "cp874"),
        *("big5", "euc_jp", "iso2022_jp", "gb18030", "cp932", "cp949"),
        *(f"iso8859-{part}" for part in (*range(2, 9), 10, 13, 14, 15, 16)),
        *(f"cp{page}" for page in range(1250, 1259)),
        *("kz1048", "ptcp154"),  # IANA
    }
)
# Labels whose meaning there is not Python's.
_WHATWG: Final = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "utf-16": "utf-16-le",
    "utf-8-sig": "utf-8",
}
# Labels there that Python does not know.
_LABELS: Final = {
    **{f"x-cp{page}": f"cp{page}" for page in range(1250, 1259)},
    "x-mac-cyrillic": "mac-cyrillic",
    "x-mac-ukrainian": "mac-cyrillic",
    "x-mac-roman": "mac-roman",
    "koi": "koi8-r",
    "koi8": "koi8-r",
    "koi8-ru": "koi8-u",
    "dos-874": "cp874",
    "unicode": "utf-16-le",
    "ucs-2": "utf-16-le",
    "unicode-1-1-utf-8": "utf-8",
    "x-unicode20utf8": "utf-8",
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "x-gbk": "gb18030",
    "x-x-big5": "big5",
}
_NAMES: Final = {
    **{f"cp{page}": f"windows-{page}" for page in (874, *range(1250, 1259))},
    **{f"iso8859-{part}": f"iso-8859-{part}" for part in range(2, 17)},
    "cp866": "ibm866",
    "mac-cyrillic": "x-mac-cyrillic",
    "mac-roman": "macintosh",
    "euc_jp": "euc-jp",
    "iso2022_jp": "iso-2022-jp",
    "cp932": "shift_jis",
    "cp949": "euc-kr",
}
RARE: Final = {"mac-cyrillic": 0.05}
"""What an encoding must be more likely by. That of old Macintoshes has most small letters where windows-1251 has them;
of real text in it, windows-1251 makes capitals inside of words."""
_SINGLE: Final = frozenset({*CYRILLIC, *LATIN, "iso8859-15", "mac-roman"})
"""Encodings that the spelling is asked about."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """The characters of a page, and where its encoding was found."""

    text: str
    charset: str
    """Name of the encoding as WHATWG Encoding writes it."""
    source: str
    """`bom`, `header`, `meta` or `detection`."""
    refused: tuple[tuple[str, str, str], ...]
    """(source, label, reason) of each declaration that was not followed; reason: unknown, undecodable, implausible."""
    replaced: int
    """Characters that stand as U+FFFD because their bytes mean nothing in the encoding."""

    def as_record(self) -> dict[str, Any]:
        """How the characters were found, as it stands in a reading."""
        refused = [list(refused) for refused in self.refused]
        return {"name": self.charset, "source": self.source, "refused": refused, "replaced": self.replaced}


def codec_of(label: str) -> str | None:
    """The Python codec for a label, as WHATWG Encoding means it; None for a label that names no text encoding."""
    wanted = label.strip().lower()
    try:
        found = _LABELS.get(wanted) or codecs.lookup(wanted).name
    except (LookupError, ValueError):
        return None
    name = _WHATWG.get(found, found)
    return name if name in _KNOWN else None


def decode(octets: bytes, content_type: str | None = None) -> Decoded:
    """Decode a page; never fails: what cannot be decoded stands as U+FFFD and is counted."""
    for mark, name in BOMS:
        if octets.startswith(mark):
            text, replaced = _forced(octets[len(mark) :], name)
            return Decoded(text, public_name(name), "bom", (), replaced)
    refused: list[tuple[str, str, str]] = []
    guess: _Guess | None = None
    declared = [(source, label, _meant(source, label)) for source, label in _declared(octets, content_type)]
    for source, label, codec in declared:
        if codec is None:
            refused.append((source, label, "unknown"))
            continue
        whole = _strictly(octets, codec)
        if whole is not None and codec == "utf-8" and _wide(octets[:PRESCAN]) is None:
            return Decoded(whole, codec, source, tuple(refused), 0)
        guess = guess or _Guess(octets)
        if whole is None:
            if codec == guess.codec == "utf-8":
                text, replaced = _forced(octets, codec)
                return Decoded(text, codec, source, tuple(refused), replaced)
            refused.append((source, label, "undecodable"))
        elif guess.contradicts(codec, agreed=any(guess.codec == other for _, _, other in declared)):
            refused.append((source, label, "implausible"))
        else:
            return Decoded(whole, public_name(codec), source, tuple(refused), 0)
    likely = (guess or _Guess(octets)).codec
    text, replaced = _forced(octets, likely)
    return Decoded(text, public_name(likely), "detection", tuple(refused), replaced)


def _meant(source: str, label: str) -> str | None:
    codec = codec_of(label)
    # WHATWG HTML, 13.2.3.2: a declaration in the page that could be read as ASCII cannot be UTF-16
    return "utf-8" if source == "meta" and codec is not None and codec.startswith("utf-16") else codec


def public_name(codec: str) -> str:
    """A codec's name as people and servers write it."""
    return _NAMES.get(codec, codec)


def detect(octets: bytes) -> str:
    """The likeliest codec of bytes that say nothing of it; always a codec, windows-1252 when all else fails."""
    return _Guess(octets).codec


class _Guess:
    """What bytes look like, whatever is said of them."""

    def __init__(self, octets: bytes) -> None:
        first = _HIGH.search(octets)
        start = 0 if first is None else max(first.start() - PRESCAN, 0)
        self._sample = octets[start : start + SAMPLE]
        self._cut = start + SAMPLE < len(octets)
        self._words = b""
        self._fits: dict[str, Fit] = {}
        self.codec = _wide(octets[:PRESCAN]) or self._eight_bits(has_high=first is not None)

    def _eight_bits(self, *, has_high: bool) -> str:
        if not has_high:
            return "utf-8"
        valid, invalid = _utf8_sequences(self._sample, cut=self._cut)
        if valid >= UTF8_SHARE * invalid:
            return "utf-8"
        self._words = sample_of(self._sample)
        best = max(CYRILLIC, key=lambda codec: (self._fit(codec).score - RARE.get(codec, 0.0), -CYRILLIC.index(codec)))
        if self._fit(best).score >= LEAST_CYRILLIC:
            return best
        best = max(LATIN, key=lambda codec: (self._fit(codec).score, -LATIN.index(codec)))
        return best if self._fit(best).score > self._fit("cp1252").score + SURER else "cp1252"

    def _fit(self, codec: str) -> Fit:
        if codec not in self._fits:
            self._fits[codec] = fit(self._words, codec)
        return self._fits[codec]

    def contradicts(self, codec: str, *, agreed: bool = False) -> bool:
        """Whether the bytes belie a declaration that decodes without an error; `agreed`: another one says what they
        look like."""
        if codec == self.codec:
            return False
        if self.codec.startswith("utf-16") or codec.startswith("utf-16"):
            return True
        if self.codec == "utf-8":
            return codec != "iso2022_jp" and _HIGH.search(self._sample) is not None
        if codec not in _SINGLE:
            return False
        stated, found = self._fit(codec), self._fit(self.codec)
        better = found.score - stated.score
        if codec in CYRILLIC and self.codec in CYRILLIC:
            return better > UNLIKE or (better > UNLIKE_LETTERS and stated.odd > UNLIKE_LETTERS > found.odd)
        if codec in CYRILLIC:
            # signs alone say nothing: an English page of a Russian site is declared as its other pages are
            return stated.mixed > MIXED and found.score > LEAST_LATIN
        # Cyrillic words are of letters beyond ASCII alone; as Latin ones there are none such
        least = SURER if agreed else UNLIKE_DEFAULT if codec == "cp1252" else UNLIKE_LATIN
        odd = (stated.odd - found.odd) * (len(self._words) - len(self._words.translate(None, _HIGH_BYTES)))
        return self.codec in CYRILLIC or (better > least and (agreed or odd >= FEW_ODD))


def _declared(octets: bytes, content_type: str | None) -> Iterator[tuple[str, str]]:
    if content_type and (header := _HEADER.search(content_type)):
        yield "header", header.group(1)[:40]
    head = octets[:PRESCAN]
    said = [match[1] for match in _META.finditer(_COMMENT.sub(b"", head))][:DECLARATIONS]
    said += [match[1] for match in (_XML.search(head),) if match]
    for label in dict.fromkeys(said):
        yield "meta", label.decode("ascii")


def _strictly(octets: bytes, codec: str) -> str | None:
    try:
        return _mended(octets.decode(codec), codec)
    except (UnicodeError, ValueError):
        return None


def _mended(text: str, codec: str) -> str:
    if codec != "koi8-u":
        return text
    for sign, letter in WITH_SHORT_U.items():
        text = text.replace(sign, letter)
    return text


def _wide(head: bytes) -> str | None:
    """UTF-16 without a mark: of every other byte many are NUL, those of markup and spaces, and few of the rest."""
    half = len(head) // 2
    if half < 2 or not head.count(0):
        return None
    even, odd = head[0::2], head[1::2]
    for name, high, low, tag in (("utf-16-le", odd, even, b"<\x00"), ("utf-16-be", even, odd, b"\x00<")):
        few = sum(map(high.count, _WIDE_HIGH)) > 0.9 * half
        if high.count(0) > 0.05 * half and low.count(0) < 0.3 * high.count(0) and (few or tag in head):
            return name
    return None


def _utf8_sequences(sample: bytes, *, cut: bool) -> tuple[int, int]:
    """Well-formed and malformed multi-byte sequences; one cut by the end of the sample counts as neither."""
    text = sample.decode("utf-8", "replace")
    ascii_only = len(sample.translate(None, _HIGH_BYTES))
    replaced = text.count("\ufffd")
    invalid = replaced - sample.count(b"\xef\xbf\xbd")
    valid = len(text) - ascii_only - replaced
    # the end may part a sequence, of a sample and of a page that was cut off; the start of a sample is ASCII
    if invalid and text.endswith("\ufffd") and (cut or valid):
        invalid -= 1
    return valid, invalid


def _forced(octets: bytes, codec: str) -> tuple[str, int]:
    text = _strictly(octets, codec)
    if text is not None:
        return text, 0
    text = _mended(octets.decode(codec, "replace"), codec)
    return text, text.count("\ufffd")
