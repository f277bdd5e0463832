"""The rules of a mapping as pure functions: batches, answers, windows, settings."""

import json
from typing import Any

import pytest
from lab_emulator.functions.mappings import answers, batches, settings, windows
from lab_emulator.functions.mappings.settings import Settings


def records(count: int, size: int = 10, arrived: int = 0) -> list[Any]:
    return [batches.Record(str(number), arrived, "k", b"x" * size) for number in range(count)]


def lane(count: int, size: int = 10, now: int = 0) -> Any:
    made = batches.Lane()
    for record in records(count, size):
        made.add(record, now)
    return made


# Batches


def test_without_a_window_a_batch_is_due_at_once() -> None:
    assert lane(1).is_due(Settings(), 0)
    assert not lane(0).is_due(Settings(), 0)


def test_a_batch_is_due_by_count_time_or_size_whichever_comes_first() -> None:
    waits = Settings(batch_size=10, window_seconds=60)
    assert not lane(9).is_due(waits, 59_999)
    assert lane(9).is_due(waits, 60_000)
    assert lane(10).is_due(waits, 0)
    assert lane(2, 3 * 2**20).is_due(waits, 0)
    assert not lane(1, 3 * 2**20).is_due(waits, 0)


def test_a_batch_is_no_larger_than_6_mib_and_than_the_batch_size() -> None:
    assert len(lane(5).take(Settings(batch_size=3))) == 3
    mib = lane(9, 2**20)
    assert len(mib.take(Settings())) == 5
    assert [record.number for record in mib.waiting] == ["5", "6", "7", "8"]
    assert len(lane(2, 7 * 2**20).take(Settings())) == 1


def test_nothing_is_due_while_a_batch_runs_and_the_next_window_begins_after_it() -> None:
    waits = Settings(batch_size=2, window_seconds=60)
    one = lane(3)
    one.take(waits)
    assert not one.is_due(waits, 100_000)
    one.done(100_000)
    assert not one.is_due(waits, 159_999)
    assert one.is_due(waits, 160_000)


# Answers

NUMBERS = ["11", "12", "13"]


@pytest.mark.parametrize(
    "answer",
    [None, "", {}, {"batchItemFailures": []}, {"batchItemFailures": None}, {"statusCode": 200}],
)
def test_forms_of_complete_success(answer: Any) -> None:
    assert answers.failed_from(json.dumps(answer).encode(), NUMBERS, reports_items=True) is None


def test_an_answer_without_a_body_is_success() -> None:
    assert answers.failed_from(b"", NUMBERS, reports_items=True) is None


@pytest.mark.parametrize(
    "items",
    [
        [{"itemIdentifier": ""}],
        [{"itemIdentifier": None}],
        [{"itemIdentifer": "12"}],
        [{}],
        [{"itemIdentifier": "99"}],
        [{"itemIdentifier": 12}],
        ["12"],
        [{"itemIdentifier": "12"}, {"itemIdentifier": ""}],
        "12",
    ],
)
def test_forms_of_complete_failure(items: Any) -> None:
    told = json.dumps({"batchItemFailures": items}).encode()
    assert answers.failed_from(told, NUMBERS, reports_items=True) == 0


def test_the_lowest_number_is_where_it_begins_again() -> None:
    items = [{"itemIdentifier": "13"}, {"itemIdentifier": "12"}]
    told = json.dumps({"batchItemFailures": items}).encode()
    assert answers.failed_from(told, NUMBERS, reports_items=True) == 1
    assert answers.failed_from(told, NUMBERS, reports_items=False) is None


def judged(count: int, failed: int | None, retries: int = 0, **more: Any) -> Any:
    return answers.judged(answers.Attempt(records(count), retries), failed, Settings(**more))


def sizes(verdict: Any) -> list[tuple[int, int]]:
    return [(len(one.records), one.retries) for one in verdict.attempts]


def test_a_failed_batch_is_tried_again_whole_until_its_retries_are_used_up() -> None:
    assert sizes(judged(4, 0)) == [(4, 1)]
    assert sizes(judged(4, 0, retries=9_999)) == [(4, 10_000)]
    last = answers.judged(answers.Attempt(records(4), 2), 0, Settings(retries=2))
    assert (last.then, len(last.given_up), last.attempts) == ("give_up", 4, ())
    none = answers.judged(answers.Attempt(records(4)), 0, Settings(retries=0))
    assert none.then == "give_up"


def test_after_a_partial_answer_only_the_rest_is_tried_again() -> None:
    verdict = judged(4, 1)
    assert [record.number for record in verdict.attempts[0].records] == ["1", "2", "3"]


def test_bisecting_halves_down_to_one_record_and_uses_up_no_retry() -> None:
    halves = answers.judged(answers.Attempt(records(5), 0), 0, Settings(bisects=True, retries=0))
    assert (halves.then, sizes(halves)) == ("split", [(3, 0), (2, 0)])
    one = answers.judged(answers.Attempt(records(1), 0), 0, Settings(bisects=True, retries=0))
    assert one.then == "give_up"


def test_with_a_partial_answer_the_batch_is_split_at_the_reported_record() -> None:
    rest = answers.judged(answers.Attempt(records(5), 0), 3, Settings(bisects=True, retries=0))
    assert (rest.then, sizes(rest)) == ("split", [(2, 0)])


# Windows


def test_windows_are_cut_by_arrival_from_1970_on() -> None:
    window = windows.window_of(119_999, 60)
    assert (window.start, window.end) == (60_000, 120_000)
    assert window.told(is_final=False) == {
        "window": {"start": "1970-01-01T00:01:00Z", "end": "1970-01-01T00:02:00Z"},
        "state": {},
        "isFinalInvokeForWindow": False,
        "isWindowTerminatedEarly": False,
    }


def test_a_window_keeps_the_state_that_is_answered_and_needs_one() -> None:
    window = windows.window_of(0, 60)
    window.take(b'{"state": {"sum": 3}}')
    assert window.told(is_final=True)["state"] == {"sum": 3}
    for answer in (b"null", b"{}", b"[]", b""):
        with pytest.raises(windows.NoStateError):
            window.take(answer)
    window.take(json.dumps({"state": "x" * 2**20}).encode())
    assert window.told(is_final=True)["isWindowTerminatedEarly"]


# Settings


@pytest.mark.parametrize(
    "request_",
    [
        {"BatchSize": 0},
        {"BatchSize": 10_001},
        {"MaximumBatchingWindowInSeconds": 301},
        {"ParallelizationFactor": 11},
        {"ParallelizationFactor": 0},
        {"MaximumRetryAttempts": -2},
        {"MaximumRetryAttempts": 10_001},
        {"MaximumRecordAgeInSeconds": 59},
        {"MaximumRecordAgeInSeconds": 0},
        {"MaximumRecordAgeInSeconds": 604_801},
        {"TumblingWindowInSeconds": 901},
        {"FunctionResponseTypes": ["Other"]},
        {"DestinationConfig": {"OnFailure": {"Destination": "queue"}}},
        {"FilterCriteria": {"Filters": [{"Pattern": '{"data": {}}'}]}},
        {"FilterCriteria": {"Filters": [{"Pattern": '{"data": ["text"]}'}]}},
        {"FilterCriteria": {"Filters": [{"Pattern": "data"}]}},
        {"FilterCriteria": {"Filters": [{"Pattern": '{"data": {"a": [1]}}'}] * 6}},
        {"FilterCriteria": {"Filters": [{"Pattern": '{"data": {"a": ["%s"]}}' % ("x" * 4_096)}]}},
    ],
)
def test_settings_beyond_their_limits_are_refused(request_: dict[str, Any]) -> None:
    with pytest.raises(settings.BadSettingError):
        settings.changed(Settings(), request_)


@pytest.mark.parametrize(
    "request_",
    [
        {"DestinationConfig": {"OnFailure": {"Destination": "arn:aws:sns:us-east-1:123456789012:topic"}}},
        {"FilterCriteria": {"Filters": [{"Pattern": '{"partitionKey": ["1"]}'}]}},
        {"TumblingWindowInSeconds": 60, "ParallelizationFactor": 2},
    ],
)
def test_what_the_lab_has_not_is_named(request_: dict[str, Any]) -> None:
    with pytest.raises(settings.MissingPartError):
        settings.changed(Settings(), request_)


def test_what_a_request_leaves_out_stays() -> None:
    made = settings.changed(Settings(), {"BatchSize": 10_000, "MaximumRecordAgeInSeconds": 60})
    again = settings.changed(made, {"BisectBatchOnFunctionError": True})
    assert (again.batch_size, again.age_seconds, again.bisects) == (10_000, 60, True)
