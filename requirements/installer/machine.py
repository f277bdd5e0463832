"""What a machine must have, each said in a sentence or two when it is missing."""

import importlib.util
import os
import shutil
import sys

OLDEST_PYTHON = (3, 11)
NEWEST_PYTHON = (3, 14)
"""The Pythons that every locked package has a wheel for. environment.yml and the Makefile say the same."""
FREE_DISK_MIB = 1500
"""The learner's and the emulator's environments together, with what uv keeps of them in its cache."""


class InstallError(Exception):
    """What is wrong and what to do, in one sentence or two."""


def known(python: tuple) -> bool:
    """Whether the locked sets are for this PYTHON, (major, minor, ...)."""
    return OLDEST_PYTHON <= tuple(python[:2]) <= NEWEST_PYTHON


def check_python() -> None:
    """Refuse a Python that the locked sets are not for; raises InstallError."""
    if not known(sys.version_info):
        raise InstallError(
            "This course needs Python %d.%d to %d.%d; %s is Python %d.%d. Install one of them with your "
            "system's packages, then say make lab PYTHON=/path/to/python%d.%d; or let uv fetch one for this "
            "course: make lab PYTHON=uv."
            % (*OLDEST_PYTHON, *NEWEST_PYTHON, sys.executable, *sys.version_info[:2], *NEWEST_PYTHON)
        )


def check_system() -> None:
    """Refuse a system on which the lab can't run; raises InstallError."""
    if os.name == "nt":
        raise InstallError(
            "The lab does not run on Windows itself. Open a WSL2 terminal (wsl --install) and run make "
            "there, or use docker-compose.yml."
        )


def check_platform() -> None:
    """Refuse a Python or a system on which the lab can't run; raises InstallError."""
    check_system()
    check_python()


def check_machine(directory: str) -> None:
    """Refuse what cannot work below DIRECTORY, before anything is downloaded; raises InstallError."""
    check_system()
    if not os.access(directory, os.W_OK | os.X_OK):
        raise InstallError(
            "The folder %s can't be written, and the course installs itself there. Make it writable for "
            "you, or copy it to a folder that is yours and run the same command there." % directory
        )
    free = shutil.disk_usage(directory).free // 2**20
    if free < FREE_DISK_MIB:
        raise InstallError(
            "Only %d MiB are free on the disk of %s; the course needs about %d MiB. Free some space "
            "and run the same command again." % (free, directory, FREE_DISK_MIB)
        )


def check_venv() -> None:
    """Refuse a Python that can't make environments, as Debian's without python3-venv; raises InstallError."""
    missing = [name for name in ("venv", "ensurepip") if importlib.util.find_spec(name) is None]
    if missing:
        raise InstallError(
            "%s can't make environments: its module %s is missing. On Debian or Ubuntu install "
            "python3-venv, then run the same command again." % (sys.executable, missing[0])
        )
