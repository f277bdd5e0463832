"""What JupyterLab's kernels see: the shared lab, an account of their own, and where its switches are."""

import os
from collections.abc import Mapping

import pytest

from tests.conftest import STATE


@pytest.fixture
def jupyter(fresh_account: Mapping[str, str]) -> dict[str, str]:
    """As `lab open` starts JupyterLab: lessons move the clock of their account."""
    return {**fresh_account, "LAB_STATE": os.environ[STATE]}
