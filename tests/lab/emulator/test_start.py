"""What the lab's own start puts off, it takes up again."""

import base64
import http.client
import subprocess
from collections.abc import Mapping
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError

from lab.aws.folders import EMULATOR_PYTHON
from tests.lab.emulator.support import client, code

STARTS = """
import gc
import lab_emulator.main
put_off = not gc.isenabled()
import localstack.services.plugins as plugins
from lab_emulator import life
class Failing:
    def require(self, service):
        raise OSError(service)
plugins.SERVICE_PLUGINS = Failing()
try:
    life._load_kinesis()
except OSError as error:
    print(put_off, gc.isenabled(), error)
"""


def test_garbage_is_collected_again_even_when_kinesis_can_not_be_loaded() -> None:
    done = subprocess.run(
        [str(EMULATOR_PYTHON), "-c", STARTS], capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout.split() == ["True", "True", "kinesis"]


CHECKS = {"CRC32C": "e3069283", "CRC64NVME": "ae8b14860a799888"}
"""Of b"123456789", as the catalogue of parametrised CRC algorithms tells them."""


@pytest.mark.xdist_group("shared-lab")
def test_s3_checks_objects_and_finds_buckets_in_hosts(fresh_account: Mapping[str, str]) -> None:
    s3, bucket = client(fresh_account, "s3"), f"checked-{fresh_account['AWS_ACCESS_KEY_ID']}"
    s3.create_bucket(Bucket=bucket)
    for name, value in CHECKS.items():
        told = {f"Checksum{name}": base64.b64encode(bytes.fromhex(value)).decode()}
        s3.put_object(Bucket=bucket, Key=name, Body=b"123456789", **told)
        assert told.items() <= s3.head_object(Bucket=bucket, Key=name, ChecksumMode="ENABLED").items()
        with pytest.raises(ClientError) as refused:
            s3.put_object(Bucket=bucket, Key=f"other {name}", Body=b"123456780", **told)
        assert code(refused.value) == "BadDigest"
    address = urlsplit(fresh_account["AWS_ENDPOINT_URL"])
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=60)
    try:
        host = f"{bucket}.s3.localhost.localstack.cloud:{address.port}"
        connection.request("GET", "/CRC32C", headers={"Host": host})
        assert connection.getresponse().read() == b"123456789"
    finally:
        connection.close()
