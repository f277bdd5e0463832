# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Capstone: a game's launch night
#
# A studio launches the game *Comet* at eight in the evening. Somebody has built the pipeline for it, and it looks fine.
# You watch this design fail, one part after another, with real calls. Then you repair each part. The assignment asks
# for the whole night from you.
#
# The outputs are here already, so that you can compare yours. To guess honestly, clear them first: *Edit > Clear
# Outputs of All Cells*.

# %% [markdown]
# ## You will be able to …
#
# 1. **size** a stream for a known night, and **price** it in both modes (SAA-C03 3.5, DEA-C01 1.2.4)
# 2. **find** why a plausible design loses events or counts them twice (SAA-C03 2.2, DVA-C03 1.1.3, DEA-C01 1.3.2)
# 3. **limit** what somebody can do with a stolen session (SAA-C03 1.3)
# 4. **watch** a stream so that silence is heard, and **deliver** its events in time (DVA-C03 4.2.3, DEA-C01 3.3.3)
#
# **Minutes:** 40 · **Prerequisites:** lesson 09, [Delivery](09-delivery.ipynb), lesson 10, [Operations](10-operations.ipynb)
#
# [What the exam codes mean](../docs/exams.md)

# %% [markdown]
# ## Before you run anything: a guess
#
# The design sends with `put_records`, and no call raises an error all night. Half of the events come from one partner,
# under one key. How many of the events of the worst minute are in the stream afterwards?
#
# - all of them, since no call failed
# - more than half
# - less than half
#
# Write your guess down, then run.

# %% [markdown]
# ## Four evenings
#
# This lesson is the first evening. The assignment takes three more, each of forty to fifty minutes: first size, price and
# policies; then producer and consumer; then delivery and alarms. Each task stands for itself, so you can stop after any.

# %% [markdown]
# ## Begin
#
# The first cell sets the lab back. It switches off what another lesson left on, deletes what an earlier run of this
# lesson left behind, and says what it found.

# %%
from lab import begin

begin("11-capstone")

# %%
import boto3

from lab import wait_until_active

kinesis = boto3.client("kinesis")
NIGHT, REPAIRED = "course-11-night", "course-11-repaired"
for name, shards in ((NIGHT, 2), (REPAIRED, 8)):
    kinesis.create_stream(StreamName=name, ShardCount=shards)
    wait_until_active(kinesis, name)

# %% [markdown]
# ## The night
#
# | What | The studio's numbers |
# |---|---|
# | the curve | below, in events of each minute; one event here stands for a thousand |
# | readers | **fraud** within a tenth of a second, the **ladder** within seconds, the **ledger** within a minute |
# | archive | all events as files in S3, two minutes old at most |
# | the longest outage of a reader | 30 hours |
# | the partner | half of all events, under one key |
# | budget | 25 dollars for the night of 12 hours |
# | the attacker | has stolen a session of the producer |

# %% [markdown]
# We make shards small, so that little load is enough: a shard takes 50 records a second here instead of 1,000. Each minute
# sends its events at once, and the account's clock goes on to the next minute.

# %%
from lab.control import control

lab = control()
lab.set("quotas", mode="aws", scale=0.05)
CURVE = [20, 30, 40, 90, 240, 180, 100, 60]
average, peak = sum(CURVE) / len(CURVE), max(CURVE)
print(f"average {average:.0f}, peak {peak}")


# %% [markdown]
# The design has 2 shards: 95 events on average, and two shards take 100. The peak was called “a short moment”.
#
# ## Act one: sized by the average, sent without a look back
#
# An event has a source and a number. The design takes the source as the key, for everybody.

# %%
def events_of(minute):
    """A minute's events: every second one is the partner's."""
    sources = ["partner", "player-{}"]
    return [
        {"id": f"{minute}-{n}", "source": sources[n % 2].format(n % 31), "n": n}
        for n in range(CURVE[minute])
    ]


def by_source(event):
    """The design's key."""
    return event["source"]


# %%
import json


def entries_of(events, key):
    """Entries for put_records, with the key that a function gives."""
    return [{"PartitionKey": key(e), "Data": json.dumps(e).encode()} for e in events]


def send_once(stream, entries):
    """The design's producer: no error, so all is well."""
    return kinesis.put_records(StreamName=stream, Records=entries)["Records"]


# %% [markdown]
# Now the night, minute by minute. An alarm stands beside it. The design watches `PutRecords.Success`: it rings when that
# falls below 1.

# %%
cloudwatch = boto3.client("cloudwatch")
WHERE = [{"Name": "StreamName", "Value": NIGHT}]
METRIC = {"Namespace": "AWS/Kinesis", "Dimensions": WHERE, "Period": 60}
_ = cloudwatch.put_metric_alarm(
    **METRIC, AlarmName="course-11-success", MetricName="PutRecords.Success", Statistic="Average",
    EvaluationPeriods=1, Threshold=1, ComparisonOperator="LessThanThreshold",
)  # fmt: skip

# %%
from lab import clock
from lab.load import wait_until_full

minutes, states, sent = [], [], []
_ = clock.next_minute()

# %%
for minute in range(len(CURVE)):
    wait_until_full(NIGHT)
    minutes.append(clock.now().replace(second=0, microsecond=0))
    entries = entries_of(events_of(minute), by_source)
    sent.append((entries, send_once(NIGHT, entries)))
    clock.next_minute()
    alarm = cloudwatch.describe_alarms(AlarmNames=["course-11-success"])
    states.append(alarm["MetricAlarms"][0]["StateValue"])

# %%
entries, answers = sent[4]
stored = [a for a in answers if "SequenceNumber" in a]
print(f"the worst minute: {len(stored) / len(entries):.0%} of {len(entries)} events stored")

# %%
from datetime import timedelta


def by_minute(name):
    """The sum of a metric in each of the minutes; 0 without data."""
    found, what = [], METRIC | {"MetricName": f"PutRecords.{name}", "Statistics": ["Sum"]}
    for start in minutes:
        span = {"StartTime": start, "EndTime": start + timedelta(minutes=1)}
        points = cloudwatch.get_metric_statistics(**what, **span)["Datapoints"]
        found.append(sum(p["Sum"] for p in points))
    return found


# %%
from lab.pictures import write_dashboard

names = ("Success", "ThrottledRecords", "FailedRecords")
write_dashboard(*(by_minute(name) for name in names), states)

# %% [markdown]
# No call failed, and the alarm was silent: `PutRecords.Success` counts a call of which **one** record was stored. The
# refusals stood in the answers, and nobody looked. They are lost.

# %%
from grader import question

question("11-capstone", "first-repair")


# %% [markdown]
# ## More shards do not cool a hot key
#
# The obvious repair is more shards. The second stream has 8: room for 400 events a second. The worst minute has 240.

# %%
def by_shard(entries, answers):
    """What each shard took and refused; where a refused one belongs, its key's other records tell."""
    pairs = list(zip(entries, answers, strict=True))
    home = {e["PartitionKey"]: a["ShardId"] for e, a in pairs if "ShardId" in a}
    loads = {shard: [0, 0] for shard in sorted(set(home.values()))}
    for entry, answer in pairs:
        loads[home[entry["PartitionKey"]]]["ErrorCode" in answer] += 1
    return {shard: tuple(load) for shard, load in loads.items()}


# %%
wait_until_full(REPAIRED)
hot = entries_of(events_of(4), by_source)
scenes = {"one key": by_shard(hot, send_once(REPAIRED, hot))}


# %% [markdown]
# Now the partner's key is **salted**: `partner#0` to `partner#7`, by the event's number. Players keep their own key, and so
# their order.

# %%
def salted(event):
    """The source; the hot one in eight parts."""
    salt = f"#{event['n'] // 2 % 8}" if event["source"] == "partner" else ""
    return event["source"] + salt


wait_until_full(REPAIRED)
cool = entries_of(events_of(4), salted)
scenes["salted"] = by_shard(cool, send_once(REPAIRED, cool))

# %%
from lab.pictures import shard_bars

shard_bars(scenes, limit=50)

# %% [markdown]
# Left: one shard is full, and it refuses what the other seven could take. Right: the load is spread. A key lies on one
# shard, however many there are.

# %%
question("11-capstone", "hot-partner")


# %% [markdown]
# ## The producer that looks back
#
# What may still be refused is sent again, and only that.

# %%
def deliver(stream, entries):
    """Send until nothing is refused; the number of calls."""
    calls = 0
    while entries:
        wait_until_full(stream)
        answers = send_once(stream, entries)
        entries = [e for e, a in zip(entries, answers, strict=True) if "ErrorCode" in a]
        calls += 1
    return calls


# %%
calls = [deliver(REPAIRED, entries_of(events_of(m), salted)) for m in range(len(CURVE))]
print("minutes that were sent in full:", len(calls))


# %% [markdown]
# ## Act two: a table that counts twice
#
# The ladder's consumer keeps a row for each **sequence number**. In one minute the answer of a call is lost. boto3 tries
# again, as it should.

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
def everything(stream):
    """All records of a stream, shard by shard."""
    shards = kinesis.list_shards(StreamName=stream)["Shards"]
    return [one for shard in shards for one in read_shard(kinesis, stream, shard["ShardId"])]


# %%
LADDER = "course-11-ladder"
kinesis.create_stream(StreamName=LADDER, ShardCount=2)
wait_until_active(kinesis, LADDER)
lab.set("quotas", scale=1)
lab.set("faults", rules=[{"operation": "kinesis.PutRecords", "requests": [1], "after": True}])
_ = send_once(LADDER, entries_of(events_of(0), salted))
_ = lab.set("faults", rules=[])

# %%
by_number, by_id = {}, {}
for record in everything(LADDER):
    event = json.loads(record["Data"])
    by_number[record["SequenceNumber"]] = event
    by_id[event["id"]] = event
print(f"sent {CURVE[0]}; rows by number {len(by_number)}, by the event's id {len(by_id)}")

# %% [markdown]
# A copy has a sequence number of its own. Only the **event's own id** tells that it is the same. A row that is put again
# under the same key changes nothing: the table is idempotent, also when the process dies and reads again.

# %%
question("11-capstone", "two-rows")

# %% [markdown]
# ## Act three: what a stolen session can do
#
# The design's producer has `kinesis:*` on the stream, “to be safe”. The attacker has its session. We give the same session
# to two roles, the design's and the repaired one.

# %%
identities, sts = boto3.client("iam"), boto3.client("sts")
ACCOUNT = sts.get_caller_identity()["Account"]
STREAM = f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/{LADDER}"


def document(**statement):
    """The JSON text of a policy with one statement that allows."""
    whole = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow"} | statement]}
    return json.dumps(whole)


TRUST = document(Action="sts:AssumeRole", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"})


# %%
def client_of(role, actions):
    """A Kinesis client of a session of a new role that may do these actions."""
    name = f"course-11-{role}"
    made = identities.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)["Role"]
    policy = document(Action=actions, Resource=STREAM)
    identities.put_role_policy(RoleName=name, PolicyName="least", PolicyDocument=policy)
    given = sts.assume_role(RoleArn=made["Arn"], RoleSessionName="producer")["Credentials"]
    keys = given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"]
    return boto3.Session(*keys).client("kinesis")


# %%
design = client_of("design", "kinesis:*")
least = client_of("least", "kinesis:PutRecords")


# %%
def tries(client, call, **more):
    """Whether a call is allowed."""
    try:
        getattr(client, call)(StreamName=LADDER, **more)
    except client.exceptions.AccessDeniedException:
        return "denied"
    return "allowed"


# %%
from lab import iam

record = [{"PartitionKey": "player-1", "Data": b"{}"}]
first = {"ShardId": "shardId-000000000000", "ShardIteratorType": "TRIM_HORIZON"}
iam.enforce(True)
for name, client in (("design", design), ("least", least)):
    print(f"{name:7} writes: {tries(client, 'put_records', Records=record):8}", end="")
    print("reads:", tries(client, "get_shard_iterator", **first))
iam.enforce(False)

# %% [markdown]
# With the design's policy the attacker reads every player's events. It could delete the stream as well. With the least
# policy it can write, which is bad enough, and no more.
#
# ## Act four: an alarm that hears nothing
#
# At nine the ladder's consumer dies. The design has an alarm on the age of what is read. It leaves missing data as it is.
# A second alarm differs in that alone. Ten minutes pass.

# %%
AGE = {
    "Namespace": "AWS/Kinesis", "MetricName": "GetRecords.IteratorAgeMilliseconds",
    "Dimensions": [{"Name": "StreamName", "Value": LADDER}], "Statistic": "Maximum",
    "Period": 60, "EvaluationPeriods": 3, "Threshold": 300_000,
    "ComparisonOperator": "GreaterThanThreshold",
}  # fmt: skip
for name, missing in (("missing", "missing"), ("breaching", "breaching")):
    cloudwatch.put_metric_alarm(AlarmName=f"course-11-{name}", TreatMissingData=missing, **AGE)

# %%
print(len(everything(LADDER)), "records, read for the last time")
for _ in range(10):
    kinesis.put_records(StreamName=LADDER, Records=record)
    clock.next_minute()

for one in cloudwatch.describe_alarms(AlarmNamePrefix="course-11-")["MetricAlarms"]:
    if one["MetricName"] == AGE["MetricName"]:
        print(f"{one['TreatMissingData']:9}: {one['StateValue']}")

# %% [markdown]
# When an alarm rings, the age of what each reader reads comes first: is one of them behind, or silent? A constant age tells
# of a reader that keeps pace and can't catch up; one that grows with the clock tells of a reader that stands still.

# %%
question("11-capstone", "dead-at-nine")

# %% [markdown]
# ## What the night costs
#
# The design's owner wanted on-demand mode: “it grows by itself”. The real peak is 4,000 events a second of 2 KiB, and a new
# on-demand stream takes 4 MB/s. Two readers poll, fraud has fan-out, and the night has 200 GB.

# %%
import math

rate, kib, pollers = 240_000 / 60, 2, 2
needs = rate * kib / 1024, rate / 1000, rate * kib * pollers / 2048
shards, hours, gb = math.ceil(max(needs) * 1.25), 12, 200
million = gb * 1e9 / (kib * 1024) / 1e6
provisioned = shards * hours * (0.015 + 0.015) + million * 0.014 + gb * 0.013
on_demand = hours * 0.04 + gb * (0.08 + 2 * 0.04 + 0.05)
print(f"{shards} shards; provisioned {provisioned:.2f}, on-demand {on_demand:.2f} dollars")

# %% [markdown]
# On-demand costs more for so much data, and tonight it would refuse: a new stream doubles what it has **seen**, and it has
# seen nothing. Ten shards for one night stay within the budget. Tomorrow they are scaled down.
#
# > **On real AWS** a stream that is provisioned for the night and left standing costs every hour. Prices here are list
# > prices of us-east-1, as in lesson 05.

# %% [markdown]
# ## The archive
#
# The design left Firehose's buffer as it is: 300 seconds. The archive may be two minutes old. And nothing ends a line.

# %%
s3, firehose = boto3.client("s3"), boto3.client("firehose")
BUCKET = f"course-11-archive-{ACCOUNT}"
s3.create_bucket(Bucket=BUCKET)
TO_S3 = {"RoleARN": f"arn:aws:iam::{ACCOUNT}:role/archive", "BucketARN": f"arn:aws:s3:::{BUCKET}"}
LINES = {"Type": "AppendDelimiterToRecord", "Parameters": []}
GOOD = TO_S3 | {
    "BufferingHints": {"IntervalInSeconds": 120, "SizeInMBs": 5},
    "ProcessingConfiguration": {"Enabled": True, "Processors": [LINES]},
}

# %%
data = [{"Data": json.dumps(event).encode()} for event in events_of(0)[:3]]
for name, settings in (("course-11-plain", TO_S3), ("course-11-good", GOOD)):
    firehose.create_delivery_stream(
        DeliveryStreamName=name, ExtendedS3DestinationConfiguration=settings
    )
    firehose.put_record_batch(DeliveryStreamName=name, Records=data)

# %%
from lab.deliveries import objects, wait_for_objects

clock.advance(seconds=120)
(good,) = wait_for_objects("course-11-good", 1)
print("after two minutes:", len(objects("course-11-plain")), "and", 1, "file")
clock.advance(seconds=180)
(plain,) = wait_for_objects("course-11-plain", 1)
for one in (plain, good):
    body = s3.get_object(Bucket=BUCKET, Key=one["key"])["Body"].read().decode()
    print(one["stream"], "lines:", len(body.splitlines()))

# %% [markdown]
# Three events in one line are no JSON that a query can read. Firehose reads the data stream beside all other readers, and
# gathers and delivers by itself.

# %% [markdown]
# ## What the night leaves out
#
# | Need | What answers it | Lesson |
# |---|---|---|
# | personal data at rest under a key of your own | encryption, started before the first such record: it covers what is written later | 07 |
# | another account reads | both sides' policies allow it, and the key is one that can be shared | 07 |
# | a reader needs records sooner | fan-out for this reader, and the others poll on | 03 |
# | a bad record holds up Lambda's shard | a limit of retries, and a destination that hears of it, S3 with the record itself | 03 |
# | a KCL application lags | more workers, up to one for each shard; a longer retention buys time | 08 |
# | complaints about last week | a longer retention, charged as extended | 04 |

# %% [markdown]
# ## Tidy up
#
# Quotas and faults go back, and what the night made is deleted.

# %%
import boto3

from lab import iam
from lab.control import control

iam.enforce(False)
control().set("quotas", scale=1)
control().set("faults", rules=[])
cloudwatch, identities = boto3.client("cloudwatch"), boto3.client("iam")
alarms = cloudwatch.describe_alarms(AlarmNamePrefix="course-11-")["MetricAlarms"]
_ = cloudwatch.delete_alarms(AlarmNames=[one["AlarmName"] for one in alarms])

# %%
roles = [one["RoleName"] for one in identities.list_roles()["Roles"]]
for role in [name for name in roles if name.startswith("course-11-")]:
    for policy in identities.list_role_policies(RoleName=role)["PolicyNames"]:
        identities.delete_role_policy(RoleName=role, PolicyName=policy)
    identities.delete_role(RoleName=role)
s3, firehose = boto3.client("s3"), boto3.client("firehose")
for name in firehose.list_delivery_streams()["DeliveryStreamNames"]:
    if name.startswith("course-11-"):
        firehose.delete_delivery_stream(DeliveryStreamName=name)

# %%
buckets = [one["Name"] for one in s3.list_buckets()["Buckets"]]
for bucket in [name for name in buckets if name.startswith("course-11-")]:
    for one in s3.list_objects_v2(Bucket=bucket).get("Contents", []):
        s3.delete_object(Bucket=bucket, Key=one["Key"])
    s3.delete_bucket(Bucket=bucket)

# %%
kinesis = boto3.client("kinesis")
ours = [n for n in kinesis.list_streams()["StreamNames"] if n.startswith("course-11-")]
for name in ours:
    kinesis.delete_stream(StreamName=name)
print(len(ours), "streams deleted")

# %% [markdown]
# ## What to keep
#
# | The design | What went wrong | The repair |
# |---|---|---|
# | sized by the average | the worst minute was refused | size by the highest minute, with headroom |
# | one key for the partner | one shard full, the others idle | salt the hot key, and only that |
# | no look at the answer | refused events were lost, and no call failed | send again what has an `ErrorCode` |
# | a row for each sequence number | a copy counted twice | a row for each event's own id |
# | `kinesis:*` for the producer | a stolen session read everything | the one action that it calls |
# | an alarm on `PutRecords.Success` | it stayed healthy | `WriteProvisionedThroughputExceeded` |
# | missing data ignored | nobody heard that a reader died | missing data is breaching |
# | Firehose's own buffer | files too late, events without lines | both hints, and a delimiter |

# %% [markdown]
# ## You can now …
#
# 1. **size** a stream for a known night, and **price** it in both modes (SAA-C03 3.5, DEA-C01 1.2.4)
# 2. **find** why a plausible design loses events or counts them twice (SAA-C03 2.2, DVA-C03 1.1.3, DEA-C01 1.3.2)
# 3. **limit** what somebody can do with a stolen session (SAA-C03 1.3)
# 4. **watch** a stream so that silence is heard, and **deliver** its events in time (DVA-C03 4.2.3, DEA-C01 3.3.3)
#
# **Where next:** the assignment, [11-capstone](../exercises/11-capstone/11-capstone.ipynb): the whole night is yours. Then
# [lesson 00](00-welcome.ipynb) shows the whole way again.
