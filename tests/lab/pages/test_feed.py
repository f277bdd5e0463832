"""Events of pages: what was missed comes once, and what can't be told any more comes as a snapshot."""

import asyncio
import json
from collections.abc import AsyncIterator

from lab.pages.feed import Feed


class Counter:
    """A state that a page can follow: a number that every event adds to."""

    def __init__(self, kept: int = 100) -> None:
        self.total = 0
        self.feed = Feed(lambda: {"total": self.total}, kept)

    def add(self, amount: int) -> None:
        self.total += amount
        self.feed.publish("added", {"amount": amount})


async def read(messages: AsyncIterator[str], count: int) -> list[dict[str, str]]:
    found = []
    for _ in range(count):
        lines = (await anext(messages)).strip().split("\n")
        found.append(dict(line.split(": ", 1) for line in lines))
    return found


def follow(told: list[dict[str, str]], total: int = 0) -> int:
    """What a page shows that heard TOLD."""
    for one in told:
        data = json.loads(one["data"])
        total = data["total"] if one["event"] == "snapshot" else total + data["amount"]
    return total


def test_a_page_that_comes_back_counts_nothing_twice_and_misses_nothing() -> None:
    async def scene() -> None:
        counter = Counter()
        counter.add(1)
        page = counter.feed.messages("", 60)
        told = await read(page, 1)
        counter.add(10)
        told += await read(page, 1)
        counter.add(100)  # the page is away
        counter.add(1000)
        told += await read(counter.feed.messages(told[-1]["id"], 60), 2)
        assert [one["event"] for one in told] == ["snapshot", "added", "added", "added"]
        assert follow(told) == counter.total == 1111

    asyncio.run(scene())


def test_who_was_away_too_long_or_over_a_restart_begins_anew() -> None:
    async def scene() -> None:
        counter = Counter(kept=2)
        counter.add(1)
        (first,) = await read(counter.feed.messages("", 60), 1)
        for _ in range(3):
            counter.add(1)
        told = await read(counter.feed.messages(first["id"], 60), 1)
        assert told[0]["event"] == "snapshot"
        assert follow([first, *told]) == 4
        after_restart = Counter()
        after_restart.add(7)
        for strange in (told[0]["id"], "x", "-1", "00000000-1", f"{told[0]['id']}9"):
            told = await read(after_restart.feed.messages(strange, 60), 1)
            assert (told[0]["event"], follow(told)) == ("snapshot", 7)

    asyncio.run(scene())


def test_a_page_that_reads_slowly_gets_a_snapshot_rather_than_all() -> None:
    async def scene() -> None:
        counter = Counter(kept=5)
        page = counter.feed.messages("", 60)
        await read(page, 1)
        for _ in range(1000):
            counter.add(1)
        told = await read(page, 1)
        assert (told[0]["event"], follow(told)) == ("snapshot", 1000)

    asyncio.run(scene())


def test_silence_is_broken_so_that_a_lost_page_is_noticed() -> None:
    async def scene() -> None:
        counter = Counter()
        page = counter.feed.messages("", 0.01)
        await anext(page)
        assert (await anext(page)).startswith(":")
        counter.add(5)
        assert follow(await read(page, 1)) == 5

    asyncio.run(scene())
