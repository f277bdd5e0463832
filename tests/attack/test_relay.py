"""A21: the way to the lab. An assignment that uses it gets one account and the named services, no more."""

import json
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from grader import sandbox
from grader.relay import Gate
from lab.instance import Instance, private_lab
from tests.grader.conftest import Grader

pytestmark = [
    pytest.mark.skipif(sandbox.tier() == "none", reason="this machine gives no sandbox (grader doctor)"),
    pytest.mark.xdist_group("relay"),
]

CHECKS = """
from grader.task import Cases, Task

SERVICES = ("kinesis", "iam", "sts")
SWITCHES = ("clock",)
TASKS = [
    Task(id="try_it", title="Try it", function="try_it", read="nowhere", hints=("a", "b"),
         oracle=lambda name: ["yes"], seconds_per_call=20.0,
         parts=(Cases("all", 1, "must return yes", ({"name": "s-1"},), lambda rng: {"name": "s-2"}, 1),)),
]
"""


def code_cell(source: str, **flags: Any) -> dict[str, Any]:
    nbgrader = {
        "schema_version": 3,
        "task": False,
        "grade": False,
        "solution": False,
        "locked": False,
        **flags,
    }
    return {
        "cell_type": "code",
        "id": flags["grade_id"].replace("_", "-"),
        "metadata": {"nbgrader": nbgrader},
        "source": source,
        "outputs": [],
        "execution_count": None,
    }


def notebook(answer: str) -> str:
    cells = [
        code_cell("import boto3", grade_id="setup", locked=True),
        code_cell(answer, grade_id="try_it_answer", solution=True),
        code_cell('check("try_it")', grade_id="try_it", grade=True, points=1, locked=True),
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


@pytest.fixture(scope="module")
def lab() -> Iterator[Instance]:
    with private_lab() as instance:
        yield instance


class LabArena:
    """An assignment that uses the lab, and what a submission's function returns there."""

    def __init__(self, root: Path, grader: Grader) -> None:
        self.root, self.grader = root, grader
        for folder in ("solutions/90-lab", "exercises/90-lab"):
            (root / folder).mkdir(parents=True)
        (root / "solutions/90-lab/checks.py").write_text(CHECKS)
        (root / "exercises/90-lab/90-lab.ipynb").write_text(notebook("def try_it(name):\n    ..."))

    def said(self, body: str, student: str = "mallory") -> str:
        """BODY is the function's body; its value, or its error, as the reasons quote it."""
        answer = "def try_it(name):\n" + textwrap.indent(textwrap.dedent(body), "    ")
        path = self.root / f"submitted/{student}/90-lab/90-lab.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(notebook(answer))
        done = self.grader("autograde", "90-lab", "--workers", "1", cwd=self.root)
        assert done.returncode == 0, done.stderr
        lines = map(json.loads, (self.root / ".grader/90-lab/results.jsonl").read_text().splitlines())
        line = next(line for line in lines if line["student"] == student)
        return "right" if line["score"] else " ".join(line["tasks"][0]["reasons"] + line["warnings"])


@pytest.fixture
def arena(tmp_path: Path, grader: Grader, lab: Instance, monkeypatch: pytest.MonkeyPatch) -> LabArena:
    monkeypatch.setenv("LAB_STATE", str(lab.state))
    return LabArena(tmp_path / "lab-course", grader)


def client(lab: Instance, account: str) -> Any:
    assert lab.running is not None
    return boto3.client("kinesis", endpoint_url=lab.running.endpoint, region_name="us-east-1",
                        aws_access_key_id=account, aws_secret_access_key="x")  # fmt: skip


def test_plain_boto3_works_in_an_account_of_its_own(arena: LabArena, lab: Instance) -> None:
    body = """
        kinesis = boto3.client("kinesis")
        kinesis.create_stream(StreamName=name, ShardCount=1)
        kinesis.get_waiter("stream_exists").wait(StreamName=name, WaiterConfig={"Delay": 1})
        kinesis.put_records(StreamName=name, Records=[{"Data": b"x", "PartitionKey": "k"}] * 3)
        shard = kinesis.list_shards(StreamName=name)["Shards"][0]["ShardId"]
        place = kinesis.get_shard_iterator(StreamName=name, ShardId=shard, ShardIteratorType="TRIM_HORIZON")
        records = kinesis.get_records(ShardIterator=place["ShardIterator"])["Records"]
        return ["yes"] if len(records) == 3 else [len(records)]
    """
    assert arena.said(body) == "right"


def test_the_account_is_wiped_and_another_one_each_time(arena: LabArena, lab: Instance) -> None:
    body = """
        boto3.client("kinesis").create_stream(StreamName=name, ShardCount=1)
        return ["account " + boto3.client("sts").get_caller_identity()["Account"]]
    """
    accounts = [re.search(r"account (\d{12})", arena.said(f"{body.rstrip()}  # {n}")) for n in range(2)]
    first, second = (found[1] for found in accounts if found)
    assert first != second
    assert client(lab, first).list_streams()["StreamNames"] == []


def test_another_account_is_out_of_reach(arena: LabArena, lab: Instance) -> None:
    client(lab, "111122223333").create_stream(StreamName="secret", ShardCount=1)
    body = """
        other = boto3.client("kinesis", aws_access_key_id="111122223333", aws_secret_access_key="x")
        return other.list_streams()["StreamNames"]
    """
    assert "not of this submission" in arena.said(body)
    assert client(lab, "111122223333").list_streams()["StreamNames"] == ["secret"], "the control"


@pytest.mark.parametrize("path", ["/_lab/instance", "/_localstack/health", "/%5flab/x", "/bucket/key"])
def test_the_emulator_s_own_addresses_are_closed(arena: LabArena, path: str) -> None:
    body = f"""
        import os
        from urllib.request import urlopen
        return urlopen(os.environ["AWS_ENDPOINT_URL"] + {path!r}).status
    """
    assert "HTTP Error 403" in arena.said(body)


def test_other_services_are_closed(arena: LabArena) -> None:
    assert "403" in arena.said('return boto3.client("s3").list_buckets()["Buckets"]')
    assert "does not use kms" in arena.said('return boto3.client("kms").list_keys()["Keys"]')


def test_its_own_clock_and_no_other_switch(arena: LabArena) -> None:
    body = """
        from lab.control import control
        before = control().look("clock")["offset_seconds"]
        control().set("clock", advance_seconds=3600)
        moved = control().look("clock")["offset_seconds"] - before
        try:
            control().set("quotas", mode="off")
        except Exception as error:
            return ["yes"] if moved == 3600 else [moved]
        return ["quotas are open"]
    """
    assert arena.said(body) == "right"


def test_keys_that_the_lab_issued_inside_the_account_pass(arena: LabArena) -> None:
    body = """
        iam = boto3.client("iam")
        iam.create_user(UserName=name)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        own = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
        sts = boto3.client("sts", **own)
        return ["yes"] if sts.get_caller_identity()["Account"] else ["no"]
    """
    assert arena.said(body) == "right"
    forged = 'return boto3.client("sts", aws_access_key_id="LKIAQAAAAAAAFORGED00", aws_secret_access_key="x")'
    assert "not of this submission" in arena.said(f"{forged}.get_caller_identity()")


def test_without_a_lab_the_call_is_refused_in_words(
    arena: LabArena, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert arena.said('return ["yes"]') == "right", "the control"
    monkeypatch.setenv("LAB_STATE", str(tmp_path / "no-lab"))
    done = arena.grader("autograde", "90-lab", cwd=arena.root)
    assert done.returncode == 2
    assert "lab up" in done.stderr


SIGNED = {"Authorization": "AWS4-HMAC-SHA256 Credential=123456789012/20261120/us-east-1/kinesis/aws4_request"}


class TestGate:
    def test_the_own_account_passes(self) -> None:
        gate = Gate("123456789012", frozenset({"kinesis"}))
        assert gate.refusal("POST", "/", SIGNED) is None

    @pytest.mark.parametrize(
        ("method", "path", "headers"),
        [
            ("POST", "/", {}),
            ("CONNECT", "/", SIGNED),
            ("POST", "//x", SIGNED),
            ("POST", "/_lab/accounts/123456789012/clock", SIGNED),
            ("POST", "/", {"Authorization": SIGNED["Authorization"].replace("12/2026", "13/2026")}),
            ("POST", "/", {"Authorization": SIGNED["Authorization"].replace("kinesis", "sns")}),
        ],
    )
    def test_others_do_not(self, method: str, path: str, headers: dict[str, str]) -> None:
        assert Gate("123456789012", frozenset({"kinesis"})).refusal(method, path, headers)

    def test_requests_are_counted(self) -> None:
        gate = Gate("123456789012", frozenset({"kinesis"}), requests=49_999)
        assert gate.refusal("POST", "/", SIGNED) is None
        assert "more than" in str(gate.refusal("POST", "/", SIGNED))
