"""Version, Pythons and dependencies of a wheel, from the project's pyproject.toml and its lock file.

A hook of hatchling, which runs it by itself. `needs` names packages that the wheel takes at the locked
version or a later one: other people's projects live beside it. `pinned` takes all of the course's
dependencies as they are pinned: a mark must not depend on the machine. `extras` names packages by the extra
that wants them.
"""

import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface
from packaging.version import Version

PROJECT = Path(__file__).resolve().parents[2]


class Metadata(MetadataHookInterface):
    """What hatchling asks for the fields that a wheel's own pyproject.toml calls dynamic."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Fill METADATA, the table `project`."""
        course = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        metadata["version"] = course["version"]
        metadata["requires-python"] = course["requires-python"]
        metadata["license"] = course["license"]
        metadata["dependencies"] = at_least(self.config.get("needs", []))
        if self.config.get("pinned", False):
            metadata["dependencies"] += [*course["dependencies"], f"kinesis-lab=={course['version']}"]
        extras = {name: at_least(names) for name, names in self.config.get("extras", {}).items()}
        pinned = {
            name: course["optional-dependencies"][name] for name in self.config.get("pinned-extras", [])
        }
        metadata["optional-dependencies"] = extras | pinned


def at_least(names: Sequence[str]) -> list[str]:
    """Requirements for the packages NAMES: the locked version or a later one. Raises KeyError for others.

    Where the lock has several, for several Pythons, the oldest of them.
    """
    text = (PROJECT / "requirements" / "learner.txt").read_text(encoding="utf-8")
    locked: dict[str, list[Version]] = {}
    for name, version in re.findall(r"^([\w.-]+)==([\w.]+)", text, re.MULTILINE):
        locked.setdefault(name, []).append(Version(version))
    return [f"{name}>={min(locked[name])}" for name in names]
