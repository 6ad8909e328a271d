"""Time-stamp tokens: what holds, and how what does not is named. The authority is `openssl ts`."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from authority import (
    OTHER_POLICY,
    POLICY,
    Authority,
    flip_signature,
    make_ca,
    make_crl,
    make_token,
    make_tsa,
    openssl_verifies,
    refusal,
)
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given, settings
from hypothesis import strategies as st

from archive import timestamp
from archive.errors import TimestampError
from archive.timestamp import (
    RESPONSE_LIMIT,
    crl_places,
    gen_time,
    imprint,
    new_request,
    read_crl,
    verify_token,
)

MESSAGE = b"log.khronika.invalid/0123456789abcdef0123\n14\nBRI0cXK99/9s0ZvdDY6f4AzEEQEgH02CVH29+rM9Wps=\n"
IMPRINT = hashlib.sha256(MESSAGE).digest()
THEN = datetime(2020, 2, 29, 23, 59, 58, 123456, tzinfo=UTC)
PAST: dict[str, Any] = {
    "at": THEN,
    "not_before": datetime(2019, 1, 1, tzinfo=UTC),
    "not_after": datetime(2021, 1, 1, tzinfo=UTC),
}


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    made = Authority(tmp_path_factory.mktemp("authority"))
    made.__exit__()
    return made


@pytest.fixture(scope="module")
def root(authority: Authority) -> bytes:
    return authority.certificate.read_bytes()


@pytest.fixture(scope="module")
def response(authority: Authority) -> bytes:
    return authority.stamp(MESSAGE)


def made(folder: Path, **how: Any) -> Authority:
    """An authority that answers no HTTP."""
    authority = Authority(folder / "authority", **how)
    authority.__exit__()
    return authority


def test_a_token_of_openssl_holds(authority: Authority, response: bytes, root: bytes, tmp_path: Path) -> None:
    token = verify_token(response, MESSAGE, root)

    assert abs(token.gen_time - datetime.now(UTC)) < timedelta(minutes=5)
    assert token.accuracy == timedelta(seconds=1.5)
    assert token.latest == token.gen_time + timedelta(seconds=1.5)
    assert (token.policy, token.tsa, token.fallback_used) == (POLICY, "Example Time-Stamping Unit", False)
    assert token.imprint == imprint(response)
    assert str(token.imprint) == f"sha256:{IMPRINT.hex()}"
    assert token.gen_time == gen_time(response)
    assert token.certificate == authority.unit.der
    assert openssl_verifies(response, MESSAGE, authority, tmp_path, token.gen_time)


def test_the_time_keeps_its_fraction(response: bytes, root: bytes, tmp_path: Path) -> None:
    past = made(tmp_path, **PAST)
    token = verify_token(past.stamp(MESSAGE), MESSAGE, past.certificate.read_bytes())

    assert token.gen_time == THEN
    # openssl is asked for six digits of it: that all of them are zero is not to be expected of a token in ten
    text = subprocess.run(
        ["openssl", "ts", "-reply", "-in", "/dev/stdin", "-text"], input=response, check=True, capture_output=True
    ).stdout.decode()
    assert f"{verify_token(response, MESSAGE, root).gen_time:%M:%S.%f}".rstrip("0").rstrip(".") in text


def test_a_certificate_that_has_expired_since_does_no_harm(tmp_path: Path) -> None:
    past = made(tmp_path, **PAST, root_not_after=datetime(2022, 1, 1, tzinfo=UTC))
    response = past.stamp(MESSAGE)

    assert verify_token(response, MESSAGE, past.certificate.read_bytes()).gen_time == THEN
    assert openssl_verifies(response, MESSAGE, past, tmp_path, THEN)
    assert not openssl_verifies(response, MESSAGE, past, tmp_path, datetime.now(UTC))


@pytest.mark.parametrize(
    "at", [datetime(2018, 12, 31, tzinfo=UTC), datetime(2021, 1, 2, tzinfo=UTC)], ids=["before", "after"]
)
def test_a_certificate_that_was_not_valid_at_the_tokens_time_is_refused(tmp_path: Path, at: datetime) -> None:
    past = made(tmp_path, **PAST)

    with pytest.raises(TimestampError, match="found a certificate that was not valid at the token's time"):
        verify_token(past.stamp(MESSAGE, at=at), MESSAGE, past.certificate.read_bytes())


def test_a_token_over_other_octets_is_refused(authority: Authority, root: bytes) -> None:
    with pytest.raises(TimestampError, match=f"sha256:{IMPRINT.hex()}, found one over other octets, sha256:"):
        verify_token(authority.stamp(b"other octets"), MESSAGE, root)


def test_a_token_of_another_authority_is_refused(response: bytes, tmp_path: Path) -> None:
    with pytest.raises(TimestampError, match="found a token of another authority"):
        verify_token(response, MESSAGE, made(tmp_path).certificate.read_bytes())


def test_a_token_of_an_authority_of_the_same_name_is_refused(authority: Authority, root: bytes) -> None:
    forged = make_token(authority.rogue(), IMPRINT, at=datetime.now(UTC))

    with pytest.raises(TimestampError, match="found a token of another authority"):
        verify_token(forged, MESSAGE, root)


def test_a_signature_that_does_not_hold_is_named(response: bytes, root: bytes) -> None:
    with pytest.raises(TimestampError, match="found a signature that does not hold"):
        verify_token(flip_signature(response), MESSAGE, root)


@pytest.mark.parametrize("with_rsa", [False, True], ids=["ecdsa", "rsa"])
def test_no_octet_of_a_token_can_be_changed(tmp_path: Path, with_rsa: bool) -> None:
    authority = made(tmp_path, with_rsa=with_rsa)
    response, root = authority.stamp(MESSAGE), authority.certificate.read_bytes()
    unnoticed = []
    for place in range(len(response)):
        for bit in (0x01, 0x80):
            changed = response[:place] + bytes((response[place] ^ bit,)) + response[place + 1 :]
            try:
                verify_token(changed, MESSAGE, root)
            except TimestampError:
                continue
            unnoticed.append((place, bit))

    assert unnoticed == []


def test_a_token_that_is_cut_off_is_refused(response: bytes, root: bytes) -> None:
    for length in range(len(response)):
        with pytest.raises(TimestampError):
            verify_token(response[:length], MESSAGE, root)
    with pytest.raises(TimestampError, match="expected nothing after"):
        verify_token(response + b"\0", MESSAGE, root)


def test_the_nonce_of_the_request_must_be_in_the_token(authority: Authority, root: bytes) -> None:
    request = new_request(MESSAGE)
    response = authority.reply(request.octets)

    assert verify_token(response, MESSAGE, root, nonce=request.nonce).nonce == request.nonce
    with pytest.raises(TimestampError, match="expected the nonce of the request in the token, found another"):
        verify_token(response, MESSAGE, root, nonce=request.nonce + 1)
    with pytest.raises(TimestampError, match="found none"):
        verify_token(authority.stamp(MESSAGE), MESSAGE, root, nonce=request.nonce)


def test_a_request_holds_the_hash_and_a_nonce_and_nothing_else() -> None:
    first, second = new_request(MESSAGE), new_request(MESSAGE)

    assert first.nonce != second.nonce
    for request in (first, second):
        assert IMPRINT in request.octets
        # version 1, SHA-256 of the message, nonce, certReq: what is left over is the nonce's own length
        assert len(request.octets) <= 70
        text = subprocess.run(
            ["openssl", "ts", "-query", "-in", "/dev/stdin", "-text"],
            input=request.octets,
            check=True,
            capture_output=True,
        ).stdout.decode()
        assert "Policy OID: unspecified" in text
        assert "Certificate required: yes" in text
        assert "Extensions:" not in text.replace("Extensions:\n", "")


def test_a_policy_that_is_asked_for_must_be_the_tokens(response: bytes, root: bytes) -> None:
    assert verify_token(response, MESSAGE, root, policy=POLICY).policy == POLICY
    with pytest.raises(TimestampError, match=f"expected a token under the policy {OTHER_POLICY}, found {POLICY}"):
        verify_token(response, MESSAGE, root, policy=OTHER_POLICY)


@pytest.mark.parametrize(
    ("how", "found"),
    [
        ({"purposes": (ExtendedKeyUsageOID.SERVER_AUTH,)}, "1.3.6.1.5.5.7.3.1"),
        ({"purposes": (ExtendedKeyUsageOID.TIME_STAMPING, ExtendedKeyUsageOID.SERVER_AUTH)}, "1.3.6.1.5.5.7.3.8, 1.3"),
        ({"critical": False}, "not marked critical"),
        ({"purposes": ()}, "says nothing of it"),
    ],
)
def test_a_certificate_that_is_not_for_time_stamping_is_refused(
    tmp_path: Path, how: dict[str, Any], found: str
) -> None:
    authority = made(tmp_path, **how)
    response = authority.stamp(MESSAGE, at=datetime.now(UTC))

    with pytest.raises(TimestampError, match="for time-stamping and nothing else") as raised:
        verify_token(response, MESSAGE, authority.certificate.read_bytes())
    assert found in str(raised.value)
    assert not openssl_verifies(response, MESSAGE, authority, tmp_path, datetime.now(UTC))


def test_a_token_without_its_certificate_is_refused(authority: Authority, root: bytes) -> None:
    bare = make_token(authority.unit, IMPRINT, at=datetime.now(UTC), certificates=())

    with pytest.raises(TimestampError, match="expected the certificate that the token is signed with in the token"):
        verify_token(bare, MESSAGE, root)


def test_a_signature_over_another_certificate_is_refused(authority: Authority, root: bytes) -> None:
    other = make_tsa(authority.root)
    swapped = make_token(authority.unit, IMPRINT, at=datetime.now(UTC), signed_certificate=other.der)

    with pytest.raises(TimestampError, match="expected the certificate that the signature covers in the token"):
        verify_token(swapped, MESSAGE, root)


def test_certificates_in_an_order_that_der_forbids_are_put_in_order(tmp_path: Path) -> None:
    authority = made(tmp_path, intermediate=True)
    within = sorted((authority.unit.der, authority.issuer.der))
    chain = authority.certificate.read_bytes()

    def stamped(certificates: list[bytes]) -> bytes:
        at = datetime.now(UTC)
        return make_token(authority.unit, IMPRINT, at=at, certificates=certificates, unsorted=True)

    assert verify_token(stamped(within), MESSAGE, chain).way == "as received"
    reversed_order = verify_token(stamped(within[::-1]), MESSAGE, chain)
    assert (reversed_order.way, reversed_order.fallback_used) == ("certificates in order", True)
    with pytest.raises(TimestampError, match="a signature that does not hold"):
        verify_token(flip_signature(stamped(within[::-1])), MESSAGE, chain)


def test_a_chain_may_stand_beside_the_root(tmp_path: Path) -> None:
    authority = made(tmp_path, intermediate=True)
    lone = make_token(authority.unit, IMPRINT, at=datetime.now(UTC))

    assert verify_token(lone, MESSAGE, authority.chain.read_bytes()).tsa == "Example Time-Stamping Unit"
    with pytest.raises(TimestampError, match="found a token of another authority"):
        verify_token(lone, MESSAGE, authority.certificate.read_bytes())


def test_openssl_is_asked_about_what_the_library_refuses(
    authority: Authority, root: bytes, response: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(octets: bytes) -> None:
        raise ValueError("ASN.1 parse error")

    monkeypatch.setattr("rfc3161_client.decode_timestamp_response", refuse)

    assert verify_token(response, MESSAGE, root).way == "openssl"
    with pytest.raises(TimestampError, match="a signature that does not hold"):
        verify_token(flip_signature(response), MESSAGE, root)
    with pytest.raises(TimestampError, match="a token of another authority"):
        verify_token(make_token(authority.rogue(), IMPRINT, at=datetime.now(UTC)), MESSAGE, root)
    with pytest.raises(TimestampError, match="found one over other octets"):
        verify_token(authority.stamp(b"other octets"), MESSAGE, root)


def test_openssl_checks_the_chain_at_the_tokens_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    past = made(tmp_path, **PAST, intermediate=True, root_not_after=datetime(2022, 1, 1, tzinfo=UTC))
    monkeypatch.setattr("rfc3161_client.decode_timestamp_response", lambda _: int("no number"))

    assert verify_token(past.stamp(MESSAGE), MESSAGE, past.chain.read_bytes()).way == "openssl"
    with pytest.raises(TimestampError, match="not valid at the token's time"):
        late = datetime(2021, 6, 1, tzinfo=UTC)
        verify_token(past.stamp(MESSAGE, at=late), MESSAGE, past.chain.read_bytes())


def test_without_openssl_nothing_is_taken_on_trust(
    response: bytes, root: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rfc3161_client.decode_timestamp_response", lambda _: int("no number"))
    monkeypatch.setattr(timestamp.shutil, "which", lambda _: None)

    with pytest.raises(TimestampError, match="openssl is not installed"):
        verify_token(response, MESSAGE, root)


@pytest.mark.parametrize("how", [{"with_rsa": True}, {"ess": "sha1"}, {"with_rsa": True, "ess": "sha512"}])
def test_other_keys_and_hashes_of_authorities_are_known(tmp_path: Path, how: dict[str, Any]) -> None:
    authority = made(tmp_path, **how)
    response = authority.stamp(MESSAGE)

    assert verify_token(response, MESSAGE, authority.certificate.read_bytes()).way == "as received"
    with pytest.raises(TimestampError):
        verify_token(flip_signature(response), MESSAGE, authority.certificate.read_bytes())


TOKENS = Path(__file__).parent.parent / "tokens"


@pytest.mark.parametrize(
    ("name", "at", "accuracy", "tsa"),
    [
        ("trustid", datetime(2025, 3, 11, 8, 52, 8, tzinfo=UTC), None, "TrustID Timestamp Authority"),
        ("sigstore", datetime(2025, 5, 9, 11, 58, 55, tzinfo=UTC), timedelta(seconds=1), "sigstore-tsa"),
    ],
)
def test_tokens_of_authorities_in_service_hold(name: str, at: datetime, accuracy: timedelta | None, tsa: str) -> None:
    response, pem = (TOKENS / f"{name}.tsr").read_bytes(), (TOKENS / f"{name}.pem").read_bytes()
    token = verify_token(response, b"hello", pem)

    assert (token.gen_time, token.accuracy, token.tsa, token.way) == (at, accuracy, tsa, "as received")
    with pytest.raises(TimestampError, match="found one over other octets"):
        verify_token(response, b"hallo", pem)
    with pytest.raises(TimestampError, match="found a token of another authority"):
        other = {"trustid": "sigstore", "sigstore": "trustid"}[name]
        verify_token(response, b"hello", (TOKENS / f"{other}.pem").read_bytes())
    for place in range(0, len(response), 7):
        with pytest.raises(TimestampError):
            changed = response[:place] + bytes((response[place] ^ 4,)) + response[place + 1 :]
            verify_token(changed, b"hello", pem)


@pytest.mark.parametrize(
    ("octets", "words"),
    [
        (refusal(2, "closed"), r"refuses: rejection \(closed: system failure\)"),
        (refusal(3, "later", None), r"refuses: waiting \(later\)"),
        (refusal(2, "", 14), r"refuses: rejection \(its time source is not available\)"),
        (refusal(5, "line\nbreak\x1b[31m", None), r"revocation notification \(line\?break\?\[31m\)"),
        (refusal(77), "refuses: status 77"),
        (refusal(0), "expected one token, found 0"),
        (b"<!doctype html>", "expected a response of a time-stamping authority"),
        (b"", "expected a response of a time-stamping authority"),
        (b"\x30" * 3000, "expected a response of a time-stamping authority"),
        (bytes(RESPONSE_LIMIT + 1), "expected a response of up to"),
    ],
)
def test_an_answer_without_a_token_is_told_with_the_authoritys_words(octets: bytes, words: str) -> None:
    for read in (imprint, gen_time, lambda response: verify_token(response, MESSAGE, b"")):
        with pytest.raises(TimestampError, match=words):
            read(octets)


@pytest.mark.parametrize(
    "pem", [b"", b"no certificate", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
)
def test_certificates_that_cannot_be_read_are_refused(response: bytes, pem: bytes) -> None:
    with pytest.raises(TimestampError, match="expected certificates in PEM"):
        verify_token(response, MESSAGE, pem)


def test_a_certificate_in_der_is_told_how_to_be_pem(authority: Authority, response: bytes) -> None:
    with pytest.raises(TimestampError, match="found DER: openssl x509 -inform DER"):
        verify_token(response, MESSAGE, authority.root.der)


def test_an_authoritys_own_certificate_is_no_root(authority: Authority, response: bytes) -> None:
    with pytest.raises(TimestampError, match="expected the authority's root certificate, which is issued by itself"):
        verify_token(response, MESSAGE, authority.unit.pem)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_no_octets_do_worse_than_to_be_refused(authority: Authority, response: bytes, data: st.DataObject) -> None:
    root = authority.certificate.read_bytes()
    place = data.draw(st.integers(0, len(response) - 1))
    cut = data.draw(st.integers(0, 20))
    put = data.draw(st.binary(max_size=20))
    changed = response[:place] + put + response[place + cut :]
    if changed == response:
        return
    with pytest.raises(TimestampError):
        verify_token(changed, MESSAGE, root)


# lists of revoked certificates


def test_a_list_of_revoked_certificates_is_read(tmp_path: Path) -> None:
    authority = made(tmp_path, crl=True)
    pem = authority.certificate.read_bytes()
    token = verify_token(authority.stamp(MESSAGE), MESSAGE, pem)
    since = datetime(2026, 1, 1, tzinfo=UTC)

    assert crl_places(token.certificate) == [authority.crl_url]
    assert read_crl(make_crl(authority.root), token, pem).revoked_at is None
    authority.revoke(since)
    assert read_crl(make_crl(authority.root, authority.revoked), token, pem).revoked_at == since


def test_a_list_of_another_issuer_is_refused(tmp_path: Path) -> None:
    authority = made(tmp_path, crl=True)
    pem = authority.certificate.read_bytes()
    token = verify_token(authority.stamp(MESSAGE), MESSAGE, pem)

    with pytest.raises(TimestampError, match=r"expected the list of .*Example Root.*found that of .*Other"):
        read_crl(make_crl(make_ca("Other")), token, pem)
    with pytest.raises(TimestampError, match="that its issuer has signed"):
        read_crl(make_crl(make_ca("Example Root")), token, pem)
    with pytest.raises(TimestampError, match="in DER"):
        read_crl(b"no list", token, pem)


def test_a_certificate_that_names_no_list_names_none(authority: Authority) -> None:
    assert crl_places(authority.unit.der) == []


def test_openssl_is_here() -> None:
    assert shutil.which("openssl"), "the tests' authority is openssl: apt-get install openssl"
