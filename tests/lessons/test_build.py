"""Notebooks are made from their twins: ids stay, and nothing is lost when a cell fails."""

import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from .course import COURSE

HEADER = """# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # A lesson

# %%
print("one")
print("two")
"""


@pytest.fixture
def course(tmp_path: Path) -> Path:
    (tmp_path / "source" / "text").mkdir(parents=True)
    shutil.copy(COURSE / ".jupytext.toml", tmp_path)
    write(tmp_path, HEADER)
    return tmp_path


def write(course: Path, text: str) -> None:
    (course / "source" / "text" / "99-test.py").write_text(text, encoding="utf-8")


def build(course: Path, *lessons: str) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, str(COURSE / "source" / "build_lessons.py"), "--course", str(course), *lessons]
    return subprocess.run(program, capture_output=True, text=True, check=False, timeout=120)


def cells_of(course: Path) -> list[nbformat.NotebookNode]:
    cells: list[nbformat.NotebookNode] = nbformat.read(course / "99-test.ipynb", as_version=4).cells
    return cells


def test_a_new_cell_leaves_the_ids_of_the_others(course: Path) -> None:
    assert build(course).returncode == 0
    before = cells_of(course)
    assert before[1].outputs[0].text == "one\ntwo\n"
    write(course, HEADER.replace("# %%\nprint", "# %%\nx = 1\n\n# %%\nprint"))
    assert build(course, "99-test").returncode == 0
    after = cells_of(course)
    assert [cell.id for cell in before] == [after[0].id, after[2].id]


def test_a_failing_cell_leaves_the_notebook(course: Path) -> None:
    assert build(course).returncode == 0
    whole = (course / "99-test.ipynb").read_bytes()
    write(course, HEADER + "1 / 0\n")
    failed = build(course)
    assert failed.returncode == 1
    assert "99-test.ipynb was left as it is, since a cell failed" in failed.stderr
    assert "ZeroDivisionError" in failed.stderr
    assert (course / "99-test.ipynb").read_bytes() == whole


def test_an_unknown_lesson_is_named(course: Path) -> None:
    refused = build(course, "98-other")
    assert refused.returncode == 2
    assert "No lesson 98-other" in refused.stdout
    assert "There are: 99-test." in refused.stdout


def test_prose_alone_needs_no_run(course: Path) -> None:
    assert build(course).returncode == 0
    before = cells_of(course)
    write(course, HEADER.replace("# # A lesson", "# # A better lesson"))
    assert build(course, "--prose", "99-test").returncode == 0
    after = cells_of(course)
    assert after[0].source == "# A better lesson"
    assert after[1] == before[1]


def test_prose_is_refused_where_code_changed(course: Path) -> None:
    assert build(course).returncode == 0
    whole = (course / "99-test.ipynb").read_bytes()
    write(course, HEADER.replace('print("two")', 'print("three")'))
    refused = build(course, "--prose", "99-test")
    assert refused.returncode == 1
    assert "its code changed, so it must run" in refused.stderr
    assert (course / "99-test.ipynb").read_bytes() == whole
