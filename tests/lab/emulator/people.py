"""Users, roles and their credentials, made by unmodified boto3, for the tests of IAM."""

import json
import os
import subprocess
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from lab.aws.folders import EMULATOR
from tests.lab.emulator.support import client

Variables = Mapping[str, str]


def allow(action: str | list[str], resource: str | list[str] = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource} | more


def deny(action: str | list[str], resource: str | list[str] = "*", **more: Any) -> dict[str, Any]:
    return allow(action, resource, **more) | {"Effect": "Deny"}


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def as_credentials(variables: Variables, given: Mapping[str, Any]) -> dict[str, str]:
    """VARIABLES with the credentials that IAM or STS gave out."""
    own = {
        "AWS_ACCESS_KEY_ID": given["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": given["SecretAccessKey"],
    }
    token = {"AWS_SESSION_TOKEN": given["SessionToken"]} if "SessionToken" in given else {}
    return {**variables, **own, **token}


class People:
    """The root user of an account, who makes the others."""

    def __init__(self, root: Variables) -> None:
        self.root = root
        self.account = root["AWS_ACCESS_KEY_ID"]
        self.iam = client(root, "iam")

    def user(self, name: str, *statements: dict[str, Any]) -> dict[str, str]:
        """A user with an inline policy, if there are statements; the environment with its access key."""
        self.iam.create_user(UserName=name)
        if statements:
            self.grant(name, *statements)
        return as_credentials(self.root, self.iam.create_access_key(UserName=name)["AccessKey"])

    def grant(self, name: str, *statements: dict[str, Any]) -> None:
        self.iam.put_user_policy(UserName=name, PolicyName="inline", PolicyDocument=document(*statements))

    def policy(self, name: str, *statements: dict[str, Any]) -> str:
        """A managed policy; its ARN."""
        made = self.iam.create_policy(PolicyName=name, PolicyDocument=document(*statements))
        return str(made["Policy"]["Arn"])

    def role(self, name: str, principal: str, *statements: dict[str, Any]) -> str:
        """A role that PRINCIPAL may assume; its ARN."""
        trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": principal}}
        made = self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trust))
        if statements:
            text = document(*statements)
            self.iam.put_role_policy(RoleName=name, PolicyName="inline", PolicyDocument=text)
        return str(made["Role"]["Arn"])

    def arn(self, rest: str) -> str:
        return f"arn:aws:iam::{self.account}:{rest}"

    def stream(self, name: str = "orders") -> str:
        return f"arn:aws:kinesis:us-east-1:{self.account}:stream/{name}"


def refusal(error: ClientError) -> tuple[str, str]:
    """Code and message."""
    return str(error.response["Error"]["Code"]), str(error.response["Error"]["Message"])


def command_line(variables: Variables, *words: str) -> "subprocess.CompletedProcess[str]":
    """The AWS CLI, from the emulator's environment, with VARIABLES."""
    command = [str(EMULATOR / "bin" / "aws"), "--output", "json", *words]
    path = {"PATH": os.environ["PATH"]}
    return subprocess.run(
        command, env={**path, **variables}, capture_output=True, text=True, timeout=60, check=False
    )
