"""LocalStack as it comes, with its own Kinesis: what the lab is measured against.

Its Kinesis is kinesis-mock, a program for Node, which is no learner's. Both are installed below `.lab`, from
lock files, when a benchmark first asks for them.
"""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lab.aws import probe
from lab.aws.folders import EMULATOR_PYTHON, PROJECT, REQUIREMENTS
from lab.aws.instance import private_state
from lab.aws.runtime import runtime_environment
from lab.machine.ports import some_free_port

COMMAND = (str(EMULATOR_PYTHON), "-m", "localstack.runtime.main")
LOCKED = PROJECT / "benchmarks" / "kinesis_mock"
VERSION = "0.6.2"
WARM_UP_SECONDS = 90.0
OVERRIDES = ("GATEWAY_SERVER", "PROVIDER_OVERRIDE_KINESIS", "PROVIDER_OVERRIDE_DYNAMODB")
"""Settings that make the lab what it is."""
OWN_SETTINGS = {"KINESIS_LATENCY": "0", "KINESIS_SHARD_LIMIT": "1000", "KINESIS_MOCK_VERSION": VERSION}


def _installed() -> tuple[Path, Path]:
    """The folders of Node and of kinesis-mock's packages, installed if need be."""
    command = [sys.executable, str(REQUIREMENTS / "node.py"), str(LOCKED)]
    said = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    node, packages = said.splitlines()[-2:]
    return Path(node), Path(packages)


@contextmanager
def plain_localstack() -> Iterator[tuple[str, int]]:
    """Plain LocalStack, kinesis-mock being where it would have downloaded it; its endpoint and process."""
    node, packages = _installed()
    with private_state() as state:
        yield from _served(state, node, packages)


def _served(state: Path, node: Path, packages: Path) -> Iterator[tuple[str, int]]:
    """Its processes carry STATE's mark, by which whoever gave the folder ends them, also after a kill."""
    port = some_free_port()
    environment = runtime_environment(state, port, token="", secret="") | OWN_SETTINGS
    for name in OVERRIDES:
        environment.pop(name, None)
    environment["PATH"] = f"{node}:{environment['PATH']}"
    there = state / "root" / "var" / "lib" / "localstack" / "lib" / "kinesis-local" / VERSION
    there.mkdir(parents=True)
    (there / "node_modules").symlink_to(packages)
    with (state / "log").open("wb") as log:
        process = subprocess.Popen(
            COMMAND, env=environment, cwd=state, stdout=log, stderr=log, start_new_session=True
        )
    endpoint = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + WARM_UP_SECONDS
    while not _answers(endpoint):
        if process.poll() is not None or time.monotonic() > deadline:
            sys.exit(f"Plain LocalStack does not start:\n{(state / 'log').read_text()[-2000:]}")
        time.sleep(0.3)
    yield endpoint, process.pid


def _answers(endpoint: str) -> bool:
    return probe._ask(endpoint, "GET", "/_localstack/health", None, {}, 2) is not None
