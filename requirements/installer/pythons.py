"""Which Python an environment has, and one that uv fetches when the machine has none that the locks know."""

import os
import subprocess
import sys

from .machine import known
from .settings import for_uv
from .uv import FETCHING_UV, fetch_uv, uv_in, with_pip

DOWNLOADS = "uv's own place of download, which is not the package registry"
ASKING = "import sys; print(sys._base_executable, *sys.version_info[:2], sep='\\n')"


def this_base():
    """The Python that runs this, or the one that its environment was made with."""
    return getattr(sys, "_base_executable", None) or sys.executable


def own_python(environment):
    """The Python that ENVIRONMENT was made with, if it is still there and the locks know it, or None."""
    command = [os.path.join(environment, "bin", "python"), "-c", ASKING]
    try:
        said = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
        python, major, minor = os.fsdecode(said.stdout).splitlines()
    except (OSError, ValueError, subprocess.CalledProcessError):
        return None
    return python if known((int(major), int(minor))) and os.path.exists(python) else None


def fetch_python(step, lock, tools, version):
    """A Python of VERSION that uv fetches from its own place of download, not from the package registry.

    TOOLS is an environment for uv, made when it is missing. Raises InstallError.
    """
    uv = uv_in(tools) or fetch_uv(step, lock, tools)
    settings = for_uv(with_pip(step, lock, tools))
    step.part(FETCHING_UV, 1.0)
    command = [uv, "python", "install", "--color", "never", "--managed-python", version]
    step.run(command, "Fetching Python %s" % version, lock, settings, DOWNLOADS)
    command = [uv, "python", "find", "--managed-python", "--no-project", version]
    found = subprocess.run(command, stdout=subprocess.PIPE, check=True, env=settings)
    return os.fsdecode(found.stdout).strip()
