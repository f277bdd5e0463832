"""The page on exam codes is what the data says, and every lesson leads to it."""

import copy
import tomllib

import pytest

from course.source.exam_page import page

from .course import COURSE, READY, ROOT, notebook_of

EXAMS = tomllib.loads((COURSE / "source" / "exams.toml").read_text(encoding="utf-8"))


def test_the_page_is_made_from_the_data() -> None:
    assert (ROOT / "docs" / "exams.md").read_text(encoding="utf-8") == page(EXAMS)
    changed = copy.deepcopy(EXAMS)
    changed["skills"]["SAA-C03"]["3.5"] = "another skill"
    assert page(changed) != page(EXAMS)


@pytest.mark.parametrize("lesson", READY)
def test_a_lesson_leads_to_the_page(lesson: str) -> None:
    opening = "\n".join(cell.source for cell in notebook_of(lesson).cells[:3])
    assert "[What the exam codes mean](../docs/exams.md)" in opening
