"""A page for a browser that is nothing but itself: no script, nothing loaded, readable in light and dark.

Everything that a page shows is escaped where it is put in. A content-security policy in the page holds
even if that should once be forgotten: it allows our one style sheet, by its hash, and images in the page.
"""

import base64
import hashlib
from html import escape
from pathlib import Path

from grader.reports.printable import printable

STYLE = Path(__file__).with_name("pages.css").read_text(encoding="utf-8")


def shown(text: object) -> str:
    """A text as HTML: escaped, and without characters that are obeyed."""
    return escape(printable(str(text)))


def policy() -> str:
    """The content-security policy of a page."""
    digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"
    )


def page(title: str, body: str) -> str:
    """A whole document. `title` is plain text, `body` is HTML in which everything is escaped already."""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy()}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{shown(title)}</title>\n<style>{STYLE}</style>\n</head>\n"
        f"<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def picture(png: bytes, words: str) -> str:
    """An image in the page with what it shows in words: as its alternative text, and to be unfolded."""
    data = base64.b64encode(png).decode("ascii")
    lines = "<br>".join(shown(line) for line in words.splitlines())
    folded = f"<details><summary>The picture in words</summary><p>{lines}</p></details>"
    image = f'<img src="data:image/png;base64,{data}" alt="{shown(words)}">'
    return f"<figure>{image}<figcaption>{folded}</figcaption></figure>"
