"""The lessons as the tests see them: the index, the notebooks, their twins, and how nbval is run."""

import re
import subprocess
import sys
import tomllib
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat

from lab.kcl.environment import kcl

ROOT = Path(__file__).resolve().parents[2]
COURSE = ROOT / "course"
SANITIZER = Path(__file__).with_name("sanitize.cfg")
_INDEX = (COURSE / "source" / "course.toml").read_text(encoding="utf-8")
INDEX: list[dict[str, Any]] = tomllib.loads(_INDEX)["lesson"]
READY = [lesson["name"] for lesson in INDEX if lesson["status"] == "ready"]


def notebook_of(lesson: str) -> nbformat.NotebookNode:
    return nbformat.read(COURSE / f"{lesson}.ipynb", as_version=4)


def patterns() -> list[re.Pattern[str]]:
    lines = SANITIZER.read_text(encoding="utf-8").splitlines()
    return [re.compile(line.removeprefix("regex: ")) for line in lines if line.startswith("regex:")]


def compare_by_nbval(notebook: Path, environment: Mapping[str, str], folder: Path) -> dict[int, str]:
    """Run NOTEBOOK under nbval; for the number of each code cell "passed" or what is wrong."""
    if notebook.stem == "08-kcl":
        kcl()  # installed once, and told in a line that no committed output has
    settings, report = folder / "pytest.ini", folder / f"{notebook.stem}.xml"
    settings.write_text("[pytest]\n", encoding="utf-8")
    options = ["--nbval", "--nbval-current-env", "--nbval-sanitize-with", str(SANITIZER)]
    options += ["-c", str(settings), "--junitxml", str(report), "-p", "no:cacheprovider", "-q"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, str(notebook)],
        env=dict(environment),
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,  # lesson 08 waits for KCL, minutes where the machine is busy
    )
    assert report.exists(), done.stdout + done.stderr
    cells = {}
    for case in ElementTree.parse(report).getroot().iter("testcase"):
        number = int(re.findall(r"\d+", case.attrib["name"])[-1])
        cells[number] = "\n".join(child.get("message") or "failed" for child in case) or "passed"
    return cells
