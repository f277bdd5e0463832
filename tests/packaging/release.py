"""Is this commit a release? `make release-check`: all has one version, and is made of this commit.

python -m tests.packaging.release. Exit status: 0 it is, 1 something is not in order.
"""

import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import nbformat
import yaml

from grader.authoring.release import stamp_now
from grader.authoring.twins import differing as parted
from grader.authoring.twins import pairs
from grader.engine.plan import assignments
from grader.source import read_notebook
from lab.errors import LabError
from publish.wheels import build
from tests.lessons.rules import outputs_committed
from tests.packaging import changelog, pins

PROJECT = Path(__file__).resolve().parents[2]
CARRIED = ("requirements/emulator.txt", "requirements/kcl.txt")
INSTALLER = "requirements/installer/"
LOCK_CHECKS = (pins.unhashed, pins.npm_faults, pins.out_of_step, pins.conda_faults, pins.python_faults)


def version_of(root: Path) -> str:
    """The version that is released: the course's own."""
    return str(pins.pyproject(root)["project"]["version"])


def version_faults(root: Path) -> list[str]:
    """The emulator, the image and the changelog have the course's version; no change waits for another."""
    version = version_of(root)
    emulator = pins.pyproject(root, "lab/emulator")["project"]["version"]
    image = yaml.safe_load((root / "docker-compose.yml").read_text())["services"]["jupyter"]["image"]
    text = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    told = changelog.releases(text)
    newest = next((one.name for one in told if one.name != changelog.NEXT), "none")
    waiting = [kind for one in told if one.name == changelog.NEXT for kind in one.entries]
    found = [f"CHANGELOG.md: {fault}" for fault in changelog.faults(text)]
    for where, named in (
        ("lab/emulator/pyproject.toml", emulator),
        ("docker-compose.yml", image.partition(":")[2]),
        ("CHANGELOG.md", newest),
    ):
        found += [f"{where} has version {named}, pyproject.toml {version}"] if named != version else []
    if waiting:
        found.append(
            f"CHANGELOG.md has unreleased changes: {', '.join(waiting)}. Put them below [{version}]."
        )
    return found


def tag_faults(root: Path) -> list[str]:
    """The commit has the version's tag, and the files are the commit's."""
    tag = f"v{version_of(root)}"
    found = (
        [] if tag in git(root, "tag", "--points-at", "HEAD").split() else [f"this commit has no tag {tag}"]
    )
    changed = [line[3:] for line in git(root, "status", "--porcelain").splitlines()]
    return found + [f"{name} is not as it is committed" for name in changed]


def git(root: Path, *words: str) -> str:
    """What git says in ROOT."""
    return subprocess.run(["git", *words], cwd=root, check=True, capture_output=True, text=True).stdout


def lock_faults(root: Path) -> list[str]:
    """The lock files are those of the pyproject files."""
    return [fault for check in LOCK_CHECKS for fault in check(root)]


def wheel_faults(root: Path) -> list[str]:
    """In dist/ are the wheels of this version, byte for byte what this commit gives."""
    version, dist = version_of(root), root / "dist"
    there = {path.name: path for path in dist.glob("*")}
    with tempfile.TemporaryDirectory(prefix="wheels-") as scratch:
        try:
            made = {path.name: path for path in build(Path(scratch), root)}
        except LabError as error:
            return [str(error)]
        found = [f"{name} is not of version {version}" for name in made if name.split("-")[1] != version]
        found += [f"dist/{name} is missing: run make wheels" for name in made.keys() - there.keys()]
        found += [f"dist/{name} is not of this release" for name in there.keys() - made.keys()]
        for name in sorted(made.keys() & there.keys()):
            if made[name].read_bytes() != there[name].read_bytes():
                found.append(f"dist/{name} is not what this commit gives: run make wheels")
        return found + [fault for path in made.values() for fault in differing(path, root)]


def wanted(name: str, root: Path) -> dict[str, bytes]:
    """What the wheel of NAME (lab, grader) must hold by the repository, by its path in the wheel."""
    files = pins.files_of(root)
    found = {path: path for path in files if path.startswith(f"{name}/")} | {f"{name}/LICENSE": "LICENSE"}
    if name == "lab":
        found |= {f"lab/{path}": path for path in files if path in CARRIED or path.startswith(INSTALLER)}
    return {inside: (root / path).read_bytes() for inside, path in found.items() if (root / path).is_file()}


def differing(wheel: Path, root: Path) -> list[str]:
    """How the files of WHEEL differ from the repository's."""
    distribution = wheel.name.split("-")[0]
    expected = wanted(distribution.removeprefix("kinesis_"), root)
    with zipfile.ZipFile(wheel) as opened:
        held = {name: opened.read(name) for name in opened.namelist() if ".dist-info/" not in name}
    changed = [name for name in sorted(held) if expected.get(name, held[name]) != held[name]]
    return [
        *(f"{distribution} lacks {name}" for name in sorted(expected.keys() - held.keys())),
        *(f"{distribution} holds {name}" for name in sorted(held.keys() - expected.keys())),
        *(f"{distribution}: {name} is another" for name in changed),
    ]


def notebook_faults(root: Path) -> list[str]:
    """Notebooks are in step with their text twins, and a lesson's cells all ran, in order."""
    found = [words for text, notebook in pairs(root) if (words := parted(text, notebook))]
    for path in sorted((root / "course").glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        found += [f"{path.name}: {fault}" for fault in outputs_committed(notebook)]
    return found


def exercise_faults(root: Path) -> list[str]:
    """Each exercise, and the stamp of its source, has the version that the source gives now."""
    found = []
    for name in assignments(root):
        source, exercise = (root / folder / name / f"{name}.ipynb" for folder in ("solutions", "exercises"))
        now = stamp_now(source.parent)
        for path in (source, exercise):
            said = (
                read_notebook(path)["metadata"].get("kinesis_course", {}).get("version")
                if path.exists()
                else None
            )
            if said != now:
                where = path.relative_to(root)
                found.append(f"{where} has version {said}, its sources give {now}: run make release")
    return found


CHECKS: Mapping[str, Callable[[Path], list[str]]] = {
    "version": version_faults,
    "tag": tag_faults,
    "lock files": lock_faults,
    "wheels": wheel_faults,
    "notebooks": notebook_faults,
    "exercises": exercise_faults,
}


def main(root: Path = PROJECT) -> int:
    """Check all, and say what is not in order."""
    count = 0
    for name, check in CHECKS.items():
        found = check(root)
        count += len(found)
        print(f"{name}: {'in order' if not found else ''}", flush=True)
        for fault in found:
            print(f"  {fault}", flush=True)
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
