"""`lab prove`: do notebooks still show what they are committed with? nbval runs and compares them.

`sanitize.cfg` beside this file hides what differs from run to run: sequence numbers, times, iterators.
"""

import importlib.util
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping, Sequence
from pathlib import Path

from lab.aws.environment import fresh_account, lab_environment
from lab.aws.instance import private_lab
from lab.aws.running import own_commands
from lab.errors import LabError

SANITIZER = Path(__file__).with_name("sanitize.cfg")
LIMIT_SECONDS = 600
"""For one notebook."""
COLOURS = re.compile(r"#x1B\[[0-9;]*m|\x1b\[[0-9;]*m")


def prove(notebooks: Sequence[Path]) -> int:
    """Run NOTEBOOKS in a lab of their own, each as an AWS account of its own; tell what came out otherwise.

    Exit status: 0 when every cell showed what is committed. Raises LabError for a file that is no notebook,
    and where nbval is not installed.
    """
    if importlib.util.find_spec("nbval") is None:
        raise LabError(
            f"lab prove needs nbval, which runs notebooks: {Path(sys.executable).parent}/pip install nbval"
        )
    for path in notebooks:
        if path.suffix != ".ipynb" or not path.is_file():
            raise LabError(f"{path} is no notebook: name files that end in .ipynb.")
    wrong = 0
    with private_lab() as lab, tempfile.TemporaryDirectory(prefix="prove-") as scratch:
        known = lab.running
        if known is None:
            raise LabError("The lab stopped just now. Run the command again.")
        for path in notebooks:
            environment = lab_environment(known.endpoint, fresh_account()) | {"LAB_STATE": str(lab.state)}
            cells = compare(path, environment, Path(scratch))
            failed = {number: said for number, said in cells.items() if said != "passed"}
            wrong += len(failed)
            print(_summary(path, len(cells), failed), flush=True)
    return 1 if wrong else 0


def _summary(path: Path, count: int, failed: Mapping[int, str]) -> str:
    if not failed:
        return f"{path}: {count} cells show what is committed"
    lines = [f"{path}: {len(failed)} of {count} cells do not show what is committed"]
    for number, said in failed.items():
        words = [line for line in COLOURS.sub("", said).splitlines() if line.strip()]
        lines += [f"  code cell {number + 1}:", *(f"    {line}" for line in words[:30])]
    return "\n".join(lines)


def compare(notebook: Path, environment: Mapping[str, str], folder: Path) -> dict[int, str]:
    """Run NOTEBOOK under nbval; for the number of each code cell "passed" or what is wrong.

    FOLDER takes nbval's own files. Raises LabError when nbval gives no report or takes ten minutes.
    """
    settings, report = folder / "pytest.ini", folder / f"{notebook.stem}.xml"
    settings.write_text("[pytest]\n", encoding="utf-8")
    report.unlink(missing_ok=True)
    # To load what other plugins are installed would take as long as nbval itself.
    options = ["--disable-plugin-autoload", "-p", "nbval.plugin"]
    options += ["--nbval", "--nbval-current-env", "--nbval-sanitize-with", str(SANITIZER)]
    options += ["-c", str(settings), "--junitxml", str(report), "-p", "no:cacheprovider", "-q"]
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *options, str(notebook.resolve())],
            env={**environment, "PATH": own_commands(environment)},  # for cells that call `aws` or `lab`
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=LIMIT_SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise LabError(f"{notebook} was not done after {LIMIT_SECONDS} seconds.") from None
    if not report.exists():
        raise LabError(f"{notebook} could not be run:\n{done.stdout}{done.stderr}")
    cells = {}
    for case in ElementTree.parse(report).getroot().iter("testcase"):
        number = int(re.findall(r"\d+", case.attrib["name"])[-1])
        cells[number] = "\n".join(child.get("message") or "failed" for child in case) or "passed"
    return cells
