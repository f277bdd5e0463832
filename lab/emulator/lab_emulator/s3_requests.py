"""What LocalStack asks of each request for S3's sake, without S3, which is loaded for its own calls alone."""

from collections.abc import Mapping
from functools import cache

from localstack.aws.api import RequestContext
from localstack.aws.chain import Handler, HandlerChain
from localstack.http import Response


class ParsePreSignedUrlRequest(Handler):
    """Moves what a presigned address says to where it is read from."""

    def __call__(self, chain: HandlerChain, context: RequestContext, response: Response) -> None:
        if context.service and context.service.service_name == "s3":
            _of_s3()(chain, context, response)


@cache
def _of_s3() -> Handler:
    from localstack.services.s3.presigned_url import S3PreSignedURLRequestHandler

    return S3PreSignedURLRequestHandler()


def uses_host_addressing(headers: Mapping[str, str]) -> str | None:
    """The bucket that a request names in its host, as LocalStack finds it, which looks for this first too."""
    if ".s3." not in headers.get("host", ""):
        return None
    from localstack.services.s3 import utils

    bucket: str | None = utils.uses_host_addressing(headers)
    return bucket
