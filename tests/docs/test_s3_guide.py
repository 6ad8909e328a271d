"""docs/s3.md: what it says that the crawler's user must be allowed is what pushes, checks, releases and clones ask for.

SeaweedFS knows no policies of that form; the proxy before it is the one who allows what the policy allows.
"""

from __future__ import annotations

import json
import os
import re
import secrets
from pathlib import Path
from typing import Any

import pytest
from khronika_command import Khronika
from page_server import Reply, serving
from s3_lies import Denied
from s3_proxy import Asked, lying
from s3_server import s3_server

from crawler.cli import Exit, run

GUIDE = Path(__file__).parent.parent.parent / "docs" / "s3.md"
ACTIONS = {
    "PutObject": "s3:PutObject",
    "CreateMultipartUpload": "s3:PutObject",
    "UploadPart": "s3:PutObject",
    "CompleteMultipartUpload": "s3:PutObject",
    "AbortMultipartUpload": "s3:AbortMultipartUpload",
    "ListParts": "s3:ListMultipartUploadParts",
    "ListMultipartUploads": "s3:ListBucketMultipartUploads",
    "GetObject": "s3:GetObject",
    "HeadObject": "s3:GetObject",
    "GetObjectRetention": "s3:GetObjectRetention",
    "PutObjectRetention": "s3:PutObjectRetention",
    "ListObjectsV2": "s3:ListBucket",
    "HeadBucket": "s3:ListBucket",
    "ListObjectVersions": "s3:ListBucketVersions",
    "GetBucketVersioning": "s3:GetBucketVersioning",
    "GetObjectLockConfiguration": "s3:GetBucketObjectLockConfiguration",
    "DeleteObject": "s3:DeleteObject",
    "DeleteObjects": "s3:DeleteObject",
}
"""The right that Amazon's S3 asks for at each operation."""


def blocks() -> list[dict[str, Any]]:
    found = re.findall(r"^ *```json\n(.*?)^ *```$", GUIDE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    return [json.loads(block) for block in found]


def policy() -> set[str]:
    (found,) = [block for block in blocks() if "Statement" in block]
    assert {one["Effect"] for one in found["Statement"]} == {"Allow"}
    return {action for one in found["Statement"] for action in one["Action"]}


def wanted(asked: Asked) -> set[str]:
    """The rights that a request needs."""
    rights = {ACTIONS[asked.operation]}
    if "versionId" in asked.query and asked.operation in {"GetObject", "HeadObject", "DeleteObject"}:
        rights = {f"{right}Version" for right in rights}
    if asked.header("x-amz-object-lock-mode"):
        rights.add("s3:PutObjectRetention")
    return rights


def test_the_policy_lets_nobody_take_back_what_was_sent() -> None:
    assert not [action for action in policy() if re.search(r"Delete|Bypass|\*|s3:PutBucket|Lifecycle", action)]


def test_the_lifecycle_rule_ends_uploads_and_nothing_else() -> None:
    (found,) = [block for block in blocks() if "Rules" in block]
    (rule,) = found["Rules"]

    assert {*rule} == {"ID", "Status", "Filter", "AbortIncompleteMultipartUpload"}


def test_the_policy_is_enough(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = {
        "/": Reply(body=b"<p>Case 17: five years.", headers={"Content-Type": "text/html"}),
        "/scan": Reply(body=secrets.token_bytes(6 << 20), headers={"Content-Type": "application/octet-stream"}),
    }
    khronika = Khronika(tmp_path / "home", capsys)
    with serving(pages) as served:
        for path in pages:
            assert khronika("crawl", "--url", served.url(path), "--delay", "0")[0] == Exit.DONE
    with s3_server(tmp_path / "s3") as server, lying(server) as proxy:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            monkeypatch.delenv(name)
        for name, value in proxy.environment().items():
            if name.startswith("AWS_"):
                monkeypatch.setenv(name, value)
        server.make_bucket("my-bucket", locked=True)
        settings = khronika.path / "khronika.toml"
        text = settings.read_text("utf-8").replace(
            "\n[keep]\n", '\n[keep]\nlocal = "copied"\ncopies = 1\ndays = 0\n', 1
        )
        text += '\n[[copy]]\nname = "vault"\nto = "s3://my-bucket/ledger"\nlock = "governance"\nlock-days = 1\n'
        settings.write_text(f'{text}part-size = 5300000\nendpoint = "{proxy.endpoint}"\n', "utf-8")
        refused = frozenset(operation for operation, action in ACTIONS.items() if action not in policy())
        proxy.tell(Denied(which=refused))

        for words in (("push",), ("check", "--all"), ("release",)):
            status, out, err = khronika("copies", *words)
            assert status == Exit.DONE, (words, out, err)
        place = ("s3://my-bucket/ledger", "--endpoint", proxy.endpoint)
        assert khronika("verify", "--at", *place)[0] == Exit.DONE
        assert run(["clone", *place[:1], str(tmp_path / "clone"), *place[1:]]) == Exit.DONE

        assert "DeleteObject" in refused
        rights = {right for asked in proxy.asked for right in wanted(asked)}
        assert rights <= policy()
        # the rest is asked for when a push was broken off, or finds something else under a name, and by the probe
        trouble = {"s3:ListMultipartUploadParts", "s3:AbortMultipartUpload", "s3:ListBucketVersions"}
        assert policy() - rights <= trouble | {"s3:GetBucketObjectLockConfiguration"}
