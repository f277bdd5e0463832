"""A25: nothing of a hidden case comes out in a word, whatever a learner's code does once it has seen one.

Each attack's control shows that its means work: what is carried is there to be told.
"""

import json
from dataclasses import replace
from typing import Any

import pytest

from grader.authoring.compose import compose
from grader.engine.judge import Judge
from grader.marking import task_marks as marking
from grader.source import answer_cell
from grader.tasks.exercise import CasesPart
from grader.tasks.scenarios.stage import Played, Verdict
from tests.attack.conftest import ROOT, TASK, Arena
from tests.grader.marking.test_kinds import SCALE, for_learner


def hidden_shards(judge: Judge) -> list[str]:
    """What nobody may learn: the upper ends of the hidden cases' ranges, which stand in their arguments."""
    (task,) = (task for task in judge.tasks_for("mallory") if task.id == TASK)
    parts = (part for part in task.parts if isinstance(part, CasesPart))
    cases = [case for part in parts for case in part.cases]
    seen = {case.arguments["shard"]["HashKeyRange"]["EndingHashKey"] for case in cases if not case.hidden}
    told = {case.arguments["shard"]["HashKeyRange"]["EndingHashKey"] for case in cases if case.hidden}
    return sorted(told - seen)


def words(marks: dict[str, dict[str, Any]]) -> str:
    return json.dumps(marks)


FRAMES = f"""
import sys
def {TASK}(shard):
    found, frame = [], sys._getframe()
    while frame is not None:
        for value in list(frame.f_locals.values()):
            if isinstance(value, list):
                found += [one["shard"]["HashKeyRange"]["EndingHashKey"] for one in value
                          if isinstance(one, dict) and "shard" in one]
        frame = frame.f_back
    raise ValueError("SPY " + " ".join(reversed(dict.fromkeys(found))))
"""


def test_a25_a_walk_of_the_frames_finds_no_hidden_case(arena: Arena, judge: Judge) -> None:
    """On the first visible call nothing hidden has come to the process, nor waits in its channel."""
    hidden = hidden_shards(judge)
    said = words(arena.grade("mallory", {TASK: FRAMES}))
    assert "SPY" in said, "the control: what the walk finds, the visible cases, is told"
    assert hidden
    assert not [end for end in hidden if end in said]


def test_a25_a_later_task_does_not_tell_what_an_earlier_one_was_asked(arena: Arena, judge: Judge) -> None:
    """A right answer that remembers what it is asked; the next task's tells it."""
    solution = ROOT / "solutions/02-shards/02-shards.ipynb"
    right = answer_cell(json.loads(compose(solution, {}, solved=True)), TASK)
    spy = (
        f"\nSEEN = []\nright_{TASK} = {TASK}\ndef {TASK}(shard):\n"
        f"    SEEN.append(shard['HashKeyRange']['EndingHashKey'])\n    return right_{TASK}(shard)\n"
    )
    tasks = judge.plan.exercise.tasks
    later = tasks[[task.id for task in tasks].index(TASK) + 1]
    telling = f"def {later.function}(*_, **__):\n    raise ValueError('SPY ' + ' '.join(SEEN[::-1]))"
    said = words(arena.grade("mallory", {TASK: right + spy, later.id: telling}))
    assert "SPY" in said, "the control: the visible cases are told"
    assert not [end for end in hidden_shards(judge) if end in said]


CRASHING = f"""
import os
if os.path.exists("/tmp/seen"):
    raise ValueError("SPY " + open("/tmp/seen").read())
KNOWN = {{known!r}}
def {TASK}(shard):
    key = str(shard)
    if key in KNOWN: return KNOWN[key]
    try:
        open("/tmp/seen", "w").write(shard["HashKeyRange"]["EndingHashKey"])
    except OSError: pass
    os._exit(3)
"""


def test_a25_a_later_process_does_not_tell_why_its_cell_stopped(arena: Arena, judge: Judge) -> None:
    """What a process that saw a hidden case leaves behind is read by the next one's cells."""
    data = json.loads((ROOT / "exercises/02-shards/.checks.json").read_text())
    parts = next(task for task in data["tasks"] if task["id"] == TASK)["parts"]
    known = {str(case["arguments"]["shard"]): case["expected"] for part in parts for case in part["cases"]}
    mark = arena.grade("mallory", {TASK: CRASHING.format(known=known)})[TASK]
    said = json.dumps(mark)
    assert "hidden" in said
    assert "SPY" not in said
    assert not [end for end in hidden_shards(judge) if end in said]


@pytest.mark.parametrize(
    ("tell", "told"),
    [
        ("raise type(f'E{key}', (KeyError,), {})(key)", "raised an error"),
        ("raise KeyError(key)", "raised KeyError"),
        ("raise UnicodeTranslateError('x', 1, 2, key)", "raised an error"),
        ("return {key: object()}", "not plain data"),
        ("import os; os._exit(int(key[:2]))", "ended the process"),
        ("return 'x' * (9_000_000 + int(key[:3]))", "ended the process"),
        ("return key", "hidden ones are not."),
    ],
)
def test_a25_of_a_hidden_failure_the_kind_alone_is_told(arena: Arena, tell: str, told: str) -> None:
    data = json.loads((ROOT / "exercises/02-shards/.checks.json").read_text())
    parts = next(task for task in data["tasks"] if task["id"] == TASK)["parts"]
    known = {str(case["arguments"]["shard"]): case["expected"] for part in parts for case in part["cases"]}
    answer = f"KNOWN = {known!r}\ndef {TASK}(shard):\n    if str(shard) in KNOWN: return KNOWN[str(shard)]\n"
    answer += f"    key = shard['HashKeyRange']['EndingHashKey']\n    {tell}"
    mark = arena.grade("mallory", {TASK: answer})[TASK]
    reason = next(one for one in mark["reasons"] if "hidden" in one)
    assert told in reason
    assert not any(word.isdecimal() and len(word) > 2 for word in reason.replace(".", " ").split())


def test_a25_of_a_hidden_run_no_words_are_told() -> None:
    """Key ids, names and data of it may stand in what was seen."""
    task = for_learner(SCALE)
    broken = Verdict({"state": "it holds arn:SPY, which begins with b'SPY'."})
    said = " ".join(marking.mark_task(task, {}, True, [Played(False), Played(True, broken)]).reasons)
    assert "hidden ones are not" in said
    assert "SPY" not in said
    spoiled = Played(True, spoiled="the stream SPY is gone.")
    assert "SPY" not in " ".join(marking.mark_task(task, {}, True, [Played(False), spoiled]).reasons)
    visible = marking.mark_task(task, {}, True, [replace(Played(False), verdict=broken)])
    assert "SPY" in " ".join(visible.reasons), "the control: of a visible run it is told"
