"""HTTP/2 as clients of other languages speak it."""

import subprocess
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from lab.aws.folders import EMULATOR_PYTHON
from tests.lab.emulator.support import create

CLIENT = Path(__file__).with_name("polite_client.py")


@pytest.mark.xdist_group("shared-lab")
@pytest.mark.parametrize(("how", "comes"), [([], True), (["--rude"], False)])
def test_events_come_after_a_polite_goaway(
    kinesis: Any, fresh_account: Mapping[str, str], how: list[str], comes: bool
) -> None:
    arn = create(kinesis)
    reader = kinesis.register_stream_consumer(StreamARN=arn, ConsumerName="reader")["Consumer"]["ConsumerARN"]
    port = urlsplit(fresh_account["AWS_ENDPOINT_URL"]).port
    command = [str(EMULATOR_PYTHON), str(CLIENT), str(port), fresh_account["AWS_ACCESS_KEY_ID"], reader, *how]
    later = {"StreamName": "orders", "Data": b"x", "PartitionKey": "k"}
    writing = threading.Timer(2, lambda: kinesis.put_record(**later))
    writing.start()
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    writing.cancel()  # who is rude has no answer before it
    writing.join()
    assert (int(done.stdout) > 0) == comes, "a GOAWAY with an error ends the connection: the control"
