"""AWS's own policies, some 1,400, read once for all accounts.

moto reads the list anew for each account that it sees first, which takes longer than everything else that a
first call of IAM does. Here each account gets copies of the policies that were made for the first one. Their
texts, which nobody changes, are shared.
"""

import copy
import functools
import threading
from typing import TYPE_CHECKING, Any, Final

from localstack.services.plugins import Service, aws_provider
from localstack.utils.patch import patch

if TYPE_CHECKING:
    from collections.abc import Callable

    from moto.iam.models import AWSManagedPolicy

_LOCK: Final = threading.Lock()


@functools.cache
def read_once() -> None:
    """Let accounts that are seen from now on have copies. A second call changes nothing."""
    from moto.iam.models import IAMBackend

    first: dict[str, list[AWSManagedPolicy]] = {}

    @patch(IAMBackend._init_aws_policies)
    def own(read: "Callable[[IAMBackend], list[AWSManagedPolicy]]", backend: IAMBackend) -> Any:
        partition = backend.region_name  # IAM has no regions
        with _LOCK:
            if partition not in first:
                first[partition] = read(backend)
        return [_copied(policy, backend.account_id) for policy in first[partition]]


def _copied(policy: "AWSManagedPolicy", account: str) -> "AWSManagedPolicy":
    """A policy as no call has changed it, for another account."""
    own = copy.copy(policy)
    own.account_id, own.tags = account, {}
    own.versions = [copy.copy(version) for version in policy.versions]
    return own


@aws_provider(api="iam", name="lab")
def lab() -> Service:
    """LocalStack's IAM, whose accounts have copies."""
    from localstack.services.iam.provider import IamProvider
    from localstack.services.moto import MotoFallbackDispatcher

    read_once()
    return Service.for_provider(IamProvider(), dispatch_table_factory=MotoFallbackDispatcher)
