"""`grader report --exam`: what a class's answers say about an exam's items, as text and as a page."""

import statistics
from collections.abc import Iterator

from grader.reports.exam_statistics import Choice, ExamItem, ExamStatistics
from grader.reports.pages import page, shown
from grader.reports.printable import printable

COLUMNS = ("item", "right", "point-biserial", "estimate", "just qualified", "open", "median time")
CHOICES = ("option", "share", "point-biserial")
EXPLAINED = (
    "Right: share of all who have it right. Point-biserial: correlation with the points on the other items, "
    "-1 to 1; above 0.2 is good for the right option, below 0 for the others. Estimate: the Angoff "
    "estimate of the share among the just qualified; beside it their share in this class. Open: not "
    "answered. Of an ordering or matching item the options are its steps or lines, each in its right place."
)


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.0%}"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def row(item: ExamItem) -> tuple[str, ...]:
    """An item's line of the table."""
    numbers = (_share(item.difficulty), _number(item.discrimination), _share(item.angoff), _share(item.near))
    return (item.id, *numbers, str(item.unanswered), f"{item.seconds:.0f} s")


def choice_row(choice: Choice) -> tuple[str, ...]:
    """An option's line."""
    mark = "✔ " if choice.right else "  "
    return (f"{mark}{choice.text}", _share(choice.share), _number(choice.biserial))


def summary(report: ExamStatistics) -> Iterator[str]:
    """Who was marked, the scores, guessing, reliability."""
    total = sum(report.statuses.values())
    others = [f"{count} {status}" for status, count in report.statuses.items() if status != "graded"]
    why = f" ({', '.join(others)})" if others else ""
    yield f"{report.graded} of {total} graded{why}, {report.late} late."
    if not report.points:
        return
    passed = sum(points >= report.pass_line for points in report.points)
    yield (
        f"Points: mean {statistics.fmean(report.points):.1f} of {report.max_points}, median "
        f"{statistics.median(report.points):g}, from {min(report.points)} to {max(report.points)}. "
        f"{passed} reached the pass line of {report.pass_line:g}. Guessing gives {report.guessed:.1f}."
    )
    if (found := report.reliability) is not None:
        yield (
            f"Reliability (KR-20): {found.value:.2f}, 95 % interval {found.low:.2f} to {found.high:.2f}. "
            f"Standard error of measurement: {found.error:.1f} points."
        )


def text_of(report: ExamStatistics) -> str:
    """The report for a terminal."""
    lines = [report.exam, *summary(report), *report.cannot_be_said(), ""]
    lines += [*_columns([COLUMNS, *map(row, report.items)]), "", EXPLAINED]
    for item in report.items:
        lines += ["", item.id, *_columns([CHOICES, *map(choice_row, item.choices)], "  ")]
    if advice := report.advice():
        lines += ["", "Look at first", *(f"  {words}" for words in advice)]
    return printable("\n".join(lines))


def _columns(rows: list[tuple[str, ...]], indent: str = "") -> Iterator[str]:
    widths = [max(len(cells[column]) for cells in rows) for column in range(len(rows[0]))]
    for first, *others in rows:
        cells = [first.ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
        yield indent + "  ".join(cells).rstrip()


def page_of(report: ExamStatistics) -> str:
    """The report as a page."""
    parts = [f"<h1>{shown(report.exam)}: what the answers say</h1>"]
    parts += [f"<p>{shown(line)}</p>" for line in summary(report)]
    if unsaid := report.cannot_be_said():
        parts.append(f'<div class="note">{"".join(f"<p>{shown(words)}</p>" for words in unsaid)}</div>')
    if advice := report.advice():
        items = "".join(f"<li>{shown(words)}</li>" for words in advice)
        parts.append(f"<h2>Look at first</h2><ul>{items}</ul>")
    if report.items:
        parts += ["<h2>Items</h2>", _table("Items", COLUMNS, [row(item) for item in report.items])]
        parts.append(f'<p class="dim">{shown(EXPLAINED)}</p>')
    for item in report.items:
        rows = [choice_row(choice) for choice in item.choices]
        parts += [f"<h2>{shown(item.id)}</h2>", _table(item.id, CHOICES, rows)]
    return page(f"{report.exam}: item statistics", "\n".join(parts))


def _table(label: str, heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    kinds = ["", *[' class="number"'] * (len(heads) - 1)]
    head = "".join(f'<th scope="col"{k}>{shown(name)}</th>' for k, name in zip(kinds, heads, strict=True))
    body = "".join(
        "<tr>" + "".join(f"<td{k}>{shown(cell)}</td>" for k, cell in zip(kinds, cells, strict=True)) + "</tr>"
        for cells in rows
    )
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return f'<div class="wide" tabindex="0" role="region" aria-label="{shown(label)}">{table}</div>'
