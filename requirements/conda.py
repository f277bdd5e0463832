"""Make environment.yml from learner.txt and the pyproject files: `python requirements/conda.py`.

The test of the pins compares the file with what this makes, so it is never edited by hand.
"""

import re
import sys
import tomllib
from pathlib import Path

from lab.aws.installer import installer
from lab.machine.whole_files import write_whole

PROJECT = Path(__file__).resolve().parent.parent
ENVIRONMENT = PROJECT / "environment.yml"
REQUIREMENT = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;]+)(?: ; (?P<marker>.*?))?(?: \\)?$")

TEXT = """\
# For people who use conda: the learner's environment, with the pins of requirements/learner.txt.
# Made by requirements/conda.py (make lock); do not edit.
#
#     conda env create -f environment.yml
#     conda activate kinesis-course
#     lab open course/00-welcome.ipynb
#
# Python and pip come from conda-forge. The rest is installed by pip, because conda-forge may not have
# each of these versions. No hashes are checked here, unlike in `make lab`: pip can't check them for a
# set that holds the project itself.
#
# localstack is not in this environment, because it works only with older versions of packages that the
# learner has new. LocalStack's runtime has an environment of its own, .lab/emulator, which `lab up` (and
# `lab open`) builds from requirements/emulator.txt, hashes checked: localstack-core[runtime]=={localstack}
name: kinesis-course
channels:
  - conda-forge
  - nodefaults
dependencies:
  - python {python}
  - pip
  - pip:
      # what the course names
{direct}
      # what those need
{rest}
      # the course itself: the commands lab and grader
      - -e .
"""


def locked(lock: Path) -> list[tuple[str, str]]:
    """(name, requirement without its hashes) of each entry of a lock file, in its order."""
    found = (REQUIREMENT.match(line) for line in lock.read_text(encoding="utf-8").splitlines())
    return [
        (
            match["name"],
            f"{match['name']}=={match['version']}" + (f" ; {match['marker']}" if match["marker"] else ""),
        )
        for match in found
        if match
    ]


def names_of(requirements: list[str]) -> set[str]:
    """The names of a pyproject file's requirements: "boto3==1.44.5" is "boto3"."""
    return {re.split(r"[\[=<>~!; ]", requirement, maxsplit=1)[0] for requirement in requirements}


def pythons() -> str:
    """The Pythons of conda-forge that may be chosen: those that the locks know."""
    known = installer().machine
    (major, oldest), (_, newest) = known.OLDEST_PYTHON, known.NEWEST_PYTHON
    return f">={major}.{oldest},<{major}.{newest + 1}"


def text(project: Path = PROJECT) -> str:
    """What environment.yml has to say."""
    learner = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))
    direct = names_of(learner["project"]["dependencies"])
    emulator = dict(locked(project / "requirements" / "emulator.txt"))
    entries = locked(project / "requirements" / "learner.txt")
    return TEXT.format(
        localstack=emulator["localstack-core"].partition("==")[2],
        python=pythons(),
        direct="\n".join(f"      - {entry}" for name, entry in entries if name in direct),
        rest="\n".join(f"      - {entry}" for name, entry in entries if name not in direct),
    )


def main() -> int:
    write_whole(ENVIRONMENT, text())
    return 0


if __name__ == "__main__":
    sys.exit(main())
