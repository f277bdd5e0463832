"""IAM in the lab: off until it is switched on for an account, so that first steps need no policies.

from lab import iam
iam.enforce(True)
iam.is_enforced()
"""

from lab.control import Control, control


def is_enforced(of: Control | None = None) -> bool:
    """Whether policies decide on the calls of the account that boto3 uses here. Raises LabError."""
    return bool((of or control()).look("iam")["enabled"])


def enforce(enabled: bool = True, of: Control | None = None) -> None:
    """Let policies decide on the account's calls, or stop it. Raises LabError when no lab runs."""
    (of or control()).set("iam", enabled=enabled)
