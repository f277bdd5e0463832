"""Ends the workers of an application whose own process is gone, however it went.

`python -m lab.kcl.warden FOLDER`: the application's folder, which names the owner's process, is the mark of
the application's own processes, and is taken away with them.
"""

import shutil
import subprocess
import sys
import time
from pathlib import Path

from lab.kcl.worker import APPLICATION_MARK
from lab.machine.processes import end_marked, is_alive, owner_of, this_process
from lab.machine.whole_files import write_whole

CHECK_SECONDS = 0.5


def watch(folder: Path) -> None:
    """Come back when the owner of FOLDER is gone and nothing of its application is left."""
    while (owner := owner_of(folder)) is not None and is_alive(owner):
        time.sleep(CHECK_SECONDS)
    _clear(folder)


def hire(folder: Path) -> "subprocess.Popen[bytes]":
    """Make FOLDER this process's and start a warden for it; kill that when there is nothing left to end."""
    folder.mkdir(parents=True)
    write_whole(folder / "owner", this_process())
    command = [sys.executable, "-m", "lab.kcl.warden", str(folder)]
    quiet = subprocess.DEVNULL
    return subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True)


def clear_left_behind(folders: Path) -> None:
    """Clear those in FOLDERS whose owner is gone, and whose warden was killed too."""
    for folder in folders.glob("*"):
        if (folder / "owner").exists() and owner_of(folder) is None:
            _clear(folder)


def _clear(folder: Path) -> None:
    end_marked(APPLICATION_MARK, str(folder))
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    watch(Path(sys.argv[1]))
