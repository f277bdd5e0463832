"""A real Chromium without a window, driven over its DevTools protocol."""

import base64
import itertools
import json
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import websocket

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
NONE = "There is no Chromium here. On Debian: apt-get install chromium"
SECONDS = 150.0
QUIET = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-extensions", "--no-first-run",
    "--no-default-browser-check", "--disable-dev-shm-usage", "--remote-debugging-port=0",
    "--remote-allow-origins=*",
)  # fmt: skip

_ALL_TEXT = "document.body.innerText.slice(0, 2000)"


class Page:
    """One tab. What it writes to its console as an error is in `errors`."""

    def __init__(self, address: str) -> None:
        self._socket = websocket.create_connection(address, timeout=SECONDS)
        self._numbers = itertools.count(1)
        self.errors: list[str] = []
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.do(f"{domain}.enable")

    def do(self, method: str, **parameters: Any) -> Any:
        """Call a method of the protocol. Raises AssertionError with the browser's words."""
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            told = json.loads(self._socket.recv())
            if told.get("id") == number:
                assert "error" not in told, told["error"]
                return told["result"]
            self._hear(told)

    def _hear(self, told: dict[str, Any]) -> None:
        parameters = told.get("params", {})
        if told["method"] == "Runtime.exceptionThrown":
            details = parameters["exceptionDetails"]
            self.errors.append(details.get("exception", {}).get("description", details["text"]))
        elif told["method"] == "Log.entryAdded" and parameters["entry"]["level"] == "error":
            self.errors.append(f"{parameters['entry']['text']} {parameters['entry'].get('url', '')}")

    def open(self, address: str) -> None:
        self.do("Page.navigate", url=address)
        self.wait("document.readyState === 'complete'")

    def ask(self, script: str) -> Any:
        """The value of an expression, awaited. Raises AssertionError when it throws."""
        told = self.do("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in told, told["exceptionDetails"]
        return told["result"].get("value")

    def wait(self, script: str, seconds: float = SECONDS) -> None:
        """Come back when an expression is true, as JavaScript understands it."""
        end = time.monotonic() + seconds
        while not self.ask(f"Boolean({script})"):
            assert time.monotonic() < end, f"still not: {script}, but {self.ask(_ALL_TEXT)!r}"
            time.sleep(0.1)

    def text(self, selector: str) -> str:
        return str(self.ask(f"document.querySelector({json.dumps(selector)}).textContent"))

    def click(self, selector: str) -> None:
        """Press what SELECTOR names, which must be there."""
        self.ask(f"document.querySelector({json.dumps(selector)}).click()")

    def key(self, name: str, code: int, text: str = "") -> None:
        """Press a key of the keyboard."""
        for kind in ("keyDown", "keyUp"):
            more = {"text": text} if text and kind == "keyDown" else {}
            self.do("Input.dispatchKeyEvent", type=kind, key=name, windowsVirtualKeyCode=code, **more)

    def look(self, width: int, height: int, theme: str = "light", motion: str = "no-preference") -> None:
        """A window of this size, in a theme (light or dark)."""
        self.do(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        features = [
            {"name": "prefers-color-scheme", "value": theme},
            {"name": "prefers-reduced-motion", "value": motion},
        ]
        self.do("Emulation.setEmulatedMedia", features=features)

    def picture(self, file: Path, *, whole: bool = True) -> None:
        """Save what the page looks like, as PNG."""
        file.write_bytes(self.shot(whole=whole))

    def shot(self, *, whole: bool = False) -> bytes:
        """What the page looks like, as PNG; WHOLE: beyond the window too."""
        told = self.do("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        return base64.b64decode(told["data"])

    def close(self) -> None:
        """Close the tab too: what it listens to would keep its connections, of which a browser has few."""
        self.do("Page.close")
        self.let_go()

    def let_go(self) -> None:
        """Close the connection to the browser, and leave the tab."""
        self._socket.close()


def need_chromium() -> str:
    """The browser's program; where there is none the test is skipped, with a reason."""
    if CHROMIUM is None:
        pytest.skip(NONE)
    return CHROMIUM


@contextmanager
def chromium(folder: Path) -> Iterator[Callable[[], Page]]:
    """A browser with its profile in FOLDER; each call gives a new tab. Skips the test where there is none."""
    program = need_chromium()
    log = (folder / "chromium.log").open("wb")
    process = subprocess.Popen(
        [program, *QUIET, f"--user-data-dir={folder / 'profile'}", "about:blank"], stdout=log, stderr=log
    )
    pages: list[Page] = []
    try:
        port = _port(folder / "profile" / "DevToolsActivePort", process)

        def tab() -> Page:
            request = urllib.request.Request(f"http://127.0.0.1:{port}/json/new?about:blank", method="PUT")
            with urllib.request.urlopen(request, timeout=SECONDS) as answer:
                pages.append(Page(json.load(answer)["webSocketDebuggerUrl"]))
            return pages[-1]

        yield tab
    finally:
        for page in pages:
            page.let_go()
        process.terminate()
        process.wait(30)
        log.close()


def _port(file: Path, process: "subprocess.Popen[bytes]") -> int:
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        assert process.poll() is None, "Chromium ended while it started."
        lines = file.read_text().splitlines() if file.exists() else []
        if len(lines) == 2:
            return int(lines[0])
        time.sleep(0.1)
    raise AssertionError("Chromium did not start.")
