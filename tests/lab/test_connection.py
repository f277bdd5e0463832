"""The first cell of a lesson, and waiting for a stream."""

import os
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import boto3
import pytest

from lab import LabError, connect, wait_until_active
from lab.aws.environment import lab_environment
from lab.aws.instance import Instance
from lab.control import control_of
from lab.machine.ports import some_free_port
from tests.conftest import STATE

pytestmark = pytest.mark.xdist_group("shared-lab")


@pytest.fixture
def here(fresh_account: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """This process in the lab's environment, with a new account."""
    use(fresh_account, monkeypatch)


def use(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ.keys() - environment.keys():
        monkeypatch.delenv(name)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)


@pytest.mark.usefixtures("here")
def test_in_the_lab_it_says_so_in_words_that_are_the_same_every_time() -> None:
    said = connect()
    assert said == connect()
    assert "Connected to the lab" in said
    assert not any(character.isdigit() for character in said.replace("us-east-1", ""))


def test_outside_the_lab(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with pytest.raises(LabError, match=r"not connected to the lab.*make lab"):
        connect()


@pytest.mark.usefixtures("here")
def test_when_other_aws_settings_are_in_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_KINESIS", "https://kinesis.example")
    with pytest.raises(LabError, match=r"boto3 would call https://kinesis.example, not the lab"):
        connect()


def test_when_the_lab_was_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    use(lab_environment(f"http://127.0.0.1:{some_free_port()}"), monkeypatch)
    with pytest.raises(LabError, match=r"does not answer.*lab up"):
        connect()


@pytest.fixture
def something_else() -> Iterator[str]:
    """A web server that is no lab."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"hello": "world"}')

        def log_message(self, *_: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_when_something_else_has_the_port(something_else: str, monkeypatch: pytest.MonkeyPatch) -> None:
    use(lab_environment(something_else), monkeypatch)
    with pytest.raises(LabError, match="does not answer"):
        connect()


def test_in_a_notebook_the_message_comes_without_a_traceback() -> None:
    program = "from IPython.core.interactiveshell import InteractiveShell as S; S().run_cell('{}')"
    environment = {name: value for name, value in os.environ.items() if name != "AWS_ENDPOINT_URL"}

    def shown(cell: str) -> str:
        words = [sys.executable, "-c", program.format(cell)]
        done = subprocess.run(words, env=environment, capture_output=True, text=True, check=True)
        return done.stdout + done.stderr

    assert "Traceback" in shown("1 / 0"), "the control"
    said = shown("import lab; lab.connect()")
    assert "This notebook is not connected to the lab." in said
    assert "Traceback" not in said


@pytest.mark.usefixtures("here")
def test_after_a_split_the_stream_is_active_when_the_wait_is_over() -> None:
    kinesis = boto3.client("kinesis")
    kinesis.create_stream(StreamName="orders", ShardCount=1)
    wait_until_active(kinesis, "orders")
    shard = kinesis.list_shards(StreamName="orders")["Shards"][0]["ShardId"]
    kinesis.split_shard(StreamName="orders", ShardToSplit=shard, NewStartingHashKey=str(2**127))
    wait_until_active(kinesis, "orders")
    summary = kinesis.describe_stream_summary(StreamName="orders")["StreamDescriptionSummary"]
    assert (summary["StreamStatus"], summary["OpenShardCount"]) == ("ACTIVE", 2)


@pytest.mark.usefixtures("here")
def test_waiting_for_a_stream_that_is_not_there() -> None:
    with pytest.raises(LabError, match="There is no stream 'nowhere'"):
        wait_until_active(boto3.client("kinesis"), "nowhere")


@pytest.mark.usefixtures("here")
def test_a_stream_that_does_not_get_active_in_time(fresh_account: dict[str, str]) -> None:
    kinesis = boto3.client("kinesis")
    control = control_of(Instance(Path(os.environ[STATE])), fresh_account["AWS_ACCESS_KEY_ID"])
    control.set("states", creating=60)
    kinesis.create_stream(StreamName="slow", ShardCount=1)
    with pytest.raises(LabError, match=r"'slow' is still CREATING after 0\.4 seconds"):
        wait_until_active(kinesis, "slow", seconds=0.4)
    control.set("clock", advance_seconds=60)
    wait_until_active(kinesis, "slow")


def test_importing_the_package_stays_light() -> None:
    program = (
        "import sys\nfrom lab import LabError, connect, wait_until_active\nprint('boto3' in sys.modules)"
    )
    for more, loaded in (("", "False"), ("import boto3\n", "True")):
        done = subprocess.run(
            [sys.executable, "-c", more + program], capture_output=True, text=True, check=True
        )
        assert done.stdout.split() == [loaded]
