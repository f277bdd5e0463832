"""A certificate on paper: drawn from a signed file and from nothing else, as PDF or SVG, A4 or letter.

The paper proves nothing by itself. It says so, and names the file's number; where the issuer offers a page
that checks the file, a QR code leads there.
"""

import io
from collections.abc import Sequence
from functools import cache
from itertools import groupby
from typing import Any

import segno
from matplotlib import font_manager, rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Rectangle
from matplotlib.textpath import TextPath

from grader.certificates.document import COURSE, Claims, Graded, Kind, number
from grader.whereabouts import CallError

MILLIMETRES = 25.4
POINTS = 72
PAPERS = {"a4": (297.0, 210.0), "letter": (279.4, 215.9)}
"""Width and height in mm: they lie on their side, for a frame on a wall."""
INK, DIM, LINE, ACCENT = "#1b1b1b", "#55554f", "#c9c9c4", "#00618f"
SERIF, SANS, MONO = "DejaVu Serif", "DejaVu Sans", "DejaVu Sans Mono"
MARGIN = 24.0
LAST_RESORT = "Last Resort"
"""A font that comes with Matplotlib and has a box for every character, and no character."""
MOST_ROWS = 7
"""Rows of points in one column."""
QUIET = 4
"""Modules of white around a QR code (ISO/IEC 18004)."""


def drawn(claims: Claims, paper: str, form: str) -> bytes:
    """The bytes of a PDF or an SVG (`form`). Raises CallError for a name that no font here can write."""
    sheet = _Sheet(*PAPERS[paper], _families(claims.name + claims.issuer_name))
    if claims.kind is Kind.CERTIFICATE:
        _certificate(sheet, claims)
    else:
        _record(sheet, claims)
    _foot(sheet, claims)
    return sheet.saved(form, claims)


@cache
def _covers(path: str, text: str) -> bool:
    font = font_manager.get_font(path)
    return all(font.get_char_index(ord(character)) for character in text if not character.isspace())


def _families(text: str) -> list[str]:
    """Matplotlib's own fonts; and where they lack a character of TEXT, one of this machine's that has it."""
    own = font_manager.findfont(FontProperties(family=SERIF))
    lacking = "".join(sorted(character for character in set(text) if not _covers(own, character)))
    if not lacking:
        return []
    for entry in sorted(font_manager.fontManager.ttflist, key=lambda entry: (entry.name, entry.weight)):
        if entry.style == "normal" and LAST_RESORT not in entry.name and _covers(entry.fname, lacking):
            return [entry.name]
    raise CallError(
        f"No font of this machine has {lacking}, so the name can't be drawn. Install a font for that "
        "writing, for example one of Noto's, and print again."
    )


class _Sheet:
    """A page in millimetres, from its lower left corner."""

    def __init__(self, width: float, height: float, more_fonts: Sequence[str]) -> None:
        self.width, self.height = width, height
        self._more = list(more_fonts)
        self.figure = Figure(figsize=(width / MILLIMETRES, height / MILLIMETRES), facecolor="white")
        FigureCanvasAgg(self.figure)

    def _font(self, family: str, size: float, weight: str) -> FontProperties:
        return FontProperties(family=[family, *self._more], size=size, weight=weight)

    def text(self, x: float, y: float, words: str, size: float, **how: Any) -> None:
        """One line. `size` in points; `family`, `weight`, `colour`, `align` as wanted."""
        font = self._font(how.get("family", SANS), size, how.get("weight", "normal"))
        self.figure.text(
            x / self.width,
            y / self.height,
            words,
            fontproperties=font,
            color=how.get("colour", INK),
            ha=how.get("align", "left"),
            va="baseline",
            parse_math=False,
        )

    def wide(self, words: str, size: float, family: str = SANS, weight: str = "normal") -> float:
        """The width of a line, in mm."""
        if not words.strip():
            return 0.0
        path = TextPath((0, 0), words.replace("$", r"\$"), prop=self._font(family, size, weight))
        # Of the control points: the curves' own extents take a hundred times as long.
        return float(path.vertices[:, 0].max()) / POINTS * MILLIMETRES

    def fitting(self, words: str, size: float, most: float, **how: str) -> float:
        """A size, at most SIZE, at which a line is no wider than MOST."""
        return min(size, size * most / max(self.wide(words, size, **how), 1e-6))

    def lines(self, words: str, size: float, most: float) -> list[str]:
        """WORDS in lines that are no wider than MOST."""
        found, used = [""], 0.0
        blank = self.wide("n n", size) - self.wide("nn", size)
        for word in words.split():
            width = self.wide(word, size)
            if found[-1] and used + blank + width > most:
                found.append(word)
                used = width
            else:
                used += width + (blank if found[-1] else 0.0)
                found[-1] = f"{found[-1]} {word}".strip()
        return found

    def paragraph(self, x: float, y: float, words: str, size: float, most: float, **how: Any) -> float:
        """Lines downwards from Y; where the next one would be."""
        step = size * 1.4 / POINTS * MILLIMETRES
        for line in self.lines(words, size, most):
            self.text(x, y, line, size, **how)
            y -= step
        return y

    def box(self, x: float, y: float, width: float, height: float, **how: Any) -> None:
        patch = Rectangle(
            (x / self.width, y / self.height),
            width / self.width,
            height / self.height,
            transform=self.figure.transFigure,
            **how,
        )
        self.figure.add_artist(patch)

    def rule(self, x: float, y: float, width: float, colour: str = LINE) -> None:
        self.box(x, y, width, 0.25, facecolor=colour, edgecolor="none")

    def code(self, x: float, y: float, side: float, content: str) -> None:
        """A QR code whose quiet zone is within SIDE."""
        matrix = segno.make(content, error="m", micro=False).matrix
        module = side / (len(matrix) + 2 * QUIET)
        self.box(x, y, side, side, facecolor="white", edgecolor="none")
        for row, cells in enumerate(matrix):
            top = y + side - (row + QUIET + 1) * module
            column = 0
            for dark, run in groupby(cells, bool):
                length = len(list(run))
                if dark:
                    # A hair higher than a module, so that no light shows between two rows.
                    left = x + (column + QUIET) * module
                    self.box(left, top, length * module, module * 1.02, facecolor="black", edgecolor="none")
                column += length

    def saved(self, form: str, claims: Claims) -> bytes:
        """The same claims give the same bytes."""
        if form == "pdf":
            metadata: dict[str, Any] = {"Title": f"{COURSE}: {claims.name}", "CreationDate": claims.issued}
            metadata |= {"Creator": None, "Producer": None}
        else:
            metadata = {
                "Title": f"{COURSE}: {claims.name}",
                "Date": claims.issued.isoformat(),
                "Creator": None,
            }
        written = io.BytesIO()
        with rc_context({"pdf.fonttype": 42, "svg.fonttype": "path", "svg.hashsalt": claims.id}):
            self.figure.savefig(written, format=form, metadata=metadata)
        return written.getvalue()


def _certificate(sheet: _Sheet, claims: Claims) -> None:
    middle = sheet.width / 2
    for inset, width in ((8, 1.8), (10.5, 0.5)):
        wide, high = sheet.width - 2 * inset, sheet.height - 2 * inset
        sheet.box(inset, inset, wide, high, fill=False, edgecolor=ACCENT, linewidth=width)
    top = sheet.height - 34
    sheet.text(middle, top, "CERTIFICATE OF COMPLETION", 15, family=SERIF, colour=ACCENT, align="center")
    most = sheet.width - 2 * MARGIN
    size = sheet.fitting(claims.name, 34, most, family=SERIF)
    sheet.text(middle, top - 22, claims.name, size, family=SERIF, align="center")
    sheet.rule(middle - 45, top - 28, 90, ACCENT)
    sheet.text(middle, top - 37, "has completed the hands-on course", 12, colour=DIM, align="center")
    sheet.text(middle, top - 48, COURSE, 21, family=SERIF, align="center")
    _points(sheet, claims.graded, top - 62)
    y = MARGIN + 32
    sheet.text(MARGIN, y + 8, "Signed by", 8, colour=DIM)
    size = sheet.fitting(claims.issuer_name, 14, sheet.width / 2 - MARGIN, family=SERIF)
    sheet.text(MARGIN, y, claims.issuer_name, size, family=SERIF)
    sheet.text(MARGIN, y - 6, f"{claims.issued:%Y-%m-%d}", 10, colour=DIM)


def _record(sheet: _Sheet, claims: Claims) -> None:
    """Plain, and at first sight no certificate: no frame, and across its top whose key signed it."""
    band = 15.0
    sheet.box(0, sheet.height - band, sheet.width, band, facecolor="#eeeeea", edgecolor="none")
    told = "RECORD OF WORK, signed by the learner's own key. It is no certificate."
    sheet.text(MARGIN, sheet.height - 9.5, told, 11, weight="bold")
    top = sheet.height - 34
    size = sheet.fitting(claims.name, 24, sheet.width - 2 * MARGIN)
    sheet.text(MARGIN, top, claims.name, size)
    sheet.text(MARGIN, top - 10, f"Work on the hands-on course {COURSE}", 13, colour=DIM)
    _points(sheet, claims.graded, top - 24, align="left")
    sheet.text(MARGIN, MARGIN + 26, f"{claims.issued:%Y-%m-%d}", 10, colour=DIM)


def _points(sheet: _Sheet, parts: Sequence[Graded], top: float, align: str = "center") -> None:
    """A row for each part, in one column or more."""
    columns = -(-len(parts) // MOST_ROWS)
    rows = -(-len(parts) // columns)
    gap = 10.0
    room = sheet.width - 2 * MARGIN
    width = min((room - gap * (columns - 1)) / columns, 120.0)
    left = (sheet.width - width * columns - gap * (columns - 1)) / 2 if align == "center" else MARGIN
    size, step = 10.0, 6.4
    for place, part in enumerate(parts):
        column, row = divmod(place, rows)
        x, y = left + column * (width + gap), top - row * step
        points = f"{number(part.points)} of {number(part.most)}"
        required = f"  ({number(part.required)} required)" if part.required is not None else ""
        most = width - sheet.wide(points + required, size) - 6
        sheet.text(x, y, part.name, sheet.fitting(part.name, size, most))
        sheet.text(x + width, y, points + required, size, align="right")
        sheet.rule(x, y - 2, width)


def _foot(sheet: _Sheet, claims: Claims) -> None:
    side = 30.0 if claims.verify_at else 0.0
    if claims.verify_at:
        sheet.code(sheet.width - MARGIN - side, MARGIN - 4, side, claims.verify_at)
    most = sheet.width - 2 * MARGIN - side - (6 if side else 0)
    what = "certificate" if claims.kind is Kind.CERTIFICATE else "record"
    how = (
        f"Not this paper but the file it was drawn from is the {what}, "
        f"number {claims.id.removeprefix('urn:uuid:')}. "
        + (
            f"Check the file at {claims.verify_at}. "
            if claims.verify_at
            else "Check the file with: grader certificate verify. "
        )
        + f"Key: {claims.issuer}. "
        + ("It does not prove who sat at the keyboard. It is no certification by Amazon Web Services.")
    )
    sheet.paragraph(MARGIN, MARGIN + 13, how, 7.5, most, colour=DIM)
