"""Bytes → characters: which character encoding a page is in, and how that was decided.

Candidates are tried in this order, each strictly; where one fails the next is taken, and which one won is recorded:

1. a byte order mark (WHATWG Encoding, 6.1: it outranks everything);
2. the `charset` of the HTTP Content-Type header;
3. the page's own declaration in its first 4,096 bytes (`<meta charset>`, `<meta http-equiv>`, an XML declaration);
4. detection from the bytes: UTF-16 by its NULs, UTF-8 by its form, the eight-bit Cyrillic encodings by how Russian,
   Ukrainian and Belarusian words are spelt and capitalised, windows-1252.

Labels are those of WHATWG Encoding (`latin1` means windows-1252). A declaration that decodes without an error but is
contradicted by the bytes (well-formed UTF-8 called windows-1251, windows-1251 called koi8-r) is refused too: its
text would be no text. A page that is UTF-8 but for a few bytes stays UTF-8, with the bad bytes as U+FFFD, counted.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

BOMS: Final = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
PRESCAN = 4096
SAMPLE = 1 << 17

_HEADER = re.compile(r"""charset\s*=\s*["']?([^\s"';,]+)""", re.IGNORECASE)
_META = re.compile(rb"""<meta\b[^>]{0,400}?charset\s*=\s*["']?\s*([A-Za-z0-9_:.+-]{2,40})""", re.IGNORECASE)
_XML = re.compile(rb"""^\s*<\?xml\b[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9_:.+-]{2,40})["']""")
_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
_HIGH_RUN = re.compile(rb"[\x80-\xff]+")

# WHATWG Encoding, 4.2, by the names of Python's codecs; a label of anything else is unknown.
_KNOWN: Final = frozenset(
    {
        *("utf-8", "utf-16-le", "utf-16-be", "cp866", "koi8-r", "koi8-u", "mac-roman", "mac-cyrillic", "cp874"),
        *("big5", "euc_jp", "iso2022_jp", "gb18030", "cp932", "cp949"),
        *(f"iso8859-{part}" for part in (*range(2, 9), 10, 13, 14, 15, 16)),
        *(f"cp{page}" for page in range(1250, 1259)),
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
_NAMES: Final = {"cp1251": "windows-1251", "cp1252": "windows-1252", "cp1250": "windows-1250", "cp866": "ibm866"}
_CYRILLIC: Final = ("cp1251", "koi8-r", "koi8-u", "cp866", "iso8859-5", "mac-cyrillic")

# Letters of Russian, Ukrainian and Belarusian; nine tenths of their running text are the frequent ones.
_ALPHABET: Final = frozenset("абвгґдеёєжзиіїйклмнопрстуўфхцчшщъыьэюя")
_FREQUENT: Final = frozenset("оеаинтсрвлкмдпуяіыьзбйг")
_SIGNS: Final = frozenset("«»„“”‘’–—…№©•·§°\u00a0")
_CYRILLIC_WORD = re.compile(r"[Ѐ-ӿ]{2,}")
_LETTER_RUN = re.compile(r"[^\W\d_]{2,}")


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
    try:
        found = codecs.lookup(label.strip().lower())
    except (LookupError, ValueError):
        return None
    name = _WHATWG.get(found.name, found.name)
    return name if name in _KNOWN else None


def decode(octets: bytes, content_type: str | None = None) -> Decoded:
    """Decode a page; never fails: what cannot be decoded stands as U+FFFD and is counted."""
    for mark, name in BOMS:
        if octets.startswith(mark):
            text, replaced = _forced(octets[len(mark) :], name)
            return Decoded(text, public_name(name), "bom", (), replaced)
    refused: list[tuple[str, str, str]] = []
    sample = octets[:SAMPLE]
    guess = detect(octets)
    for source, label in _declared(octets, content_type):
        codec = codec_of(label)
        if codec is None:
            refused.append((source, label, "unknown"))
            continue
        if source == "meta" and codec.startswith("utf-16"):
            codec = "utf-8"  # WHATWG HTML, 13.2.3.2: a declaration that could be read as ASCII cannot be UTF-16
        try:
            text = octets.decode(codec)
        except (UnicodeError, ValueError):
            refused.append((source, label, "undecodable"))
            continue
        if _contradicted(sample, codec, guess):
            refused.append((source, label, "implausible"))
            continue
        return Decoded(text, public_name(codec), source, tuple(refused), 0)
    text, replaced = _forced(octets, guess)
    return Decoded(text, public_name(guess), "detection", tuple(refused), replaced)


def public_name(codec: str) -> str:
    """A codec's name as people and servers write it."""
    return _NAMES.get(codec, codec)


def detect(octets: bytes) -> str:
    """The likeliest codec of bytes that say nothing of it; always a codec, windows-1252 when all else fails."""
    wide = _wide(octets[:PRESCAN])
    if wide is not None:
        return wide
    sample = octets[:SAMPLE]
    valid, invalid = _utf8_sequences(sample)
    if invalid == 0 or valid >= 20 * invalid:
        return "utf-8"
    scores = [(plausibility(sample.decode(codec, "replace")), -place) for place, codec in enumerate(_CYRILLIC)]
    best = max(scores)
    return _CYRILLIC[-best[1]] if best[0] >= 0.5 else "cp1252"


def plausibility(text: str) -> float:
    """How much a text looks like Russian, Ukrainian or Belarusian: about 0.9 for running text, below 0.4 for others.

    The share of frequent letters, less the share of words that mix alphabets or have a capital inside (koi8-r read as
    windows-1251 swaps the cases), less twice the share of signs that no such text has.
    """
    sample = text[:20_000]
    high = [character for character in sample if character > "\x7f"]
    words = [match.group() for match in _LETTER_RUN.finditer(sample) if not match.group().isascii()]
    if not high or not words:
        return 0.0
    odd = sum(1 for character in high if character.lower() not in _ALPHABET and character not in _SIGNS)
    letters = [letter for word in words for letter in word]
    frequent = sum(1 for letter in letters if letter in _FREQUENT)
    swapped = [word for word in words if any(left.islower() and right.isupper() for left, right in pairwise(word))]
    mixed = [word for word in words if not _CYRILLIC_WORD.fullmatch(word)]
    return frequent / len(letters) - (len(swapped) + len(mixed)) / len(words) - 2 * odd / len(high)


def _declared(octets: bytes, content_type: str | None) -> list[tuple[str, str]]:
    found = []
    if content_type and (header := _HEADER.search(content_type)):
        found.append(("header", header.group(1)[:40]))
    head = octets[:PRESCAN]
    declaration = _META.search(_COMMENT.sub(b"", head)) or _XML.search(head)
    if declaration:
        found.append(("meta", declaration.group(1).decode("ascii")))
    return found


def _contradicted(sample: bytes, codec: str, guess: str) -> bool:
    """Whether the bytes belie a declaration that decodes without an error."""
    if codec == guess or not _HIGH_RUN.search(sample):
        return False
    if guess == "utf-8":
        # Eight-bit text is practically never well-formed UTF-8 by chance over several sequences.
        valid, invalid = _utf8_sequences(sample)
        return codec != "utf-8" and not codec.startswith("utf-16") and invalid == 0 and valid >= 8
    if guess in _CYRILLIC and codec in {*_CYRILLIC, "cp1252"}:
        stated = plausibility(sample.decode(codec, "replace"))
        found = plausibility(sample.decode(guess, "replace"))
        return found - stated > 0.4
    return False


def _wide(head: bytes) -> str | None:
    """UTF-16 without a mark: every other byte of mostly ASCII markup is NUL."""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    half = max(len(head) // 2, 1)
    if odd > 0.3 * half and even < 0.05 * half:
        return "utf-16-le"
    if even > 0.3 * half and odd < 0.05 * half:
        return "utf-16-be"
    return None


def _utf8_sequences(sample: bytes) -> tuple[int, int]:
    """Well-formed and malformed multi-byte sequences; one cut by the end of the sample counts as neither."""
    valid = invalid = 0
    for match in _HIGH_RUN.finditer(sample):
        run = match.group()
        text = run.decode("utf-8", "replace")
        bad = text.count("�") - run.count(b"\xef\xbf\xbd")
        if bad and match.end() == len(sample):
            bad -= 1
        invalid += bad
        valid += len(text) - text.count("�")
    return valid, invalid


def _forced(octets: bytes, codec: str) -> tuple[str, int]:
    try:
        return octets.decode(codec), 0
    except UnicodeError:
        text = octets.decode(codec, "replace")
        return text, text.count("�")
