"""The lines that the page shows are programs: they are run here, as one who copied them would run them."""

import contextlib
import io
import os
from collections.abc import Mapping
from typing import Any

import pytest

from lab.control import Control
from lab.errors import LabError
from lab.playground import code, sending
from lab.playground.account import STREAM
from lab.rules.hash_space import range_of
from tests.lab.emulator.support import client


def run(lines: str, names: dict[str, Any]) -> str:
    """What LINES print."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(lines, "copied", "exec"), names)
    return printed.getvalue()


@pytest.mark.xdist_group("shared-lab")
def test_copied_lines_do_what_the_buttons_do(
    fresh_account: Mapping[str, str], control: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in fresh_account.items():
        if name.startswith("AWS_"):
            monkeypatch.setenv(name, value)
    names: dict[str, Any] = {}
    run(code.opening(control.account, "kinesis", "s3"), names)
    run(code.listing("kinesis", "create_stream", {"StreamName": STREAM, "ShardCount": 2}), names)
    control.set("quotas", scale=0.05)
    said = run(code.sending(0, 120, 100, 100, 60, 0.0, retry=True), names)
    assert said.splitlines()[-1] == "0 refused"
    shards = control.look("shards")[STREAM]["shards"].values()
    assert sorted(one["accepted"] for one in shards) == [0, 120], "one key, one shard; with retries all"
    assert sum(one["refused"] for one in shards) > 0, "the control: the quota refused some at first"
    once = run(code.sending(120, 200, 100, 0, 200, 0.0, retry=False), names)
    assert once.count("refused") == 1, "without retries one round"
    shard = client(fresh_account).list_shards(StreamName=STREAM)["Shards"][0]
    asked = {
        "StreamName": STREAM,
        "ShardToSplit": shard["ShardId"],
        "NewStartingHashKey": str(range_of(shard).middle + 1),
    }
    run(code.listing("kinesis", "split_shard", asked), names)
    assert len(client(fresh_account).list_shards(StreamName=STREAM)["Shards"]) == 4
    polled = run(code.polling([shard["ShardId"]]).replace("range(60)", "range(1)"), names)
    assert polled.startswith(f"{shard['ShardId']} ")
    assert os.environ["AWS_ENDPOINT_URL"] in str(names["kinesis"].meta.endpoint_url)


def test_a_long_call_is_laid_out_and_stays_the_same_call() -> None:
    asked = {"Name": "x" * 60, "Settings": {"A": ["one" * 20, "two" * 20], "B": {}}, "Number": 3}
    written = code.listing("service", "method", asked)
    assert max(map(len, written.splitlines())) <= 100
    heard: list[Any] = []

    class Service:
        def method(self, **told: Any) -> None:
            heard.append(told)

    run(written, {"service": Service()})
    assert heard == [asked]
    assert code.listing("s", "m", {"A": 1}, "answer") == "answer = s.m(A=1)"


def test_what_is_sent_is_what_the_code_says() -> None:
    asked = sending.Order(count=300, size=80, hot_percent=25, seconds=0, retry=False)
    sent: list[Any] = []

    class Kinesis:
        def put_records(self, StreamName: str, Records: list[Any]) -> Any:  # noqa: N803
            sent.extend(Records)
            return {"Records": [{}] * len(Records)}

    names: dict[str, Any] = {"kinesis": Kinesis()}
    run(code.sending(7, 300, 80, 25, asked.per, asked.pause, retry=False), names)
    assert sent == sending.records(asked, 7)
    assert sum(one["PartitionKey"] == "hot" for one in sent) == 75
    assert {len(one["Data"]) for one in sent} == {80}


@pytest.mark.parametrize(
    "wrong",
    [
        {"count": 0}, {"count": 1.5}, {"count": "10"}, {"count": True}, {"count": None}, {"size": 19},
        {"size": 100_001}, {"hot_percent": 101}, {"seconds": -1}, {"seconds": 10**9},
        {"count": 100_000, "size": 100_000},
    ],
)  # fmt: skip
def test_orders_that_cannot_be(wrong: dict[str, Any]) -> None:
    body = {"count": 10, "size": 100, "hot_percent": 0, "seconds": 0}
    assert sending.order(body).count == 10
    with pytest.raises(LabError):
        sending.order(body | wrong)


def test_spreading_over_time() -> None:
    asked = sending.order({"count": 1000, "size": 100, "hot_percent": 0, "seconds": 5})
    calls = -(-asked.count // asked.per)
    assert calls * asked.pause == pytest.approx(5)
    assert calls == 20
    assert sending.order({"count": 1000, "size": 100_000, "hot_percent": 0, "seconds": 0}).per == 104
