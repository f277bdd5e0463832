"""Parts beside plain cases: own values with a tolerance, choices, policies, tables, texts, runs."""

import dataclasses
from typing import Any

import pytest

from grader.marking.task_marks import TaskMark, mark_task
from grader.notebook.views import CheckView, ProgressView
from grader.reports.text_report import text_of
from grader.tasks.answers import Answer, Missing, Raised, Refused, Returned, Stopped
from grader.tasks.compare import Close, resembles
from grader.tasks.declaration import (
    AuthoringError,
    Cases,
    Choice,
    Criterion,
    FreeText,
    Misconception,
    Runs,
    Task,
    Value,
)
from grader.tasks.exercise import CasesPart, ExerciseTask, exercise_of, from_bytes, to_text, variant_index
from grader.tasks.hidden import draw_hidden, hidden_cases, with_hidden
from grader.tasks.policies import Decides
from grader.tasks.scenarios import StreamState
from grader.tasks.scenarios.stage import Played, Verdict

HINTS = ("look there", "nearly there")


def gigabytes(records: int) -> float:
    return records * 1.5


COST = Task(
    id="cost",
    title="What it costs",
    read="the lesson",
    hints=HINTS,
    oracle=gigabytes,
    parts=(
        Value("own", 2, "it must be the cost", "my_cost", "USD", 0, 1000,
              lambda rng: {"records": rng.randint(1, 100)}, tolerance=0.01),
        Choice("mode", 1, "More than one is right", "my_modes", {"a": "one", "b": "two", "c": "three"},
               ("a", "b"), {"c": "Three is too many."}),
    ),
    misconceptions=(Misconception("half", "Half of it is forgotten.", lambda records: records * 0.75),),
)  # fmt: skip


def for_learner(task: Task, learner: str = "ada") -> ExerciseTask:
    exercise = exercise_of("test", (task,))
    variant = variant_index(learner, task.id)
    return with_hidden(exercise.tasks[0], task, draw_hidden(task, b"seed"), variant)


def mark(task: ExerciseTask, **answers: Answer) -> TaskMark:
    return mark_task(task, {name: [answer] for name, answer in answers.items()}, attempted=False)


def right_cost() -> float:
    expected = for_learner(COST).parts[0]
    return float(expected.expected)  # type: ignore[union-attr, arg-type]


class TestValues:
    @pytest.mark.parametrize(("factor", "points"), [(1.0, 2), (1.009, 2), (0.991, 2), (1.011, 0), (0.98, 0)])
    def test_a_tolerance(self, factor: float, points: int) -> None:
        given = mark(for_learner(COST), own=Returned(right_cost() * factor), mode=Missing("my_modes"))
        assert given.points == points

    def test_without_a_tolerance_a_whole_number_is_asked_for(self) -> None:
        whole = dataclasses.replace(COST.parts[0], tolerance=0.0, oracle=lambda records: records)
        task = dataclasses.replace(COST, parts=(whole,))
        given = mark(for_learner(task), own=Returned(2.5))
        assert "Set it to a whole number of USD." in given.reasons[0]

    def test_an_answer_that_needs_a_tolerance_is_the_author_s_mistake(self) -> None:
        halves = dataclasses.replace(COST.parts[0], tolerance=0.0, oracle=lambda records: records + 0.5)
        with pytest.raises(AuthoringError, match="tolerance"):
            for_learner(dataclasses.replace(COST, parts=(halves,)))

    def test_a_wrong_idea_is_recognised(self) -> None:
        given = mark(for_learner(COST), own=Returned(right_cost() / 2), mode=Missing("my_modes"))
        assert given.misconception == "half"
        assert given.reasons[0] == "Half of it is forgotten."
        other = mark(for_learner(COST), own=Returned(right_cost() / 3), mode=Missing("my_modes"))
        assert other.misconception is None

    def test_the_unit_is_named_and_the_right_value_is_not(self) -> None:
        given = mark(for_learner(COST), own=Returned(999.0), mode=Missing("my_modes"))
        assert "USD" in " ".join(given.reasons)
        assert str(right_cost()) not in " ".join(given.reasons)


class TestChoices:
    @pytest.mark.parametrize(
        ("chosen", "points"),
        [
            ("a, b", 1),
            (["b", "A "], 1),
            ("a) b)", 1),
            (["b"] * 2 + ["(a)"], 1),
            ("a", 0),
            ("a,b,c", 0),
            ("d", 0),
            (3, 0),
            ([1], 0),
            ([], 0),
        ],
    )
    def test_all_right_letters(self, chosen: Any, points: int) -> None:
        task = for_learner(COST)
        assert mark(task, own=Returned(right_cost()), mode=Returned(chosen)).points == 2 + points

    def test_a_wrong_letter_is_explained(self) -> None:
        given = mark(for_learner(COST), own=Returned(right_cost()), mode=Returned("c"))
        assert "Three is too many." in " ".join(given.reasons)

    def test_the_exercise_holds_no_right_letter(self) -> None:
        text = to_text(exercise_of("test", (COST,)))
        assert '"right"' not in text
        assert "too many" not in text
        (task,) = from_bytes(text.encode()).tasks
        assert mark(task, own=Returned(1.0), mode=Returned("c")).reasons == []

    def test_a_choice_without_words_for_a_wrong_option_is_refused(self) -> None:
        with pytest.raises(AuthoringError, match="why"):
            Choice("one", 1, "x", "name", {"a": "1", "b": "2"}, ("a",), {})


ARN = "arn:aws:kinesis:us-east-1:111122223333:stream/orders"
ROLE = "arn:aws:iam::111122223333:role/producer"


def question(action: str, allowed: bool, resource: str = ARN) -> dict[str, Any]:
    return {"says": f"it calls {action}", "caller": ROLE, "action": action, "resource": resource,
            "context": {}, "allowed": allowed}  # fmt: skip


QUESTIONS = {
    "questions": [
        question("kinesis:PutRecords", True),
        question("kinesis:DeleteStream", False),
        question("kinesis:PutRecords", False, ARN + "-archive"),
    ]
}


def policy(action: Any, resource: Any = ARN) -> dict[str, Any]:
    return {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": action, "Resource": resource}],
    }


class TestPolicies:
    @pytest.mark.parametrize(
        "right",
        [
            policy("kinesis:PutRecords"),
            policy(["kinesis:PutRecord", "kinesis:PutRecords"], [ARN]),
            policy("kinesis:Put*"),
        ],
    )
    def test_any_spelling_that_decides_rightly(self, right: Any) -> None:
        assert Decides("identity").differs(QUESTIONS, right) is None

    @pytest.mark.parametrize(
        ("wrong", "words"),
        [
            (policy("kinesis:*"), "also allows that it calls kinesis:DeleteStream"),
            (policy("kinesis:PutRecords", "*"), "also allows that it calls kinesis:PutRecords"),
            (policy("kinesis:PutRecord"), "does not allow that it calls kinesis:PutRecords"),
            ({"Statement": "?"}, "not a policy that AWS would take"),
            ([], "not a policy document"),
            (None, "not a policy document"),
        ],
    )
    def test_what_it_allows_and_must_deny(self, wrong: Any, words: str) -> None:
        assert words in str(Decides("identity").differs(QUESTIONS, wrong))

    def test_policies_are_alike_when_they_decide_alike(self) -> None:
        judge = Decides("identity")
        assert resembles(judge, QUESTIONS, policy("kinesis:*"), policy("*"))
        assert not resembles(judge, QUESTIONS, policy("kinesis:*"), policy("kinesis:PutRecords"))

    def test_a_resource_policy_and_an_endpoint_policy(self) -> None:
        other = "arn:aws:iam::444455556666:role/reader"
        asked = {"questions": [{**question("kinesis:GetRecords", True), "caller": other}]}
        shared = policy("kinesis:GetRecords")
        shared["Statement"][0]["Principal"] = {"AWS": other}
        assert Decides("resource").differs(asked, shared) is None
        assert Decides("resource").differs(asked, {**shared, "Statement": []}) is not None
        door = policy("kinesis:*")
        door["Statement"][0]["Principal"] = "*"
        assert (
            Decides("endpoint").differs({"questions": [question("kinesis:PutRecords", True)]}, door) is None
        )
        elsewhere = question("kinesis:PutRecords", False, ARN + "-other")
        assert Decides("endpoint").differs({"questions": [elsewhere]}, door) is None


class TestTables:
    EXPECTED = ({"shard": "a", "cost": 10.0}, {"shard": "b", "cost": 20.0})

    def differs(self, answer: Any) -> str | None:
        return Close(0.01).differs(list(self.EXPECTED), answer)

    def test_numbers_within_a_tolerance_all_else_equal(self) -> None:
        assert self.differs([{"shard": "a", "cost": 10.05}, {"cost": 20, "shard": "b"}]) is None

    @pytest.mark.parametrize(
        ("answer", "words"),
        [
            ([{"shard": "a", "cost": 10}, {"shard": "b", "cost": 21}], "too far off at [1]['cost']"),
            ([{"shard": "a", "cost": 10}, {"shard": "c", "cost": 20}], "another value at [1]['shard']"),
            ([{"shard": "a", "cost": 10}], "has 1 items"),
            ([{"shard": "a"}, {"shard": "b"}], "no key 'cost' at [0]"),
            ({"a": 10}, "is a dictionary"),
            ([{"shard": "a", "cost": "10"}, {"shard": "b", "cost": 20}], "is a string"),
        ],
    )
    def test_it_says_where_they_part(self, answer: Any, words: str) -> None:
        assert words in str(self.differs(answer))


TEXT = Task("defend", "Defend it", (FreeText("all", 3, "must give a reason"),), "the lesson", HINTS)


def test_a_text_is_left_to_a_person() -> None:
    task = for_learner(TEXT)
    assert mark_task(task, {}, attempted=True).outcome == "needs_manual"
    assert mark_task(task, {}, attempted=False).outcome == "not_attempted"


def test_a_text_that_waits_for_a_person_does_not_look_wrong() -> None:
    mark = mark_task(for_learner(TEXT), {}, attempted=True)
    told = {"id": mark.id, "points": 0, "max_points": 3, "outcome": mark.outcome, "reasons": mark.reasons}
    line = {"student": "ada", "assignment": "test", "score": 0, "max_score": 3, "status": "graded"}
    text = text_of(line | {"late_seconds": 0, "warnings": [], "tasks": [told]})
    assert text.splitlines()[1:] == ["  ◌ defend: 0 of 3 (waits to be read by a person)"]
    wrong = text_of(line | {"late_seconds": 0, "warnings": [], "tasks": [told | {"outcome": "failed"}]})
    assert "✘ defend: 0 of 3 (failed)" in wrong


NAMES = Task(
    id="names",
    title="Name them",
    read="the lesson",
    hints=HINTS,
    function="names",
    oracle=lambda count: [f"shardId-{n:012}" for n in range(count)],
    parts=(
        Cases(
            "all", 1, "must name all", ({"count": 1}, {"count": 5}), lambda rng: {"count": rng.randint(2, 9)}
        ),
    ),
)


class TestLists:
    def reason(self, *answers: Answer) -> str:
        (task,) = exercise_of("test", (NAMES,)).tasks
        return mark_task(task, {"all": list(answers)}, attempted=True).reasons[0]

    def test_one_too_long_to_show_is_told_by_what_is_wrong_in_it(self) -> None:
        right, wrong = NAMES.answer_to({"count": 1}), NAMES.answer_to({"count": 6})
        told = self.reason(Returned(right), Returned([*wrong[:3], *wrong[4:]]))
        assert "'shardId-000000000005' does not belong there; 'shardId-000000000003' is missing." in told

    def test_of_one_in_another_order_nothing_is_missing(self) -> None:
        right, wrong = NAMES.answer_to({"count": 1}), NAMES.answer_to({"count": 5})[::-1]
        told = self.reason(Returned(right), Returned(wrong))
        assert told.endswith("expected [a list of 5]. These are the right ones, in another order.")

    def test_of_a_long_text_its_own_length_is_told(self) -> None:
        told = self.reason(Returned("9" * 200), Returned("9" * 200))
        assert "… (200 characters)" in told

    def test_of_long_ones_inside_each_length_is_told(self) -> None:
        told = self.reason(Returned([list(range(499)), [499]]), Returned([]))
        assert "returned [[a list of 499], [499]]; expected" in told

    def test_rows_are_told_by_their_number(self) -> None:
        rows = [{"show": n, "seats": n, "hall": "the small one"} for n in range(3)]
        assert "returned [a list of 3]; expected" in self.reason(Returned(rows), Returned([]))

    @pytest.mark.parametrize(
        ("changed", "words"),
        [
            ({"show-2": ["joins"] * 9 + ["leaves", "falls"] + ["joins"]}, "In it 'show-2'[9] is 'leaves'"),
            ({"show-2": ["joins"] * 11}, "In it 'show-2' is [a list of 11]; expected [a list of 12]."),
            ({"show-7": []}, "The key 'show-7' does not belong there."),
        ],
    )
    def test_where_long_values_part_is_told(self, changed: dict[str, Any], words: str) -> None:
        right = {f"show-{n}": ["joins"] * 12 for n in range(4)}
        (task,) = exercise_of("test", (dataclasses.replace(NAMES, oracle=lambda count: right),)).tasks
        wrong = [Returned(right), Returned(right | changed)]
        assert words in mark_task(task, {"all": wrong}, attempted=True).reasons[0]

    @pytest.mark.parametrize(
        ("wrong", "words"),
        [
            ({"batch": [[0]], "too_large": []}, "The key 'batches' is missing."),
            ({"batches": [[0]], "too_large": [], "n": 1}, "The key 'n' does not belong there."),
        ],
    )
    def test_a_key_of_a_short_dictionary_is_told_too(self, wrong: dict[str, Any], words: str) -> None:
        right = {"batches": [[0]], "too_large": []}
        (task,) = exercise_of("test", (dataclasses.replace(NAMES, oracle=lambda count: right),)).tasks
        answers = [Returned(wrong), Returned(wrong)]
        assert words in mark_task(task, {"all": answers}, attempted=True).reasons[0]

    def test_where_no_plain_value_came_the_expected_one_is_told(self) -> None:
        refused = Refused("an object of type set")
        for second in (Returned(NAMES.answer_to({"count": 5})), refused):
            told = self.reason(refused, second)
            assert "returned an object of type set" in told
            assert told.endswith("Expected ['shardId-000000000000'].")


WHO = Task(
    id="who",
    title="Who was it?",
    read="the lesson",
    hints=HINTS,
    function="who",
    oracle=lambda role: {
        "principal": f"arn:aws:iam::111122223333:role/{role}",
        "time": "2026-11-20T02:11:35Z",
    },
    parts=(Cases("all", 1, "must name the role", ({"role": "nightly"},), lambda rng: {"role": "deploy"}),),
)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            {"principal": "nightly"},
            "In it 'principal' is 'nightly'; expected 'arn:aws:iam::",
        ),
        ({"time": None}, "In it 'time' is None; expected '2026-11-20T02:11:35Z'."),
        ({"why": "a" * 80}, "The key 'why' does not belong there."),
    ],
)
def test_a_dictionary_too_long_to_show_is_told_by_what_is_wrong_in_it(
    change: dict[str, Any], words: str
) -> None:
    (task,) = exercise_of("test", (WHO,)).tasks
    answer = Returned(WHO.answer_to({"role": "nightly"}) | change)
    assert words in mark_task(task, {"all": [answer]}, attempted=True).reasons[0]


def test_a_key_that_is_missing_is_named() -> None:
    (task,) = exercise_of("test", (WHO,)).tasks
    answer = Returned({"time": "2026-11-20T02:11:35Z"})
    assert "The key 'principal' is missing." in mark_task(task, {"all": [answer]}, True).reasons[0]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (0.1 + 0.2 + 72.3, "returned 72.6; expected 115.776."),
        (True, "returned True; expected 115.776."),
        ("115.776", "returned '115.776' (a string); expected 115.776."),
        (1e8 / 3, "returned 33333333.333; expected 115.776."),
        (1 / 300, "returned 0.00333333; expected 115.776."),
        (115.7760004, "returned 115.7760004; expected 115.77600000000001."),
        ([1 / 3, "a"], "returned [0.333333, 'a'] (a list or tuple); expected 115.776."),
        (Refused("an object"), "lists or dictionaries. Expected 115.776."),
    ],
)
def test_decimals_are_told_as_people_write_them(answer: Any, words: str) -> None:
    declared = Task(
        id="cost",
        title="Cost",
        read="the lesson",
        hints=HINTS,
        function="cost",
        oracle=lambda shards: shards * 720 * 0.015 + 5184 * 0.014,
        compare=Close(relative=1e-9),
        parts=(Cases("all", 1, "must be right", ({"shards": 4},), lambda rng: {"shards": 5}),),
    )
    (task,) = exercise_of("test", (declared,)).tasks
    given = answer if isinstance(answer, Refused) else Returned(answer)
    assert words in mark_task(task, {"all": [given]}, attempted=True).reasons[0]


def test_one_point_is_not_told_as_several() -> None:
    (task,) = exercise_of("test", (NAMES,)).tasks
    assert repr(ProgressView("test", [(task, None)])).endswith("not tried, 1 point")
    given = mark_task(task, {"all": [Returned(1), Returned(1)]}, attempted=True)
    assert CheckView(task, given).title.endswith("0 of 1 point on the visible cases")


SCALE = Task(
    id="scale",
    title="Scale it",
    read="the lesson",
    hints=HINTS,
    function="scale",
    parts=(Criterion("state", 2, "must scale the stream"), Criterion("rest", 1, "must touch no other",
           keeps=("others_untouched",))),
    runs=Runs((StreamState({"shards": 2}),), lambda rng: StreamState({"shards": rng.choice((2, 4))})),
    misconceptions=(Misconception("twice", "It scales twice."),),
)  # fmt: skip


class TestRuns:
    def mark(self, *runs: Played) -> TaskMark:
        return mark_task(for_learner(SCALE), {}, attempted=True, runs=runs)

    def test_kept(self) -> None:
        assert self.mark(Played(False), Played(True)).outcome == "passed"

    def test_a_broken_criterion_costs_its_part(self) -> None:
        given = self.mark(Played(False, Verdict({"state": "the stream has 1 shard."}, "twice")))
        assert (given.points, given.visible_points, given.misconception) == (1, 1, "twice")
        assert "Run 1: the stream has 1 shard." in " ".join(given.reasons)

    def test_a_hidden_run_counts_only_in_the_marking(self) -> None:
        given = self.mark(Played(False), Played(True, Verdict({"state": "it has 1 shard."})))
        assert (given.points, given.visible_points) == (1, 3)

    def test_no_answer_loses_every_part_and_is_told_once(self) -> None:
        given = self.mark(Played(False, no_answer=Raised("ValueError", "no")))
        assert (given.points, len(given.reasons)) == (0, 2)
        assert "raised ValueError: no" in given.reasons[0]

    def test_a_hidden_failure_is_not_told_in_the_learner_s_words(self) -> None:
        given = self.mark(Played(False), Played(True, no_answer=Raised("LookupError", "the seed is 7")))
        assert "LookupError" in " ".join(given.reasons)
        assert "seed" not in " ".join(given.reasons)

    def test_a_check_speaks_of_runs_where_it_plays_runs(self) -> None:
        title = CheckView(for_learner(SCALE), self.mark(Played(False))).title
        assert title.endswith("3 of 3 points on the visible runs")

    def test_a_class_is_called_one(self) -> None:
        task = for_learner(dataclasses.replace(SCALE, function="Scaler"))
        runs = [Played(False, Verdict({"state": "it has 1 shard."}))]
        assert mark_task(task, {}, attempted=True, runs=runs).reasons[0].startswith("Your class must scale")
        assert self.mark(*runs).reasons[0].startswith("Your function must scale")

    def test_a_limit_is_named(self) -> None:
        given = self.mark(Played(False, no_answer=Stopped("timeout", "limit for one call: 30 s")))
        assert (given.outcome, given.limit) == ("timeout", "limit for one call: 30 s")

    def test_spoiled(self) -> None:
        """It costs every part, and is told once."""
        given = self.mark(Played(False, spoiled="the stream is gone."))
        assert given.points == 0
        assert given.reasons[0] == "Run 1: the stream is gone. Every part that this run shows is lost."
        assert len(given.reasons) == 2
        hidden = self.mark(Played(False), Played(True, spoiled="the stream is gone."))
        assert "is gone" not in " ".join(hidden.reasons)

    def test_an_error_that_costs_two_parts_is_told_once(self) -> None:
        words = {
            "state": "it has 1 shard. It raised E: no",
            "others_untouched": "nothing shows. It raised E: no",
        }
        told = " ".join(self.mark(Played(False, Verdict(words))).reasons)
        assert "it has 1 shard. It raised E: no" in told
        assert "nothing shows." in told
        assert told.count("It raised") == 1
        words["others_untouched"] = "nothing shows. It raised E: another"
        assert " ".join(self.mark(Played(False, Verdict(words))).reasons).count("It raised") == 2

    def test_they_travel_as_data(self) -> None:
        exercise = exercise_of("test", (SCALE, TEXT, COST))
        assert from_bytes(to_text(exercise).encode()) == exercise
        assert '"hidden"' not in to_text(exercise)

    def test_hidden_runs_come_from_the_seed(self) -> None:
        drawn = [draw_hidden(SCALE, seed).runs for seed in (b"a", b"a", b"b", b"c", b"d", b"e")]
        assert drawn[0] == drawn[1]
        assert len(set(map(str, drawn))) > 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"runs": None}, "belong together"),
        ({"function": ""}, "function"),
        ({"hints": ("one",)}, "two hints"),
        ({"parts": (Criterion("no_such", 1, "x"),)}, "no criterion"),
        ({"parts": (FreeText("a", 1, "x"), Criterion("state", 1, "x"))}, "only part"),
    ],
)
def test_a_declaration_that_cannot_be_meant_is_refused(change: dict[str, Any], words: str) -> None:
    with pytest.raises(AuthoringError, match=words):
        dataclasses.replace(SCALE, **change)


def test_cases_need_an_oracle() -> None:
    part = Cases("all", 1, "must", ({"n": 1},), lambda rng: {"n": rng.randint(1, 9)})
    with pytest.raises(AuthoringError, match="oracle"):
        Task("t", "T", (part,), "x", HINTS, function="f")


def test_a_misconception_without_a_model_asks_nothing_of_the_cases() -> None:
    part = Cases("all", 1, "must", ({"n": 1},), lambda rng: {"n": rng.randint(1, 9)})
    told = (Misconception("sign", "seen in a run"),)
    task = Task("t", "T", (part,), "x", HINTS, function="f", oracle=lambda n: n, misconceptions=told)
    assert len(hidden_cases(task, b"seed")["all"]) == 6
    (cases,) = exercise_of("test", (task,)).tasks[0].parts
    assert isinstance(cases, CasesPart)
    assert cases.cases[0].predictions == {}
