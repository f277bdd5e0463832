"""The wheels hold what the repository holds, and what they install works without a clone."""

import json
import os
import shlex
import shutil
import subprocess
import venv
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import uv

from lab.aws.environment import is_read_by_boto
from publish.wheels import build
from tests.documents.blocks import Shell, blocks
from tests.packaging.release import differing
from tests.packaging.tiny_index import PROJECT

DOCUMENT = PROJECT / "docs" / "lab-by-itself.md"
NEEDS_THE_COURSE = (
    "mark 02", "submit 02", "whoami Ada", "progress", "reset 02/plan_scaling", "exam", "certificate --yes",
    "autograde 02", "collect 02 all.zip", "show 02", "export --format json 02", "review 02", "release",
    "lint", "text",
)  # fmt: skip
ASKED = """
import sys
from grader.cli import main
for words in sys.argv[1:]:
    print(words, main(words.split()), file=sys.stderr)
"""
"""Commands of the grader one after the other, with the exit status of each."""

Change = Callable[[zipfile.ZipInfo], bool]


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return build(tmp_path_factory.mktemp("dist"))


def without(wheel: Path, beginning: str, folder: Path) -> Path:
    """The same wheel, in FOLDER, without the files whose names begin so."""
    folder.mkdir()
    with zipfile.ZipFile(wheel) as whole, zipfile.ZipFile(folder / wheel.name, "w") as part:
        for name in whole.namelist():
            if not name.startswith(beginning):
                part.writestr(name, whole.read(name))
    return folder / wheel.name


def test_a_wheel_holds_what_the_repository_holds(wheels: list[Path], tmp_path: Path) -> None:
    assert [wheel.name.split("-")[0] for wheel in wheels] == ["kinesis_lab", "kinesis_grader"]
    assert [differing(wheel, PROJECT) for wheel in wheels] == [[], []]
    lacking = without(wheels[0], "lab/emulator/lab_emulator/firehose", tmp_path / "less")
    assert "kinesis_lab lacks lab/emulator/lab_emulator/firehose/provider.py" in differing(lacking, PROJECT)


def test_a_wheel_is_the_same_each_time(wheels: list[Path], tmp_path: Path) -> None:
    """Also from another clone's files, of another time and with other rights."""
    clone = tmp_path / "clone"
    for name in ("lab", "grader", "requirements", "publish/wheels"):
        left_out = shutil.ignore_patterns("__pycache__")
        shutil.copytree(PROJECT / name, clone / name, ignore=left_out, copy_function=shutil.copyfile)
    for name in ("pyproject.toml", "LICENSE"):
        shutil.copyfile(PROJECT / name, clone / name)
    for path in clone.rglob("*.py"):
        path.chmod(0o600)
    again = build(tmp_path / "dist", clone)
    assert [path.read_bytes() for path in again] == [path.read_bytes() for path in wheels]
    (clone / "lab" / "errors.py").write_text("# changed\n")
    assert differing(build(tmp_path / "other", clone)[0], PROJECT) == [
        "kinesis_lab: lab/errors.py is another"
    ]


class Installed:
    """A fresh environment, a folder far from any clone to work in, a folder for the user's state."""

    def __init__(self, folder: Path) -> None:
        self.environment, self.work, self.states = folder / "venv", folder / "work", folder / "states"
        self.work.mkdir(parents=True)
        left_out = ("PYTHON", "LAB_", "VIRTUAL_ENV")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
        self.variables = {name: value for name, value in kept.items() if not is_read_by_boto(name)} | {
            "PATH": os.pathsep.join([str(self.environment / "bin"), os.environ["PATH"]]),
            "XDG_STATE_HOME": str(self.states),
        }

    def install(self, *wheels: Path) -> None:
        """By uv, which takes from its cache what pip would fetch."""
        command = [uv.find_uv_bin(), "pip", "install", "--quiet", "--python", str(self.environment)]
        subprocess.run([*command, *map(str, wheels)], check=True)

    def __call__(self, command: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            ["sh", "-c", command],
            cwd=self.work,
            env=self.variables,
            capture_output=True,
            text=True,
            check=False,
        )

    def says(self, command: str, status: int = 0) -> str:
        """What COMMAND prints; asserts its exit STATUS, and that no traceback is shown."""
        done = self(command)
        assert done.returncode == status, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout + done.stderr


REACHES = (
    "import boto3; k = boto3.client('kinesis'); k.create_stream(StreamName='far', ShardCount=1); "
    "print(k.list_streams())"
)


@pytest.mark.long
def test_installed_without_a_clone(wheels: list[Path], tmp_path: Path) -> None:
    """The blocks of the document, in a fresh environment; then what else is promised there."""
    here = Installed(tmp_path)
    shutil.copy(wheels[0], here.work)
    shell = Shell(
        here.work, here.variables | {"PATH": f"{here.work}/venv/bin{os.pathsep}{os.environ['PATH']}"}
    )
    here.environment.symlink_to(here.work / "venv")  # which the document makes
    found = list(blocks(DOCUMENT, shell))
    assert len(found) == 3
    try:
        for example in found:
            example.evaluate()
        assert "The lab was not running" in here.says("lab down")
        assert "far" in here.says(f'lab run -- python -c "{REACHES}"')
    finally:
        here("lab down")
    state = Path(json.loads(here.says("lab status --json", 1))["state"])
    assert state.is_relative_to(here.states / "kinesis-lab")
    assert "get the course's repository" in here.says("lab open", 1)
    assert "pip install nbval" in here.says("lab prove x.ipynb", 1)
    here.install(*wheels)
    assert "mark your own notebook" in here.says("grader --help")
    said = here.says(shlex.join(["python", "-c", ASKED, *NEEDS_THE_COURSE])).splitlines()
    assert said[1::2] == [f"{words} 2" for words in NEEDS_THE_COURSE]
    assert all("get the course's repository" in line for line in said[::2])
    assert sorted(path.name for path in here.work.iterdir()) == [wheels[0].name, "venv"]


def test_a_lab_without_its_emulator_is_found(wheels: list[Path], tmp_path: Path) -> None:
    """The control: the same use of a wheel without the emulator's files fails, and says what is missing."""
    here = Installed(tmp_path)
    venv.create(here.environment, with_pip=False)
    here.install(without(wheels[0], "lab/emulator/", tmp_path / "less"))
    assert "lab/emulator/pyproject.toml is missing" in here.says("lab up", 1)
    with pytest.raises(AssertionError):
        here.says(f'lab run -- python -c "{REACHES}"')
