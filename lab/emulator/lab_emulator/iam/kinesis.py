"""What Kinesis calls need: the rules of `lab.rules.policy.kinesis_actions`, put to a call's parameters.

Encrypted streams: Kinesis Data Streams Developer Guide, "Permissions to use user-generated KMS keys".
"""

from typing import Any

from lab.rules.arn import ConsumerArn, NoArnError, StreamArn, parse
from lab.rules.policy import Layer
from lab.rules.policy.kinesis_actions import KMS_ACTIONS, TAGGING_ACTIONS, TARGETS, Target, consumer_arn
from lab_emulator.iam.call import Call, Check, Tags, UnmappedError, account_in
from lab_emulator.iam.documents import Document
from lab_emulator.iam.kms import key_check, resolved_key_arn
from lab_emulator.keys import key_of
from lab_emulator.kinesis import listing, page_tokens, reads
from lab_emulator.kinesis.consumers import present
from lab_emulator.kinesis.store.consumers import Consumer
from lab_emulator.kinesis.store.stream import Stream
from lab_emulator.kinesis.streams import STREAMS, arn_in, stream_of


def checks(call: Call) -> list[Check]:
    target = TARGETS.get(call.operation)
    if target is None:
        raise UnmappedError(f"the operation kinesis:{call.operation}")
    if target is Target.NONE:
        # Another account's stream can't be shared for these: nothing allows it.
        return [Check(f"kinesis:{call.operation}", "*", account_in(_named(call)))]
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
        position = reads.position_of(parameters["ShardIterator"])
        return str(reads.stream_of_iterator(position).arn)
    if call.operation == "ListShards" and parameters.get("NextToken"):
        return str(page_tokens.arn_of(parameters["NextToken"], listing.SHARDS))
    if target is Target.STREAM_OR_CONSUMER:
        return str(parameters.get("ResourceARN") or "")
    if target is not Target.CONSUMER:
        return _named(call)
    return str(parameters.get("ConsumerARN") or _registered(_named(call), parameters))


def _named(call: Call) -> str:
    """The ARN of the stream that a call names, "" when it names none."""
    return str(arn_in(call.context, dict(call.parameters)) or "")


def _registered(stream: str, parameters: dict[str, Any]) -> str:
    """The ARN of a consumer that is given by stream and name."""
    name = str(parameters.get("ConsumerName") or "")
    found = _stream(stream)
    consumer = present(found).get(name) if found is not None else None
    return consumer.arn if consumer is not None else consumer_arn(stream, name, 0)


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
    found = _found(resource)
    text = found.policy if found is not None else None
    return Document(Layer.RESOURCE, f"of {resource}", text, shares=resource) if text else None


def _tags(resource: str) -> Tags:
    """The tags of a stream or consumer, none of one that isn't there."""
    found = _found(resource)
    return dict(found.tags) if found is not None else {}


def _key_checks(call: Call, stream_arn: str) -> list[Check]:
    """ "customer managed keys: producers need kms:GenerateDataKey, consumers kms:Decrypt"."""
    stream = _stream(stream_arn)
    if stream is None or stream.key_id is None:  # no such stream: the call itself will say so
        return []
    owner, region, named = stream.arn.account, stream.arn.region, stream.key_id
    key = key_of(named, owner, region)
    if key.is_kinesis_own:
        return []
    context = {
        "kms:ViaService": f"kinesis.{region}.amazonaws.com",
        "kms:EncryptionContext:aws:kinesis:arn": stream_arn,
    }
    action = KMS_ACTIONS[call.operation]
    return [key_check(action, key, context, error="KMSAccessDeniedException", by_service=True)]


def _stream(arn: str) -> Stream | None:
    try:
        return STREAMS.find(stream_of(parse(arn)))
    except NoArnError:
        return None


def _found(resource: str) -> Stream | Consumer | None:
    """The stream or consumer of an ARN."""
    stream = _stream(resource)
    named = parse(resource) if stream is not None else None
    if stream is None or isinstance(named, StreamArn):
        return stream
    consumer = present(stream).get(named.name) if isinstance(named, ConsumerArn) else None
    return consumer if consumer is not None and consumer.arn == resource else None
