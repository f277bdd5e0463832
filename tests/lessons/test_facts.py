"""The facts about AWS: each once, with a source and a date; quotas, prices and lessons state no others."""

import datetime
import re
import shutil
import subprocess
import sys
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

import jupytext
import pytest

from course.source import facts as fact_file
from course.source import numbers_lint
from course.source.facts import SOURCE, Fact, FactError, hanging, load, old
from course.source.prose import running_text
from course.source.readability import HIGHEST_GRADE, grade
from grader.bank.quantities import Quantity, found, of_fact
from lab.rules import prices, quotas

from .course import INDEX, READY

FACTS = load()
OWN = numbers_lint.own_numbers()
IDS = {lesson["name"]: lesson.get("facts", []) for lesson in INDEX}


def write(folder: Path, change: dict[str, str]) -> Path:
    """facts.toml with one fact, changed as asked."""
    fact = {
        "id": '"shards.write-bytes"',
        "statement": '"A shard takes 1 MiB a second."',
        "quantities": '["1 MiB/s"]',
        "sources": '["quotas"]',
        "checked": "2026-11-29",
        "graded": "true",
        **change,
    }
    lines = ["[source.quotas]", 'name = "Quotas"', 'url = "https://docs.aws.amazon.com/"', "[[fact]]"]
    path = folder / "facts.toml"
    path.write_text("\n".join([*lines, *(f"{key} = {value}" for key, value in fact.items() if value)]) + "\n")
    return path


def test_a_fact_is_read(tmp_path: Path) -> None:
    [fact] = load(write(tmp_path, {})).values()
    assert fact.quantities[0].amount == 2**20
    assert fact.sources == ("Quotas (https://docs.aws.amazon.com/)",)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"id": '"Shards"'}, "an id is two words"),
        ({"statement": '" "'}, "has a statement and a source"),
        ({"sources": "[]"}, "has a statement and a source"),
        ({"sources": '["blog"]'}, r"no \[source\] is called blog"),
        ({"quantities": '["much"]'}, "no number with a unit"),
        ({"quantities": '["3 furlongs"]'}, "a unit that is not in"),
        ({"checked": ""}, "checked is missing"),
        ({"colour": '"red"'}, "unknown key colour"),
    ],
)
def test_a_fact_that_breaks_a_rule_is_refused(tmp_path: Path, change: dict[str, str], says: str) -> None:
    with pytest.raises(FactError, match=says):
        load(write(tmp_path, change))


def test_an_id_stands_once(tmp_path: Path) -> None:
    path = write(tmp_path, {})
    text = path.read_text()
    path.write_text(text + text[text.index("[[fact]]") :])
    with pytest.raises(FactError, match="stands twice"):
        load(path)


def test_what_is_older_than_a_year_is_listed_with_what_hangs_on_it() -> None:
    newest = max(fact.checked for fact in FACTS.values())
    assert old(FACTS, newest + datetime.timedelta(days=365)) == [
        fact for fact in FACTS.values() if fact.checked < newest
    ]
    due = old(FACTS, newest + datetime.timedelta(days=366))
    assert len(due) == len(FACTS)
    told = fact_file.described(FACTS["retention.default"], hanging()["retention.default"])
    for what in (
        "look up: ",
        "lesson 04-retention",
        "question 04-retention/who-sees-what",
        "claim of note 000",
    ):
        assert what in told
    assert "quota RETENTION_DEFAULT_HOURS" in told


@pytest.mark.parametrize(("day", "status"), [("2026-11-30", 0), ("2028-01-01", 1)])
def test_the_command_says_whether_something_is_due(day: str, status: int) -> None:
    program = [sys.executable, "-m", "course.source.facts", "--on", day]
    done = subprocess.run(program, capture_output=True, text=True, check=False, cwd=SOURCE.parents[1])
    assert done.returncode == status, done.stderr
    assert f"{len(FACTS)} facts; {len(FACTS) if status else 0} were looked up more than a year" in done.stdout


def test_nothing_points_to_a_fact_that_is_not_there() -> None:
    assert sorted(set(hanging()) - set(FACTS)) == []


# Quotas and prices ----

UNITS = (
    ("_BYTES", 1, "bytes"),
    ("_KIB", 1024, "bytes"),
    ("_MIB", 2**20, "bytes"),
    ("_KB", 1000, "bytes"),
    ("_DAYS", 86_400, "seconds"),
    ("_HOURS", 3600, "seconds"),
    ("_MINUTES", 60, "seconds"),
    ("_SECONDS", 1, "seconds"),
)


def amounts(name: str, value: Any) -> set[float]:
    """What a constant's value may be in a fact: bare, or in the unit that its name says."""
    bare = [value] if not isinstance(value, range) else [value[0], value[-1]]
    name = re.sub(r"_PER_.*", "", name)
    factors = [factor for word, factor, _ in UNITS if word in f"_{name}"]
    return {float(one * factor) for one in bare for factor in (factors or [1])}


def of_no_fact(constants: dict[str, Any], ids: dict[str, str]) -> list[str]:
    wrong = []
    for name, value in constants.items():
        if name not in ids:
            wrong.append(f"{name} names no fact")
        elif not amounts(name, value) <= {quantity.amount for quantity in FACTS[ids[name]].quantities}:
            wrong.append(f"{name} is {value}, which {ids[name]} does not say")
    return wrong


def constants(module: Any) -> dict[str, Any]:
    left_out = {"KIB", "MIB", "KB"}
    return {
        name: value
        for name, value in vars(module).items()
        if name.isupper() and isinstance(value, int | range) and name not in left_out
    }


def test_every_quota_is_what_its_fact_says() -> None:
    there = constants(quotas)
    started = there.pop("ON_DEMAND_START_SHARDS")  # shards stand for 4 MB/s and 4,000 records/s in the lab
    assert {started * 1e6, started * 1e3} <= {q.amount for q in FACTS["on-demand.start"].quantities}
    assert of_no_fact(there, quotas.FACTS) == []
    for name, rate in quotas.CONTROL_RATES.items():
        assert of_no_fact({"RATE": rate.per_second}, {"RATE": rate.fact}) == [], name


def test_a_quota_that_its_fact_does_not_say_is_noticed() -> None:
    assert of_no_fact({"NEXT_TOKEN_SECONDS": 301}, quotas.FACTS) != []
    assert of_no_fact({"SHARD_READ_BYTES_PER_SECOND": 2 * 10**6}, quotas.FACTS) != []
    assert of_no_fact({"NEW_LIMIT": 1}, quotas.FACTS) == ["NEW_LIMIT names no fact"]


def wrong_prices(rows: Any) -> list[str]:
    return [
        f"{row.mode} {row.dimension}"
        for row in rows
        if not any(
            q.dimension == "dollars" and Decimal(str(q.amount)) == row.dollars
            for q in FACTS[row.fact].quantities
        )
    ]


def test_every_price_is_what_its_fact_says() -> None:
    assert wrong_prices(prices.PRICES) == []
    assert of_no_fact(constants(prices), prices.FACTS) == []
    row = prices.PRICES[0]
    dearer = prices.Price(row.mode, row.dimension, row.unit, row.dollars * 2, row.source, row.fact)
    assert wrong_prices([dearer]) == ["provisioned capacity"]


# Numbers with units in texts ----


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("24 to 8,760 hours", [(86_400, "seconds"), (8760 * 3600, "seconds")]),
        ("1 MiB or 1,000 records a second", [(2**20, "bytes"), (1000, "records")]),
        ("1,024 KiB/s", [(2**20, "bytes")]),
        ("above 2 %, and $0.015 or 0.014 USD", [(2, "percent"), (0.015, "dollars"), (0.014, "dollars")]),
        ("1 to 500 records and at most 10 MiB", [(1, "records"), (500, "records"), (10 * 2**20, "bytes")]),
        ("lesson 04, 2026-11-29, SAA-C03 3.5, KCL 2 and 3, shard 1", []),
    ],
)
def test_numbers_with_units_are_found(text: str, wanted: list[tuple[float, str]]) -> None:
    assert [(quantity.amount, quantity.dimension) for quantity in found(text)] == wanted


def test_the_same_size_in_other_units_is_the_same() -> None:
    assert of_fact("365 days").same(next(found("8,760 hours")))
    assert not of_fact("1 MiB/s").same(next(found("1 MB a second")))
    assert not of_fact("5 calls/s").same(Quantity(5, "seconds", "5 s"))


@pytest.mark.parametrize("lesson", READY)
def test_every_number_with_a_unit_is_a_facts_or_the_lessons_own(lesson: str) -> None:
    texts = list(numbers_lint.of_lesson(lesson))
    assert numbers_lint.without_a_fact(texts, FACTS, IDS[lesson], OWN.get(lesson, [])) == []
    assert numbers_lint.unused(texts, OWN.get(lesson, [])) == []


@pytest.mark.parametrize("lesson", READY)
def test_a_wrong_number_is_noticed(lesson: str) -> None:
    texts = [("lesson", "A shard takes in **7,919 MiB** a second, for 7,919 hours.")]
    wrong = numbers_lint.without_a_fact(texts, FACTS, IDS[lesson], OWN.get(lesson, []))
    assert wrong == [
        "lesson says 7,919 MiB; no fact has it",
        "lesson says 7,919 hours; no fact has it",
    ]


def test_a_number_of_another_lessons_fact_is_named_with_its_fact() -> None:
    texts = [("question who", "The KPL waits 100 ms.")]
    [wrong] = numbers_lint.without_a_fact(texts, FACTS, ["shards.write-bytes"], [])
    assert "facts that have it: kpl.wait" in wrong
    assert numbers_lint.without_a_fact(texts, FACTS, ["kpl.wait"], []) == []
    assert numbers_lint.without_a_fact(texts, FACTS, [], ["100 ms"]) == []
    assert numbers_lint.unused(texts, ["100 ms", "3 KiB"]) == ["3 KiB"]


# What hangs on facts ----


def ungraded(questions: list[dict[str, Any]], facts: dict[str, Fact]) -> list[str]:
    """Questions that name no fact, or one on which no mark may hang."""
    return [
        question["id"]
        for question in questions
        if not question.get("facts") or not all(facts[one].graded for one in question["facts"])
    ]


@pytest.mark.parametrize("lesson", READY)
def test_every_question_hangs_on_facts_that_may_be_graded(lesson: str) -> None:
    path = SOURCE / "questions" / f"{lesson}.toml"
    questions = tomllib.loads(path.read_text(encoding="utf-8"))["question"]
    assert ungraded(questions, FACTS) == []
    assert ungraded([{**questions[0], "facts": ["resharding.error-name"]}], FACTS) == [questions[0]["id"]]
    assert ungraded([{**questions[0], "facts": []}], FACTS) == [questions[0]["id"]]


@pytest.mark.parametrize("lesson", READY)
def test_a_lesson_names_its_facts_once(lesson: str) -> None:
    assert IDS[lesson]
    assert len(set(IDS[lesson])) == len(IDS[lesson])


# Exams ----

EXAMS = tomllib.loads((SOURCE / "exams.toml").read_text(encoding="utf-8"))


def foreign_tags(lesson: str, tags: list[str]) -> list[str]:
    allowed = {f"{exam} {number}" for exam, numbers in EXAMS["lessons"][lesson].items() for number in numbers}
    return sorted(set(tags) - allowed)


@pytest.mark.parametrize("lesson", READY)
def test_exam_tags_are_those_of_the_lesson(lesson: str) -> None:
    tags = [tag for objective in IDS_OF_OBJECTIVES[lesson] for tag in objective["exam_tasks"]]
    path = SOURCE / "questions" / f"{lesson}.toml"
    for question in tomllib.loads(path.read_text(encoding="utf-8"))["question"]:
        tags += question["exam_tasks"]
    assert foreign_tags(lesson, tags) == []
    assert foreign_tags(lesson, [*tags, "DVA-C02 1.1.10"]) == ["DVA-C02 1.1.10"]


IDS_OF_OBJECTIVES = {lesson["name"]: lesson.get("objectives", []) for lesson in INDEX}


def test_every_tag_has_words() -> None:
    for lesson, exams in EXAMS["lessons"].items():
        for exam, numbers in exams.items():
            assert set(numbers) <= set(EXAMS["skills"][exam]), lesson


@pytest.mark.parametrize("lesson", READY)
def test_prose_is_plain(lesson: str) -> None:
    text = running_text(jupytext.read(SOURCE / "text" / f"{lesson}.py"))
    assert grade(text) <= HIGHEST_GRADE


def test_hard_prose_is_noticed(tmp_path: Path) -> None:
    name = READY[0]
    shutil.copy(SOURCE / "text" / f"{name}.py", tmp_path)
    path = tmp_path / f"{name}.py"
    hard = (
        "Notwithstanding considerable organisational heterogeneity, institutional configuration necessitates "
    )
    lines = f"# %% [markdown]\n# {hard * 3}collaboration.\n"
    path.write_text(path.read_text(encoding="utf-8").split("# %%")[0] + lines, encoding="utf-8")
    program = [sys.executable, "-m", "course.source.readability", "--texts", str(tmp_path), name]
    done = subprocess.run(program, capture_output=True, text=True, check=False, cwd=SOURCE.parents[1])
    assert done.returncode == 1
    assert "above 9" in done.stdout
