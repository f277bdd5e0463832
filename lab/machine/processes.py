"""Finding and ending the processes of one lab, also those whose parents are gone."""

import os
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import psutil

from lab.machine.interrupts import deaf

KILL_SECONDS = 10.0
"""How long to wait for the kernel to take a killed process away."""


def marked(variable: str, value: str) -> list[psutil.Process]:
    """All processes of this user with VARIABLE=VALUE in their environment, but this one and its parents."""
    own = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    found = []
    for process in psutil.process_iter():
        try:
            if process.pid not in own and process.environ().get(variable) == value:
                found.append(process)
        except (psutil.Error, OSError):
            continue  # another user's, or gone
    return found


def variable_of(pid: int, variable: str) -> str | None:
    """VARIABLE in the environment of the process PID; None when there is no such process or variable."""
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        return process.environ().get(variable)
    except (psutil.Error, OSError):
        return None


def end(processes: Iterable[psutil.Process], gentle_seconds: float) -> None:
    """Ask PROCESSES to end and kill what is left after GENTLE_SECONDS (0: at once); they are gone then."""
    left = list(processes)
    with deaf():
        if gentle_seconds:
            for process in left:
                with suppress(psutil.NoSuchProcess):
                    process.terminate()
            left = _left_after(gentle_seconds, left)
        for process in left:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        _left_after(KILL_SECONDS, left)


def end_marked(variable: str, value: str, gentle_seconds: float = 0.0) -> int:
    """End every marked process, and those that they start meanwhile; how many there were."""
    count = 0
    while processes := marked(variable, value):
        end(processes, gentle_seconds)
        count += len(processes)
        gentle_seconds = 0.0
    return count


def _left_after(seconds: float, processes: list[psutil.Process]) -> list[psutil.Process]:
    """Those of PROCESSES that still run when all have ended or SECONDS have gone by.

    A zombie has ended: an orphan's stays until the system's first process looks after it.
    """
    deadline = time.monotonic() + seconds
    while (left := [process for process in processes if is_alive(process)]) and time.monotonic() < deadline:
        time.sleep(0.02)
    return left


def is_alive(process: psutil.Process) -> bool:
    """Whether PROCESS runs still, or holds its ports and files still.

    While its other threads are ending, a process looks like a zombie but has not let go of them.
    """
    try:
        if process.status() == psutil.STATUS_ZOMBIE:
            return process.num_threads() > 1
        return process.is_running()
    except psutil.NoSuchProcess:
        return False


def owner_of(folder: Path) -> psutil.Process | None:
    """The living process whose "pid:create time" is in FOLDER/owner, if there is one."""
    try:
        pid, _, created = (folder / "owner").read_text().partition(":")
        process = psutil.Process(int(pid))
        return process if abs(process.create_time() - float(created)) < 1 else None
    except (OSError, ValueError, psutil.Error):
        return None


def this_process() -> str:
    """This process as "pid:create time", by which others can tell whether it is still there."""
    return f"{os.getpid()}:{psutil.Process().create_time()}"
