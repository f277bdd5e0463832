"""Record processors under KCL's protocol: a right one keeps each criterion, one that errs breaks it."""

import json
import subprocess
import sys
import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from grader.notebook.calls import told
from grader.notebook.processor_life import ProcessorLife
from grader.tasks.answers import Answer
from grader.tasks.scenarios import Processing
from grader.tasks.scenarios.stage import Asked, Played, Stage, play
from lab.kcl.environment import kcl
from lab.kcl.python_side import CheckpointError

RIGHT = """
class RecordProcessor:
    def __init__(self, store, set_aside):
        self.store, self.set_aside = store, set_aside

    def initialize(self, initialize_input):
        pass

    def process_records(self, process_records_input):
        for record in process_records_input.records:
            try:
                order = json.loads(record.binary_data)
            except ValueError:
                self.set_aside(record.sequence_number, record.binary_data)
            else:
                self.store(record.sequence_number, order)
        self.checkpoint(process_records_input.checkpointer)

    def checkpoint(self, checkpointer):
        for _ in range(5):
            try:
                checkpointer.checkpoint()
                return
            except CheckpointError as error:
                if error.value != "ThrottlingException":
                    return

    def lease_lost(self, lease_lost_input):
        pass

    def shard_ended(self, shard_ended_input):
        self.checkpoint(shard_ended_input.checkpointer)

    def shutdown_requested(self, shutdown_requested_input):
        self.checkpoint(shutdown_requested_input.checkpointer)
"""

FULL = Processing(
    [4, 6, 5, 7],
    bad=[2, 11],
    refused={"1": ["ThrottlingException", "ThrottlingException"], "end": ["ThrottlingException"]},
    crashes=[2],
    seed=3,
)
SHUTDOWN = Processing([3, 3], refused={"end": ["ThrottlingException"]}, ending="shutdown_requested")
LOSS = Processing([4, 6, 5], refused={"1": ["ShutdownException"]})


class Here:
    """The learner's side, each life of the processor in a fork of this process."""

    def __init__(self, namespace: Mapping[str, Any]) -> None:
        self.namespace = namespace
        self.life: ProcessorLife | None = None

    def tell(self, message: Mapping[str, Any], asked: Asked, seconds: float) -> Answer:
        if message["action"] == "begin" and self.life is None:
            self.life = ProcessorLife(self.namespace, told)
        assert self.life is not None
        return self.life.tell(message, asked, seconds)

    def call(self, _function: str, _arguments: Mapping[str, Any], _seconds: float) -> Answer:
        raise AssertionError("nothing is called")

    def renew(self) -> None:
        if self.life is not None:
            self.life.end()
            self.life = None

    def ready(self) -> None:
        pass

    shut_out, let_in = ready, renew


def played(source: str, scenario: Processing) -> Played:
    namespace: dict[str, Any] = {"json": json, "CheckpointError": CheckpointError}
    exec(source, namespace)
    return play(scenario, False, lambda: Stage(None, Here(namespace), "RecordProcessor", 5.0))


def changed(before: str, after: str) -> str:
    assert before in RIGHT
    return RIGHT.replace(before, after, 1)


@pytest.mark.parametrize(
    "scenario",
    [
        FULL,
        LOSS,
        Processing([3, 3], ending="lease_lost"),
        Processing([3, 3], ending="shutdown_requested"),
        SHUTDOWN,
        Processing([5, 1, 8], bad=[0, 4], crashes=[0, 2]),
    ],
)
def test_a_right_processor(scenario: Processing) -> None:
    assert played(RIGHT, scenario).verdict.broken == {}


IDLE = """
class RecordProcessor:
    def __init__(self, store, set_aside):
        pass

    def anything(self, given):
        pass

    initialize = process_records = lease_lost = shard_ended = shutdown_requested = anything
"""


@pytest.mark.parametrize(
    "scenario", [FULL, LOSS, SHUTDOWN, Processing([3, 3]), Processing([3, 3], ending="lease_lost")]
)
def test_a_processor_that_does_nothing_keeps_nothing(scenario: Processing) -> None:
    assert played(IDLE, scenario).verdict.broken.keys() == set(Processing.criteria)
    assert played(RIGHT, scenario).verdict.broken == {}, "the control"


TEXT_SET_ASIDE = """
class RecordProcessor:
    def __init__(self, store, set_aside):
        self.set_aside = set_aside

    def initialize(self, given):
        pass

    def process_records(self, given):
        for record in given.records:
            self.set_aside(record.sequence_number, "no bytes")
"""


def test_of_two_errors_the_first_says_why_records_are_missing() -> None:
    """The second here is that `shard_ended` is not there."""
    broken = played(TEXT_SET_ASIDE, Processing([3, 3], bad=[1])).verdict.broken
    for criterion in ("nothing_lost", "sets_apart"):
        assert "set_aside takes the record's data as bytes, and was given str" in broken[criterion]
        assert "AttributeError" not in broken[criterion]


def test_one_record_of_each_batch_is_too_little() -> None:
    one = changed("in process_records_input.records:", "in process_records_input.records[:1]:")
    assert played(one, Processing([4, 4])).verdict.broken.keys() == set(Processing.criteria)
    half = changed("in process_records_input.records:", "in process_records_input.records[:2]:")
    assert "shard_end" not in played(half, Processing([4, 4])).verdict.broken, "the control"


def test_a_checkpoint_alone_shows_nothing() -> None:
    alone = changed(BATCH, "")
    assert played(alone, LOSS).verdict.broken.keys() == set(Processing.criteria)


IN_MEMORY = """
{module}

class RecordProcessor:
    {shared}

    def __init__(self, store, set_aside):
        self.store = store
        self.set_aside = set_aside
        {own}

    def initialize(self, given):
        self.flush()

    def process_records(self, given):
        self.flush()
        {name}.extend((record.sequence_number, record.binary_data) for record in given.records)
        self.checkpoint(given.checkpointer)

    def flush(self):
        while {name}:
            number, data = {name}.pop(0)
            try:
                order = json.loads(data)
            except ValueError:
                self.set_aside(number, data)
            else:
                self.store(number, order)

    def checkpoint(self, checkpointer):
        for _ in range(5):
            try:
                return checkpointer.checkpoint()
            except CheckpointError as error:
                if error.value != "ThrottlingException":
                    return

    def lease_lost(self, given):
        pass

    def shard_ended(self, given):
        self.flush()
        self.checkpoint(given.checkpointer)

    shutdown_requested = shard_ended
"""


@pytest.mark.parametrize(
    ("module", "shared", "own", "name"),
    [
        ("", "", "self.waiting = []", "self.waiting"),
        ("", "waiting = []", "pass", "RecordProcessor.waiting"),
        ("waiting = []", "", "pass", "waiting"),
    ],
)
def test_what_is_kept_in_memory_is_gone_after_a_crash(module: str, shared: str, own: str, name: str) -> None:
    source = IN_MEMORY.format(module=module, shared=shared, own=own, name=name)
    verdict = played(source, Processing([3, 6, 4], crashes=[1])).verdict
    assert "nothing_lost" in verdict.broken
    assert verdict.sign == "checkpoint_first"


def test_a_processor_is_lost_at_every_moment_in_turn() -> None:
    """It asks for three records to be stored and a checkpoint: four moments."""
    crashes: list[int] = []

    class Counting(Here):
        def renew(self) -> None:
            crashes.append(1)
            super().renew()

    namespace: dict[str, Any] = {"json": json, "CheckpointError": CheckpointError}
    exec(RIGHT, namespace)

    def stage() -> Stage:
        return Stage(None, Counting(namespace), "RecordProcessor", 5.0)

    run = play(Processing([2, 3, 2], crashes=[1]), False, stage)
    assert run.verdict.broken == {}
    assert len(crashes) == 4
    crashes.clear()
    assert play(Processing([2, 3, 2]), False, stage).verdict.broken == {}
    assert crashes == [], "the control"


def test_a_right_processor_that_checkpoints_each_record() -> None:
    often = changed(
        "self.store(record.sequence_number, order)\n",
        "self.store(record.sequence_number, order)\n            "
        "self.checkpoint(process_records_input.checkpointer, record.sequence_number)\n",
    ).replace("def checkpoint(self, checkpointer):", "def checkpoint(self, checkpointer, number=None):")
    often = often.replace("checkpointer.checkpoint()", "checkpointer.checkpoint(number)")
    assert played(often, FULL).verdict.broken == {}


PARSING = """            try:
                order = json.loads(record.binary_data)
            except ValueError:
                self.set_aside(record.sequence_number, record.binary_data)
            else:
                self.store(record.sequence_number, order)
"""
BATCH = "        for record in process_records_input.records:\n" + PARSING
AFTER = "        self.checkpoint(process_records_input.checkpointer)\n"
BLIND = PARSING.replace("self.set_aside(record.sequence_number, record.binary_data)", "pass")
THROWING = """            order = json.loads(record.binary_data)
            self.store(record.sequence_number, order)
"""
ONCE = """        try:
            checkpointer.checkpoint()
        except CheckpointError:
            pass
"""
TRIES = RIGHT[RIGHT.index("        for _ in range(5):") : RIGHT.index("    def lease_lost")]


@pytest.mark.parametrize(
    ("source", "scenario", "criterion", "sign"),
    [
        (changed(PARSING, THROWING), FULL, "nothing_lost", "skips_the_batch"),
        (changed(PARSING, BLIND), FULL, "sets_apart", "swallows"),
        (changed(AFTER, ""), FULL, "checkpoints", "never_checkpoints"),
        (changed(BATCH + AFTER, AFTER + BATCH), FULL, "checkpoints", "checkpoint_first"),
        (changed(TRIES, ONCE + "\n"), FULL, "retries", "gives_up"),
        (
            changed('                if error.value != "ThrottlingException":\n                    return\n',
                    "                pass\n"),
            LOSS, "lease_loss", "after_the_loss",
        ),
        (
            changed("        self.checkpoint(shard_ended_input.checkpointer)", "        pass"),
            Processing([3, 3]), "shard_end", "forgets_shard_end",
        ),
        (changed("self.store(record.sequence_number, order)", "self.store(record.sequence_number, 1)"),
         FULL, "nothing_lost", None),
        (changed("range(5)", "range(2)"), FULL, "retries", None),
        (
            changed("        self.checkpoint(shutdown_requested_input.checkpointer)", "        pass"),
            SHUTDOWN, "shutdown", "forgets_shutdown",
        ),
        (changed(TRIES, ONCE + "\n"), SHUTDOWN, "shutdown", None),
        (
            changed("lease_lost(self, lease_lost_input):\n        pass",
                    "lease_lost(self, lease_lost_input):\n        lease_lost_input.checkpointer"),
            LOSS, "lease_loss", None,
        ),
        (changed("self.set_aside(record.sequence_number, record.binary_data)",
                 "self.set_aside(record.sequence_number, record.partition_key.encode())"),
         FULL, "sets_apart", None),
    ],
)  # fmt: skip
def test_what_breaks_each_criterion(
    source: str, scenario: Processing, criterion: str, sign: str | None
) -> None:
    verdict = played(source, scenario).verdict
    assert criterion in verdict.broken
    assert verdict.sign == sign


def test_a_try_around_the_whole_loop_is_told_as_such() -> None:
    around = """        try:
            for record in process_records_input.records:
                self.store(record.sequence_number, json.loads(record.binary_data))
        except ValueError:
            self.set_aside(record.sequence_number, record.binary_data)
"""
    verdict = played(changed(BATCH, around), FULL).verdict
    assert "around the whole loop" in verdict.broken["nothing_lost"]
    assert verdict.sign != "checkpoint_first"


def test_a_slip_is_told_as_it_is() -> None:
    verdict = played(changed("record.binary_data)", "record.data)"), FULL).verdict
    assert "AttributeError" in verdict.broken["nothing_lost"]
    assert verdict.sign is None


def test_data_set_aside_that_are_no_bytes_are_refused_where_they_are_given() -> None:
    verdict = played(
        changed("record.binary_data)\n            else", "'one pizza')\n            else"), FULL
    ).verdict
    assert "TypeError: set_aside takes the record's data as bytes" in verdict.broken["nothing_lost"]
    assert verdict.sign is None


def test_how_often_a_checkpoint_was_tried_is_told() -> None:
    seen = played(changed("range(5)", "range(2)"), FULL).verdict.broken["retries"]
    assert seen == "ThrottlingException refuses a checkpoint 2 times here; it was tried 2 times."


def test_a_class_that_cannot_be_made_gives_no_answer() -> None:
    assert "TypeError" in str(played("class RecordProcessor:\n    pass", FULL).no_answer)


def test_who_stops_at_a_lost_lease_leaves_the_rest_to_the_next_owner() -> None:
    stops = changed(
        '                if error.value != "ThrottlingException":\n                    return\n',
        '                if error.value != "ThrottlingException":\n                    raise\n',
    ).replace(
        "            try:\n                order",
        "            self.checkpoint(process_records_input.checkpointer, record.sequence_number)\n"
        "            try:\n                order",
    )
    stops = stops.replace(
        "def checkpoint(self, checkpointer):", "def checkpoint(self, checkpointer, number=None):"
    )
    early = stops.replace("checkpointer.checkpoint()", "checkpointer.checkpoint(number)")
    assert "checkpoints" in played(early, LOSS).verdict.broken  # it checkpoints before it stores
    after = early.replace(
        "            self.checkpoint(process_records_input.checkpointer, record.sequence_number)\n", ""
    ).replace(
        "self.store(record.sequence_number, order)\n",
        "self.store(record.sequence_number, order)\n            "
        "self.checkpoint(process_records_input.checkpointer, record.sequence_number)\n",
    )
    assert played(after, LOSS).verdict.broken == {}


def test_a_processor_that_catches_its_own_death_is_dead() -> None:
    """A bare `except` does not carry it over the crash: what it stores afterwards does not count."""
    stubborn = changed("            else:\n                self.store(record.sequence_number, order)\n", "")
    stubborn = stubborn.replace(
        "        self.checkpoint(process_records_input.checkpointer)",
        "            try:\n                self.store(record.sequence_number, order)\n"
        "            except:\n                pass\n"
        "        self.checkpoint(process_records_input.checkpointer)",
    )
    crash = Processing([4, 6], crashes=[1])
    assert played(stubborn, crash).verdict.broken == {}
    hasty = stubborn.replace(
        "        for record in",
        "        self.checkpoint(process_records_input.checkpointer)\n        for record in",
    )
    assert "nothing_lost" in played(hasty, crash).verdict.broken


def test_the_crash_matters() -> None:
    """Who checkpoints before the work loses what was on the way when the worker died."""
    first = changed(BATCH + AFTER, AFTER + BATCH)
    assert "nothing_lost" in played(first, FULL).verdict.broken
    assert "nothing_lost" not in played(first, Processing([4, 6])).verdict.broken


PROGRAM = """
import json
from amazon_kclpy import kcl
from amazon_kclpy.checkpoint_error import CheckpointError
{processor}

class Real(RecordProcessor):
    version = 3

def note(kind):
    return lambda *told: print(kind, *[str(one) for one in told], flush=True)

kcl.KCLProcess(Real(note("store"), note("aside"))).run()
"""


def test_the_same_processor_works_with_the_real_python_side(tmp_path: Path) -> None:
    """Our objects are those of amazon_kclpy: what a processor may use of ours is in the real package."""
    program = tmp_path / "processor.py"
    program.write_text(PROGRAM.format(processor=textwrap.dedent(RIGHT)))
    record = {"action": "record", "data": "eyJvcmRlciI6IDF9", "partitionKey": "c1", "sequenceNumber": "49",
              "subSequenceNumber": 0, "approximateArrivalTimestamp": 1}  # fmt: skip
    lines = [
        {
            "action": "initialize",
            "shardId": "shardId-0",
            "sequenceNumber": "TRIM_HORIZON",
            "subSequenceNumber": 0,
        },
        {"action": "processRecords", "records": [record], "millisBehindLatest": 0},
        {
            "action": "checkpoint",
            "sequenceNumber": None,
            "subSequenceNumber": None,
            "error": "ThrottlingException",
        },
        {"action": "checkpoint", "sequenceNumber": None, "subSequenceNumber": None, "error": None},
        {"action": "leaseLost"},
    ]
    done = subprocess.run(
        [sys.executable, str(program)],
        input="".join(json.dumps(line) + "\n" for line in lines),
        env={"PYTHONPATH": str(kcl().packages), "PATH": ""},
        capture_output=True,
        text=True,
        timeout=60,
    )
    said = [line for line in done.stdout.splitlines() if line.strip()]
    assert "store 49 {'order': 1}" in said, done.stderr
    assert sum('"checkpoint"' in line for line in said) == 2
    assert [json.loads(line)["responseFor"] for line in said if '"status"' in line] == [
        "initialize", "processRecords", "leaseLost",
    ]  # fmt: skip


OURS: Callable[[], Any] = lambda: __import__("lab.kcl.python_side", fromlist=["x"])  # noqa: E731


@pytest.mark.parametrize(
    "name",
    [
        "InitializeInput",
        "ProcessRecordsInput",
        "LeaseLostInput",
        "ShardEndedInput",
        "ShutdownRequestedInput",
        "Record",
    ],
)
def test_every_field_of_ours_is_a_field_of_the_real_ones(name: str) -> None:
    fields = list(getattr(OURS(), name).__dataclass_fields__)
    program = f"from amazon_kclpy import messages; print([hasattr(messages.{name}, f) for f in {fields!r}])"
    environment = {"PYTHONPATH": str(kcl().packages), "PATH": ""}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True)
    assert done.stdout.strip() == str([True] * len(fields)), done.stderr
