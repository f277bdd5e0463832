"""What crosses between the writer of the log and its workers: a submission as bytes, and what became of it.

Frames of one line of JSON and, for a job, the notebook's bytes as they are. Nobody unpickles them.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from grader.engine.handed import digest
from grader.engine.plan import Plans
from grader.walls import sandbox

MARK = b"\n"


@dataclass(frozen=True)
class Setup:
    """What a worker has to know before its first job."""

    root: str
    assignment: str
    secret: str
    """The seed of the hidden cases."""
    sandbox: str
    """The tier that the marks are to be made in: a worker that has another one makes other marks."""
    version: str
    """Of the course that the marks are to be made with (`Plan.version`)."""
    todays_checks: bool = False
    """For hand-ins of earlier releases too (`Plans`)."""

    def encoded(self) -> bytes:
        return json.dumps(asdict(self)).encode()

    @classmethod
    def of(cls, root: Path, secret: bytes, plans: Plans) -> "Setup":
        current = plans.current
        return cls(
            str(root), current.assignment, secret.hex(), sandbox.tier(), current.version, plans.todays_checks
        )

    @classmethod
    def decoded(cls, raw: bytes) -> "Setup":
        return cls(**json.loads(raw))


@dataclass(frozen=True)
class Job:
    """One submission to grade, or those of its tasks that `only` names."""

    student: str
    file_name: str
    notebook: bytes
    only: tuple[str, ...] | None = None
    modules: Mapping[str, str] = field(default_factory=dict)
    """The learner's own, by their files' names: they are importable for the notebook."""

    @property
    def digest(self) -> str:
        return digest(self.notebook, self.modules)

    def encoded(self) -> bytes:
        head = {"student": self.student, "file_name": self.file_name, "only": self.only,
                "modules": dict(self.modules)}  # fmt: skip
        return json.dumps(head).encode() + MARK + self.notebook

    @classmethod
    def decoded(cls, raw: bytes) -> "Job":
        head, _, notebook = raw.partition(MARK)
        given = json.loads(head)
        only = None if given["only"] is None else tuple(given["only"])
        return cls(given["student"], given["file_name"], notebook, only, given["modules"])


@dataclass(frozen=True)
class Answer:
    """What became of a job. A fault is ours and says nothing about the submission: it is never a mark."""

    status: Literal["graded", "unreadable", "fault", "refused"]
    """Refused: this worker cannot grade any submission of the assignment as asked."""
    words: str = ""
    carried: str | None = None
    """The version of the exercise that the notebook names."""
    warnings: list[str] = field(default_factory=list)
    checks: str = ""
    """The version of the checks that the marks were made by."""
    marks: list[dict[str, Any]] = field(default_factory=list)
    seconds: float = 0.0
    worker: str = ""
    """Who refused."""

    def encoded(self) -> bytes:
        return json.dumps(asdict(self)).encode()

    @classmethod
    def decoded(cls, raw: bytes) -> "Answer":
        return cls(**json.loads(raw))
