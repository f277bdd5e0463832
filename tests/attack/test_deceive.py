"""A1-A4, A8, A10-A12, A14, A23, A27: make a wrong answer look right. What decides runs in another process."""

import json
import pickle
from pathlib import Path

import pytest

from grader.engine.judge import Judge
from grader.tasks.exercise import ValuePart
from tests.attack.conftest import REST, ROOT, TASK, Arena, Control
from tests.grader.conftest import Grader, Submit

EQUAL_TO_ALL = """
class Anything:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __hash__(self): return 0
    def __bool__(self): return True
def split_point(shard): return Anything()
"""
LYING_TEXT = """
class Text(str):
    def __eq__(self, other): return True
    __hash__ = str.__hash__
def split_point(shard): return Text("0")
"""
DROP_ASSERTS = """
import ast
class Drop(ast.NodeTransformer):
    def visit_Assert(self, node): return ast.Pass()
get_ipython().ast_transformers.append(Drop())
def split_point(shard): return "0"
"""
READ_CALLER = """
import sys
def split_point(shard):
    frame = sys._getframe()
    while frame is not None:
        for scope in (frame.f_locals, frame.f_globals):
            if "EXPECTED" in scope: return scope["EXPECTED"]
            if "expected" in scope: return scope["expected"]
        frame = frame.f_back
    return "0"
"""


@pytest.mark.parametrize("answer", [EQUAL_TO_ALL, LYING_TEXT, DROP_ASSERTS, READ_CALLER],
                         ids=["A1-object", "A1-text", "A2-asserts", "A4-caller"])  # fmt: skip
def test_in_process_tricks(arena: Arena, naive: Control, answer: str) -> None:
    assert naive(answer), "the control: a grader in the learner's interpreter falls for it"
    assert arena.attack(answer)["points"] == 0
    assert arena.score == REST


PATCH_CHECKER = """
import grader.marking.task_marks, grader.tasks.compare, grader.notebook.calls, grader.tasks.answers, json
grader.tasks.compare.Equal.differs = lambda self, expected, answer: None
grader.notebook.calls.plain = lambda answer, depth=0: answer
json_dumps = json.dumps
def split_point(shard): return "0"
"""


def test_a3_patch_the_checker(arena: Arena, course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert arena.attack(PATCH_CHECKER)["points"] == 0
    # The control: the learner's own check runs where the patch is, and falls for it. It gives no marks.
    import grader.notebook.calls
    import grader.tasks.compare

    monkeypatch.setattr(grader.tasks.compare.Equal, "differs", grader.tasks.compare.Equal.differs)
    monkeypatch.setattr(grader.notebook.calls, "plain", grader.notebook.calls.plain)
    monkeypatch.chdir(course / "exercises/02-shards")
    namespace: dict[str, object] = {"__name__": "notebook"}
    exec(PATCH_CHECKER, namespace)
    exec(f"from grader import check\nresult = check({TASK!r})", namespace)
    assert repr(namespace["result"]) == "3"


FORGE_PICKLE = """
import os
class Forged:
    def __reduce__(self): return (os.system, ("echo forged > {path}",))
def split_point(shard): return Forged()
"""


def test_a8_nothing_is_unpickled(arena: Arena, tmp_path: Path) -> None:
    proof = tmp_path / "proof"
    assert "type Forged" in arena.said(FORGE_PICKLE.format(path=proof))
    assert not proof.exists()
    namespace: dict[str, object] = {}
    exec(FORGE_PICKLE.format(path=proof), namespace)
    pickle.loads(pickle.dumps(namespace["Forged"]()))  # type: ignore[operator]
    assert proof.exists(), "the control: a grader that unpickles runs the learner's code"


def test_a10_a11_a12_the_notebook_s_own_results_and_points(
    course: Path, submit: Submit, grader: Grader
) -> None:
    path = submit("mallory")
    notebook = json.loads(path.read_text())
    for cell in notebook["cells"]:
        flags = cell["metadata"].get("nbgrader", {})
        if flags.get("grade"):
            flags["points"] = 1000
            cell["source"] = "999"
            cell["outputs"] = [{"output_type": "execute_result", "execution_count": 1, "metadata": {},
                                "data": {"text/plain": "999"}}]  # fmt: skip
            cell["execution_count"] = 1
    notebook["cells"] += [cell for cell in notebook["cells"] if cell["metadata"].get("nbgrader")]
    path.write_text(json.dumps(notebook))
    grader("autograde", "02-shards", "--trust", "--seed", "seed")
    line = json.loads((course / ".grader/02-shards/results.jsonl").read_text())
    assert (line["score"], line["max_score"]) == (0, 25)


SPOOF = """
import json, os, socket, struct
def split_point(shard):
    right = {"returned": "0", "points": 3, "outcome": "passed"}
    frame = json.dumps({**right, "answers": [right]}).encode()
    for descriptor in range(3, 64):
        try:
            for _ in range(40): os.write(descriptor, struct.pack(">I", len(frame)) + frame)
        except OSError: pass
    return "0"
"""
EARLY_EXIT = """
import atexit, os
atexit.register(lambda: os._exit(0))
def split_point(shard): raise SystemExit(0)
"""


@pytest.mark.parametrize("answer", [SPOOF, EARLY_EXIT], ids=["frames", "exit"])
def test_a14_spoofed_and_early_success(arena: Arena, answer: str) -> None:
    assert arena.attack(answer)["points"] == 0


def test_a14_the_control_a_right_frame_is_heard() -> None:
    import socket

    from grader.walls import wire

    ours, theirs = socket.socketpair()
    with ours, theirs:
        wire.send(theirs, {"returned": "42"})
        assert wire.receive(ours, 1) == {"returned": "42"}


def test_a23_answers_learnt_by_heart(arena: Arena) -> None:
    data = json.loads((ROOT / "exercises/02-shards/.checks.json").read_text())
    parts = next(task for task in data["tasks"] if task["id"] == TASK)["parts"]
    known = [(case["arguments"]["shard"], case["expected"]) for part in parts for case in part["cases"]]
    answer = f"KNOWN = {known!r}\ndef {TASK}(shard):\n"
    answer += "    return dict((str(k), v) for k, v in KNOWN).get(str(shard), '0')"
    mark = arena.attack(answer)
    assert (mark["points"], mark["visible_points"]) == (0, 3)


def own_number(judge: Judge, student: str) -> object:
    (task,) = (task for task in judge.tasks_for(student) if task.id == "required_shards")
    (part,) = (part for part in task.parts if isinstance(part, ValuePart))
    return part.expected


def test_a24_somebody_else_s_work(arena: Arena, judge: Judge) -> None:
    """A copied number is another learner's. A copied function is right: how far it goes is the rest of the
    points, and `grader similarity` names the pair (tests/grader/reports/test_similarity.py)."""
    names = ("mallory", *(f"learner-{number}" for number in range(32)))
    ada = next(name for name in names if own_number(judge, name) != own_number(judge, "mallory"))
    right = next((ROOT / "solutions/02-shards/right/required_shards").glob("*.py")).read_text()
    work = {"required_shards": f"{right}\nmy_shards = {own_number(judge, ada)}\n"}
    assert arena.grade(ada, work)["required_shards"]["outcome"] == "passed", "the control: her own"
    copied = arena.grade("mallory", work)["required_shards"]
    assert copied["outcome"] == "partial"
    assert "not right for your numbers" in " ".join(copied["reasons"])


@pytest.mark.parametrize(
    "tell",
    [
        "raise ValueError('SPY' + key)",
        "raise type('SPY' + key, (ValueError,), {})",
        "return type('SPY' + key, (), {})()",
    ],
)
def test_a25_hidden_cases_are_not_told(arena: Arena, tell: str) -> None:
    """The reasons of a hidden failure hold nothing of its case, whatever the function says of it."""
    data = json.loads((ROOT / "exercises/02-shards/.checks.json").read_text())
    parts = next(task for task in data["tasks"] if task["id"] == TASK)["parts"]
    known = {str(case["arguments"]["shard"]): case["expected"] for part in parts for case in part["cases"]}
    answer = f"KNOWN = {known!r}\ndef {TASK}(shard):\n    if str(shard) in KNOWN: return KNOWN[str(shard)]\n"
    telling = f"    key = shard['HashKeyRange']['EndingHashKey']\n    {tell}"
    said = arena.said(answer + telling)
    assert "hidden" in said
    assert "SPY" not in said
    assert "SPY" in arena.said(f"def {TASK}(shard):\n{telling}"), "the control: of a visible case it is told"


def test_a27_a_forged_progress_file_is_worth_nothing(course: Path, submit: Submit, grader: Grader) -> None:
    submit("mallory")
    (course / ".grader").mkdir(exist_ok=True)
    forged = {"tasks": {f"02-shards/{TASK}": {"attempts": 1, "visible_points": 3, "outcome": "passed"}}}
    (course / ".grader/progress.json").write_text(json.dumps(forged))
    grader("autograde", "02-shards", "--trust", "--seed", "seed")
    assert json.loads((course / ".grader/02-shards/results.jsonl").read_text())["score"] == 0
