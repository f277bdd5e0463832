"""Where the lab keeps things: everything that it writes is below `.lab/` at the project's root."""

import os
import sysconfig
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
REQUIREMENTS = PROJECT / "requirements"
STATE_FOLDER = PROJECT / ".lab"
EMULATOR = STATE_FOLDER / "emulator"
EMULATOR_PYTHON = EMULATOR / "bin" / "python"
EMULATOR_SITE_PACKAGES = EMULATOR / "lib" / f"python{sysconfig.get_python_version()}" / "site-packages"
CACHE = STATE_FOLDER / "cache"
AWS_FILES = STATE_FOLDER / "aws"
PRIVATE_LABS = STATE_FOLDER / "private"
"""State folders of labs that end with the process that started them."""


def default_state() -> Path:
    """The state folder of the lab that is meant when none is named: $LAB_STATE, or `.lab/run`."""
    return Path(os.environ.get("LAB_STATE") or STATE_FOLDER / "run").absolute()
