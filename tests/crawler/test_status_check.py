"""`khronika status --check` and its figures: what somebody has to see to, for monitoring."""

from __future__ import annotations

import json
import re
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from khronika_command import Khronika
from machine_words import names_machine
from page_server import Reply, serving
from prometheus_client.parser import text_string_to_metric_families

from archive.clone_mark import CloneMark, mark

PAGE = "<html lang=en><body><h1>Case of Nina Vymyslova</h1><p>Who is invented, was tried.</p></body></html>"


@pytest.fixture
def khronika(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Khronika:
    return Khronika(tmp_path / "collection", capsys)


def figures(khronika: Khronika) -> dict[str, dict[str, float]]:
    """Each figure by its name and the value of its label."""
    status, out, _ = khronika("status", "--format", "prometheus")
    assert status == 0
    return _by_label(out)


def _by_label(out: str) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for family in text_string_to_metric_families(out):
        for sample in family.samples:
            found.setdefault(sample.name, {})[next(iter(sample.labels.values()), "")] = sample.value
    return found


def test_a_collection_in_which_nothing_is_wrong_is_well(khronika: Khronika) -> None:
    with serving({"/": PAGE}) as server:
        khronika.add_site(server.url("/"))
        khronika.crawl()

    assert khronika("status", "--check")[:2] == (0, "All is well.\n")
    assert khronika.records("status", "--check") == [{"type": "check", "well": True, "troubles": 0}]


def test_a_site_of_which_no_page_can_be_had_fails_since_the_first_of_these_runs(khronika: Khronika) -> None:
    with serving({"/": PAGE}) as server:
        khronika.add_site(
            server.url("/"), robots="ignore", **{f"robots-{key}": "x" for key in ("by", "reason", "ground")}
        )
        config = khronika.path / "khronika.toml"
        config.write_text(config.read_text().replace("[crawl]\n", "[crawl]\nretries = 0\n", 1))
        khronika.crawl()
        before = datetime.now(UTC).timestamp()
        server.pages["/"] = Reply(b"", status=503)
        khronika.crawl(status=3)
        first = datetime.now(UTC).timestamp()
        khronika.crawl(status=3)

        status, out, _ = khronika("status", "--check")
        assert status == 5
        assert out.startswith("ledger: no page can be had. Since ")
        assert "In 2 runs in a row." in out
        found = figures(khronika)
        assert before < found["khronika_site_failing_since_timestamp_seconds"]["ledger"] < first
        assert 0 < found["khronika_site_last_success_timestamp_seconds"]["ledger"] < before
        assert found["khronika_site_failed_runs"] == {"ledger": 2}
        assert (found["khronika_well"], found["khronika_troubles"]["failing"]) == ({"": 0}, 1)

        server.pages["/"] = PAGE
        khronika.crawl()
        assert khronika("status", "--check")[0] == 0
        assert figures(khronika)["khronika_site_failing_since_timestamp_seconds"] == {"ledger": 0}


def test_a_site_that_is_paused_does_not_fail(khronika: Khronika) -> None:
    with serving({}) as server:
        khronika.add_site(
            server.url("/"), robots="ignore", **{f"robots-{key}": "x" for key in ("by", "reason", "ground")}
        )
        server.pages["/"] = Reply(b"", status=503)
        config = khronika.path / "khronika.toml"
        config.write_text(config.read_text().replace("[crawl]\n", "[crawl]\nretries = 0\n", 1))
        khronika.crawl(status=3)
        assert khronika("status", "--check")[0] == 5

        assert khronika("site", "pause", "ledger")[0] == 0
        assert khronika("status", "--check")[0] == 0


def test_a_log_that_cannot_be_read_is_not_well(khronika: Khronika) -> None:
    (khronika.path / "log" / "checkpoint").write_bytes(b"no checkpoint\n")

    status, out, _ = khronika("status", "--check")

    assert (status, out) == (5, "The log cannot be read. khronika verify\n")


def test_a_log_key_that_others_can_read_is_not_well(khronika: Khronika) -> None:
    (khronika.path / "keys" / "log.pem").chmod(0o644)

    assert khronika("status", "--check")[0] == 5


def test_the_figures_are_written_whole_and_for_all_to_read(khronika: Khronika, tmp_path: Path) -> None:
    path = tmp_path / "collector" / "khronika.prom"
    status, _, said = khronika("status", "--format", "prometheus", "--output", str(path))
    assert (status, "khronika.prom" in said) == (1, True)

    path.parent.mkdir()
    path.write_text("old\n")
    with path.open() as reader:
        status, out, _ = khronika("status", "--format", "prometheus", "--output", str(path))
        # who has the file open reads on in the old one
        assert reader.read() == "old\n"
    assert (status, out) == (0, "")
    assert "khronika_well 1.0\n" in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert [one.name for one in path.parent.iterdir()] == ["khronika.prom"]


def test_a_file_that_cannot_be_written_leaves_no_part_behind(khronika: Khronika, tmp_path: Path) -> None:
    path = tmp_path / "folder.prom"
    path.mkdir()
    (path / "file").touch()

    status, _, said = khronika("status", "--format", "prometheus", "--output", str(path))

    assert status == 2
    assert "Traceback" not in said


def test_figures_name_sites_and_nothing_else_of_whom_or_where(khronika: Khronika) -> None:
    with serving({"/": PAGE}) as server:
        khronika.add_site(server.url("/"))
        khronika.crawl()
        _, out, _ = khronika("status", "--format", "prometheus")

        assert 'khronika_site_captures{site="ledger"} ' in out
        for word in (server.url(""), "127.0.0.1", str(khronika.path), "Ledger Project", "example.org", "Vymyslova"):
            assert word not in out
        assert not names_machine(out)


def test_with_codes_no_name_leaves_and_a_name_has_the_same_code_each_time(khronika: Khronika) -> None:
    khronika.add_site("http://127.0.0.1:9/")

    first, second = (khronika("status", "--format", "prometheus", "--code-names")[1] for _ in range(2))

    assert "ledger" not in first
    codes = [set(_by_label(text)["khronika_site_pages"]) for text in (first, second)]
    assert codes[0] == codes[1]
    assert all(len(code) == 12 for code in codes[0])
    key = khronika.path / "keys" / "label-key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    # with another key the same name has another code: nobody can try out names
    key.unlink()
    assert (
        set(_by_label(khronika("status", "--format", "prometheus", "--code-names")[1])["khronika_site_pages"])
        != codes[0]
    )


def test_a_discreet_collection_gives_codes_unasked(khronika: Khronika) -> None:
    khronika.add_site("http://127.0.0.1:9/")
    config = khronika.path / "khronika.toml"
    config.write_text(config.read_text().replace("[crawl]\n", '[crawl]\nprofile = "discreet"\nuser-agent = "x"\n', 1))

    assert "ledger" not in khronika("status", "--format", "prometheus")[1]


def test_output_without_figures_is_refused(khronika: Khronika) -> None:
    status, _, said = khronika("status", "--output", "x")

    assert (status, "--format prometheus" in said) == (2, True)


def test_a_program_is_told_what_is_not_well(khronika: Khronika) -> None:
    (khronika.path / "keys" / "log.pem").unlink()

    told = khronika.records("status", "--check")

    assert [one["type"] for one in told] == ["warning", "check"]
    assert (told[0]["about"], told[0]["kind"]) == ("keys", "missing")
    assert json.dumps(told[1]) == '{"type": "check", "well": false, "troubles": 1}'


def test_a_clone_lacks_its_log_key_and_nothing_is_wrong_with_that(khronika: Khronika) -> None:
    (khronika.path / "keys" / "log.pem").unlink()
    mark(khronika.path, CloneMark("s3://example-bucket/archive", 1, datetime(2026, 11, 22, tzinfo=UTC)))

    assert khronika.records("status", "--check") == [{"type": "check", "well": True, "troubles": 0}]
    _, out, said = khronika("status")
    assert "This is a clone" in out + said and "Restore keys/" not in out + said


def test_the_guide_names_every_figure_and_none_that_is_not_there(khronika: Khronika, tmp_path: Path) -> None:
    # so that no kind of figure is without a value
    (tmp_path / "disk").mkdir()
    with (khronika.path / "khronika.toml").open("a") as settings:
        settings.write(f'\n[[copy]]\nname = "disk"\nto = "{tmp_path / "disk"}"\n')
    _, out, _ = khronika("status", "--format", "prometheus")
    given = {family.name for family in text_string_to_metric_families(out)}

    guide = (Path(__file__).parent.parent.parent / "docs" / "operations.md").read_text()
    named = set(re.findall(r"`(khronika_[a-z_]+)`", guide))

    assert named == given
