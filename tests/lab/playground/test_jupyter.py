"""The playground inside JupyterLab: behind its token, with a tile in the launcher."""

import json
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.browser import chromium, need_chromium
from tests.lab.commands.test_open import address, end
from tests.lab.support import Command

pytestmark = pytest.mark.long
BUTTON = "[data-commandlinker-command='playground:open']"
SHOWN = "[...document.querySelectorAll('.jp-Cell')].map(e => e.scrollIntoView()).length"
"""JupyterLab draws the cells that are seen: look at each."""
LAUNCHER = "document.querySelector('.jp-LauncherCard[title=\"Watch records go through a real stream\"]')"


def status(request: str | urllib.request.Request) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.url
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.url


def never_save(root: str, token: str) -> None:
    """JupyterLab leaves the lesson as it is committed."""
    asked = urllib.request.Request(
        f"{root}lab/api/settings/@jupyterlab/docmanager-extension:plugin",
        data=json.dumps({"raw": json.dumps({"autosave": False})}).encode(),
        headers={"Authorization": f"token {token}", "Content-Type": "application/json"},
        method="PUT",
    )
    assert status(asked)[0] == 204


def test_it_opens_from_the_launcher_and_for_nobody_without_the_token(lab: Command, tmp_path: Path) -> None:
    need_chromium()
    opened = lab.begin("open", "--no-browser")
    try:
        root, token, _ = address(opened)
        assert "/login" in status(f"{root}kinesis/")[1], "the page asks for the token"
        assert status(urllib.request.Request(f"{root}kinesis/do/send", data=b"{}"))[0] == 403
        signed = {"Authorization": f"token {token}", "Origin": root.rstrip("/")}
        tokenless = urllib.request.Request(f"{root}kinesis/do/send", data=b"{}", headers=signed)
        assert status(tokenless)[0] == 403, "a change needs the page's own token too"
        with chromium(tmp_path) as tab:
            browser = tab()
            browser.look(1280, 900)
            browser.open(f"{root}lab/workspaces/new?token={token}")  # one that begins with the launcher
            browser.wait(LAUNCHER, 180)
            browser.ask(f"{LAUNCHER}.click()")
            inside = "document.querySelector('#kinesis-playground iframe')?.contentDocument"
            browser.wait(f"{inside}?.querySelector('#lab')?.textContent.includes('runs')", 180)
            browser.ask(f"{inside}.querySelector('#go').click()")
            browser.wait(f"{inside}.querySelector('#sum-sent').textContent === '200'")
            browser.picture(tmp_path / "jupyter.png", whole=False)
            never_save(root, token)
            browser.open(f"{root}lab/workspaces/other/tree/course/02-shards.ipynb?token={token}")
            browser.wait(f"{SHOWN} && document.querySelector({BUTTON!r})", 180)
            browser.click(BUTTON)
            browser.wait(f"{inside}?.querySelector('#scene')?.textContent.includes('A split')", 180)
            browser.picture(tmp_path / "lesson.png", whole=False)
    finally:
        end(opened)
