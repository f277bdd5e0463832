"""The page in a real browser: from a file alone, by keyboard, in both themes, wide and narrow."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.certificates.browser.build import BUNDLE, bundle
from grader.certificates.issuers import Issuer
from grader.certificates.page import page
from tests.browser import Page, chromium
from tests.grader.certificates import made

NAME = "The school </script><b>"
VERDICT = "document.getElementById('verdict').textContent"
PIXELS = """(() => { const seen = document.documentElement; return seen.scrollWidth > innerWidth; })()"""


def test_the_committed_program_is_what_its_source_gives() -> None:
    assert BUNDLE.read_bytes() == bundle(), "run: make certificate-page"


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    folder = tmp_path_factory.mktemp("browser")
    (folder / "verify.html").write_text(page([Issuer(made.ISSUER, NAME)]))
    with chromium(folder) as new:
        opened = new()
        opened.open((folder / "verify.html").as_uri())
        yield opened
        opened.close()


def give(tab: Page, path: Path, begins: str) -> str:
    """Choose a file, and wait for a verdict that begins so; it."""
    top = tab.do("DOM.getDocument")["root"]["nodeId"]
    field = tab.do("DOM.querySelector", nodeId=top, selector="#file")["nodeId"]
    tab.do("DOM.setFileInputFiles", files=[str(path)], nodeId=field)
    tab.wait(f"{VERDICT}.startsWith({begins!r})")
    return tab.text("#verdict")


def test_the_page_checks_a_file(tab: Page, tmp_path: Path) -> None:
    genuine = made.signed(made.claims())
    good, changed, record = (tmp_path / f"{name}.json" for name in ("good", "changed", "record"))
    good.write_bytes(made.file_of(genuine))
    changed.write_bytes(made.file_of(made.put(genuine, ("validFrom",), "2026-11-28T10:00:00Z")))
    own = made.claims(kind=made.Kind.RECORD, issuer=made.OTHER_ISSUER, issuer_name="Ada", name="<i>Ada</i>")
    record.write_bytes(made.file_of(made.signed(own, made.OTHER_KEY)))

    assert give(tab, good, "GOOD") == "GOOD: this is a genuine certificate of Ada Lovelace."
    assert f"Issuer: {NAME}, whose key is known here." in tab.text("#findings")
    assert "hand-in SHA-256: aaaa" in tab.text("#claims")
    for theme in ("light", "dark"):
        for width in (1200, 390):
            tab.look(width, 844, theme)
            assert not tab.ask(PIXELS), f"it is wider than {width} pixels"
    give(tab, changed, "REFUSED: this is not a certificate.")
    assert tab.ask("document.getElementById('said').hidden") is True
    give(tab, record, "REFUSED: this is a record of work.")

    # By keyboard: from the file to the box that asks for a record.
    tab.ask("document.getElementById('file').focus()")
    stops = []
    for _ in range(3):
        tab.key("Tab", 9)
        stops.append(tab.ask("document.activeElement.id"))
    assert stops == ["email", "issuer", "record"]
    tab.key(" ", 32, " ")
    tab.wait(f"{VERDICT}.startsWith('GOOD')")
    assert tab.text("#verdict") == "GOOD: this is a genuine record of work of <i>Ada</i>."
    assert tab.errors == []
