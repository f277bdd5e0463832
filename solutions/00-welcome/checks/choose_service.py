"""Task `choose_service`: choose a service for six jobs (facts choice.*, firehose.no-replay, flink.name)."""

from grader.tasks.declaration import Choice, Task

LESSON = "course/00-welcome.ipynb"

SERVICES_BY_LETTER = {
    "a": "Amazon Kinesis Data Streams",
    "b": "Amazon MSK",
    "c": "Amazon SQS",
    "d": "Amazon EventBridge",
    "e": "Amazon Data Firehose",
    "f": "Amazon Managed Service for Apache Flink",
}


def _job(name: str, right: str, **why: str) -> Choice:
    """A job as a part: `why` says for each wrong letter what it lacks."""
    return Choice(
        id=name,
        points=1,
        says=f"`{name}` must be the service that the job's deciding requirement asks for",
        name=name,
        options=SERVICES_BY_LETTER,
        right=(right,),
        why=why,
    )


TASK = Task(
    id="choose_service",
    title="Choose a service for six jobs",
    read=f"{LESSON}, “When a stream, and when not”",
    parts=(
        _job(
            "scores",
            "a",
            b="It could be done with Kafka. But nothing here asks for Kafka's clients or tools, and all "
            "programs are new.",
            c="A queue gives each message to one worker, who deletes it. Three teams can't all read it, "
            "and nobody can "
            "read it again.",
            d="A bus pushes events to targets. The teams want to read at their own pace, and some read "
            "again.",
            e="Firehose delivers to a store. The teams could not read from it, nor go back in it.",
            f="Flink computes on a stream. The question is what holds the events for three teams.",
        ),
        _job(
            "payments",
            "b",
            a="Kinesis has an API of its own, so all the programs would have to change. They speak Kafka "
            "and must stay.",
            c="A queue has neither Kafka's protocol nor several readers of one message.",
            d="A bus routes events by rules. Programs that speak Kafka can't use it.",
            e="Firehose delivers to a store. It is no broker for Kafka programs.",
            f="Flink reads from Kafka. It doesn't replace the brokers that the programs talk to.",
        ),
        _job(
            "thumbnails",
            "c",
            a="A stream's records belong to shards, not to the next free worker. A slow picture holds up "
            "those behind it.",
            b="Kafka has the same trouble: a partition's records are read in turn, and none is deleted "
            "by itself.",
            d="A rule would push every picture at once. The workers want to fetch one when they are free.",
            e="Firehose delivers to a store and hands out no work.",
            f="Flink is for computing on streams with state. Here each job stands for itself.",
        ),
        _job(
            "orders",
            "d",
            a="A stream gives every reader all records, and each reader would have to filter. The job "
            "asks for rules.",
            b="Kafka has no rules that look into an event and choose its target.",
            c="One queue is for one kind of work. Somebody would have to sort the events into queues first.",
            e="Firehose delivers all records to one destination.",
            f="It could filter, but somebody would write and run a program for what a rule does.",
        ),
        _job(
            "logs",
            "e",
            a="A stream keeps the records, but something must still write them to S3. The job asks for "
            "no code.",
            b="Kafka keeps the records, but something must still write them to S3.",
            c="A queue needs a worker, which is a program, to write the files.",
            d="A bus sends single events on. It makes no files of many records.",
            f="A Flink program could write files. But that is code, and nothing here needs its state.",
        ),
        _job(
            "fraud",
            "f",
            a="A stream carries the events, and is needed here as the source. But it computes nothing.",
            b="Kafka carries events as well. The windows and joins still need a program that runs somewhere.",
            c="A queue hands out single messages. The job needs many events together, over time.",
            d="A rule looks at one event at a time. It can't count a card's payments over ten minutes.",
            e="Firehose delivers records. It may change single ones, but it keeps no state over time.",
        ),
    ),
    hints=(
        "Find the one requirement that decides, before you think of a service. It is the one that you "
        "could not drop "
        "without changing the job.",
        "Who reads, and how often? One worker for each message, several readers who may go back, or a "
        "store? Must "
        "existing code stay? Must something be computed over time?",
    ),
)
