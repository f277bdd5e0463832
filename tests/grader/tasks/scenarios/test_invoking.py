"""Handlers under a mapping: a right one keeps each criterion, one that errs breaks it and shows its sign."""

import base64
import json
from typing import Any

import pytest

from grader.notebook.calls import told
from grader.notebook.processor_life import ProcessorLife
from grader.tasks.scenarios import Invoking
from grader.tasks.scenarios.stage import Played, Stage, play
from tests.grader.tasks.scenarios.test_processing import Here

RIGHT = """
def make_handler(store):
    def handler(event, context):
        for record in event["Records"]:
            number = record["kinesis"]["sequenceNumber"]
            try:
                order = json.loads(base64.b64decode(record["kinesis"]["data"]))
                store(number, order)
            except (ValueError, ConnectionError):
                return {"batchItemFailures": [{"itemIdentifier": number}]}
        return {"batchItemFailures": []}
    return handler
"""
RUNS = [
    Invoking([3, 4], seed=1),
    Invoking([4, 8, 4], damaged=[6], seed=2),
    Invoking([4, 6, 5], busy={"2": 1, "7": 2}, seed=3),
    Invoking([8, 8], damaged=[3, 9], busy={"12": 1}, seed=4),
]
FULL = RUNS[3]


def played(source: str, scenario: Invoking) -> Played:
    namespace: dict[str, Any] = {"json": json, "base64": base64}
    exec(source, namespace)
    return play(scenario, False, lambda: Stage(None, Here(namespace), "make_handler", 5.0))


def changed(before: str, after: str) -> str:
    assert before in RIGHT
    return RIGHT.replace(before, after, 1)


@pytest.mark.parametrize("scenario", RUNS)
def test_a_right_handler(scenario: Invoking) -> None:
    assert played(RIGHT, scenario).verdict.broken == {}
    nothing = changed('return {"batchItemFailures": []}', "return None")
    assert played(nothing, scenario).verdict.broken == {}


REPORT = 'return {"batchItemFailures": [{"itemIdentifier": number}]}'


@pytest.mark.parametrize(
    ("source", "broken", "sign"),
    [
        (changed(REPORT, "raise"), {"once"}, "raises"),
        (changed(REPORT, "continue"), {"nothing_lost", "reports"}, "swallows"),
        (changed("(ValueError, ConnectionError)", "ConnectionError"), {"once"}, "raises"),
        (changed("number}]", "record['eventID']}]"), {"once"}, "misnamed"),
        (changed("itemIdentifier", "identifier"), {"once"}, "misnamed"),
        (
            changed('[{"itemIdentifier": number}]', "[{'itemIdentifier': ''}]"),
            {"once"},
            "misnamed",
        ),
        (
            changed(
                '[{"itemIdentifier": number}]',
                '[{"itemIdentifier": one["kinesis"]["sequenceNumber"]} for one in event["Records"]]',
            ),
            {"once"},
            "reports_everything",
        ),
        (
            changed(
                '[{"itemIdentifier": number}]',
                '[{"itemIdentifier": event["Records"][-1]["kinesis"]["sequenceNumber"]}]',
            ),
            {"nothing_lost", "reports"},
            "reports_a_later_one",
        ),
    ],
)
def test_what_a_handler_does_wrong_is_seen(source: str, broken: set[str], sign: str) -> None:
    verdict = played(source, FULL).verdict
    assert set(verdict.broken) == broken
    assert verdict.sign == sign


def test_who_goes_on_behind_a_failure_stores_twice_and_out_of_order() -> None:
    source = changed(
        '        for record in event["Records"]:',
        "        failed = []\n" + " " * 8 + "for record in event['Records']:",
    )
    source = source.replace(REPORT, "failed.append({'itemIdentifier': number})")
    source = source.replace('{"batchItemFailures": []}', '{"batchItemFailures": failed}')
    verdict = played(source, FULL).verdict
    assert set(verdict.broken) == {"once", "in_order"}
    assert verdict.sign == "goes_on"


@pytest.mark.parametrize("scenario", RUNS)
def test_a_handler_that_does_nothing_keeps_nothing(scenario: Invoking) -> None:
    idle = "def make_handler(store):\n    return lambda event, context: None\n"
    assert played(idle, scenario).verdict.broken.keys() == set(Invoking.criteria)


def test_a_function_that_makes_no_handler_gives_no_answer() -> None:
    assert played("def make_handler(store):\n    pass\n", RUNS[0]).verdict.broken.keys() == set(
        Invoking.criteria
    )
    assert played("make_handler = 3\n", RUNS[0]).no_answer is not None


def test_a_busy_database_is_an_error_for_a_handler_and_not_for_a_processor() -> None:
    """The host raises what the other side says of storing; told by a fork, as in a notebook."""
    namespace: dict[str, Any] = {}
    exec("def make_handler(store):\n    return lambda event, context: store('1', event)\n", namespace)
    life = ProcessorLife(namespace, told)
    try:
        asked: list[dict[str, Any]] = []

        def answer(message: Any) -> dict[str, Any]:
            asked.append(dict(message))
            return {"error": "busy"} if message["action"] == "store" else {}

        assert "Returned" in repr(
            life.tell({"action": "begin", "name": "make_handler", "gets": ["store"]}, answer, 5.0)
        )
        raised = life.tell({"action": "invoke", "event": {"Records": []}}, answer, 5.0)
        assert "ConnectionError" in repr(raised)
        assert [one["action"] for one in asked] == ["store"]
    finally:
        life.end()
