"""kinesis-mock killed in the middle: an error that a client retries, and then a Kinesis that works again."""

import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from botocore.exceptions import ClientError

from lab.aws.environment import lab_environment
from lab.aws.instance import Instance
from lab.machine.ports import ANY_PORT
from lab.machine.processes import this_process
from tests.lab.emulator.support import client, code, create, everything
from tests.lab.support import PATIENCE_SECONDS, of_lab


def kinesis_mock(state: Path) -> psutil.Process:
    return next(one for one in of_lab(state) if "node" in Path(one.exe()).name)


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "state"
    yield folder
    Instance(folder).down()


def test_the_kinesis_process_is_killed(state: Path) -> None:
    known = Instance(state).up(ANY_PORT, owner=this_process())
    kinesis = client(lab_environment(known.endpoint))
    create(kinesis)
    kinesis_mock(state).kill()
    seen: set[str] = set()
    deadline = time.monotonic() + PATIENCE_SECONDS
    while "ResourceNotFoundException" not in seen:
        assert time.monotonic() < deadline, seen
        try:
            kinesis.put_record(StreamName="orders", Data=b"x", PartitionKey="k")
        except ClientError as error:
            seen.add(code(error))
        time.sleep(0.1)
    assert seen <= {"InternalFailure", "ResourceNotFoundException"}, "retried, and then: the stream is gone"
    create(kinesis)
    kinesis.put_record(StreamName="orders", Data=b"again", PartitionKey="k")
    assert [record["Data"] for record in everything(kinesis)] == [b"again"]
