"""A wiped account's S3 buckets go, with all that is in them, versions, uploads and locked objects too.

Bucket names are shared by all accounts: what one leaves behind would be in another's way, or readable to it.
"""

import contextlib
import sys
from typing import Any

from localstack.runtime import hooks

from lab_emulator.accounts.control import on_wipe


def wipe_buckets(account_id: str) -> None:
    """Of one account. Nothing where S3 was not used yet: loading it takes a second."""
    if "localstack.services.s3.provider" not in sys.modules:
        return
    from localstack.constants import AWS_REGION_US_EAST_1
    from localstack.services.s3.models import s3_stores

    if account_id not in s3_stores:
        return
    store = s3_stores[account_id][AWS_REGION_US_EAST_1]
    for name in list(store.buckets):
        store.buckets.pop(name, None)
        store.global_bucket_map.pop(name, None)
        _forget(name)


def _forget(bucket: str) -> None:
    """What the provider keeps beside its store: the objects' content, and what it looked up."""
    from localstack.services.plugins import SERVICE_PLUGINS

    service: Any = SERVICE_PLUGINS.get_service("s3")
    provider = service.lifecycle_hook
    with contextlib.suppress(FileNotFoundError):
        provider._storage_backend.delete_bucket(bucket)
    provider._cors_handler.invalidate_cache()
    provider._expiration_cache.pop(bucket, None)


@hooks.on_infra_start()
def empty_buckets() -> None:
    on_wipe(wipe_buckets)
