"""CloudWatch's place among LocalStack's services; what it is made of is loaded when it is first called."""

from localstack.services.plugins import Service, aws_provider


@aws_provider(api="cloudwatch", name="lab")
def lab() -> Service:
    from lab_emulator.cloudwatch.service import service

    return service()
