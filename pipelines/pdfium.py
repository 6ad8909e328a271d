"""PDFium, typed: the lines of a PDF as they are drawn, and what its document information says.

The only module that knows the library. PDFium keeps its state in the process and may not be entered by two threads:
one document is open at a time, under a lock. What it makes of a file depends on its build alone, which `engine_version`
names.
"""

from __future__ import annotations

import ctypes
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

PAGE_CHARACTERS: Final = 200_000
"""Characters of one page that are looked at."""
INFORMATION: Final = ("Title", "Author", "Subject", "Keywords", "CreationDate", "ModDate")
NAME_LIMIT: Final = 100
"""Characters of a language's name."""

GAP: Final = 2.0
"""Letters' sizes between two texts on one line from which they are two."""

_SPACE: Final = 32
_HYPHEN: Final = 2
"""PDFium's sign for a hyphen that ends a line: it stands in place of both."""
_PASSWORD: Final = 4
_SECURITY: Final = 5

_entered = threading.Lock()


class PdfiumFailure(Exception):  # noqa: N818 - what the foreign library could not do; `pdf.py` says what that means
    """PDFium could not open a document."""

    def __init__(self, message: str, *, encrypted: bool) -> None:
        self.encrypted = encrypted
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text; lengths are in points (1/72 inch), from the page's lower left corner."""

    text: str
    hyphen: bool
    """Whether it ends with a hyphen, which `text` leaves out."""
    left: float
    right: float
    base: float
    """Of the base line."""
    size: float
    """Of its first letter's font."""


class Pdf:
    """An open document."""

    def __init__(self, handle: Any) -> None:
        self._handle = handle

    @property
    def pages(self) -> int:
        """How many pages it says that it has."""
        return len(self._handle)

    def information(self) -> dict[str, str]:
        """The entries of its document information that are not empty (ISO 32000-1, 14.3.3)."""
        found = {name: str(self._handle.get_metadata_value(name)) for name in INFORMATION}
        return {name: value for name, value in found.items() if value}

    def language(self) -> str:
        """The language that its catalogue names (14.9.2); '' where it names none."""
        import pypdfium2.raw as c

        length = c.FPDFCatalog_GetLanguage(self._handle.raw, None, 0)
        if not 2 < length <= 2 * NAME_LIMIT:
            return ""
        buffer = (ctypes.c_ushort * (length // 2))()
        c.FPDFCatalog_GetLanguage(self._handle.raw, buffer, length)
        return bytes(buffer).decode("utf-16-le", "ignore").rstrip("\x00")

    def lines(self, number: int) -> list[Line] | None:
        """The lines of a page (0: the first) in the order in which they are drawn; None for one that is broken."""
        from pypdfium2 import PdfiumError

        try:
            page = self._handle[number]
        except (PdfiumError, IndexError):
            return None
        try:
            text = page.get_textpage()
        except PdfiumError:
            page.close()
            return None
        try:
            return list(_lines(text.raw))
        finally:
            text.close()
            page.close()


@contextmanager
def opened(octets: bytes) -> Iterator[Pdf]:
    """A document, open as long as the context lasts. Raises PdfiumFailure."""
    import pypdfium2

    with _entered:
        try:
            handle = pypdfium2.PdfDocument(octets)
        except pypdfium2.PdfiumError as error:
            encrypted = getattr(error, "err_code", None) in {_PASSWORD, _SECURITY}
            raise PdfiumFailure(str(error), encrypted=encrypted) from error
        try:
            yield Pdf(handle)
        finally:
            handle.close()


@cache
def engine_version() -> str:
    """The build of PDFium: what is read depends on it, not on the binding."""
    from pypdfium2 import PDFIUM_INFO

    return str(PDFIUM_INFO.build)


def _lines(text: Any) -> Iterator[Line]:
    import pypdfium2.raw as c

    count = min(max(c.FPDFText_CountChars(text), 0), PAGE_CHARACTERS)
    start = 0
    units: list[int] = []
    for index in range(count):
        unit = c.FPDFText_GetUnicode(text, index)
        if unit not in (10, 13, _HYPHEN) and not (unit == _SPACE and _is_gap(text, index)):
            units.append(unit)
            continue
        if line := _line(text, start, units, hyphen=unit == _HYPHEN):
            yield line
        units, start = [], index + 1
    if line := _line(text, start, units, hyphen=False):
        yield line


def _is_gap(text: Any, index: int) -> bool:
    """Whether a space is one that PDFium put where nothing is drawn, and wide: two cells stand beside each other."""
    import pypdfium2.raw as c

    if index == 0 or c.FPDFText_IsGenerated(text, index) != 1:
        return False
    left, base, size = _place(text, index + 1)
    return left - _right(text, index - 1) > GAP * size and abs(base - _place(text, index - 1)[1]) < size


def _line(text: Any, start: int, units: list[int], *, hyphen: bool) -> Line | None:
    first = next((n for n, unit in enumerate(units) if unit > 32), None)
    if first is None:
        return None
    last = next(n for n in range(len(units) - 1, -1, -1) if units[n] > 32)
    left, base, size = _place(text, start + first)
    # a letter of the higher planes comes as two units of UTF-16
    words = b"".join(chr(unit).encode("utf-16-le", "surrogatepass") for unit in units if unit <= sys.maxunicode)
    return Line(words.decode("utf-16-le", "replace"), hyphen, left, _right(text, start + last), base, size)


def _place(text: Any, index: int) -> tuple[float, float, float]:
    import pypdfium2.raw as c

    x, y = ctypes.c_double(), ctypes.c_double()
    c.FPDFText_GetCharOrigin(text, index, x, y)
    return x.value, y.value, float(c.FPDFText_GetFontSize(text, index))


def _right(text: Any, index: int) -> float:
    import pypdfium2.raw as c

    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    c.FPDFText_GetCharBox(text, index, left, right, bottom, top)
    return right.value
