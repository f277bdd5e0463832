# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Security: who may do what, and who did
#
# A shop sends its orders through a stream. One program writes them, another reads them, and a nightly job tidies up. In
# this lesson each gets a role. You find the permissions that it needs by being denied. You find out from the trail who
# deleted a stream, and you share the orders with a partner. Then you encrypt the stream and close its network door.
#
# The outputs are here already, so that you can compare yours. To guess honestly, clear them first: *Edit > Clear
# Outputs of All Cells*.

# %% [markdown]
# ## You will be able to …
#
# 1. **read** a denial and grant the least that works, to a producer and to a consumer (SAA-C03 1.1, DVA-C03 2.1.2, DEA-C01 4.2.5)
# 2. **share** a stream with another account, and admit one stream only through a VPC endpoint (SAA-C03 1.2, DEA-C01 4.1.4)
# 3. **encrypt** a stream with your own KMS key, and say what each side needs for it (SAA-C03 1.3, DVA-C03 2.2.1, DEA-C01 4.3.2)
# 4. **seal** a record on the client, so that only a reader with the key can open it (DVA-C03 2.2.3, DEA-C01 4.3.4)
# 5. **find** in CloudTrail who did what, and know what a trail shows and never shows (DEA-C01 3.3.5, DEA-C01 4.4.1, SCS-C03 1.2.2)
#
# **Minutes:** 80 · **Prerequisites:** lesson 02, [Shards](02-shards.ipynb); you have seen JSON
#
# That is two sittings. A safe place to stop is marked in the middle.
# [What the exam codes mean](../docs/exams.md)

# %% [markdown]
# ## Before you run anything: a guess
#
# The producer's policy allows one action, `kinesis:PutRecord`, on the stream. Its program sends one order with
# `put_record`, then one with `put_records`. What happens?
#
# - both work: one record is one record
# - the first works, the second is denied
# - the second call succeeds, and its record is refused inside the answer
#
# Write your guess down. You can try it after a few cells.

# %% [markdown]
# ## Begin
#
# The first cell sets the lab back. It switches off what another lesson left on, deletes what an earlier run of this
# lesson left behind, and says what it found.

# %%
from lab import begin

begin("07-security")

# %%
import json

import boto3
from botocore.exceptions import ClientError

from lab import clock, iam, wait_until_active

kinesis = boto3.client("kinesis")
STREAM, ARCHIVE = "course-07-orders", "course-07-orders-archive"
for name in (STREAM, ARCHIVE):
    kinesis.create_stream(StreamName=name, ShardCount=1)
    wait_until_active(kinesis, name)

# %% [markdown]
# (`ExpiredTokenException` further down, when you come back on another day? Run the lesson again from its top.)
#
# Permissions name a stream by its **ARN**: service, region, account, name.

# %%
summary = kinesis.describe_stream_summary(StreamName=STREAM)["StreamDescriptionSummary"]
STREAM_ARN = summary["StreamARN"]
STREAM_ARN


# %% [markdown]
# ## A role, not a user with keys
#
# A **role** is an identity without password and without keys. Its **trust policy** says who may assume it. Whoever does
# receives credentials that expire. Its **identity-based policies** say what it may do then.
#
# Both are JSON documents of statements. A statement allows or denies actions on resources. A policy that is attached to a
# resource also names a **principal**: who it applies to. A trust policy is one of these, since it belongs to the role.
#
# Two small functions write policies, so that the cells below stay short:

# %%
def document(*statements):
    """The JSON text of a policy."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(actions, resource, **more):
    """A statement of a policy: these actions on this resource."""
    return {"Effect": "Allow", "Action": actions, "Resource": resource, **more}


# %% [markdown]
# Four roles: the two programs, the nightly job, and a newcomer who begins without any policy. All four trust this
# account. That means: whoever in the account is allowed to assume them.

# %%
identities, sts = boto3.client("iam"), boto3.client("sts")
ACCOUNT = sts.get_caller_identity()["Account"]
ROLES = ("producer", "consumer", "nightly", "newcomer")
whole = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
TRUST = document({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": whole})
for role in ROLES:
    about = {"AssumeRolePolicyDocument": TRUST, "MaxSessionDuration": 12 * 3600}
    identities.create_role(RoleName=f"course-07-{role}", **about)


# %% [markdown]
# `assume_role` gives three things that belong together: a key, its secret and a token. You choose `RoleSessionName`, and
# the trail will show it. Name the job or the person.

# %%
def session_of(answer):
    """The short-lived credentials in an answer of assume_role, as a boto3 session."""
    given = answer["Credentials"]
    secrets = given["SecretAccessKey"], given["SessionToken"]
    return boto3.Session(given["AccessKeyId"], *secrets)


def assume(role):
    """A session of one of our roles, long enough to take your time."""
    which = {"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/course-07-{role}"}
    which |= {"RoleSessionName": f"lesson-{role}", "DurationSeconds": 12 * 3600}
    return session_of(sts.assume_role(**which))


# %%
sessions = {role: assume(role) for role in ROLES}
producer = sessions["producer"].client("kinesis")
consumer = sessions["consumer"].client("kinesis")

print(sessions["producer"].client("sts").get_caller_identity()["Arn"])


# %% [markdown]
# Before you puzzle over a denial, ask who you are. The AWS CLI can tell. In this notebook's environment it is the
# account's root user:

# %%
# !aws sts get-caller-identity --query Arn --output text

# %% [markdown]
# > **On real AWS** no code of yours calls `assume_role` for this. Lambda, ECS and EC2 assume the program's role and hand
# > over the credentials, and boto3 finds them. The role's trust policy then names the service, for example
# > `lambda.amazonaws.com` or `firehose.amazonaws.com`. Here the cell above plays that part, as the account's root user. It
# > works as long as IAM is off in the lab. Once it is on, the root user can't assume a role any more, as you'll see.

# %% [markdown]
# ## Denied
#
# The lab asks no policy until IAM is switched on. Grant the one action, switch IAM on, and look at your guess.

# %%
def grant(role, *statements):
    """Give a role these statements, in place of those it had."""
    which = {"RoleName": f"course-07-{role}", "PolicyName": "least"}
    identities.put_role_policy(**which, PolicyDocument=document(*statements))


grant("producer", allow("kinesis:PutRecord", STREAM_ARN))
iam.enforce(True)


# %%
def answer_to(call, **arguments):
    """The word allowed, or the message of a denial. Other errors are raised."""
    try:
        call(**arguments)
    except ClientError as error:
        if "AccessDenied" not in error.response["Error"]["Code"]:
            raise
        return error.response["Error"]["Message"]
    return "allowed"


# %%
ORDER = {"PartitionKey": "customer-7", "Data": b"two teapots"}
BATCH = {"StreamName": STREAM, "Records": [ORDER]}

print("PutRecord: ", answer_to(producer.put_record, StreamName=STREAM, **ORDER))
print("PutRecords:", answer_to(producer.put_records, **BATCH))

# %% [markdown]
# The first works, the second is denied. `kinesis:PutRecord` and `kinesis:PutRecords` are two actions, and what no policy
# allows is denied. The call fails as a whole; nothing was stored.

# %% [markdown]
# ## A denial says what is missing
#
# The line is long, but it is always built the same way: **who** asked, for **what action**, on **what resource**, and
# **why** the answer was no.

# %%
import re

DENIAL = re.compile(
    r"User: (?P<who>\S+) is not authorized to perform: (?P<action>\S+) "
    r"on resource: (?P<resource>\S+) (?P<why>.+)"
)


def why(answer):
    """The reason of a denial; the word allowed stays as it is."""
    return answer if answer == "allowed" else DENIAL.match(answer)["why"]


# %%
from lab.pictures import Table

message = answer_to(producer.put_records, **BATCH)
parts = list(DENIAL.match(message).groupdict().items())
Table("The denial, taken apart", ("part", "here"), parts)

# %% [markdown]
# The **why** tells you where to look:
#
# | The message ends | Look at |
# |---|---|
# | because no identity-based policy allows … | the caller's policies: the action or the resource is not in them |
# | because no resource-based policy allows … | another account asks: the policy of the stream (or key), and the caller's own policies too |
# | because no VPC endpoint policy allows … | the policy of the endpoint that the call came through |
# | with an explicit deny in … | a statement with `"Effect": "Deny"`: it wins over every allow |
#
# So the cure here is to add one action to one role. Don't add a wildcard: the message has just told you the name.

# %%
PUTS = ["kinesis:PutRecord", "kinesis:PutRecords"]
grant("producer", allow(PUTS, STREAM_ARN))

print("PutRecords: ", why(answer_to(producer.put_records, **BATCH)))
elsewhere = answer_to(producer.put_record, StreamName=ARCHIVE, **ORDER)
print("the archive:", why(elsewhere))

# %% [markdown]
# That is the least for a producer with boto3. (The Kinesis Producer Library also looks at the stream, with
# `kinesis:ListShards` or `kinesis:DescribeStreamSummary`. And it writes metrics, with `cloudwatch:PutMetricData`.)

# %%
from grader import question

question("07-security", "read-the-denial")


# %% [markdown]
# ## The least for a consumer, one denial at a time
#
# This consumer needs three calls to read the stream. Guess: how many times will it be denied before it can read?

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
def read(kinesis):
    """The records of the stream's only shard, from the oldest on."""
    shard = kinesis.list_shards(StreamName=STREAM)["Shards"][0]["ShardId"]
    return read_shard(kinesis, STREAM, shard)


# %%
needed = []
while (answer := answer_to(read, kinesis=consumer)) != "allowed":
    needed.append(DENIAL.match(answer)["action"])
    print("denied, so grant", needed[-1])
    grant("consumer", allow(needed, STREAM_ARN))

print([record["Data"] for record in read(consumer)])

# %% [markdown]
# Three denials, three actions, and no more. AWS's guide adds a fourth to the least for reading,
# `kinesis:DescribeStreamSummary`. It tells the stream's status. A consumer that never asks does without it.
#
# > **On real AWS** don't expect a changed policy to count at once, as it does in the lab. And never let a program grant
# > itself what it was denied, as this loop does. A denial is a question, and you are the one to answer.

# %% [markdown]
# ## What “it works” can hide
#
# The nightly job had no time for denials. It got `kinesis:*` on `*`, and it works. We make six calls with four roles.
# Draw the table on paper first, row by row. What can each role do?

# %%
grant("nightly", allow("kinesis:*", "*"))


# %%
def calls_of(kinesis):
    """What we try with each role: a name, the call, its arguments."""
    ours, archive = {"StreamName": STREAM}, {"StreamName": ARCHIVE}
    return {
        "PutRecord": (kinesis.put_record, ours | ORDER),
        "PutRecord, archive": (kinesis.put_record, archive | ORDER),
        "read": (read, {"kinesis": kinesis}),
        "DescribeStreamSummary": (kinesis.describe_stream_summary, ours),
        "ListStreams": (kinesis.list_streams, {}),
    }


# %%
names = {"newcomer": "no policy", "producer": "producer", "consumer": "consumer"}
names["nightly"] = "nightly\n(kinesis:*)"
answers = {}
for role, name in names.items():
    client = sessions[role].client("kinesis")
    for call, (function, arguments) in calls_of(client).items():
        said = answer_to(function, **arguments)
        answers.setdefault(call, {})[name] = said == "allowed"
    deletion = answer_to(client.delete_stream, StreamName=ARCHIVE)
    answers.setdefault("DeleteStream, archive", {})[name] = deletion == "allowed"

# %%
from lab.pictures import access_matrix

access_matrix(answers)

# %% [markdown]
# Two least policies: each opens what its program does, and nothing else. The wide one opened everything. The picture was
# drawn from real calls, so **the archive is deleted**, and no permission brings it back.

# %%
gone = kinesis.get_waiter("stream_not_exists")
gone.wait(StreamName=ARCHIVE, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
print(ARCHIVE in kinesis.list_streams()["StreamNames"])

# %% [markdown]
# ## Who has deleted the archive?
#
# **CloudTrail** logs calls: who, what, when, from where, the request, and the error, if there was one. Ask it for all
# `DeleteStream` calls. Four roles tried. Whose call was it?

# %%
trail = boto3.client("cloudtrail")
asked = [{"AttributeKey": "EventName", "AttributeValue": "DeleteStream"}]
since = summary["StreamCreationTimestamp"]  # when this lesson began
found = trail.lookup_events(LookupAttributes=asked, StartTime=since)["Events"]

events = [json.loads(event["CloudTrailEvent"]) for event in reversed(found)]
len(events)

# %%
rows = []
for event in events:
    who = event["userIdentity"]
    role = who["sessionContext"]["sessionIssuer"]["userName"]
    name = event["requestParameters"]["streamName"]
    session = who["arn"].split("/")[-1]
    rows.append((name, event.get("errorCode", "–"), session, role))

columns = ("stream", "errorCode", "session", "role")
Table("DeleteStream, the oldest first", columns, rows)

# %% [markdown]
# An event with an `errorCode` is an attempt. Only one call went through. `userIdentity.arn` names the session.
# `sessionIssuer` names the role behind it. That is the name to look for, since sessions come and go.

# %%
culprit = next(event for event in events if "errorCode" not in event)
print(culprit["requestParameters"])
print(culprit["userIdentity"]["sessionContext"]["sessionIssuer"]["arn"])

# %% [markdown]
# ## And who has read the orders?
#
# This lesson has sent and read records too. Guess: what of it is in the trail? These are the names of all of this
# account's Kinesis calls there:

# %%
source = {"AttributeKey": "EventSource", "AttributeValue": "kinesis.amazonaws.com"}
search = trail.get_paginator("lookup_events")
pages = search.paginate(LookupAttributes=[source], StartTime=since)
told = {event["EventName"] for page in pages for event in page["Events"]}
told.discard("DescribeAccountSettings")  # asked by begin(), perhaps in this second

print(sorted(told))
print("calls on records:", sorted(told & {"PutRecord", "PutRecords", "GetRecords"}))

# %% [markdown]
# Only **management events**: calls that make, change, list or delete streams. Calls that work on records (`PutRecord`,
# `GetRecords`, `SubscribeToShard` …) are **data events**. A trail can log them too, but they are **off by default**,
# and they cost money. You switch them on with advanced event selectors, for the resource types `AWS::Kinesis::Stream` and
# `AWS::Kinesis::StreamConsumer`:
#
# ```json
# [{"Name": "Who reads our streams?", "FieldSelectors": [
#     {"Field": "eventCategory", "Equals": ["Data"]},
#     {"Field": "resources.type", "Equals": ["AWS::Kinesis::Stream"]}]}]
# ```

# %% [markdown]
# So “who read the orders?” has an answer on AWS, **if data events were on at that time**. Afterwards it is too late. The
# lab has no data events.
#
# What is never in a trail: the **contents** of records. If you must prove *what* was sent, keep the records themselves.
#
# Without any trail, CloudTrail's *Event history* keeps the management events of the last 90 days, for free.
#
# > **On real AWS** don't expect to find an event at once, as in the lab.

# %%
question("07-security", "trail-limits")

# %% [markdown]
# ## Wildcards match names, not intentions
#
# The producer only puts, so why not `kinesis:Put*` on the stream? Which actions of the API does that pattern match?
# botocore knows all their names.

# %%
from fnmatch import fnmatch

actions = kinesis.meta.service_model.operation_names
[name for name in actions if fnmatch(name, "Put*")]

# %% [markdown]
# `PutResourcePolicy` is among them. It decides **who else** may use the stream. Try it as the producer, with a policy
# that lets an account with an invented number read every order:

# %%
READING = ["kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:ListShards"]
stranger = {"Principal": {"AWS": "arn:aws:iam::111122223333:root"}}
sharing = document(allow(READING, STREAM_ARN, **stranger))

share = {"ResourceARN": STREAM_ARN, "Policy": sharing}
print("with the two actions:", why(answer_to(producer.put_resource_policy, **share)))
grant("producer", allow("kinesis:Put*", STREAM_ARN))
print("with kinesis:Put*:   ", answer_to(producer.put_resource_policy, **share))

# %%
kinesis.delete_resource_policy(ResourceARN=STREAM_ARN)
grant("producer", allow(PUTS, STREAM_ARN))
grant("nightly", allow("kinesis:DescribeStreamSummary", STREAM_ARN))

# %% [markdown]
# Resources have the same trap: `stream/course-07-orders*` matches `course-07-orders-archive` too. And some actions can't
# be narrowed to a stream at all. `ListStreams`, `DescribeLimits` and a few more belong on `"Resource": "*"`, in a
# statement of their own (*Service Authorization Reference*).

# %%
question("07-security", "put-wildcard")

# %% [markdown]
# ## Credentials that end by themselves
#
# A session lasts an hour unless you ask for another time. You may ask for 15 minutes or more, up to what the role allows:
# 12 hours at most. A role that assumes another role (**role chaining**) gets one hour at most (*API model: AssumeRole*).
#
# With IAM on, can we still assume a role as the root user? And can the consumer become the producer?

# %%
role_arn = f"arn:aws:iam::{ACCOUNT}:role/course-07-producer"
wanted = {"RoleArn": role_arn, "RoleSessionName": "lesson"}

print("root:    ", answer_to(sts.assume_role, **wanted))
helper = sessions["consumer"].client("sts")
print("consumer:", why(answer_to(helper.assume_role, **wanted)))

# %% [markdown]
# Two permissions are needed. The role's trust policy must name the caller or its account. And when it names only the
# account, the caller needs `sts:AssumeRole` on that role. Give the consumer that, for a session of 15 minutes. Then let
# 16 minutes pass.

# %%
grant("consumer", allow(needed, STREAM_ARN), allow("sts:AssumeRole", role_arn))
short = session_of(helper.assume_role(**wanted, DurationSeconds=900))

put = short.client("kinesis").put_record
print("now:             ", answer_to(put, StreamName=STREAM, **ORDER))
clock.advance(minutes=16)
try:
    put(StreamName=STREAM, **ORDER)
except ClientError as error:
    print("16 minutes later:", error.response["Error"]["Code"])

# %%
grant("consumer", allow(needed, STREAM_ARN))

# %% [markdown]
# A stolen session is worth minutes. A stolen access key of a user is worth something until somebody notices.

# %% [markdown]
# ## Another account, by the stream's own policy
#
# A partner wants to read the orders from an account of its own. Its role needs permission from **both** sides. Their
# account gives an identity-based policy. Your account gives a **resource-based policy** on the stream. First their side:

# %%
from lab.aws.environment import fresh_account

PARTNER = fresh_account()
abroad = boto3.Session(PARTNER, "the lab asks for no secret")
their_iam = abroad.client("iam")
trust = {"AssumeRolePolicyDocument": TRUST.replace(ACCOUNT, PARTNER)}
theirs = their_iam.create_role(RoleName="partner", **trust)["Role"]["Arn"]


# %%
def grant_partner(*statements):
    """What the partner's account allows its own role, in place of what it allowed."""
    which = {"RoleName": "partner", "PolicyName": "ours"}
    their_iam.put_role_policy(**which, PolicyDocument=document(*statements))


# %%
def read_by_arn(kinesis):
    """One answer of the stream's shard; from another account the ARN names the stream in each call."""
    stream = {"StreamARN": STREAM_ARN}
    shard = kinesis.list_shards(**stream)["Shards"][0]["ShardId"]
    where = {"ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"}
    place = kinesis.get_shard_iterator(**stream, **where)["ShardIterator"]
    return kinesis.get_records(**stream, ShardIterator=place)["Records"]


# %%
grant_partner(allow(READING, STREAM_ARN))
audit = {"RoleArn": theirs, "RoleSessionName": "audit"}
partner = session_of(abroad.client("sts").assume_role(**audit))

print(why(answer_to(read_by_arn, kinesis=partner.client("kinesis"))))

# %% [markdown]
# The end of the message says whose turn it is: yours. A stream's policy names its principals and its actions one by one.
# It takes no wildcards in either, and no services: only accounts, users and roles.

# %%
to_partner = allow(READING, STREAM_ARN, Principal={"AWS": theirs})
kinesis.put_resource_policy(ResourceARN=STREAM_ARN, Policy=document(to_partner))
abroad_kinesis = partner.client("kinesis")

print("by ARN: ", answer_to(read_by_arn, kinesis=abroad_kinesis))
write = answer_to(abroad_kinesis.put_record, StreamARN=STREAM_ARN, **ORDER)
print("writing:", why(write))
try:
    abroad_kinesis.list_shards(StreamName=STREAM)
except ClientError as error:
    print("by name:", error.response["Error"]["Code"])

# %% [markdown]
# A name means a stream of the caller's **own** account. So across accounts it is always the ARN. What can be shared:
#
# - of a stream: `PutRecord`, `PutRecords`, `GetRecords`, `GetShardIterator`, `ListShards`, `DescribeStreamSummary`
# - of a fan-out consumer: `SubscribeToShard`, `DescribeStreamConsumer`. Fan-out needs a policy on stream **and** consumer
#
# (The Kinesis Producer Library can't write to another account's stream by ARN.)

# %% [markdown]
# ## Another account, by a role in yours
#
# The other official way: make a role in **your** account, and let the partner's role assume it. Then the partner acts as
# one of your own roles. The stream needs no policy, and the name works. Take the stream's policy away and try.

# %%
kinesis.delete_resource_policy(ResourceARN=STREAM_ARN)
ours = "course-07-for-partner"
trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": theirs}}
made = identities.create_role(RoleName=ours, AssumeRolePolicyDocument=document(trust))
door = {"RoleArn": made["Role"]["Arn"], "RoleSessionName": "audit"}
grant("for-partner", allow(READING, STREAM_ARN))

print("their side missing:", why(answer_to(partner.client("sts").assume_role, **door)))
grant_partner(allow("sts:AssumeRole", door["RoleArn"]))
inside = session_of(partner.client("sts").assume_role(**door)).client("kinesis")
print("by name:", answer_to(inside.list_shards, StreamName=STREAM))

# %% [markdown]
# This is role chaining, so one hour at most. When is which better? The stream's policy fits a partner whose program reads
# as itself all day. The role fits when one partner needs several things of yours.

# %%
question("07-security", "across-accounts")

# %% [markdown]
# ## A safe place to stop
#
# Half of the lesson is done. The next cell switches IAM off, so that nothing stays switched on. Leave the notebook and
# the lab open, and go on below when you are back. If the kernel or the lab was started anew, or if more than 12 hours
# have passed: run the cells under *Tidy up*, click here, and choose *Run > Run All Above Selected Cell*.

# %%
iam.enforce(False)

# %% [markdown]
# ## Part two: in flight, TLS
#
# Kinesis' endpoints speak HTTPS, and so does boto3 unless you tell it otherwise. You need not switch anything on. The
# lab is the exception. Look at its address:

# %%
iam.enforce(True)
print(kinesis.meta.endpoint_url)

# %% [markdown]
# Plain HTTP, on your own machine only. A policy can insist on TLS with `aws:SecureTransport`. What will the lab answer?

# %%
insecure = {"Condition": {"Bool": {"aws:SecureTransport": "false"}}}
no_plain_http = {"Effect": "Deny", "Action": "*", "Resource": "*", **insecure}
puts = allow(PUTS, STREAM_ARN)

grant("producer", puts, no_plain_http)
print(why(answer_to(producer.put_record, StreamName=STREAM, **ORDER)))
grant("producer", puts)

# %% [markdown]
# It is denied, and that is right: an **explicit deny** wins over the allow beside it. On AWS the same policy lets the
# producer through, because its calls come by TLS.

# %% [markdown]
# ## At rest: whose key, and from when on
#
# Server-side encryption is **off** until you start it. From then on it covers the payload and the partition key of each
# new record. The key comes from KMS (AWS Key Management Service). We make one of our own there, a **customer managed
# key**, and start. Guess: which of the stream's records will be encrypted?

# %%
kms = boto3.client("kms")
KEY = kms.create_key(Description="course-07: at rest")["KeyMetadata"]["Arn"]


def at_rest():
    """How the stream is encrypted, as Kinesis tells it."""
    answer = kinesis.describe_stream_summary(StreamName=STREAM)
    told = answer["StreamDescriptionSummary"]
    return told["EncryptionType"], told.get("KeyId")


# %%
print("before:", at_rest())
kinesis.start_stream_encryption(StreamName=STREAM, EncryptionType="KMS", KeyId=KEY)
wait_until_active(kinesis, STREAM)

print("after: ", at_rest()[0], "- with our key:", at_rest()[1] == KEY)

# %% [markdown]
# Neither program has changed, and neither have their policies. Do they still work?

# %%
for name, answer in {
    "producer": answer_to(producer.put_record, StreamName=STREAM, **ORDER),
    "consumer": answer_to(read, kinesis=consumer),
}.items():
    print(name, "needs", DENIAL.match(answer)["action"])

# %% [markdown]
# Kinesis uses the key **on behalf of the caller**, so the caller needs the permission. A producer needs it to get a data
# key, a consumer to have the record decrypted. The error's code is `KMSAccessDeniedException`, and the resource in its
# message is the key. Each side gets the one action, on this one key:

# %%
seal_off, open_up = allow("kms:GenerateDataKey", KEY), allow("kms:Decrypt", KEY)
grant("producer", puts, seal_off)
grant("consumer", allow(needed, STREAM_ARN), open_up)

kettle = {"PartitionKey": "customer-7", "Data": b"a kettle"}
answer = producer.put_record(StreamName=STREAM, **kettle)
print("the producer's answer says:", answer["EncryptionType"])

# %%
rows = [(one["Data"].decode(), one["EncryptionType"]) for one in read(consumer)]
Table("The stream's records", ("record", "encryption at rest"), rows)

# %% [markdown]
# Only what was written **after** the start is encrypted. The older orders stay as they were until their retention ends.
# Reading looks the same as ever: Kinesis decrypts before it answers.
#
# > **On real AWS** the stream is `UPDATING` for a time. Up to 5 seconds after it is `ACTIVE` again, records may still be
# > written unencrypted (*API model: StartStreamEncryption*). A stream can be given a new key 25 times in 24 hours.

# %% [markdown]
# ## The key has a policy too
#
# Why was a policy of the role enough? Because the key's own policy, the **key policy**, hands the decision to IAM. A new
# key's default policy has this one statement:

# %%
default = kms.get_key_policy(KeyId=KEY, PolicyName="default")["Policy"]
(statement,) = json.loads(default)["Statement"]
print({part: statement[part] for part in ("Effect", "Principal", "Action")})

# %% [markdown]
# It names the account's root. That means: everybody in this account whom IAM allows. Take it away, and the role's policy
# alone is not enough any more:

# %%
admins = ["kms:PutKeyPolicy", "kms:GetKeyPolicy", "kms:ScheduleKeyDeletion"]
strict = document(allow(admins, "*", Principal=statement["Principal"]))
kms.put_key_policy(KeyId=KEY, PolicyName="default", Policy=strict)
print("strict key policy: ", why(answer_to(read, kinesis=consumer)))

kms.put_key_policy(KeyId=KEY, PolicyName="default", Policy=default)
print("default key policy:", answer_to(read, kinesis=consumer))

# %% [markdown]
# A key may encrypt several streams. To allow one stream only, use the **encryption context**: Kinesis tells KMS the
# stream's ARN with each request, as `aws:kinesis:arn`. A condition on it is the least for a key:

# %%
context = "kms:EncryptionContext:aws:kinesis:arn"
for arn in (STREAM_ARN, STREAM_ARN + "-archive"):
    only = {"Condition": {"StringEquals": {context: arn}}}
    grant("consumer", allow(needed, STREAM_ARN), allow("kms:Decrypt", KEY, **only))
    print(arn.split("/")[1], why(answer_to(read, kinesis=consumer)))


# %% [markdown]
# Now compare five states: no encryption; `alias/aws/kinesis`, the key that AWS manages for Kinesis; and our own key when
# callers have (a) no KMS permission, (b) the other side's, (c) the right one. Which cells will be denied?

# %%
def puts_and_reads(producers_kms, consumers_kms):
    """Whether both programs work with these KMS actions, as the stream is now."""
    wait_until_active(kinesis, STREAM)
    grant("producer", puts, *[allow(action, KEY) for action in producers_kms])
    opens = [allow(action, KEY) for action in consumers_kms]
    grant("consumer", allow(needed, STREAM_ARN), *opens)
    written = answer_to(producer.put_record, StreamName=STREAM, **ORDER)
    was_read = answer_to(read, kinesis=consumer)
    return {
        "producer: PutRecord": written == "allowed",
        "consumer: read": was_read == "allowed",
    }


# %%
start = {"StreamName": STREAM, "EncryptionType": "KMS"}
kinesis.stop_stream_encryption(**start, KeyId=KEY)
states = {"not encrypted": puts_and_reads([], [])}

kinesis.start_stream_encryption(**start, KeyId="alias/aws/kinesis")
states["aws/kinesis, no KMS action"] = puts_and_reads([], [])

# %%
make, open_it = ["kms:GenerateDataKey"], ["kms:Decrypt"]
kinesis.start_stream_encryption(**start, KeyId=KEY)
states["our key, no KMS action"] = puts_and_reads([], [])
states["our key, the other's action"] = puts_and_reads(open_it, make)
states["our key, the right action"] = puts_and_reads(make, open_it)

access_matrix(states, across="what the program does", down="the stream")

# %% [markdown]
# | | `aws/kinesis` | your own (customer managed) key |
# |---|---|---|
# | KMS permissions of callers | none | `kms:GenerateDataKey` for producers, `kms:Decrypt` for consumers; the key policy must allow it or leave it to IAM |
# | who can read | whoever may call `GetRecords` | only who may use the key as well |
# | shared by the stream's policy | not possible: this key can't be shared | possible, if you share key and stream |
#
# So a stream **that is encrypted and shared by its policy** must use a customer managed key. The added latency is
# typically under 100 microseconds (*developer guide, costs and performance*).

# %%
question("07-security", "kms-sides")

# %% [markdown]
# ## An encrypted stream for the partner
#
# The partner is to read again, by the stream's policy. Now the stream is encrypted with our key. Who must allow what?
# Guess the number of statements, then look at each denial.

# %%
kinesis.put_resource_policy(ResourceARN=STREAM_ARN, Policy=document(to_partner))
grant_partner(allow(READING, STREAM_ARN))
print("stream shared:      ", why(answer_to(read_by_arn, kinesis=abroad_kinesis)))

grant_partner(allow(READING, STREAM_ARN), open_up)
print("their KMS permission:", why(answer_to(read_by_arn, kinesis=abroad_kinesis)))

for_partner = allow("kms:Decrypt", "*", Principal={"AWS": theirs})
both = document(*json.loads(default)["Statement"], for_partner)
kms.put_key_policy(KeyId=KEY, PolicyName="default", Policy=both)
print("our key policy:     ", answer_to(read_by_arn, kinesis=abroad_kinesis))

# %% [markdown]
# Four statements. Two for the stream: its policy here, the role's policy there. Two for the key: the key policy here, the
# role's policy there. (In a key policy, the resource `*` means this key.) The first message named only our side, though
# theirs was missing as well. So across accounts, check both.
#
# > **On real AWS** a stream with `aws/kinesis` can't be read by another account in this way. The lab does not check that.

# %%
kinesis.delete_resource_policy(ResourceARN=STREAM_ARN)
kms.put_key_policy(KeyId=KEY, PolicyName="default", Policy=default)
their_iam.delete_role_policy(RoleName="partner", PolicyName="ours")
_ = their_iam.delete_role(RoleName="partner")

# %% [markdown]
# ## Sealed by the client
#
# With encryption at rest Kinesis sees the orders, and so does everybody with the two permissions. If only the readers may
# see them, the producer encrypts **before** sending, with another key. The AWS Encryption SDK does it. It makes a fresh
# data key for each message, and wraps that with the KMS key.
#
# Its **keyring** says which KMS key. Its **encryption context** travels beside the message. Everybody can read it, and it
# is verified when the message is opened. We put the stream's name in it.

# %%
import logging

import aws_encryption_sdk
from aws_cryptographic_material_providers.mpl import AwsCryptographicMaterialProviders
from aws_cryptographic_material_providers.mpl.config import MaterialProvidersConfig
from aws_cryptographic_material_providers.mpl.models import CreateAwsKmsKeyringInput

logging.getLogger("aws_encryption_sdk").setLevel(logging.CRITICAL)  # no errors twice
aws_encryption_sdk.StreamDecryptor.__del__ = lambda _: None  # nor when it is freed
sdk = aws_encryption_sdk.EncryptionSDKClient()
materials = AwsCryptographicMaterialProviders(config=MaterialProvidersConfig())

# %%
SEAL = kms.create_key(Description="course-07: seals")["KeyMetadata"]["Arn"]


def keyring_of(role):
    """A keyring for the sealing key that calls KMS as this role."""
    client = sessions[role].client("kms")
    return materials.create_aws_kms_keyring(
        input=CreateAwsKmsKeyringInput(kms_key_id=SEAL, kms_client=client)
    )


# %%
grant("producer", puts, allow("kms:GenerateDataKey", [KEY, SEAL]))
CONTEXT, CARD = {"stream": STREAM}, b"card 4000 0012"

sealing = {"keyring": keyring_of("producer"), "encryption_context": CONTEXT}
sealed, _ = sdk.encrypt(source=CARD, **sealing)
producer.put_record(StreamName=STREAM, PartitionKey="vip", Data=sealed)["ShardId"]

# %% [markdown]
# The consumer may read the stream, and may use the key of the encryption at rest. It may not use the sealing key. What
# does it get?

# %%
stored = read(consumer)[-1]["Data"]
print("the card number is in it:", CARD in stored)
print("the context is in it:", STREAM.encode() in stored)
opening = {"source": stored, "keyring": keyring_of("consumer")}
try:
    sdk.decrypt(**opening, encryption_context=CONTEXT)
except aws_encryption_sdk.exceptions.AWSEncryptionSDKClientError as error:
    print("to open it, it needs", DENIAL.search(repr(error))["action"])

# %% [markdown]
# It gets bytes, and the context in plain letters. Now give it `kms:Decrypt`, but only for messages with this context.
# Try the right stream's name and a wrong one.

# %%
only_ours = {"StringEquals": {"kms:EncryptionContext:stream": STREAM}}
reads = [allow(needed, STREAM_ARN), allow("kms:Decrypt", KEY)]
grant("consumer", *reads, allow("kms:Decrypt", SEAL, Condition=only_ours))

opening = {"source": stored, "keyring": keyring_of("consumer")}
opened, header = sdk.decrypt(**opening, encryption_context=CONTEXT)
print("opened:", opened.decode(), "- sealed for:", header.encryption_context["stream"])
try:
    sdk.decrypt(**opening, encryption_context={"stream": ARCHIVE})
except aws_encryption_sdk.exceptions.AWSEncryptionSDKClientError as error:
    print("as another stream's:", error)

# %% [markdown]
# Somebody may copy a sealed record into another stream. It doesn't open there, if readers ask for the stream that they
# read. The price: keys to look after, code on both sides, and some hundred bytes more for each record. Never put a secret
# into the context or into the partition key.

# %% [markdown]
# ## A private door: the VPC endpoint
#
# A VPC (virtual private cloud) is a network of your own at AWS. Programs in a VPC reach Kinesis through an **interface
# endpoint**, without the internet. (Kinesis has no gateway endpoint.)
#
# The endpoint has a policy of its own. A call that comes through it needs an allow there **and** in the caller's
# policies. This one admits one stream:

# %%
from lab.control import control

ENDPOINT = "vpce-0a1b2c3d"
one_stream = allow("kinesis:*", STREAM_ARN, Principal="*")
policy = {"Version": "2012-10-17", "Statement": [one_stream]}
control().set("endpoint_policy", policy=policy, context={"aws:SourceVpce": ENDPOINT})

kinesis.put_record(StreamName=STREAM, **ORDER)["ShardId"]

# %% [markdown]
# There is no VPC in the lab. The switch says that this account's calls of Kinesis come through such an endpoint from now
# on. The root user may do everything. Guess: will it get through to another stream?

# %%
archive = {"StreamName": ARCHIVE, "ShardCount": 1}
print("root, a new archive:", why(answer_to(kinesis.create_stream, **archive)))
print("consumer, our stream:", answer_to(read, kinesis=consumer))

# %% [markdown]
# No. The endpoint's policy keeps *insiders* from carrying data out to other streams.
#
# Now the other direction: a role should use the stream **only through the endpoint**. That takes a **deny** for calls
# that come another way. An allow with a condition would not do: it can't take away what another statement allows. We put
# the deny into the producer's policy. Guess what happens without the endpoint: to the producer, and to the consumer.

# %%
outside = {"Condition": {"StringNotEquals": {"aws:SourceVpce": ENDPOINT}}}
stay_in = {"Effect": "Deny", "Action": "kinesis:*", "Resource": "*", **outside}
puts_sealed = [puts, allow("kms:GenerateDataKey", [KEY, SEAL])]
grant("producer", *puts_sealed, stay_in)

to_stream = {"StreamName": STREAM, **ORDER}
print("through the endpoint:", answer_to(producer.put_record, **to_stream))
control().set("endpoint_policy", policy=None)
print("without it, producer:", why(answer_to(producer.put_record, **to_stream)))
print("without it, consumer:", answer_to(read, kinesis=consumer))
grant("producer", *puts_sealed)

# %% [markdown]
# **A deny binds those whose policy it is in.** This one is in one role's policy, so it keeps *this role* off the stream
# from outside. The consumer is not touched. To bind more:
#
# | Whom it should bind | Where the deny goes |
# |---|---|
# | one role | that role's policy |
# | every principal of an account or an organisation | a **service control policy** of AWS Organizations |
# | everybody who comes through an endpoint | the endpoint's policy |
# | everybody, by the stream's policy | not possible: a stream's policy takes no wildcard principals |

# %%
question("07-security", "endpoint-layers")

# %% [markdown]
# ## Tidy up
#
# IAM off first, so that the next lesson needs no policy; then the roles, the key, the streams.

# %%
import boto3

from lab import iam
from lab.control import control

control().set("endpoint_policy", policy=None)
iam.enforce(False)

# %%
identities = boto3.client("iam")
for name in sorted(role["RoleName"] for role in identities.list_roles()["Roles"]):
    if name.startswith("course-07-"):
        for policy in identities.list_role_policies(RoleName=name)["PolicyNames"]:
            identities.delete_role_policy(RoleName=name, PolicyName=policy)
        identities.delete_role(RoleName=name)
        print("deleted", name)

# %%
kms = boto3.client("kms")
for key in kms.list_keys()["Keys"]:
    about = kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]
    if about["Description"].startswith("course-07") and about["KeyState"] == "Enabled":
        kms.schedule_key_deletion(KeyId=key["KeyId"], PendingWindowInDays=7)
        print("a key: scheduled for deletion")

# %%
kinesis = boto3.client("kinesis")
patience = {"Delay": 1, "MaxAttempts": 60}
gone = kinesis.get_waiter("stream_not_exists")
for name in kinesis.list_streams()["StreamNames"]:
    if name.startswith("course-07-"):
        kinesis.delete_stream(StreamName=name)
        gone.wait(StreamName=name, WaiterConfig=patience)
        print("deleted", name)

# %% [markdown]
# ## What study notes get wrong
#
# > - “Put a user's keys into **boto.cfg**”: boto 2 is gone. boto3 finds a role's credentials by itself. Some deployment
# >   tools still have a switch like `create_user`, which makes an IAM user with keys. Both are dated. Where a question
# >   offers a role or other short-lived credentials, take them.
# > - “Kinesis **encrypts at rest**”: only once you switch it on, and only what is written from then on.
# > - “Security is **much the same as with SQS**”: in outline. But a stream's policy takes no service principals and no
# >   wildcards.
# > - “**CloudTrail** can't tell who read”: it can, with data events on. It never tells the contents.
# > - “Kinesis is a **public service**”: its endpoints are. An interface endpoint makes the way private.

# %% [markdown]
# ## What to keep
#
# | Question | Answer |
# |---|---|
# | Denied? | the message names caller, action, resource and the kind of policy that lacks it |
# | Producer | `PutRecord`, `PutRecords` on the stream's ARN; with your own key `kms:GenerateDataKey` |
# | Consumer | `ListShards`, `GetShardIterator`, `GetRecords` (and `DescribeStreamSummary`); `kms:Decrypt` |
# | Identity | roles and sessions that end, not users with keys; chained roles: one hour at most |
# | Trail | management events by default; data events when you switch them on; never a record's contents |
# | Another account | by the stream's policy: both sides allow, by ARN; or by a role in your account |

# %% [markdown]
# | Question | Answer |
# |---|---|
# | Encryption at rest | off until started, for later records only |
# | Key | the key policy counts too; encryption context = the stream's ARN; encrypted and shared: customer managed |
# | In flight | TLS on AWS; the lab is plain HTTP |
# | Sealed by the client | Kinesis can't read it; context = the stream's name |
# | VPC endpoint | interface, with a policy: one more layer; deny by `aws:SourceVpce` |
# | Deny | wins over every allow, and binds those whose policy it is in |

# %% [markdown]
# ## You can now …
#
# 1. **read** a denial and grant the least that works, to a producer and to a consumer (SAA-C03 1.1, DVA-C03 2.1.2, DEA-C01 4.2.5)
# 2. **share** a stream with another account, and admit one stream only through a VPC endpoint (SAA-C03 1.2, DEA-C01 4.1.4)
# 3. **encrypt** a stream with your own KMS key, and say what each side needs for it (SAA-C03 1.3, DVA-C03 2.2.1, DEA-C01 4.3.2)
# 4. **seal** a record on the client, so that only a reader with the key can open it (DVA-C03 2.2.3, DEA-C01 4.3.4)
# 5. **find** in CloudTrail who did what, and know what a trail shows and never shows (DEA-C01 3.3.5, DEA-C01 4.4.1, SCS-C03 1.2.2)
#
# **Where next:** do it yourself in the assignment, [07-security](../exercises/07-security/07-security.ipynb): least
# policies, an encryption that is proved, a culprit in a trail. Then lesson 08, [KCL](08-kcl.ipynb).
