"""Run by the emulator's Python, which has h2: SubscribeToShard as the AWS SDK for JavaScript v3 asks for it.

python polite_client.py PORT KEY CONSUMER_ARN [--rude]: prints how many events came after the GOAWAY.
"""

import json
import socket
import sys

import h2.config
import h2.connection
import h2.errors
import h2.events

SECONDS = 10.0


def main() -> int:
    port, key, consumer, *rude = sys.argv[1:]
    connection = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True))
    link = socket.create_connection(("127.0.0.1", int(port)), timeout=SECONDS)
    connection.initiate_connection()
    position = {"Type": "LATEST"}
    asked = {"ConsumerARN": consumer, "ShardId": "shardId-000000000000", "StartingPosition": position}
    body = json.dumps(asked).encode()
    scope = f"{key}/20260101/us-east-1/kinesis/aws4_request"
    headers = [
        (":method", "POST"),
        (":scheme", "http"),
        (":authority", f"127.0.0.1:{port}"),
        (":path", "/"),
        ("content-type", "application/x-amz-json-1.1"),
        ("content-length", str(len(body))),
        ("x-amz-target", "Kinesis_20131202.SubscribeToShard"),
        ("authorization", f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"),
    ]
    connection.send_headers(1, headers)
    connection.send_data(1, body, end_stream=True)
    link.sendall(connection.data_to_send())
    got, said = 0, False
    while data := link.recv(65_536):
        for event in connection.receive_data(data):
            if isinstance(event, h2.events.ResponseReceived) and not said:
                link.sendall(connection.data_to_send())
                # By hand: h2 would end its own side of the connection too.
                error = h2.errors.ErrorCodes.PROTOCOL_ERROR if rude else h2.errors.ErrorCodes.NO_ERROR
                link.sendall(b"\0\0\x08\x07\0\0\0\0\0" + bytes(4) + int(error).to_bytes(4, "big"))
                said = True
            elif isinstance(event, h2.events.DataReceived):
                got += data.count(b"SubscribeToShardEvent")
        if got:
            break
    print(got)
    return 0


if __name__ == "__main__":
    sys.exit(main())
