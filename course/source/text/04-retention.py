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
# A queue forgets a message when it is done. A stream keeps every record for a while, read or not, and lets anybody
# read it again: a second team, a consumer that was down, yesterday's bug, fixed. The while is the **retention
# period**. What a consumer has not read when it is over, it will never read, and nobody tells it. In this lesson days
# pass in seconds, records expire before your eyes, and an alarm goes off in time.
#
# The outputs are here already, so that you can compare yours. To guess honestly, clear them first: *Edit > Clear
# Outputs of All Cells*.

# %% [markdown]
# ## You will be able to …
#
# 1. **set** a retention period, and say what raising and lowering it does (SAA-C03 3.5, DEA-C01 2.1.1)
# 2. **replay** records from a time or from a sequence number (DEA-C01 1.1.11)
# 3. **tell** from iterator age and retention when records will be lost (SAA-C03 3.5, DEA-C01 1.1.11)
# 4. **raise** an alarm before they are (SAA-C03 3.5, DEA-C01 1.1.11)
# 5. **work out** what a retention period costs (SAA-C03 3.5)
#
# **Minutes:** 35 · **Prerequisites:** lesson 00, [Welcome](00-welcome.ipynb)

# %% [markdown]
# ## Before you run anything: a guess
#
# A stream with the default retention of 24 hours takes in an order at half past every hour, for 30 hours. One
# consumer reads each order at once. A second one was down all the time, and starts when the 30 hours are over, at the
# oldest record that is still there.
#
# How many orders will the second one see: 30, 24 or none? And how many does the first one see, if it starts from the
# beginning again?

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
# (`ResourceInUseException`? An earlier run has left the stream behind. Run the cell under *Tidy up* near the end,
# then this one again.)
#
# The lab has a **clock that can be moved**: `clock.advance(hours=1)`. Retention, arrival times and iterator ages go
# by it. The five reads a second of a shard don't; we squeeze days into seconds, so this lesson switches quotas off.

# %%
start = clock.now()


def hour():
    """Whole hours since the lesson began, by the lab's clock."""
    return int((clock.now() - start).total_seconds() / 3600)


def write_an_order():
    """Put the order of this hour."""
    kinesis.put_record(StreamName=STREAM, PartitionKey="shop", Data=f"order {hour()}".encode())


# %%
def read(kind="TRIM_HORIZON", limit=10_000, **place):
    """Records of the shard from this place on, and how many hours the last one is behind."""
    iterator = kinesis.get_shard_iterator(
        StreamName=STREAM, ShardId=SHARD, ShardIteratorType=kind, **place
    )["ShardIterator"]
    answer = kinesis.get_records(ShardIterator=iterator, Limit=limit)
    return answer["Records"], answer["MillisBehindLatest"] / 3_600_000


def words(records):
    return [record["Data"].decode() for record in records]


# %%
seen_at_once = []
for _ in range(30):
    clock.advance(minutes=30)
    write_an_order()
    seen_at_once.append(words(read()[0])[-1])
    clock.advance(minutes=30)

left = words(read()[0])
print("the first one saw", len(seen_at_once), "from", seen_at_once[0], "to", seen_at_once[-1])
print("the second one sees", len(left), "from", left[0], "to", left[-1])

# %% [markdown]
# The orders of the first hours are gone, for both: who starts again from the beginning sees what the second one sees.
# Notice what did **not** happen: no error, no gap in the numbers that the API would show. `TRIM_HORIZON` is simply
# the oldest record that is left. (Notes say that aged records are *deleted*. What AWS promises is that they become
# unreachable.)
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
# There is none: a record is **immutable**, and leaves by expiry, by lowering the retention, or with its stream. A
# correction is a new record behind the old one, and consumers must know how to take it.

# %%
kinesis.put_record(StreamName=STREAM, PartitionKey="shop", Data=b"order 29, corrected")
words(read()[0])[-2:]

# %%
from grader import question

question("04-retention", "who-sees-what")

# %% [markdown]
# ## Two consumers, two paces
#
# A stream remembers nothing about its readers. Each keeps its own place, so a fast one and a slow one read the same
# records and don't disturb each other. Here *search* reads all that is new every three hours, *audit* one record each
# time. `MillisBehindLatest` of an answer says how far behind its reader is. Guess the hours for each.

# %%
newest = read()[0][-1]["SequenceNumber"]
place = {"search": newest, "audit": newest}
limit = {"search": 10_000, "audit": 1}
for _ in range(4):
    for _ in range(3):
        clock.advance(hours=1)
        write_an_order()
    for name in place:
        last = {"StartingSequenceNumber": place[name]}
        records, behind = read("AFTER_SEQUENCE_NUMBER", limit[name], **last)
        place[name] = records[-1]["SequenceNumber"]
        print(f"hour {hour()}: {name:6} read {len(records)}, is now {behind:.0f} h behind")

# %% [markdown]
# Both read the same stream; neither took anything from the other. What each of them keeps is one **sequence number**,
# its checkpoint. (An iterator would not do: it is valid for 5 minutes. AWS: API model, GetShardIterator.) Audit falls
# behind further and further, by 2 hours every 3. Remember that: it is the beginning of a loss.

# %% [markdown]
# ## Raise it, in time
#
# The period is a whole number of **24 to 8,760 hours**, which is 365 days (AWS: Quotas and limits); 36 is fine.
# Raising works at once, and **does not bring back what has expired**. What is the oldest order now, and what will it
# be after?

# %%
print("oldest before:", words(read()[0])[0])

kinesis.increase_stream_retention_period(StreamName=STREAM, RetentionPeriodHours=36)
print("oldest after:", words(read()[0])[0])

# %% [markdown]
# The same from the command line, as study notes have it:

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
# Raising to less than the present period is refused, and so is more than a year. To go down there is
# `decrease_stream_retention_period`. Guess what it does to the records that are then too old: does it wait for a day?

# %% [markdown]
# ## The window rolls
#
# A picture of it all. We read from `TRIM_HORIZON` every three hours and note the oldest and the newest order. First
# the period is 48 hours. At hour 66 it goes down to 24, at hour 78 up to 48 again.

# %%
from lab.pictures import Age, Reading, age_against_retention, rolling_window


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
    there = [int(text.split()[1].strip(",")) for text in words(read()[0])]
    readings.append(Reading(hour(), there[0], there[-1], period))
    for _ in range(3):
        clock.advance(hours=1)
        write_an_order()

# %%
rolling_window(readings)

# %% [markdown]
# Read it from left to right. While the period is longer than what is there, nothing expires and the bars grow. At
# hour 66 a day's worth of orders was gone **almost at once**. At hour 78 nothing came back: the bars grow again from
# where they were, up to the 48 hours that they will reach soon after the picture ends.
#
# So the window rolls on by itself, and its length is yours to choose. Nothing else removes records: neither reading
# nor a full disk.

# %%
question("04-retention", "raise-and-lower")

# %% [markdown]
# ## Replay by time
#
# *Search* had a bug: between hour 80 and hour 84 it took every order for a return. It is fixed now, and only those
# four hours must be read again. `AT_TIMESTAMP` begins at the first record that came in at that time or later; where
# to stop is for your program to see, by each record's arrival time.

# %%
from datetime import timedelta

first, end = start + timedelta(hours=79.5), start + timedelta(hours=83.5)
records, _ = read("AT_TIMESTAMP", Timestamp=first)
again = [record for record in records if record["ApproximateArrivalTimestamp"] < end]
print(words(again))

# %% [markdown]
# Half an hour of room on both sides costs nothing when orders come by the full hour; on a busy stream take some
# minutes, since arrival times are approximate. And a replay is a second delivery: whoever adds up sales must
# **overwrite** hour 80, not add to it, or the four hours count twice.
#
# A time before the oldest record is no error. Guess where reading begins.

# %%
records, _ = read("AT_TIMESTAMP", Timestamp=start)
print("begins at the oldest:", words(records)[0] == words(read()[0])[0])

# %% [markdown]
# At the trim horizon, without a word. After a reshard a time window lies on several shards: read every shard that
# `list_shards` gives, parents before children, as in lesson 02. A shard that begins after your window is soon done.

# %% [markdown]
# ## Replay by sequence number
#
# *Audit* kept its checkpoint: the sequence number of the last record that it has done. There are two ways to go on.

# %%
done = read("AT_TIMESTAMP", Timestamp=first)[0][0]
print("done:                 ", words([done]))

for kind in ("AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"):
    records, _ = read(kind, 2, StartingSequenceNumber=done["SequenceNumber"])
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
# ## Iterator age: the number that saves data
#
# How far a reader is behind is its **iterator age**. CloudWatch has it without extra cost, as
# `GetRecords.IteratorAgeMilliseconds`. Age that reaches the retention period means that records expire unread. So
# alarm on the **Maximum**, as one slow shard is enough to lose data and an average hides it. AWS warns at **50 %** of
# the retention (AWS: developer guide, troubleshooting consumers).
#
# A stream of its own, with the default 24 hours; in milliseconds the line is at:

# %%
SLOW = "course-04-slow"
kinesis.create_stream(StreamName=SLOW, ShardCount=1)
wait_until_active(kinesis, SLOW)

threshold = 24 * 60 * 60 * 1000 * 50 // 100
cloudwatch = boto3.client("cloudwatch")
alarm = {"AlarmName": "course-04-age", "Namespace": "AWS/Kinesis", "Statistic": "Maximum"}
alarm |= {"MetricName": "GetRecords.IteratorAgeMilliseconds", "Period": 3600}
alarm |= {"Dimensions": [{"Name": "StreamName", "Value": SLOW}], "EvaluationPeriods": 1}
alarm |= {"Threshold": threshold, "ComparisonOperator": "GreaterThanOrEqualToThreshold"}
cloudwatch.put_metric_alarm(**alarm)
threshold


# %%
def state():
    """What the alarm says now."""
    return cloudwatch.describe_alarms(AlarmNames=["course-04-age"])["MetricAlarms"][0]["StateValue"]


# %%
def slow_reader(**place):
    """Read one record from this place; the place behind it, and how many hours behind that is."""
    place = place or {"ShardIteratorType": "TRIM_HORIZON"}
    place = kinesis.get_shard_iterator(StreamName=SLOW, ShardId=SHARD, **place)
    answer = kinesis.get_records(ShardIterator=place["ShardIterator"], Limit=1)
    number = answer["Records"][0]["SequenceNumber"]
    behind = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "StartingSequenceNumber": number}
    return behind, answer["MillisBehindLatest"] / 3_600_000


# %% [markdown]
# Two orders an hour come in, the reader manages one. Its age grows by half an hour every hour. When will it be 12
# hours, and when 24? When the alarm goes off, somebody applies the **stopgap**: raise the retention. That buys time
# to find out why the reader is slow, and loses nothing.

# %%
ages, place, period, alarmed = [], {}, 24, None
for now in range(1, 49):
    for _ in range(2):
        kinesis.put_record(StreamName=SLOW, PartitionKey="shop", Data=b"order")
        clock.advance(minutes=30)
    place, behind = slow_reader(**place)
    if not alarmed and state() == "ALARM":
        alarmed = now
        kinesis.increase_stream_retention_period(StreamName=SLOW, RetentionPeriodHours=48)
        period = 48
    ages.append(Age(now, behind, period))
print("the alarm went off in hour", alarmed)

# %%
age_against_retention(ages)

# %% [markdown]
# Without the stopgap the line of the age would have met the retention about hour 47, and from then on every order
# read would have cost another one unread. With it there is time. But the age still grows: the cure is a faster
# reader, or more shards and a reader for each.
#
# How much time? Take two ages, and see how fast they grow.

# %%
growth = (ages[-1].age_hours - ages[-13].age_hours) / 12
hours_left = (48 - ages[-1].age_hours) / growth
print(f"{ages[-1].age_hours:.1f} h behind, {growth:.1f} h more every hour")
print(f"{hours_left:.0f} hours until records are lost")

# %%
question("04-retention", "which-alarm")

# %% [markdown]
# ## What it costs
#
# The first 24 hours are included, and no more: not the whole 1 to 365 days, as some notes say. There are three bands.

# %%
from lab.pictures import Table
from lab.rules.prices import PRICES

bands = [row for row in PRICES if "retention" in row.dimension]
rows = [(row.mode, row.dimension, f"${row.dollars}", row.unit) for row in bands]
caption = "us-east-1, list prices; each with its source in lab.rules.prices"
Table(caption, ("mode", "band", "price", "for each"), rows)

# %% [markdown]
# - **up to 24 hours**: included
# - **extended**, 24 hours to 7 days: a provisioned stream pays for each shard and hour, however much is in it; an
#   on-demand stream for each GB and month
# - **long-term**, 7 to 365 days: for each GB and month, in all modes; a provisioned stream also for reading that data
#   with `get_records`
#
# (The assignment adds the bands up above 7 days. That is a rule of its own.)
#
# Five shards, 30 days of 24 hours, a retention of 3 days. What does the retention cost beside the shards themselves?

# %%
from lab.rules.prices import price

hours, shards = 30 * 24, 5
print(f"shards:    ${hours * shards * price('provisioned', 'capacity').dollars:.2f}")
print(f"retention: ${hours * shards * price('provisioned', 'extended retention').dollars:.2f}")

# %% [markdown]
# More than the shards themselves, and the same for 25 hours as for 7 days: within the band only shards and hours
# count. A retention that goes up in an emergency and down again afterwards costs those hours.
#
# When records must stay for **audit**, ask who reads them. Replay from the stream: up to 365 days of retention. Files
# to keep and query: let **Amazon Data Firehose** (Kinesis Firehose in older notes) write them to S3; lesson 09
# (planned) does it.

# %%
question("04-retention", "what-is-paid")

# %% [markdown]
# ## Tidy up
#
# Streams cost money by the hour of each shard. Delete what this lesson made, and give the lab its quotas back.

# %%
patience = {"Delay": 1, "MaxAttempts": 60}
for name in kinesis.list_streams()["StreamNames"]:
    if name.startswith("course-04-"):
        kinesis.delete_stream(StreamName=name)
        kinesis.get_waiter("stream_not_exists").wait(StreamName=name, WaiterConfig=patience)
        print("deleted", name)

boto3.client("cloudwatch").delete_alarms(AlarmNames=["course-04-age"])
_ = control().set("quotas", mode="aws")

# %% [markdown]
# ## What to keep
#
# | Question | Answer |
# |---|---|
# | How long? | 24 hours by default, 24 to 8,760 hours, whole hours |
# | Raise? | at once; what has expired stays gone |
# | Lower? | older records are unreachable almost at once |
# | Read again? | `AT_TIMESTAMP` from a time, `AFTER_SEQUENCE_NUMBER` from a checkpoint; make the consumer idempotent |
# | Loss ahead? | iterator age, Maximum, at 50 % of the retention; stopgap: raise the retention |
# | How long until loss? | (retention − age) ÷ growth of the age |
# | What is paid? | up to 24 hours included, then shard-hours or GB-months |

# %% [markdown]
# ## You can now …
#
# 1. **set** a retention period, and say what raising and lowering it does (SAA-C03 3.5, DEA-C01 2.1.1)
# 2. **replay** records from a time or from a sequence number (DEA-C01 1.1.11)
# 3. **tell** from iterator age and retention when records will be lost (SAA-C03 3.5, DEA-C01 1.1.11)
# 4. **raise** an alarm before they are (SAA-C03 3.5, DEA-C01 1.1.11)
# 5. **work out** what a retention period costs (SAA-C03 3.5)
#
# **Where next:** do it yourself in the assignment, [04-retention](../exercises/04-retention/04-retention.ipynb). Then
# lesson 05, [Capacity modes](05-capacity-modes.ipynb).
