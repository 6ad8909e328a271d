"""Small PDF files, written by hand: lines of any script at any place, with document information."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from typing import NamedTuple


class Drawn(NamedTuple):
    """A line of text as a page draws it; lengths in points, from the lower left corner."""

    text: str
    y: float
    x: float = 60.0
    size: float = 11.0


def column(*lines: str, top: float = 700.0, step: float = 14.0, x: float = 60.0, size: float = 11.0) -> list[Drawn]:
    """Lines one below the other."""
    return [Drawn(text, top - number * step, x, size) for number, text in enumerate(lines)]


def pdf(
    *pages: Sequence[Drawn],
    information: Mapping[str, str] | None = None,
    language: str = "",
    extra: Sequence[bytes] = (),
    compress: bool = True,
) -> bytes:
    """A PDF 1.4 with these pages; a page without lines is a drawn square. `extra`: content of further pages."""
    letters = sorted({letter for page in pages for line in page for letter in line.text})
    codes = {letter: number for number, letter in enumerate(letters, 1)}
    assert len(codes) < 256, "one font has 255 letters"
    streams = [_content(page, codes) for page in pages] + list(extra)
    kids = " ".join(f"{5 + 2 * number} 0 R" for number in range(len(streams)))
    lang = f" /Lang ({language})" if language else ""
    objects = [
        f"<< /Type /Catalog /Pages 2 0 R{lang} >>".encode(),
        f"<< /Type /Pages /Count {len(streams)} /Kids [{kids}] >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /ToUnicode 4 0 R /FirstChar 0 /LastChar 255 /Widths ["
        + b"500 " * 256
        + b"] /Encoding << /Differences [1 "
        + b"/a " * 254
        + b"] >> >>",
        _stream(_to_unicode(codes), compress=compress),
    ]
    for number, stream in enumerate(streams):
        page = f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {6 + 2 * number} 0 R"
        objects.append(f"{page} /Resources << /Font << /F1 3 0 R >> >> >>".encode())
        objects.append(_stream(stream, compress=compress))
    objects.append(b"<< " + b" ".join(f"/{k} ".encode() + _string(v) for k, v in (information or {}).items()) + b" >>")
    return _file(objects)


def _content(page: Sequence[Drawn], codes: Mapping[str, int]) -> bytes:
    if not page:
        return b"100 100 200 200 re f"
    drawn = []
    for line in page:
        octal = "".join(f"\\{codes[letter]:03o}" for letter in line.text)
        drawn.append(f"BT /F1 {line.size} Tf {line.x} {line.y} Td ({octal}) Tj ET")
    return "\n".join(drawn).encode()


def _to_unicode(codes: Mapping[str, int]) -> bytes:
    pairs = [f"<{code:02x}> <{letter.encode('utf-16-be').hex()}>" for letter, code in codes.items()]
    blocks = "".join(
        f"{len(some)} beginbfchar\n" + "\n".join(some) + "\nendbfchar\n"
        for some in (pairs[start : start + 100] for start in range(0, len(pairs), 100))
    )
    head = "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n/CMapType 2 def\n"
    space = "1 begincodespacerange\n<00> <ff>\nendcodespacerange\n"
    return (head + space + blocks + "endcmap\nend\nend").encode()


def _stream(octets: bytes, *, compress: bool) -> bytes:
    packed = zlib.compress(octets, 9) if compress else octets
    filter_ = b" /Filter /FlateDecode" if compress else b""
    return b"<< /Length %d%s >>\nstream\n%s\nendstream" % (len(packed), filter_, packed)


def _string(text: str) -> bytes:
    return b"<feff" + text.encode("utf-16-be").hex().encode() + b">"


def _file(objects: Sequence[bytes]) -> bytes:
    out = b"%PDF-1.4\n"
    places = []
    for number, octets in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, octets)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    trailer = b"<< /Size %d /Root 1 0 R /Info %d 0 R >>" % (len(objects) + 1, len(objects))
    end = b"startxref\n%d\n%%%%EOF\n" % len(out)
    return out + b"xref\n0 %d\n0000000000 65535 f \n%strailer\n%s\n%s" % (len(objects) + 1, table, trailer, end)
