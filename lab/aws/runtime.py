"""How LocalStack is started for the lab: its settings, and an environment that holds nothing else."""

import math
import os
from collections.abc import Mapping
from pathlib import Path

from lab.aws.folders import CACHE, EMULATOR, EMULATOR_PYTHON
from lab.errors import LabError

COMMAND = (str(EMULATOR_PYTHON), "-m", "lab_emulator.main")
SERVICES = (
    "kinesis",
    "s3",
    "sts",
    "iam",
    "kms",
    "cloudwatch",
    "firehose",
    "dynamodb",
    "cloudtrail",
    "lambda",
    "sqs",
)
"""What the course uses, and no more."""
MARK = "LAB_INSTANCE"
"""Variable in the environment of every process of one lab; its value is the lab's state folder."""
TOKEN = "LAB_TOKEN"
"""Variable that tells one start of a lab from another."""
LISTENING = "LAB_LISTENING"
"""Variable with the number of the inherited socket that listens on the lab's port."""

SETTINGS = {
    "OVERRIDE_IN_DOCKER": "0",  # else it writes to system folders when it believes it is in a container
    "SERVICES": ",".join(SERVICES),
    "STRICT_SERVICE_LOADING": "1",
    "EAGER_SERVICE_LOADING": "0",
    "DISABLE_EVENTS": "1",  # no telemetry
    "MALLOC_ARENA_MAX": "2",  # not 8 for each core, each as large as some thread's largest answers
    "SKIP_SSL_CERT_DOWNLOAD": "1",
    "DNS_ADDRESS": "0",  # no name server: the endpoint is an address
    "GATEWAY_SERVER": "lab",
    "PROVIDER_OVERRIDE_KINESIS": "lab",
    "PROVIDER_OVERRIDE_CLOUDWATCH": "lab",
    "PROVIDER_OVERRIDE_CLOUDTRAIL": "lab",
    "PROVIDER_OVERRIDE_DYNAMODB": "moto",  # LocalStack's own downloads DynamoDB Local
    "PROVIDER_OVERRIDE_LAMBDA": "lab",
    "PROVIDER_OVERRIDE_IAM": "lab",
    "PROVIDER_OVERRIDE_STS": "lab",
    "PROVIDER_OVERRIDE_FIREHOSE": "lab",
}


QUOTAS, SCALE, TRAIL_SECONDS = "LAB_QUOTAS", "LAB_QUOTA_SCALE", "LAB_TRAIL_SECONDS"
STATE_SECONDS, MEMORY_MIB = "LAB_STATE_SECONDS", "LAB_MEMORY_MIB"
CHOICES = (QUOTAS, SCALE, TRAIL_SECONDS, STATE_SECONDS, MEMORY_MIB)
LARGEST_SCALE = 1000
LONGEST_STATE_SECONDS = 86_400


def chosen_settings(environment: Mapping[str, str]) -> dict[str, str]:
    """The lab's settings that a person made in their ENVIRONMENT; what is empty counts as not set.

    Raises LabError for a value that none of them can have.
    """
    chosen = {name: environment.get(name, "").strip() for name in CHOICES}
    chosen = {name: value for name, value in chosen.items() if value}
    if chosen.get(QUOTAS, "aws").lower() not in ("aws", "off"):
        raise LabError(
            f"{QUOTAS}={chosen[QUOTAS]} is no setting: it is aws (AWS's quotas, as without it) or off."
        )
    if not 0 < _number(chosen.get(SCALE, "1")) <= LARGEST_SCALE:
        raise LabError(
            f"{SCALE}={chosen[SCALE]} is no setting: it is a number above 0, at most {LARGEST_SCALE}; 1 "
            "means AWS's values, 0.1 a tenth of them."
        )
    if not _number(chosen.get(TRAIL_SECONDS, "1")) > 0:
        raise LabError(
            f"{TRAIL_SECONDS}={chosen[TRAIL_SECONDS]} is no setting: it is a number of seconds above 0."
        )
    if not 0 <= _number(chosen.get(STATE_SECONDS, "0"), none=-1.0) <= LONGEST_STATE_SECONDS:
        raise LabError(
            f"{STATE_SECONDS}={chosen[STATE_SECONDS]} is no setting: it is a number of seconds from 0 to "
            f"{LONGEST_STATE_SECONDS}, for which CREATING, UPDATING and DELETING are to be seen."
        )
    memory = chosen.get(MEMORY_MIB, "1")
    if not (memory.isascii() and memory.isdecimal() and int(memory) > 0):
        raise LabError(
            f"{MEMORY_MIB}={memory} is no setting: it is a whole number of MiB above 0, for all records of "
            "the lab together."
        )
    return chosen


def _number(text: str, none: float = 0.0) -> float:
    """NONE for what is no number, or has no end."""
    try:
        number = float(text)
    except ValueError:
        return none
    return number if math.isfinite(number) else none


def runtime_environment(state: Path, port: int, token: str, secret: str, owner: str = "") -> dict[str, str]:
    """Everything that LocalStack's process gets, written out: nothing of the user's AWS or proxy settings.

    STATE is its folder, made here with the folders that LocalStack expects; OWNER is "pid:create time" of
    the process whose end ends the lab too, or "".
    """
    home, temporary = state / "home", state / "tmp"
    for folder in (home, temporary, CACHE, state / "root"):
        folder.mkdir(parents=True, exist_ok=True)
    _share_cache(state / "root")
    return SETTINGS | {
        "PATH": os.pathsep.join([str(EMULATOR / "bin"), "/usr/bin", "/bin"]),
        "HOME": str(home),  # with no .aws and no .localstack in it
        "XDG_CACHE_HOME": str(CACHE),
        "TMPDIR": str(temporary),
        "LANG": "C.UTF-8",
        "PYTHONUNBUFFERED": "1",
        "PYTHONNOUSERSITE": "1",
        "FILESYSTEM_ROOT": str(state / "root"),
        "GATEWAY_LISTEN": f"127.0.0.1:{port}",
        "LOCALSTACK_HOST": f"127.0.0.1:{port}",
        "LAB_OWNER": owner,
        MARK: str(state),
        TOKEN: token,
        "LAB_SECRET": secret,  # see lab.rules.control_token
    }


def _share_cache(root: Path) -> None:
    """One cache for all labs, so that a new state folder starts as fast as an old one."""
    shared = CACHE / "localstack"
    shared.mkdir(parents=True, exist_ok=True)
    cache = root / "var" / "lib" / "localstack" / "cache"
    cache.parent.mkdir(parents=True, exist_ok=True)
    if not cache.is_symlink():
        cache.symlink_to(shared, target_is_directory=True)
