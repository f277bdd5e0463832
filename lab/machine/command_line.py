"""What a person typed, read: a command that is not there is told in a sentence, not as a list of all."""

import argparse
import difflib
import re
from collections.abc import Mapping, Sequence

UNKNOWN = re.compile(
    r"""invalid choice: (?P<quote>['"])(?P<typed>.*)(?P=quote) \(.*choose from (?P<known>.*)\)""", re.S
)


def parse(
    asked: argparse.ArgumentParser,
    arguments: Sequence[str] | None,
    elsewhere: Mapping[str, str] | None = None,
) -> argparse.Namespace:
    """As `asked.parse_args`; ELSEWHERE says of words that are no commands where they belong.

    Raises SystemExit with status 2 when the call is wrong, and says why.
    """
    asked.exit_on_error = False
    try:
        return asked.parse_args(arguments)
    except argparse.ArgumentError as error:
        asked.error(_sentence(asked.prog, error, elsewhere or {}))


def _sentence(program: str, error: argparse.ArgumentError, elsewhere: Mapping[str, str]) -> str:
    found = UNKNOWN.search(str(error))
    if error.argument_name != "COMMAND" or found is None:
        return str(error)
    typed, known = found["typed"], [word.strip(" '") for word in found["known"].split(",")]
    near = difflib.get_close_matches(typed, known, n=1)
    said = f"there is no command {typed!r}."
    if typed in elsewhere:
        said = f"{said} {elsewhere[typed]}"
    elif near:
        said = f"{said} Is {near[0]!r} meant?"
    return f"{said} `{program} --help` lists all commands."
