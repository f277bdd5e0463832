"""From what the lab refuses to what LocalStack sends."""

from localstack.aws.api import CommonServiceException

from lab_emulator.kinesis.store.errors import Refused

STATUS = 400


def sent(refused: Refused) -> CommonServiceException:
    """The same error, as LocalStack's handlers know it."""
    return CommonServiceException(refused.code, refused.message, STATUS, sender_fault=True)
