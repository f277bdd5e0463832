"""The files for development containers and Binder: their form; what they call is there. Not run."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from lab.cli import parser

PROJECT = Path(__file__).resolve().parents[2]
DEVCONTAINER = ".devcontainer/devcontainer.json"
SCRIPTS = (".binder/postBuild", ".binder/start")
FILES = (DEVCONTAINER, *SCRIPTS)


def faults(root: Path) -> list[str]:
    """What is wrong with the files in the project's folder ROOT."""
    found = []
    targets = re.findall(r"^(\S+):(?!=)", (PROJECT / "Makefile").read_text(), re.MULTILINE)
    targets = [target.replace("$(VENV)", ".venv") for target in targets]
    for name in FILES:
        text = (root / name).read_text()
        if not re.search(r"\bnot run\b", text, re.IGNORECASE):
            found.append(f"{name} does not say that it was not run")
        for target in re.findall(r"\bmake ([\w./-]+)", text.partition("set -e")[2] or text):
            if target not in targets:
                found.append(f"{name}: make {target} is not in the Makefile")
        found += [
            f"{name}: lab {word} is no command"
            for word in re.findall(r"(?:bin/|exec )lab (\w+)", text)
            if not _is_command(word)
        ]
    return found + _form(root)


def _is_command(word: str) -> bool:
    try:
        parser().parse_args([word, "--help"])
    except SystemExit as end:
        return end.code == 0
    return False


def _form(root: Path) -> list[str]:
    found = []
    try:
        image = json.loads((root / DEVCONTAINER).read_text())["image"]
        base = re.findall(r"^ARG BASE=(.+)-slim(-.+)$", (PROJECT / "containers/Dockerfile").read_text(), re.M)
        if image not in [start + end for start, end in base]:
            found.append(f"{image} is not of the same Python as the course's images")
    except (ValueError, KeyError) as error:
        found.append(f"{DEVCONTAINER}: {error!r}")
    for name in SCRIPTS:
        if not os.access(root / name, os.X_OK):
            found.append(f"{name} can't be executed")
        checked = subprocess.run(["sh", "-n", root / name], capture_output=True, text=True, check=False)
        found += [checked.stderr] if checked.returncode else []
    python = re.fullmatch(r"python-3\.(\d+)\n", (root / ".binder/runtime.txt").read_text())
    if not python or not 11 <= int(python[1]) <= 14:
        found.append(".binder/runtime.txt names no Python that the locks know")
    return found


def test_they_are_in_order() -> None:
    assert faults(PROJECT) == []


BREAKS = [
    (DEVCONTAINER, '"forwardPorts": [8888],', '"forwardPorts": [8888]'),
    (DEVCONTAINER, "3.13.11", "3.12.11"),
    (DEVCONTAINER, "make lab", "make labs"),
    (DEVCONTAINER, "bin/lab build", "bin/lab built"),
    (DEVCONTAINER, "were not run", "were run"),
    (".binder/postBuild", "make .venv/learner", "make .venv/learners"),
    (".binder/start", "exec lab run", "exec lab start"),
    (".binder/start", 'PATH="$PWD', 'PATH="$(PWD'),
    (".binder/runtime.txt", "python-3.12", "python-3.10"),
]


@pytest.mark.parametrize(("file", "old", "new"), BREAKS, ids=[f"{n}" for n in range(len(BREAKS))])
def test_a_broken_one_is_found(file: str, old: str, new: str, tmp_path: Path) -> None:
    for name in (*FILES, ".binder/runtime.txt"):
        text = (PROJECT / name).read_text()
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text.replace(old, new, 1) if name == file else text)
        (tmp_path / name).chmod((PROJECT / name).stat().st_mode)
        assert name != file or old in text, "the control itself is out of date"
    assert faults(tmp_path) != []
