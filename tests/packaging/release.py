"""wheel check, for now"""

import zipfile
from pathlib import Path

from tests.packaging.pins import files_of

CARRIED = ("requirements/emulator.txt", "requirements/kcl.txt")
INSTALLER = "requirements/installer/"


def wanted(name: str, root: Path) -> dict[str, bytes]:
    """What the wheel of NAME (lab, grader) must hold by the repository, by its path in the wheel."""
    files = files_of(root)
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
    return [
        *(f"{distribution} lacks {name}" for name in sorted(expected.keys() - held.keys())),
        *(f"{distribution} holds {name}" for name in sorted(held.keys() - expected.keys())),
        *(
            f"{distribution}: {name} is another"
            for name in sorted(held)
            if expected.get(name, held[name]) != held[name]
        ),
    ]
