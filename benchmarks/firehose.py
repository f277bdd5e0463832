"""Firehose: how many records a second are delivered to S3, by direct puts.

In turns: plain delivery, with a function that hands every record on, and with partition keys by a query.
Each time 100,000 records go in; the clock stops when the last one is in an object.
"""

import io
import json
import time
import zipfile
from typing import Any, Final

import boto3

from lab.aws.environment import lab_environment
from lab.aws.instance import Instance, private_lab
from lab.control import control_of

ACCOUNT: Final = "111122223333"
BUCKET: Final = f"lake-{ACCOUNT}"
ROLE: Final = f"arn:aws:iam::{ACCOUNT}:role/delivery"
ROUNDS: Final = 3
RECORDS: Final = 100_000
PATIENCE_SECONDS: Final = 300.0
HANDLER: Final = """
def handler(event, context):
    names = ("recordId", "data")
    return {"records": [{"result": "Ok", **{n: one[n] for n in names}} for one in event["records"]]}
"""


def main() -> None:
    with private_lab() as lab:
        assert lab.running is not None
        variables = lab_environment(lab.running.endpoint, ACCOUNT)

        def client(service: Any) -> Any:
            return boto3.client(
                service,
                endpoint_url=variables["AWS_ENDPOINT_URL"],
                region_name=variables["AWS_REGION"],
                aws_access_key_id=ACCOUNT,
                aws_secret_access_key="x",
            )

        client("s3").create_bucket(Bucket=BUCKET)
        function = client("lambda").create_function(
            FunctionName="same",
            Runtime="python3.12",
            Role=ROLE,
            Handler="app.handler",
            Timeout=60,
            MemorySize=1024,
            Code={"ZipFile": _zipped()},
        )["FunctionArn"]
        for number in range(ROUNDS):
            for kind, settings in _kinds(function).items():
                seconds = _delivered(lab, client("firehose"), f"{kind}-{number}", settings)
                print(f"  {kind}: {RECORDS:,} records delivered at {RECORDS / seconds:,.0f}/s", flush=True)


def _zipped() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("app.py", HANDLER)
    return made.getvalue()


def _kinds(function: str) -> dict[str, dict[str, Any]]:
    def by(kind: str, **told: str) -> dict[str, Any]:
        parameters = [{"ParameterName": name, "ParameterValue": value} for name, value in told.items()]
        return {"Enabled": True, "Processors": [{"Type": kind, "Parameters": parameters}]}

    query = by("MetadataExtraction", MetadataExtractionQuery="{shop: .shop}", JsonParsingEngine="JQ-1.6")
    return {
        "plain": {},
        "function": {
            "ProcessingConfiguration": by("Lambda", LambdaArn=function, BufferIntervalInSeconds="0")
        },
        "partitions": {
            "ProcessingConfiguration": query,
            "DynamicPartitioningConfiguration": {"Enabled": True},
            "Prefix": "!{partitionKeyFromQuery:shop}/",
            "ErrorOutputPrefix": "bad/",
        },
    }


def _delivered(lab: Instance, firehose: Any, name: str, settings: dict[str, Any]) -> float:
    """Seconds until all are in objects."""
    control = control_of(lab, ACCOUNT)
    control.set("firehose", speed=60)  # an interval of a minute is a second
    hints = {"SizeInMBs": 64, "IntervalInSeconds": 60}
    to_s3 = {"RoleARN": ROLE, "BucketARN": f"arn:aws:s3:::{BUCKET}", "BufferingHints": hints} | settings
    firehose.create_delivery_stream(DeliveryStreamName=name, ExtendedS3DestinationConfiguration=to_s3)
    begun = time.perf_counter()
    for first in range(0, RECORDS, 500):
        numbers = range(first, first + 500)
        entries = [{"Data": json.dumps({"n": n, "shop": n % 20}).encode() + b" " * 80} for n in numbers]
        firehose.put_record_batch(DeliveryStreamName=name, Records=entries)
    while time.perf_counter() - begun < PATIENCE_SECONDS:
        if control.look("firehose")["records"][name].get("delivered", 0) >= RECORDS:
            break
        time.sleep(0.05)
    seconds = time.perf_counter() - begun
    firehose.delete_delivery_stream(DeliveryStreamName=name)
    return seconds


if __name__ == "__main__":
    main()
