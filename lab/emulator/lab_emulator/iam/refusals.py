"""Refusals in each service's own error shape, in AWS's words.

Sources: botocore's models (AccessDeniedException and KMSAccessDeniedException of Kinesis), "Common errors" of
the API references, Amazon S3's "Error responses"; IAM User Guide, "Troubleshoot access denied error
messages".
"""

from typing import Final

from localstack.aws.api import CommonServiceException, RequestContext

_QUERY_LIKE: Final = ("query", "ec2", "rest-xml")


def _speaks_query(context: RequestContext) -> bool:
    return str(context.protocol) in _QUERY_LIKE


def _service(context: RequestContext) -> str:
    return str(context.service.service_name)


def denied(context: RequestContext, message: str, code: str = "") -> CommonServiceException:
    """Access denied: 400 in the JSON protocols, 403 in the query protocol and of S3."""
    if _speaks_query(context):
        return CommonServiceException("AccessDenied", message, 403, sender_fault=True)
    return CommonServiceException(code or "AccessDeniedException", message, 400, sender_fault=True)


def not_signed(context: RequestContext) -> CommonServiceException:
    if _service(context) == "s3":
        return denied(context, "Access Denied")
    code = "MissingAuthenticationToken" if _speaks_query(context) else "MissingAuthenticationTokenException"
    status = 403 if _speaks_query(context) else 400
    return CommonServiceException(code, "Request is missing Authentication Token", status, sender_fault=True)


def unknown(context: RequestContext) -> CommonServiceException:
    if _service(context) == "s3":
        message = "The AWS Access Key Id you provided does not exist in our records."
        return CommonServiceException("InvalidAccessKeyId", message, 403, sender_fault=True)
    code = "InvalidClientTokenId" if _speaks_query(context) else "UnrecognizedClientException"
    status = 403 if _speaks_query(context) else 400
    message = "The security token included in the request is invalid."
    return CommonServiceException(code, message, status, sender_fault=True)


def expired(context: RequestContext) -> CommonServiceException:
    if _service(context) == "s3":
        message = "The provided token has expired."
        return CommonServiceException("ExpiredToken", message, 400, sender_fault=True)
    code = "ExpiredToken" if _speaks_query(context) else "ExpiredTokenException"
    status = 403 if _speaks_query(context) else 400
    message = "The security token included in the request is expired"
    return CommonServiceException(code, message, status, sender_fault=True)
