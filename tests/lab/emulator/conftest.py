"""Fixtures: an account of one's own, its Kinesis client without retries, its switches."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from lab.aws.build import PLUGINS
from lab.aws.instance import Instance
from lab.control import Control, control_of
from tests.conftest import STATE
from tests.lab.emulator.support import client

# The plugins' pure modules are tested here, without LocalStack; the others need its environment.
if str(PLUGINS) not in sys.path:
    sys.path.append(str(PLUGINS))


@pytest.fixture
def kinesis(fresh_account: Mapping[str, str]) -> Any:
    return client(fresh_account)


@pytest.fixture
def control(fresh_account: Mapping[str, str]) -> Control:
    return control_of(Instance(Path(os.environ[STATE])), fresh_account["AWS_ACCESS_KEY_ID"])
