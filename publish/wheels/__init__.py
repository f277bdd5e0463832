"""Two wheels for those who have no clone: the lab by itself, and the grader, which needs it. `make wheels`.

`lab/` and `grader/` here say what goes into each; `metadata` takes versions and pins from the project.
"""

import os
import subprocess
import sys
from pathlib import Path

import uv

from lab.aws.folders import PROJECT
from lab.errors import LabError

NAMES = ("lab", "grader")
DIST = PROJECT / "dist"


def build(folder: Path, project: Path = PROJECT) -> list[Path]:
    """Build the wheels of PROJECT into FOLDER; their files, the lab's first.

    They are the same bytes each time, from the same sources. Raises LabError with what the build said.
    """
    made = []
    for name in NAMES:
        before = set(folder.glob("*.whl"))
        for old in folder.glob(f"kinesis_{name}-*.whl"):
            old.unlink()
            before.discard(old)
        _build(project / "publish" / "wheels" / name, folder)
        made += sorted(set(folder.glob("*.whl")) - before)
    return made


def _build(source: Path, folder: Path) -> None:
    """By the build tool of this environment, whose version is locked: nothing is fetched."""
    words = ["build", "--quiet", "--wheel", "--no-build-isolation", "--no-create-gitignore"]
    done = subprocess.run(
        [uv.find_uv_bin(), *words, "--python", sys.executable, "--out-dir", str(folder), str(source)],
        capture_output=True,
        text=True,
        check=False,
        env={name: value for name, value in os.environ.items() if name != "SOURCE_DATE_EPOCH"},
    )
    if done.returncode:
        raise LabError(f"The wheel of {source.name} could not be built:\n{done.stderr}")
