"""uv, which installs the rest: the locked one, where it is or fetched by pip."""

import os
import re
import subprocess
import sys

from .locks import lock_file
from .machine import InstallError, check_venv

FETCHING_UV = 0.2
"""Share of a first installation until uv is there."""


def uv_in(environment):
    """The uv of ENVIRONMENT, if it is the locked one and runs."""
    uv = os.path.join(environment, "bin", "uv")
    try:
        said = subprocess.run(
            [uv, "--version"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    with open(lock_file("installer"), encoding="utf-8") as file:
        version = re.search(r"^uv==(\S+)", file.read(), re.MULTILINE).group(1)
    return uv if version in said.stdout.decode("ascii", "replace").split() else None


def fetch_uv(step, lock, tools):
    """uv, by pip, in the small environment TOOLS; raises InstallError."""
    check_venv()
    step.part(0.0, FETCHING_UV)
    base = getattr(sys, "_base_executable", None) or sys.executable
    step.run([base, "-m", "venv", "--clear", tools], "Making the environment", lock)
    step.reached(0.4)
    pip = [os.path.join(tools, "bin", "python"), "-m", "pip", "install", "--quiet", "--no-deps"]
    pip += ["--disable-pip-version-check", "--no-cache-dir", "--only-binary", ":all:", "--require-hashes"]
    step.run([*pip, "-r", lock_file("installer")], "Fetching uv", lock)
    step.reached(1.0)
    uv = uv_in(tools)
    if uv is None:
        raise InstallError("uv was fetched, but it does not run on this machine: %s/bin/uv --version" % tools)
    return uv
