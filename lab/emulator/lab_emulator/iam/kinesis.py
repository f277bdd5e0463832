"""What Kinesis calls need: the rules of `lab.rules.policy.kinesis_actions`, put to a call's parameters.

Encrypted streams: Kinesis Data Streams Developer Guide, "Permissions to use user-generated KMS keys".
"""

from typing import Any

from localstack.aws.api import CommonServiceException
from localstack.services.kinesis.models import kinesis_stores

from lab.rules.policy import Layer
from lab.rules.policy.kinesis_actions import KMS_ACTIONS, TAGGING_ACTIONS, TARGETS, Target, consumer_arn
from lab_emulator.iam.call import Call, Check, Tags, UnmappedError, account_in
from lab_emulator.iam.documents import Document
from lab_emulator.iam.kms import key_check, key_of, resolved_key_arn
from lab_emulator.kinesis import listing, reads
from lab_emulator.kinesis.streams import STREAMS, Stream, arn_in


def checks(call: Call) -> list[Check]:
    target = TARGETS.get(call.operation)
    if target is None:
        raise UnmappedError(f"the operation kinesis:{call.operation}")
    if target is Target.NONE:
        # Another account's stream can't be shared for these: nothing allows it.
        stream = arn_in(call.context, dict(call.parameters)) or ""
        return [Check(f"kinesis:{call.operation}", "*", account_in(stream))]
    resource = _resource(call, target)
    if target is Target.CONSUMER and account_in(resource) not in ("", call.account):
        # "EFO sharing needs a policy on both stream and consumer"; which action the stream's is asked for,
        # AWS's pages don't say.
        raise UnmappedError(f"kinesis:{call.operation} on another account's consumer")
    return [_check(f"kinesis:{call.operation}", resource), *_more(call, resource, target)]


def _more(call: Call, resource: str, target: Target) -> list[Check]:
    """What the call needs besides its own action."""
    more = []
    if target is Target.STREAM_AND_KEY:
        key = resolved_key_arn(call, str(call.parameters.get("KeyId") or ""))
        more.append(Check(f"kinesis:{call.operation}", key, account_in(key), untold=("aws:ResourceTag/",)))
    if call.parameters.get("Tags") and call.operation in TAGGING_ACTIONS:
        more.append(_check(TAGGING_ACTIONS[call.operation], _tagged(call, resource)))
    if call.operation in KMS_ACTIONS:
        more += _key_checks(call, resource.partition("/consumer/")[0])
    return more


def _resource(call: Call, target: Target) -> str:
    parameters: dict[str, Any] = dict(call.parameters)
    if call.operation == "GetRecords":
        return reads.stream_of_iterator(parameters)[0].arn
    if call.operation == "ListShards" and parameters.get("NextToken"):
        return listing.arn_of_token(parameters["NextToken"])
    if target is Target.STREAM_OR_CONSUMER:
        return str(parameters.get("ResourceARN") or "")
    stream = arn_in(call.context, parameters)
    if target is not Target.CONSUMER:
        return stream or ""
    return str(parameters.get("ConsumerARN") or _registered(stream or "", parameters))


def _registered(stream: str, parameters: dict[str, Any]) -> str:
    """The ARN of a consumer that is given by stream and name."""
    name = str(parameters.get("ConsumerName") or "")
    try:
        answer = _stream(stream).backend.call("ListStreamConsumers", {"StreamARN": stream})
    except CommonServiceException:
        return consumer_arn(stream, name, 0)
    arns = {one["ConsumerName"]: str(one["ConsumerARN"]) for one in answer["Consumers"]}
    return arns.get(name) or consumer_arn(stream, name, 0)


def _tagged(call: Call, resource: str) -> str:
    """The resource that CreateStream or RegisterStreamConsumer is about to make."""
    if call.operation == "RegisterStreamConsumer":
        return consumer_arn(resource, str(call.parameters.get("ConsumerName") or ""), 0)
    return resource


def _check(action: str, resource: str) -> Check:
    return Check(
        action,
        resource,
        account_in(resource),
        resource_policy=_sharing(resource),
        tags=lambda: _tags(resource),
    )


def _sharing(resource: str) -> Document | None:
    account = account_in(resource)
    if not account:
        return None
    text = kinesis_stores[account][resource.split(":")[3]].resource_policies.get(resource)
    return Document(Layer.RESOURCE, f"of {resource}", text, shares=resource) if text else None


def _tags(resource: str) -> Tags:
    """The tags of a stream or consumer, none of one that isn't there."""
    stream = resource.partition("/consumer/")[0]
    try:
        backend = _stream(stream).backend
        if stream != resource:
            answer = backend.call("ListTagsForResource", {"ResourceARN": resource})
        else:
            answer = backend.call("ListTagsForStream", {"StreamARN": stream, "Limit": 50})
    except CommonServiceException:
        return {}
    return {tag["Key"]: tag.get("Value") or "" for tag in answer["Tags"]}


def _key_checks(call: Call, stream_arn: str) -> list[Check]:
    """ "customer managed keys: producers need kms:GenerateDataKey, consumers kms:Decrypt"."""
    try:
        summary = _stream(stream_arn).summary()
    except CommonServiceException:  # no such stream: the call itself will say so
        return []
    if summary.get("EncryptionType", "NONE") == "NONE":
        return []
    owner, region = account_in(stream_arn), stream_arn.split(":")[3]
    named = str(summary.get("KeyId") or "")
    key = key_of(named, owner, region)
    if key.is_kinesis_own:
        return []
    context = {
        "kms:ViaService": f"kinesis.{region}.amazonaws.com",
        "kms:EncryptionContext:aws:kinesis:arn": stream_arn,
    }
    action = KMS_ACTIONS[call.operation]
    return [key_check(action, key, context, error="KMSAccessDeniedException", by_service=True)]


def _stream(arn: str) -> Stream:
    from lab_emulator.kinesis.provider import ALL_ACCOUNTS, BACKEND

    return STREAMS.at(arn, f"http://127.0.0.1:{BACKEND.get_server_for_account(ALL_ACCOUNTS).port}")
