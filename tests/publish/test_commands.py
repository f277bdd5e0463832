"""docs/commands.md has every option of --help in its words, and no other document lists one again."""

from argparse import ArgumentParser

import pytest

from publish.commands import DOCUMENT, made, repeated, silent, tops
from tests.documents.test_blocks import DOCUMENTS


def program() -> ArgumentParser:
    top = ArgumentParser(prog="ship", description="Sails.")
    top.add_argument("--flag", choices=("red", "white"), default="red", help="default: %(default)s")
    sail = top.add_subparsers().add_parser("sail", help="go there")
    sail.add_argument("port")
    sail.add_argument("-k", "--knots", metavar="N", type=int, required=True, help="how fast | slow, <N>")
    return top


def test_the_document_is_what_the_parsers_say() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == made(tops()), "run: make commands"


def test_every_option_is_said_in_help() -> None:
    assert silent(tops()) == []
    mute = program()
    mute.add_argument("--anchor", action="store_true")
    assert silent([mute]) == ["ship `--anchor`"]


@pytest.mark.parametrize(
    "document", [path for path in DOCUMENTS if path != DOCUMENT], ids=lambda path: path.name
)
def test_no_other_document_lists_options(document: object) -> None:
    assert repeated(document.read_text(encoding="utf-8")) == []  # type: ignore[attr-defined]


def test_a_program_as_a_document() -> None:
    assert (
        made([program()]).partition("## ship")[2]
        == """

`ship`: sails.

| you write | what it is |
|---|---|
| `--flag {red,white}` | default: red |

### ship sail

`ship sail PORT`: go there.

| you write | what it is |
|---|---|
| `-k N`, `--knots N` | how fast \\| slow, \\<N> (must be given) |
"""
    )


def test_an_option_that_is_listed_again_is_found() -> None:
    text = (
        "Use `--only ada` here.\n\n- `--only ada` grades one\n\n| `-n N` | lines |\n| `grader show` | x |\n"
    )
    assert repeated(text) == ["- `--only ada` grades one", "| `-n N` | lines |"]
