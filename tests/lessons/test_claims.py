"""What study notes claim is taught as it is today, in the cell that `course/source/claims.toml` names."""

import tomllib
from collections import Counter
from collections.abc import Callable
from typing import Any

import nbformat
import pytest

from .course import COURSE, INDEX, READY, notebook_of

CLAIMS: list[dict[str, Any]] = tomllib.loads((COURSE / "source" / "claims.toml").read_text(encoding="utf-8"))[
    "claim"
]
ROWS = {"000": 7, "001": 14, "002": 8, "003": 7, "004": 10}
"""Claims from each of the notes, one of them taught in two lessons: none is dropped quietly."""

Notebook = nbformat.NotebookNode


def wrong(claim: dict[str, Any], notebook: Callable[[str], Notebook] = notebook_of) -> str | None:
    """What is wrong with a claim's entry; None when its cell says what it must."""
    if claim["lesson"] not in {lesson["name"] for lesson in INDEX}:
        return f"{claim['lesson']} is no lesson of the index"
    if claim["lesson"] not in READY:
        return "it names a cell of a lesson that is not ready" if "cell" in claim else None
    cells = {cell.id: cell.source for cell in notebook(claim["lesson"]).cells}
    if claim.get("cell") not in cells:
        return f"{claim['lesson']} has no cell {claim.get('cell')}"
    said = " ".join(cells[claim["cell"]].split())
    return None if " ".join(claim["says"].split()) in said else f"the cell does not say {claim['says']!r}"


@pytest.mark.parametrize("claim", [pytest.param(c, id=f"{c['seed']}-{c['claim'][:40]}") for c in CLAIMS])
def test_its_cell_teaches_it(claim: dict[str, Any]) -> None:
    assert wrong(claim) is None


def test_every_claim_is_there_once() -> None:
    assert Counter(claim["seed"] for claim in CLAIMS) == ROWS
    assert len({(claim["seed"], claim["claim"]) for claim in CLAIMS}) == len(CLAIMS)


@pytest.mark.parametrize(
    "change", [{"cell": "no-such"}, {"says": "shards are made of chalk"}, {"lesson": "99-none"}]
)
def test_a_claim_that_is_not_taught_is_noticed(change: dict[str, str]) -> None:
    taught = next(claim for claim in CLAIMS if claim["lesson"] in READY)
    assert wrong(taught) is None
    assert wrong({**taught, **change}) is not None
