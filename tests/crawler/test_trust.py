"""A crawl binds what khronika.toml names where nobody has to be asked for it; else it says what is to be done."""

from __future__ import annotations

from pathlib import Path

import pytest
from authority import Authority
from disk_faults import Faults, disk, refuse
from key_samples import problems
from page_server import PageServer

from archive.collection import Collection
from archive.errors import ConfigError
from archive.keys import KEYS, ROOT_KEY
from archive.rotation import pending, read_history
from crawler.cli import Exit, run
from crawler.config import Config, load_config
from crawler.trust import bind_settings, trust_of

WITNESS = "witness.example/w1+20324abe+BCmsuuFBvMrwsi4alNNNC8c2HlJtC/4SyJeUvJMilm3X"
SETTINGS = f'\n[[witness]]\nname = "partner"\nkey = "{WITNESS}"\n'


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    assert run(["-q", "init", str(tmp_path / "archive")]) == Exit.DONE
    return tmp_path / "archive"


def config_with(archive: Path, settings: str) -> Config:
    with (archive / "khronika.toml").open("a") as file:
        file.write(settings)
    return load_config(archive / "khronika.toml")


def bound(archive: Path, config: Config) -> list[str]:
    """What is told when a writer begins."""
    told: list[str] = []
    with Collection.open(archive) as collection, collection.writer() as writer:
        bind_settings(archive, config, writer, told.append)
    return told


def test_a_crawl_binds_what_the_settings_name(archive: Path) -> None:
    config_with(archive, SETTINGS)
    server = PageServer({"/": "<html><body><p>A page.</p></body></html>"})
    try:
        assert run(["-q", "-C", str(archive), "crawl", "--url", server.url("/")]) == Exit.DONE
    finally:
        server.close()

    assert list(read_history(archive).policy.witnesses) == ["partner"]
    assert problems(archive) == []


def test_it_is_said_once_and_not_done_again(archive: Path) -> None:
    config = config_with(archive, SETTINGS)

    assert bound(archive, config) == [
        "The note of keys is signed anew: it names the authorities and witnesses of khronika.toml."
    ]
    assert bound(archive, config) == []
    assert read_history(archive).newest.serial == 2
    assert problems(archive) == []


def test_without_the_root_key_it_is_said_what_is_to_be_done(archive: Path) -> None:
    config = config_with(archive, SETTINGS)
    (archive / KEYS / ROOT_KEY).unlink()

    (told,) = bound(archive, config)

    assert "khronika key update" in told
    assert read_history(archive).newest.serial == 1


def test_with_a_passphrase_on_the_root_key_nobody_is_asked(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = config_with(archive, SETTINGS)
    monkeypatch.setenv("KHRONIKA_NEW_PASSPHRASE", "p")
    root = archive / KEYS / ROOT_KEY
    assert run(["-q", "-C", str(archive), "key", "passphrase", "--root", str(root)]) == Exit.DONE

    (told,) = bound(archive, config)

    assert "khronika key update" in told


def test_authorities_are_bound_with_their_certificates(archive: Path, tmp_path: Path) -> None:
    with Authority(tmp_path / "authority") as authority:
        (archive / "tsa.pem").write_bytes(authority.certificate.read_bytes())
        config = config_with(
            archive, f'\n[[authority]]\nname = "tsa"\nurl = "{authority.url}"\ncertificate = "tsa.pem"\n'
        )
        bound(archive, config)

    kept = archive / "log" / "tsa" / "tsa.pem"
    assert kept.read_bytes() == (archive / "tsa.pem").read_bytes()
    assert [one.name for one in read_history(archive).newest.authorities] == ["tsa"]


def test_another_certificate_under_the_same_name_is_told_and_not_bound(archive: Path, tmp_path: Path) -> None:
    with Authority(tmp_path / "one") as one, Authority(tmp_path / "two") as two:
        (archive / "tsa.pem").write_bytes(one.certificate.read_bytes())
        config = config_with(archive, f'\n[[authority]]\nname = "tsa"\nurl = "{one.url}"\ncertificate = "tsa.pem"\n')
        bound(archive, config)
        (archive / "tsa.pem").write_bytes(two.certificate.read_bytes())
        (told,) = bound(archive, config)

    assert "another name" in told
    assert read_history(archive).newest.serial == 2
    assert problems(archive) == []


def test_what_keeps_the_settings_from_being_bound_keeps_no_crawl_from_running(archive: Path) -> None:
    config = config_with(archive, '\n[[authority]]\nname = "tsa"\nurl = "http://t.example/"\ncertificate = "no.pem"\n')

    (told,) = bound(archive, config)

    assert "expected the file that certificate names" in told
    with pytest.raises(ConfigError):
        trust_of(config, archive)


def test_a_binding_that_the_disk_refused_is_finished_by_the_next_writer(archive: Path) -> None:
    config = config_with(archive, SETTINGS)
    told: list[str] = []
    with Collection.open(archive) as collection, collection.writer() as writer:
        with disk(Faults(refuse, 8, on=True)):
            bind_settings(archive, config, writer, told.append)
        assert "could not be held against khronika.toml" in told[0]
    assert pending(archive) is not None

    assert bound(archive, config) == []

    assert pending(archive) is None
    assert list(read_history(archive).policy.witnesses) == ["partner"]
    assert problems(archive) == []
