"""Temporary credentials that the lab gave out: whose they are, and what narrows them."""

from collections.abc import Mapping
from dataclasses import dataclass

from lab_emulator.iam.documents import Document


@dataclass(frozen=True)
class Session:
    """What one temporary access key stands for.

    `arn`: of the caller. `behind`: the ARN of the role, or of the user whose permissions a federated user
    and GetSessionToken's credentials have. `ends_ms`: by the clock of the account.
    """

    key: str
    token: str
    account: str
    arn: str
    user_id: str
    behind: str
    ends_ms: int
    policies: tuple[Document, ...]
    tags: Mapping[str, str]


class Sessions:
    """By access key."""

    def __init__(self) -> None:
        self._by_key: dict[str, Session] = {}

    def add(self, session: Session) -> None:
        self._by_key[session.key] = session

    def get(self, key: str) -> Session | None:
        return self._by_key.get(key)

    def forget(self, account_id: str) -> None:
        """End the sessions of an account."""
        self._by_key = {key: one for key, one in self._by_key.items() if one.account != account_id}


SESSIONS = Sessions()
