"""The functions of an account of one's own."""

from collections.abc import Mapping

import pytest

from tests.lab.emulator.functions.support import Lambda


@pytest.fixture
def functions(fresh_account: Mapping[str, str]) -> Lambda:
    return Lambda(fresh_account)
