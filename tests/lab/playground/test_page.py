"""The page in a real browser, on a real stream: press, wait, compare every number with what boto3 says."""

import asyncio
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


def test_words_of_what_happened_outlive_a_slow_answer(page: Page) -> None:
    """The event can come just before "at work" is said, and must not be lost to it."""
    page.ask(
        "void (window.real = setTimeout, window.setTimeout = (does, after) =>"
        " after === 700 ? void (window.slow = does) : real(does, after))"
    )
    page.ask("document.querySelector('#note').textContent = ''")
    page.click("#start-over")
    page.wait("document.querySelector('#note').textContent.includes('empty again')")
    page.ask("void slow()")
    assert "empty again" in page.text("#note")


def readers_calls(stage: Stage) -> dict[str, int]:
    """How often each call that only readers make was made, after the page began anew."""
    told = stage.home.control.look("calls")
    return {
        name: told[name]
        for name in told
        if name.endswith(("GetRecords", "GetShardIterator", "SubscribeToShard"))
    }


def test_readers_end_when_everything_begins_anew(page: Page, stage: Stage) -> None:
    press(page, "Delete Firehose")
    wait_for(page, "#firehose", "Create Firehose")
    for number, kind in enumerate(("polling", "fan-out"), 1):
        page.click(f"[data-reader={kind}]")
        page.wait(f"document.querySelector(\".reader[data-reader='{kind}-{number}']\")")
    send(page, 20)
    settled(page, lambda one: one["read"] == 20)
    page.click("#start-over")
    page.wait("document.querySelector('#sum-sent').textContent === '0'")
    before = readers_calls(stage)
    time.sleep(3)  # a reader asks once a second
    assert readers_calls(stage) == before


def test_nothing_is_counted_twice_after_a_reload_or_a_sleep(page: Page, stage: Stage) -> None:
    send(page, 100)
    settled(page, lambda one: one["sent"] == 100)
    page.ask("document.body.dataset.same = 'page'")
    stage.cut()  # as a network does while a laptop sleeps
    more = {"count": 50, "size": 100, "hot_percent": 0, "seconds": 0, "retry": False}
    asyncio.run_coroutine_threadsafe(stage.playground.send(more), stage.loop).result(60)
    settled(page, lambda one: one["sent"] == 150)
    assert page.ask("document.body.dataset.same") == "page", "it went on by itself"
    page.open(stage.address)
    page.wait("document.querySelector('#sum-sent')?.textContent === '150'")
    assert shown(page)["sent"] == 150
    page.errors.clear()  # the browser notes the connection that was cut


def test_many_records_are_told_by_few_dots(page: Page, stage: Stage) -> None:
    send(page, 20_000)
    settled(page, lambda one: one["sent"] == 20_000, 180)
    page.wait("document.querySelector('#scale').textContent === ''")
    page.ask("""{
        const scale = document.querySelector('#scale');
        window.scales = [];
        new MutationObserver(() => window.scales.push(scale.textContent)).observe(scale, {childList: true});
    }""")
    call = {"tries": 1, "shards": {"shardId-000000000000": {"accepted": 500, "refused": 0}}}

    def forty_calls() -> None:  # at once: a slow machine's own calls come one by one, and each has room
        for _ in range(40):
            stage.playground.feed.publish("flew", call)

    stage.loop.call_soon_threadsafe(forty_calls)
    page.wait("window.scales.at(-1) === ''")
    assert any(
        told.startswith("Many records: one dot stands for about") for told in page.ask("window.scales")
    )
    assert int(page.ask("document.querySelector('#flight').dataset.moving ?? 0")) <= 2000


def test_by_the_keyboard_alone_and_without_motion(page: Page) -> None:
    page.look(1280, 900, motion="reduce")
    page.ask("document.querySelector('#count').focus()")
    page.key("Enter", 13, "\r")
    settled(page, lambda one: one["sent"] == 200)
    assert page.ask("getComputedStyle(document.querySelector('#flight')).display") == "none"
    page.wait("document.querySelector('#told').textContent.includes('200 sent')", 15)
    page.ask("document.querySelector('.lane button').focus()")
    page.key("Enter", 13, "\r")
    page.wait("document.querySelectorAll('.lane').length === 4")
    unnamed = """[...document.querySelectorAll('button, input, [role=meter]')].filter(e => !(
        e.textContent.trim() || e.labels?.length || e.getAttribute('aria-label'))).map(e => e.outerHTML)"""
    assert page.ask(unnamed) == []


def test_it_fits(page: Page, tmp_path: Path) -> None:
    send(page, 2000, seconds=1)
    settled(page, lambda one: one["sent"] == 2000)
    for theme in ("light", "dark"):
        for width in (1280, 390):
            page.look(width, 900, theme)
            page.picture(tmp_path / f"{theme}-{width}.png")
            assert page.ask("document.documentElement.scrollWidth") <= width, "nothing scrolls sideways"


def wait_for(page: Page, selector: str, text: str, seconds: float = 60) -> None:
    page.wait(f"document.querySelector({selector!r})?.textContent.includes({text!r})", seconds)


def press(page: Page, words: str) -> None:
    """The first button that says WORDS."""
    page.ask(f"[...document.querySelectorAll('button')].find(e => e.textContent.includes({words!r})).click()")


def objects(stage: Stage) -> dict[str, bytes]:
    s3 = stage.client("s3")
    keys = [one["Key"] for one in s3.list_objects_v2(Bucket=stage.home.bucket).get("Contents", [])]
    return {key: s3.get_object(Bucket=stage.home.bucket, Key=key)["Body"].read() for key in keys}


def test_firehose_flushes_by_time_and_by_size(page: Page, stage: Stage) -> None:
    send(page, 200)
    settled(page, lambda one: one["buffered"] == 200)
    wait_for(page, "#first", "300 seconds will flush first")
    press(page, "Wait 1 minute")
    page.wait("parseInt(document.querySelector('#gauge .seconds .value').textContent) >= 60")
    assert objects(stage) == {}
    press(page, "Wait 5 minutes")
    settled(page, lambda one: one["delivered"] == 200)
    wait_for(page, "#first", "The buffer is empty")
    ((key, content),) = objects(stage).items()
    assert content.count(b"\n") == 200
    page.wait("document.querySelectorAll('#objects li').length === 1")
    assert page.text("#objects li span") == key
    page.click("#objects li button")
    wait_for(page, "#content", "200 records")
    assert page.text("#content pre") == content.decode()[:20_000]
    send(page, 110, size=50_000, seconds=3, retry=True)
    settled(page, lambda one: (one["buffered"] > 20 and one["buffered"] < 100) or one["delivered"] > 200)
    after = settled(page, lambda one: one["delivered"] > 200, 120)
    assert max(map(len, objects(stage).values())) >= 5 * 2**20, "by size: no time was let pass"
    settled(page, lambda one: one["delivered"] + one["buffered"] == 310)
    assert after["expired"] == 0


def test_splits_merges_and_doubling(page: Page, stage: Stage) -> None:
    kinesis = stage.client("kinesis")
    send(page, 100)
    settled(page, lambda one: one["sent"] == 100)
    press(page, "Split")
    page.wait("document.querySelectorAll('.lane').length === 4")
    listed = {one["ShardId"]: one for one in kinesis.list_shards(StreamName=STREAM)["Shards"]}
    assert set(lanes(page)) == set(listed)
    assert "closed" in page.text('[data-shard="shardId-000000000000"]')
    words = page.ask("document.querySelector('#tree svg').getAttribute('aria-label')")
    assert "shard 0, closed; shard 2, of shard 0; shard 3, of shard 0; shard 1" in words
    before = stage.counts()["shards"]["shardId-000000000000"]["accepted"]
    send(page, 100)
    settled(page, lambda one: one["sent"] == 200)
    assert stage.counts()["shards"]["shardId-000000000000"]["accepted"] == before
    page.click('[data-shard="shardId-000000000002"] button:nth-of-type(2)')
    page.wait("document.querySelectorAll('.lane').length === 5")
    merged = kinesis.list_shards(StreamName=STREAM)["Shards"][-1]
    assert (merged["ParentShardId"], merged["AdjacentParentShardId"]) == (
        "shardId-000000000002",
        "shardId-000000000003",
    )
    press(page, "Double the shards")
    page.wait("document.querySelectorAll('.lane:not(.closed)').length === 4")
    assert (
        stage.client("kinesis").describe_stream_summary(StreamName=STREAM)["StreamDescriptionSummary"][
            "OpenShardCount"
        ]
        == 4
    )
    press(page, "Wait 25 hours")
    page.wait("document.querySelectorAll('.lane').length === 4")
    settled(page, lambda one: one["in_stream"] + one["delivered"] + one["expired"] == 200)


@pytest.mark.parametrize("kind", ["polling", "fan-out", "lambda"])
def test_a_reader_that_dies_falls_behind_until_its_alarm_rings(page: Page, stage: Stage, kind: str) -> None:
    press(page, "Delete Firehose")
    wait_for(page, "#firehose", "Create Firehose")
    page.click(f"[data-reader={kind}]")
    name = f"{kind}-1"
    row = f".reader[data-reader='{name}']"
    page.wait(f'document.querySelector("{row}")')
    send(page, 200)
    settled(page, lambda one: one["read"] == 200)
    page.wait(f'document.querySelector("{row} .lags").textContent.match(/caught up/g)?.length === 2')
    page.click(f"{row} button")
    page.wait(f'document.querySelector("{row}").textContent.includes("dead")')
    send(page, 150)
    settled(page, lambda one: one["sent"] == 350)
    time.sleep(2)  # a reader that were alive would have read them
    assert shown(page)["read"] == 200
    behind = page.ask(
        f'[...document.querySelectorAll("{row} .lags .value")].map(e => parseInt(e.textContent))'
    )
    assert sum(behind) == 150
    for _ in range(4):
        press(page, "Wait 1 minute")
        time.sleep(1.2)  # a failing function is tried once a second
    page.wait(f'document.querySelector("{row}").textContent.includes("ALARM")')
    (alarm,) = stage.client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"]
    assert alarm["StateValue"] == "ALARM"
    page.click(f"{row} button")
    settled(page, lambda one: one["read"] == 350, 90)
    numbers = [one["SequenceNumber"] for records in records_of(stage).values() for one in records]
    assert len(numbers) == 350


def test_retention_takes_what_nobody_read(page: Page) -> None:
    press(page, "Delete Firehose")
    wait_for(page, "#firehose", "Create Firehose")
    send(page, 300)
    settled(page, lambda one: one["in_stream"] == 300)
    press(page, "Wait 25 hours")
    settled(page, lambda one: one["expired"] == 300)


def test_firehose_takes_its_buffer_along(page: Page) -> None:
    send(page, 50)
    settled(page, lambda one: one["buffered"] == 50)
    press(page, "Delete Firehose")
    settled(page, lambda one: one["lost"] == 50)
