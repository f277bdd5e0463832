"""An exam follows its blueprint, is the same for the same seed, and shows nothing of its keys."""

import dataclasses
import json
from collections import Counter
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.bank.items import Item, load_bank
from grader.exams.blueprint import Blueprint, BlueprintError, Domain, load_blueprints
from grader.exams.draw import (
    DrawError,
    Question,
    bank_digest,
    draw,
    drawn,
    for_exams,
    is_form,
    new_seed,
    places,
)

SOURCE = Path(__file__).resolve().parents[3] / "course" / "source"
BANK = load_bank(SOURCE)
EXAMS = load_blueprints(SOURCE / "blueprints.toml")
KINDS = {kind: next(item for item in for_exams(BANK) if item.kind == kind) for kind in
         ("choice", "several", "ordering", "matching")}  # fmt: skip


@pytest.mark.parametrize("exam", EXAMS.values(), ids=list(EXAMS))
@pytest.mark.parametrize("seed", ["a", "b", "c"])
def test_an_exam_follows_its_blueprint(exam: Blueprint, seed: str) -> None:
    questions = draw(BANK, exam, seed)
    assert len({question.item.id for question in questions}) == exam.items
    for question in questions:
        assert question.domain in exam.domains_served(question.item)
        assert question.item.angoff is not None
    got = Counter(question.domain for question in questions)
    served = Counter(name for item in for_exams(BANK) for name in exam.domains_served(item))
    weights = {domain.id: domain.weight for domain in exam.shares(for_exams(BANK))}
    assert got == Counter(places(weights, served, exam.items))


def test_the_course_exam_asks_of_every_lesson() -> None:
    questions = draw(BANK, EXAMS["course"], "seed")
    assert {question.item.lesson for question in questions} == {item.lesson for item in for_exams(BANK)}


def test_a_seed_is_an_exam_and_another_seed_another_one() -> None:
    one, same, other = (draw(BANK, EXAMS["SAA-C03"], seed) for seed in ("one", "one", "other"))
    assert one == same
    assert {q.item.id for q in one} != {q.item.id for q in other}
    assert draw(BANK[::-1], EXAMS["SAA-C03"], "one") == one, "the bank's order must not matter"
    assert len({new_seed() for _ in range(50)}) == 50


def test_items_of_a_case_stand_one_after_another() -> None:
    case = [item for item in BANK if item.case][:3]
    others = [item for item in for_exams(BANK) if not item.case][:10]
    for seed in "abcdefgh":
        at = [n for n, question in enumerate(drawn([*others, *case], seed)) if question.item.case]
        assert at == list(range(at[0], at[0] + 3))


def test_right_answers_stand_at_every_place() -> None:
    choices = [question for seed in "abcdef" for question in draw(BANK, EXAMS["course"], seed)
               if question.item.kind == "choice"]  # fmt: skip
    at = Counter(question.right[0] for question in choices)
    assert all(0.1 < at[place] / len(choices) < 0.4 for place in range(4)), at


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", ["a", "b", "c"])
def test_only_the_right_answer_is_right_wherever_it_is_shown(kind: str, seed: str) -> None:
    (question,) = drawn([KINDS[kind]], seed)
    shown = question.shown(1)
    texts = [shown["options"][place] for place in question.right]
    item = question.item
    if kind in ("choice", "several"):
        assert set(texts) == {option.text for option in item.options if option.right}
    else:
        assert texts == [*(step.text for step in item.steps), *(pair.match for pair in item.pairs)]
    assert question.is_right(list(question.right))
    for size in range(len(shown["options"]) + 1):
        for answer in list(permutations(range(len(shown["options"])), size))[:500]:
            same = set(answer) == set(question.right) if item.options else answer == question.right
            assert question.is_right(list(answer)) is same
    assert not question.is_right(None)


@pytest.mark.parametrize("seed", list("abcdefghij"))
def test_steps_are_never_shown_in_their_right_order(seed: str) -> None:
    for item in for_exams(BANK):
        if item.kind == "ordering":
            assert drawn([item], seed)[0].order != tuple(range(len(item.steps)))


def test_what_is_shown_holds_no_reason_and_no_key() -> None:
    for item in for_exams(BANK):
        (question,) = drawn([item], "seed")
        shown = json.dumps(question.shown(1), ensure_ascii=False)
        assert not [why for why in item.reasons if why in shown]
        assert "right" not in question.shown(1)
    explained = json.dumps(drawn([KINDS["choice"]], "s")[0].explained(), ensure_ascii=False)
    assert all(why in explained for why in KINDS["choice"].reasons), "the control: the review has them"


def test_what_is_no_answer_is_refused() -> None:
    choice, several, ordering, matching = (drawn([item], "s")[0].shown(1) for item in KINDS.values())
    steps, prompts = len(ordering["options"]), len(matching["prompts"])
    assert is_form(choice, [0])
    assert is_form(several, [1, 0])
    assert is_form(ordering, list(range(steps)))
    assert is_form(ordering, [None] * (steps - 1) + [0])
    assert is_form(matching, [None] * (prompts - 1) + [0])
    for shown, wrong in (
        (choice, [0, 1]), (choice, [4]), (choice, [-1]), (choice, ["0"]), (choice, [True]), (choice, 0),
        (choice, {"0": 1}), (choice, [None]), (several, [0, 0]), (several, list(range(5))),
        (ordering, [0]), (ordering, [0] * steps), (matching, [0]), (matching, [99] * prompts),
    ):  # fmt: skip
        assert not is_form(shown, wrong), (shown["kind"], wrong)


@given(
    weights=st.dictionaries(st.sampled_from("abcdef"), st.integers(1, 50), min_size=1),
    room=st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 30)),
    count=st.integers(0, 60),
)
def test_places_are_all_given_and_never_more_than_there_is_room(
    weights: dict[str, int], room: dict[str, int], count: int
) -> None:
    given_places = places(weights, room, count)
    assert sum(given_places.values()) == min(count, sum(room.get(name, 0) for name in weights))
    assert all(0 <= given_places[name] <= room.get(name, 0) for name in weights) or not any(
        given_places.values()
    )


def test_places_go_by_weight_and_largest_remainder() -> None:
    room = dict.fromkeys("abcd", 99)
    assert places({"a": 34, "b": 26, "c": 22, "d": 18}, room, 20) == {"a": 7, "b": 5, "c": 4, "d": 4}
    assert places({"a": 30, "b": 26, "c": 24, "d": 20}, {**room, "d": 0}, 20) == {
        "a": 8, "b": 6, "c": 6, "d": 0,
    }  # fmt: skip


def test_a_bank_too_small_is_told() -> None:
    few = for_exams(BANK)[:5]
    with pytest.raises(DrawError, match="has 5 items for course; its exam asks 40"):
        draw(few, EXAMS["course"], "s")


def test_the_banks_digest_changes_with_a_version_and_not_with_the_order() -> None:
    few = for_exams(BANK)[:5]
    assert bank_digest(few) == bank_digest(few[::-1])
    assert bank_digest(few) != bank_digest([dataclasses.replace(few[0], version=9), *few[1:]])


def test_a_damaged_blueprint_is_told(tmp_path: Path) -> None:
    (tmp_path / "blueprints.toml").write_text('[[exam]]\nid = "x"\n')
    with pytest.raises(BlueprintError, match=r"blueprints\.toml is not in order"):
        load_blueprints(tmp_path / "blueprints.toml")


def test_an_item_stands_for_the_domains_of_its_tags() -> None:
    exam = Blueprint("SAA-C03", "t", 1, 1, (Domain("1", "Secure", 1),))
    item: Item = dataclasses.replace(KINDS["choice"], exams=("SAA-C03 1.3", "SAA-C03 3.5", "DEA-C01 4.1"))
    assert exam.domains_served(item) == ("1", "3")
    assert Question(item, "1", (0, 1, 2, 3)).choose == 1
