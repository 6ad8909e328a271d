"""[[copy]], [keep] and [disk]: what they mean, and what is refused with which words."""

from __future__ import annotations

from pathlib import Path

import pytest

from archive.errors import ConfigError
from crawler.config import read_config
from crawler.keep_policy import CopyPolicy, DiskPolicy, KeepPolicy

BUCKET = '[[copy]]\nname = "bucket"\nto = "s3://example-bucket/archive"\n'
FOLDER = '[[copy]]\nname = "disk"\nto = "/mnt/second"\n'


def test_without_a_word_nothing_is_copied_and_everything_stays() -> None:
    config = read_config(b"")

    assert config.copies == ()
    assert config.keep == KeepPolicy("always", 2, 30, 30, 90)
    assert not config.keep.may_release
    assert config.disk == DiskPolicy(None, None, 14)


def test_copies_are_read() -> None:
    more = (
        'endpoint = "https://s3.example.org"\nlock = "compliance"\nlock-days = 400\npart-size = "8M"\nprivate = true\n'
    )
    bucket, folder = read_config(f'{BUCKET}{more}push = "by-hand"\n{FOLDER}'.encode()).copies

    endpoint = "https://s3.example.org"
    to = "s3://example-bucket/archive"
    assert bucket == CopyPolicy("bucket", to, endpoint, "compliance", 400, 8_000_000, True, "by-hand")
    assert (bucket.is_s3, bucket.after_crawl) == (True, False)
    assert (folder.is_s3, folder.after_crawl, folder.endpoint) == (False, True, None)
    assert folder.folder(Path("/srv/collection")) == Path("/mnt/second")


def test_a_folder_is_meant_from_the_collections_own() -> None:
    (copy,) = read_config(b'[[copy]]\nname = "beside"\nto = "../copy"\n').copies

    assert copy.folder(Path("/srv/collection")) == Path("/srv/collection/../copy")


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ('[[copy]]\nname = "a"\n', 1, "[[copy]] needs to: s3://BUCKET/PREFIX or a folder"),
        ('[[copy]]\nto = "/mnt/a"\n', 1, "[[copy]] needs name"),
        ('[[copy]]\nname = "a"\nto = "ftp://example.org/a"\n', 3, "expected s3://BUCKET/PREFIX or a folder"),
        ('[[copy]]\nname = "a"\nto = "~/a"\n', 3, "expected s3://BUCKET/PREFIX or a folder"),
        ('[[copy]]\nname = "a"\nto = "s3://Not A Bucket"\n', 3, "expected s3://BUCKET/PREFIX"),
        ('[[copy]]\nname = "a"\nto = 3\n', 3, "found 3"),
        (BUCKET + BUCKET.replace('"bucket"', '"other"'), 6, "is the to of an earlier copy"),
        (BUCKET + BUCKET.replace("archive", "other"), 5, "'bucket' is the name of an earlier copy"),
        (BUCKET + 'lock = "compliance"\n', 4, "expected lock-days of 1 or more beside lock = 'compliance', found 0"),
        (BUCKET + "lock-days = 4\n", 4, 'is lock = "governance" missing?'),
        (BUCKET + 'lock = "legal"\n', 4, "expected one of 'none', 'governance', 'compliance', found 'legal'"),
        (FOLDER + 'lock = "governance"\nlock-days = 3\n', 4, "only an S3 server can lock"),
        (FOLDER + 'endpoint = "https://s3.example.org"\n', 4, "expected none with a folder"),
        (BUCKET + "part-size = 1000\n", 4, "expected 5242880 or more, found 1000"),
        (BUCKET + 'endpoint = "https://key:secret@s3.example.org"\n', 4, "found a user or password in it"),
        (BUCKET + "lock_days = 4\n", 4, "Did you mean 'lock-days'?"),
        ('[keep]\nlocal = "copied"\n', 1, "expected up to 0, as many as there are [[copy]] parts, found 2"),
        (f'[keep]\nlocal = "copied"\ncopies = 2\n{BUCKET}', 3, "expected up to 1"),
        ("[keep]\ncopies = 0\n", 2, "expected 1 or more, found 0"),
        ("[keep]\ncheck-days = 0\n", 2, "expected 1 or more, found 0"),
        ('[disk]\nwarn = "1G"\nstop = "2G"\n', 3, "expected up to disk.warn, 1000000000, found 2000000000"),
        ("[disk]\nstop = -1\n", 2, "expected 0 or more, found -1"),
        ('[copy]\nname = "a"\n', 1, "expected [[copy]] with two brackets"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_line(text: str, line: int, words: str) -> None:
    with pytest.raises(ConfigError) as refused:
        read_config(text.encode())

    assert words in str(refused.value)
    assert refused.value.line == line
    assert "secret" not in str(refused.value)


def test_no_warc_says_where_the_copies_lie() -> None:
    alone = read_config(b'[operator]\nname = "Example Archive"').digest
    told = [read_config(f'[operator]\nname = "Example Archive"\n{one}'.encode()).digest for one in (BUCKET, FOLDER)]

    assert told == [alone, alone]


def test_less_room_is_kept_free_on_a_small_disk_unless_it_is_asked_for() -> None:
    assert (DiskPolicy().warn_below(10**12), DiskPolicy().stop_below(10**12)) == (5 * 10**9, 10**9)
    assert (DiskPolicy().warn_below(10**9), DiskPolicy().stop_below(10**9)) == (10**8, 25 * 10**6)
    asked = read_config(b'[disk]\nwarn = "20G"\nstop = "2G"\n').disk
    assert (asked.warn_below(10**9), asked.stop_below(10**9)) == (20 * 10**9, 2 * 10**9)
