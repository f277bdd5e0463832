"""Event streams as botocore reads them."""

from botocore.eventstream import EventStreamBuffer
from lab_emulator.kinesis.protocol.events import event, exception


def test_messages_are_what_a_client_reads() -> None:
    buffer = EventStreamBuffer()
    buffer.add_data(event("SubscribeToShardEvent", b'{"a":1}', "application/x-amz-json-1.1"))
    buffer.add_data(exception("ResourceNotFoundException", b"{}", "application/x-amz-json-1.1"))
    one, other = (message.to_response_dict() for message in buffer)
    assert (one["body"], one["status_code"]) == (b'{"a":1}', 200)
    assert one["headers"] == {
        ":message-type": "event",
        ":event-type": "SubscribeToShardEvent",
        ":content-type": "application/x-amz-json-1.1",
    }
    assert (other["headers"][":exception-type"], other["status_code"]) == ("ResourceNotFoundException", 400)
