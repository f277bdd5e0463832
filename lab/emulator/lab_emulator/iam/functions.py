"""What calls to Lambda, and to the queues that its mappings write to, need.

Sources: Service Authorization Reference, "AWS Lambda", "Amazon SQS"; Lambda guide, "Lambda resources and
conditions for policies" (a mapping is created and listed on "*", with the condition lambda:FunctionArn).
"""

from typing import Any, Final

from lab_emulator.iam.call import Call, Check, UnmappedError, account_in, words

_UNTOLD: Final = ("aws:ResourceTag/", "lambda:")
_ON_FUNCTION: Final = words(
    """
    CreateFunction DeleteFunction GetFunction GetFunctionConfiguration InvokeFunction UpdateFunctionCode
    UpdateFunctionConfiguration
    """
)
_ON_MAPPING: Final = words("DeleteEventSourceMapping GetEventSourceMapping UpdateEventSourceMapping")
_BARE: Final = words("CreateEventSourceMapping ListEventSourceMappings ListFunctions")
_QUEUES_BARE: Final = words("ListQueues")
_ON_QUEUE: Final = words(
    """
    ChangeMessageVisibility CreateQueue DeleteMessage DeleteQueue GetQueueAttributes GetQueueUrl PurgeQueue
    ReceiveMessage SendMessage SetQueueAttributes
    """
)
_OF_BATCHES: Final = {
    "ChangeMessageVisibilityBatch": "ChangeMessageVisibility",
    "DeleteMessageBatch": "DeleteMessage",
    "SendMessageBatch": "SendMessage",
}


def lambda_checks(call: Call) -> list[Check]:
    operation = {"Invoke": "InvokeFunction"}.get(call.operation, call.operation)
    parameters = call.parameters
    name = str(parameters.get("FunctionName") or "")
    if operation in _BARE:
        context = {"lambda:FunctionArn": _function(call, name)} if name else {}
        return [Check(f"lambda:{operation}", "*", context=context)]
    if operation in _ON_MAPPING:
        arn = call.arn("lambda", f"event-source-mapping:{parameters.get('UUID')}")
        return [Check(f"lambda:{operation}", arn, untold=_UNTOLD)]
    if operation not in _ON_FUNCTION:
        raise UnmappedError(f"the operation lambda:{call.operation}")
    arn = _function(call, name)
    found = [Check(f"lambda:{operation}", arn, account_in(arn), untold=_UNTOLD)]
    if role := str(parameters.get("Role") or ""):
        passed = {"iam:PassedToService": "lambda.amazonaws.com"}
        found.append(Check("iam:PassRole", role, account_in(role), context=passed, untold=_UNTOLD))
    return found


def _function(call: Call, name: str) -> str:
    """The ARN of a function that is named by name, partial or whole ARN, without its version."""
    if name.startswith("arn:"):
        return ":".join(name.split(":")[:7])
    return call.arn("lambda", f"function:{name.removesuffix(':$LATEST').rpartition(':')[2]}")


def sqs_checks(call: Call) -> list[Check]:
    operation = _OF_BATCHES.get(call.operation, call.operation)
    if operation in _QUEUES_BARE:
        return [Check(f"sqs:{operation}", "*")]
    if operation not in _ON_QUEUE:
        raise UnmappedError(f"the operation sqs:{operation}")
    arn = _queue(call, call.parameters)
    return [Check(f"sqs:{operation}", arn, account_in(arn), untold=_UNTOLD)]


def _queue(call: Call, parameters: Any) -> str:
    """From a queue's URL, which ends in account and name, or from its name."""
    if url := str(parameters.get("QueueUrl") or ""):
        account, name = url.rstrip("/").split("/")[-2:]
        return f"arn:{call.context.partition}:sqs:{call.region}:{account}:{name}"
    return call.arn("sqs", str(parameters.get("QueueName") or ""))
