"""The real KCL, Java and all, on a stream of the lab: one story, told once, and what must be true of it."""

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import psutil
import pytest

from lab.aws.environment import fresh_account, lab_environment
from lab.connection import wait_until_active
from lab.errors import LabError
from lab.kcl import Application, Event, Lease
from lab.machine.processes import marked
from tests.lab.support import eventually

pytestmark = pytest.mark.xdist_group("kcl")

PROCESSOR = Path(__file__).with_name("processor.py")
STREAM = "orders"
PART = 40
"""Records sent in each part of the story."""


def client(service: Any, environment: dict[str, str]) -> Any:
    return boto3.client(
        service,
        endpoint_url=environment["AWS_ENDPOINT_URL"],
        region_name=environment["AWS_REGION"],
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
    )


def processes(environment: dict[str, str]) -> list[str]:
    """Names of the living processes of the environment's account: Java, relays, record processors."""
    found = []
    for process in marked("AWS_ACCESS_KEY_ID", environment["AWS_ACCESS_KEY_ID"]):
        try:
            if process.status() != psutil.STATUS_ZOMBIE:
                found.append(process.name())
        except psutil.NoSuchProcess:
            continue
    return found


def put(kinesis: Any, part: int) -> set[str]:
    """Send a part's records; their data, each of which is sent once."""
    sent = {f"{part}-{number}" for number in range(PART)}
    answer = kinesis.put_records(
        StreamName=STREAM, Records=[{"Data": text.encode(), "PartitionKey": text} for text in sent]
    )
    assert answer["FailedRecordCount"] == 0
    return sent


def delivered(events: tuple[Event, ...]) -> Counter[str]:
    return Counter(record.data.decode() for event in events for record in event.records)


@dataclass
class Story:
    environment: dict[str, str]
    leader: str = ""
    victim: str = ""
    while_both: list[Lease] = field(default_factory=list)
    after_kill: list[Lease] = field(default_factory=list)
    after_split: list[Lease] = field(default_factory=list)
    at_end: list[Lease] = field(default_factory=list)
    running: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    parts: list[set[str]] = field(default_factory=list)
    events: tuple[Event, ...] = ()
    broken: str = ""
    """What was said of a worker whose record processor ends at once."""

    def of(self, kind: str, worker: str | None = None) -> list[Event]:
        return [e for e in self.events if e.kind == kind and worker in (None, e.worker)]


@pytest.fixture(scope="module")
def story(running_lab: str, tmp_path_factory: pytest.TempPathFactory) -> Story:
    told = Story(lab_environment(running_lab, fresh_account()))
    kinesis = client("kinesis", told.environment)
    kinesis.create_stream(StreamName=STREAM, ShardCount=2)
    wait_until_active(kinesis, STREAM)
    with Application("orders-app", STREAM, PROCESSOR, environment=told.environment) as app:
        _two_workers(told, app, kinesis)
        _one_is_killed(told, app, kinesis)
        _a_shard_is_split(told, app, kinesis)
        app.stop(told.leader)
        told.at_end = app.leases()
    told.events = app.events
    told.left = processes(told.environment)
    told.broken = _broken(told, tmp_path_factory.mktemp("broken") / "processor.py")
    return told


def _send(told: Story, app: Application, kinesis: Any) -> None:
    """Send a part and wait until it is processed."""
    sent = put(kinesis, len(told.parts))
    told.parts.append(sent)
    app.wait_until(lambda events: sent <= delivered(events).keys())


def _two_workers(told: Story, app: Application, kinesis: Any) -> None:
    app.start("worker-1")
    app.start("worker-2")
    _send(told, app, kinesis)
    for worker in app.running:
        app.wait_for(lambda event, worker=worker: (event.kind, event.worker) == ("lease_won", worker))
    eventually(lambda: len({lease.owner for lease in app.leases()}) == 2)
    told.while_both = app.leases()
    told.running = processes(told.environment)
    told.leader = app.leader() or ""


def _one_is_killed(told: Story, app: Application, kinesis: Any) -> None:
    """The one that is no leader: a leader that is killed is missed only after two minutes."""
    (told.victim,) = set(app.running) - {told.leader}
    app.kill(told.victim)
    _send(told, app, kinesis)
    told.after_kill = app.leases()


def _a_shard_is_split(told: Story, app: Application, kinesis: Any) -> None:
    shard = told.while_both[0].shard
    (found,) = [s for s in kinesis.list_shards(StreamName=STREAM)["Shards"] if s["ShardId"] == shard]
    middle = int(found["HashKeyRange"]["EndingHashKey"]) // 2
    kinesis.split_shard(StreamName=STREAM, ShardToSplit=shard, NewStartingHashKey=str(middle))
    wait_until_active(kinesis, STREAM)
    _send(told, app, kinesis)
    app.wait_for(lambda event: event.sequence_number == "SHARD_END")
    told.after_split = app.leases()


def _broken(told: Story, file: Path) -> str:
    file.write_text("raise SystemExit('no database')\n")
    quickly = {"shutdownGraceMillis": "1000"}
    with Application("orders-app", STREAM, file, environment=told.environment, properties=quickly) as app:
        app.start("worker-3")
        with pytest.raises(LabError) as caught:
            app.wait_for(lambda event: event.kind == "processed", seconds=60)
    return str(caught.value)


def test_every_record_is_processed_and_checkpointed(story: Story) -> None:
    seen = delivered(story.events)
    for sent in story.parts:
        assert sent <= seen.keys()
    assert seen.keys() == set().union(*story.parts)
    last = {e.shard: e.sequence_number for e in story.of("checkpoint") if e.sequence_number != "SHARD_END"}
    for lease in story.at_end:
        if lease.checkpoint != "SHARD_END":
            assert lease.checkpoint == last[lease.shard]


def test_two_workers_share_the_shards(story: Story) -> None:
    assert {lease.owner for lease in story.while_both} == {"worker-1", "worker-2"}
    assert len(story.while_both) == 2
    assert story.leader in ("worker-1", "worker-2")
    for worker in ("worker-1", "worker-2"):
        assert story.of("lease_won", worker)


def test_a_killed_workers_shard_goes_to_the_other(story: Story) -> None:
    (lost,) = [lease for lease in story.while_both if lease.owner == story.victim]
    (killed,) = story.of("worker_killed")
    takeover = next(
        e for e in story.of("lease_won", story.leader) if e.shard == lost.shard and e.at > killed.at
    )
    assert takeover.sequence_number == lost.checkpoint
    assert {lease.owner for lease in story.after_kill} == {story.leader}
    owners = [e.owner for e in story.of("owner_changed") if e.shard == lost.shard]
    assert owners[owners.index(story.victim) :][:2] == [story.victim, story.leader]
    assert not [e for e in story.of("lease_lost", story.victim) if e.shard == lost.shard and e.at > killed.at]


def test_children_begin_when_their_parent_is_checkpointed_at_its_end(story: Story) -> None:
    parent = story.while_both[0].shard
    (end,) = [e for e in story.of("checkpoint") if e.sequence_number == "SHARD_END"]
    assert end.shard == parent
    assert parent in {e.shard for e in story.of("shard_ended")}
    children = [lease for lease in story.after_split if lease.parents == (parent,)]
    assert len(children) == 2
    for child in children:
        won = next(e for e in story.of("lease_won") if e.shard == child.shard)
        assert won.at > end.at
        assert won.sequence_number == "TRIM_HORIZON"


def test_a_worker_that_is_stopped_lets_its_processors_checkpoint(story: Story) -> None:
    (stopped,) = story.of("worker_stopped")
    asked = [e for e in story.of("shutdown_requested", story.leader) if e.at > stopped.at]
    assert {e.shard for e in asked} == {
        lease.shard for lease in story.at_end if lease.checkpoint != "SHARD_END"
    }
    assert story.of("worker_ended") == []
    assert story.of("rule_broken") == []


def test_no_process_is_left(story: Story) -> None:
    assert story.running.count("java") == 2  # the same look finds them while they run
    assert len(story.running) >= 6  # with a relay and a record processor for each shard
    assert story.left == []


def test_a_processor_that_ends_ends_the_worker_and_is_told(story: Story) -> None:
    assert "no worker runs" in story.broken
    assert "worker-3 ended with exit status 1" in story.broken
    assert "no database" in story.broken


HELD = """
import sys, time
from lab.kcl import Application
app = Application("held-app", "orders", sys.argv[1])
app.start("worker-1")
print("started", flush=True)
time.sleep(60)
"""


@pytest.fixture
def stream(fresh_account: dict[str, str]) -> Iterator[dict[str, str]]:
    kinesis = client("kinesis", fresh_account)
    kinesis.create_stream(StreamName=STREAM, ShardCount=1)
    wait_until_active(kinesis, STREAM)
    yield fresh_account
    kinesis.delete_stream(StreamName=STREAM)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT], ids=lambda n: n.name)
def test_an_owner_that_a_signal_ends_leaves_no_process(
    stream: dict[str, str], number: signal.Signals
) -> None:
    command = [sys.executable, "-c", HELD, str(PROCESSOR)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=stream, stdout=pipe, stderr=pipe, text=True) as owner:
        assert owner.stdout
        assert owner.stdout.readline() == "started\n"
        assert "java" in processes(stream)
        owner.send_signal(number)
        owner.communicate(timeout=60)
    assert eventually(lambda: not processes(stream))


def test_what_an_owner_and_its_warden_left_is_ended_by_the_next(stream: dict[str, str]) -> None:
    command = [sys.executable, "-c", HELD, str(PROCESSOR)]
    with subprocess.Popen(command, env=stream, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout
        assert owner.stdout.readline() == "started\n"
        left = psutil.Process(owner.pid).children()
        (warden,) = [process for process in left if "lab.kcl.warden" in process.cmdline()]
        warden.kill()
        owner.kill()
    assert "java" in processes(stream)
    with Application("once-app", STREAM, PROCESSOR, environment=stream) as app:
        app.start("worker-1")
        assert processes(stream).count("java") == 1
        app.close(gently=False)
    assert processes(stream) == []


def test_an_owner_that_ends_leaves_no_process(stream: dict[str, str]) -> None:
    program = HELD.replace("time.sleep(60)", "")
    subprocess.run([sys.executable, "-c", program, str(PROCESSOR)], env=stream, check=True, timeout=120)
    assert processes(stream) == []


def test_a_worker_runs_once(stream: dict[str, str]) -> None:
    with Application("once-app", STREAM, PROCESSOR, environment=stream) as app:
        app.start("worker-1")
        with pytest.raises(LabError, match="runs already"):
            app.start("worker-1")
        app.kill("worker-1")
        app.start("worker-1")
        assert app.running == ("worker-1",)
        app.close(gently=False)
    assert [event.kind for event in app.events] == ["worker_started", "worker_killed", "worker_started"]


@pytest.mark.parametrize("name", ["", "a", "a b", "../x", "..", "ä" * 5, "x" * 238])
def test_a_bad_name_is_told(name: str) -> None:
    with pytest.raises(LabError, match="can't be the name of an application"):
        Application(name, STREAM, PROCESSOR)


def test_other_mistakes_are_told(fresh_account: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises(LabError, match="no record processor"):
        Application("app", STREAM, tmp_path / "none.py", environment=fresh_account)
    with pytest.raises(LabError, match="AWS_ENDPOINT_URL is not set"):
        Application("app", STREAM, PROCESSOR, environment={"PATH": os.environ["PATH"]})
    with Application("app", STREAM, PROCESSOR, environment=fresh_account) as app:
        with pytest.raises(LabError, match="no stream 'orders'"):
            app.start("worker-1")
        with pytest.raises(LabError, match="no worker worker-9; started were: none"):
            app.kill("worker-9")
        assert app.leases() == []
        assert app.leader() is None
    taken = {"streamName": "other"}
    kinesis = client("kinesis", fresh_account)
    kinesis.create_stream(StreamName=STREAM, ShardCount=1)
    wait_until_active(kinesis, STREAM)
    with (
        Application("app", STREAM, PROCESSOR, environment=fresh_account, properties=taken) as app,
        pytest.raises(LabError, match="streamName is decided by the application"),
    ):
        app.start("worker-1")
    assert processes(fresh_account) == []
