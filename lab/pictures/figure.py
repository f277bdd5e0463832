"""A picture that also says in words what it shows.

The words are the picture's plain text, so that a test compares what was drawn and not pixels; its
alternative text, where they are not too many; and a folded description under it, because JupyterLab
drops the alternative text of an output's image.
"""

import html
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final

from IPython.display import display
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

DOTS_PER_INCH: Final = 100
SHARPNESS: Final = 2
"""Pixels of the image for one pixel on the page, so that text stays crisp on a dense screen."""

GROUND: Final = "#E6E9ED"
"""The ground of every picture: lines and colours stand out from it, and it glares in neither theme."""

OKABE_ITO: Final = ("#56B4E9", "#E69F00", "#009E73", "#F0E442", "#CC79A7", "#0072B2", "#D55E00")
"""Colours that a colour-blind reader can tell apart (Okabe and Ito, 2008)."""

FILLS: Final = (*OKABE_ITO, "#BBBBBB")
"""The same and a grey, so that the pair of colour and hatch first repeats after 72."""

HATCHES: Final = ("", "//", "..", "\\\\", "xx", "--", "||", "oo", "++")
"""The second channel beside colour: how a filled area is drawn."""

MARGIN: Final = 0.09
"""Inches around a picture, so that no word touches its edge."""


def _lay_ground(figure: Figure) -> None:
    """In place of matplotlib's white, also in the axes and behind the keys of legends."""
    figure.patch.set_facecolor(GROUND)
    legends = list(figure.legends)
    if isinstance(engine := figure.get_layout_engine(), ConstrainedLayoutEngine):
        engine.set(w_pad=MARGIN, h_pad=MARGIN)
    for axes in figure.axes:
        axes.set_facecolor(GROUND)
        legends += [legend] if (legend := axes.get_legend()) else []
    for legend in legends:
        legend.get_frame().set_facecolor(GROUND)


@dataclass(frozen=True)
class Picture:
    """A matplotlib figure and its description in words."""

    figure: Figure
    words: str
    short: str = ""
    """What is seen at a glance, where the words list every value: then this is the alternative text."""

    def png(self) -> bytes:
        """The picture as PNG, the same bytes for the same picture on one version of matplotlib."""
        buffer = BytesIO()
        dpi = SHARPNESS * DOTS_PER_INCH
        _lay_ground(self.figure)
        self.figure.savefig(buffer, format="png", dpi=dpi, metadata={"Software": None})
        return buffer.getvalue()

    def _repr_mimebundle_(
        self, include: object = None, exclude: object = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        width, height = (round(DOTS_PER_INCH * inches) for inches in self.figure.get_size_inches())
        data = {"image/png": self.png(), "text/plain": self.words}
        return data, {"image/png": {"alt": self.short or self.words, "width": width, "height": height}}

    def _ipython_display_(self) -> None:
        data, metadata = self._repr_mimebundle_()
        display(data, metadata=metadata, raw=True)
        lines = "<br>".join(html.escape(line) for line in self.words.splitlines())
        folded = f"<details><summary>The picture in words</summary><p>{lines}</p></details>"
        display({"text/html": folded, "text/plain": ""}, raw=True)
