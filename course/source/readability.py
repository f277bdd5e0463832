"""How hard a lesson's prose is to read: `make readability`, or for some lessons

    python -m course.source.readability 01-producers

The figure is the Flesch-Kincaid grade, about the years of school that a reader needs. It counts the words of a
sentence and the syllables of a word. Prose alone is measured: no code, no tables.
"""

import argparse
import re
import sys
from pathlib import Path
from typing import Final

import jupytext
import textstat

from course.source.prose import running_text

HIGHEST_GRADE: Final = 9.0
TEXTS: Final = Path(__file__).resolve().parent / "text"


def grade(text: str) -> float:
    """The Flesch-Kincaid grade of TEXT, which holds at least one sentence."""
    return round(float(textstat.flesch_kincaid_grade(text)), 1)


def hardest(text: str, count: int) -> list[tuple[float, str]]:
    """The COUNT sentences with the highest grades, the hardest first."""
    found = [(grade(one), one) for one in re.split(r"(?<=[.?!]) ", text) if len(one.split()) > 5]
    return sorted(found, reverse=True)[:count]


def main() -> int:
    """Exit status: 0 all at or below the highest grade, 1 one above it, 2 asked for a lesson that is not there."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("lessons", nargs="*", help="names such as 02-shards; all without one")
    parser.add_argument(
        "--texts", type=Path, default=TEXTS, help="the folder of the lessons' text twins"
    )
    parser.add_argument(
        "--hardest", type=int, default=0, metavar="N", help="show the N hardest sentences, too"
    )
    asked = parser.parse_args()
    known = {path.stem: path for path in sorted(asked.texts.glob("*.py"))}
    if unknown := sorted(set(asked.lessons) - set(known)):
        print(
            f"No lesson {', '.join(unknown)} in {asked.texts}. There are: {', '.join(known) or 'none'}."
        )
        return 2
    above = False
    for name in asked.lessons or known:
        text = running_text(jupytext.read(known[name]))
        figure = grade(text)
        above = above or figure > HIGHEST_GRADE
        words = len(text.split())
        print(
            f"{name:20} grade {figure:4.1f}  {words:5} words"
            + ("  above 9" if figure > HIGHEST_GRADE else "")
        )
        for hard, sentence in hardest(text, asked.hardest):
            print(f"    {hard:5.1f}  {sentence}")
    return int(above)


if __name__ == "__main__":
    sys.exit(main())
