"""Run Sphinx in its own environment on the page sources, and put the finished site in its place."""

import shutil
import subprocess
import tempfile
from pathlib import Path

import uv

from grader.certificates.issuers import read_issuers
from grader.certificates.page import page
from lab.aws.folders import PROJECT, STATE_FOLDER
from lab.aws.installer import installer
from lab.errors import LabError
from publish.sources import lay_out

SITE = PROJECT / "_site"
PLACE = STATE_FOLDER / "site"
CONFIGURATION = PROJECT / "publish"
CERTIFICATES = "check-a-certificate.html"
"""The page that checks certificates: one file that needs nothing of the site."""


def sphinx() -> Path:
    """The Python that has Sphinx, installed now if it is not there. Raises LabError when it can't be."""
    try:
        installer().install(str(PLACE), ["site"], "Sphinx, for the site", uv=uv.find_uv_bin())
    except SystemExit as error:
        raise LabError(f"Sphinx could not be installed: {error}") from None
    return PLACE / "bin" / "python"


def build(folder: Path, project: Path = PROJECT) -> list[str]:
    """Make the site of PROJECT in FOLDER, which is replaced whole; what Sphinx warns of, a line each.

    With a warning FOLDER stays as it was. Raises LabError when Sphinx can't be installed.
    """
    python = sphinx()
    with tempfile.TemporaryDirectory(prefix="site-") as scratch:
        source, made = Path(scratch) / "source", Path(scratch) / "html"
        lay_out(project, source)
        words = ["-m", "sphinx", "-q", "-b", "html", "-W", "--keep-going", "-c", str(CONFIGURATION)]
        done = subprocess.run(
            [str(python), *words, "-d", str(Path(scratch) / "doctrees"), str(source), str(made)],
            capture_output=True,
            text=True,
            check=False,
            cwd=project,
        )
        if done.returncode:
            said = [line.replace(f"{source}/", "") for line in done.stderr.splitlines() if line.strip()]
            return said or [f"Sphinx ended with status {done.returncode}."]
        issuers = read_issuers(project / "issuers.toml")
        (made / CERTIFICATES).write_text(page(issuers), encoding="utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        shutil.move(made, folder)
    return []
