"""Dask, where it is installed: an extra, for grading on several hosts."""

import importlib
from typing import Any

from grader.whereabouts import CallError


def needed() -> Any:
    """Dask's package. Raises CallError where it is not installed."""
    try:
        return importlib.import_module("distributed")
    except ImportError:  # an extra of pyproject.toml
        raise CallError(
            "Grading on several hosts needs Dask, which is not installed here: run `make .venv/distributed`."
        ) from None
