"""The emulator's environment: LocalStack and the lab's plugins in the lab's folder, from the lock files.

Apart from the learner's environment because LocalStack pins old versions of what the learner has new.
"""

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

from lab.aws.folders import (
    EMULATOR,
    EMULATOR_PYTHON,
    EMULATOR_SITE_PACKAGES,
    PACKAGE,
    PROJECT,
    REQUIREMENTS,
    STATE_FOLDER,
)
from lab.aws.installer import installer
from lab.aws.runtime import runtime_environment
from lab.errors import LabError
from lab.machine.locks import locked
from lab.machine.progress import progress
from lab.machine.whole_files import write_whole

PLUGINS = PACKAGE / "emulator"
STAMP = STATE_FOLDER / "built.json"
SOURCES = (REQUIREMENTS / "emulator.txt", PLUGINS / "pyproject.toml")
WARM_UP = "import lab_emulator.kinesis.provider, localstack.aws.spec as s; s.get_service_catalog()"


def built_from() -> str:
    """A digest of all that the built environment depends on: it is built anew when this changes."""
    digest = hashlib.sha256()
    for source in SOURCES:
        digest.update(source.read_bytes())
    # An environment can't be moved, and belongs to one Python.
    for text in (str(PROJECT), sys.version, sys.base_prefix):
        digest.update(b"\0" + text.encode())
    return digest.hexdigest()


def is_built() -> bool:
    """Whether the emulator's environment is there, whole and from today's lock files."""
    try:
        stamp = json.loads(STAMP.read_text())
    except (OSError, ValueError):
        return False
    return stamp == {"from": built_from()} and EMULATOR_PYTHON.exists()


def build() -> bool:
    """Build the emulator's environment unless it is there; True when something was built.

    Raises LabError. An interrupted build is begun again by the next call: the stamp is written last.
    """
    if is_built():
        return False
    with locked(STATE_FOLDER / "build.lock", "it is building the emulator's environment."):
        if is_built():
            return False
        STAMP.unlink(missing_ok=True)
        _build()
        write_whole(STAMP, json.dumps({"from": built_from()}))
    return True


def _build() -> None:
    """Beside the old one, and then in its place: a lab that runs from the old one hardly notices."""
    for needed in SOURCES:
        if not needed.is_file():
            raise LabError(
                f"{needed} is missing, so the local AWS can't be installed. Install the lab again."
            )
    install = installer()
    unfinished = STATE_FOLDER / "unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    try:
        install.check_machine(str(STATE_FOLDER))
        _install_emulator(install, unfinished / EMULATOR.name)
    except install.InstallError as error:
        raise LabError(str(error)) from None
    if EMULATOR.exists():
        EMULATOR.rename(unfinished / f"{EMULATOR.name}.old")
    (unfinished / EMULATOR.name).rename(EMULATOR)
    with progress("Clearing the old one away"):
        shutil.rmtree(unfinished, ignore_errors=True)
    warm_up()


def _install_emulator(install: ModuleType, place: Path) -> None:
    import uv

    title = "The local AWS (once; about 200 MB to download)"
    install.install(str(place), ["emulator"], title, uv=uv.find_uv_bin(), project=str(PLUGINS))
    share_rules(place)


def share_rules(place: Path) -> None:
    """Let the plugins in the environment PLACE import the lab's rules, and nothing beside the package."""
    packages = place / EMULATOR_SITE_PACKAGES.relative_to(EMULATOR)
    (packages / PACKAGE.name).symlink_to(PACKAGE, target_is_directory=True)


def warm_up() -> None:
    """Compile and index now what the first start would otherwise spend its time on; raises LabError."""
    scratch = STATE_FOLDER / "warm-up"
    with progress("Preparing the first start"):
        environment = runtime_environment(scratch, port=1, token="", secret="")
        result = subprocess.run(
            [str(EMULATOR_PYTHON), "-c", WARM_UP],
            env=environment,
            cwd=scratch,
            capture_output=True,
            text=True,
        )
    shutil.rmtree(scratch, ignore_errors=True)
    if result.returncode:
        raise LabError(
            "The local AWS was installed but can't be loaded: "
            f"{(result.stderr.strip() or 'no message').splitlines()[-1]} "
            f"Delete the folder {STATE_FOLDER} and run lab build again; if that does not help, report this "
            "line."
        )
