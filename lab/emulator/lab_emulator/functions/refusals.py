"""What Lambda answers to a call that it refuses. Codes: API model of Lambda (botocore 1.44.5)."""

from localstack.aws.api import CommonServiceException


class InvalidParameterValueException(CommonServiceException):
    """A parameter has a value that it can't have."""

    def __init__(self, message: str) -> None:
        super().__init__("InvalidParameterValueException", message, 400, sender_fault=True)


class ResourceNotFoundException(CommonServiceException):
    """There is no such function or mapping."""

    def __init__(self, message: str) -> None:
        super().__init__("ResourceNotFoundException", message, 404, sender_fault=True)


class ResourceConflictException(CommonServiceException):
    """It exists already."""

    def __init__(self, message: str) -> None:
        super().__init__("ResourceConflictException", message, 409, sender_fault=True)


class RequestTooLargeException(CommonServiceException):
    """An event has more than 6 MB."""

    def __init__(self, message: str) -> None:
        super().__init__("RequestTooLargeException", message, 413, sender_fault=True)


class TooManyRequestsException(CommonServiceException):
    """All of the account's concurrency is in use."""

    def __init__(self) -> None:
        super().__init__("TooManyRequestsException", "Rate Exceeded.", 429, sender_fault=True)


class NotInTheLab(CommonServiceException):
    """What AWS has and the lab has not. No client tries it again."""

    def __init__(self, what: str) -> None:
        super().__init__("NotInTheLab", f"The lab's Lambda has no {what}.", 400, sender_fault=True)
