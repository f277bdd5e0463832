"""Scenarios against the shared lab: a learner's function on one side, a fresh account on the other."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from grader.tasks.answers import Answer, Raised, Returned
from grader.tasks.scenarios import Scenario
from grader.tasks.scenarios.lab_side import LabSide
from grader.tasks.scenarios.stage import Played, Stage, play
from lab.aws.instance import Instance
from lab.control import Control, control_of
from tests.conftest import STATE

Learner = Callable[..., Any]
PlayIt = Callable[[Scenario, Learner], Played]


@dataclass
class InThisProcess:
    """A learner's function that is called here; the gate only remembers."""

    function: Learner
    inside: bool = True

    def call(self, _function: str, arguments: Mapping[str, Any], _seconds: float) -> Answer:
        assert self.inside
        try:
            return Returned(self.function(**arguments))
        except Exception as error:  # noqa: BLE001 - whatever a learner's function raises
            return Raised(type(error).__name__, str(error))

    def renew(self) -> None:
        raise AssertionError("nothing crashes")

    def ready(self) -> None:
        pass

    def let_in(self) -> None:
        self.inside = True

    def shut_out(self) -> None:
        self.inside = False


@pytest.fixture
def switches(fresh_account: Mapping[str, str]) -> Control:
    """The switches of an account that nobody has used."""
    return control_of(Instance(Path(os.environ[STATE])), fresh_account["AWS_ACCESS_KEY_ID"])


@pytest.fixture
def learner_s_client(
    fresh_account: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], Any]:
    """Plain boto3 as a learner's code has it, in the account of `switches`."""
    import boto3

    for name, value in fresh_account.items():
        monkeypatch.setenv(name, value)
    session: Any = boto3.session.Session()
    made: Callable[[str], Any] = session.client
    return made


@pytest.fixture
def run(switches: Control) -> PlayIt:
    """One run of a scenario with a learner's function."""

    def made(scenario: Scenario, function: Learner) -> Played:
        performer = InThisProcess(function)
        return play(scenario, False, lambda: Stage(LabSide(switches), performer, "function", 30.0))

    return made
