"""Was the lab lost while an answer was checked? Then nobody can tell what the answer is worth.

A lost lab is never a learner's mistake: such a check gives no mark, and nothing is written to the progress.
"""

import os
from collections.abc import Iterable, Sequence

from grader.notebook.views import Message
from grader.tasks.answers import Answer, Raised
from grader.tasks.exercise import ExerciseTask
from grader.tasks.scenarios.stage import Played, needs_lab
from lab.aws.probe import instance_at
from lab.connection import NO_ANSWER

LOST = Message(
    "The lab does not answer. Your answer was not judged, and your progress is as it was.",
    "In a terminal (File > New > Terminal): `lab up`. The lab is empty then, so run this notebook again from "
    "its top, and check again.",
    points=0,
)


def lab_now() -> str | None:
    """Which start of the lab answers where boto3 would call; None when none does."""
    endpoint = os.environ.get("AWS_ENDPOINT_URL")
    told = instance_at(endpoint) if endpoint else None
    return told["instance"] if told else None


def was_lost(
    task: ExerciseTask, answers: Iterable[Sequence[Answer]], runs: Sequence[Played], before: str | None
) -> bool:
    """Whether a wrong answer may be the lab's fault: the lab that answered BEFORE is not there any more."""
    every = [answer for of_part in answers for answer in of_part]
    every += [run.no_answer for run in runs if run.no_answer is not None]
    tells = any(isinstance(answer, Raised) and answer.type in NO_ANSWER for answer in every)
    if not tells and not any(needs_lab(run.scenario) for run in task.runs):
        return False
    now = lab_now()
    return now is None or now != before
