"""Task `choose`: choose the service for six jobs."""

from grader.tasks.declaration import Choice, Task

LESSON = "course/09-delivery.ipynb"

TASK = Task(
    id="choose",
    title="Choose the service for six jobs",
    read=f"{LESSON}, “Which service for which job?”",
    parts=(
        Choice(
            id="service_files",
            points=1,
            says="It must fit the job in the prompt, and no more than that",
            name="service_files",
            options={
                "a": "Amazon Data Firehose with direct PUT",
                "b": "Amazon Kinesis Data Streams and a KCL application",
                "c": "Amazon MSK and a connector",
                "d": "Amazon SQS and a Lambda function",
            },
            right=("a",),
            why={
                "b": "A KCL application is code that somebody must write and run.",
                "c": "A Kafka cluster and a connector are much to run, and nobody asks for Kafka.",
                "d": "It works, and it is code. A queue does not collect records into files either.",
            },
        ),
        Choice(
            id="service_replay",
            points=1,
            says="It must fit the job in the prompt, and no more than that",
            name="service_replay",
            options={
                "a": "a second Firehose stream with an interval of 0",
                "b": "a Kinesis data stream that both the team and Firehose read",
                "c": "dynamic partitioning by team",
                "d": "a shorter interval for the Firehose stream that is there",
            },
            right=("b",),
            why={
                "a": "It delivers files within seconds, and keeps nothing that can be read again.",
                "c": "It sorts files. Nobody reads a Firehose stream.",
                "d": "Files come sooner. There is still no replay and no reader.",
            },
        ),
        Choice(
            id="service_state",
            points=1,
            says="It must fit the job in the prompt, and no more than that",
            name="service_state",
            options={
                "a": "Firehose with a transforming function",
                "b": "a channel of the data stream",
                "c": "Amazon Managed Service for Apache Flink",
                "d": "Firehose with the machine as partition key",
            },
            right=("c",),
            why={
                "a": "The function keeps nothing from one batch to the next, and batches come by a buffer.",
                "b": "A channel copies records and computes nothing.",
                "d": "Partition keys only decide into which file a record goes.",
            },
        ),
        Choice(
            id="service_kafka",
            points=1,
            says="It must fit the job in the prompt, and no more than that",
            name="service_kafka",
            options={
                "a": "Kinesis Data Streams",
                "b": "Data Firehose",
                "c": "Amazon MSK",
                "d": "Amazon EventBridge",
            },
            right=("c",),
            why={
                "a": "It has an API of its own, so the code would change.",
                "b": "Producers would call Firehose's API, and nobody could consume.",
                "d": "It routes events by rules, with an API of its own.",
            },
        ),
        Choice(
            id="service_jobs",
            points=1,
            says="It must fit the job in the prompt, and no more than that",
            name="service_jobs",
            options={
                "a": "Kinesis Data Streams",
                "b": "Amazon SQS",
                "c": "Data Firehose",
                "d": "Managed Service for Apache Flink",
            },
            right=("b",),
            why={
                "a": "A stream does not take records out one by one, and a failed one holds up its shard.",
                "c": "It delivers to a destination, and not to workers.",
                "d": "It computes over streams. Nobody needs state here.",
            },
        ),
        Choice(
            id="service_format",
            points=1,
            says="It must fit the job in the prompt, and no more than that",
            name="service_format",
            options={
                "a": "Firehose with the stream as its source, and format conversion",
                "b": "Firehose with GZIP",
                "c": "a Lambda function that writes one Parquet file for each record",
                "d": "a channel of the stream with the format STRING",
            },
            right=("a",),
            why={
                "b": "GZIP makes JSON smaller. It stays JSON.",
                "c": "It is code, and a file for each record is the worst for queries.",
                "d": "It copies records as they are.",
            },
        ),
    ),
    hints=(
        "For each job name the one thing that decides: who reads, how soon, again or not, state or "
        "not, code or not.",
        "Files without code: Firehose. Replay and readers: a stream. State: Flink. Kafka's API: MSK. "
        "One worker for a "
        "job: a queue.",
    ),
)
