"""The errors of Kinesis, by the API model's names. `lab_emulator.errors` sends them."""
# ruff: noqa: N818 (the API model's names)


class Refused(Exception):
    """A call is refused, and changed nothing. The name of its class is the error's code."""

    @property
    def code(self) -> str:
        return type(self).__name__

    @property
    def message(self) -> str:
        return str(self.args[0]) if self.args else ""


class ProvisionedThroughputExceededException(Refused):
    """A shard's rate is exceeded."""


class InvalidArgumentException(Refused):
    """An argument is outside of what the operation accepts."""


class ValidationException(Refused):
    """An argument does not fit its shape, or the stream's capacity mode."""


class SerializationException(Refused):
    """A request's body is not what its operation's shape says."""


class UnknownOperationException(Refused):
    """There is no such operation."""


class AccessDeniedException(Refused):
    """The caller may not do this."""


class ResourceNotFoundException(Refused):
    """There is no such stream, shard or consumer."""


class ResourceInUseException(Refused):
    """The resource is not in a state that allows this."""


class LimitExceededException(Refused):
    """A quota of streams, shards, calls or memory is exceeded."""


class ExpiredIteratorException(Refused):
    """A shard iterator is older than five minutes."""


class ExpiredNextTokenException(Refused):
    """A pagination token is older than five minutes."""


class DryRunOperationException(Refused):
    """The call would have succeeded, and was only a try."""


class KeyRefused(Refused):
    """A stream's KMS key can't be used. It may be possible again later."""


class KMSNotFoundException(KeyRefused):
    """There is no such key."""


class KMSDisabledException(KeyRefused):
    """The key is disabled."""


class KMSInvalidStateException(KeyRefused):
    """The key is in a state in which it can't be used, such as pending deletion."""
