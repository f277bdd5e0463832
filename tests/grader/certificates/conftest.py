"""Node and its locked packages, for what is checked by others' software."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import grader.certificates
from grader.certificates.browser.build import packages
from grader.certificates.proof import CONTEXTS

OURS = Path(grader.certificates.__file__).parent
HERE = Path(__file__).parent
NodeProgram = Callable[[str, list[Any]], list[Any]]


@pytest.fixture(scope="session")
def node_program(tmp_path_factory: pytest.TempPathFactory) -> NodeProgram:
    """Runs one of the programs beside this file: a JSON list in, a JSON list out."""
    node, modules = packages()
    folder = tmp_path_factory.mktemp("node")
    (folder / "node_modules").symlink_to(modules)
    for name in ("contexts", "browser"):
        shutil.copytree(OURS / name, folder / name)
    shutil.copy(OURS / "credential.schema.json", folder)
    for program in HERE.glob("*.mjs"):
        shutil.copy(program, folder)
    contexts = [word for url, (name, _) in CONTEXTS.items() for word in (url, str(OURS / "contexts" / name))]

    def run(program: str, questions: list[Any]) -> list[Any]:
        command = [str(node / "node"), program, *contexts]
        environment = {"PATH": os.environ["PATH"], "NODE_NO_WARNINGS": "1"}
        done = subprocess.run(
            command,
            cwd=folder,
            env=environment,
            input=json.dumps(questions),
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr
        answers = json.loads(done.stdout)
        assert len(answers) == len(questions)
        return list(answers)

    return run
