"""What must be reached for a certificate, and who issues it: `certificate.toml`.

[issuer]
name = "Example University"
url = "https://example.org/kinesis"             # may be left out
verify = "https://example.org/verify.html"      # the page that checks it, for the QR code; may be left out

[require]
exam = "passed"           # the course exam: "passed", least points, or "none"
sandbox = "full"          # what graded it: "full", "partial" or "none" (`grader doctor`)

[require.points]          # the least points of each assignment
02-shards = 14
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.whereabouts import CallError

FILE_NAME = "certificate.toml"
TIERS = ("none", "partial", "full")
WEB = re.compile(r"https://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._~/?=&%+-]*)?")


@dataclass(frozen=True)
class Terms:
    """An issuer and what it asks for."""

    issuer: str
    points: Mapping[str, float]
    """By assignment."""
    exam: float | None = None
    """Least points of the course exam, where they are not its own pass line."""
    needs_exam: bool = True
    sandbox: str = "full"
    url: str | None = None
    verify: str | None = None

    def enough(self, tier: str) -> bool:
        """Whether a sandbox of this tier is as good as asked."""
        return TIERS.index(tier) >= TIERS.index(self.sandbox)

    def criteria(self, assignments: list[str]) -> str:
        """In words, for whoever reads the certificate."""
        lines = [f"{name}: at least {self.points[name]:g} points, with hidden cases." for name in assignments]
        if self.needs_exam:
            least = "passed" if self.exam is None else f"at least {self.exam:g} points"
            lines.append(f"Course exam: {least}, marked by the instructor.")
        return "\n".join([*lines, f"Sandbox in which the work was graded: {self.sandbox} at least."])


def read_terms(root: Path) -> Terms:
    """Raises CallError when it is missing or not in order, with an example of the right form."""
    path = root / FILE_NAME
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        return _terms(content)
    except FileNotFoundError:
        raise CallError(
            f"There is no {FILE_NAME} in {root}. It says who issues, and what must be reached: "
            "docs/certificates.md shows one."
        ) from None
    except ValueError as error:
        raise CallError(f"{FILE_NAME} is not in order: {error}.") from None


def _terms(content: Mapping[str, Any]) -> Terms:
    _only(content, {"issuer", "require"}, "the file")
    issuer, require = content.get("issuer", {}), content.get("require", {})
    _only(issuer, {"name", "url", "verify"}, "[issuer]")
    _only(require, {"exam", "sandbox", "points"}, "[require]")
    if not isinstance(issuer.get("name"), str) or not issuer["name"].strip():
        raise ValueError("[issuer] has no name")
    for name in ("url", "verify"):
        if name in issuer and not WEB.fullmatch(str(issuer[name])):
            raise ValueError(f"{name} in [issuer] is no plain https address")
    points = require.get("points", {})
    if not points or not all(_is_number(value) for value in points.values()):
        raise ValueError("[require.points] says no points, like 02-shards = 14")
    exam, sandbox = require.get("exam", "passed"), require.get("sandbox", "full")
    if exam not in ("passed", "none") and not _is_number(exam):
        raise ValueError('exam is "passed", "none" or a number of points')
    if sandbox not in TIERS:
        raise ValueError(f"sandbox is one of {', '.join(TIERS)}")
    return Terms(
        issuer=issuer["name"].strip(),
        points=points,
        exam=float(exam) if _is_number(exam) else None,
        needs_exam=exam != "none",
        sandbox=sandbox,
        url=issuer.get("url"),
        verify=issuer.get("verify"),
    )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 100_000


def _only(table: Any, known: set[str], where: str) -> None:
    if not isinstance(table, dict):
        raise ValueError(f"{where} is no table")
    if unknown := sorted(table.keys() - known):
        raise ValueError(f"{where} has {unknown[0]!r}; it knows {', '.join(sorted(known))}")
