"""The lake of an account of one's own."""

import pytest

from tests.lab.emulator.firehose.support import Lake
from tests.lab.emulator.people import Variables


@pytest.fixture
def lake(fresh_account: Variables) -> Lake:
    return Lake(fresh_account)
