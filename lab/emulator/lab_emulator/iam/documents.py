"""Policies as they are stored, and read: each document once."""

from dataclasses import dataclass
from functools import lru_cache

from lab.rules.policy import Layer, Policy, PolicyError, parse_policy
from lab.rules.policy.kinesis_sharing import parse_sharing_policy


@dataclass(frozen=True)
class Document:
    """A stored policy. `name`: what a refusal calls it. `shares`: the stream or consumer that it shares."""

    layer: Layer
    name: str
    text: str
    shares: str = ""

    @property
    def mentions_resource_tags(self) -> bool:
        return "resourcetag/" in self.text.lower()


class UnreadablePolicyError(Exception):
    """A stored policy is none; the text names it and says what is wrong."""


@lru_cache(maxsize=2048)
def read(document: Document) -> Policy:
    """The policy. Raises UnreadablePolicyError."""
    try:
        if document.shares:
            return parse_sharing_policy(document.text, document.shares)
        return parse_policy(document.text, document.layer, document.name)
    except PolicyError as error:
        raise UnreadablePolicyError(f"the {document.layer.value} {document.name}: {error}") from None


def read_as_one(documents: tuple[Document, ...]) -> Policy | None:
    """The statements of all the documents in one policy: session policies add up.

    Raises UnreadablePolicyError.
    """
    if not documents:
        return None
    policies = [read(document) for document in documents]
    statements = tuple(statement for policy in policies for statement in policy.statements)
    first = policies[0]
    return Policy(first.layer, first.name, first.version, None, statements)
