"""HTTP heads, framing and content codings, read from octets."""

from __future__ import annotations

import gzip
import http.client
import io
import random
import time
import zlib

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from archive.http import (
    CODINGS_LIMIT,
    LINE_LIMIT,
    Decoded,
    Framing,
    Head,
    MalformedHeadError,
    body_pieces,
    decode_content,
    has_body,
    interim_end,
    parse_head,
)

LIMIT = 1 << 20


def head_of(octets: bytes) -> Head:
    head = parse_head(octets)
    assert head is not None
    return head


def payload_of(octets: bytes, method: str = "GET") -> bytes:
    head = head_of(octets)
    return b"".join(body_pieces(head, [octets[head.length :]], method))


def coded_head(*codings: str) -> Head:
    lines = "".join(f"Content-Encoding: {coding}\r\n" for coding in codings)
    return head_of(f"HTTP/1.1 200 OK\r\n{lines}\r\n".encode())


def test_a_head_keeps_case_order_and_duplicates() -> None:
    octets = b"HTTP/1.1 200 Fine, thanks\r\nSET-cookie: a=1\r\nX-B:2\r\nSet-Cookie:\tb=2 \r\n\r\nbody"

    head = head_of(octets)

    assert head.version == b"HTTP/1.1"
    assert (head.status, head.reason) == (200, b"Fine, thanks")
    assert head.fields == ((b"SET-cookie", b"a=1"), (b"X-B", b"2"), (b"Set-Cookie", b"b=2"))
    assert octets[head.length :] == b"body"
    assert head.values("set-cookie") == ["a=1", "b=2"]
    assert head.value("Set-Cookie") == "a=1"
    assert head.value("Absent") is None


def test_every_shorter_start_of_a_head_is_not_complete_yet() -> None:
    octets = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nA: b\r\n folded\r\n\r\n"

    assert [parse_head(octets[:end]) for end in range(len(octets))] == [None] * len(octets)
    assert head_of(octets).length == len(octets)


def test_heads_of_1xx_responses_are_passed_over() -> None:
    first = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n"

    head = head_of(first + b"HTTP/1.1 404 Not Found\r\nX: y\r\n\r\nrest")

    assert (head.status, head.fields) == (404, ((b"X", b"y"),))
    assert head.length == len(first) + len(b"HTTP/1.1 404 Not Found\r\nX: y\r\n\r\n")


def test_bare_lf_folded_and_colon_less_lines_are_read() -> None:
    octets = b"HTTP/1.0 200\nX-Long: one\n\ttwo\r\n   three\nno colon here\n folded onto nothing\nLast: 1\r\n\npayload"

    head = head_of(octets)

    assert head.reason == b""
    assert head.fields == ((b"X-Long", b"one two three"), (b"Last", b"1"))
    assert octets[head.length :] == b"payload"


def test_latin_1_values_are_kept_as_octets() -> None:
    head = head_of(b"HTTP/1.1 200 OK\r\nContent-Disposition: \xe9t\xe9\xff\r\n\r\n")

    assert head.fields[0][1] == b"\xe9t\xe9\xff"
    assert head.value("content-disposition") == "été\xff"


@pytest.mark.parametrize(
    "octets", [b"<html>", b"HTP", b"HTTP/1.1 OK\r\n", b"HTTP/1.1 2000 OK\r\n", b"\r\n", b"SSH-2.0-x\n"]
)
def test_what_is_not_http_is_refused_at_once(octets: bytes) -> None:
    with pytest.raises(MalformedHeadError, match="expected"):
        parse_head(octets)


def test_the_media_type_is_lower_case_without_parameters() -> None:
    assert head_of(b"HTTP/1.1 200 OK\r\nContent-Type: Text/HTML; Charset=X\r\n\r\n").media_type == "text/html"
    assert head_of(b"HTTP/1.1 200 OK\r\nContent-Type: ;\r\n\r\n").media_type is None
    assert head_of(b"HTTP/1.1 200 OK\r\n\r\n").media_type is None


@pytest.mark.parametrize(
    ("octets", "persistent"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", True),
        (b"HTTP/1.1 200 OK\r\nConnection: Keep-Alive, Close\r\n\r\n", False),
        (b"HTTP/1.0 200 OK\r\n\r\n", False),
        (b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\n", True),
    ],
)
def test_persistence_follows_version_and_connection(octets: bytes, persistent: bool) -> None:
    assert head_of(octets).persistent is persistent


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n"


def test_chunks_lose_sizes_extensions_and_trailers() -> None:
    body = b'5;name="v\t;"\r\nhello\r\n1 \n!\n0\r\nTrailer: x\r\n\r\nHTTP/1.1 surplus'

    assert payload_of(CHUNKED + body) == b"hello!"


@given(st.lists(st.binary(min_size=1, max_size=40), max_size=8), st.integers(1, 7), st.binary(max_size=10))
def test_chunks_come_apart_the_same_however_they_arrive(chunks: list[bytes], step: int, surplus: bytes) -> None:
    body = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\nA: b\r\n\r\n"
    framing = Framing(head_of(CHUNKED), "GET")
    octets = body + surplus

    payload = b"".join(framing.feed(octets[at : at + step]) for at in range(0, len(octets), step))

    assert payload == b"".join(chunks)
    assert framing.complete
    assert framing.problem is None
    assert framing.surplus == len(surplus)


@given(st.lists(st.binary(min_size=1, max_size=40), min_size=1, max_size=8))
def test_chunks_are_read_as_the_standard_library_reads_them(chunks: list[bytes]) -> None:
    octets = CHUNKED + b"".join(b"%X;x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"

    class Wire:
        def makefile(self, _mode: str) -> io.BytesIO:
            return io.BytesIO(octets)

    response = http.client.HTTPResponse(Wire())  # type: ignore[arg-type]
    response.begin()

    assert payload_of(octets) == response.read()


def test_a_truncated_body_gives_what_there_is() -> None:
    assert payload_of(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc") == b"abc"
    assert payload_of(CHUNKED + b"a\r\nabc") == b"abc"
    assert payload_of(CHUNKED + b"3\r\nabc\r") == b"abc"


def test_damaged_chunks_give_what_came_before_the_damage() -> None:
    for damage in (b"zz\r\nabc\r\n0\r\n\r\n", b"3\r\nabcd\r\n0\r\n\r\n", b"-1\r\n", b"\r\n", b"1" * LINE_LIMIT + b"1"):
        framing = Framing(head_of(CHUNKED), "GET")
        assert framing.feed(b"2\r\nok\r\n" + damage) in (b"ok", b"okabc")
        assert framing.damaged
        assert not framing.complete
        assert framing.problem is not None
        assert framing.problem.startswith("expected ")


def test_surplus_after_the_message_is_no_payload() -> None:
    assert payload_of(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcHTTP/1.1 200 OK") == b"abc"


@pytest.mark.parametrize(("status", "method"), [(204, "GET"), (304, "GET"), (200, "HEAD"), (200, "head"), (101, "GET")])
def test_some_responses_have_no_body_whatever_the_head_says(status: int, method: str) -> None:
    octets = b"HTTP/1.1 %d X\r\nContent-Length: 3\r\n\r\nabc" % status

    assert not has_body(head_of(octets), method)
    assert payload_of(octets, method) == b""


def test_without_a_length_the_body_ends_with_the_connection() -> None:
    for field in (b"X: y", b"Content-Length: three", b"Transfer-Encoding: identity", b"Content-Length: -3"):
        framing = Framing(head_of(b"HTTP/1.1 200 OK\r\n%b\r\n\r\n" % field), "GET")
        assert framing.feed(b"abc") == b"abc"
        assert not framing.complete
        framing.end()
        assert framing.complete
        assert framing.problem is None


def test_repeated_equal_lengths_are_one_and_others_are_a_problem() -> None:
    same = Framing(head_of(b"HTTP/1.1 200 OK\r\nContent-Length: 3, 3\r\ncontent-length: 3\r\n\r\n"), "GET")
    other = Framing(head_of(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\n"), "GET")

    assert (same.feed(b"abcd"), same.complete, same.problem, same.surplus) == (b"abc", True, None, 1)
    assert (other.feed(b"abcd"), other.complete) == (b"abcd", False)
    assert other.problem == "expected one Content-Length, found 3 and 5"


def transfer_head(*codings: str) -> Head:
    return head_of(f"HTTP/1.1 200 OK\r\nTransfer-Encoding: {', '.join(codings)}\r\n\r\n".encode())


def chunked(octets: bytes, step: int = 1000) -> bytes:
    parts = [octets[at : at + step] for at in range(0, len(octets), step)]
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


def through(head: Head, octets: bytes, step: int) -> tuple[bytes, Framing]:
    """The payload of a body that arrives so many octets at a time, and what was found about it."""
    framing = Framing(head, "GET")
    payload = b"".join(framing.feed(octets[at : at + step]) for at in range(0, len(octets), step))
    framing.end()
    return payload, framing


@pytest.mark.parametrize("codings", [("compress",), ("gzip", "br"), ("chunked", "gzip", "x-lzw"), ("chunked",)])
def test_a_transfer_coding_that_cannot_be_removed_is_a_problem(codings: tuple[str, ...]) -> None:
    payload, framing = through(transfer_head(*codings, "chunked"), b"1\r\nx\r\n0\r\n\r\n", 3)

    assert payload == b"x"
    assert framing.complete
    assert framing.problem == f"transfer coding left in place: {', '.join(codings)}"


def deflated(octets: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-15)
    return compressor.compress(octets) + compressor.flush()


NOISE = random.Random(7).randbytes(9000) + b"page " * 4000
TRANSFERRED = {
    "gzip": (("gzip",), gzip.compress(NOISE)),
    "x-gzip": (("x-gzip",), gzip.compress(NOISE)),
    "deflate": (("deflate",), zlib.compress(NOISE)),
    "raw deflate": (("deflate",), deflated(NOISE)),
    "several members": (("gzip",), gzip.compress(NOISE[:77]) + gzip.compress(b"") + gzip.compress(NOISE[77:])),
    "padding": (("gzip",), gzip.compress(NOISE) + b"\x1f padding"),
    "two": (("gzip", "deflate"), zlib.compress(gzip.compress(NOISE))),
    "a named file": (("gzip",), b"\x1f\x8b\x08\x08" + bytes(6) + b"n" * 9000 + b"\0" + gzip.compress(NOISE)[10:]),
}


@pytest.mark.parametrize("step", [1, 7, 5000, 1 << 20])
@pytest.mark.parametrize("in_chunks", [True, False])
@pytest.mark.parametrize("name", TRANSFERRED)
def test_gzip_and_deflate_come_off_as_transfer_codings(name: str, in_chunks: bool, step: int) -> None:
    codings, coded = TRANSFERRED[name]
    head = transfer_head(*codings, "chunked") if in_chunks else transfer_head(*codings)

    payload, framing = through(head, chunked(coded) if in_chunks else coded, step)

    assert payload == NOISE
    assert (framing.complete, framing.problem, framing.damaged) == (True, None, False)


@pytest.mark.parametrize("step", [1, 7, 1 << 20])
@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_a_transfer_coding_that_was_never_applied_leaves_the_body_as_it_is(coding: str, step: int) -> None:
    page = b"<!doctype html><title>plain</title>" * 300

    payload, framing = through(transfer_head(coding, "chunked"), chunked(page), step)

    assert payload == page
    assert (framing.complete, framing.problem) == (True, f"not {coding}, though Transfer-Encoding says so")


@pytest.mark.parametrize("step", [1, 64, 1 << 20])
@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_a_transfer_coding_that_breaks_off_is_given_up_to_there(coding: str, step: int) -> None:
    coded = {"gzip": gzip.compress(NOISE), "deflate": zlib.compress(NOISE)}[coding]
    head = transfer_head(coding, "chunked")

    short, at_short = through(head, chunked(coded[:6000]), step)
    broken, at_broken = through(head, chunked(coded[:6000] + b"\xff" * 4000), step)

    assert len(short) > 3000
    assert NOISE.startswith(short)
    assert at_short.problem == f"transfer coding {coding}: it ends too early"
    assert at_broken.problem is not None
    assert f"transfer coding {coding}: " in at_broken.problem
    assert broken[: len(short)] == short
    assert (at_short.complete, at_broken.complete) == (True, True)


def test_an_empty_body_under_a_transfer_coding_is_no_problem() -> None:
    payload, framing = through(transfer_head("gzip", "chunked"), b"0\r\n\r\n", 5)

    assert (payload, framing.complete, framing.problem) == (b"", True, None)


def test_a_bomb_under_a_transfer_coding_is_cut_at_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archive.http.TRANSFER_LIMIT", LIMIT)
    bomb = gzip.compress(bytes(8 * LIMIT))
    empty = gzip.compress(gzip.compress(b"") * (LIMIT // 10))

    for codings, body, length in ((("gzip",), bomb, LIMIT), (("gzip", "gzip"), empty, 0)):
        framing = Framing(transfer_head(*codings, "chunked"), "GET")
        payload = framing.feed(chunked(body))
        assert (len(payload), framing.damaged, framing.complete) == (length, True, False)
        assert framing.problem == f"expected at most {LIMIT} octets under the transfer coding, found more"
        assert payload == b"".join(body_pieces(transfer_head(*codings, "chunked"), [chunked(body)], "GET"))


def test_what_unfolds_is_given_piece_by_piece() -> None:
    framing = Framing(transfer_head("gzip", "chunked"), "GET")
    zeros = 40 << 20

    lengths = [len(piece) for piece in framing.pieces(chunked(gzip.compress(bytes(zeros), 1), 1 << 20))]

    assert sum(lengths) == zeros
    assert max(lengths) <= 1 << 20
    assert framing.complete


def test_a_connection_that_ends_too_early_is_a_problem() -> None:
    for octets in (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", CHUNKED):
        framing = Framing(head_of(octets), "GET")
        framing.feed(b"1\r")
        framing.end()
        assert not framing.complete
        assert framing.problem is not None


def test_endless_trailers_are_damage() -> None:
    framing = Framing(head_of(CHUNKED), "GET")
    framing.feed(b"0\r\n" + b"A: b\r\n" * 20_000)

    assert framing.damaged


TEXT = "Стаття про в'язня. ".encode() * 200
RAW_DEFLATE = zlib.compressobj(wbits=-15)
CODED = {
    "gzip": gzip.compress(TEXT),
    "x-gzip": gzip.compress(TEXT[:500]) + gzip.compress(TEXT[500:]) + b"\0\0padding",
    "deflate": zlib.compress(TEXT),
    "Deflate": RAW_DEFLATE.compress(TEXT) + RAW_DEFLATE.flush(),
    "br": brotli.compress(TEXT),
    "zstd": zstandard.compress(TEXT[:500]) + zstandard.compress(TEXT[500:]),
    "identity": TEXT,
}


@pytest.mark.parametrize("coding", CODED)
def test_content_codings_come_off(coding: str) -> None:
    assert decode_content(coded_head(coding), CODED[coding], limit=LIMIT) == Decoded(TEXT)


def test_codings_on_top_of_each_other_come_off_in_turn() -> None:
    coded = brotli.compress(gzip.compress(TEXT))

    assert decode_content(coded_head("gzip, br"), coded, limit=LIMIT) == Decoded(TEXT)
    assert decode_content(coded_head("gzip", "br"), coded, limit=LIMIT) == Decoded(TEXT)


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_a_coding_that_was_never_applied_leaves_the_payload_as_it_is(coding: str) -> None:
    page = b"<!doctype html><title>plain</title>" * 20

    decoded = decode_content(coded_head(coding), page, limit=LIMIT)

    assert decoded.octets == page
    assert decoded.problem == f"not {coding}, though Content-Encoding says so"
    assert decoded.left == ()


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_a_coded_payload_that_breaks_off_is_given_up_to_there(coding: str) -> None:
    noise = random.Random(1).randbytes(400_000)
    coded = {
        "gzip": gzip.compress(noise),
        "deflate": zlib.compress(noise),
        "br": brotli.compress(noise, quality=1),
        "zstd": zstandard.compress(noise),
    }[coding]

    decoded = decode_content(coded_head(coding), coded[: len(coded) - 1000], limit=LIMIT)

    assert decoded.problem == f"not {coding} all through: it ends too early"
    assert 100_000 < len(decoded.octets) < len(noise)
    assert noise.startswith(decoded.octets)
    assert decode_content(coded_head(coding), coded[:1], limit=LIMIT).octets == b""


@pytest.mark.parametrize(
    ("coding", "coded"),
    [
        ("gzip", gzip.compress(TEXT, mtime=0)[:-8] + bytes(4) + gzip.compress(TEXT, mtime=0)[-4:]),
        ("gzip", gzip.compress(TEXT, mtime=0)[:-4] + bytes(4)),
        ("deflate", zlib.compress(TEXT)[:-4] + bytes(4)),
    ],
)
def test_a_coded_payload_with_a_wrong_check_is_given_whole(coding: str, coded: bytes) -> None:
    decoded = decode_content(coded_head(coding), coded, limit=LIMIT)
    payload, framing = through(transfer_head(coding, "chunked"), chunked(coded), 50)

    assert decoded.octets == payload == TEXT
    assert decoded.problem is not None
    assert decoded.problem.startswith(f"not {coding} all through: Error -3 while decompressing data: incorrect ")
    assert framing.problem == f"transfer coding {coding}: {decoded.problem}"


@pytest.mark.parametrize("length", [0, 1, 40, 3000, 150_000])
def test_a_gzipped_payload_that_is_damaged_is_given_up_to_the_damage(length: int) -> None:
    noise = random.Random(1).randbytes(length)
    compressor = zlib.compressobj(wbits=31)
    sound = compressor.compress(noise) + compressor.flush(zlib.Z_FULL_FLUSH)
    # 6: the last block, of a type that is none (RFC 1951, 3.2.3)
    damaged = sound + b"\x06" * 90_000

    decoded = decode_content(coded_head("gzip"), damaged, limit=LIMIT)
    payload, framing = through(transfer_head("gzip", "chunked"), chunked(damaged), 999)

    if length:
        assert decoded.octets == payload == noise
        assert decoded.problem == "not gzip all through: Error -3 while decompressing data: invalid block type"
        assert framing.problem == f"transfer coding gzip: {decoded.problem}"
    else:
        assert decoded.octets == payload == damaged


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_a_bomb_is_cut_at_the_limit(coding: str) -> None:
    zeros = bytes(64 << 20)
    bomb = {
        "gzip": lambda: gzip.compress(zeros, 1),
        "deflate": lambda: zlib.compress(zeros, 1),
        "br": lambda: brotli.compress(zeros, quality=1),
        "zstd": lambda: zstandard.compress(zeros),
    }[coding]()

    decoded = decode_content(coded_head(coding), bomb, limit=LIMIT)

    assert decoded.exceeded
    assert decoded.octets == bytes(LIMIT)
    assert decoded.problem == f"more than {LIMIT} octets when decoded"


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_many_empty_members_cost_no_more_than_their_octets(coding: str) -> None:
    empty = {"gzip": gzip.compress(b""), "zstd": zstandard.compress(b"")}[coding]
    payload = empty * ((2 << 20) // len(empty))

    began = time.process_time()
    decoded = decode_content(coded_head(coding), payload, limit=LIMIT)

    assert (decoded.octets, decoded.problem) == (b"", None)
    assert time.process_time() - began < 1.5


def test_members_that_follow_each_other_are_one_payload_and_what_follows_them_is_padding() -> None:
    noise = random.Random(1).randbytes(200_000)
    payload = gzip.compress(noise) + gzip.compress(b"") + gzip.compress(b"end") + bytes(99)

    assert decode_content(coded_head("gzip"), payload, limit=LIMIT) == Decoded(noise + b"end")


def test_more_codings_than_any_server_needs_are_left_on() -> None:
    payload = b"page"
    for _ in range(CODINGS_LIMIT + 1):
        payload = zlib.compress(payload)

    at_limit = decode_content(coded_head(", ".join(["deflate"] * CODINGS_LIMIT)), payload, limit=LIMIT)
    over = decode_content(coded_head(", ".join(["deflate"] * (CODINGS_LIMIT + 1))), payload, limit=LIMIT)

    assert at_limit == Decoded(zlib.compress(b"page"))
    assert (over.octets, len(over.left)) == (payload, CODINGS_LIMIT + 1)
    assert over.problem == "expected at most 8 content codings, found 9"


@pytest.mark.parametrize("cut", range(0, 120, 7))
def test_a_head_is_the_same_when_its_interim_heads_are_passed_over_before(cut: int) -> None:
    octets = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\nLink: a\n\nHTTP/1.1 200 OK\r\nA: b\r\n\r\nbody"

    start = interim_end(octets[:cut])

    assert start == interim_end(octets[:start])
    assert parse_head(octets, start) == parse_head(octets)
    assert interim_end(octets, start) == octets.index(b"HTTP/1.1 200")


def test_a_payload_over_the_limit_is_cut_without_a_coding_too() -> None:
    decoded = decode_content(coded_head(), b"abcdef", limit=5)

    assert (decoded.octets, decoded.exceeded) == (b"abcde", True)


def test_an_unknown_coding_stays_on_and_is_named() -> None:
    decoded = decode_content(coded_head("aes128gcm", "gzip"), gzip.compress(b"sealed"), limit=LIMIT)

    assert decoded == Decoded(b"sealed", "unknown content coding 'aes128gcm'", left=("aes128gcm",))


def test_an_empty_payload_has_nothing_to_decode() -> None:
    assert decode_content(coded_head("gzip"), b"", limit=LIMIT) == Decoded(b"")


@given(st.binary(max_size=300))
def test_no_octets_make_the_readers_fail(octets: bytes) -> None:
    coded = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, deflate\r\n\r\n"
    for start in (b"", b"HTTP/1.1 200 OK\r\n", CHUNKED, coded, coded + b"\x1f\x8b\x08", coded + b"x\x9c"):
        try:
            head = parse_head(start + octets)
        except MalformedHeadError:
            continue
        if head is not None:
            assert head.length <= len(start + octets)
            payload = b"".join(body_pieces(head, [(start + octets)[head.length :]], "GET"))
            assert start.startswith(coded) or len(payload) <= len(octets)
    for coding in ("gzip", "deflate", "br", "zstd"):
        decode_content(coded_head(coding), octets, limit=1000)
