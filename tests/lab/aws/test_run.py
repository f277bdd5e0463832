"""`lab run` and `lab env`: a command in the lab's environment."""

import json
import os
import subprocess
import sys
from pathlib import Path

import psutil

from lab.aws.environment import LEARNER_ACCOUNT
from lab.aws.folders import PRIVATE_LABS
from lab.aws.instance import Instance
from lab.machine.ports import ANY_PORT
from lab.machine.processes import is_alive, this_process
from tests.lab.support import PLANTED_VARIABLES, STAY, Command, eventually, interrupt, of_lab

WHO = "import boto3; print(boto3.client('sts').get_caller_identity()['Account'])"


def test_an_own_lab_ends_with_the_command_and_passes_its_status_on(lab: Command, tmp_path: Path) -> None:
    said = tmp_path / "said"
    program = STAY.replace("time.sleep(60)", "raise SystemExit(7)")
    done = lab("run", "--own", "--", "python", "-c", program, SAID=str(said), **PLANTED_VARIABLES)
    assert done.returncode == 7
    assert done.stdout == ""
    state = Path(said.read_text())
    assert state.parent == PRIVATE_LABS
    assert of_lab(state) == []
    assert not state.exists()


def test_a_running_lab_is_used_and_left_running(lab: Command, state: Path) -> None:
    known = Instance(state).up(ANY_PORT, owner=this_process())
    assert lab("run", "--", "python", "-c", WHO).stdout == f"{LEARNER_ACCOUNT}\n"
    assert lab("run", "--account", "123456789012", "--", "python", "-c", WHO).stdout == "123456789012\n"
    fresh = {lab("run", "--fresh-account", "--", "python", "-c", WHO).stdout for _ in range(2)}
    assert len(fresh) == 2
    assert Instance(state).running == known


def test_an_older_lab_is_started_anew_for_its_owner_and_left_running(lab: Command, state: Path) -> None:
    """As under an open JupyterLab, after the course was updated."""
    known = Instance(state).up(ANY_PORT, owner=this_process())
    noted = state / "state.json"
    noted.write_text(json.dumps(json.loads(noted.read_text()) | {"built_from": "older lock files"}))
    done = lab("run", "--", "python", "-c", WHO)
    assert "starting it anew" in done.stderr, "the control"
    assert done.stdout == f"{LEARNER_ACCOUNT}\n"
    now = Instance(state).running
    assert now is not None
    assert (now.port, now.owner) == (known.port, known.owner)


def test_a_lab_that_did_not_run_is_stopped_again(lab: Command, state: Path) -> None:
    done = lab("run", "--", "python", "-c", WHO)
    assert done.stdout == f"{LEARNER_ACCOUNT}\n"
    assert of_lab(state) == []


def test_ctrl_c_ends_the_command_and_its_lab(lab: Command, tmp_path: Path) -> None:
    said = tmp_path / "said"
    running = lab.begin("run", "--own", "--", "python", "-c", STAY, SAID=str(said))
    state = Path(eventually(lambda: said.exists() and said.read_text()))
    command = psutil.Process(running.pid).children()
    assert of_lab(state), "the control: there is something to be left"
    status, _ = interrupt(running)
    assert status == 130
    assert of_lab(state) == []
    assert not state.exists()
    assert command
    assert not any(is_alive(process) for process in command)


def test_the_courses_python_is_found_where_the_system_has_none(lab: Command, tmp_path: Path) -> None:
    nowhere = {"PATH": str(tmp_path)}
    asked = ("python", "-c", "import sys; print(sys.prefix)")
    assert lab("run", "--own", "--", *asked, **nowhere).stdout == f"{sys.prefix}\n"
    other = tmp_path / "python"
    other.write_text("#!/bin/sh\necho another\n")
    other.chmod(0o755)
    assert lab("run", "--own", "--", *asked, **nowhere, VIRTUAL_ENV="activated").stdout == "another\n"


def test_a_command_that_does_not_exist(lab: Command) -> None:
    done = lab("run", "--own", "--", "no-such-command-here")
    assert done.returncode == 127
    assert "There is no command 'no-such-command-here'" in done.stderr


def test_env_points_a_shell_at_the_lab_and_away_from_everything_else(lab: Command, state: Path) -> None:
    stopped = lab("env")
    assert (stopped.returncode, stopped.stdout) == (1, "")
    assert "lab up" in stopped.stderr

    known = Instance(state).up(ANY_PORT, owner=this_process())
    exports = lab("env", **PLANTED_VARIABLES).stdout
    shell = subprocess.run(
        ["sh", "-c", f"{exports}\nenv"],
        env={"PATH": os.environ["PATH"], **PLANTED_VARIABLES},
        capture_output=True,
        text=True,
        check=True,
    )
    variables = dict(line.split("=", 1) for line in shell.stdout.splitlines())
    assert variables["AWS_ENDPOINT_URL"] == known.endpoint
    assert variables["AWS_ACCESS_KEY_ID"] == LEARNER_ACCOUNT
    assert variables["AWS_REGION"] == variables["AWS_DEFAULT_REGION"] == "us-east-1"
    assert variables["LAB_STATE"] == str(state)
    gone = {"AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_KINESIS", "AWS_CA_BUNDLE"}
    assert not gone & variables.keys()
