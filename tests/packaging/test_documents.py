"""What the documents tell a person to open or to type is there."""

import contextlib
import io
import re
import shlex
from argparse import ArgumentParser
from pathlib import Path

import pytest

from grader.cli import parser as grader_parser
from lab.cli import parser as lab_parser

PROJECT = Path(__file__).resolve().parents[2]
AT_THE_ROOT = ("README.md", "CONTRIBUTING.md", "ARCHITECTURE.md")
IN_DOCS = sorted(f"docs/{path.name}" for path in (PROJECT / "docs").glob("*.md"))
"""Their blocks are run by tests/documents, and their texts name commands without arguments."""
MADE = "docs/commands.md"
"""Made from the parsers."""
MAKEFILE = (PROJECT / "Makefile").read_text(encoding="utf-8")


def commands(text: str) -> list[list[str]]:
    """The words of each command in a block or in backticks, without comments, NN-topic filled in."""
    blocks = re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    lines += re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text.replace("\n", " "), flags=re.DOTALL))
    told = (shlex.split(line, comments=True) for line in lines if re.match(r"(lab|grader|make) [a-z]", line))
    return [[word.replace("NN-topic", "02-shards") for word in words] for words in told]


def unknown(words: list[str], whole: bool = True) -> str | None:
    """What is wrong with a command, or None; nothing is run. Where it is not WHOLE it is only named."""
    program, *rest = words
    if program == "make":
        targets = [word for word in rest if "=" not in word]
        missing = [target for target in targets if not re.search(rf"^{target}:", MAKEFILE, re.MULTILINE)]
        return f"make has no target {missing}" if missing else None
    parser: ArgumentParser = {"lab": lab_parser, "grader": grader_parser}[program]()
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            parser.parse_args(rest)
    except SystemExit:
        lacking = "the following arguments are required" in said.getvalue()
        return None if lacking and not whole else said.getvalue()
    return None


def dead_links(text: str, folder: Path = PROJECT) -> list[str]:
    """Relative links of a document in FOLDER that lead nowhere."""
    links = re.findall(r"\]\(([^)#]+)", text)
    return [link for link in links if "://" not in link and not (folder / link).exists()]


@pytest.mark.parametrize("document", [*AT_THE_ROOT, *(one for one in IN_DOCS if one != MADE)])
def test_commands_are_there(document: str) -> None:
    told = commands((PROJECT / document).read_text(encoding="utf-8"))
    whole = document in AT_THE_ROOT
    assert len(told) > 2 or not whole
    assert [said for words in told if (said := unknown(words, whole))] == []


@pytest.mark.parametrize("document", [*AT_THE_ROOT, *IN_DOCS])
def test_links_lead_somewhere(document: str) -> None:
    path = PROJECT / document
    assert dead_links(path.read_text(encoding="utf-8"), path.parent) == []


@pytest.mark.parametrize(
    "text",
    ["`lab upp`", "`make labs`", "```sh\ngrader autograde # which?\n```\n", "`grader marks 02-shards`"],
)
def test_an_unknown_command_is_found(text: str) -> None:
    assert unknown(["lab", "upp"], whole=False)
    assert [unknown(words) for words in commands(text)] != [None]
    assert commands(text) != []


def test_a_dead_link_is_found() -> None:
    assert dead_links("[a](README.md) ![b](docs/no-such-picture.png)") == ["docs/no-such-picture.png"]
