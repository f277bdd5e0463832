"""docs/exam-map.md says what the data says."""

from dataclasses import replace

from grader.bank.exam_map import DOCUMENT, PROJECT, exam_map, made
from grader.bank.items import load_bank

SKILLS = {"SAA-C03": {"3.5": "ingestion", "9.9": "nothing"}}


def test_document_is_as_the_data() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == made(), "run `make exam-map`"


def test_an_item_stands_at_its_skill_and_a_skill_without_items_says_so() -> None:
    item = next(item for item in load_bank(PROJECT / "course" / "source") if not item.is_check)
    told = exam_map([replace(item, id="02-shards/new", exams=("SAA-C03 3.5",))], SKILLS)
    assert "| 3.5 | ingestion | 1 | `02-shards/new` |" in told
    assert "| 9.9 | nothing | 0 | none yet |" in told
    assert "new" not in exam_map([replace(item, id="02-shards/new", is_check=True)], SKILLS)
