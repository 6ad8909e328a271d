"""The tamper kit against the real commands: every attack is found, and named rightly, or honestly not found."""

from __future__ import annotations

import gzip
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from authority import Authority
from page_server import serving
from tamper_bundles import BUNDLE_ATTACKS, Bundle
from tamper_kit import ATTACKS, Attack, Holds, Named, Scene, attacked, named_files, named_records
from tamper_victim import EDITED, ROOT, SETTINGS, Ran, Victim, khronika, make_victim

from archive.finding import FindingKind as K

OWN_WORD = "this folder itself names it"


@pytest.fixture(scope="module")
def victim(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Victim]:
    folder = tmp_path_factory.mktemp("tamper")
    with Authority(folder / "authority") as authority:
        yield make_victim(folder, authority)


def outside(victim: Victim) -> tuple[str, ...]:
    """What somebody adds who kept a checkpoint and the root's verifier key."""
    return "--against", str(victim.checkpoint), "--trust", victim.trust


def check(ran: Ran, expected: frozenset[K], also: frozenset[K], named: Named) -> None:
    """Hold what `verify` said against what it must say."""
    shown = "\n".join(
        f"{one['kind']} {one['file']} {one['record_id']}: {one['expected']} / {one['found']}" for one in ran.findings
    )
    shown += "\n" + ran.errors[-2000:] + str(ran.lines[-1:])
    wanted = {str(kind) for kind in expected}
    assert ran.status == 6, shown
    assert ran.verdict == "failed", shown
    assert wanted <= ran.kinds, shown
    assert ran.kinds <= wanted | {str(kind) for kind in also}, shown
    kinds = expected | also
    assert set(named.files) <= named_files(ran.findings, kinds), shown
    assert set(named.records) <= named_records(ran.findings, kinds), shown


def check_silent(ran: Ran, attack: Attack) -> None:
    """Hold what `verify` says of a folder that shows nothing: no more than it can know."""
    assert ran.status == 0, ran
    assert not ran.findings
    if attack.own_word and ran.verdict == "ok":
        assert any(OWN_WORD in gap for gap in ran.summary["not_checked"])
    else:
        assert ran.verdict == "self-attested", ran.summary


def test_the_collection_is_sound_before_anybody_attacks_it(victim: Victim) -> None:
    alone = khronika(victim.folder, "verify")
    with_others = khronika(victim.folder, "verify", *outside(victim))

    assert not alone.findings
    assert not with_others.findings
    assert with_others.verdict == "ok"
    assert not any(OWN_WORD in gap for gap in with_others.summary["not_checked"])


@pytest.mark.parametrize("name", ATTACKS)
def test_the_attack_is_found_and_named(victim: Victim, tmp_path: Path, name: str) -> None:
    attack = ATTACKS[name]
    scene, named = attacked(victim, tmp_path / "copy", attack)

    alone, with_others = (khronika(scene.folder, "verify", *words, status=None) for words in ((), outside(victim)))

    if attack.alone:
        check(alone, attack.alone, attack.also, named)
    else:
        check_silent(alone, attack)
    check(with_others, attack.outside, attack.also | attack.alone, named)


def test_there_are_attacks_of_every_kind() -> None:
    assert len(ATTACKS) >= 24
    assert {attack.holds for attack in ATTACKS.values()} == set(Holds)
    assert all(attack.outside for attack in ATTACKS.values())


# --- bundles --------------------------------------------------------------------------------------------------------


def verify_bundle(bundle: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """The verifier that lies in every bundle, in Khronika's own copy, with Python and nothing else."""
    program = ROOT / "archive" / "verify_bundle.py"
    command = ["env", "-i", "python3", "-I", "-S", str(program), str(bundle), *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def openssl_agrees(bundle: Path, said: str, folder: Path) -> bool:
    """Whether the commands that the verifier prints say OK, in the unpacked bundle."""
    shutil.unpack_archive(bundle, folder, "zip")
    commands = re.findall(r"openssl ts -verify .*", said)
    assert commands
    ran = [subprocess.run(one.split(), cwd=folder, capture_output=True, check=False) for one in commands]
    return all(one.returncode == 0 for one in ran)


@pytest.mark.parametrize("name", ["page", "other", "revisit"])
def test_the_bundles_are_sound_before_anybody_attacks_them(victim: Victim, tmp_path: Path, name: str) -> None:
    bundle = victim.bundles[name]

    assert khronika(None, "check-proof", str(bundle), "--trust", victim.trust).verdict == "ok"
    ran = verify_bundle(bundle, "--trust", victim.trust)
    assert ran.returncode == 0
    assert openssl_agrees(bundle, ran.stdout, tmp_path / "unpacked")


@pytest.mark.parametrize("name", BUNDLE_ATTACKS)
def test_the_attack_on_a_bundle_is_found_and_named(victim: Victim, tmp_path: Path, name: str) -> None:
    attack = BUNDLE_ATTACKS[name]
    bundle = Bundle.read(victim.bundles[attack.bundle], victim)
    before = dict(bundle.files)
    attack.apply(bundle)
    assert bundle.files != before
    if attack.lists_anew:
        bundle.list_anew()
    path = tmp_path / "bundle.zip"
    bundle.write(path)

    ran = khronika(None, "check-proof", str(path), status=6)
    found = verify_bundle(path)

    assert ran.verdict == "failed"
    assert (str(attack.kind), attack.file) in {(one["kind"], one["file"]) for one in ran.findings}, ran.findings
    if attack.says is not None:
        assert found.returncode == 6
        assert re.search(f"FAILED: .*(?:{attack.says})", found.stdout), found.stdout
    else:
        assert found.returncode == 0, found.stdout
    if attack.openssl:
        assert not openssl_agrees(path, found.stdout, tmp_path / "unpacked")


def test_a_bundle_of_another_archive_shows_to_who_knows_the_right_key(victim: Victim) -> None:
    bundle = victim.bundles["stranger"]

    alone = khronika(None, "check-proof", str(bundle))
    known = khronika(None, "check-proof", str(bundle), "--trust", victim.trust, status=6)
    found = verify_bundle(bundle, "--trust", victim.trust)

    assert alone.verdict == "self-attested"
    assert known.kinds == {"wrong-signer"}
    assert found.returncode == 6
    assert "not signed with" in found.stdout


# --- what must pass -------------------------------------------------------------------------------------------------


def test_records_compressed_anew_still_prove_and_the_file_is_reported(victim: Victim, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(victim.folder, folder)
    warc, n = Scene(folder, victim).capture(EDITED)
    warc.members = [gzip.compress(record, 1, mtime=0) for record in warc.records]
    warc.write()
    bundle = tmp_path / "bundle.zip"

    ran = khronika(folder, "verify")
    khronika(folder, "rebuild")
    khronika(folder, "prove", f"{victim.case(EDITED)}@2", "-o", str(bundle))

    assert {(one["kind"], one["file"]) for one in ran.findings if one["file"] != "catalogue.sqlite"} == {
        ("altered", warc.path.name)
    }
    assert not [one for one in ran.findings if one["record_id"] and one["file"] == warc.path.name]
    assert khronika(None, "check-proof", str(bundle), "--trust", victim.trust).verdict == "ok"
    assert warc.value(n, "WARC-Type") == "response"


def test_a_deleted_catalogue_costs_no_evidence(victim: Victim, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(victim.folder, folder)
    for path in folder.glob("catalogue.sqlite*"):
        path.unlink()

    ran = khronika(folder, "verify", *outside(victim))

    assert not ran.findings
    assert ran.verdict == "ok"


def test_a_token_holds_when_the_authoritys_certificate_has_expired_since(tmp_path: Path) -> None:
    home = tmp_path / "collection"
    khronika(None, "init", str(home))
    ends = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=40)
    with Authority(tmp_path / "authority", not_after=ends) as authority, serving({"/": "<p>Дело 17"}) as server:
        settings = (
            f'[[authority]]\nname = "example"\nurl = "{authority.url}"\ncertificate = "{authority.certificate}"\n'
        )
        (home / "khronika.toml").write_text(SETTINGS + settings, "utf-8")
        khronika(home, "crawl", "--url", server.url())
    assert datetime.now(UTC) < ends, "the crawl took too long to be of use here"
    time.sleep((ends - datetime.now(UTC)).total_seconds() + 1)

    ran = khronika(home, "verify", "--require-anchor")

    assert not ran.findings
    assert ran.verdict == "ok"


def test_what_was_anchored_holds_when_the_key_is_revoked_afterwards(victim: Victim, tmp_path: Path) -> None:
    folder, bundle = tmp_path / "copy", tmp_path / "bundle.zip"
    shutil.copytree(victim.folder, folder)
    since = datetime.now(UTC).isoformat().replace("+00:00", "Z")

    khronika(folder, "key", "revoke", "--compromised", since)
    ran = khronika(folder, "verify", *outside(victim))
    khronika(folder, "prove", f"{victim.case(EDITED)}@2", "-o", str(bundle))

    assert not ran.findings
    assert ran.verdict == "ok"
    assert khronika(None, "check-proof", str(bundle), "--trust", victim.trust).verdict == "ok"


# --- what is not found ----------------------------------------------------------------------------------------------


def test_an_operator_can_invent_a_capture_and_nothing_in_it_shows_that(victim: Victim, tmp_path: Path) -> None:
    """Whoever holds the keys logs what they like, and has it time-stamped: docs/threat-model.md says so."""
    folder = tmp_path / "copy"
    shutil.copytree(victim.folder, folder)
    with serving({"/": "<p>This was never on any site."}) as invented:
        khronika(folder, "crawl", "--url", invented.url())

    ran = khronika(folder, "verify", *outside(victim))

    assert not ran.findings


def test_an_event_put_into_the_inbox_is_logged_as_found_there(victim: Victim, tmp_path: Path) -> None:
    from archive.entry import EventEntry, EventType, Outcome, parse_entry
    from archive.inbox import leave
    from archive.log import LogReader
    from archive.store import FolderStore

    folder = tmp_path / "copy"
    shutil.copytree(victim.folder, folder)
    event = EventEntry(EventType.EXPORT, datetime.now(UTC), "somebody", Outcome.SUCCESS, "given to nobody")
    assert leave(folder, event)

    khronika(folder, "checkpoint")

    logged = [parse_entry(octets) for _, octets in LogReader(FolderStore(folder)).entries()]
    assert [one.via for one in logged if isinstance(one, EventEntry) and one.agent == "somebody"] == ["inbox"]


# --- the documentation ----------------------------------------------------------------------------------------------


def test_the_guide_lists_every_attack_as_it_is() -> None:
    guide = (ROOT / "docs" / "tamper-kit.md").read_text("utf-8")

    for attack in ATTACKS.values():
        alone = ", ".join(f"`{kind}`" for kind in sorted(attack.alone)) or "– (`self-attested`)"
        with_others = ", ".join(f"`{kind}`" for kind in sorted(attack.outside))
        row = f"| **{attack.name}**. {attack.does} | {attack.holds} | {alone} | {with_others} |"
        assert row in guide, row
    for bundle_attack in BUNDLE_ATTACKS.values():
        assert f"| **{bundle_attack.name}**. {bundle_attack.does} | `{bundle_attack.kind}` |" in guide
