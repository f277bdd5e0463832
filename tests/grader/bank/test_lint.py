"""The bank keeps to its rules, and every rule is shown to refuse an item that breaks it."""

import datetime
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from grader.bank.facts import load as load_facts
from grader.bank.items import Item, Pair, Step
from grader.bank.lint import ENOUGH, RULES, Course, lint
from grader.cli import main
from grader.tasks.questions import Option

PROJECT = Path(__file__).resolve().parents[3]
SOURCE = PROJECT / "course" / "source"
COURSE = Course(
    facts=load_facts(SOURCE / "facts.toml"),
    headings={"02-shards": frozenset({"Split it"})},
    skills={"02-shards": frozenset({"SAA-C03 3.5"}), "09-delivery": frozenset({"SAA-C03 3.5"})},
    lessons=frozenset({"02-shards", "09-delivery"}),
)
OPTIONS = (
    Option("Split the shard", True, "The key alone fits into a shard."),
    Option("Merge it with its neighbour", False, "That gives the two one limit."),
    Option("Raise the retention period", False, "It doesn't change any rate."),
    Option("Register a fan-out consumer", False, "It reads, and writing is what fails."),
)
CHOICE = Item(
    id="02-shards/one",
    lesson="02-shards",
    version=1,
    kind="choice",
    stem="A shard gets 1,200 records a second of many keys. What helps?",
    exams=("SAA-C03 3.5",),
    facts=("keys.hot",),
    level="apply",
    angoff=0.6,
    date=datetime.date(2026, 11, 29),
    read="Split it",
    own=("1,200 records",),
    options=OPTIONS,
)
SEVERAL = replace(
    CHOICE,
    id="02-shards/two",
    kind="several",
    stem="A producer is refused 1,200 records a second. What may help? (Choose two.)",
    options=(*OPTIONS, Option("Spread the keys", True, "More hashes, more shards.")),
)
STEPS = tuple(Step(f"Step {word}", f"It comes {word}, as the lesson says.") for word in ("a", "b", "c"))
PAIRS = tuple(Pair(f"Cue {word}", f"Fits {word}", f"Because {word} fits here.") for word in ("a", "b", "c"))
ORDERING = replace(CHOICE, id="02-shards/three", kind="ordering", options=(), steps=STEPS)
MATCHING = replace(CHOICE, id="02-shards/four", kind="matching", options=(), pairs=PAIRS)
GOOD = [CHOICE, SEVERAL, ORDERING, MATCHING]


def right_at(place: int) -> tuple[Option, ...]:
    rest = list(OPTIONS[1:])
    rest.insert(place, OPTIONS[0])
    return tuple(rest)


def many(options: Callable[[int], tuple[Option, ...]]) -> list[Item]:
    return [replace(CHOICE, id=f"02-shards/n{n}", options=options(n)) for n in range(ENOUGH)]


def with_option(item: Item, **changed: object) -> Item:
    first, *rest = item.options
    return replace(item, options=(replace(first, **changed), *rest))  # type: ignore[arg-type]


def long_right(n: int) -> tuple[Option, ...]:
    options = list(right_at(n % 4))
    options[n % 4] = replace(options[n % 4], text="Split the shard at the middle of its range of hash keys")
    return tuple(options)


def test_the_bank_is_in_order() -> None:
    assert lint(SOURCE) == []


def test_no_rule_finds_fault_with_what_is_in_order() -> None:
    for name in set(RULES) - {"alike"}:
        assert list(RULES[name](GOOD, COURSE)) == [], name
    for name in ("positions", "lengths"):
        assert list(RULES[name](many(lambda n: right_at(n % 4)), COURSE)) == [], name
    assert list(RULES["alike"]([CHOICE, MATCHING], COURSE)) == []


@pytest.mark.parametrize(
    ("rule", "items", "words"),
    [
        ("ids", [CHOICE, CHOICE], "stands 2 times"),
        ("ids", [CHOICE, replace(CHOICE, is_check=True)], "stands 2 times"),
        ("reasons", [with_option(CHOICE, why=OPTIONS[1].why)], "the same why"),
        ("reasons", [with_option(CHOICE, why="Wrong.")], "is no reason"),
        ("reasons", [replace(ORDERING, steps=(*STEPS, Step("Step d", "No.")))], "is no reason"),
        ("counts", [replace(CHOICE, options=OPTIONS[:3])], "1 of 3"),
        ("counts", [with_option(CHOICE, right=False)], "0 of 4"),
        ("counts", [replace(CHOICE, stem="What helps? (Choose two.)")], "asks for several"),
        ("counts", [with_option(CHOICE, text=OPTIONS[1].text)], "same text"),
        ("counts", [replace(SEVERAL, stem="What helps?")], "must end by"),
        ("counts", [replace(SEVERAL, stem="What helps? (Choose three.)")], "says three, but 2"),
        ("counts", [replace(SEVERAL, options=SEVERAL.options[1:])], "says two, but 1"),
        ("counts", [replace(SEVERAL, options=(*OPTIONS[:3], SEVERAL.options[-1]))], "five options or more"),
        ("counts", [replace(ORDERING, steps=STEPS[:2])], "3 to 5 rows, not 2"),
        ("counts", [replace(MATCHING, pairs=PAIRS[:2])], "3 to 7 rows, not 2"),
        ("counts", [replace(MATCHING, spare=(Step("Fits a", "Not a second time."),))], "same text"),
        ("positions", many(lambda _: right_at(0)), "at A in 100%"),
        ("lengths", many(long_right), "longest in 100%"),
        ("catch-all", [with_option(CHOICE, text="All of the above")], "All of the above"),
        ("catch-all", [with_option(CHOICE, text="Both A and C")], "Both A and C"),
        ("endings", [replace(CHOICE, stem=f"{CHOICE.stem} |")], "end it as a sentence"),
        ("alike", [CHOICE, replace(CHOICE, id="02-shards/five")], "100%"),
        ("alike", [CHOICE, replace(CHOICE, id="02-shards/five", is_check=True)], "100%"),
        ("facts", [replace(CHOICE, facts=())], "names no fact"),
        ("facts", [replace(CHOICE, facts=("keys.cool",))], "no fact keys.cool"),
        ("facts", [replace(CHOICE, facts=("shards.read-records",))], "no source of AWS"),
        ("facts", [replace(CHOICE, facts=("shards.read-records",), is_check=True)], "no source of AWS"),
        ("numbers", [replace(CHOICE, own=())], "says 1,200 records"),
        ("numbers", [with_option(CHOICE, why="A shard gives 2 MiB a second to its readers.")], "2 MiB"),
        ("numbers", [replace(CHOICE, own=("1,200 records", "7 shards"))], "7 shards is nowhere"),
        ("numbers", [replace(CHOICE, own=("1,200 records", "7"))], "'7' has no unit"),
        (
            "number-hunts",
            [
                replace(
                    CHOICE, own=(), options=tuple(Option(f"{n} MiB", n == 1, "Because.") for n in range(4))
                )
            ],
            "bare numbers",
        ),
        ("exams", [replace(CHOICE, exams=())], "names no skill"),
        ("exams", [replace(CHOICE, exams=("SAA-C03 9.9",))], "no 'SAA-C03 9.9' for 02-shards"),
        ("reading", [replace(CHOICE, read="Glue it")], "no heading 'Glue it'"),
        ("reading", [replace(CHOICE, read="")], "no heading ''"),
        ("reading", [replace(CHOICE, lesson="99-end")], "no lesson 99-end"),
        ("angoff", [replace(CHOICE, angoff=0.2)], "between 0.25 and 1, not 0.2"),
        ("angoff", [replace(CHOICE, angoff=1.0)], "not 1.0"),
        ("cases", [replace(CHOICE, case="02-shards/shop")], "has 1 items, not 3"),
    ],
)
def test_rule_refuses(rule: str, items: list[Item], words: str) -> None:
    found = list(RULES[rule](items, COURSE))
    assert found, f"{rule} found nothing"
    assert any(words in finding for finding in found), found


def test_every_rule_has_its_test() -> None:
    [mark] = [mark for mark in test_rule_refuses.pytestmark if mark.name == "parametrize"]  # type: ignore[attr-defined]
    assert {case[0] for case in mark.args[1]} == set(RULES)


def test_a_planned_lesson_needs_no_heading() -> None:
    planned = replace(CHOICE, lesson="09-delivery", read="")
    assert list(RULES["reading"]([planned], COURSE)) == []


def test_command_tells_what_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--course", str(PROJECT), "lint", "--questions"]) == 0
    assert capsys.readouterr().out.startswith("In order: ")


def test_command_tells_a_finding_and_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "exercises").mkdir()
    source = tmp_path / "course" / "source"
    (source / "questions" / "bank").mkdir(parents=True)
    for name in ("facts.toml", "course.toml", "exams.toml", "text"):
        (source / name).symlink_to(SOURCE / name)
    (source / "questions" / "bank" / "02-shards.toml").write_text('[[item]]\nid = "x"\n', encoding="utf-8")
    assert main(["--course", str(tmp_path), "lint", "--questions"]) == 1
    assert "form: bank/02-shards.toml, item x: kind is one of" in capsys.readouterr().out
    assert main(["--course", str(tmp_path), "lint", "--questions", "--only", "no-such"]) == 2
    assert "no rule 'no-such'" in capsys.readouterr().err
