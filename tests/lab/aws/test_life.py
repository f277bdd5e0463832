"""Starting, finding again, replacing and ending a lab."""

import json
import os
import socket
import sys
import threading
import time
from dataclasses import asdict
from pathlib import Path

import psutil
import pytest

import lab.aws.instance
from lab.aws.environment import lab_environment
from lab.aws.instance import Instance, Running, private_state
from lab.errors import LabError
from lab.machine.locks import locked
from lab.machine.ports import ANY_PORT
from lab.machine.processes import this_process
from tests.lab.emulator.support import client
from tests.lab.support import STAY, Command, eventually, interrupt, of_lab


def start(state: Path) -> tuple[Instance, Running]:
    instance = Instance(state)
    return instance, instance.up(ANY_PORT, owner=this_process())


def test_up_status_and_down(lab: Command, state: Path) -> None:
    first = lab("up")
    assert first.returncode == 0, first.stderr
    told = json.loads(lab("status", "--json").stdout)
    assert told["condition"] == "running"
    assert first.stdout == f"The lab is ready at {told['endpoint']}\n"

    assert lab("up").stdout == first.stdout, "idempotent"
    assert json.loads(lab("status", "--json").stdout)["pid"] == told["pid"]
    assert told["endpoint"] in lab("status").stdout
    assert "Ready." in lab("logs", "-n", "1000").stdout

    assert of_lab(state), "the control: its processes can be found"
    assert lab("down").stdout == "The lab is stopped.\n"
    assert of_lab(state) == []
    assert lab("status").returncode == 1
    assert lab("down").stdout == "The lab was not running.\n"


def test_all_its_ports_are_on_the_loopback(state: Path) -> None:
    _, known = start(state)
    listening = [
        connection.laddr
        for process in of_lab(state)
        for connection in process.net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert known.port in {address.port for address in listening}
    assert {address.ip for address in listening} == {"127.0.0.1"}


def test_a_lab_is_one_process(state: Path) -> None:
    _, known = start(state)
    assert [process.pid for process in of_lab(state)] == [known.pid]


def test_a_lab_that_was_killed_is_replaced(state: Path) -> None:
    instance, known = start(state)
    psutil.Process(known.pid).kill()
    eventually(lambda: instance.running is None)
    assert instance.condition() == "stopped"

    again = instance.up(ANY_PORT, owner=this_process())
    assert again.pid != known.pid
    assert instance.condition() == "running"
    assert [process.pid for process in of_lab(state)] == [again.pid]


def test_asked_to_end_it_ends_and_its_subscriptions_with_it(state: Path) -> None:
    _, known = start(state)
    kinesis = client(lab_environment(known.endpoint, "123456789012"))
    kinesis.create_stream(StreamName="orders", ShardCount=1)
    arn = kinesis.describe_stream_summary(StreamName="orders")["StreamDescriptionSummary"]["StreamARN"]
    reader = kinesis.register_stream_consumer(StreamARN=arn, ConsumerName="reader")["Consumer"]["ConsumerARN"]
    stream = kinesis.subscribe_to_shard(
        ConsumerARN=reader, ShardId="shardId-000000000000", StartingPosition={"Type": "LATEST"}
    )["EventStream"]
    process = psutil.Process(known.pid)
    process.terminate()
    assert all(not event["SubscribeToShardEvent"]["Records"] for event in stream), "to its end, without error"
    assert process.wait(60) in (0, None)
    kinesis.close()


def test_a_lab_that_hangs_is_replaced(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    instance, known = start(state)
    monkeypatch.setattr(lab.aws.instance, "HUNG_SECONDS", 0.5)
    psutil.Process(known.pid).suspend()
    again = instance.up(ANY_PORT, owner=this_process())
    assert again.pid != known.pid
    assert instance.condition() == "running"


def test_a_lab_built_from_older_lock_files_is_replaced(
    state: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    instance, known = start(state)
    assert instance.up() == known, "the control: the same lock files, the same lab"
    monkeypatch.setattr(lab.aws.instance, "build", lambda: False)
    monkeypatch.setattr(lab.aws.instance, "built_from", lambda: "newer")
    again = instance.up(owner=this_process())
    assert again.pid != known.pid
    assert again.port == known.port
    assert "older version" in capsys.readouterr().err


def test_reset_empties_the_lab_and_keeps_its_address(lab: Command, state: Path) -> None:
    _, known = start(state)
    program = "import boto3; k = boto3.client('kinesis'); print(k.list_streams()['StreamNames'])"
    made = program.replace("; print", "; k.create_stream(StreamName='mine', ShardCount=1); print")
    assert lab("run", "--", "python", "-c", made).stdout == "['mine']\n"
    assert known.endpoint in lab("reset").stdout
    assert lab("run", "--", "python", "-c", program).stdout == "[]\n"


def test_a_taken_port_is_named(lab: Command, state: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = lab("up", "--port", str(port))
    assert done.returncode == 1
    assert f"Port {port} is taken" in done.stderr
    assert "lab up --port" in done.stderr
    assert of_lab(state) == []


def test_up_on_another_port_than_the_running_labs_says_what_to_do(state: Path) -> None:
    instance, known = start(state)
    with pytest.raises(LabError, match=f"already runs at {known.endpoint}.*lab down"):
        instance.up(known.port - 1)
    assert instance.running == known


def test_a_lab_that_dies_while_it_starts_says_why(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dying = (sys.executable, "-c", "raise SystemError('no luck today')")
    monkeypatch.setattr(lab.aws.instance, "COMMAND", dying)
    with pytest.raises(LabError, match=r"ended while it started \(exit status 1\)") as caught:
        Instance(state).up()
    assert "SystemError: no luck today" in str(caught.value)
    assert str(state / "localstack.log") in str(caught.value)
    assert of_lab(state) == []


def test_ctrl_c_while_it_starts_leaves_nothing(lab: Command, state: Path) -> None:
    starting = lab.begin("up")
    eventually(lambda: of_lab(state))
    status, said = interrupt(starting)
    assert status == 130
    assert "Traceback" not in said
    assert of_lab(state) == []
    assert not (state / "state.json").exists()


def test_two_that_start_at_once_share_one_lab(lab: Command, state: Path) -> None:
    both = [lab.begin("up"), lab.begin("up")]
    told = {process.communicate(timeout=120)[0] for process in both}
    assert len(told) == 1
    assert [process.returncode for process in both] == [0, 0]
    assert sum("lab_emulator.main" in " ".join(process.cmdline()) for process in of_lab(state)) == 1


def test_a_private_lab_left_by_a_killed_process_goes_away(lab: Command, tmp_path: Path) -> None:
    said = tmp_path / "said"
    running = lab.begin("run", "--own", "--", "python", "-c", STAY, SAID=str(said))
    state = Path(eventually(lambda: said.exists() and said.read_text()))
    assert of_lab(state)
    child = psutil.Process(running.pid).children()
    running.kill()
    for process in child:
        process.kill()
    running.communicate(timeout=60)
    eventually(lambda: not of_lab(state))
    assert state.exists()
    with private_state() as mine:
        assert mine.exists()
        assert not state.exists(), "its folder goes when the next private lab is made"
    assert not mine.exists()


def test_status_of_a_lab_whose_number_another_process_got(state: Path) -> None:
    """A process id is used again: whoever has it now is not the lab."""
    state.mkdir()
    about = {"pid": os.getpid(), "port": 1, "endpoint": "http://127.0.0.1:1", "token": "t", "built_from": "b"}
    (state / "state.json").write_text(json.dumps(about | {"started": time.strftime("%Y"), "owner": ""}))
    assert Instance(state).running is None
    assert not Instance(state).down()


def test_a_lab_that_somebody_is_just_ending_has_not_died(tmp_path: Path) -> None:
    """Whoever watches over it must not start it again: its process is gone first, and then its note."""
    note = tmp_path / "state.json"
    told: list[bool] = []
    gone = Running(2**22 - 1, 4566, "http://127.0.0.1:4566", "t", "s", "b", "2026-11-29T00:00:00Z", "")
    note.write_text(json.dumps(asdict(gone)))
    assert Instance(tmp_path).died, "the control: nobody ends it"
    with locked(tmp_path / "lock", "it is stopping the lab."):
        watching = threading.Thread(target=lambda: told.append(Instance(tmp_path).died))
        watching.start()
        watching.join(0.5)
        assert watching.is_alive()
        note.unlink()
    watching.join(60)
    assert told == [False]
