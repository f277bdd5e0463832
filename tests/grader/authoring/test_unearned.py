"""Work that is none earns nothing: the lint's rule, and what it must find."""

from pathlib import Path

import pytest

from grader.authoring.idle import course_functions, idle_cells, idle_functions
from grader.authoring.lint import lint
from grader.authoring.trial import Trial
from grader.engine.plan import load_plan
from grader.tasks.withheld import withheld, withhold
from grader.walls import sandbox
from lab.rules import hash_space
from tests.grader.conftest import ROOT

UNEARNED = frozenset({"unearned"})
ARN = "lab.rules.policy.kinesis_actions"


@pytest.mark.skipif(sandbox.tier() != "full", reason="the course's own functions are tried in a sandbox")
def test_the_course_s_own_answer_is_found_and_a_reason_lets_it_pass(course: Path) -> None:
    checks = course / "solutions/00-welcome/checks/stream_arn.py"
    text = checks.read_text()
    assert f'withheld=("{ARN}",),' in text
    checks.write_text(text.replace(f'withheld=("{ARN}",),', ""))
    (found,) = lint(course, "00-welcome", UNEARNED)
    assert f"an answer that is {ARN}.stream_arn earns 2 of 2" in found
    reasons = course / "solutions/00-welcome/unearned.toml"
    reasons.write_text(f'[stream_arn]\n"is {ARN}.stream_arn" = "it is what the lesson shows"\n')
    assert lint(course, "00-welcome", UNEARNED) == []
    checks.write_text(text)
    (stale,) = lint(course, "00-welcome", UNEARNED)
    assert "and it earns none; remove it" in stale


def test_an_answer_that_is_always_the_same_is_found(course: Path) -> None:
    """The part that was once earned by a constant: within a day the answer is always 24 hours for nothing."""
    plan = load_plan(course, "04-retention")
    (task,) = [task for task in plan.tasks if task.id == "retention_plan"]
    trial = Trial(plan.exercise, task, b"a seed for this test")
    earned = {name: trial.mark(function).points for name, function in idle_functions(task).items()}
    assert set(earned.values()) == {0}
    always = 'returns {"hours": 24, "mode": "provisioned", "dollars": 0.0}'
    assert always in earned
    assert trial.mark(task.oracle).points == 5, "the control"


def test_every_kind_of_idle_answer_is_tried() -> None:
    tasks = {task.id: task for name in ("02-shards", "04-retention", "08-kcl")
             for task in load_plan(ROOT, name).tasks}  # fmt: skip
    names = set(idle_functions(tasks["reading_order"]))
    assert {"does nothing", "returns []", "returns everything", "returns the first of its shards"} <= names
    assert "knows the visible cases by heart" in names
    assert {"does nothing", "returns everything", "returns one record of each shard"} <= set(
        idle_cells(tasks["replay"])
    )
    assert {"does nothing", "only checkpoints"} <= set(idle_cells(tasks["record_processor"]))
    own = dict(course_functions(tasks["predict_shard"]))
    assert {"lab.rules.hash_space.shard_for", "lab.rules.hash_space.HashRange.middle"} <= set(own)
    assert not [name for name in own if name.startswith("lab.playground.jupyter.LetIn.")], (
        "Jupyter's, not ours"
    )
    for task in ("replay", "record_processor"):
        for cell in idle_cells(tasks[task]).values():
            compile(cell, "cell", "exec")


def test_what_is_withheld_refuses_however_it_was_imported() -> None:
    known = hash_space.hash_key
    span = hash_space.HashRange(0, 9)
    with withheld(["lab.rules.hash_space"]):
        for call in (lambda: known("a"), lambda: hash_space.hash_key("a"), lambda: span.middle):
            with pytest.raises(ImportError, match="holds an answer to this task"):
                call()
    assert known("a") == hash_space.hash_key("a"), "the control: afterwards it works"
    assert span.middle == 4


def test_a_module_that_is_not_there_is_an_error() -> None:
    with pytest.raises(ModuleNotFoundError):
        withhold(["lab.rules.no_such_module"])
