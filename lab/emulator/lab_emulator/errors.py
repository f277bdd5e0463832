"""The errors of Kinesis, as the API model names them, in AWS's words."""
# ruff: noqa: N818 (the API model's names)

from localstack.aws.api import CommonServiceException


class KinesisError(CommonServiceException):
    """An error of the API model: HTTP 400, its own name as code."""

    def __init__(self, message: str) -> None:
        super().__init__(type(self).__name__, message, 400, sender_fault=True)


class ProvisionedThroughputExceededException(KinesisError):
    """A shard's rate is exceeded."""


class InvalidArgumentException(KinesisError):
    """An argument is outside of what the operation accepts."""


class ValidationException(KinesisError):
    """An argument does not fit its shape."""


class ResourceNotFoundException(KinesisError):
    """There is no such stream, shard or consumer."""


class ResourceInUseException(KinesisError):
    """The resource is not in a state that allows this."""


class LimitExceededException(KinesisError):
    """A quota of streams, shards or calls is exceeded."""


class ExpiredIteratorException(KinesisError):
    """A shard iterator is older than five minutes."""


class ExpiredNextTokenException(KinesisError):
    """A pagination token is older than five minutes."""
