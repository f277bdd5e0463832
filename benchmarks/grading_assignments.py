"""The course's own assignments that work in the lab, against `nbgrader autograde` on the same lab.

Of each assignment the same hand-ins for both: its solution, and its solution with a wrong answer of one task.
"""

import os
import shutil
import tempfile
from pathlib import Path

from benchmarks._classes import ROOT, Class, Race, others, sandboxed
from grader.authoring.compose import compose
from lab.aws.environment import LEARNER_ACCOUNT, lab_environment
from lab.aws.instance import private_lab
from lab.control import control_of

ASSIGNMENTS = ("06-throttling", "01-producers", "04-retention", "07-security")
SAMPLE = 3
MANY = 40
ROUNDS = 2


def hand_ins(root: Path, assignment: str) -> list[str]:
    """The solution, and one hand-in for each task with the first of its wrong answers."""
    source = root / "solutions" / assignment / f"{assignment}.ipynb"
    wrong = {
        folder.name: sorted(folder.glob("*.py")) for folder in sorted((source.parent / "wrong").iterdir())
    }
    answers = [{}, *({task: files[0].read_text()} for task, files in wrong.items() if files)]
    return [compose(source, answer, solved=True) for answer in answers]


def main() -> None:
    sandboxed()
    with private_lab() as lab, tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        known = lab.running
        assert known is not None
        variables = {**lab_environment(known.endpoint, base={}), "LAB_STATE": str(lab.state)}
        os.environ["LAB_STATE"] = str(lab.state)
        wipe = control_of(lab, LEARNER_ACCOUNT)
        root = Path(scratch)
        for name in ("solutions", "exercises"):
            shutil.copytree(ROOT / name, root / name)
        shutil.copy2(ROOT / "nbgrader_config.py", root)
        print(f"the course's own assignments in the lab, sandbox on; {others()}", flush=True)
        for assignment in ASSIGNMENTS:
            texts = hand_ins(root, assignment)
            both = Class(root, assignment, lambda n, t=texts: t[n % len(t)] + " " * n, variables)  # type: ignore[misc]
            both.command("nbgrader", "generate_assignment", assignment, "--create", "--force")
            print(assignment)
            race = Race(both, SAMPLE, MANY, ROUNDS)
            race.run(before=lambda: wipe.set("wipe"))
            race.tell(10)


if __name__ == "__main__":
    main()
