"""Where the lab keeps things: everything that it writes is below one folder.

In a clone that is `.lab/` at its root. The lab that was installed from a wheel has a folder below the user's
`~/.local/state/kinesis-lab`, one for each installation: an environment of the emulator belongs to one Python.
"""

import hashlib
import os
import sys
import sysconfig
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]
"""The folder of the package `lab`, with the emulator's plugins in it."""
CARRIED = PACKAGE / "requirements"
"""What a wheel carries of the project's folder of that name; publish/wheels/lab says what."""
IN_CLONE = not CARRIED.is_dir()


def state_of_installation() -> Path:
    """Where an installed lab keeps things, by the XDG base directory specification: $XDG_STATE_HOME."""
    said = Path(os.environ.get("XDG_STATE_HOME", ""))
    states = said if said.is_absolute() else Path.home() / ".local" / "state"
    mark = hashlib.sha256(os.fsencode(PACKAGE)).hexdigest()[:8]
    return states / "kinesis-lab" / f"{Path(sys.prefix).name}-{mark}"


PROJECT = PACKAGE.parent
"""The clone's root; without a clone the folder of installed packages, which has no course in it."""
REQUIREMENTS = PROJECT / "requirements" if IN_CLONE else CARRIED
STATE_FOLDER = PROJECT / ".lab" if IN_CLONE else state_of_installation()
EMULATOR = STATE_FOLDER / "emulator"
EMULATOR_PYTHON = EMULATOR / "bin" / "python"
EMULATOR_SITE_PACKAGES = EMULATOR / "lib" / f"python{sysconfig.get_python_version()}" / "site-packages"
CACHE = STATE_FOLDER / "cache"
AWS_FILES = STATE_FOLDER / "aws"
PRIVATE_LABS = STATE_FOLDER / "private"
"""State folders of labs that end with the process that started them."""


def default_state() -> Path:
    """The state folder of the lab that is meant when none is named: $LAB_STATE, or `run` in the lab's own."""
    return Path(os.environ.get("LAB_STATE") or STATE_FOLDER / "run").absolute()
