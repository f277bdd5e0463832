"""uv, which installs the rest: the locked one, where it is or fetched by pip."""

import importlib.machinery
import os
import re
import shutil
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


def with_pip(step, lock, tools, *others):
    """A Python that has pip: this one, one of OTHERS, or that of an environment made in the folder TOOLS.

    pip alone knows its settings. To make an environment takes a few seconds more. Raises InstallError.
    """
    # Only the folders are asked: setuptools has a finder before them that warns when pip is looked for.
    if importlib.machinery.PathFinder.find_spec("pip"):
        return sys.executable
    python = os.path.join(tools, "bin", "python")
    for known in (python, *others):
        if _has_pip(known):
            return known
    check_venv()
    base = getattr(sys, "_base_executable", None) or sys.executable
    step.run([base, "-m", "venv", tools], "Making the environment", lock)
    return python


def _has_pip(python):
    command = [python, "-c", "import pip"]
    try:
        return subprocess.run(command, stderr=subprocess.DEVNULL).returncode == 0
    except OSError:
        return False


def fetch_uv(step, lock, tools):
    """uv, by pip, in the folder TOOLS; raises InstallError."""
    step.part(0.0, FETCHING_UV)
    shutil.rmtree(tools, ignore_errors=True)
    options = ["--quiet", "--no-deps", "--disable-pip-version-check", "--no-cache-dir"]
    options += ["--only-binary", ":all:", "--require-hashes", "-r", lock_file("installer")]
    python = with_pip(step, lock, tools)
    if python == sys.executable:
        options = ["--target", tools, *options]
    else:
        step.reached(0.4)
    step.run([python, "-m", "pip", "install", *options], "Fetching uv", lock)
    step.reached(1.0)
    uv = uv_in(tools)
    if uv is None:
        raise InstallError("uv was fetched, but it does not run on this machine: %s/bin/uv --version" % tools)
    return uv
