import base64
import hashlib

from aws_kinesis_agg.deaggregator import messages_pb2


def unpack(partition_key, data):
    raw = base64.b64decode(data)
    if not raw.startswith(b"\xf3\x89\x9a\xc2") or hashlib.md5(raw[4:-16]).digest() != raw[-16:]:
        return [[partition_key, data]]
    inside = messages_pb2.AggregatedRecord()
    inside.ParseFromString(raw[4:-16])
    return [[partition_key, base64.b64encode(event.data).decode()] for event in inside.records]
