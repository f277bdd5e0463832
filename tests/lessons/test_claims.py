"""What common study notes claim is taught as it is today, in the sentences that claims.toml names."""

import tomllib
from collections import Counter
from collections.abc import Callable
from typing import Any

import nbformat
import pytest

from course.source.facts import SOURCE, load
from course.source.prose import told

from .course import INDEX, READY, notebook_of

CLAIMS: list[dict[str, Any]] = tomllib.loads((SOURCE / "claims.toml").read_text(encoding="utf-8"))["claim"]
ROWS = {"000": 12, "001": 19, "002": 10, "003": 9, "004": 14}
"""Claims of each of the notes: none is dropped quietly."""
FACTS = load()

Notebook = nbformat.NotebookNode


def wrong(claim: dict[str, Any], notebook: Callable[[str], Notebook] = notebook_of) -> list[str]:
    """What is wrong with a claim's entry; nothing when its lessons say what it must."""
    found = [f"no fact is called {one}" for one in claim["facts"] if one not in FACTS]
    if not claim["taught"]:
        found.append("no lesson teaches it")
    for taught in claim["taught"]:
        lesson, sentence = taught["lesson"], taught.get("sentence")
        if lesson not in {entry["name"] for entry in INDEX}:
            found.append(f"{lesson} is no lesson of the index")
        elif lesson not in READY:
            found += ["it names a sentence of a lesson that is not ready"] if sentence else []
        elif sentence not in told(notebook(lesson)):
            found.append(f"{lesson} has no sentence {sentence!r}")
    return found


@pytest.mark.parametrize("claim", [pytest.param(c, id=f"{c['seed']}-{c['claim'][:40]}") for c in CLAIMS])
def test_a_sentence_teaches_it(claim: dict[str, Any]) -> None:
    assert wrong(claim) == []


def test_every_claim_is_there_once() -> None:
    assert Counter(claim["seed"] for claim in CLAIMS) == ROWS
    assert len({(claim["seed"], claim["claim"]) for claim in CLAIMS}) == len(CLAIMS)


TAUGHT = next(claim for claim in CLAIMS if claim["taught"][0]["lesson"] in READY)


@pytest.mark.parametrize(
    "change",
    [
        {"sentence": TAUGHT["taught"][0]["sentence"][:-1]},
        {"sentence": "shards are made of chalk"},
        {"lesson": "99-none"},
        {"lesson": "03-consumers"},
    ],
)
def test_a_claim_that_is_not_taught_is_noticed(change: dict[str, str]) -> None:
    assert wrong(TAUGHT) == []
    assert wrong({**TAUGHT, "taught": [{**TAUGHT["taught"][0], **change}]}) != []


def test_a_claim_without_a_sentence_or_with_a_lost_fact_is_noticed() -> None:
    assert wrong({**TAUGHT, "taught": []}) == ["no lesson teaches it"]
    assert wrong({**TAUGHT, "facts": ["shards.colour"]}) == ["no fact is called shards.colour"]
