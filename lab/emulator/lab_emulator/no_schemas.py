"""In place of LocalStack's check of its own pages against their OpenAPI description, which is off in the lab.

LocalStack loads the library for it all the same, a tenth of a start.
"""

from localstack.aws.api import RequestContext
from localstack.aws.chain import Handler, HandlerChain
from localstack.http import Response


class OpenAPIRequestValidator(Handler):
    """Lets every request pass."""

    def __call__(self, chain: HandlerChain, context: RequestContext, response: Response) -> None:
        pass


class OpenAPIResponseValidator(OpenAPIRequestValidator):
    """Lets every answer pass."""
