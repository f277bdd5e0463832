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
# A game sends an event for everything that its players do. One team counts the players. Another team looks for
# cheats. A third one fills the data lake. All three read the same events, each at its own pace. Amazon Kinesis Data
# Streams is the service in the middle. In this lesson you send a few events through a stream and watch where they go.
#
# The outputs are here already, so that you can compare yours with them. If you want to guess honestly, clear them
# first: *Edit > Clear Outputs of All Cells*.

# %% [markdown]
# ## You will be able to …
#
# 1. **name** the services of the Kinesis family as they are called today (SAA-C03 3.5)
# 2. **choose** between Kinesis Data Streams, SQS, MSK, EventBridge and Firehose for a job (SAA-C03 3.5, DVA-C03 1.1.6, DEA-C01 2.1.1)
# 3. **follow** a record from the producer to the consumer and say what it carries (DVA-C03 1.1.6, DEA-C01 1.1.1)
# 4. **say** how safe and how fast a stream is, and what stays your work (SAA-C03 2.2, DEA-C01 2.3.6, DEA-C01 4.1.6)
# 5. **work** with the course: check, hint, solution, progress, submit
#
# **Minutes:** 25 · **Prerequisites:** some Python; you have heard of AWS
#
# Codes in brackets name skills of AWS exams. Boxes called *Classic exam value* say what exams still assume. If you take
# no exam, skip both. [What the exam codes mean](../docs/exams.md).

# %% [markdown]
# ## Before you run anything: a guess
#
# Two players, `player-1` and `player-7`, take turns. They send six events, one after the other, into a stream with two
# **shards**. Then a consumer reads the first shard to its end, and after that the second shard.
#
# **Will it see the six events in the order in which they were sent?** Write down yes or no, and why.
# The picture further down gives the answer.

# %% [markdown]
# ## Is the lab there?
#
# The course runs against a local AWS on your own machine: the **lab**. The code is plain boto3. It would run unchanged
# on AWS. JupyterLab was started with settings that point the code to the lab, with made-up credentials. So your own
# AWS account can't be touched, and nothing is billed.

# %% [markdown]
# Every lesson begins with this cell. It sets the lab back: it switches off what another lesson left on, deletes what an
# earlier run of this lesson left behind, and says what it found.

# %%
from lab import begin

begin("00-welcome")

# %%
import boto3

kinesis = boto3.client("kinesis")
print(kinesis.meta.endpoint_url)

# %% [markdown]
# An address that begins with `http://127.0.0.1` is your own machine: the lab. Does the cell show an error instead?
# Then start the lab with `make lab` in the course's folder, and open the notebook from the page that it opens.

# %% [markdown]
# ## A stream
#
# A **stream** is a set of **shards**. Each shard is a log: records are added at its end, and they stay in that order.
# The stream is what you create, name and give permissions on. The shard is the unit of capacity. Every second it takes
# in up to 1 MiB or 1,000 records, whichever limit is reached first, and it gives out 2 MiB (AWS: Quotas and limits).
#
# How many shards a stream needs depends on the bytes and on the number of records per second. A shard only stores and
# orders. It runs no code of yours: all computing happens in producers and consumers.

# %% [markdown]
# Making a stream takes a moment, so we wait until its status is `ACTIVE`.

# %%
from lab import wait_until_active

STREAM = "course-00-welcome"
kinesis.create_stream(StreamName=STREAM, ShardCount=2)
wait_until_active(kinesis, STREAM)

summary = kinesis.describe_stream_summary(StreamName=STREAM)["StreamDescriptionSummary"]
for name in ("StreamARN", "StreamStatus", "OpenShardCount", "RetentionPeriodHours"):
    print(f"{name:22}{summary[name]}")

# %% [markdown]
# The stream has two open shards. Its **retention period** is 24 hours: that is how long a record stays, read or not. You
# can raise it to 8,760 hours, which is 365 days (AWS: Quotas and limits). The **ARN** is the stream's full name. It
# holds the Region, the account and the stream's own name.
#
# > **On real AWS** a new stream is not ready at once. It costs money by the hour as long as it is there.

# %% [markdown]
# ## The first record
#
# A **producer** puts records in. It chooses two things. The **data** is any bytes. The **partition key** is a text that
# says whose event this is. Data and key together may have up to 1 MiB by default.

# %%
answer = kinesis.put_record(StreamName=STREAM, PartitionKey="player-1", Data=b"joins")

print(answer["ShardId"])
print(answer["SequenceNumber"])

# %% [markdown]
# Kinesis has stored the record. Its answer says two things. The first is the shard that took the record: the partition
# key decided that. The second is the **sequence number**, which Kinesis gives out. Within a shard the numbers rise, so
# they put the records in order. They have gaps.
#
# > **Classic exam value:** exam questions may still say that a record holds at most 1 MB. Today that is only the
# > default. Since October 2025 you can set a stream to take records of up to 10 MiB.

# %% [markdown]
# ## Five more
#
# Now the rest of the game. The two players take turns.

# %%
sent = [{"PartitionKey": "player-1", "Data": b"joins"}]
for player, event in [(7, b"joins"), (1, b"jumps"), (7, b"jumps"), (1, b"scores"), (7, b"leaves")]:
    record = {"PartitionKey": f"player-{player}", "Data": event}
    answer = kinesis.put_record(StreamName=STREAM, **record)
    sent.append(record)
    print(record["PartitionKey"], event.decode(), "->", answer["ShardId"])


# %% [markdown]
# Look at the shards. All events of one player go to the same shard. The same key always leads to the same shard, as
# long as nobody changes the stream's shards. Lesson 02 shows how Kinesis finds the shard.
#
# > **On real AWS** there is one exception. An on-demand stream can be set to distribute its records by itself (`AUTO`).
# > Then it ignores the keys and promises no order. The lab has no `AUTO`.

# %% [markdown]
# ## Reading them back
#
# Producers send, and **consumers receive**. A **consumer** reads shard by shard. First it asks for an **iterator**,
# which is a place in the shard: `TRIM_HORIZON` means the oldest record that is still there. It gives the iterator to
# `get_records`. Each answer brings records and the iterator for the next call.
#
# One answer is not all. It may be empty although more records are ahead. `MillisBehindLatest` says how far the consumer
# is behind the newest record. So a consumer goes on until that is 0. All lessons read with this loop, and
# [lesson 03](03-consumers.ipynb) tells what each line of it is for.

# %%
def read_shard(kinesis, stream, shard_id, kind="TRIM_HORIZON", **start):
    """All records that are in a shard now, from this place on."""
    iterator = kinesis.get_shard_iterator(
        StreamName=stream, ShardId=shard_id, ShardIteratorType=kind, **start
    )["ShardIterator"]
    records, behind = [], None
    while iterator and behind != 0:  # an answer may be empty although more lie ahead
        answer = kinesis.get_records(ShardIterator=iterator)
        records += answer["Records"]
        iterator, behind = answer.get("NextShardIterator"), answer["MillisBehindLatest"]
    return records


# %%
read = {}
for shard in kinesis.list_shards(StreamName=STREAM)["Shards"]:
    read[shard["ShardId"]] = read_shard(kinesis, STREAM, shard["ShardId"])
    print(shard["ShardId"], [record["Data"].decode() for record in read[shard["ShardId"]]])

# %% [markdown]
# Here is one record as the consumer gets it. The **arrival timestamp** says when Kinesis took it in. Take it as a good
# guide and no more: AWS does not promise that it is exact, nor that it always rises.

# %%
for name, value in read["shardId-000000000000"][0].items():
    print(f"{name:29}{value}")

# %% [markdown]
# A shard answers 5 calls of `get_records` a second and gives out 2 MiB a second. All consumers that poll it share both
# limits, also in the lab. [Lesson 03](03-consumers.ipynb) is about that.

# %% [markdown]
# ## The way they went
#
# On the left you see the order of sending. On the right you see the order in which our consumer read. Was your guess
# right?

# %%
from lab.pictures import journey

journey(sent, read)

# %% [markdown]
# The answer is no. The consumer saw all events of one player before any of the other. But follow the lines of one
# shard: **within a shard the order is kept**, so each player's events come in order. Across shards there is no order.
# That is why the partition key matters so much. Events whose order counts must share a key.

# %% [markdown]
# ## Read, and still there
#
# Reading takes nothing away. Another consumer can read the same records, until their retention period is over. So can
# the same consumer after a bug fix. Nobody can change or delete a single record: records are **immutable**.

# %%
second = read_shard(kinesis, STREAM, "shardId-000000000000")

print(len(second), "records; the same as before:", second == read["shardId-000000000000"])

# %%
from grader import question

question("00-welcome", "after-reading")

# %% [markdown]
# ## How safe, how fast, how much work
#
# **Safe:** before a put is answered, Kinesis has copied the record to three **Availability Zones** of the Region. You
# can't switch that off, and it costs nothing more (AWS: FAQs). So a lost data centre loses no record. Three copies don't
# help against expiry, a deleted stream or a bad producer. Nothing is copied to another Region unless you do it.
#
# **Available:** the service agreement promises 99.9 % a month. Below that, AWS pays a part of the bill back.

# %% [markdown]
# **Fast:** from put to get it typically takes less than 1 second. On average it is about 200 ms for a consumer that polls,
# and about 70 ms for one with *enhanced fan-out* (AWS: enhanced fan-out consumers). That is called **real time**. A
# service that first fills a buffer is **near real time**: Data Firehose waits for 300 seconds or 5 MiB by default.
#
# **Fully managed** means that AWS runs the servers, the storage, the copies and the network. This stays your work:
# keys and capacity, retries, consumers that keep up, records that come twice, permissions, alarms and the bill.

# %%
question("00-welcome", "how-safe")

# %% [markdown]
# ## The family and its names
#
# | Today | Was | What it does |
# |---|---|---|
# | **Amazon Kinesis Data Streams** | Amazon Kinesis Streams | keeps records for many readers, in order within a shard: this course |
# | **Amazon Data Firehose** | Kinesis Data Firehose, until February 2024 | carries records to S3, Redshift, OpenSearch and others; keeps nothing to replay |
# | **Amazon Managed Service for Apache Flink** | Kinesis Data Analytics, until 2023-08-30 | computes on streams, with state: windows, joins |
# | **Amazon Kinesis Video Streams** | the same | takes in video; a service of its own |

# %% [markdown]
# Kinesis Data Analytics **for SQL** is gone: its applications were deleted from 2026-01-27. SQL itself lives on as
# Flink SQL. In the API the old names stay: `kinesis`, `firehose` with its delivery streams, `kinesisanalyticsv2` for
# Flink.
#
# > **Classic exam value:** questions may use the old names. Translate them with this table.

# %%
question("00-welcome", "todays-names")

# %% [markdown]
# ## When a stream, and when not
#
# Most jobs have one requirement that decides. Find that one first.
#
# | The requirement that decides | Take |
# |---|---|
# | many readers of the same records, order by key, read again later | **Kinesis Data Streams** |
# | the same for programs that already speak Apache Kafka | **Amazon MSK**, managed Kafka |
# | each piece of work goes to one worker and is gone when it is done | **Amazon SQS**, a queue |
# | rules look at each event and send it on to the services that care | **Amazon EventBridge**, an event bus |
# | records end up in a store such as S3, without code; minutes of delay are fine | **Amazon Data Firehose** |

# %% [markdown]
# Clickstreams, telemetry, logs and change feeds are typical for a stream. They have many small records. Several readers
# want them within about a second, and perhaps again tomorrow.
#
# Try it on four jobs. Decide for each one before you open the options. The assignment has more of them.

# %%
question("00-welcome", "which-service")

# %%
question("00-welcome", "kafka-stays")

# %%
question("00-welcome", "one-worker")

# %% [markdown]
# > **On real AWS** an on-demand stream can have **queues** of its own since November 2026. A queue hands the stream's
# > records out as work. Queues were three days old when the facts of this course were gathered: know that they exist.

# %% [markdown]
# ## How this course works
#
# Each lesson has an **assignment** of the same number in `exercises/`. In its notebook you fill in the cells that are
# marked as yours. These calls help you. Write each in a cell of its own. They answer at once and work offline.
#
# | Call | What it does |
# |---|---|
# | `check("task")` | says what was seen and what was expected; checks as often as you like |
# | `hint("task")` | a direction; `hint("task", 2)` gives the next step |
# | `solution("task")` | a worked answer, after you have tried |
# | `progress()` | what you have passed so far; it survives a restart |

# %% [markdown]
# **Before your first exercise** open a terminal here (*File > New > Terminal*). Type `grader whoami NAME` with your own
# name. You do that only once: some numbers differ from learner to learner. In the same terminal,
# `grader mark 00-welcome` marks your work in full, with hidden cases. `grader submit 00-welcome` packs it for your
# instructor. Do you read this as a page on the web? The lessons need the lab to run: `make lab`.
#
# A **knowledge check** like those above is for you alone. Decide first. Put your letter into its cell as a third value,
# `question("00-welcome", "how-safe", "b")`, and run the cell: it says whether that is right, and `progress()` counts it.
# Where more than one is right, write `"a, c"`. Then open *every* option: the wrong ones say why they are wrong.

# %% [markdown]
# ## The way through
#
# | Lesson | You will be able to | Minutes |
# |---|---|---|
# | 00 [Welcome: a record's way through a stream](00-welcome.ipynb) | name the family, choose the service, follow a record | 25 |
# | 01 [Producers: how events get into a stream](01-producers.ipynb) | send in batches, resend what failed, keep order, pack | 60 |
# | 02 [Shards: where a record goes, and how a stream grows](02-shards.ipynb) | predict shards, size a stream, split, merge and scale it | 75 |
# | 03 [Consumers: how records come out of a stream](03-consumers.ipynb) | read without losing or repeating, choose fan-out, set Lambda's mapping | 75 |
# | 04 [Retention: how long records stay, and how to read them again](04-retention.ipynb) | replay a time window, see loss coming | 50 |

# %% [markdown]
# | Lesson | You will be able to | Minutes |
# |---|---|---|
# | 05 [Capacity modes: who counts the shards, and what it costs](05-capacity-modes.ipynb) | cost a workload in each mode, find the break-even, foresee throttling | 40 |
# | 06 [Throttling: when a shard refuses](06-throttling.ipynb) | deliver everything through a throttled stream; find a hot key and cure it | 70 |
# | 07 [Security: who may do what, and who did](07-security.ipynb) | grant the least that works, encrypt, find who did it | 80 |
# | 08 [KCL: many workers, one stream, no record lost](08-kcl.ipynb) | write a record processor that survives a crash, read a lease table | 75 |
# | 09 [Delivery: from records to files, and nothing lost on the way](09-delivery.ipynb) | set Firehose's buffer for a goal, transform records, account for every one | 40 |
# | 10 [Operations: a stream that a team runs for years](10-operations.ipynb) | keep streams in files, plan and apply, find an incident's cause | 40 |
# | 11 [Capstone: a game's launch night](11-capstone.ipynb) | watch a design fail, repair it, and build the whole | 40 |

# %% [markdown]
# This cell shows how far you are. Run it again whenever you come back. In an exercise `progress()` shows its tasks. In a
# terminal, `grader progress` shows this table. There, `grader exam` opens practice exams for three AWS certifications
# and the course exam. Nothing starts before you press *Start*.

# %% tags=["nbval-ignore-output"]
from grader import progress

progress()

# %% [markdown]
# ## See it move: the playground
#
# The playground is a page on which you send records and watch them go: into the lanes of a real stream, through
# Firehose's buffer, into S3. It has an AWS account of its own, so it does not disturb a lesson.
#
# <button data-commandlinker-command="playground:open" data-commandlinker-args="{}">Open the playground</button>
#
# The launcher (*File > New Launcher*) has it too. Without JupyterLab, `make run` opens it.

# %% [markdown]
# Each of its tours shows one idea, and belongs to a lesson:
#
# | Tour | Lesson |
# |---|---|
# | A split | [02 Shards](02-shards.ipynb) |
# | A hot key; a burst | [06 Throttling](06-throttling.ipynb) |
# | Retention runs out | [04 Retention](04-retention.ipynb) |
# | A dead consumer | [08 KCL](08-kcl.ipynb) |
# | Buffer by size or time | [09 Delivery](09-delivery.ipynb) |

# %% [markdown]
# ## Tidy up
#
# On AWS a forgotten stream costs money every hour. So every lesson ends by deleting what it made.

# %%
import boto3

kinesis, STREAM = boto3.client("kinesis"), "course-00-welcome"
patience = {"Delay": 1, "MaxAttempts": 60}
if STREAM in kinesis.list_streams()["StreamNames"]:
    kinesis.delete_stream(StreamName=STREAM)
kinesis.get_waiter("stream_not_exists").wait(StreamName=STREAM, WaiterConfig=patience)

print(STREAM, "still there:", STREAM in kinesis.list_streams()["StreamNames"])

# %% [markdown]
# ## What to keep
#
# | Word | Meaning |
# |---|---|
# | record | data and partition key from you; sequence number and arrival time from Kinesis |
# | shard | a log with capacity: 1 MiB or 1,000 records a second in, 2 MiB a second out |
# | order | kept within a shard, not across shards |
# | retention | 24 hours unless raised, up to 365 days; reading removes nothing |
# | safe | three Availability Zones before the put is answered |
# | real time | under a second; Firehose is near real time |

# %% [markdown]
# > **What study notes get wrong**
# >
# > - *“A shard takes 1 Mb/s.”* Notes that write megabits are off by a factor of eight: these are mega**bytes**.
# > - *“Consumers can send 2 MB/s.”* Consumers receive: a shard gives out 2 MiB a second, shared by all who poll it.
# > - *“Shards split data and computing power.”* A shard runs nothing. Consumers do the computing.
# > - *“Streams are the basic unit of Kinesis.”* The stream is what you create. The unit of capacity is the shard.
# > - *“Kinesis firehouse”, “Kinesis Data Analytics”, “blog”.* Read Amazon Data Firehose, Managed Service for Apache
# >   Flink, and blob (the data of a record).

# %% [markdown]
# ## You can now …
#
# 1. **name** the services of the Kinesis family as they are called today (SAA-C03 3.5)
# 2. **choose** between Kinesis Data Streams, SQS, MSK, EventBridge and Firehose for a job (SAA-C03 3.5, DVA-C03 1.1.6, DEA-C01 2.1.1)
# 3. **follow** a record from the producer to the consumer and say what it carries (DVA-C03 1.1.6, DEA-C01 1.1.1)
# 4. **say** how safe and how fast a stream is, and what stays your work (SAA-C03 2.2, DEA-C01 2.3.6, DEA-C01 4.1.6)
# 5. **work** with the course: check, hint, solution, progress, submit
#
# **Where next:** the warm-up assignment, [00-welcome](../exercises/00-welcome/00-welcome.ipynb), shows how tasks
# work. Then lesson 01, [Producers](01-producers.ipynb).
