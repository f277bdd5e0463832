"""AWS's own policies: the same in every account, and what an account does with one stays its own affair."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from lab.aws.environment import fresh_account as new_account
from lab.aws.environment import lab_environment
from tests.lab.emulator.support import client

pytestmark = pytest.mark.xdist_group("shared-lab")

ARN = "arn:aws:iam::aws:policy/AmazonKinesisReadOnlyAccess"


@pytest.fixture
def accounts(fresh_account: Mapping[str, str], running_lab: str) -> tuple[Any, Any]:
    """IAM as two accounts see it."""
    other = lab_environment(running_lab, new_account())
    return client(fresh_account, "iam"), client(other, "iam")


def test_they_have_the_same_content_everywhere(accounts: tuple[Any, Any]) -> None:
    def seen(iam: Any) -> tuple[list[str], str, Any]:
        pages = iam.get_paginator("list_policies").paginate(Scope="AWS", PaginationConfig={"PageSize": 1000})
        arns = [policy["Arn"] for page in pages for policy in page["Policies"]]
        policy = iam.get_policy(PolicyArn=ARN)["Policy"]
        version = iam.get_policy_version(PolicyArn=ARN, VersionId=policy["DefaultVersionId"])
        return arns, policy["PolicyId"], version["PolicyVersion"]["Document"]

    (arns, identity, document), other = map(seen, accounts)
    assert (arns, identity, document) == other
    assert len(arns) > 1000
    assert ARN in arns
    assert "kinesis:Get*" in json.dumps(document)


def test_attached_in_one_account_and_in_no_other(accounts: tuple[Any, Any]) -> None:
    here, there = accounts
    here.create_user(UserName="ada")
    here.attach_user_policy(UserName="ada", PolicyArn=ARN)
    counts = [iam.get_policy(PolicyArn=ARN)["Policy"]["AttachmentCount"] for iam in accounts]
    assert counts == [1, 0]
    assert there.list_entities_for_policy(PolicyArn=ARN)["PolicyUsers"] == []
