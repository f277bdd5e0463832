"""What the exam codes in lessons and questions mean, as a page: docs/exams.md, from exams.toml.

python course/source/exam_page.py
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lab.machine.whole_files import write_whole

SOURCE = Path(__file__).resolve().parent
PAGE = SOURCE.parents[1] / "docs" / "exams.md"
NAMES = {
    "SAA-C03": "AWS Certified Solutions Architect – Associate",
    "DVA-C03": "AWS Certified Developer – Associate",
    "DEA-C01": "AWS Certified Data Engineer – Associate",
    "MLA-C02": "AWS Certified Machine Learning Engineer – Associate",
    "SCS-C03": "AWS Certified Security – Specialty",
    "SOA-C03": "AWS Certified CloudOps Engineer – Associate",
}
HEAD = """\
# The exam codes in the lessons

A lesson's objective may end in codes such as `SAA-C03 3.5`. The first half is an AWS exam. The second half is the
number of a skill in that exam's guide. The code says: this objective serves that skill. You need no exam for this
course.

The tables say in the course's own words what each skill is about, and which lessons serve it.

_This page is made from `course/source/exams.toml`: `python course/source/exam_page.py`._
"""


def page(exams: Mapping[str, Any]) -> str:
    """The page in Markdown. Raises KeyError for an exam without a name here."""
    parts = [HEAD]
    for exam, skills in exams["skills"].items():
        parts.append(f"\n## {exam}: {NAMES[exam]}\n\n| skill | about | lessons |\n|---|---|---|")
        for number, words in skills.items():
            served = exams["lessons"].items()
            lessons = [name[:2] for name, codes in served if number in codes.get(exam, ())]
            parts.append(f"| {number} | {words} | {', '.join(lessons)} |")
    return "\n".join(parts) + "\n"


def main() -> None:
    """Write the page."""
    exams = tomllib.loads((SOURCE / "exams.toml").read_text(encoding="utf-8"))
    write_whole(PAGE, page(exams))


if __name__ == "__main__":
    main()
