"""The bank is read whole or refused with every fault, each with the file and the item."""

from pathlib import Path

import pytest

from grader.bank.items import BankError, load_bank, read_bank

CHECK = """
[[question]]
id = "a-check"
text = "Which one is right?"
exam_tasks = ["SAA-C03 3.5"]
options = [
    { text = "This", right = true, why = "It is." },
    { text = "That", right = false, why = "It is not." },
    { text = "Those", right = false, why = "They are not." },
]
"""
FIELDS = """
version = 1
level = "apply"
angoff = 0.6
date = 2026-11-29
exams = ["SAA-C03 3.5"]
facts = ["keys.hash"]
read = "Split it"
stem = "A stem   over
two lines?"
"""
CHOICE = """
id = "a-choice"
kind = "choice"
options = [
    { text = "A", right = false, why = "Not A." },
    { text = "B", right = true, why = "B it is." },
]
""" + FIELDS.replace("over\ntwo", "over two")
ORDERING = """
id = "an-order"
kind = "ordering"
steps = [{ text = "First", why = "It comes first." }, { text = "Then", why = "It comes then." }]
""" + FIELDS.replace("over\ntwo", "over two")
MATCHING = """
id = "a-match"
kind = "matching"
pairs = [{ text = "Dog", match = "barks", why = "Dogs do." }]
spare = [{ text = "moos", why = "Cows do." }]
""" + FIELDS.replace("over\ntwo", "over two")


def bank(folder: Path, text: str, check: str = CHECK) -> Path:
    (folder / "questions" / "bank").mkdir(parents=True)
    (folder / "questions" / "02-shards.toml").write_text(check, encoding="utf-8")
    (folder / "questions" / "bank" / "02-shards.toml").write_text(text, encoding="utf-8")
    return folder


def test_every_kind_is_read_and_checks_of_lessons_are_items_too(tmp_path: Path) -> None:
    text = "".join(f"[[item]]\n{body}" for body in (CHOICE, ORDERING, MATCHING))
    check, choice, order, match = load_bank(bank(tmp_path, text))
    assert (check.id, check.is_check, check.angoff, check.right) == ("02-shards/a-check", True, None, (0,))
    assert (choice.id, choice.version, choice.stem) == ("02-shards/a-choice", 1, "A stem over two lines?")
    assert choice.right == (1,)
    assert [step.text for step in order.steps] == ["First", "Then"]
    assert match.answers == ("moos", "Dog", "barks")
    assert match.reasons == ("Dogs do.", "Cows do.")


def test_items_of_a_case_share_scenario_and_numbers(tmp_path: Path) -> None:
    text = f'[[case]]\nid = "shop"\nscenario = "A shop."\nown = ["3 shards"]\n[[case.item]]\n{CHOICE}'
    *_, item = load_bank(bank(tmp_path, text))
    assert (item.case, item.scenario, item.own) == ("02-shards/shop", "A shop.", ("3 shards",))


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ('id = "a-choice"', 'id = "A choice"', "small letters and digits"),
        ('kind = "choice"', 'kind = "quiz"', "kind is one of choice, several"),
        ('level = "apply"', 'level = "hard"', "level is one of know"),
        ("version = 1", "version = 0", "counts from 1"),
        ("version = 1", 'version = "1"', "`version` is a whole number, not '1'"),
        ("angoff = 0.6", "", "`angoff` is missing; write a number"),
        ("angoff = 0.6", "angoff = 60", "`angoff` is a number such as 0.6, not 60"),
        ("date = 2026-11-29", 'date = "today"', "`date` is a date such as"),
        ('why = "Not A."', 'because = "Not A."', "options 1: unknown because"),
        ('why = "Not A."', 'why = " "', "options 1: `why` is empty"),
        ("right = false", 'right = "no"', "options 1: `right` is true or false"),
        ("options = [", "steps = [", "unknown steps"),
        ('{ text = "A", right = false, why = "Not A." }', '"A"', "options 1: write a table"),
    ],
)
def test_a_fault_is_told_with_its_place(tmp_path: Path, before: str, after: str, words: str) -> None:
    assert before in CHOICE
    text = f"[[item]]\n{CHOICE.replace(before, after, 1)}"
    with pytest.raises(BankError, match=r"bank/02-shards\.toml, item ") as told:
        load_bank(bank(tmp_path, text))
    assert words in str(told.value)


def test_every_fault_is_told_at_once_and_the_rest_is_read(tmp_path: Path) -> None:
    broken = CHOICE.replace("version = 1", "").replace("a-choice", "b-choice")
    source = bank(
        tmp_path, f"[[items]]\n[[item]]\n{CHOICE}[[item]]\n{broken}[[case]]\nid = 'c'\n", "[[question"
    )
    items, faults = read_bank(source)
    assert [item.id for item in items] == ["02-shards/a-choice"]
    told = "\n".join(faults)
    assert "02-shards.toml is not valid TOML" in told
    assert "unknown items; known are item, case" in told
    assert "item b-choice: `version` is missing" in told
    assert "case c: `scenario` is missing" in told


def test_a_file_that_is_no_toml_is_named(tmp_path: Path) -> None:
    with pytest.raises(BankError, match=r"bank/02-shards.toml is not valid TOML"):
        load_bank(bank(tmp_path, "[[item]"))
