"""Finding and ending the processes of one lab, also those whose parents are gone."""

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import psutil

from lab.interrupts import deaf

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
            _, left = psutil.wait_procs(left, timeout=gentle_seconds)
        for process in left:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(left, timeout=KILL_SECONDS)


def end_marked(variable: str, value: str, gentle_seconds: float = 0.0) -> int:
    """End every marked process, and those that they start meanwhile; how many there were."""
    count = 0
    while processes := marked(variable, value):
        end(processes, gentle_seconds)
        count += len(processes)
        gentle_seconds = 0.0
    return count


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
