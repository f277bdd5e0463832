import base64
import hashlib

from aws_kinesis_agg.deaggregator import messages_pb2


def unpack(partition_key, data):
    raw = base64.b64decode(data)
    message, digest = raw[4:-16], raw[-16:]
    packed = raw[:4] == bytes.fromhex("f3899ac2") and hashlib.md5(message).digest() == digest
    if not packed or not message:
        return [[partition_key, data]]
    inside = messages_pb2.AggregatedRecord()
    inside.ParseFromString(message)
    keys = inside.partition_key_table
    return [[keys[one.partition_key_index], base64.b64encode(one.data).decode()] for one in inside.records]
