"""Every request that is signed for `lambda` goes to Lambda. Read when the lab starts: imports little.

botocore 1.44.5 knows several services with that signing name; LocalStack 4.9.2, which knows one, would take
most of their addresses for buckets.
"""

from localstack.runtime import hooks


@hooks.on_infra_start()
def route_requests() -> None:
    from localstack.aws.protocol import service_router

    service_router.signing_name_path_prefix_rules["lambda"] = {
        "/": service_router.ServiceModelIdentifier("lambda")
    }
