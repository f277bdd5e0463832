# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Welcome: a record's way through a stream
#
# A game sends an event for everything its players do. One team counts the players, another looks for cheats, a
# third fills the data lake, all from the same events, each at its own pace. Amazon Kinesis Data Streams is the
# service in the middle. In this lesson you send a few events through a real stream and watch where they go.
#
# The outputs are here already, so that you can compare yours. To guess honestly, clear them first: *Edit > Clear
# Outputs of All Cells*.

# %% [markdown]
# ## You will be able to …
#
# 1. **name** the services of the Kinesis family as they are called today (SAA-C03 3.5)
# 2. **choose** between Kinesis Data Streams, SQS, MSK and EventBridge for a job (SAA-C03 3.5, DEA-C01 1.1.1)
# 3. **follow** a record from the producer to the consumer and say what it carries (DEA-C01 1.1.1, DEA-C01 2.1.1)
# 4. **work** with the course: check, hint, solution, progress, submit
#
# **Minutes:** 20 · **Prerequisites:** some Python; you have heard of AWS
#
# Codes in brackets are objectives of AWS exams. Boxes headed *Classic exam value* say what exams still assume. Skip
# both if you take none.

# %% [markdown]
# ## Before you run anything: a guess
#
# Two players, `player-1` and `player-7`, take turns: six events, sent one after the other into a stream with two
# **shards**. A consumer then reads the first shard to its end, and after it the second.
#
# **Will it see the six events in the order in which they were sent?** Write down yes or no, and why.
# The picture further down gives the answer.

# %% [markdown]
# ## Is the lab there?
#
# The course runs against a local AWS on your own machine: the **lab**. The code is plain boto3, and would run
# unchanged on AWS. Only the environment that JupyterLab was started with points it here, with made-up credentials,
# so your own AWS account can be neither touched nor billed.

# %%
import boto3

kinesis = boto3.client("kinesis")
print(kinesis.meta.endpoint_url)

# %% [markdown]
# An address that begins with `http://127.0.0.1` is your own machine: the lab. (If the cell complains instead, start
# the lab with `make lab` in the course's folder, and open the notebook from the page that it opens.)

# %% [markdown]
# ## A stream
#
# A **stream** is an ordered, lasting log of records, made of one or more **shards**. A shard is a piece of
# throughput: every second it takes in 1 MiB or 1,000 records, whichever is reached first, and gives out 2 MiB
# (AWS: Quotas and limits). Notes that write *1 Mb/s* are off by a factor of eight: these are mega**bytes**. How many
# shards it takes depends on the volume and on the number of records. Making a stream takes a moment, so we wait until its status is ACTIVE.
#
# (`ResourceInUseException`? An earlier run has left the stream behind. Run the cell under *Tidy up* near the end,
# then this one again.)

# %%
from lab import wait_until_active

STREAM = "course-00-welcome"
kinesis.create_stream(StreamName=STREAM, ShardCount=2)
wait_until_active(kinesis, STREAM)

summary = kinesis.describe_stream_summary(StreamName=STREAM)["StreamDescriptionSummary"]
for name in ("StreamARN", "StreamStatus", "OpenShardCount", "RetentionPeriodHours"):
    print(f"{name:22}{summary[name]}")

# %% [markdown]
# Two open shards, and a **retention period** of 24 hours: the time a record stays, read or not. It can be raised to
# 8,760 hours, which is 365 days (AWS: Quotas and limits). The ARN is the stream's full name: region, account, stream.
#
# > **On real AWS** a new stream is not ready at once, and costs money by the hour from then on.

# %% [markdown]
# ## The first record
#
# A **producer** puts records in. It chooses two things: the **data**, any bytes up to 1 MiB together with the key
# (a stream can be set to take up to 10 MiB), and the **partition key**, a text that says whose event this is.

# %%
answer = kinesis.put_record(StreamName=STREAM, PartitionKey="player-1", Data=b"joins")

print(answer["ShardId"])
print(answer["SequenceNumber"])

# %% [markdown]
# Kinesis has stored the record and tells you two things: the shard that took it, chosen by the partition key, and
# its **sequence number**, which Kinesis gives out. Within a shard these numbers put the records in order; they have
# gaps.
#
# > **Classic exam value:** exam questions may still say that a record holds at most 1 MB. That is the default today,
# > not the limit: since October 2025 a stream can be set to up to 10 MiB.

# %% [markdown]
# ## Five more
#
# Now the rest of the game: the two players take turns.

# %%
sent = [{"PartitionKey": "player-1", "Data": b"joins"}]
for player, event in [(7, b"joins"), (1, b"jumps"), (7, b"jumps"), (1, b"scores"), (7, b"leaves")]:
    record = {"PartitionKey": f"player-{player}", "Data": event}
    answer = kinesis.put_record(StreamName=STREAM, **record)
    sent.append(record)
    print(record["PartitionKey"], event.decode(), "->", answer["ShardId"])

# %% [markdown]
# Look at the shards: all events of one player go to the same one. The same key always leads to the same shard, as
# long as the stream is not resharded. How the shard is found from the key is lesson 02.
#
# > **On real AWS** there is one exception: an on-demand stream whose **record distribution** is set to `AUTO` ignores
# > the keys, and promises no order. The lab has no `AUTO`.

# %% [markdown]
# ## Reading them back
#
# Producers send, **consumers receive**: the 2 MiB a second of a shard are what it gives to all who poll it, together.
# A **consumer** reads shard by shard. It asks for an **iterator**, a place in the shard (`TRIM_HORIZON` is the
# oldest record still there), and hands it to `get_records`. Each answer brings an iterator for the next call.

# %%
read = {}
for shard in kinesis.list_shards(StreamName=STREAM)["Shards"]:
    place = kinesis.get_shard_iterator(
        StreamName=STREAM, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
    )
    answer = kinesis.get_records(ShardIterator=place["ShardIterator"])
    read[shard["ShardId"]] = answer["Records"]
    print(shard["ShardId"], [record["Data"].decode() for record in answer["Records"]])

# %% [markdown]
# Here is what one record looks like to the consumer. The **arrival timestamp** is when Kinesis took it in; it is a
# good guide, and no more: AWS promises neither that it is exact nor that it never goes back.

# %%
for name, value in read["shardId-000000000000"][0].items():
    print(f"{name:29}{value}")

# %% [markdown]
# A shard answers 5 calls of `get_records` a second, shared by all who poll it; the lab counts them too. Lesson 03
# (planned) is about that.
#
# > **On real AWS** one empty answer does not mean that a shard has no records: go on with the next iterator.

# %% [markdown]
# ## The way they went
#
# On the left the order of sending, on the right the order in which our consumer read. Was your guess right?

# %%
from lab.pictures import journey

journey(sent, read)

# %% [markdown]
# No: the consumer saw all of `player-1` before any of `player-7`. But follow one kind of line: **within a shard the
# order is kept**, so each player's events come in order. Across shards there is no order. That is why the partition
# key matters so much: events whose order counts must share a key.

# %% [markdown]
# ## Read, and still there
#
# Reading takes nothing away. Another consumer, or the same one after a bug fix, reads the same records again until
# their retention period is over. Nobody can change or delete a single record either: they are **immutable**.

# %%
again = kinesis.get_shard_iterator(
    StreamName=STREAM, ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
)["ShardIterator"]
second = kinesis.get_records(ShardIterator=again)["Records"]

print(len(second), "records; the same as before:", second == read["shardId-000000000000"])

# %%
from grader import question

question("00-welcome", "after-reading")

# %% [markdown]
# ## The family and its names
#
# | Today | Was | What it does |
# |---|---|---|
# | **Amazon Kinesis Data Streams** | – | keeps records in order for many readers: this course |
# | **Amazon Data Firehose** | Kinesis Data Firehose, until February 2024 | carries records to S3, Redshift, OpenSearch and others; keeps nothing to replay |
# | **Amazon Managed Service for Apache Flink** | Kinesis Data Analytics, until 2023-08-30 | computes on streams, with state: windows, joins |
# | **Amazon Kinesis Video Streams** | – | takes in video; a service apart |

# %% [markdown]
# Kinesis Data Analytics **for SQL** is gone: its applications were deleted from 2026-01-27. SQL itself lives on as
# Flink SQL. In the API the old names stay: `firehose` with its delivery streams, `kinesisanalyticsv2` for Flink.
#
# > **Classic exam value:** expect the old names in questions. Translate them with this table.

# %%
question("00-welcome", "todays-names")

# %% [markdown]
# ## When a stream, and when not
#
# | You need … | Take |
# |---|---|
# | many readers of the same records, order by key, replay for up to 365 days | **Kinesis Data Streams** |
# | work handed out: each message to one worker, deleted when it is done | **Amazon SQS**, a queue |
# | Apache Kafka itself: its protocol, clients and tools | **Amazon MSK**, managed Kafka |
# | events matched by rules and sent on to the services that care | **Amazon EventBridge**, an event bus |
# | records simply delivered to a store such as S3 | **Amazon Data Firehose**, by itself or behind a stream |
#
# Clickstreams, telemetry, logs and change feeds are typical for a stream: many small records, wanted by several
# readers within about a second, and perhaps again tomorrow.

# %%
question("00-welcome", "which-service")

# %% [markdown]
# > **On real AWS** a stream in on-demand mode can have **queues** of its own since November 2026, which hand its
# > records out as work. They were three days old when the facts of this course were gathered: know that they exist.

# %% [markdown]
# ## How this course works
#
# Each lesson has an **assignment** of the same number in `exercises/`. In its notebook you fill in the cells marked
# as yours; these calls, each in a cell of its own, help you on. They answer at once and work offline.
#
# | Call | What it does |
# |---|---|
# | `check("task")` | says what was seen and what was expected; checks as often as you like |
# | `hint("task")` | a direction; `hint("task", 2)` gives the next step |
# | `solution("task")` | a worked answer, after you have tried |
# | `progress()` | what you have passed so far; it survives a restart |

# %% [markdown]
# **Before your first exercise** open a terminal here (*File > New > Terminal*) and say `grader whoami NAME` with your
# name, once: some numbers differ from learner to learner. In the same terminal, `grader mark 00-welcome` marks your
# work in full, hidden cases included, and `grader submit 00-welcome` packs it for your instructor. Reading this as a
# page on the web? The lessons need the lab to run: `make lab`.
#
# A **knowledge check** like those above is for you alone. Decide first, then open *every* option: the wrong ones
# say what is wrong with them.

# %% [markdown]
# ## The way through: ready now
#
# | Lesson | You will be able to | Minutes |
# |---|---|---|
# | 00 [Welcome: a record's way through a stream](00-welcome.ipynb) | name the family, choose the service, follow a record | 20 |
# | 01 [Producers: how events get into a stream](01-producers.ipynb) | send in batches, resend what failed, keep order, pack | 40 |
# | 02 [Shards: where a record goes, and how a stream grows](02-shards.ipynb) | predict shards, size a stream, split, merge and scale it | 40 |
# | 04 [Retention: how long records stay, and how to read them again](04-retention.ipynb) | replay a time window, see loss coming | 35 |
# | 05 [Capacity modes: who counts the shards, and what it costs](05-capacity-modes.ipynb) | cost a workload in each mode, find the break-even, foresee throttling | 30 |
# | 06 [Throttling: when a shard refuses](06-throttling.ipynb) | deliver everything through a throttled stream; find a hot key and cure it | 40 |
# | 07 [Security: who may do what, and who did](07-security.ipynb) | grant the least that works, encrypt, find who did it | 40 |
# | 08 [KCL: many workers, one stream, no record lost](08-kcl.ipynb) | write a record processor that survives a crash, read a lease table | 40 |

# %% [markdown]
# How far you are stands here: run the cell again whenever you come back. In an exercise `progress()` shows its tasks; in
# a terminal, `grader progress` shows this table.

# %% tags=["nbval-ignore-output"]
from grader import progress

progress()

# %% [markdown]
# ## The way through: planned
#
# | Lesson | You will be able to |
# |---|---|
# | 03 Consumers | read with five kinds of iterator, shared or with fan-out |
# | 09 Delivery | set Firehose's buffers for a goal |
# | 10 Operations, 11 Capstone | run streams from configuration; build the whole and repair it |
# | Practice exams | answer questions in the style of SAA-C03, DVA-C03 and DEA-C01 |

# %% [markdown]
# ## Tidy up
#
# On AWS a forgotten stream costs money every hour. Every lesson ends by deleting what it made.

# %%
patience = {"Delay": 1, "MaxAttempts": 60}
kinesis.delete_stream(StreamName=STREAM)
kinesis.get_waiter("stream_not_exists").wait(StreamName=STREAM, WaiterConfig=patience)

print(STREAM, "still there:", STREAM in kinesis.list_streams()["StreamNames"])

# %% [markdown]
# ## What to keep
#
# | Word | Meaning |
# |---|---|
# | record | data and partition key from you; sequence number and arrival time from Kinesis |
# | shard | a piece of the stream: 1 MiB or 1,000 records a second in, 2 MiB a second out |
# | order | kept within a shard, not across shards |
# | retention | 24 hours unless raised, up to 365 days; reading removes nothing |

# %% [markdown]
# ## You can now …
#
# 1. **name** the services of the Kinesis family as they are called today (SAA-C03 3.5)
# 2. **choose** between Kinesis Data Streams, SQS, MSK and EventBridge for a job (SAA-C03 3.5, DEA-C01 1.1.1)
# 3. **follow** a record from the producer to the consumer and say what it carries (DEA-C01 1.1.1, DEA-C01 2.1.1)
# 4. **work** with the course: check, hint, solution, progress, submit
#
# **Where next:** the warm-up assignment, [00-welcome](../exercises/00-welcome/00-welcome.ipynb), shows how tasks
# work. Then lesson 01, [Producers](01-producers.ipynb).
