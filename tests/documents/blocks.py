"""Blocks of code in the documents: run in their order, or left out for a reason that a reader sees too."""

import ast
import doctest
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from sybil import Document, Example
from sybil.parsers.markdown import CodeBlockParser

SECONDS = 600.0
NOT_RUN = re.compile(r"# Not run by the tests: (?P<reason>\S.{9,})\n")
"""The first line of a block that is not run."""


@dataclass(frozen=True)
class Shell:
    """Where blocks run: FOLDER is a course of their own."""

    folder: Path
    environment: Mapping[str, str]

    def sh(self, example: Example) -> str | None:
        """Runs a block of commands, which end at the first that fails; what went wrong."""
        return self._run(["sh", "-e", "-c", str(example.parsed)])

    def python(self, example: Example) -> str | None:
        """Runs a block of Python, and compares the values that it shows behind a #."""
        return self._run([sys.executable, "-c", comparing(str(example.parsed))])

    def _run(self, command: list[str]) -> str | None:
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
        )
        return f"exit status {done.returncode}:\n{done.stdout}{done.stderr}" if done.returncode else None


def comparing(source: str) -> str:
    """The same code, in which each expression with a value behind a # on its line must have that value."""
    lines = source.splitlines()
    for node in ast.parse(source).body:
        if not isinstance(node, ast.Expr) or node.end_lineno is None:
            continue
        last = node.end_lineno - 1
        shown = lines[last][node.end_col_offset or 0 :].partition("#")[2].strip()
        if _is_value(shown):
            call = (
                f"__import__('tests.documents.blocks').documents.blocks.same({ast.unparse(node)}, {shown!r})"
            )
            lines[node.lineno - 1 : last + 1] = [call, *[""] * (last - node.lineno + 1)]
    return "\n".join(lines)


def _is_value(text: str) -> bool:
    try:
        ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return False
    return True


def same(value: object, shown: str) -> None:
    """Raises AssertionError when VALUE is not what is SHOWN, in which ... stands for anything."""
    got, want = f"{value!r}\n", f"{shown}\n"
    if not doctest.OutputChecker().check_output(want, got, doctest.ELLIPSIS):
        raise AssertionError(f"it is {value!r}, and {shown} is shown")


def blocks(path: Path, shell: Shell) -> Iterator[Example]:
    """The blocks of a document that are to be run."""
    parsers = [CodeBlockParser("sh", shell.sh), CodeBlockParser("python", shell.python)]
    for example in Document.parse(str(path), *parsers):
        if not NOT_RUN.match(str(example.parsed)):
            yield example


def unnamed(text: str) -> list[int]:
    """The lines at which a block begins that does not say what it holds."""
    fences = [number for number, line in enumerate(text.splitlines(), 1) if line.startswith("```")]
    lines = text.splitlines()
    return [number for number in fences[::2] if lines[number - 1].strip() == "```"]
