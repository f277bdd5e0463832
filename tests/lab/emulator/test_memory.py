"""What the lab keeps of what is over: nothing but what it was made for."""

import json
import subprocess
from pathlib import Path

import pytest

from lab.aws.folders import EMULATOR_PYTHON
from lab.aws.runtime import LISTENING, runtime_environment
from lab.machine.ports import ANY_PORT, listen_on

PROGRAM = Path(__file__).with_name("kept_objects.py")
EVENTS = {"lab_emulator.cloudtrail.log.Entry"}
"""The trail keeps the last 10,000 events of management."""
SHARDS = {"lab_emulator.kinesis.store.shard.Shard", "lab.rules.hash_space.HashRange"}
"""Of a shard that has expired its counts are kept."""


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """By what was done many times: kinds of objects of which there were more afterwards; `loaded` modules."""
    folder, listening = tmp_path_factory.mktemp("lab"), listen_on(ANY_PORT)
    assert listening is not None
    with listening:
        environment = runtime_environment(folder, int(listening.getsockname()[1]), "token", "secret")
        done = subprocess.run(
            [str(EMULATOR_PYTHON), str(PROGRAM)],
            env=environment | {LISTENING: str(listening.fileno())},
            pass_fds=[listening.fileno()],
            cwd=folder, capture_output=True, text=True, timeout=300,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return {name: set(kinds) for name, kinds in json.loads(done.stdout.splitlines()[-1]).items()}


def test_a_start_loads_nothing_that_was_put_off(kept: dict[str, set[str]]) -> None:
    assert kept["loaded"] == {"boto3", "twisted"}, "the controls"


def test_calls_leave_nothing_behind(kept: dict[str, set[str]]) -> None:
    for name in ("written", "missing", "wrong", "read", "ordinary"):
        assert kept[name] == set(), name
    assert kept["described"] == EVENTS, "the control: what is kept is seen"


def test_shards_and_consumers_that_are_gone_leave_what_is_told_of_them(kept: dict[str, set[str]]) -> None:
    assert kept["consumer"] == EVENTS
    assert kept["shard"] == EVENTS | SHARDS
