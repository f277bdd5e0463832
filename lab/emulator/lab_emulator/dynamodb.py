"""DynamoDB from the moto that LocalStack brings along.

LocalStack's own provider downloads DynamoDB Local and a Java runtime when it is first called; the lab
downloads nothing while it runs.
"""

from localstack.services.plugins import Service, aws_provider


@aws_provider(api="dynamodb", name="moto")
def moto() -> Service:
    """No operation of our own: the empty API leaves every one to moto. Loaded when it is first called."""
    from localstack.aws.api.dynamodb import DynamodbApi
    from localstack.services.moto import MotoFallbackDispatcher

    return Service.for_provider(DynamodbApi(), dispatch_table_factory=MotoFallbackDispatcher)
