"""One worker: a MultiLangDaemon in a Java process, with a record processor for each of its leases."""

import os
import shlex
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lab.kcl.conversation import exit_words
from lab.kcl.environment import Kcl
from lab.kcl.events import EventFolder
from lab.kcl.properties import write_properties
from lab.machine.processes import end_marked

APPLICATION_MARK = "LAB_KCL_APPLICATION"
WORKER_MARK = "LAB_KCL_WORKER"
"""Variables in the environment of all processes of an application and of a worker: their folders."""
MAIN = "software.amazon.kinesis.multilang.MultiLangDaemon"
EXECUTABLE = "./processor"
"""Beside the worker's other files, since MultiLangDaemon splits its command at spaces."""
OPTIONS = (
    "-Xmx256m",
    "-XX:MaxDirectMemorySize=64m",
    "-XX:+ExitOnOutOfMemoryError",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",  # a lesson's worker lives a minute or two: start fast
    "-XX:-UsePerfData",  # no file in the system's temporary folder
)
JAVA_VARIABLES = ("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS", "CLASSPATH")


@dataclass
class Run:
    """One life of a worker. `announced`: its end was asked for, or was told to whoever waits."""

    process: subprocess.Popen[bytes]
    announced: bool = False


class Worker:
    """A worker that runs or has run. FOLDER holds its properties, log and events."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.folder = folder
        self.log = folder / "kcl.log"
        self._output = folder / "java.log"
        self._events = folder / "events"
        self._events.mkdir(parents=True, exist_ok=True)
        self.events = EventFolder(self._events, name)
        self._run: Run | None = None

    def start(
        self,
        installed: Kcl,
        processor: Path,
        properties: Mapping[str, str],
        environment: Mapping[str, str],
        mark: str,
    ) -> None:
        """Start the Java process. PROCESSOR is a Python file that speaks KCL's protocol.

        MARK is the application's. Raises OSError when Java can't be started.
        """
        file = self.folder / "worker.properties"
        write_properties(file, properties)
        self._write_executable(installed, processor)
        command = [str(installed.java), *OPTIONS]
        command += [f"-Djava.io.tmpdir={self.folder}", f"-Dlab.kcl.log={self.log}"]
        command += ["-cp", f"{installed.jars}/*", MAIN, "--properties-file", str(file)]
        command += ["--log-configuration", str(Path(__file__).with_name("logback.xml"))]
        variables = {name: value for name, value in environment.items() if name not in JAVA_VARIABLES}
        marks = {APPLICATION_MARK: mark, WORKER_MARK: str(self.folder)}
        with self._output.open("ab") as output:
            process = subprocess.Popen(
                command,
                env=variables | marks,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self._run = Run(process)

    def _write_executable(self, installed: Kcl, processor: Path) -> None:
        """A script that runs PROCESSOR by this Python, in this folder, with amazon_kclpy within reach."""
        quote = shlex.quote
        command = [sys.executable, "-m", "lab.kcl.relay", str(self._events), sys.executable, str(processor)]
        script = (
            "#!/bin/sh\n"
            f"cd {quote(os.getcwd())} || exit 1\n"  # noqa: PTH109 - the string that the shell needs
            f'PYTHONPATH="${{PYTHONPATH:+$PYTHONPATH:}}"{quote(str(installed.packages))}\n'
            "export PYTHONPATH\n"
            f"exec {' '.join(map(quote, command))}\n"
        )
        file = self.folder / EXECUTABLE
        file.write_text(script)
        file.chmod(0o755)

    @property
    def status(self) -> int | None:
        """Exit status as subprocess gives it; None while the worker runs."""
        return self._run.process.poll() if self._run else 0

    def unannounced_end(self) -> Run | None:
        """The run that has ended by itself, until it is marked as announced.

        A run, not the worker: a worker that is started again meanwhile has a new one.
        """
        run = self._run
        return run if run and not run.announced and run.process.poll() is not None else None

    def stop(self, seconds: float) -> bool:
        """Ask the worker to stop as SIGTERM does on AWS; whether it did so within SECONDS.

        KCL then asks each processor to shut down, which may checkpoint, and waits for it no longer than
        shutdownGraceMillis.
        """
        if self._run is None:
            return True
        self._run.announced = True
        process = self._run.process
        if process.poll() is not None:
            return True
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            return False
        end_marked(WORKER_MARK, str(self.folder))
        return True

    def kill(self) -> None:
        """Kill the worker's Java process and all its record processors at once, as a lost machine would."""
        if self._run is not None:
            self._run.announced = True
            if self.status is None:
                os.killpg(self._run.process.pid, signal.SIGKILL)  # Java and the processors, all at one moment
                self._run.process.wait()
        end_marked(WORKER_MARK, str(self.folder))

    def last_words(self) -> str:
        """How it is or ended, with what KCL and Java say of the reason."""
        status = self.status
        state = "runs" if status is None else f"ended with {exit_words(status)}"
        lines = [line for line in _tail(self.log) if " ERROR " in line]
        lines += [line for line in _tail(self._output) if "Exception" in line or "Error" in line]
        said = "".join(f"\n    {line[:300]}" for line in lines[-4:])
        return f"{self.name} {state}." + (f" It says:{said}" if said else "")


def _tail(file: Path, count: int = 500) -> list[str]:
    """The last COUNT lines of FILE; none when there is no such file."""
    try:
        with file.open(errors="replace") as lines:
            return [line.rstrip() for line in deque(lines, count)]
    except FileNotFoundError:
        return []
