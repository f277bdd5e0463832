"""The playground's own AWS account in the lab: its clients, its switches, what is made in it.

No lesson uses this account, so that nothing here disturbs one: clock, quotas and streams are its own.
"""

import os
from dataclasses import dataclass
from typing import Any, Final

import boto3
from botocore.config import Config

from lab.aws.environment import REGION, SECRET
from lab.control import Control, control_of
from lab.errors import LabError

ACCOUNT: Final = "000000008080"
"""Of `make run`."""
JUPYTER_ACCOUNT: Final = "000000008888"
"""Of the page inside JupyterLab, which may be open beside the other."""
TOKEN: Final = "LAB_PLAYGROUND_TOKEN"
"""Variable with JUPYTER_ACCOUNT's token, where no state folder has the secret (compose)."""
STREAM: Final = "playground"
FIREHOSE: Final = "playground-to-s3"
BUCKET: Final = "playground"
PREFIX: Final = "records/"
SHARDS: Final = 2
ONCE = Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=30, max_pool_connections=50)
"""No hidden second try: what was refused is to be seen."""


@dataclass(frozen=True)
class Home:
    """One account at one start of the lab."""

    control: Control

    @property
    def account(self) -> str:
        return self.control.account

    @property
    def bucket(self) -> str:
        """Names of buckets are shared by all accounts."""
        return f"{BUCKET}-{self.account}"

    @property
    def role(self) -> str:
        """No policy is asked: IAM is off in this account."""
        return f"arn:aws:iam::{self.account}:role/{STREAM}"

    @property
    def stream_arn(self) -> str:
        return f"arn:aws:kinesis:{REGION}:{self.account}:stream/{STREAM}"

    def client(self, service: str) -> Any:
        """A boto3 client of the account, which reaches the lab and nothing else."""
        session = boto3.Session(
            aws_access_key_id=self.account, aws_secret_access_key=SECRET, region_name=REGION
        )
        return session.client(service, endpoint_url=self.control.endpoint, config=ONCE)  # type: ignore[call-overload]


def find(account: str) -> Home:
    """The account in the lab that runs now. Raises LabError when none does."""
    from lab.aws.instance import Instance

    token, endpoint = os.environ.get(TOKEN), os.environ.get("AWS_ENDPOINT_URL")
    if token and endpoint:
        return Home(Control(endpoint, account, token))
    return Home(control_of(Instance(), account))


def destination(home: Home) -> dict[str, Any]:
    """Where Firehose delivers to; its buffer is AWS's default, 5 MiB or 300 seconds, written out."""
    return {
        "RoleARN": home.role,
        "BucketARN": f"arn:aws:s3:::{home.bucket}",
        "Prefix": PREFIX,
        "BufferingHints": {"SizeInMBs": 5, "IntervalInSeconds": 300},
        "ProcessingConfiguration": {
            "Enabled": True,
            "Processors": [{"Type": "AppendDelimiterToRecord"}],
        },
    }


def unwrapped(error: Exception) -> LabError:
    """An error of boto3 in words for the page."""
    told: Any = getattr(error, "response", None)
    if isinstance(told, dict):
        return LabError(f"AWS refuses: {told['Error']['Code']}. {told['Error'].get('Message', '')}")
    return LabError("The lab does not answer.")
