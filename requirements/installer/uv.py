"""uv, which installs the rest: the locked one, where it is or fetched by pip."""

import importlib.util
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


def fetch_uv(step, lock, tools):
    """uv, by pip, in the folder TOOLS; raises InstallError.

    By the pip of this Python, or else of an environment made for it, which takes a few seconds more.
    """
    step.part(0.0, FETCHING_UV)
    shutil.rmtree(tools, ignore_errors=True)
    options = ["--quiet", "--no-deps", "--disable-pip-version-check", "--no-cache-dir"]
    options += ["--only-binary", ":all:", "--require-hashes", "-r", lock_file("installer")]
    if importlib.util.find_spec("pip"):
        python, options = sys.executable, ["--target", tools, *options]
    else:
        check_venv()
        base = getattr(sys, "_base_executable", None) or sys.executable
        step.run([base, "-m", "venv", tools], "Making the environment", lock)
        step.reached(0.4)
        python = os.path.join(tools, "bin", "python")
    step.run([python, "-m", "pip", "install", *options], "Fetching uv", lock)
    step.reached(1.0)
    uv = uv_in(tools)
    if uv is None:
        raise InstallError("uv was fetched, but it does not run on this machine: %s/bin/uv --version" % tools)
    return uv
