"""`lab open`: JupyterLab with the lab behind it, and nothing left afterwards."""

import contextlib
import json
import random
import re
import signal
import socket
import subprocess
import time
import urllib.request
import uuid
from pathlib import Path
from typing import Any

import psutil
import pytest
import websocket

from lab.aws.instance import Instance
from lab.commands.notebooks import DEFAULT_PORT, MARK, WATCH_SECONDS
from lab.machine.ports import some_free_port
from lab.machine.processes import is_alive, marked
from tests.lab.support import PLANTED_VARIABLES, Command, eventually, interrupt, of_lab

CELL = """
import boto3, json, os
kinesis = boto3.client("kinesis")
print(json.dumps({"endpoint": kinesis.meta.endpoint_url, "streams": kinesis.list_streams()["StreamNames"],
                  "key": boto3.Session().get_credentials().access_key, "pid": os.getpid()}))
"""


def address(opened: "subprocess.Popen[str]") -> tuple[str, str, str]:
    """JupyterLab's root, its token and the page that is shown, read from what `lab open` prints."""
    assert opened.stdout is not None
    for line in opened.stdout:
        if found := re.match(r"\s+(http://127\.0\.0\.1:\d+/)(lab\S*)\?token=(\w+)$", line):
            return found[1], found[3], found[2]
    assert opened.stderr is not None
    raise AssertionError(opened.stderr.read())


def ask(root: str, token: str, path: str, body: dict[str, Any] | None = None) -> Any:
    request = urllib.request.Request(
        root + path,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"token {token}"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        assert answer.status in (200, 201)
        text = answer.read().decode()
    return json.loads(text) if "api/" in path else text


def run_cell(root: str, token: str, kernel: str, code: str) -> str:
    """What CODE prints in KERNEL, over Jupyter's own protocol."""
    channel = f"{root.replace('http', 'ws', 1)}api/kernels/{kernel}/channels?token={token}"
    connection = websocket.create_connection(channel, timeout=60)
    header = {"msg_id": uuid.uuid4().hex, "msg_type": "execute_request", "version": "5.3"}
    header |= {"username": "", "session": uuid.uuid4().hex}
    message = {"header": header, "parent_header": {}, "metadata": {}, "channel": "shell"}
    connection.send(json.dumps(message | {"content": {"code": code, "silent": False}}))
    printed = ""
    try:
        while True:
            answer = json.loads(connection.recv())
            if answer["parent_header"].get("msg_id") != header["msg_id"]:
                continue
            if answer["msg_type"] == "stream":
                printed += answer["content"]["text"]
            if answer["msg_type"] == "error":
                printed += "\n".join(answer["content"]["traceback"])
            if answer["msg_type"] == "execute_reply":
                return printed
    finally:
        connection.close()


def end(opened: "subprocess.Popen[str]") -> None:
    if opened.poll() is None:
        opened.send_signal(signal.SIGTERM)
        opened.communicate()


def off_in(html: str) -> set[str]:
    """The extensions that JupyterLab's page is told to leave out."""
    told = json.loads(html.split('id="jupyter-config-data"')[1].split(">", 1)[1].split("</script>")[0])
    return set(told.get("disabledExtensions", ()))


def run_in_terminal(root: str, token: str, command: str) -> str:
    """What a terminal of JupyterLab prints until it echoes "done"."""
    name = ask(root, token, "api/terminals", {})["name"]
    channel = f"{root.replace('http', 'ws', 1)}terminals/websocket/{name}?token={token}"
    connection = websocket.create_connection(channel, timeout=60)
    connection.send(json.dumps(["stdin", f"{command}; echo do''ne\r"]))
    printed = ""
    try:
        while "done" not in printed:
            kind, *rest = json.loads(connection.recv())
            printed += rest[0] if kind == "stdout" else ""
        return printed
    finally:
        connection.close()


def test_a_kernel_reaches_the_lab_with_plain_boto3_and_ctrl_c_ends_everything(
    lab: Command, state: Path
) -> None:
    shown = "course/02-shards.ipynb"
    opened = lab.begin("open", shown, "--no-browser", "--port", str(some_free_port()), **PLANTED_VARIABLES)
    try:
        root, token, page = address(opened)
        assert page == "lab"
        html = ask(root, token, page)
        placed = ask(root, token, "lab/api/workspaces/default")["data"]
        assert placed["layout-restorer:data"]["main"]["dock"]["widgets"] == [f"notebook:{shown}"]
        listed = ask(root, token, "api/contents/")["content"]
        assert sorted(entry["name"] for entry in listed) == ["course", "exercises"]
        assert {"@jupyter/nbgrader"} & off_in(html), "nbgrader's buttons are for teachers"
        (running,) = ask(root, token, "api/sessions")
        assert running["path"] == shown, "so that Run All finds a kernel"
        assert "grader: ok" in run_in_terminal(root, token, "grader --help >/dev/null && echo grader: 'ok'")
        assert "lab runs" in run_in_terminal(root, token, "lab status")
        settings = json.loads(
            html.split('id="jupyter-config-data"')[1].split(">", 1)[1].split("</script>")[0]
        )
        assert settings["news"] == {"disabled": True}
        asked = ask(root, token, "lab/api/settings/@jupyterlab/apputils-extension:notification")
        starts_from = {name: about["default"] for name, about in asked["schema"]["properties"].items()}
        assert starts_from["fetchNews"] == "false", "nobody is asked about news"

        kernel = ask(root, token, "api/kernels", {"name": "python3"})["id"]
        assert "Run > Run All Above Selected Cell" in run_cell(root, token, kernel, "check('task')")
        seen = json.loads(run_cell(root, token, kernel, CELL))
        told = json.loads(lab("status", "--json").stdout)
        assert seen == {
            "endpoint": told["endpoint"],
            "streams": [],
            "key": "000000000000",
            "pid": seen["pid"],
        }
        kernel_process = psutil.Process(seen["pid"])
        assert kernel_process in marked(MARK, str(state)), "the control: it can be found"

        again = lab("open", "--no-browser")
        assert again.returncode == 0
        assert f"{root}lab?token={token}" in again.stdout

        status, said = interrupt(opened)
        assert status == 0, said
        assert "Traceback" not in said
        assert not is_alive(kernel_process)
        assert marked(MARK, str(state)) == []
        assert of_lab(state) == []
    finally:
        if opened.poll() is None:
            opened.send_signal(signal.SIGTERM)
            opened.communicate()


def taken(port: int) -> socket.socket | None:
    """Take PORT; None where another test has it already."""
    with contextlib.suppress(OSError):
        return socket.create_server(("127.0.0.1", port))
    return None


def test_a_lab_that_dies_is_started_again_at_the_same_address(lab: Command, state: Path) -> None:
    """Without a port, also where the default one is taken."""
    other = taken(DEFAULT_PORT)
    opened = lab.begin("open", "--no-browser")
    try:
        root, token, _ = address(opened)
        assert f":{DEFAULT_PORT}/" not in root
        kernel = ask(root, token, "api/kernels", {})["id"]
        before = json.loads(run_cell(root, token, kernel, CELL))
        known = json.loads((state / "state.json").read_text())
        psutil.Process(known["pid"]).kill()
        eventually(lambda: (now := Instance(state).running) and now.pid != known["pid"])
        after = json.loads(run_cell(root, token, kernel, CELL))
        assert after == before
        status, said = interrupt(opened)
        assert status == 0, said
        assert of_lab(state) == []
    finally:
        if opened.poll() is None:
            opened.send_signal(signal.SIGTERM)
            opened.communicate()
        if other:
            other.close()


@pytest.mark.parametrize("mends", [("up",), ("open", "--no-browser")])
def test_a_lost_lab_is_mended_where_the_notebooks_look_for_it(
    lab: Command, state: Path, mends: tuple[str, ...]
) -> None:
    assert lab("up", "--port", str(some_free_port())).returncode == 0
    opened = lab.begin("open", "--no-browser", "--port", str(some_free_port()))
    try:
        root, token, _ = address(opened)
        kernel = ask(root, token, "api/kernels", {})["id"]
        before = json.loads(run_cell(root, token, kernel, CELL))
        assert "JupyterLab is still open" in lab("down").stdout
        lost = run_cell(root, token, kernel, CELL)
        assert "EndpointConnectionError" in lost, "the control"
        assert "The lab does not answer. Run this in a terminal (File > New > Terminal): lab up" in lost
        done = lab(*mends)
        assert done.returncode == 0, done.stderr
        assert before["endpoint"] in done.stdout
        assert json.loads(run_cell(root, token, kernel, CELL)) == before
        assert interrupt(opened)[0] == 0
        assert of_lab(state) == []
    finally:
        end(opened)


def test_the_notebooks_port_is_taken_meanwhile(lab: Command) -> None:
    port = some_free_port()
    assert lab("up", "--port", str(port)).returncode == 0
    opened = lab.begin("open", "--no-browser", "--port", str(some_free_port()))
    try:
        address(opened)
        assert "looks for the lab on port" in lab("up", "--port", str(some_free_port())).stderr
        down = lab("down")
        assert down.returncode == 0, down.stderr
        with socket.create_server(("127.0.0.1", port)):
            done = lab("up")
        assert done.returncode == 1
        assert f"Another program has taken port {port}" in done.stderr
        assert lab("up").returncode == 0
    finally:
        end(opened)


@pytest.mark.long
def test_whatever_is_killed_under_a_running_notebook_the_lab_comes_back_at_the_same_address(
    lab: Command, state: Path
) -> None:
    """At random moments, also while the lab is just being started again."""
    chance = random.Random(13)
    opened = lab.begin("open", "--no-browser", "--port", str(some_free_port()))
    try:
        root, token, _ = address(opened)
        kernel = ask(root, token, "api/kernels", {})["id"]
        before = json.loads(run_cell(root, token, kernel, CELL))
        for _ in range(4):
            time.sleep(chance.uniform(0, 3))
            if there := of_lab(state):
                chance.choice(there).kill()
        time.sleep(WATCH_SECONDS)  # whoever watches may be about to start it, or to give up
        lab("up")
        assert json.loads(run_cell(root, token, kernel, CELL)) == before
    finally:
        end(opened)


def test_the_lab_of_a_killed_lab_open_comes_back_on_its_port(lab: Command, state: Path) -> None:
    assert lab("up", "--port", str(some_free_port())).returncode == 0
    opened = lab.begin("open", "--no-browser", "--port", str(some_free_port()))
    root, token, _ = address(opened)
    kernel = ask(root, token, "api/kernels", {})["id"]
    before = json.loads(run_cell(root, token, kernel, CELL))
    opened.kill()
    opened.communicate()
    lab("down")
    assert before["endpoint"] in lab("up").stdout
    assert json.loads(run_cell(root, token, kernel, CELL)) == before
    for process in marked(MARK, str(state)):
        process.kill()


def test_a_lab_that_was_told_to_end_stays_ended(lab: Command, state: Path) -> None:
    opened = lab.begin("open", "--no-browser", "--port", str(some_free_port()))
    try:
        address(opened)
        assert lab("down").returncode == 0
        time.sleep(3 * WATCH_SECONDS)  # nothing happens, and that takes its time to be seen
        assert of_lab(state) == []
        assert Instance(state).running is None
    finally:
        opened.send_signal(signal.SIGTERM)
        opened.communicate()


def test_jupyterlab_that_dies_is_told_and_the_lab_ends_with_it(lab: Command, state: Path) -> None:
    opened = lab.begin("open", "--no-browser", "--port", str(some_free_port()))
    address(opened)
    server = next(p for p in marked(MARK, str(state)) if "jupyterlab" in p.cmdline())
    server.kill()
    _, said = opened.communicate(timeout=60)
    assert opened.returncode == 1
    assert "JupyterLab ended by itself (exit status -9)" in said
    assert "jupyter.log" in said
    assert of_lab(state) == []


def test_what_a_killed_lab_open_left_is_ended_by_the_next(lab: Command, state: Path) -> None:
    opened = lab.begin("open", "--no-browser", "--port", str(some_free_port()))
    address(opened)
    opened.kill()
    opened.communicate()
    left = marked(MARK, str(state))
    assert left, "the control: JupyterLab is still there"
    again = lab.begin("open", "--no-browser", "--port", str(some_free_port()))
    address(again)
    assert not any(is_alive(process) for process in left)
    status, _ = interrupt(again)
    assert status == 0
    eventually(lambda: not of_lab(state))


def test_a_teacher_sees_all_files_and_nbgrader(lab: Command) -> None:
    opened = lab.begin("open", "--teacher", "--no-browser", "--port", str(some_free_port()))
    try:
        root, token, page = address(opened)
        names = {entry["name"] for entry in ask(root, token, "api/contents/")["content"]}
        assert {"course", "exercises", "solutions", "grader", "README.md"} <= names
        assert "@jupyter/nbgrader" not in off_in(ask(root, token, page))
        assert ask(root, token, "assignments?course_id=") is not None
    finally:
        end(opened)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("course/99-no-such.ipynb",), "There is no notebook course/99-no-such.ipynb"),
        (("/etc/hostname",), "There is no notebook /etc/hostname in the project"),
    ],
)
def test_a_notebook_that_is_not_there(lab: Command, state: Path, words: tuple[str, ...], says: str) -> None:
    done = lab("open", "--no-browser", *words)
    assert done.returncode == 1
    assert says in done.stderr
    assert of_lab(state) == []


def test_a_taken_port(lab: Command, state: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = lab("open", "--no-browser", "--port", str(port))
    assert done.returncode == 1
    assert f"Port {port} is taken" in done.stderr
    assert of_lab(state) == []
