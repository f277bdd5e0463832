"""The page in a real browser, on a real stream: press, wait, compare every number with what boto3 says."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lab.playground.account import STREAM
from tests.browser import Page
from tests.lab.playground.conftest import Stage

pytestmark = [pytest.mark.xdist_group("shared-lab"), pytest.mark.long]
PARTS = ("refused", "in_stream", "read", "buffered", "delivered", "expired", "lost")


def shown(page: Page) -> dict[str, int]:
    """The sum as it is on the page."""
    script = "Object.fromEntries([...document.querySelectorAll('#sum dd')].map(e => [e.id, e.textContent]))"
    return {name[4:]: int(text.replace(",", "")) for name, text in page.ask(script).items()}


def settled(page: Page, is_there: Callable[[dict[str, int]], bool], seconds: float = 60) -> dict[str, int]:
    """The sum as soon as it is as it should be; right in every look on the way."""
    end = time.monotonic() + seconds
    while True:
        now = shown(page)
        assert now["sent"] == sum(now[name] for name in PARTS), now
        if is_there(now):
            return now
        assert time.monotonic() < end, now
        time.sleep(0.2)


def send(
    page: Page, count: int, size: int = 100, hot: int = 0, seconds: int = 0, *, retry: bool = False
) -> None:
    """Fill in the form and press Send."""
    values = {"count": count, "size": size, "hot": hot, "seconds": seconds}
    for name, value in values.items():
        page.ask(f"document.querySelector('#{name}').value = {value}")
    page.ask(f"document.querySelector('#retry').checked = {str(retry).lower()}")
    page.click("#go")


def lanes(page: Page) -> dict[str, str]:
    told = "[e.dataset.shard, e.querySelector('.numbers').textContent]"
    return dict(page.ask(f"[...document.querySelectorAll('.lane')].map(e => {told})"))


def records_of(stage: Stage) -> dict[str, list[Any]]:
    """Every record of the stream, by shard, read by boto3."""
    kinesis, found = stage.client("kinesis"), {}
    for shard in kinesis.list_shards(StreamName=STREAM)["Shards"]:
        asked = {"StreamName": STREAM, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
        iterator = kinesis.get_shard_iterator(**asked)["ShardIterator"]
        found[shard["ShardId"]] = kinesis.get_records(ShardIterator=iterator)["Records"]
    return found


def test_sent_records_are_in_their_lanes(page: Page, stage: Stage) -> None:
    send(page, 300)
    now = settled(page, lambda one: one["sent"] == 300)
    assert now["refused"] == 0
    read = records_of(stage)
    assert sum(map(len, read.values())) == 300
    for shard, records in read.items():
        count = len(records)
        page.wait(
            f"document.querySelector('[data-shard=\"{shard}\"]').textContent.includes('{count} accepted')"
        )
        assert lanes(page)[shard] == f"{count} accepted0 refused{count} held"
    page.click("#lane-table summary")
    page.wait("document.querySelectorAll('#lane-rows tr').length === 2")
    assert f"open0 % to 50 %{len(read['shardId-000000000000'])}0" in page.text("#lane-rows tr")


def test_a_hot_key_fills_one_lane_and_what_is_refused_comes_back(page: Page, stage: Stage) -> None:
    stage.home.control.set("quotas", scale=0.1)
    send(page, 1000, hot=100)
    now = settled(page, lambda one: one["sent"] == 1000)
    assert now["refused"] > 500
    hot, idle = sorted(stage.counts()["shards"].values(), key=lambda one: -one["accepted"])
    assert (hot["accepted"], hot["refused"]) == (1000 - now["refused"], now["refused"])
    assert (idle["accepted"], idle["refused"]) == (0, 0)
    metric = stage.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/Kinesis",
        MetricName="WriteProvisionedThroughputExceeded",
        Dimensions=[{"Name": "StreamName", "Value": STREAM}],
        StartTime=stage.counts()["now"] / 1000 - 3600,
        EndTime=stage.counts()["now"] / 1000 + 3600,
        Period=60,
        Statistics=["Sum"],
    )
    assert sum(one["Sum"] for one in metric["Datapoints"]) == now["refused"], "as CloudWatch counts it"
    stage.home.control.set("quotas", scale=1)
    send(page, 1500, hot=100, retry=True)
    done = settled(page, lambda one: one["sent"] - one["refused"] == 2500 - now["refused"])
    assert done["sent"] >= 2500, "each try counts"
    numbers = sorted(stage.counts()["shards"].values(), key=lambda one: -one["accepted"])
    assert numbers[0]["accepted"] == 2500 - now["refused"], "with retries all are in, each once"


def test_what_cannot_be_is_said_and_nothing_is_sent(page: Page, stage: Stage) -> None:
    page.ask("document.querySelector('#send').noValidate = true")
    send(page, 0)
    page.wait("document.querySelector('#note').textContent.includes('whole number from 1 to 100,000')")
    send(page, 100_000, size=100_000)
    page.wait("document.querySelector('#note').textContent.includes('100 MiB at once')")
    assert shown(page)["sent"] == 0
    page.errors.clear()  # the browser notes answers of 409


def test_it_fits(page: Page, tmp_path: Path) -> None:
    send(page, 2000, seconds=1)
    settled(page, lambda one: one["sent"] == 2000)
    for theme in ("light", "dark"):
        for width in (1280, 390):
            page.look(width, 900, theme)
            page.picture(tmp_path / f"{theme}-{width}.png")
            assert page.ask("document.documentElement.scrollWidth") <= width, "nothing scrolls sideways"
