"""The words of an access denied error, as "Troubleshoot access denied error messages" gives them."""

import pytest

from lab.rules.policy import Decision, Layer, access_denied_message
from tests.lab.rules.policy.support import ACCOUNT, SESSION, STREAM, USER, asking

REFUSED = (
    f"User: arn:aws:iam::{ACCOUNT}:user/team/maria is not authorized to perform: kinesis:PutRecord "
    f"on resource: {STREAM} "
)


@pytest.mark.parametrize(
    ("layer", "implicitly", "explicitly"),
    [
        (
            Layer.IDENTITY,
            "because no identity-based policy allows the kinesis:PutRecord action",
            "with an explicit deny in an identity-based policy",
        ),
        (
            Layer.RESOURCE,
            "because no resource-based policy allows the kinesis:PutRecord action",
            "with an explicit deny in a resource-based policy",
        ),
        (
            Layer.BOUNDARY,
            "because no permissions boundary allows the kinesis:PutRecord action",
            "with an explicit deny in a permissions boundary",
        ),
        (
            Layer.SESSION,
            "because no session policy allows the kinesis:PutRecord action",
            "with an explicit deny in a session policy",
        ),
        (
            Layer.ENDPOINT,
            "because no VPC endpoint policy allows the kinesis:PutRecord action",
            "with an explicit deny in a VPC endpoint policy",
        ),
    ],
)
def test_says_who_what_on_what_and_because_of_which_policy(
    layer: Layer, implicitly: str, explicitly: str
) -> None:
    assert access_denied_message(asking(), Decision("implicit_deny", layer)) == REFUSED + implicitly
    assert access_denied_message(asking(), Decision("explicit_deny", layer)) == REFUSED + explicitly


def test_names_the_session_not_the_role() -> None:
    message = access_denied_message(asking(SESSION), Decision("implicit_deny", Layer.IDENTITY))
    assert message.startswith(f"User: arn:aws:sts::{ACCOUNT}:assumed-role/reader/night-run is not authorized")


def test_says_what_cannot_be_evaluated() -> None:
    refused = Decision("cannot_evaluate", Layer.IDENTITY, what="condition key aws:MultiFactorAuthPresent")
    assert access_denied_message(asking(USER), refused) == (
        REFUSED + "because the lab cannot evaluate condition key aws:MultiFactorAuthPresent "
        "of the identity-based policy"
    )


def test_there_is_no_message_for_what_is_allowed() -> None:
    with pytest.raises(ValueError, match="allowed"):
        access_denied_message(asking(), Decision("allowed", Layer.IDENTITY))
