"""Another certificate of a server is a change of its own: once, however many pages it stands behind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import archive_samples
import pytest
import trustme
from archive_samples import crawled, page
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from archive.catalogue import Catalogue, CertificateSight, ChangeRow
from archive.collection import Collection
from archive.exchange import Exchange, TlsFacts
from archive.kinds import ChangeKind
from pipelines.certificate import changed, read_certificate
from pipelines.stage import ReadingStage

HOST = "case.example"
NORTH = trustme.CA(organization_name="Northern Authority")
SOUTH = trustme.CA(organization_name="Southern Authority")
EXPIRED = "certificate has expired"


def certificate(authority: trustme.CA = NORTH) -> tuple[bytes, ...]:
    """A new chain for HOST, DER, leaf first."""
    issued = authority.issue_cert(HOST, common_name=HOST)
    return tuple(
        x509.load_pem_x509_certificate(pem.bytes()).public_bytes(serialization.Encoding.DER)
        for pem in issued.cert_chain_pems
    )


def under(chain: Sequence[bytes], path: str = "/", *, verdict: str = "ok", hour: float = 0, **more: Any) -> Exchange:
    """A page that was had under a certificate."""
    tls = TlsFacts("TLSv1.3", "TLS_AES_128_GCM_SHA256", "http/1.1", tuple(chain), verdict, "roots of this test")
    url = more.pop("url", f"https://{HOST}{path}")
    # of a type that is not read: no process has to be started for it
    return page(f"the same words on {path}", url=url, hour=hour, tls=tls, **{"mime": "image/png", **more})


class Crawls:
    """A collection, crawled and read."""

    def __init__(self, folder: Path) -> None:
        self.collection = archive_samples.collection(folder)
        self._n = 0

    def crawl(self, *exchanges: Exchange) -> int:
        """Store a crawl and derive what there is to derive; how many changes were found."""
        self._n += 1
        crawled(self.collection, f"crawl-{self._n}", *exchanges)
        return self.derive()

    def derive(self, *, again: bool = False) -> int:
        with Catalogue.open(self.collection.catalogue_path, readonly=False) as catalogue:
            return ReadingStage(self.collection, catalogue, workers=1).run_until_done(again=again).changes

    def changes(self) -> list[ChangeRow]:
        return list(self.collection.catalogue.changes(kinds=["certificate"]))


@pytest.fixture
def crawls(tmp_path: Path) -> Iterator[Crawls]:
    crawls = Crawls(tmp_path)
    yield crawls
    crawls.collection.close()


def test_another_certificate_is_one_change_though_all_pages_are_as_before(crawls: Crawls) -> None:
    old, new = certificate(), certificate()
    assert crawls.crawl(*(under(old, path) for path in ("/robots.txt", "/a", "/b"))) == 0
    found = crawls.crawl(*(under(new, path, hour=n) for n, path in enumerate(("/a", "/b", "/robots.txt"), 1)))

    (change,) = crawls.changes()
    assert found == 1
    assert (change.kind, change.url, change.rules) == (ChangeKind.CERTIFICATE, f"https://{HOST}/a", "certificate-1")
    (edit,) = change.edits
    assert (edit["level"], edit["field"], change.provenance["server"]) == ("meta", "certificate", f"{HOST}:443")
    for words, chain in ((edit["before"], old), (edit["after"], new)):
        leaf = x509.load_der_x509_certificate(chain[0])
        assert f"CN={HOST}" in words
        assert leaf.issuer.rfc4514_string() in words
        assert f"valid {leaf.not_valid_before_utc:%Y-%m-%d} to {leaf.not_valid_after_utc:%Y-%m-%d}" in words
        assert leaf.fingerprint(hashes.SHA256()).hex() in words
        assert words.endswith("; trusted")
    history = crawls.collection.catalogue.history(f"https://{HOST}/a")
    assert [(row.change_kind, row.certificate_change_id) for row in history] == [(None, None), ("same", change.id)]


def test_it_is_told_at_the_first_page_and_not_at_robots_txt(crawls: Crawls) -> None:
    robots = f"https://{HOST}/robots.txt"
    crawls.crawl(under(certificate(), "/a"))
    prerequisite = replace(archive_samples.OCCASION, hops="P", crawl="c")
    new = certificate()
    with crawls.collection.writer() as writer:
        writer.begin_crawl("c")
        writer.store(under(new, url=robots, hour=1), prerequisite).result()
        writer.store(under(new, "/b", hour=1.1), replace(prerequisite, hops="L")).result()
    crawls.derive()

    (change,) = crawls.changes()
    assert change.url == f"https://{HOST}/b"


def test_where_only_robots_txt_was_asked_for_it_is_told_there(crawls: Crawls) -> None:
    crawls.crawl(under(certificate(), "/a"))
    with crawls.collection.writer() as writer:
        writer.begin_crawl("c")
        occasion = replace(archive_samples.OCCASION, hops="PR", crawl="c")
        writer.store(under(certificate(), "/robots.txt", hour=1), occasion).result()
    crawls.derive()

    assert [change.url for change in crawls.changes()] == [f"https://{HOST}/robots.txt"]


def test_certificates_in_turns_alarm_once_each(crawls: Crawls) -> None:
    one, two = certificate(), certificate()
    for n in range(6):
        crawls.crawl(under((one, two)[n % 2], hour=n))
    assert len(crawls.changes()) == 1

    crawls.crawl(under(one, hour=7, verdict=EXPIRED))
    crawls.crawl(under(two, hour=8))
    crawls.crawl(under(one, hour=9, verdict=EXPIRED))
    first, second = crawls.changes()
    assert first.weight < second.weight
    assert str(second.edits[0]["after"]).endswith(f"not trusted: {EXPIRED}")


def test_a_change_of_the_page_and_of_the_certificate_stand_beside_one_another(crawls: Crawls) -> None:
    crawls.crawl(under(certificate(), "/a"))
    after = under(certificate(), "/b", hour=1, url=f"https://{HOST}/a")
    crawls.crawl(after)

    url = f"https://{HOST}/a"
    kinds = {change.kind for change in crawls.collection.catalogue.changes(url=url)}
    # what is no page of text is another document
    assert kinds == {ChangeKind.LINK, ChangeKind.CERTIFICATE}


@pytest.mark.parametrize(
    ("old", "new", "verdicts", "weight"),
    [
        (NORTH, NORTH, ("ok", "ok"), 0.1),
        (NORTH, SOUTH, ("ok", "ok"), 0.5),
        (NORTH, NORTH, ("ok", EXPIRED), 0.9),
        (NORTH, SOUTH, ("ok", "self-signed certificate"), 0.9),
        (NORTH, SOUTH, (EXPIRED, "ok"), 0.5),
        (NORTH, NORTH, (EXPIRED, EXPIRED), 0.7),
    ],
)
def test_who_signed_and_whether_it_holds_give_the_weight(
    crawls: Crawls, old: trustme.CA, new: trustme.CA, verdicts: tuple[str, str], weight: float
) -> None:
    crawls.crawl(under(certificate(old), verdict=verdicts[0]))
    crawls.crawl(under(certificate(new), verdict=verdicts[1], hour=1))

    assert [change.weight for change in crawls.changes()] == [weight]


def test_two_hosts_and_two_ports_are_different_servers(crawls: Crawls) -> None:
    urls = [f"https://{HOST}/", f"https://{HOST}:8443/", "https://other.example/"]
    crawls.crawl(*(under(certificate(), url=url, hour=n / 10) for n, url in enumerate(urls)))
    crawls.crawl(under(certificate(), url=urls[1], hour=2))

    assert [change.url for change in crawls.changes()] == [urls[1]]


def test_a_malformed_certificate_is_told_by_its_digest(crawls: Crawls) -> None:
    crawls.crawl(under((b"no certificate at all",)))
    crawls.crawl(under((b"another of the kind",), hour=1))
    crawls.crawl(under((), hour=2, verdict="no certificate"))

    first, second = crawls.changes()
    assert str(first.edits[0]["before"]).startswith("SHA-256 ")
    assert second.edits[0]["after"] == "no certificate; not trusted: no certificate"


def test_rebuilding_and_reprocessing_give_the_same_changes(crawls: Crawls) -> None:
    chains = [certificate(), certificate(SOUTH), certificate()]
    for n, chain in enumerate((*chains, chains[0])):
        crawls.crawl(under(chain, "/a", hour=n), under(chain, "/b", hour=n + 0.1))
    before = crawls.changes()
    assert len(before) == 2

    assert crawls.derive(again=True) == 0
    assert crawls.changes() == before
    path = crawls.collection.path
    crawls.collection.close()
    Collection.rebuild(path)
    crawls.collection = Collection.open(path)
    assert crawls.derive() == 2
    assert crawls.changes() == before


def test_where_the_record_is_gone_the_digest_tells(crawls: Crawls) -> None:
    crawls.crawl(under(certificate()))
    for file in crawls.collection.archive_folder.iterdir():
        file.unlink()
    crawls.crawl(under(certificate(), hour=1))

    (change,) = crawls.changes()
    assert str(change.edits[0]["before"]).startswith("SHA-256 ")
    assert str(change.edits[0]["after"]).startswith("CN=")


@given(st.binary(max_size=300))
def test_no_octets_harm_the_reader(octets: bytes) -> None:
    read_certificate(octets)
    read_certificate(certificate_with_odd_names()[: len(octets) * 3] + octets)


def certificate_with_odd_names() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime(2026, 1, 1, tzinfo=UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))
        .issuer_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a\x1b[31m\nb")]))
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("odd.example")]), critical=False)
        .sign(key, hashes.SHA256())
        .public_bytes(serialization.Encoding.DER)
    )


def test_odd_names_are_made_printable_and_an_empty_subject_has_its_other_names() -> None:
    read = read_certificate(certificate_with_odd_names())

    assert read is not None
    assert read.subject == "odd.example"
    assert read.issuer.isprintable()


def test_what_the_parser_warns_of_is_read_in_silence() -> None:
    der = certificate_with_odd_names().replace(b"\x02\x01\x01\x30", b"\x02\x01\x00\x30", 1)

    with pytest.warns(UserWarning, match="serial number"):
        x509.load_der_x509_certificate(der)
    assert read_certificate(der) is not None


def test_the_first_certificate_of_a_server_is_no_change(crawls: Crawls) -> None:
    (capture,) = crawled(crawls.collection, "c", under(certificate(), verdict=EXPIRED))

    assert changed([CertificateSight(capture, capture)]) == []
    assert crawls.derive() == 0
