"""The page that checks a certificate in a browser: one file, which loads nothing and sends nothing."""

import base64
import hashlib
import json
from collections.abc import Sequence
from html import escape
from pathlib import Path

from grader.certificates.issuers import Issuer

FOLDER = Path(__file__).with_name("browser")


def page(issuers: Sequence[Issuer]) -> str:
    """The page, with the issuers that it is to know."""
    script = (FOLDER / "page.js").read_text(encoding="utf-8")
    style = (FOLDER / "page.css").read_text(encoding="utf-8")
    known = [
        {"did": known.did, "name": known.name, "until": str(known.until or ""), "ended": known.ended}
        for known in issuers
    ]
    # A script's end would be looked for in the data too.
    data = json.dumps(known, ensure_ascii=True).replace("<", "\\u003c")
    policy = (
        f"default-src 'none'; script-src {_hash(script)} {_hash(data)}; style-src {_hash(style)}; "
        "base-uri 'none'; form-action 'none'"
    )
    text = (FOLDER / "page.html").read_text(encoding="utf-8")
    parts = {"policy": escape(policy), "style": style, "issuers": data, "script": script}
    for name, part in parts.items():
        text = text.replace("{" + name + "}", part, 1)
    return text


def _hash(content: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"
