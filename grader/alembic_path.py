"""nbgrader calls the command `alembic` by name, so the environment's own commands must be on the PATH."""

import os
import sys
from pathlib import Path


def with_own_commands(path: str | None = None) -> str:
    """PATH with the folder of this Python's commands in front."""
    own = str(Path(sys.executable).parent)
    rest = os.environ.get("PATH", os.defpath) if path is None else path
    return rest if rest.split(os.pathsep)[0] == own else own + os.pathsep + rest
