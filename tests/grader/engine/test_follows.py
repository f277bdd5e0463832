"""One mistake is not lost twice: a value is right by the learner's own, wrong function of an earlier task."""

import json
from pathlib import Path
from typing import Any

from grader.authoring.compose import compose, hand_in
from tests.grader.conftest import Grader

NAME = "05-capacity-modes"
PICK = "given = variant('pick')\ncheapest_dollars = {}"
MODES = ("provisioned", "on-demand standard", "on-demand advantage")
OWN = PICK.format(f"min(monthly_cost(mode, **given) for mode in {MODES})")
FIVE = "def monthly_cost(mode, shards, million_records, gb_in, readers):\n    return 5.0"


def test_a_value_follows_the_learner_s_own_function(course: Path, grader: Grader) -> None:
    source = course / "solutions" / NAME / f"{NAME}.ipynb"
    wrong = (course / "solutions" / NAME / "wrong/monthly_cost/no_minimum.py").read_text()
    given = {
        "right": {},
        "follows": {"monthly_cost": wrong, "pick": OWN},
        "made up": {"monthly_cost": FIVE, "pick": OWN},
        "another": {"monthly_cost": wrong, "pick": PICK.format("7.0")},
    }
    for student, answers in given.items():
        hand_in(course / "submitted", student, NAME, compose(source, answers, solved=True))
    done = grader("autograde", NAME, "--trust", "--seed", "seed")
    assert done.returncode == 0, done.stderr
    marks: dict[str, dict[str, Any]] = {}
    for line in map(json.loads, (course / ".grader" / NAME / "results.jsonl").read_text().splitlines()):
        marks[line["student"]] = {task["id"]: task for task in line["tasks"]}
    assert marks["follows"]["monthly_cost"]["points"] == 2
    assert {student: of["pick"]["points"] for student, of in marks.items()} == {
        "right": 2, "follows": 2, "made up": 0, "another": 0,
    }  # fmt: skip
    assert marks["follows"]["pick"]["reasons"] == [
        "It is right by your own `monthly_cost`, which is not all right yet; that is not lost twice."
    ]
    for student in ("made up", "another"):
        assert "It builds on your `monthly_cost`" in " ".join(marks[student]["pick"]["reasons"])
    assert marks["right"]["pick"]["reasons"] == [], "the control"
