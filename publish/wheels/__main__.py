"""Build both wheels: python -m publish.wheels [FOLDER]. Exit status: 0 built, 1 could not."""

import argparse
import sys
from pathlib import Path

from lab.errors import LabError
from publish.wheels import DIST, build


def main() -> int:
    """Build, and name the files."""
    asked = argparse.ArgumentParser(prog="python -m publish.wheels", description=__doc__.partition(":")[0])
    asked.add_argument("folder", nargs="?", type=Path, default=DIST, help=f"where they go ({DIST.name})")
    try:
        for path in build(asked.parse_args().folder):
            print(path)
    except LabError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
