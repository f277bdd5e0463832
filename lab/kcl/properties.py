"""The properties file of one worker: what KCL would be told on AWS, and what differs in the lab.

KCL's defaults are those of KCL 3.1.3's own classes (LeaseManagementConfig, CoordinatorConfig, PollingConfig,
MultiLangDaemonConfiguration); `Application(properties=…)` overrides any of these.
"""

from collections.abc import Mapping
from pathlib import Path

from lab.errors import LabError
from lab.machine.whole_files import write_whole

LESSON = {
    # A worker whose lease is not renewed for so long has lost it. KCL's default: 10000.
    "failoverTimeMillis": "5000",
    # How often the leader gives out leases. KCL's default: twice failoverTimeMillis.
    "leaseAssignmentIntervalMillis": "1000",
    # How often a worker reports itself: the leader gives it no lease before. Default: 30000.
    "workerMetricsReporterFreqInMillis": "1000",
    # How often the leader compares leases and shards. Default: 60000.
    "shardSyncIntervalMillis": "5000",
    # How often a child shard's processor looks whether its parents are done. Default: 10000.
    "parentShardPollIntervalMillis": "1000",
    # Default: 1500, and 200 is the smallest. Five GetRecords a second and shard are allowed, for all readers.
    "idleTimeBetweenReadsInMillis": "500",
    # How long a worker that is asked to stop may take, and one whose record processor has ended does take.
    # Default: 20000.
    "shutdownGraceMillis": "5000",
    # Default: FANOUT, an enhanced fan-out consumer.
    "retrievalMode": "POLLING",
    # Default: LATEST.
    "initialPositionInStream": "TRIM_HORIZON",
    # Workers compare their use of the CPU by default. Here they share one machine, and KCL would ask the
    # addresses of EC2 and ECS how large it is: without this KCL compares the shards' throughput.
    "disableWorkerMetrics": "true",
    # Default: DETAILED, sent to CloudWatch. SUMMARY and DETAILED work here too.
    "metricsLevel": "NONE",
}
"""What lessons use in place of KCL's defaults, so that what takes a minute on AWS takes seconds."""

BACKSLASH = "\\"
FIXED = ("applicationName", "streamName", "workerId", "executableName")


def worker_properties(
    application: str,
    stream: str,
    worker: str,
    executable: str,
    environment: Mapping[str, str],
    chosen: Mapping[str, str],
) -> dict[str, str]:
    """All properties of WORKER; CHOSEN ones replace the lesson's.

    Raises LabError when CHOSEN has one that the application itself decides.
    """
    if taken := sorted(set(FIXED) & set(chosen)):
        raise LabError(f"{taken[0]} is decided by the application, not by its properties: leave it out.")
    endpoint = environment["AWS_ENDPOINT_URL"]
    return (
        LESSON
        | {
            "AwsCredentialsProvider": "DefaultCredentialsProvider",
            "regionName": environment["AWS_REGION"],
            "kinesisEndpoint": endpoint,
            "dynamoDBEndpoint": endpoint,
            "processingLanguage": "python",
        }
        | dict(chosen)
        | {
            "applicationName": application,
            "streamName": stream,
            "workerId": worker,
            "executableName": executable,
        }
    )


def write_properties(file: Path, properties: Mapping[str, str]) -> None:
    """Write FILE as Java reads properties. Raises LabError for what Java would read as something else."""
    for name, value in properties.items():
        if not name.isidentifier() or not f"{name}{value}".isascii() or not value.isprintable():
            raise LabError(
                f"{name} = {value!r} is no property: a name and one line of ASCII text are needed."
            )
    lines = [f"{name} = {value.replace(BACKSLASH, BACKSLASH * 2)}\n" for name, value in properties.items()]
    write_whole(file, "".join(lines))
