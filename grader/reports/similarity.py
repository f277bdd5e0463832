"""`grader similarity`: pairs of submissions whose own code is alike. It names pairs, never verdicts.

Notebooks that are the same in every cell come first. Code is compared as sequences of tokens with the
learner's own names, numbers and texts taken out, so that renaming hides nothing; a text that a person marks,
as sequences of its words. Left out is what likeness is no news of: what the release hands out, what the
course's own right answers look like, and what many of the class wrote.

The method is that of k-grams of tokens (Schleimer, Wilkerson, Aiken: Winnowing, SIGMOD 2003); the answers
are short, so every k-gram is kept and none is sampled.
"""

import builtins
import hashlib
import io
import itertools
import keyword
import re
import token
import tokenize
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.engine.submission import LARGEST_NOTEBOOK, Unreadable, find_notebook
from grader.plain_files import read_plain
from grader.reports.graded import own_code, own_texts
from grader.reports.printable import printable
from grader.source import cell_source, code_cells, grade_id, parse_notebook, read_notebook, solution_of

LONGEST_CELL = 100_000
"""Characters of a cell that are compared."""
GRAM = 8
"""Tokens of a sequence: about one line of code."""
WORDS = 4
"""Words of a sequence of a text."""
FEWEST = 12
"""Sequences that both must have in common and to themselves: some 19 tokens in a row, or two such pieces."""
ALIKE = 0.6
"""Share of the smaller one's own sequences that the other has too, from which a pair is named."""
COMMON_LEAST = 5
COMMON_SHARE = 0.2
"""A sequence in more submissions than both of these (a count, a share) is a common shape."""

FURTHER = "further cells"
FURTHER_TEXTS = "further texts"
LAYOUT = frozenset({token.NEWLINE, tokenize.NL, token.INDENT, token.DEDENT, token.ENDMARKER})
SKIPPED = LAYOUT | {tokenize.COMMENT}

Grams = frozenset[tuple[str, ...]]


def tokens(source: str) -> list[str]:
    """A cell's tokens without comments, docstrings and layout; own names, numbers and texts as their kind.

    Of a cell that is not Python to its end, what comes before.
    """
    found: list[str] = []
    begins = True
    try:
        for kind, text, *_ in tokenize.generate_tokens(io.StringIO(source[:LONGEST_CELL]).readline):
            docstring = begins and kind == token.STRING
            if kind not in SKIPPED and not docstring:
                found.append(_plain(kind, text, found[-1] if found else ""))
            begins = kind in LAYOUT or (begins and kind == tokenize.COMMENT)
    except (tokenize.TokenError, SyntaxError):
        pass
    return found


def _plain(kind: int, text: str, before: str) -> str:
    if kind == token.NAME:
        # What follows a dot is a method's name, which nobody can choose.
        return text if keyword.iskeyword(text) or hasattr(builtins, text) or before == "." else "NAME"
    if kind == token.NUMBER:
        return "NUMBER"
    if kind == token.STRING or tokenize.tok_name[kind].startswith("FSTRING"):
        return "TEXT"
    return text


def grams(sources: Iterable[str]) -> Grams:
    """All sequences of GRAM tokens in these cells; none goes over the end of a cell."""
    return frozenset(
        tuple(cell[start : start + GRAM])
        for cell in map(tokens, sources)
        for start in range(len(cell) - GRAM + 1)
    )


def word_grams(text: str) -> Grams:
    """All sequences of WORDS words in a text; case and punctuation make no difference."""
    words = re.findall(r"\w+", text[:LONGEST_CELL].casefold())
    return frozenset(tuple(words[start : start + WORDS]) for start in range(len(words) - WORDS + 1))


Code = Mapping[str, Grams]
"""A submission's sequences by task, and of its further cells and texts."""


@dataclass(frozen=True)
class Likeness:
    """Two submissions and what is alike in them: by task the sequences in common and of the smaller one."""

    first: str
    second: str
    tasks: Mapping[str, tuple[int, int]]

    def text(self) -> str:
        parts = [
            f"{task} ({same * 100 // of} %: {same} of {of} sequences)"
            for task, (same, of) in self.tasks.items()
        ]
        return printable(f"{self.first} and {self.second}: {', '.join(parts)}")


@dataclass(frozen=True)
class Same:
    """Submissions that are one notebook."""

    students: Sequence[str]
    to_the_byte: bool
    """Also the files are the same; else the cells are, and something around them is not."""

    def text(self) -> str:
        how = "byte for byte" if self.to_the_byte else "in every cell"
        return printable(f"{', '.join(self.students)}: the same notebook, {how}")


@dataclass(frozen=True)
class Comparison:
    same: Sequence[Same]
    pairs: Sequence[Likeness]
    """Without those that are in `same`."""
    compared: int
    unread: Sequence[str]
    """Students whose notebook could not be read."""
    short: Sequence[str]
    """Tasks in which hardly any answer is long enough to tell anything."""


def likenesses(codes: Mapping[str, Code], explained: Mapping[str, Grams]) -> list[Likeness]:
    """The pairs that are alike, most alike first. `explained` are sequences by task that tell nothing."""
    own = {student: dict(code) for student, code in codes.items()}
    for task in {task for code in codes.values() for task in code}:
        common = _common([code[task] for code in codes.values() if task in code])
        known = common | explained.get(task, frozenset())
        for code in own.values():
            if task in code:
                code[task] = code[task] - known
    pairs = []
    for first, second in itertools.combinations(sorted(own), 2):
        if tasks := _alike(own[first], own[second]):
            pairs.append(Likeness(first, second, tasks))
    return sorted(pairs, key=lambda pair: -sum(same for same, _ in pair.tasks.values()))


def _common(all_grams: Sequence[Grams]) -> Grams:
    """Sequences that so many wrote that they are the task's own shape."""
    counts = Counter(itertools.chain.from_iterable(all_grams))
    most = max(COMMON_LEAST, COMMON_SHARE * len(all_grams))
    return frozenset(gram for gram, count in counts.items() if count > most)


def _alike(one: Code, other: Code) -> dict[str, tuple[int, int]]:
    found = {}
    for task in one:
        mine, theirs = one[task], other.get(task, frozenset())
        smaller = min(len(mine), len(theirs))
        same = len(mine & theirs) if smaller >= FEWEST else 0
        if same >= FEWEST and same >= ALIKE * smaller:
            found[task] = (same, smaller)
    return found


def compare(
    root: Path, assignment: str, task_ids: Sequence[str], submitted: Path, names: Sequence[str]
) -> Comparison:
    """Compare all submissions of an assignment. Raises OSError or ValueError for a damaged release."""
    released = read_notebook(root / "exercises" / assignment / f"{assignment}.ipynb")
    codes: dict[str, Code] = {}
    files: dict[str, tuple[str, str]] = {}
    unread = []
    for name in names:
        read = _read(submitted / name / assignment, assignment)
        if read is None:
            unread.append(name)
            continue
        raw, notebook = read
        codes[name] = _code(released, notebook, task_ids)
        files[name] = (_cells(notebook), hashlib.sha256(raw).hexdigest())
    explained = _explained(root / "solutions" / assignment, released, task_ids)
    same = identical(files, untouched=_cells(released))
    told = {frozenset(pair) for one in same for pair in itertools.combinations(one.students, 2)}
    pairs = [p for p in likenesses(codes, explained) if frozenset((p.first, p.second)) not in told]
    return Comparison(same, pairs, len(codes), unread, _short(codes, explained, task_ids))


def _read(folder: Path, assignment: str) -> tuple[bytes, dict[str, Any]] | None:
    try:
        path, _ = find_notebook(folder, assignment)
        raw = read_plain(path, LARGEST_NOTEBOOK)
        return raw, parse_notebook(raw)
    except (OSError, ValueError, RecursionError, Unreadable):
        return None


def _cells(notebook: Mapping[str, Any]) -> str:
    """A digest of what stands in the cells; outputs and what tools write around them left out."""
    cells = [cell for cell in notebook["cells"] if isinstance(cell, dict)]
    texts = [f"{cell.get('cell_type')}\0{cell_source(cell).strip()}" for cell in cells]
    whole = "\0".join(text for text in texts if not text.endswith("\0"))
    return hashlib.sha256(whole.encode("utf-8", "backslashreplace")).hexdigest()


def identical(files: Mapping[str, tuple[str, str]], untouched: str) -> list[Same]:
    """Who handed in one notebook, of FILES: digests of cells and bytes by student. UNTOUCHED is no news."""
    by_cells = defaultdict(list)
    for student, (cells, _) in sorted(files.items()):
        if cells != untouched:
            by_cells[cells].append(student)
    groups = [students for students in by_cells.values() if len(students) > 1]
    found = [Same(students, len({files[one][1] for one in students}) == 1) for students in groups]
    return sorted(found, key=lambda same: (not same.to_the_byte, same.students))


def _code(released: dict[str, Any], notebook: dict[str, Any], task_ids: Sequence[str]) -> Code:
    own = own_code(released, notebook)
    by_task = {
        task: grams([own.answers.get(f"{task}_answer", "")]) | word_grams(own.answers.get(task, ""))
        for task in task_ids
    }
    texts = [cell_source(cell) for cell in own_texts(released, notebook)]
    return {**by_task, FURTHER: grams(own.further), FURTHER_TEXTS: word_grams("\n".join(texts))}


def _explained(folder: Path, released: dict[str, Any], task_ids: Sequence[str]) -> dict[str, Grams]:
    """What the release hands out, and what the course's own right answers to the task look like."""
    handed_out = grams(map(cell_source, code_cells(released)))
    source = read_notebook(folder / f"{folder.name}.ipynb")
    solved = {grade_id(cell): solution_of(cell_source(cell)) for cell in code_cells(source)}
    prose = frozenset(gram for cell in released["cells"] for gram in word_grams(cell_source(cell)))
    explained = {FURTHER: handed_out, FURTHER_TEXTS: prose}
    for task in task_ids:
        right = [path.read_text(encoding="utf-8") for path in sorted((folder / "right" / task).glob("*.py"))]
        explained[task] = handed_out | prose | grams([solved.get(f"{task}_answer", ""), *right])
    return explained


def _short(codes: Mapping[str, Code], explained: Mapping[str, Grams], task_ids: Sequence[str]) -> list[str]:
    def tells(task: str) -> bool:
        return any(len(code[task] - explained[task]) >= FEWEST for code in codes.values())

    return [task for task in task_ids if not tells(task)]


CAUTION = (
    "Alike is not copied. Short answers to one task are often alike by themselves, and learners may have "
    "worked together with your leave, or from the same page. Read both before you speak with anybody."
)


def text_of(assignment: str, comparison: Comparison) -> str:
    """What `grader similarity` prints."""
    count = len(comparison.pairs)
    compared = f"{comparison.compared} submission{'s' * (comparison.compared != 1)} compared"
    pairs = f"{count or 'no'} pair{'s' * (count != 1)}"
    lines = [f"{assignment}: {compared}; {pairs} with own code that is alike."]
    if comparison.same:
        lines += ["Handed in by several:", *(f"  {same.text()}" for same in comparison.same), "Alike:"]
    lines += [f"  {pair.text()}" for pair in comparison.pairs] or ["  none"] * bool(comparison.same)
    if comparison.unread:
        lines.append(f"Not read: {printable(', '.join(comparison.unread))}.")
    if comparison.short:
        lines.append(f"No answer is long enough to compare in: {', '.join(comparison.short)}.")
    if comparison.pairs:
        lines += [
            f"A sequence is {GRAM} tokens, with names and numbers left out, or {WORDS} words of "
            "a text. What the release hands out, the course's own answers have, or many of the class wrote "
            "is not counted.",
        ]
    if comparison.pairs or comparison.same:
        lines.append(CAUTION)
    return "\n".join(lines)
