"""docs/commands.md: every command of `lab` and `grader` with all its options, made from their parsers.

python -m publish.commands [--write]
"""

import argparse
import re
import sys
from argparse import SUPPRESS, Action, ArgumentParser
from collections.abc import Iterable, Iterator
from typing import Final

from grader.cli import parser as grader_parser
from lab.aws.folders import PROJECT
from lab.cli import parser as lab_parser
from lab.machine.whole_files import write_whole

DOCUMENT: Final = PROJECT / "docs" / "commands.md"
HEAD: Final = """# All commands and their options

Made from the commands' own parsers by `make commands`, and compared by a test: `--help` prints the same
words. Every command takes `--help`. The other documents say when one wants which option, and do not list them
again.
"""

Command = tuple[str, str, ArgumentParser]
"""A command's words (`grader certificate issue`), what it is for, its parser."""


def commands(parser: ArgumentParser, words: str, purpose: str) -> Iterator[Command]:
    """PARSER, which is called by WORDS and is there for PURPOSE, and all commands below it."""
    yield words, parser.description or purpose, parser
    for below in parser._actions:
        if isinstance(below, argparse._SubParsersAction):
            purposes = {listed.dest: listed.help or "" for listed in below._choices_actions}
            for name, made in below.choices.items():
                yield from commands(made, f"{words} {name}", purposes[name])


def arguments(parser: ArgumentParser) -> Iterator[Action]:
    """What a command takes, beside commands below it and --help."""
    for action in parser._actions:
        if not isinstance(action, argparse._SubParsersAction | argparse._HelpAction):
            yield action


def spelled(action: Action) -> str:
    """How an argument is written on the command line, as in `-n N`, `--lines N`."""
    value = _value(action)
    if not action.option_strings:
        return f"`{value}`"
    return ", ".join(f"`{f'{option} {value}'.strip()}`" for option in action.option_strings)


def _value(action: Action) -> str:
    if action.nargs == 0:
        return ""
    name = action.metavar or action.dest.upper()
    value = name if isinstance(name, str) else " ".join(name)
    if action.choices is not None and not isinstance(action.metavar, str):
        value = "{" + ",".join(map(str, action.choices)) + "}"
    return {"?": f"[{value}]", "*": f"[{value} ...]", "+": f"{value} ..."}.get(str(action.nargs), value)


def meaning(action: Action) -> str:
    """What an argument is for, in the words of --help; "" where the parser does not say."""
    if not action.help or action.help == SUPPRESS:
        return ""
    words = action.help % {**vars(action), "prog": ""}
    needed = " (must be given)" if action.option_strings and action.required else ""
    return f"{words}{needed}"


def _section(words: str, purpose: str, parser: ArgumentParser, level: int) -> Iterator[str]:
    taken = list(arguments(parser))
    named = [_value(one) for one in taken if not one.option_strings]
    sentence = purpose if purpose.endswith((".", "?")) else f"{purpose}."
    yield f"\n{'#' * level} {words}\n\n"
    yield f"`{' '.join([words, *named])}`: {sentence[:1].lower()}{sentence[1:]}\n"
    # An ASSIGNMENT is known by its name.
    rows = [_row(spelled(one), meaning(one)) for one in taken if one.option_strings or meaning(one)]
    if rows:
        yield "\n".join(["", _row("you write", "what it is"), "|---|---|", *rows]) + "\n"


def _row(*cells: str) -> str:
    return "| " + " | ".join(re.sub(r"([|<])", r"\\\1", cell) for cell in cells) + " |"


def tops() -> tuple[ArgumentParser, ...]:
    """The parsers of the project's programs."""
    return lab_parser(), grader_parser()


def made(programs: Iterable[ArgumentParser]) -> str:
    """The document for PROGRAMS."""
    parts = [HEAD]
    for top in programs:
        for words, purpose, parser in commands(top, top.prog, ""):
            parts += _section(words, purpose, parser, 2 if parser is top else 3)
    return "".join(parts)


def silent(programs: Iterable[ArgumentParser]) -> list[str]:
    """Options of PROGRAMS of which --help says nothing: what is not said there is said nowhere."""
    found = []
    for top in programs:
        for words, _, parser in commands(top, top.prog, ""):
            found += [
                f"{words} {spelled(one)}"
                for one in arguments(parser)
                if one.option_strings and not meaning(one)
            ]
    return found


def repeated(text: str) -> list[str]:
    """Lines of a document that begin to describe an option: a row of a table, or an entry of a list."""
    return re.findall(r"^[ \t]*(?:\||[-*+]|\d+\.) *`--?[a-z].*$", text, re.MULTILINE)


def main() -> int:
    """Print the document, or write it to its place."""
    parser = argparse.ArgumentParser(
        prog="python -m publish.commands", description=__doc__.partition("\n")[0]
    )
    parser.add_argument("--write", action="store_true", help="write docs/commands.md")
    if parser.parse_args().write:
        write_whole(DOCUMENT, made(tops()))
    else:
        print(made(tops()), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
