"""ARNs are taken whole or not at all."""

import pytest

from lab.rules.arn import ConsumerArn, NoArnError, StreamArn, consumer_arn, owner_of, parse, stream_arn

STREAM = "arn:aws:kinesis:us-east-1:123456789012:stream/orders.v-1_x"
CONSUMER = f"{STREAM}/consumer/reader:1795953600"


def test_a_stream_and_a_consumer() -> None:
    stream = StreamArn("aws", "us-east-1", "123456789012", "orders.v-1_x")
    assert (parse(STREAM), str(stream), stream_arn(STREAM)) == (stream, STREAM, stream)
    assert consumer_arn(CONSUMER) == ConsumerArn(stream, "reader", 1795953600)
    assert str(parse(CONSUMER)) == CONSUMER
    assert {owner_of(STREAM), owner_of(CONSUMER)} == {"123456789012"}


@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-us-gov"])
@pytest.mark.parametrize("region", ["us-east-1", "ap-southeast-2", "us-gov-west-1", "cn-north-1"])
def test_every_partition(partition: str, region: str) -> None:
    text = f"arn:{partition}:kinesis:{region}:000000000000:stream/s"
    assert str(parse(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "x:x:x:us-east-1:000000000000:stream/s",
        "arn:aws-other:kinesis:us-east-1:000000000000:stream/s",
        "arn:awsx:kinesis:us-east-1:000000000000:stream/s",
        "arn:aws:firehose:us-east-1:000000000000:stream/s",
        "arn:aws:kinesis::000000000000:stream/s",
        "arn:aws:kinesis:.*:000000000000:stream/s",
        "arn:aws:kinesis:us-east-1:00000000000:stream/s",
        "arn:aws:kinesis:us-east-1:0000000000000:stream/s",
        "arn:aws:kinesis:us-east-1:٠٠٠٠٠٠٠٠٠٠٠٠:stream/s",
        "arn:aws:kinesis:us-east-1:000000000000:stream/",
        "arn:aws:kinesis:us-east-1:000000000000:stream/a/b",
        "arn:aws:kinesis:us-east-1:000000000000:stream/a b",
        f"arn:aws:kinesis:us-east-1:000000000000:stream/{'n' * 129}",
        "arn:aws:kinesis:us-east-1:000000000000:x:stream/s",
        f"{STREAM}\n",
        f" {STREAM}",
        f"{STREAM}/consumer/",
        f"{STREAM}/consumer/reader",
        f"{STREAM}/consumer/reader:",
        f"{STREAM}/consumer/reader:01",
        f"{STREAM}/consumer/reader:1/consumer/other:2",
        f"{CONSUMER}\n",
        "",
    ],
)
def test_everything_else_is_refused(text: str) -> None:
    with pytest.raises(NoArnError):
        parse(text)


def test_the_one_is_not_the_other() -> None:
    with pytest.raises(NoArnError, match="of a consumer, not"):
        stream_arn(CONSUMER)
    with pytest.raises(NoArnError, match="of a stream, not"):
        consumer_arn(STREAM)
