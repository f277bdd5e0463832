"""From what the lab refuses to what LocalStack sends."""

from localstack.aws.api import CommonServiceException

STATUS = 400


def sent(code: str, message: str) -> CommonServiceException:
    """An error as LocalStack's handlers know it."""
    return CommonServiceException(code, message, STATUS, sender_fault=True)
