"""How often a second each control-plane operation may be called: LimitExceededException beyond it.

Source: Quotas page and API model, the table in the facts of `lab.rules.quotas.CONTROL_RATES`. Where the two
disagree on account or stream, the wider one, the stream, is used. The quotas' scale is for the rates of
shards: at a hundredth of these rates here nobody could set up what is to be shown.
"""

import threading

from lab.rules.quotas import CONTROL_RATES
from lab_emulator.accounts.registry import ACCOUNTS, Account
from lab_emulator.kinesis.limits.buckets import Bucket
from lab_emulator.kinesis.store.errors import LimitExceededException

_BUCKETS: dict[tuple[str, str, str], Bucket] = {}
_LOCK = threading.Lock()


def is_limited(operation: str) -> bool:
    """Whether an operation has a rate of its own."""
    return operation in CONTROL_RATES


def pay_for_call(account: Account, operation: str, region: str, stream_arn: str | None) -> None:
    """Raises LimitExceededException when OPERATION is called too often."""
    rate = CONTROL_RATES.get(operation)
    if rate is None or account.quotas == "off":
        return
    whose = stream_arn if rate.per == "stream" and stream_arn else region
    with _LOCK:
        now = account.running()
        key = (account.id, whose, operation)
        bucket = _BUCKETS.get(key) or _BUCKETS.setdefault(key, Bucket.full(rate.per_second, now))
        if not bucket.admits(1, now):
            raise LimitExceededException(
                f"Rate exceeded for {operation}: {rate.per_second} calls a second for each {rate.per}."
            )
        bucket.take(1)


def forget_full() -> None:
    """Drop the buckets that are full: a new one is too."""
    with _LOCK:
        for key, bucket in list(_BUCKETS.items()):
            bucket.refill(ACCOUNTS[key[0]].running())
            if bucket.level >= bucket.capacity:
                del _BUCKETS[key]


def forget(account_id: str) -> None:
    """The account is wiped."""
    with _LOCK:
        for key in [key for key in _BUCKETS if key[0] == account_id]:
            del _BUCKETS[key]
