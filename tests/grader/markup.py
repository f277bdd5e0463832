"""What a browser would make of one of our pages: tags, attributes, text; and what must not be among them."""

import base64
import hashlib
from html.parser import HTMLParser

ALLOWED = {
    *("html", "head", "meta", "title", "style", "body", "main", "section", "div", "details", "summary"),
    *("h1", "h2", "h3", "p", "a", "span", "strong", "ul", "li", "br", "pre", "code"),
    *("table", "caption", "thead", "tbody", "tr", "th", "td", "figure", "figcaption", "img"),
}


class Markup(HTMLParser):
    """A parsed page."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.texts: list[tuple[str, str]] = []
        self._open: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in ("meta", "br", "img"):
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag, f"</{tag}> closes something else"

    def handle_data(self, data: str) -> None:
        self.texts.append((self._open[-1] if self._open else "", data))

    def text(self, tag: str | None = None) -> str:
        """All text that is shown, or that of one kind of element."""
        return " ".join(words for inside, words in self.texts if inside != "style" and tag in (None, inside))

    def policy(self) -> str:
        return next(a["content"] for t, a in self.tags if a.get("http-equiv") == "Content-Security-Policy")


def faults(page: str) -> list[str]:
    """What is wrong with a page that must be nothing but itself."""
    markup = Markup(page)
    found = [f"<{tag}>" for tag, _ in markup.tags if tag not in ALLOWED]
    for tag, attributes in markup.tags:
        found += [f"{tag} {name}=" for name in attributes if name.startswith("on") or name == "style"]
        found += [
            f"{tag} {name}={value[:30]}"
            for name, value in attributes.items()
            if name in ("src", "href") and not value.startswith(("#", "data:image/png;"))
        ]
        if tag == "img" and not attributes.get("alt", "").strip():
            found.append("an image without alternative text")
    style = "".join(words for inside, words in markup.texts if inside == "style")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    if f"style-src 'sha256-{digest}'" not in markup.policy() or "default-src 'none'" not in markup.policy():
        found.append("a policy that does not hold")
    found += [f"the character {c!r}" for c in set(page) if not c.isprintable() and c not in "\n\t"]
    return found
