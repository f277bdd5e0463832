# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Retention: how long records stay, and how to read them again
#
# A queue forgets a message when it is done. A stream keeps every record for some time, read or not. During that time
# anybody can read it again: a second team, a consumer that was down, a program whose bug of yesterday is fixed. That time
# is the **retention period**. A record that was not read by then can never be read, and nobody is told. In this lesson days
# pass in seconds, records expire before your eyes, and an alarm goes off in time.
#
# The outputs are here already, so that you can compare yours with them. If you want to guess honestly, clear them
# first: *Edit > Clear Outputs of All Cells*.

# %% [markdown]
# ## You will be able to …
#
# 1. **set** a retention period, and say what raising and lowering it does (SAA-C03 1.3, DVA-C03 1.3.1, DEA-C01 2.1.1)
# 2. **replay** records from a time or from a sequence number (DEA-C01 1.1.11)
# 3. **tell** when records will be lost, and whether a backlog is drained in time (SAA-C03 3.5, DEA-C01 2.3.6)
# 4. **raise** an alarm before they are, also when the consumer is dead (DVA-C03 4.2.3, DEA-C01 3.3.3)
# 5. **work out** what a retention period costs (SAA-C03 3.5, DEA-C01 2.1.1)
#
# **Minutes:** 50 · **Prerequisites:** lesson 02, [Shards](02-shards.ipynb) · **A break:** half-way
#
# [What the exam codes mean](../docs/exams.md)

# %% [markdown]
# ## Before you run anything: a guess
#
# A stream has the default retention of 24 hours. An order comes in at half past every hour, for 30 hours. One consumer
# reads each order at once. A second consumer was down all the time. It starts when the 30 hours are over, at the oldest
# record that is still there.
#
# How many orders will the second one see: 30, 24 or none? And how many does the first one see if it starts from the
# beginning again?

# %% [markdown]
# ## Begin
#
# The first cell sets the lab back. It switches off what another lesson left on, deletes what an earlier run of this
# lesson left behind, and says what it found.

# %%
from lab import begin

begin("04-retention")

# %%
import boto3

from lab import clock, wait_until_active
from lab.control import control

STREAM, SHARD = "course-04-retention", "shardId-000000000000"
kinesis = boto3.client("kinesis")
control().set("quotas", mode="off")
kinesis.create_stream(StreamName=STREAM, ShardCount=1)
wait_until_active(kinesis, STREAM)

# %% [markdown]
# The lab has a **clock that can be moved**: `clock.advance(hours=1)`. Retention, arrival times and iterator ages go by this
# clock. The five reads a second of a shard don't. We squeeze days into seconds, so this lesson switches the quotas off.

# %%
start = clock.now()


def hour():
    """Whole hours since the lesson began, by the lab's clock."""
    return int((clock.now() - start).total_seconds() / 3600)


def write_an_order():
    """Put the order of this hour."""
    kinesis.put_record(StreamName=STREAM, PartitionKey="shop", Data=f"order {hour()}".encode())


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
def read(*kind, **start):
    """The records of the shard from this place on."""
    return read_shard(kinesis, STREAM, SHARD, *kind, **start)


def words(records):
    return [record["Data"].decode() for record in records]


# %%
seen_at_once = []
for _ in range(30):
    clock.advance(minutes=30)
    write_an_order()
    seen_at_once.append(words(read())[-1])
    clock.advance(minutes=30)

left = words(read())
print("the first one saw", len(seen_at_once), "from", seen_at_once[0], "to", seen_at_once[-1])
print("the second one sees", len(left), "from", left[0], "to", left[-1])

# %% [markdown]
# The orders of the first hours are gone for both. A consumer that starts over sees only what the second one sees. Notice
# what did **not** happen: there was no error, and the API shows no gap in the numbers. `TRIM_HORIZON` is simply the oldest
# record that is left.
#
# > **On real AWS** records expire by real time, and you wait. `lab reset` empties the lab and sets its clock back.

# %% [markdown]
# ## Immutable, and nothing to take back
#
# An order was wrong. Which call changes it, or deletes it? Look for one.

# %%
calls = [name for name in dir(kinesis) if "record" in name and not name.startswith("_")]
print([name for name in calls if name.startswith(("put", "get"))])
print([name for name in calls if name.startswith(("delete", "change", "replace"))])

# %% [markdown]
# There is none, since a record is **immutable**. It leaves when it expires, when the retention is lowered, or with its
# stream. A correction is a new record behind the old one. Consumers must know to prefer the later one.

# %%
kinesis.put_record(StreamName=STREAM, PartitionKey="shop", Data=b"order 29, corrected")
words(read())[-2:]

# %%
from grader import question

question("04-retention", "who-sees-what")


# %% [markdown]
# ## Two consumers, two paces
#
# A stream remembers nothing about its readers. Each keeps its own place. So a fast and a slow consumer read the same records
# and don't disturb each other. Here *search* reads all that is new, every three hours. *Audit* reads only one record each
# time. `MillisBehindLatest` of an answer says how far behind its reader is. Guess the hours for each.

# %%
def one_answer(number, limit):
    """One answer from behind this record: at most so many records, and how many hours behind."""
    last = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "StartingSequenceNumber": number}
    place = kinesis.get_shard_iterator(StreamName=STREAM, ShardId=SHARD, **last)
    answer = kinesis.get_records(ShardIterator=place["ShardIterator"], Limit=limit)
    return answer["Records"], answer["MillisBehindLatest"] / 3_600_000


# %%
newest = read()[-1]["SequenceNumber"]
place = {"search": newest, "audit": newest}
limit = {"search": 10_000, "audit": 1}
for _ in range(4):
    for _ in range(3):
        clock.advance(hours=1)
        write_an_order()
    for name in place:
        records, behind = one_answer(place[name], limit[name])
        place[name] = records[-1]["SequenceNumber"]
        print(f"hour {hour()}: {name:6} read {len(records)}, is now {behind:.0f} h behind")

# %% [markdown]
# Both read the same stream, and neither took anything from the other. A consumer only has to keep one **sequence number**:
# its checkpoint. (An iterator would not do, since it is valid for 5 minutes only. AWS: API model, GetShardIterator.) Audit
# falls behind further and further: 2 hours every 3 hours. Remember that. It is the beginning of a loss.

# %% [markdown]
# ## Raise it, in time
#
# The period is a whole number of **24 to 8,760 hours**, which is 365 days (AWS: Quotas and limits). 36 is a legal value, too.
# Raising it **does not bring back what has expired**. What is the oldest order now, and what will it be afterwards?

# %%
print("oldest before:", words(read())[0])

kinesis.increase_stream_retention_period(StreamName=STREAM, RetentionPeriodHours=36)
print("oldest after:", words(read())[0])

# %% [markdown]
# > **On real AWS** a longer period takes effect **within several minutes**. The lab does it at once. Records that reach the
# > old age during these minutes may be lost, so don't wait for the last moment.
#
# The same from the command line:

# %%
# !aws kinesis increase-stream-retention-period --stream-name course-04-retention --retention-period-hours 48

# %%
# !aws kinesis describe-stream-summary --stream-name course-04-retention --query StreamDescriptionSummary.RetentionPeriodHours

# %%
from botocore.exceptions import ClientError

for hours in (47, 9000):
    try:
        kinesis.increase_stream_retention_period(StreamName=STREAM, RetentionPeriodHours=hours)
    except ClientError as error:
        print(hours, error.response["Error"]["Code"])

# %% [markdown]
# A raise to less than the present period is refused, and so is more than a year. The call
# `decrease_stream_retention_period` lowers it. Guess what it does to records that are then too old. Does it wait for a day?

# %% [markdown]
# ## The window rolls
#
# Here is a picture of it all. We read from `TRIM_HORIZON` every three hours, and note the oldest and the newest order.
# First the period is 48 hours. At hour 66 it goes down to 24, and at hour 78 up to 48 again.

# %%
from lab.pictures import Reading, rolling_window


def set_period(hours):
    """Raise or lower the retention period to so many hours."""
    about = kinesis.describe_stream_summary(StreamName=STREAM)["StreamDescriptionSummary"]
    change = kinesis.increase_stream_retention_period
    if hours < about["RetentionPeriodHours"]:
        change = kinesis.decrease_stream_retention_period
    change(StreamName=STREAM, RetentionPeriodHours=hours)
    return hours


# %%
readings, period = [], 48
while hour() < 99:
    if hour() in (66, 78):
        period = set_period({66: 24, 78: 48}[hour()])
    there = [int(text.split()[1].strip(",")) for text in words(read())]
    readings.append(Reading(hour(), there[0], there[-1], period))
    for _ in range(3):
        clock.advance(hours=1)
        write_an_order()

# %%
rolling_window(readings)

# %% [markdown]
# Read it from left to right. As long as the period is longer than what is there, nothing expires, and the bars grow. At
# hour 66 a day's worth of orders was gone **almost at once**. At hour 78 nothing came back. The bars grow again from where
# they were.
#
# So the window rolls on by itself, and you choose its length. Nothing else removes records: neither reading nor a full
# disk.

# %%
question("04-retention", "raise-and-lower")

# %% [markdown]
# ## Replay by time
#
# *Search* had a bug: in the hours 80 to 83 it took every order for a return. The bug is fixed now, and only the orders of
# these four hours must be read again. `AT_TIMESTAMP` begins at the first record that came in at that time or later. No call
# takes an end. Your program must stop by itself, by each record's arrival time.

# %%
from datetime import timedelta

first, end = start + timedelta(hours=79.5), start + timedelta(hours=83.5)
records = read("AT_TIMESTAMP", Timestamp=first)
again = [record for record in records if record["ApproximateArrivalTimestamp"] < end]
print(words(again))

# %% [markdown]
# We read from 79:30 to 83:30, which covers the orders of the hours 80 to 83. On a busy stream leave some minutes of room on
# both sides, since arrival times are approximate. A replay is a second delivery, too. A program that adds up sales must
# **overwrite** hour 80, not add to it. Otherwise the four hours count twice.
#
# A time before the oldest record is no error. Guess where reading begins.

# %%
records = read("AT_TIMESTAMP", Timestamp=start)
print("begins at the oldest:", words(records)[0] == words(read())[0])

# %% [markdown]
# It begins at the trim horizon, without a word. Three more things to know for a real replay:
#
# - **All shards.** After a reshard a time window lies on several shards. Read every shard that `list_shards` gives, parents
#   before children, as in lesson 02. Go on until `MillisBehindLatest` is 0 or the end time is reached.
# - **Leave room for the live reader.** Both share the shard's 5 calls and 2 MiB a second. Poll once a second, or give one of
#   them enhanced fan-out.
# - **With KCL:** start it under a new application name, with a time as its starting position. It then has places of its own.

# %% [markdown]
# ## Replay by sequence number
#
# *Audit* kept its checkpoint: the sequence number of the last record that it has worked on. There are two ways to go on.

# %%
done = read("AT_TIMESTAMP", Timestamp=first)[0]
print("done:                 ", words([done]))

for kind in ("AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"):
    records = read(kind, StartingSequenceNumber=done["SequenceNumber"])[:2]
    print(f"{kind + ':':22}", words(records))

# %% [markdown]
# | To read … | Iterator type |
# |---|---|
# | all that is left | `TRIM_HORIZON` |
# | only what is new | `LATEST` |
# | from a time on: after a bug, for a report | `AT_TIMESTAMP` |
# | that record again, and all behind it | `AT_SEQUENCE_NUMBER` |
# | on from a checkpoint | `AFTER_SEQUENCE_NUMBER` |

# %%
question("04-retention", "replay")

# %% [markdown]
# ## A good place for a break
#
# The first half is done. You can stop here and come back another day. The second half has a stream of its own, and its
# first cell makes all that it needs, in a new kernel, too.
#
# The playground shows how records expire: <button data-commandlinker-command="playground:open" data-commandlinker-args='{"scene": "retention"}'>Retention runs out</button>

# %% [markdown]
# ## Iterator age: the number that saves data
#
# How far a reader is behind is its **iterator age**. CloudWatch has it without extra cost, as
# `GetRecords.IteratorAgeMilliseconds`. When the age reaches the retention period, records expire unread. So set an **alarm**
# on it. Take the **Maximum**: one slow shard is enough to lose data, and an average hides it. AWS says that records are at
# risk from **50 %** of the retention (AWS: developer guide, troubleshooting consumers).
#
# Here is a stream of its own, with the default 24 hours. The cell prints the alarm's threshold in milliseconds:

# %%
import boto3

from lab import clock, wait_until_active
from lab.control import control

kinesis, cloudwatch = boto3.client("kinesis"), boto3.client("cloudwatch")
SLOW, SHARD = "course-04-slow", "shardId-000000000000"
_ = control().set("quotas", mode="off")
kinesis.create_stream(StreamName=SLOW, ShardCount=1)
wait_until_active(kinesis, SLOW)

# %%
threshold = 24 * 60 * 60 * 1000 * 50 // 100
alarm = {"Namespace": "AWS/Kinesis", "MetricName": "GetRecords.IteratorAgeMilliseconds"}
alarm |= {"Dimensions": [{"Name": "StreamName", "Value": SLOW}], "Statistic": "Maximum"}
alarm |= {"Period": 3600, "EvaluationPeriods": 1, "Threshold": threshold}
alarm |= {"ComparisonOperator": "GreaterThanOrEqualToThreshold"}
cloudwatch.put_metric_alarm(AlarmName="course-04-age", **alarm)
threshold


# %%
def state(name):
    """What an alarm says now."""
    return cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"][0]["StateValue"]


def write_orders():
    """Two orders come in, and an hour passes."""
    for _ in range(2):
        kinesis.put_record(StreamName=SLOW, PartitionKey="shop", Data=b"order")
        clock.advance(minutes=30)


# %%
def read_on(count, **place):
    """Read COUNT records from this place: the place behind them, and how many hours behind that is."""
    place = place or {"ShardIteratorType": "TRIM_HORIZON"}
    place = kinesis.get_shard_iterator(StreamName=SLOW, ShardId=SHARD, **place)
    answer = kinesis.get_records(ShardIterator=place["ShardIterator"], Limit=count)
    number = answer["Records"][-1]["SequenceNumber"]
    behind = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "StartingSequenceNumber": number}
    return behind, answer["MillisBehindLatest"] / 3_600_000


# %% [markdown]
# Two orders an hour come in, and the reader manages one. So its age grows by half an hour every hour. When will it be 12
# hours, and when 24? When the alarm goes off, somebody applies a **stopgap**: raise the retention. That loses nothing, and
# gives time to find out why the reader is slow.

# %%
from lab.pictures import Age, age_against_retention

ages, place, period, alarmed = [], {}, 24, None
for now in range(1, 49):
    write_orders()
    place, behind = read_on(1, **place)
    if not alarmed and state("course-04-age") == "ALARM":
        alarmed = now
        kinesis.increase_stream_retention_period(StreamName=SLOW, RetentionPeriodHours=48)
        period = 48
    ages.append(Age(now, behind, period))
print("the alarm went off in hour", alarmed)

# %%
age_against_retention(ages)

# %% [markdown]
# Without the stopgap the age would have reached the retention period at about hour 47. From then on one order would have
# expired for each one that was read. With the stopgap there is time. But the age still grows. How much time is there? Take
# two ages, and see how fast they grow.

# %%
growth = (ages[-1].age_hours - ages[-13].age_hours) / 12
hours_left = (48 - ages[-1].age_hours) / growth
print(f"{ages[-1].age_hours:.1f} h behind, {growth:.1f} h more every hour")
print(f"{hours_left:.0f} hours until records are lost")

# %%
question("04-retention", "which-alarm")

# %% [markdown]
# ## Drain the backlog
#
# The cause is found, and the reader manages four orders an hour now. Two still come in. How long until it has caught up?
# The backlog is worked off by the **difference**:
#
# drain time = backlog ÷ (read rate − write rate)
#
# More shards would not help here. The backlog lies in the shards that are there already. After a split they are closed
# parents, and each is still read by one reader at a time. Work it out before you run the cell.

# %%
backlog = 2 * ages[-1].age_hours  # two orders an hour
print(f"{backlog:.0f} orders wait: {backlog / (4 - 2):.1f} hours to catch up")

hours = 0
while behind > 0:
    write_orders()
    place, behind = read_on(4, **place)
    hours += 1
    ages.append(Age(48 + hours, behind, 48))
print("caught up after", hours, "hours")

# %%
age_against_retention(ages)

# %% [markdown]
# The drain time must be shorter than what is left until loss. Both together say how long a retention you need: the longest
# time that a consumer may be down, and the time to catch up. A weekend is 60 hours or more. “Our consumers are fast, so 24
# hours are enough” is wrong: a fast consumer can be down, too.

# %% [markdown]
# ## The alarm that hears silence
#
# Now the consumer dies. It makes no call at all. What does our alarm say after six hours? We add a second alarm. It differs
# in one setting: **missing data** counts as breaching. Guess the state of both.

# %%
cloudwatch.put_metric_alarm(AlarmName="course-04-silent", TreatMissingData="breaching", **alarm)
for _ in range(6):
    write_orders()

for name in ("course-04-age", "course-04-silent"):
    print(f"{name:17}", state(name))

# %% [markdown]
# The metric gets a point only when somebody calls `get_records`. So a dead consumer has no age, and the first alarm has
# nothing to judge. The second alarm goes off because of the silence.
#
# One stream, many readers: this metric **mixes all applications that poll**. A healthy one hides a dead one, and a replay
# raises the Maximum for everybody. So let each application watch itself: KCL's `MillisBehindLatest`, Lambda's
# `IteratorAge`, and for fan-out consumers `SubscribeToShardEvent.MillisBehindLatest` with the consumer's name.

# %%
question("04-retention", "dead-consumer")

# %% [markdown]
# ## What it costs
#
# The first 24 hours are included. After that there are two more bands.

# %%
from lab.pictures import Table
from lab.rules.prices import PRICES

bands = [row for row in PRICES if "retention" in row.dimension]
rows = [(row.mode, row.dimension, f"${row.dollars}", row.unit) for row in bands]
caption = "us-east-1, list prices; each with its source in lab.rules.prices"
Table(caption, ("mode", "band", "price", "for each"), rows)

# %% [markdown]
# - **up to 24 hours**: included
# - **extended**, 24 hours to 7 days: a provisioned stream pays for each shard and hour, however much is in it. An on-demand
#   stream pays for each GB and month
# - **long-term**, beyond 7 days: for each GB and month, in all modes. A provisioned stream also pays for reading that data
#   with `get_records`
#
# The bands **add up**. A provisioned stream with 30 days pays extended retention for its shards, and long-term storage for
# what is older than 7 days (AWS: FAQs).
#
# Five shards, 30 days of 24 hours, a retention of 3 days. What does the retention cost beside the shards themselves?

# %%
from lab.rules.prices import price

hours, shards = 30 * 24, 5
print(f"shards:    ${hours * shards * price('provisioned', 'capacity').dollars:.2f}")
print(f"retention: ${hours * shards * price('provisioned', 'extended retention').dollars:.2f}")

# %% [markdown]
# It costs more than the shards themselves. And it costs the same for 25 hours as for 7 days: within the band only shards and
# hours count. A stopgap that is taken back after a day costs those hours only.
#
# When records must stay for **audit**, ask who reads them. For a replay from the stream, take a longer retention, up to 365
# days. For files to keep and to query, let **Amazon Data Firehose** write them to S3. Lesson 09,
# [Delivery](09-delivery.ipynb), does that.

# %%
question("04-retention", "what-is-paid")

# %% [markdown]
# ## Tidy up
#
# Streams cost money by the hour of each shard. Delete what this lesson made, and give the lab its quotas back.

# %%
import boto3

kinesis = boto3.client("kinesis")
patience = {"Delay": 1, "MaxAttempts": 60}
for name in kinesis.list_streams()["StreamNames"]:
    if name.startswith("course-04-"):
        kinesis.delete_stream(StreamName=name)
        kinesis.get_waiter("stream_not_exists").wait(StreamName=name, WaiterConfig=patience)
        print("deleted", name)

# %%
from lab.control import control

alarms = ["course-04-age", "course-04-silent"]
boto3.client("cloudwatch").delete_alarms(AlarmNames=alarms)
_ = control().set("quotas", mode="aws")

# %% [markdown]
# ## What to keep
#
# | Question | Answer |
# |---|---|
# | How long? | 24 hours by default, 24 to 8,760 hours, whole hours |
# | Raise? | within several minutes; what has expired stays gone |
# | Lower? | older records are unreachable almost at once |
# | Read again? | `AT_TIMESTAMP` from a time, `AFTER_SEQUENCE_NUMBER` from a checkpoint; make the consumer idempotent |
# | Loss ahead? | iterator age, Maximum, at 50 % of the retention; missing data is breaching; each application by itself |
# | How long until loss? | (retention − age) ÷ growth of the age |
# | How long to catch up? | backlog ÷ (read rate − write rate) |
# | What is paid? | up to 24 hours included, then shard-hours or GB-months; the bands add up |

# %% [markdown]
# > **What study notes get wrong**
# >
# > - *“Aged records are deleted.”* AWS promises only that they become unreachable.
# > - *“Storage is included for 1 to 365 days.”* Only the first 24 hours are included.
# > - *“Near real time, so 24 hours of retention are enough.”* The retention must cover the longest time that a consumer may
# >   be down, and the time to catch up.
# > - *“Use Kinesis Firehose for retention and audit.”* Today it is Amazon Data Firehose, and it is one of two ways: a stream
# >   itself keeps records for up to 365 days.
# > - *“Many consumers of different granularity.”* True: each has its own place. Those that poll share calls and bytes.

# %% [markdown]
# ## You can now …
#
# 1. **set** a retention period, and say what raising and lowering it does (SAA-C03 1.3, DVA-C03 1.3.1, DEA-C01 2.1.1)
# 2. **replay** records from a time or from a sequence number (DEA-C01 1.1.11)
# 3. **tell** when records will be lost, and whether a backlog is drained in time (SAA-C03 3.5, DEA-C01 2.3.6)
# 4. **raise** an alarm before they are, also when the consumer is dead (DVA-C03 4.2.3, DEA-C01 3.3.3)
# 5. **work out** what a retention period costs (SAA-C03 3.5, DEA-C01 2.1.1)
#
# **Where next:** do it yourself in the assignment, [04-retention](../exercises/04-retention/04-retention.ipynb). Then
# lesson 05, [Capacity modes](05-capacity-modes.ipynb).
