"""A page of a notebook: as it was committed, with each picture's own words as its alt text.

JupyterLab drops the alt text that an output brings in its metadata, and so does Sphinx: here it becomes part
of the page. Outputs are never made anew: the tests have compared them.
"""

import base64
import html
import re
import struct
from typing import Any

import nbformat

PNG = "image/png"
BUTTON = re.compile(r"<button data-commandlinker[^>]*>([^<]*)</button>")
"""Of a command of JupyterLab, which a page has not: its words stay."""
NOTEBOOK_LINK = re.compile(r"(href=[\"'][^\"':]+)\.ipynb([#\"'])")


def as_page(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """NOTEBOOK with its pictures as HTML that has their words, and without what only JupyterLab needs."""
    page = nbformat.from_dict(notebook)
    for cell in page.cells:
        if cell.cell_type == "code":
            cell.outputs = [_shown(output) for output in cell.outputs]
            cell.execution_count = None
        if cell.cell_type == "markdown":
            cell.source = BUTTON.sub(r"*\1*", cell.source)
        cell.metadata = nbformat.from_dict({})
    language = {"name": "python", "pygments_lexer": "ipython3"}  # cells may have lines for the shell
    kernel = page.metadata.get("kernelspec", {})
    page.metadata = nbformat.from_dict({"kernelspec": kernel, "language_info": language})
    return page


def _shown(output: Any) -> Any:
    """OUTPUT; a picture as an `img` with its alt text and its size, so that the page does not jump."""
    data = output.get("data", {})
    if "text/html" in data:
        data["text/html"] = NOTEBOOK_LINK.sub(r"\1.html\2", data["text/html"])
    if PNG not in data:
        return output
    alt = output.get("metadata", {}).get(PNG, {}).get("alt") or data.get("text/plain", "")
    size = output.get("metadata", {}).get(PNG, {})
    width, height = size.get("width"), size.get("height")
    if not width:
        width, height = _size(data[PNG])
    picture = (
        f'<img class="figure" alt="{html.escape(alt)}" width="{width}" height="{height}" '
        f'src="data:image/png;base64,{data[PNG].strip()}">'
    )
    return nbformat.from_dict({"output_type": "display_data", "metadata": {}, "data": {"text/html": picture}})


def _size(png: str) -> tuple[int, int]:
    """Width and height in pixels, from the picture's own header."""
    return struct.unpack(">II", base64.b64decode(png[:48])[16:24])
