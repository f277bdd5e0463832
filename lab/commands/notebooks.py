"""JupyterLab on the course, with the lab behind it, for as long as a person works."""

import http.client
import json
import os
import signal
import subprocess
import sys
import time
import webbrowser
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

from lab.aws.environment import lab_environment
from lab.aws.folders import IN_CLONE, PROJECT
from lab.aws.instance import Instance, PortTakenError, Running
from lab.commands.window import arrange, furnish
from lab.errors import LabError
from lab.machine.display import has_display
from lab.machine.interrupts import Ended
from lab.machine.ports import HOST, is_free
from lab.machine.processes import end_marked, marked, owner_of, this_process
from lab.machine.progress import progress
from lab.machine.whole_files import write_whole

DEFAULT_PORT = 8888
OTHER_PORTS = 50
"""How many JupyterLab tries by itself, where another program has the default one or takes it meanwhile."""
START_SECONDS = 90.0
END_SECONDS = 10.0
WATCH_SECONDS = 1.0
NO_COURSE = (
    "The lab was installed without the course, so there are no lessons to open: get the course's repository, "
    "and run make lab in it."
)
MARK = "LAB_NOTEBOOKS"
"""Variable in the environment of JupyterLab and its kernels; its value is the lab's state folder."""

SETTINGS = {
    "ServerApp.ip": HOST,
    "ServerApp.root_dir": str(PROJECT),
    "ServerApp.open_browser": "False",  # opened by `open_notebooks`, which knows whether there is a display
    # Nothing is asked of the internet: no news, no look for updates, no list of extensions.
    "LabApp.news_url": "None",
    "LabApp.check_for_updates_class": "jupyterlab.handlers.announcements.NeverCheckForUpdate",
    "LabApp.extension_manager": "readonly",
    "LabApp.custom_css": "True",
    "LabApp.extra_labextensions_path": "lab/playground/labextensions",  # from the root: the playground's tile
}


@dataclass(frozen=True)
class Server:
    """A JupyterLab that answers."""

    url: str
    token: str

    def page(self, notebook: str | None) -> str:
        """The address of NOTEBOOK (a path below the project), or of JupyterLab, to give to a browser."""
        tree = f"/tree/{quote(notebook)}" if notebook else ""
        return f"{self.url}lab{tree}?token={self.token}"


def open_notebooks(
    instance: Instance,
    notebook: str | None,
    browser: bool = True,
    port: int | None = None,
    teacher: bool = False,
) -> int:
    """Run the lab and JupyterLab until Ctrl-C or until JupyterLab is shut down; the exit status.

    Nothing is left running, however it ends. NOTEBOOK: shown first, a path as the shell sees it; without it
    the one that was in front when JupyterLab was last used, or the first lesson. BROWSER: open one, if there
    is a display. PORT: JupyterLab's (default: 8888 or a free one). TEACHER: show all files, and nbgrader.

    Raises LabError (no course here, no such notebook, port taken, JupyterLab can't be started) and what
    `Instance.up` raises.
    """
    if not IN_CLONE:
        raise LabError(NO_COURSE)
    shown = _below_project(notebook)
    folder = _folder(instance)
    if owner_of(folder):
        return _tell_open_already(instance, shown)
    try:
        end_marked(MARK, str(instance.state))  # what a killed `lab open` left behind
        known = instance.up(owner=this_process())
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # the token is in there
        write_whole(folder / "owner", this_process())
        write_whole(folder / "lab-port", f"{known.port}\n")
        furnish(folder, teacher)
        front = arrange(folder, shown)
        process = _start(instance, folder, known.endpoint, port)
        with progress("Starting JupyterLab"):
            server = _wait(process, folder)
            _warm_up(server, front)
        _welcome(known.endpoint, server.page(None), browser)
        return _say_end(_watch(process, instance), folder)
    except Ended as ended:
        print("\nEnding JupyterLab and the lab.", file=sys.stderr)
        return 0 if ended.number == signal.SIGINT else 128 + ended.number
    finally:
        end_marked(MARK, str(instance.state), END_SECONDS)
        instance.down()
        for noted in ("owner", "lab-port"):
            (folder / noted).unlink(missing_ok=True)


def is_open(instance: Instance) -> bool:
    """Whether a JupyterLab is open on this lab, also one whose `lab open` was killed."""
    state = str(instance.state)
    ours = os.environ.get(MARK) == state  # a terminal of JupyterLab
    return ours or owner_of(_folder(instance)) is not None or bool(marked(MARK, state))


def up(instance: Instance, port: int | None = None) -> Running:
    """As `Instance.up`. Under an open JupyterLab, where its notebooks look for the lab and nowhere else.

    Raises what `Instance.up` raises.
    """
    folder = _folder(instance)
    try:
        awaited = int((folder / "lab-port").read_text())
        owner = (folder / "owner").read_text() if owner_of(folder) else ""
    except (OSError, ValueError):
        return instance.up(port)
    if not is_open(instance):
        return instance.up(port)
    if port not in (None, awaited):
        raise LabError(f"The open JupyterLab looks for the lab on port {awaited}. Start it there: lab up")
    try:
        return instance.up(awaited, owner)
    except PortTakenError:
        raise LabError(
            f"Another program has taken port {awaited}, where the open JupyterLab looks for the lab. Stop "
            "that program, then run `lab up` again. Or end JupyterLab (Ctrl-C where you started it) and open "
            "it anew."
        ) from None


def _folder(instance: Instance) -> Path:
    return instance.state / "jupyter"


def _below_project(notebook: str | None) -> str | None:
    if notebook is None:
        return None
    for path in (Path(notebook).absolute(), PROJECT / notebook):
        if path.exists() and path.resolve().is_relative_to(PROJECT):
            return path.resolve().relative_to(PROJECT).as_posix()
    raise LabError(f"There is no notebook {notebook} in the project. The lessons are in the folder course.")


def _start(instance: Instance, folder: Path, endpoint: str, port: int | None) -> "subprocess.Popen[bytes]":
    if port is not None:
        _must_be_free(port)
    for old in folder.glob("jpserver-*"):
        old.unlink()
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.port={port or DEFAULT_PORT}"]
    command.append(f"--ServerApp.port_retries={OTHER_PORTS if port is None else 0}")
    command += [f"--{name}={value}" for name, value in SETTINGS.items()]
    if os.geteuid() == 0:  # in a container people are root; loopback and the token guard it as they do others
        command.append("--ServerApp.allow_root=True")
    with _log(folder).open("wb") as log:
        return subprocess.Popen(
            command,
            env=_environment(instance, folder, endpoint),
            cwd=PROJECT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C is for us, and we end it in good order
        )


def _environment(instance: Instance, folder: Path, endpoint: str) -> dict[str, str]:
    """The lab's, with Jupyter's folders in the lab's: a person's own settings and kernels stay out."""
    base = {name: value for name, value in os.environ.items() if not name.startswith("JUPYTER")}
    return lab_environment(endpoint, base=base) | {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), base.get("PATH", "")]),
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTER_DATA_DIR": str(folder / "data"),
        "JUPYTER_RUNTIME_DIR": str(folder),
        "IPYTHONDIR": str(folder / "ipython"),
        "LAB_STATE": str(instance.state),
        MARK: str(instance.state),
    }


def _must_be_free(port: int) -> None:
    if not is_free(port):
        raise LabError(
            f"Port {port} is taken by another program, so JupyterLab can't have it. Choose another one "
            "(lab open --port N), or leave --port out."
        )


def _wait(process: "subprocess.Popen[bytes]", folder: Path) -> Server:
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None:
        server = _server(folder)
        if server and _answers(server):
            return server
        if time.monotonic() > deadline:
            raise LabError(
                f"JupyterLab did not answer within {START_SECONDS:.0f} seconds. Its log: {_log(folder)}"
            )
        time.sleep(0.1)
    raise LabError(
        f"JupyterLab ended while it started (exit status {process.returncode}). {_last_words(folder)}"
    )


def _watch(process: "subprocess.Popen[bytes]", instance: Instance) -> int:
    """Wait for JupyterLab's end; a lab that dies meanwhile is started again, at the same address.

    Where that fails, JupyterLab goes on: what is not saved in it must not be lost with the lab.
    """
    while True:
        try:
            return process.wait(WATCH_SECONDS)
        except subprocess.TimeoutExpired:
            if instance.died:
                print(
                    "\nThe local AWS ended by itself. Starting it again: what was in it is gone.", flush=True
                )
                try:
                    print(f"The local AWS is ready again at {up(instance).endpoint}", flush=True)
                except (LabError, OSError) as error:
                    print(f"{error}\nThen start it again: lab up", file=sys.stderr, flush=True)


def _server(folder: Path) -> Server | None:
    """The server that Jupyter noted down in FOLDER."""
    for file in folder.glob("jpserver-*.json"):
        try:
            noted: Mapping[str, str] = json.loads(file.read_text())
            return Server(noted["url"], noted["token"])
        except (OSError, ValueError, KeyError):
            continue  # being written just now
    return None


def _answers(server: Server) -> bool:
    return _ask(server, "GET", "/api/status", 5) == 200


def _warm_up(server: Server, notebook: str) -> None:
    """Start the kernel of the notebook in front, and ask once for what is slow the first time.

    JupyterLab shows a notebook before it knows the kernels. Who presses Run All in between is asked to select
    one, with no reason that a learner could see; so the answers have to be quick.
    """
    for path in ("/api/kernelspecs", "/lab/api/settings", f"/api/contents/{quote(notebook)}"):
        _ask(server, "GET", path, 30)
    kernel = {"name": "python3"}
    session = {"path": notebook, "name": Path(notebook).name, "type": "notebook", "kernel": kernel}
    _ask(server, "POST", "/api/sessions", 30, json.dumps(session))


def _ask(server: Server, method: str, path: str, seconds: float, body: str | None = None) -> int | None:
    """The status of the answer; None when there is none."""
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=seconds)
    try:
        connection.request(method, path, body, headers={"Authorization": f"token {server.token}"})
        answer = connection.getresponse()
        answer.read()
        return answer.status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def _welcome(endpoint: str, page: str, browser: bool) -> None:
    print(f"The local AWS is ready at {endpoint}")
    print(f"JupyterLab is open at\n\n    {page}\n\nCtrl-C here ends both.", flush=True)
    if browser and has_display():
        webbrowser.open(page)


def _tell_open_already(instance: Instance, shown: str | None) -> int:
    server = _server(_folder(instance))
    if server is None:
        raise LabError("JupyterLab is being started by another lab open. Wait for it, or end that one.")
    was_running = instance.condition() == "running"
    known = up(instance)
    if not was_running:
        print(f"The local AWS was lost. It is ready again at {known.endpoint}, and empty: run your notebook")
        print("again from its top.")
    print(f"JupyterLab is open already, at\n\n    {server.page(shown)}\n")
    return 0


def _say_end(status: int, folder: Path) -> int:
    if status == 0:
        print("JupyterLab was shut down; the lab ends with it.")
        return 0
    raise LabError(f"JupyterLab ended by itself (exit status {status}). {_last_words(folder)}")


def _last_words(folder: Path) -> str:
    lines = [line for line in _log(folder).read_text(errors="replace").splitlines() if line.strip()]
    said = "".join(f"\n    {line[:300]}" for line in lines[-3:])
    return f"Its log ends:{said}\nThe whole log: {_log(folder)}"


def _log(folder: Path) -> Path:
    return folder / "jupyter.log"
