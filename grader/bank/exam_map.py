"""Which item of the bank serves which statement of an exam: docs/exam-map.md, made from the data.

python -m grader.bank.exam_map [--write]
"""

import argparse
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from grader.bank.items import Item, load_bank
from lab.machine.whole_files import write_whole

PROJECT: Final = Path(__file__).resolve().parents[2]
DOCUMENT: Final = PROJECT / "docs" / "exam-map.md"
HEAD: Final = """# Which item serves which exam

Made from `course/source/questions/bank/` and `course/source/exams.toml` by `make exam-map`; a test compares
it. Each row is a skill of an exam, in our own words, and the items of the bank that serve it. The knowledge
checks in the lessons come on top. An item is named by its lesson and its id; `grader report-item` takes that
name. AWS's guides number the skills of DVA-C03 and DEA-C01; SAA-C03 has tasks only.
"""


def exam_map(items: Iterable[Item], skills: Mapping[str, Mapping[str, str]]) -> str:
    """The document for the items and the exams' skills (as in exams.toml)."""
    of_bank = [item for item in items if not item.is_check]
    parts = [HEAD, *_numbers(of_bank)]
    for exam, statements in skills.items():
        parts += [f"\n## {exam}\n", "| skill | what it is about | items | which |", "|---|---|---|---|"]
        for number, gist in statements.items():
            serving = sorted(item.id for item in of_bank if f"{exam} {number}" in item.exams)
            which = ", ".join(f"`{one}`" for one in serving) or "none yet"
            parts.append(f"| {number} | {gist} | {len(serving)} | {which} |")
    return "\n".join(parts) + "\n"


def _numbers(items: list[Item]) -> Iterator[str]:
    kinds = ("choice", "several", "ordering", "matching")
    yield "## How many\n"
    yield "| lesson | " + " | ".join(kinds) + " | of these in cases | in all |"
    yield "|---" * 7 + "|"
    for name in [*sorted({item.lesson for item in items}), "all"]:
        of_lesson = [item for item in items if name in (item.lesson, "all")]
        counts = [sum(item.kind == kind for item in of_lesson) for kind in kinds]
        in_cases = sum(bool(item.case) for item in of_lesson)
        yield f"| {name} | " + " | ".join(map(str, [*counts, in_cases, len(of_lesson)])) + " |"


def made(source: Path = PROJECT / "course" / "source") -> str:
    """The document for the course in `source` (course/source)."""
    exams = tomllib.loads((source / "exams.toml").read_text(encoding="utf-8"))
    return exam_map(load_bank(source), exams["skills"])


def main() -> int:
    """Print the document, or write it to its place."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--write", action="store_true", help="write docs/exam-map.md")
    if parser.parse_args().write:
        write_whole(DOCUMENT, made())
    else:
        print(made(), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
