"""`grader report`: what a class's results say about the tasks, as text and as one page with pictures."""

import statistics
from collections.abc import Iterator, Mapping, Sequence

from grader.notebook.views import code_text
from grader.reports.item_statistics import STOPPED, Item, Statistics
from grader.reports.pages import page, picture, shown
from grader.reports.printable import printable

COLUMNS = (
    *("task", "points", "difficulty", "discrimination"),
    *("right", "partly", "wrong", "not attempted", "other"),
)
"""The last five are shares of the submissions."""

EXPLAINED = (
    "Difficulty: mean share of the points, 0 to 1; high is easy. Discrimination: correlation with the points "
    "of the other tasks, -1 to 1; above 0.3 is good. Other: stopped, skipped or not judged."
)


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def row(item: Item) -> tuple[str, ...]:
    """A task's line of the table."""
    shares = (
        item.share("passed"),
        item.share("partial"),
        item.share("failed"),
        item.share("not_attempted"),
        item.share(*STOPPED, "skipped"),
    )
    numbers = (f"{item.max_points:g}", _number(item.difficulty), _number(item.discrimination))
    return (item.id, *numbers, *(f"{share:.0%}" for share in shares))


def summary(report: Statistics) -> list[str]:
    """Who was graded, and the scores, in a sentence or two."""
    others = [f"{count} {status}" for status, count in report.statuses.items() if status != "graded"]
    total = sum(report.statuses.values())
    why = f" ({', '.join(others)})" if others else ""
    lines = [f"{report.graded} of {total} graded{why}, {report.late} late."]
    if report.scores:
        low, high = min(report.scores), max(report.scores)
        lines.append(
            f"Scores: mean {statistics.fmean(report.scores):.1f} of {report.max_score:g} points, "
            f"median {statistics.median(report.scores):g}, from {low:g} to {high:g}."
        )
    return lines


def details(item: Item) -> Iterator[str]:
    """Where a task's points were lost, and by which ideas."""
    for lost in item.lost:
        yield f"{lost.points:g} points lost by {lost.learners}: {lost.part} (“{lost.says}”)"
    for name, count in item.misconceptions.items():
        yield f"{count} with the misconception {name}"
    if item.unnamed:
        yield f"{item.unnamed} wrong without a known misconception"


def text_of(report: Statistics) -> str:
    """The report for a terminal."""
    rows = [COLUMNS, *map(row, report.items)]
    widths = [max(len(cells[column]) for cells in rows) for column in range(len(COLUMNS))]
    lines = [report.assignment, *summary(report), *report.cannot_be_said(), ""]
    for cells in rows:
        first, *others = (
            cell.ljust(width) if not column else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
        )
        lines.append("  ".join((first, *others)).rstrip())
    lines += ["", EXPLAINED]
    for item in report.items:
        if found := list(details(item)):
            lines += ["", item.id, *(f"  {words}" for words in found)]
    lines += _section("Look at first", report.advice())
    return printable("\n".join(lines))


def _section(title: str, sentences: Sequence[str]) -> list[str]:
    return ["", title, *(f"  {words}" for words in sentences)] if sentences else []


def page_of(report: Statistics, titles: Mapping[str, str]) -> str:
    """The report as a page, with pictures."""
    from grader.reports.plots import misconceptions, outcomes, scores

    parts = [f"<h1>{shown(report.assignment)}: what the class's results say</h1>"]
    parts += [f"<p>{shown(line)}</p>" for line in summary(report)]
    if unsaid := report.cannot_be_said():
        parts.append(f'<div class="note">{"".join(f"<p>{shown(words)}</p>" for words in unsaid)}</div>')
    if advice := report.advice():
        parts.append(f"<h2>Look at first</h2><ul>{_items(advice)}</ul>")
    parts += ["<h2>Tasks</h2>", _table(report), f'<p class="dim">{shown(EXPLAINED)}</p>']
    if report.scores:
        drawn = (scores(report), outcomes(report), misconceptions(report))
        parts += [picture(made.png(), made.words) for made in drawn if made is not None]
    for item in report.items:
        if found := list(details(item)):
            parts.append(f"<h2>{shown(titles.get(item.id, item.id))}</h2><ul>{_items(found)}</ul>")
    return page(f"{report.assignment}: item statistics", "\n".join(parts))


def _items(sentences: Sequence[str]) -> str:
    return "".join(f"<li>{code_text(printable(words))}</li>" for words in sentences)


def _table(report: Statistics) -> str:
    head = "".join(f'<th scope="col"{_aligned(n)}>{shown(name)}</th>' for n, name in enumerate(COLUMNS))
    rows = "".join(
        "<tr>" + "".join(f"<td{_aligned(n)}>{shown(cell)}</td>" for n, cell in enumerate(row(item))) + "</tr>"
        for item in report.items
    )
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    return f'<div class="wide" tabindex="0" role="region" aria-label="Tasks">{table}</div>'


def _aligned(column: int) -> str:
    return ' class="number"' if column else ""
