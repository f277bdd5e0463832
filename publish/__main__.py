"""Make the site: python -m publish [FOLDER]. Exit status: 0 made, 1 a page has a fault, 2 wrong words."""

import argparse
import sys
from pathlib import Path

from lab.errors import LabError
from publish.build import SITE, build
from publish.proof import faults


def main() -> int:
    """Build the site, then read it as a visitor would."""
    parser = argparse.ArgumentParser(prog="python -m publish", description=__doc__.partition("\n")[0])
    parser.add_argument("folder", nargs="?", type=Path, default=SITE, help=f"where it goes ({SITE.name})")
    folder = parser.parse_args().folder
    try:
        said = build(folder)
    except LabError as error:
        print(error, file=sys.stderr)
        return 1
    found = said + faults(folder)
    for fault in found:
        print(fault, file=sys.stderr)
    if not found:
        print(f"The site is made. Open {folder / 'index.html'}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
