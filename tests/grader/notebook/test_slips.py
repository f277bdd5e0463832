"""Slips of form: a check says which one it was, beside what it saw."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from grader.notebook.knowledge_checks import question
from tests.grader.conftest import ROOT

Seen = Callable[..., tuple[str, str]]

KERNEL = """
import json, os, sys
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
given, told = sys.stdin, sys.stdout
sys.stdout = sys.stderr
for line in given:
    assignment, cells = json.loads(line)
    os.chdir(f"exercises/{assignment}")
    shell.reset(new_session=True)
    shell.run_cell("from grader import case, check, hint, progress, question, solution, variant")
    for cell in cells:
        shown = shell.run_cell(cell).result
    print(json.dumps([shown._repr_html_(), repr(shown)]), file=told, flush=True)
    os.chdir("../..")
"""


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    """What the last of these cells shows in an exercise's notebook: as HTML, and as text."""
    root = tmp_path_factory.mktemp("course")
    for assignment in ("02-shards", "08-kcl"):
        shutil.copytree(ROOT / "exercises" / assignment, root / "exercises" / assignment)
    shutil.copy2(ROOT / "nbgrader_config.py", root)
    checks = root / "exercises/08-kcl/.checks.json"
    data = json.loads(checks.read_text())
    for task in data["tasks"]:
        if "run_seconds" in task:
            task["run_seconds"] = 3
    checks.write_text(json.dumps(data))
    with subprocess.Popen(
        [sys.executable, "-c", KERNEL],
        cwd=root,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as kernel:

        def run(*cells: str, assignment: str = "02-shards") -> tuple[str, str]:
            assert kernel.stdin is not None
            assert kernel.stdout is not None
            print(json.dumps([assignment, cells]), file=kernel.stdin, flush=True)
            html, text = json.loads(kernel.stdout.readline())
            return html, text

        yield run


SPLIT, SHARDS = 'check("split_point")', 'check("required_shards")'
STUB = "def split_point(shard):\n    ..."
RIGHT = (
    "    at = shard['HashKeyRange']\n"
    "    return str((int(at['StartingHashKey']) + int(at['EndingHashKey'])) // 2)"
)
ASKED = "asks for the name <code>split_point</code>"


@pytest.mark.parametrize(
    ("cells", "there"),
    [
        ([f"def splitpoint(shard):\n{RIGHT}"], "<code>splitpoint</code>"),
        ([f"def split_points(shard):\n{RIGHT}", "x = 1"], "<code>split_points</code>"),
        ([STUB, f"def split_pont(shard):\n{RIGHT}"], "<code>split_pont</code>"),
        (
            ["def split_point(shard):\n    return 1", f"def split_pont(shard):\n{RIGHT}"],
            "<code>split_pont</code>",
        ),
    ],
)
def test_a_function_whose_name_is_nearly_right_is_named(seen: Seen, cells: list[str], there: str) -> None:
    html, _ = seen(*cells, SPLIT)
    assert there in html
    assert ASKED in html


@pytest.mark.parametrize(
    "cells",
    [
        [f"def split_point(shard):\n{RIGHT}\ndef split_points(shards):\n    return []"],
        ["def split_points(shards):\n    return []", f"def split_point(shard):\n{RIGHT}"],
        [STUB],
        [STUB, "split_pointing = 5"],
        ["def split_point(shard):\n    return 1", "halves = 2"],
    ],
)
def test_no_other_name_is_taken_for_a_slip(seen: Seen, cells: list[str]) -> None:
    assert "asks for the name" not in seen(*cells, SPLIT)[0]


def test_an_older_answer_that_is_right_hides_no_slip(seen: Seen) -> None:
    """The marking runs the notebook anew, and does not find it."""
    html, points = seen(f"def split_point(shard):\n{RIGHT}", f"def split_pont(shard):\n{RIGHT}", SPLIT)
    assert ASKED in html
    assert points == "3"


def test_a_value_whose_name_is_nearly_right_is_named(seen: Seen) -> None:
    html, _ = seen("my_shard = 7", SHARDS)
    assert "<code>my_shard</code>" in html
    assert "asks for the name <code>my_shards</code>" in html


def test_a_name_of_another_task_is_no_slip_of_this_one(seen: Seen) -> None:
    html, _ = seen(
        "my_shards = 7", "def predict_shards(partition_key, shards): ...", 'check("cure_hot_shard")'
    )
    assert "asks for the name" not in html


def test_an_answer_that_is_printed_and_not_returned_is_told(seen: Seen) -> None:
    html, _ = seen("def split_point(shard):\n    print('a', 150)", SPLIT)
    assert "printed <code>a 150</code> and returned nothing" in html
    assert "<code>return</code>" in html


def test_a_print_in_the_last_of_several_ways_through_is_told_too(seen: Seen) -> None:
    body = "    if current == target:\n        return []\n    print([target])"
    html, _ = seen(f"def plan_scaling(current, target):\n{body}", 'check("plan_scaling")')
    assert "and returned nothing, where a value is wanted" in html


@pytest.mark.parametrize("body", ["print(1)\n    return '150'", "return None", "raise ValueError(print(1))"])
def test_what_is_printed_beside_an_answer_is_not(seen: Seen, body: str) -> None:
    assert "returned nothing" not in seen(f"def split_point(shard):\n    {body}", SPLIT)[0]


@pytest.mark.parametrize("parameters", ["", "shard, more", "*, another"])
def test_other_parameters_than_those_that_are_given(seen: Seen, parameters: str) -> None:
    html, _ = seen(f"def split_point({parameters}):\n    return '1'", SPLIT)
    assert "is called with <code>split_point(shard=...)</code>" in html
    assert f"takes <code>({parameters})</code>" in html


@pytest.mark.parametrize("parameters", ["shard", "another", "*all", "**all", "shard, more=1"])
def test_parameters_that_serve(seen: Seen, parameters: str) -> None:
    html, _ = seen(f"def split_point({parameters}):\n    raise TypeError('mine')", SPLIT)
    assert "is called with" not in html


@pytest.mark.parametrize("name", ["check", "hint", "solution", "variant", "case"])
def test_a_call_without_its_brackets_says_how_it_is_written(seen: Seen, name: str) -> None:
    html, text = seen(name)
    assert f"<code>{name}(&quot;required_shards&quot;)</code>" in html
    assert f'{name}("required_shards")' in text
    assert "0x" not in text


def test_the_other_calls_without_their_brackets(seen: Seen) -> None:
    assert "<code>progress()</code>" in seen("progress")[0]
    assert "<code>question(&quot;" in seen("question")[0]


def test_a_call_keeps_its_help(seen: Seen) -> None:
    """In JupyterLab Shift+Tab shows it."""
    found: dict[str, Any] = {}
    exec("from grader import check\nimport inspect\nsigned = str(inspect.signature(check))", found)
    assert found["signed"].startswith("(task_id: str = '')")
    assert found["check"].__doc__.startswith("Try the answer")


@pytest.mark.parametrize(
    ("lesson", "asked", "says"),
    [
        ("02-shards", "hot-kye", "hot-key"),
        ("02-shard", "hot-key", "02-shards"),
        ("nothing", "hot-key", "02-shards"),
        ("../../etc", "passwd", "02-shards"),
    ],
)
def test_a_knowledge_check_that_is_not_there_is_told_in_words(lesson: str, asked: str, says: str) -> None:
    told = repr(question(lesson, asked, "a"))
    assert says in told
    assert "Do you mean" in told or lesson in told


def checked(seen: Seen, cell: str) -> str:
    setup = "import json\nfrom lab.kcl.python_side import CheckpointError"
    return seen(setup, cell, 'check("record_processor")', assignment="08-kcl")[0]


def test_a_function_in_place_of_a_class_is_told(seen: Seen) -> None:
    assert "is a function here, and this task asks for a class" in checked(
        seen, "def RecordProcessor(records):\n    return 1"
    )


@pytest.mark.parametrize("begins", ["pass", "def __init__(self):\n        pass"])
def test_a_class_that_is_made_with_others_is_told(seen: Seen, begins: str) -> None:
    html = checked(
        seen, f"class RecordProcessor:\n    {begins}\n    def process_records(self, given):\n        return 1"
    )
    assert "is made with <code>RecordProcessor(store, set_aside)</code>" in html


FOR_EVER = """
class RecordProcessor:
    def __init__(self, store, set_aside):
        self.store, self.set_aside = store, set_aside

    def initialize(self, initialize_input):
        pass

    def process_records(self, process_records_input):
        for record in process_records_input.records:
            try:
                self.store(record.sequence_number, json.loads(record.binary_data))
            except ValueError:
                self.set_aside(record.sequence_number, record.binary_data)
        self.checkpoint(process_records_input.checkpointer)

    def checkpoint(self, checkpointer):
        while True:
            try:
                return checkpointer.checkpoint()
            except CheckpointError:
                pass

    def shard_ended(self, shard_ended_input):
        self.checkpoint(shard_ended_input.checkpointer)

    def shutdown_requested(self, shutdown_requested_input):
        self.checkpoint(shutdown_requested_input.checkpointer)
"""


def test_a_checkpoint_tried_for_ever_is_told_where_and_why(seen: Seen) -> None:
    """Its lease is lost: that it took too long is no help."""
    html = checked(seen, FOR_EVER)
    assert "took too long (<code>process_records</code>, limit for one call" in html
    assert "You ask for a checkpoint after the lease was lost." in html
