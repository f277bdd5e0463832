"""Each scene, from its link to its last step: what it says is what the numbers show."""

from collections.abc import Callable

import pytest

from tests.browser import Page
from tests.lab.playground.conftest import Stage
from tests.lab.playground.test_page import settled, shown, wait_for

pytestmark = [pytest.mark.xdist_group("shared-lab"), pytest.mark.long]


def step(page: Page, words: str) -> None:
    """Press Begin or Next, and read that the scene says WORDS."""
    page.wait("document.querySelector('#next') && !document.querySelector('#next').disabled")
    page.click("#next")
    wait_for(page, "#step", words)


def hot_key(page: Page) -> None:
    step(page, "empty stream")
    step(page, "800 records")
    settled(page, lambda one: one["sent"] == 800)
    before = shown(page)["refused"]
    step(page, "one key")
    settled(page, lambda one: one["sent"] == 6800)
    accepted = "e => parseInt(e.textContent.replace(',', ''))"
    told = page.ask(f"[...document.querySelectorAll('.lane .numbers')].map({accepted})")
    assert max(told) > 5 * min(told) or shown(page)["refused"] > before
    step(page, "More shards do not help")
    page.wait("document.querySelectorAll('.lane:not(.closed)').length === 4")
    step(page, "What helps is another key")


def burst(page: Page) -> None:
    step(page, "empty stream")
    step(page, "without a second try")
    settled(page, lambda one: one["sent"] == 6000, 120)
    step(page, "sent again")
    settled(page, lambda one: one["sent"] - one["refused"] >= 6000, 180)
    step(page, "over 6 seconds")


def buffer(page: Page) -> None:
    step(page, "whichever comes first")
    step(page, "200 small records")
    settled(page, lambda one: one["buffered"] == 200)
    step(page, "Five minutes pass")
    settled(page, lambda one: one["delivered"] == 200)
    step(page, "The size flushes first")
    settled(page, lambda one: one["delivered"] > 200, 120)


def split(page: Page) -> None:
    step(page, "Two shards")
    step(page, "by the hash")
    settled(page, lambda one: one["sent"] == 400)
    step(page, "It is closed")
    page.wait("document.querySelectorAll('.lane.closed').length === 1")
    step(page, "400 more")
    settled(page, lambda one: one["sent"] == 800)
    step(page, "25 hours pass")
    page.wait("document.querySelectorAll('.lane.closed').length === 0")


def dead_consumer(page: Page) -> None:
    step(page, "An empty stream")
    step(page, "polls each shard")
    page.wait("document.querySelector('.reader')")
    step(page, "keeps up")
    settled(page, lambda one: one["sent"] > 500)
    step(page, "No call says so")
    settled(page, lambda one: one["sent"] >= 3000, 120)
    page.wait("[...document.querySelectorAll('.reader .value')].some(e => e.textContent.includes('behind'))")
    step(page, "it rings")
    page.wait("document.querySelector('.reader').textContent.includes('ALARM')")
    step(page, "Nothing was lost")
    page.wait("[...document.querySelectorAll('.reader .value')].every(e => e.textContent === 'caught up')")


def retention(page: Page) -> None:
    step(page, "too late")
    step(page, "nobody reads the stream")
    step(page, "They wait in the stream")
    settled(page, lambda one: one["in_stream"] == 500)
    step(page, "All 500 have expired")
    settled(page, lambda one: one["expired"] == 500)
    step(page, "There is none")
    page.wait("document.querySelector('.reader')?.textContent.includes('0 records read')")


SCENES: dict[str, Callable[[Page], None]] = {
    "hot-key": hot_key,
    "burst": burst,
    "buffer": buffer,
    "split": split,
    "dead-consumer": dead_consumer,
    "retention": retention,
}


@pytest.mark.parametrize("scene", SCENES)
def test_a_scene(scene: str, stage: Stage, browser: Callable[[], Page]) -> None:
    page = browser()
    page.look(1280, 900)
    page.open(f"{stage.address}?scene={scene}")
    page.wait("document.querySelector('#lab').textContent.includes('runs')")
    SCENES[scene](page)
    page.wait("document.querySelector('#scene').textContent.includes('Done')")
    assert page.ask("document.querySelectorAll('.lit').length") == 1
    assert page.errors == []
    page.close()
