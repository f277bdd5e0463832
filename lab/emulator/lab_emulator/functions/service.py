"""Lambda's API in LocalStack: the operations that the lab has; the others are refused by name."""

from typing import Any

from localstack.aws.api import RequestContext
from localstack.aws.skeleton import Skeleton
from localstack.aws.spec import load_service
from localstack.services.plugins import Service

from lab_emulator.accounts.control import on_wipe
from lab_emulator.functions import operations
from lab_emulator.functions.mappings import operations as mappings
from lab_emulator.functions.refusals import NotInTheLab

SERVICE = "lambda"
_OPERATIONS = {
    "CreateEventSourceMapping": mappings.create_mapping,
    "CreateFunction": operations.create_function,
    "DeleteEventSourceMapping": mappings.delete_mapping,
    "DeleteFunction": operations.delete_function,
    "GetEventSourceMapping": mappings.get_mapping,
    "GetFunction": operations.get_function,
    "GetFunctionConfiguration": operations.get_function_configuration,
    "Invoke": operations.invoke_function,
    "ListEventSourceMappings": mappings.list_mappings,
    "ListFunctions": operations.list_functions,
    "UpdateEventSourceMapping": mappings.update_mapping,
    "UpdateFunctionCode": operations.update_function_code,
    "UpdateFunctionConfiguration": operations.update_function_configuration,
}


def _refuse(context: RequestContext, _request: Any) -> Any:
    raise NotInTheLab(f"operation {context.operation.name}")


def wipe(account: str) -> None:
    """Delete the account's functions and mappings."""
    mappings.forget(account)
    operations.forget(account)


def service() -> Service:
    model = load_service(SERVICE)
    table = {name: _OPERATIONS.get(name, _refuse) for name in model.operation_names}
    on_wipe(wipe)
    return Service(SERVICE, skeleton=Skeleton(model, table))
