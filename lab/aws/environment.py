"""The environment in which plain boto3 reaches the lab, and can't reach anything else.

boto3 reads credentials, regions and endpoints from variables and from files in the home folder. Here every
`AWS_` variable is dropped and the files are replaced, so a learner's own AWS account is never touched.
"""

import errno
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from lab.aws.folders import AWS_FILES
from lab.machine.whole_files import write_whole

REGION = "us-east-1"
LEARNER_ACCOUNT = "000000000000"
"""AWS account of lessons and exercises in the lab."""
SECRET = "the-lab-asks-for-no-secret"

FILE_TEXT = "# Read in place of your own AWS files, which the lab never opens. Nothing is needed in here.\n"


def lab_environment(
    endpoint: str, account: str = LEARNER_ACCOUNT, base: Mapping[str, str] = os.environ
) -> dict[str, str]:
    """BASE with all that boto3 reads replaced, so that it reaches ACCOUNT (12 digits) at ENDPOINT (a URL).

    The access key id is the account's number: that is how LocalStack tells accounts apart.

    Raises ValueError when ACCOUNT is not 12 digits, OSError when the state folder can't be
    written, on a file system that can be.
    """
    if len(account) != 12 or not account.isdecimal() or not account.isascii():
        raise ValueError(f"An AWS account is 12 digits, not {account!r}.")
    kept = {name: value for name, value in base.items() if not is_read_by_boto(name)}
    return kept | {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": account,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_CONFIG_FILE": str(_harmless_file("config")),
        "AWS_SHARED_CREDENTIALS_FILE": str(_harmless_file("credentials")),
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": _without_proxy(kept, endpoint),
        "no_proxy": _without_proxy(kept, endpoint),
    }


def is_read_by_boto(name: str) -> bool:
    """Whether NAME is a variable that boto3 or a library below it takes AWS settings from."""
    return name.upper().startswith("AWS_") or name in {"BOTO_CONFIG", "BOTO_PATH"}


def fresh_account() -> str:
    """A random AWS account number, 12 digits, that nobody has used in the lab."""
    return f"{secrets.randbelow(8 * 10**11) + 10**11}"


def grading_account() -> str:
    """The same, for a submission that is graded: none of these is the account of somebody at work."""
    return f"{secrets.randbelow(10**11) + 9 * 10**11}"


def _harmless_file(name: str) -> Path:
    """An AWS file of the lab's own; the null device, as empty, where the course can only be read."""
    file = AWS_FILES / name
    if not file.exists():
        try:
            write_whole(file, FILE_TEXT)
        except OSError as error:
            if error.errno != errno.EROFS:
                raise
            return Path(os.devnull)
    return file


def _without_proxy(base: Mapping[str, str], endpoint: str) -> str:
    """The hosts that BASE reaches without a proxy, and the lab's."""
    hosts = [host for host in (base.get("no_proxy") or base.get("NO_PROXY", "")).split(",") if host]
    for host in ("127.0.0.1", "localhost", urlsplit(endpoint).hostname or ""):
        if host and host not in hosts:
            hosts.append(host)
    return ",".join(hosts)
