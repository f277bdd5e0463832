"""Make `page.js`, the page's program in one file: `python -m grader.certificates.browser.build`.

The packages come from package-lock.json, by npm; esbuild puts them together. The same lock gives the same
bytes, so a test compares.
"""

import os
import subprocess
import sys
from pathlib import Path

from lab.aws.folders import REQUIREMENTS

FOLDER = Path(__file__).parent
BUNDLE = FOLDER / "page.js"


def packages() -> tuple[Path, Path]:
    """The folders of Node and of the locked packages, installed when they are missing."""
    command = [sys.executable, str(REQUIREMENTS / "node.py"), str(FOLDER)]
    said = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    node, modules = said.splitlines()[-2:]
    return Path(node), Path(modules)


def bundle(entry: str = "page.mjs", platform: str = "browser") -> bytes:
    """ENTRY and all that it imports. Raises CalledProcessError where it does not fit together."""
    node, modules = packages()
    style = "iife" if platform == "browser" else "esm"
    command = [str(node / "node"), str(modules / "esbuild-wasm" / "bin" / "esbuild"), entry, "--bundle"]
    command += [
        f"--platform={platform}",
        f"--format={style}",
        "--minify",
        "--target=es2022",
        "--charset=ascii",
    ]
    command += ["--legal-comments=eof", "--log-level=warning"]
    environment = {**os.environ, "NODE_PATH": str(modules)}
    return subprocess.run(command, cwd=FOLDER, env=environment, check=True, stdout=subprocess.PIPE).stdout


if __name__ == "__main__":
    BUNDLE.write_bytes(bundle())
    print(BUNDLE)
