"""Make docs/screenshots/playground.webp: the playground at work, as it looks and as long as it takes.

    lab run --own -- python -m tests.lab.playground.moving_picture

Each picture stays as long as it really was on the screen. Needs Chromium.
"""

import io
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image

from lab.aws.environment import fresh_account
from lab.aws.folders import PROJECT as ROOT
from lab.aws.instance import Instance
from lab.control import control_of
from lab.playground.account import Home
from tests.browser import CHROMIUM, NONE, Page, chromium
from tests.lab.playground.conftest import playing

FILE = ROOT / "docs" / "screenshots" / "playground.webp"
WIDTH, HEIGHT = 1000, 660
QUALITY = 62
SPREAD = {"count": 1500, "hot": 0, "seconds": 3}
HOT = {"count": 12_000, "hot": 100, "seconds": 4}


class Film:
    """Pictures of a tab, each with the moment at which it was taken."""

    def __init__(self, tab: Page) -> None:
        self._tab, self._pictures, self._moments = tab, list[Image.Image](), list[float]()

    def take(self, seconds: float) -> None:
        """Look at the tab for so long."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._moments.append(time.monotonic())
            self._pictures.append(Image.open(io.BytesIO(self._tab.shot())).convert("RGB"))
            time.sleep(max(0.0, 0.1 - (time.monotonic() - self._moments[-1])))

    def save(self, file: Path) -> None:
        """Write what was taken; it begins anew at its end, for ever."""
        shown = [
            round(1000 * (after - at)) for at, after in zip(self._moments, self._moments[1:], strict=False)
        ]
        first, *rest = self._pictures
        first.save(
            file,
            save_all=True,
            append_images=rest,
            duration=[*shown, 2500],
            loop=0,
            quality=QUALITY,
            method=4,
        )


def send(tab: Page, order: dict[str, int]) -> None:
    for name, value in order.items():
        tab.ask(f"document.querySelector('#{name}').value = {value}")
        tab.ask(f"document.querySelector('#{name}').dispatchEvent(new Event('input'))")
    tab.click("#go")


def main() -> None:
    if CHROMIUM is None:
        sys.exit(NONE)
    home = Home(control_of(Instance(), fresh_account()))
    with playing(home) as made, tempfile.TemporaryDirectory() as folder, chromium(Path(folder)) as browser:
        tab = browser()
        tab.look(WIDTH, HEIGHT)
        tab.open(made.address)
        tab.wait("document.querySelector('#lab').textContent.includes('runs')")
        tab.ask("document.querySelector('#stream-section').scrollIntoView()")
        film = Film(tab)
        film.take(1)
        send(tab, SPREAD)
        film.take(4.5)
        send(tab, HOT)
        film.take(6)
        tab.click("#double")
        film.take(3)
        send(tab, SPREAD)
        film.take(4.5)
        film.save(FILE)
    print(f"{FILE.relative_to(ROOT)}: {FILE.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
