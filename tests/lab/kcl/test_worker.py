"""One worker's process, with a shell script in the place of Java."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from lab.kcl.environment import Kcl
from lab.kcl.worker import Run, Worker
from tests.lab.support import eventually

SLEEPS, ENDS = "#!/bin/sh\nexec sleep 60\n", "#!/bin/sh\nexit 3\n"


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Worker]:
    one = Worker("worker-1", tmp_path / "worker-1")
    yield one
    one.kill()


def start(worker: Worker, script: str, environment: Mapping[str, str] | None = None) -> None:
    installed = Kcl(worker.folder.parent / "installed")
    installed.java.parent.mkdir(parents=True, exist_ok=True)
    installed.java.write_text(script)
    installed.java.chmod(0o755)
    worker.start(installed, Path("orders.py"), {}, environment or {"PATH": "/usr/bin:/bin"}, "mark")


def test_an_end_by_itself_is_announced_once(worker: Worker) -> None:
    start(worker, ENDS)
    eventually(lambda: worker.status == 3)
    ended = worker.unannounced_end()
    assert ended is not None
    ended.announced = True
    assert worker.unannounced_end() is None


def test_a_worker_that_runs_or_was_killed_has_not_ended_by_itself(worker: Worker) -> None:
    start(worker, SLEEPS)
    assert worker.unannounced_end() is None
    worker.kill()
    assert worker.status == -9
    assert worker.unannounced_end() is None


def test_the_kill_before_is_not_taken_for_an_end_in_the_middle_of_a_new_start(worker: Worker) -> None:
    class Watched(dict[str, str]):
        """An environment that looks at the worker at the moment in which it is read."""

        seen: list[Run | None] = []  # noqa: RUF012 - one list, one look

        def items(self):  # type: ignore[no-untyped-def]
            self.seen.append(worker.unannounced_end())
            return super().items()

    start(worker, SLEEPS)
    worker.kill()
    start(worker, SLEEPS, Watched(PATH="/usr/bin:/bin"))
    assert Watched.seen == [None]
    assert worker.status is None


def test_who_looks_late_marks_the_run_it_saw_and_not_the_next(worker: Worker) -> None:
    start(worker, ENDS)
    eventually(lambda: worker.status == 3)
    before = worker.unannounced_end()
    assert before is not None
    start(worker, ENDS)
    before.announced = True
    eventually(lambda: worker.status == 3)
    assert worker.unannounced_end() is not None
