"""What the documents tell a person to type works as it stands there, in a course of its own."""

import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sybil.example import SybilFailure

from grader.walls import sandbox
from lab.aws.environment import fresh_account, lab_environment
from lab.aws.instance import Instance, private_lab
from tests.documents.blocks import Shell, blocks, comparing, same, unnamed
from tests.grader.conftest import ROOT

DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
GRADES = re.compile(r"\bgrader (doctor|autograde)\b")
"""What refuses to grade learners' work where there is no sandbox."""
NOWHERE = Shell(ROOT, {})
ELSEWHERE = ("lab-by-itself.md",)
"""Run in an environment without a clone, by tests/packaging/test_wheels.py."""
RUN = [path for path in DOCUMENTS if path.name not in ELSEWHERE and list(blocks(path, NOWHERE))]

pytestmark = pytest.mark.xdist_group("nbgrader")


@pytest.fixture(scope="module")
def lab() -> Iterator[Instance]:
    """A lab of their own: commands in documents name no account, and switch the learner's."""
    with private_lab() as made:
        yield made


@pytest.fixture
def shell(tmp_path: Path, lab: Instance) -> Shell:
    """One assignment, all lessons, a record processor, the commands; an account of the lab."""
    assert lab.running is not None
    course = tmp_path / "course"
    for name in ("course", "exercises/02-shards", "solutions/02-shards"):
        shutil.copytree(ROOT / name, course / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "nbgrader_config.py", course)
    shutil.copy(ROOT / "tests/lab/kcl/processor.py", course)
    (course / ".venv").symlink_to(sys.prefix)
    environment = {
        **lab_environment(lab.running.endpoint, fresh_account()),
        "PATH": os.pathsep.join([f"{sys.prefix}/bin", os.environ["PATH"]]),
        "HOME": str(tmp_path),
        "LAB_STATE": str(lab.state),
        "PYTHONPATH": str(ROOT),
    }
    return Shell(course, environment)


@pytest.mark.parametrize("document", RUN, ids=lambda path: path.name)
def test_every_block_works(document: Path, shell: Shell) -> None:
    for example in blocks(document, shell):
        if sandbox.tier() == "none" and GRADES.search(str(example.parsed)):
            pytest.skip(f"from line {example.line} on: this machine gives no sandbox (grader doctor)")
        example.evaluate()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_block_says_what_it_holds(document: Path) -> None:
    assert unnamed(document.read_text(encoding="utf-8")) == []


WRONG = {
    "a command that is none": "```sh\ngrader marks 02-shards\n```\n",
    "a later command": "```sh\nfalse\ntrue\n```\n",
    "an error": "```python\nfrom lab import no_such_name\n```\n",
    "another value": "```python\nlen('abc')  # 4\n```\n",
}


@pytest.mark.parametrize("text", WRONG.values(), ids=WRONG.keys())
def test_a_wrong_block_fails(text: str, tmp_path: Path) -> None:
    document = tmp_path / "wrong.md"
    document.write_text(text)
    environment = {
        "PATH": os.pathsep.join([f"{sys.prefix}/bin", os.environ["PATH"]]),
        "PYTHONPATH": str(ROOT),
    }
    (example,) = blocks(document, Shell(tmp_path, environment))
    with pytest.raises(SybilFailure, match=r"wrong\.md, line"):
        example.evaluate()


@pytest.mark.parametrize(
    ("text", "run"),
    [("# Not run by the tests: it opens a browser\n", 0), ("# Not run by the tests: \n", 1), ("# Skip\n", 1)],
)
def test_only_a_reason_leaves_a_block_out(text: str, run: int, tmp_path: Path) -> None:
    document = tmp_path / "left-out.md"
    document.write_text(f"```sh\n{text}false\n```\n")
    assert len(list(blocks(document, NOWHERE))) == run


def test_values_are_compared_and_words_are_not() -> None:
    assert "same(len('abc'), '3')" in comparing("len('abc')  # 3")
    assert comparing("len('abc')  # how long it is") == "len('abc')  # how long it is"
    same({"at": 3.2, "key": "a"}, "{'at': ..., 'key': 'a'}")
    with pytest.raises(AssertionError, match="it is 3, and 4 is shown"):
        same(3, "4")


def test_a_block_without_a_name_is_found() -> None:
    assert unnamed("```sh\nls\n```\n\n```\nls\n```\n") == [5]
