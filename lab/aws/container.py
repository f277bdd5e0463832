"""The local AWS as the one process of a container: `python -m lab.aws.container`.

With `--healthy` the exit status says whether it answers. The standard library is enough: the image has no
learner's environment. Everything is set as `lab up` sets it, but for the address: every interface of the
container, to which docker-compose.yml leads from the machine's loopback only.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

from lab.aws.folders import default_state
from lab.aws.probe import instance_at
from lab.aws.runtime import COMMAND, chosen_settings, runtime_environment
from lab.errors import LabError

PORT = 4566
ENDPOINT = f"http://127.0.0.1:{PORT}"


def container_environment(base: Mapping[str, str], state: Path) -> dict[str, str]:
    """What LocalStack's process gets in a container whose environment is BASE; its files are below STATE.

    Raises LabError for a setting that none can have, or without a LAB_SECRET: the control addresses would be
    open to nobody.
    """
    secret = base.get("LAB_SECRET", "")
    if not secret:
        raise LabError("LAB_SECRET is not set: the container needs it, as docker-compose.yml sets it.")
    made = runtime_environment(state, PORT, token="container", secret=secret)
    # The image can't be written: what LocalStack indexes anew goes to its other files.
    ours = {"GATEWAY_LISTEN": f"0.0.0.0:{PORT}", "XDG_CACHE_HOME": str(state / "index")}
    return made | chosen_settings(base) | ours


def become_localstack() -> NoReturn:
    """Raises what `container_environment` raises."""
    environment = container_environment(os.environ, default_state())
    os.chdir(default_state())
    os.execve(COMMAND[0], COMMAND, environment)


def main(words: list[str]) -> int:
    """Become LocalStack; or say by the exit status whether it answers here."""
    if words == ["--healthy"]:
        return 0 if instance_at(ENDPOINT) else 1
    try:
        become_localstack()
    except LabError as error:
        print(error, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
