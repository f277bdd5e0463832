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
# A shop sends its orders through a stream. One program writes them, another reads them, a nightly job tidies up. In
# this lesson each gets a role and the permissions that it needs, found by being denied. Then you encrypt the stream,
# close its network door, open it to a partner, and find out from the trail who has deleted a stream.
#
# The outputs are here already, so that you can compare yours. To guess honestly, clear them first: *Edit > Clear
# Outputs of All Cells*.

# %% [markdown]
# ## You will be able to …
#
# 1. **read** a denial and grant the least that works, to a producer and to a consumer (SAA-C03 domain 1, DEA-C01 domain 4)
# 2. **share** a stream with another account, and admit one stream only through a VPC endpoint (SAA-C03 domain 1)
# 3. **encrypt** a stream with your own KMS key, and say what each side needs for it (SAA-C03 domain 1, DEA-C01 domain 4)
# 4. **seal** a record on the client, so that only a reader with the key can open it (SAA-C03 domain 1, DEA-C01 domain 4)
# 5. **find** in CloudTrail who did what, and know what a trail never shows (DEA-C01 domain 4)
#
# **Minutes:** 40 · **Prerequisites:** lesson 00, [Welcome](00-welcome.ipynb); you have seen JSON

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
# Write your guess down. It takes a few cells until you can try.

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
# (`ResourceInUseException`? An earlier run has left things behind. Run the cells under *Tidy up* near the end, then
# this one again. The same helps against `ExpiredTokenException` further down, when you come back on another day.)
#
# Permissions name a stream by its **ARN**: service, region, account, name.

# %%
summary = kinesis.describe_stream_summary(StreamName=STREAM)["StreamDescriptionSummary"]
STREAM_ARN = summary["StreamARN"]
STREAM_ARN


# %% [markdown]
# ## A role, not a user with keys
#
# A **role** is an identity without password and without keys. Its **trust policy** says who may assume it; who does
# gets credentials that end by themselves. Its **identity-based policies** say what it may do then. Both are JSON
# documents of statements. A statement allows or denies actions on resources; where the policy is not attached to the
# caller, as a trust policy, it also names a **principal**: whom it is about. Two small functions write policies, so
# that the cells below stay short:

# %%
def document(*statements):
    """The JSON text of a policy."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(actions, resource, **more):
    """A statement of a policy: these actions on this resource."""
    return {"Effect": "Allow", "Action": actions, "Resource": resource, **more}


# %% [markdown]
# Four roles: the two programs, the nightly job, and a newcomer who begins without any policy. All trust this
# account, which means: whoever in it is allowed to assume them.

# %%
identities, sts = boto3.client("iam"), boto3.client("sts")
ACCOUNT = sts.get_caller_identity()["Account"]
whole_account = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
TRUST = document({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": whole_account})
for role in ("producer", "consumer", "nightly", "newcomer"):
    identities.create_role(
        RoleName=f"course-07-{role}", AssumeRolePolicyDocument=TRUST, MaxSessionDuration=12 * 3600
    )


# %% [markdown]
# `assume_role` gives three things that belong together: a key, its secret and a token. `RoleSessionName` is yours to
# choose, and the trail will show it: name the job or the person.

# %%
def assume(role):
    """The short-lived credentials of a role, as a boto3 session."""
    answer = sts.assume_role(
        RoleArn=f"arn:aws:iam::{ACCOUNT}:role/course-07-{role}",
        RoleSessionName=f"lesson-{role}",
        DurationSeconds=12 * 3600,  # so that you can take your time
    )
    given = answer["Credentials"]
    return boto3.Session(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])


# %%
sessions = {role: assume(role) for role in ("producer", "consumer", "nightly", "newcomer")}
producer = sessions["producer"].client("kinesis")
consumer = sessions["consumer"].client("kinesis")

print(sessions["producer"].client("sts").get_caller_identity()["Arn"])


# %% [markdown]
# The AWS CLI asks the same, and you should, before you puzzle over a denial: who am I? In this notebook's environment,
# the account's root user.

# %%
# !aws sts get-caller-identity --query Arn --output text

# %% [markdown]
# > **On real AWS** no code of yours calls `assume_role` for this: Lambda, ECS and EC2 assume the program's role and
# > hand over the credentials, and boto3 finds them. Here the cell above plays that part, as the account's root user,
# > while IAM is still off in the lab. Once it is on, the root user can't assume a role any more, as you'll see.

# %% [markdown]
# ## Denied
#
# The lab asks no policy until IAM is switched on. Grant the one action, switch IAM on, and look at your guess.

# %%
def grant(role, *statements):
    """Give a role these statements, in place of those it had."""
    identities.put_role_policy(
        RoleName=f"course-07-{role}", PolicyName="least", PolicyDocument=document(*statements)
    )


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

print("PutRecord: ", answer_to(producer.put_record, StreamName=STREAM, **ORDER))
print("PutRecords:", answer_to(producer.put_records, StreamName=STREAM, Records=[ORDER]))

# %% [markdown]
# The first works, the second is denied: `kinesis:PutRecord` and `kinesis:PutRecords` are two actions, and what no
# policy allows is denied. The call fails as a whole; nothing was stored.

# %% [markdown]
# ## A denial says what is missing
#
# A long line, but always built the same way: **who** asked, for **what action**, on **what resource**, and **why**
# the answer was no.

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

message = answer_to(producer.put_records, StreamName=STREAM, Records=[ORDER])
Table("The denial, taken apart", ("part", "here"), list(DENIAL.match(message).groupdict().items()))

# %% [markdown]
# The **why** tells you where to look:
#
# | The message ends | Look at |
# |---|---|
# | because no identity-based policy allows … | the caller's policies: the action or the resource is not in them |
# | because no resource-based policy allows … | the policy of the stream: another account asks |
# | because no VPC endpoint policy allows … | the policy of the endpoint that the call came through |
# | with an explicit deny in … | a statement with `"Effect": "Deny"`: it wins over every allow |
#
# So the cure here is to add one action to one role. Not a wildcard: the message has just told you the name.

# %%
grant("producer", allow(["kinesis:PutRecord", "kinesis:PutRecords"], STREAM_ARN))

print("PutRecords: ", why(answer_to(producer.put_records, StreamName=STREAM, Records=[ORDER])))
print("the archive:", why(answer_to(producer.put_record, StreamName=ARCHIVE, **ORDER)))

# %% [markdown]
# That is the least for a producer with boto3. (The Kinesis Producer Library also looks at the stream, with
# `kinesis:ListShards` or `kinesis:DescribeStreamSummary`, and writes metrics, `cloudwatch:PutMetricData`.)

# %%
from grader import question

question("07-security", "read-the-denial")


# %% [markdown]
# ## The least for a consumer, one denial at a time
#
# This consumer needs three calls to read the stream. Guess: how many times will it be denied before it can read?

# %%
def read(kinesis):
    """The records of the stream's only shard, from the oldest on."""
    shard = kinesis.list_shards(StreamName=STREAM)["Shards"][0]["ShardId"]
    place = kinesis.get_shard_iterator(
        StreamName=STREAM, ShardId=shard, ShardIteratorType="TRIM_HORIZON"
    )
    return kinesis.get_records(ShardIterator=place["ShardIterator"])["Records"]


# %%
needed = []
while (answer := answer_to(read, kinesis=consumer)) != "allowed":
    needed.append(DENIAL.match(answer)["action"])
    print("denied, so grant", needed[-1])
    grant("consumer", allow(needed, STREAM_ARN))

print([record["Data"] for record in read(consumer)])

# %% [markdown]
# Three denials, three actions, and no more. AWS's guide adds a fourth to the least for reading,
# `kinesis:DescribeStreamSummary`, which tells the stream's status; a consumer that never asks does without.
#
# Note that `GetRecords` names no stream: its iterator does, and the permission is checked on that stream.
#
# > **On real AWS** don't rely on a changed policy at once, as you can in the lab. And never let a program grant by
# > itself what it was denied, as this loop does: a denial is a question, and you are the one to answer.

# %% [markdown]
# ## What “it works” can hide
#
# The nightly job had no time for denials: it got `kinesis:*` on `*`. It works. Six calls, four roles: draw the table
# on paper first, row by row. What can each role do?

# %%
grant("nightly", allow("kinesis:*", "*"))


def calls_of(kinesis):
    """What we try with each role: a name, the call, its arguments."""
    return {
        "PutRecord": (kinesis.put_record, {"StreamName": STREAM, **ORDER}),
        "PutRecord, archive": (kinesis.put_record, {"StreamName": ARCHIVE, **ORDER}),
        "read": (read, {"kinesis": kinesis}),
        "DescribeStreamSummary": (kinesis.describe_stream_summary, {"StreamName": STREAM}),
        "ListStreams": (kinesis.list_streams, {}),
    }


# %%
names = {"newcomer": "no policy", "producer": "producer", "consumer": "consumer"}
names["nightly"] = "nightly\n(kinesis:*)"
answers = {}
for role, name in names.items():
    client = sessions[role].client("kinesis")
    for call, (function, arguments) in calls_of(client).items():
        answers.setdefault(call, {})[name] = answer_to(function, **arguments) == "allowed"
    deletion = answer_to(client.delete_stream, StreamName=ARCHIVE)
    answers.setdefault("DeleteStream, archive", {})[name] = deletion == "allowed"

# %%
from lab.pictures import access_matrix

access_matrix(answers)

# %% [markdown]
# Two least policies: each opens what its program does, and nothing else. The wide one opened everything, and the
# picture was drawn from real calls: **the archive is deleted**, and no permission brings it back. Keep it in mind, the
# trail will remember.

# %%
patience = {"Delay": 1, "MaxAttempts": 60}
kinesis.get_waiter("stream_not_exists").wait(StreamName=ARCHIVE, WaiterConfig=patience)
print(ARCHIVE in kinesis.list_streams()["StreamNames"])

# %% [markdown]
# ## Wildcards match names, not intentions
#
# A smaller wildcard, then: the producer only puts, so `kinesis:Put*` on the stream. Which actions of the API does that
# pattern match? botocore knows all their names.

# %%
from fnmatch import fnmatch

actions = kinesis.meta.service_model.operation_names
[name for name in actions if fnmatch(name, "Put*")]

# %% [markdown]
# `PutResourcePolicy` is among them. It decides **who else** may use the stream. Try it as the producer, with a policy
# that lets an account with an invented number read every order:

# %%
sharing = document(
    allow(["kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:ListShards"], STREAM_ARN)
    | {"Principal": {"AWS": "arn:aws:iam::111122223333:root"}}
)
change = {"ResourceARN": STREAM_ARN, "Policy": sharing}
print("with the two actions:", why(answer_to(producer.put_resource_policy, **change)))

grant("producer", allow("kinesis:Put*", STREAM_ARN))
print("with kinesis:Put*:   ", answer_to(producer.put_resource_policy, **change))

# %%
kinesis.delete_resource_policy(ResourceARN=STREAM_ARN)
grant("producer", allow(["kinesis:PutRecord", "kinesis:PutRecords"], STREAM_ARN))
grant("nightly", allow("kinesis:DescribeStreamSummary", STREAM_ARN))

# %% [markdown]
# The same trap in resources: `stream/course-07-orders*` matches `course-07-orders-archive` too. Some actions can't be
# narrowed to a stream at all: `ListStreams`, `DescribeLimits` and a few more belong on `"Resource": "*"` in a statement
# of their own (*Service Authorization Reference*).

# %%
question("07-security", "put-wildcard")

# %% [markdown]
# ## Credentials that end by themselves
#
# A session lasts an hour unless you ask for another time, from 15 minutes up to what the role allows, 12 hours at most
# (*API model: AssumeRole*). With IAM on, can we still assume a role as the root user? And can the consumer become the
# producer?

# %%
role_arn = f"arn:aws:iam::{ACCOUNT}:role/course-07-producer"
wanted = {"RoleArn": role_arn, "RoleSessionName": "lesson"}

print("root:    ", answer_to(sts.assume_role, **wanted))
print("consumer:", why(answer_to(sessions["consumer"].client("sts").assume_role, **wanted)))

# %% [markdown]
# Both are needed: the role's trust policy must name the caller or its account, and the caller, when only its account
# is named, needs `sts:AssumeRole` on that role. Give the consumer that, for a session of 15 minutes, and let 16 pass.

# %%
grant("consumer", allow(needed, STREAM_ARN), allow("sts:AssumeRole", role_arn))
helper = sessions["consumer"].client("sts").assume_role(**wanted, DurationSeconds=900)
given = helper["Credentials"]
short = boto3.Session(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])

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
# A stolen session is worth minutes, a stolen access key of a user is worth something until somebody notices.
#
# > **Classic exam value:** old tutorials put a user's keys into `boto.cfg` for boto 2, and some deployment tools still
# > have a switch like `create_user`, which makes an IAM user with keys. Both are dated: boto 2 is gone, boto3 finds a
# > role's credentials by itself. Where a question offers a role or other short-lived credentials, take them.

# %% [markdown]
# ## Another account, by the stream's own policy
#
# A partner wants to read the orders from an account of its own. Its role needs permission from **both** sides: from
# its own account, an identity-based policy; from yours, a **resource-based policy** on the stream. First their side:

# %%
from lab.aws.environment import fresh_account

PARTNER = fresh_account()
reading = ["kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:ListShards"]

abroad = boto3.Session(PARTNER, "the lab asks for no secret")
theirs = abroad.client("iam").create_role(
    RoleName="partner", AssumeRolePolicyDocument=TRUST.replace(ACCOUNT, PARTNER)
)["Role"]["Arn"]
_ = abroad.client("iam").put_role_policy(
    RoleName="partner", PolicyName="read", PolicyDocument=document(allow(reading, STREAM_ARN))
)

# %%
given = abroad.client("sts").assume_role(RoleArn=theirs, RoleSessionName="audit")["Credentials"]
partner = boto3.Session(
    given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"]
).client("kinesis")

print(why(answer_to(partner.list_shards, StreamARN=STREAM_ARN)))

# %% [markdown]
# The end of the message says whose turn it is: yours. A stream's policy names its principals and its actions one by
# one; wildcards are not accepted in either.

# %%
kinesis.put_resource_policy(
    ResourceARN=STREAM_ARN,
    Policy=document(allow(reading, STREAM_ARN, Principal={"AWS": theirs})),
)
print("by ARN: ", answer_to(partner.list_shards, StreamARN=STREAM_ARN))
print("writing:", why(answer_to(partner.put_record, StreamARN=STREAM_ARN, **ORDER)))
try:
    partner.list_shards(StreamName=STREAM)
except ClientError as error:
    print("by name:", error.response["Error"]["Code"])

# %% [markdown]
# A name means a stream of the caller's **own** account; so across accounts it is always the ARN. What can be shared:
# `PutRecord`, `PutRecords`, `GetRecords`, `GetShardIterator`, `ListShards` and `DescribeStreamSummary` of a stream,
# `SubscribeToShard` and `DescribeStreamConsumer` of a consumer. Fan-out across accounts needs a policy on both.
# (The Kinesis Producer Library can't write to another account's stream by ARN.)

# %%
kinesis.delete_resource_policy(ResourceARN=STREAM_ARN)
abroad.client("iam").delete_role_policy(RoleName="partner", PolicyName="read")
abroad.client("iam").delete_role(RoleName="partner")

question("07-security", "across-accounts")

# %% [markdown]
# ## In flight: TLS
#
# Kinesis' endpoints speak HTTPS, and so does boto3 unless you tell it otherwise. There is nothing to switch on. The lab
# is the exception, look at its address:

# %%
print(kinesis.meta.endpoint_url)

# %% [markdown]
# Plain HTTP, on your own machine only. A policy can insist on TLS with `aws:SecureTransport`; what will the lab
# answer?

# %%
insecure = {"Bool": {"aws:SecureTransport": "false"}}
no_plain_http = {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": insecure}
puts = allow(["kinesis:PutRecord", "kinesis:PutRecords"], STREAM_ARN)

grant("producer", puts, no_plain_http)
print(why(answer_to(producer.put_record, StreamName=STREAM, **ORDER)))
grant("producer", puts)

# %% [markdown]
# Rightly denied: an **explicit deny** wins over the allow beside it. On AWS the same policy lets the producer through,
# since its calls come by TLS.

# %% [markdown]
# ## At rest: whose key, and from when on
#
# Server-side encryption is **off** until you start it. It then covers payload and partition key of each record that is
# written from then on, with a key of KMS (AWS Key Management Service). We make one of our own there, a **customer
# managed key**, and start. Guess before the last cell of this section: which of the stream's records will be encrypted?

# %%
kms = boto3.client("kms")
KEY = kms.create_key(Description="course-07: at rest")["KeyMetadata"]["Arn"]


def at_rest():
    """How the stream is encrypted, as Kinesis tells it."""
    told = kinesis.describe_stream_summary(StreamName=STREAM)["StreamDescriptionSummary"]
    return told["EncryptionType"], told.get("KeyId")


# %%
print("before:", at_rest())
kinesis.start_stream_encryption(StreamName=STREAM, EncryptionType="KMS", KeyId=KEY)
wait_until_active(kinesis, STREAM)

print("after: ", at_rest()[0], "- with our key:", at_rest()[1] == KEY)

# %% [markdown]
# Neither program has changed, neither have their policies. Do they still work?

# %%
for name, answer in {
    "producer": answer_to(producer.put_record, StreamName=STREAM, **ORDER),
    "consumer": answer_to(read, kinesis=consumer),
}.items():
    print(name, "needs", DENIAL.match(answer)["action"])

# %% [markdown]
# Kinesis uses the key **on behalf of the caller**, so the caller needs the permission: a producer to get a data key,
# a consumer to have it opened again. The error's code is `KMSAccessDeniedException`, and the resource in its message is
# the key. Each side gets the one action, on this one key:

# %%
grant("producer", puts, allow("kms:GenerateDataKey", KEY))
grant("consumer", allow(needed, STREAM_ARN), allow("kms:Decrypt", KEY))

answer = producer.put_record(StreamName=STREAM, PartitionKey="customer-7", Data=b"a kettle")
print("the producer's answer says:", answer["EncryptionType"])

# %%
records = [(record["Data"].decode(), record["EncryptionType"]) for record in read(consumer)]
Table("The stream's records", ("record", "encryption at rest"), records)


# %% [markdown]
# Only what was written **after** the start is encrypted; the older orders stay as they were until their retention
# ends. Reading looks the same as ever: Kinesis decrypts before it answers.
#
# > **On real AWS** the stream is `UPDATING` for a while, and up to 5 seconds after it is `ACTIVE` again records may still be
# > written unencrypted (*API model: StartStreamEncryption*). A stream can be given a new key 25 times in 24 hours.

# %% [markdown]
# Now all the states side by side: off, with `alias/aws/kinesis`, the key that AWS manages for Kinesis, and with our key,
# with none of the two KMS actions, with the other side's, and with the right one. Which cells will be denied?

# %%
def puts_and_reads(producers_kms, consumers_kms):
    """Whether both programs work with these KMS actions, as the stream is now."""
    wait_until_active(kinesis, STREAM)
    grant("producer", puts, *[allow(action, KEY) for action in producers_kms])
    grant("consumer", allow(needed, STREAM_ARN), *[allow(action, KEY) for action in consumers_kms])
    written = answer_to(producer.put_record, StreamName=STREAM, **ORDER)
    was_read = answer_to(read, kinesis=consumer)
    return {"producer: PutRecord": written == "allowed", "consumer: read": was_read == "allowed"}


# %%
own, managed = ({"EncryptionType": "KMS", "KeyId": key} for key in (KEY, "alias/aws/kinesis"))
kinesis.stop_stream_encryption(StreamName=STREAM, **own)
states = {"not encrypted": puts_and_reads([], [])}

kinesis.start_stream_encryption(StreamName=STREAM, **managed)
states["aws/kinesis, no KMS action"] = puts_and_reads([], [])

kinesis.start_stream_encryption(StreamName=STREAM, **own)
states["our key, no KMS action"] = puts_and_reads([], [])
states["our key, the other's action"] = puts_and_reads(["kms:Decrypt"], ["kms:GenerateDataKey"])
states["our key, the right action"] = puts_and_reads(["kms:GenerateDataKey"], ["kms:Decrypt"])

# %%
access_matrix(states, across="what the program does", down="the stream")

# %% [markdown]
# | | `aws/kinesis` | your own (customer managed) key |
# |---|---|---|
# | KMS permissions of callers | none | `kms:GenerateDataKey` for producers, `kms:Decrypt` for consumers |
# | who can read | whoever may call `GetRecords` | only who has the key as well |
# | another account | can't read the stream | can, if you share key and stream |
#
# So a stream that is shared across accounts must use a customer managed key. The added latency is typically under 100
# microseconds (*developer guide, costs and performance*).

# %%
question("07-security", "kms-sides")

# %% [markdown]
# ## Sealed by the client
#
# With encryption at rest Kinesis sees the orders, and so does everybody with the two permissions. If only the readers
# shall, the producer encrypts **before** sending, with another key. The AWS Encryption SDK does it with a fresh data key for each message,
# which it wraps with the KMS key. Its **keyring** says which KMS key; its **encryption context** travels beside the
# message, readable, and is proved when the message is opened. We put the stream's name in it.

# %%
import logging

import aws_encryption_sdk
from aws_cryptographic_material_providers.mpl import AwsCryptographicMaterialProviders
from aws_cryptographic_material_providers.mpl.config import MaterialProvidersConfig
from aws_cryptographic_material_providers.mpl.models import CreateAwsKmsKeyringInput

logging.getLogger("aws_encryption_sdk").setLevel(logging.CRITICAL)  # it logs what it raises, too
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

sealed, _ = sdk.encrypt(source=CARD, keyring=keyring_of("producer"), encryption_context=CONTEXT)
producer.put_record(StreamName=STREAM, PartitionKey="customer-7", Data=sealed)["ShardId"]

# %% [markdown]
# The consumer may read the stream, and has the key of the encryption at rest. The sealing key it has not. What does it
# get?

# %%
stored = read(consumer)[-1]["Data"]
print("the card number is in it:", CARD in stored, "- the context is:", STREAM.encode() in stored)
try:
    sdk.decrypt(source=stored, keyring=keyring_of("consumer"), encryption_context=CONTEXT)
except aws_encryption_sdk.exceptions.AWSEncryptionSDKClientError as error:
    print("to open it, it needs", DENIAL.search(repr(error))["action"])

# %% [markdown]
# Bytes, and the context in plain letters. Now give it `kms:Decrypt`, but only for messages with this context, and try
# the right stream's name and a wrong one.

# %%
only_ours = {"StringEquals": {"kms:EncryptionContext:stream": STREAM}}
reads = [allow(needed, STREAM_ARN), allow("kms:Decrypt", KEY)]
grant("consumer", *reads, allow("kms:Decrypt", SEAL, Condition=only_ours))

ring = keyring_of("consumer")
opened, header = sdk.decrypt(source=stored, keyring=ring, encryption_context=CONTEXT)
print("opened:", opened.decode(), "- sealed for:", header.encryption_context["stream"])
try:
    sdk.decrypt(source=stored, keyring=ring, encryption_context={"stream": ARCHIVE})
except aws_encryption_sdk.exceptions.AWSEncryptionSDKClientError as error:
    print("as another stream's:", error)

# %% [markdown]
# A sealed record that somebody copies into another stream doesn't open there, if readers ask for the stream that they
# read. The price is yours to pay: keys, code on both sides, and some hundred bytes more for each record. Never put a
# secret into the context or into the partition key.

# %% [markdown]
# ## A private door: the VPC endpoint
#
# Programs in a VPC reach Kinesis through an **interface endpoint**, without the internet. (A VPC, virtual private cloud,
# is a network of your own at AWS. Kinesis has no gateway endpoint.) The endpoint has a policy of its own, one more
# layer: a call that comes through it needs an allow there **and** in the caller's policies. This one admits one stream:

# %%
from lab.control import control

ENDPOINT = "vpce-0a1b2c3d"
door = {"Version": "2012-10-17", "Statement": [allow("kinesis:*", STREAM_ARN, Principal="*")]}
control().set("endpoint_policy", policy=door, context={"aws:SourceVpce": ENDPOINT})

kinesis.put_record(StreamName=STREAM, **ORDER)["ShardId"]

# %% [markdown]
# There is no VPC in the lab; the switch says that this account's calls of Kinesis come through such an endpoint from
# now on. The root user may do everything. Guess: will it get through to another stream?

# %%
archive = {"StreamName": ARCHIVE, "ShardCount": 1}
print("root, a new archive:", why(answer_to(kinesis.create_stream, **archive)))
print("consumer, our stream:", answer_to(read, kinesis=consumer))

# %% [markdown]
# No. The endpoint's policy keeps *insiders* from carrying data out to streams elsewhere. For the other direction, keep
# everybody outside from the stream with a **deny** for calls that don't come through the endpoint. A deny, because an
# allow with that condition would not take away what another statement allows.

# %%
outside = {"StringNotEquals": {"aws:SourceVpce": ENDPOINT}}
stay_in = {"Effect": "Deny", "Action": "kinesis:*", "Resource": "*", "Condition": outside}
puts_sealed = [puts, allow("kms:GenerateDataKey", [KEY, SEAL])]
grant("producer", *puts_sealed, stay_in)

print("through the endpoint:", answer_to(producer.put_record, StreamName=STREAM, **ORDER))
control().set("endpoint_policy", policy=None)
print("without it:          ", why(answer_to(producer.put_record, StreamName=STREAM, **ORDER)))
grant("producer", *puts_sealed)

# %%
question("07-security", "endpoint-layers")

# %% [markdown]
# ## By tag: one policy for every team
#
# When teams come and go, lists of ARNs grow. **Attribute-based access control** compares tags instead: this policy fits
# every role, and opens to each the streams that carry its team's tag.

# %%
same_team = {"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}}
by_tag = allow(["kinesis:PutRecord", "kinesis:PutRecords"], "*", Condition=same_team)
grant("newcomer", by_tag, allow("kms:GenerateDataKey", KEY))
newcomer = sessions["newcomer"].client("kinesis")

print("no tags:    ", why(answer_to(newcomer.put_record, StreamName=STREAM, **ORDER)))
kinesis.add_tags_to_stream(StreamName=STREAM, Tags={"team": "orders"})
print("stream only:", why(answer_to(newcomer.put_record, StreamName=STREAM, **ORDER)))
identities.tag_role(RoleName="course-07-newcomer", Tags=[{"Key": "team", "Value": "orders"}])
print("both:       ", answer_to(newcomer.put_record, StreamName=STREAM, **ORDER))

# %% [markdown]
# Whoever may tag can then open doors: `kinesis:AddTagsToStream` and `iam:TagRole` become permissions to guard.

# %% [markdown]
# ## Who has deleted the archive?
#
# **CloudTrail** logs management calls: who, what, when, from where, the request, and the error, if there was one. Ask it
# for all `DeleteStream` calls. Four roles tried; whose call was it?

# %%
trail = boto3.client("cloudtrail")
asked = [{"AttributeKey": "EventName", "AttributeValue": "DeleteStream"}]
since = summary["StreamCreationTimestamp"]  # the beginning of this lesson, by the lab's clock
found = trail.lookup_events(LookupAttributes=asked, StartTime=since)["Events"]

events = [json.loads(event["CloudTrailEvent"]) for event in reversed(found)]
len(events)

# %%
rows = []
for event in events:
    who = event["userIdentity"]
    issuer = who["sessionContext"]["sessionIssuer"]
    name = event["requestParameters"]["streamName"]
    rows.append((name, event.get("errorCode", "–"), who["arn"].split("/")[-1], issuer["userName"]))

Table("DeleteStream, the oldest first", ("stream", "errorCode", "session", "role"), rows)

# %% [markdown]
# An event with an `errorCode` is an attempt. Only one call went through. `userIdentity.arn` names the session,
# `sessionIssuer` the role behind it: the name that you search, since sessions come and go.

# %%
culprit = next(event for event in events if "errorCode" not in event)
print(culprit["requestParameters"])
print(culprit["userIdentity"]["sessionContext"]["sessionIssuer"]["arn"])

# %% [markdown]
# ## What a trail never shows
#
# This lesson has sent and read a lot of records. Guess: what of it is in the trail? The names of all of this account's
# Kinesis calls there:

# %%
pages = trail.get_paginator("lookup_events").paginate(
    LookupAttributes=[{"AttributeKey": "EventSource", "AttributeValue": "kinesis.amazonaws.com"}],
    StartTime=since,
)
told = {event["EventName"] for page in pages for event in page["Events"]}
print(sorted(told))
print("records in it:", sorted(told & {"PutRecord", "PutRecords", "GetRecords"}))

# %% [markdown]
# Management calls, and no record. CloudTrail records API activity; the contents of records never stand in it. If you must
# prove *what* was sent, keep the records themselves.
#
# > **On real AWS** don't expect to find an event at once, as in the lab. The lab tells no data events.

# %%
question("07-security", "trail-limits")

# %% [markdown]
# ## Tidy up
#
# IAM off first, so that the next lesson needs no policy; then the roles, the key, the streams.

# %%
from lab.control import control

control().set("endpoint_policy", policy=None)
iam.enforce(False)
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
patience = {"Delay": 1, "MaxAttempts": 60}
for name in kinesis.list_streams()["StreamNames"]:
    if name.startswith("course-07-"):
        kinesis.delete_stream(StreamName=name)
        kinesis.get_waiter("stream_not_exists").wait(StreamName=name, WaiterConfig=patience)
        print("deleted", name)

# %% [markdown]
# ## What to keep
#
# | Question | Answer |
# |---|---|
# | Denied? | the message names caller, action, resource and the kind of policy that lacks it |
# | Producer | `PutRecord`, `PutRecords` on the stream's ARN; with your own key `kms:GenerateDataKey` |
# | Consumer | `ListShards`, `GetShardIterator`, `GetRecords` (and `DescribeStreamSummary`); `kms:Decrypt` |
# | Identity | roles and sessions that end, not users with keys |

# %% [markdown]
# | Question | Answer |
# |---|---|
# | Another account | both sides allow; by ARN; a customer managed key if encrypted |
# | Encryption at rest | off until started, for later records only |
# | In flight | TLS on AWS; the lab is plain HTTP |
# | Sealed by the client | Kinesis can't read it; context = the stream's name |
# | VPC endpoint | interface, with a policy: one more layer; deny by `aws:SourceVpce` |
# | Trail | who called what, errors too; never a record's contents |

# %% [markdown]
# ## You can now …
#
# 1. **read** a denial and grant the least that works, to a producer and to a consumer (SAA-C03 domain 1, DEA-C01 domain 4)
# 2. **share** a stream with another account, and admit one stream only through a VPC endpoint (SAA-C03 domain 1)
# 3. **encrypt** a stream with your own KMS key, and say what each side needs for it (SAA-C03 domain 1, DEA-C01 domain 4)
# 4. **seal** a record on the client, so that only a reader with the key can open it (SAA-C03 domain 1, DEA-C01 domain 4)
# 5. **find** in CloudTrail who did what, and know what a trail never shows (DEA-C01 domain 4)
#
# **Where next:** do it yourself in the assignment, [07-security](../exercises/07-security/07-security.ipynb): least
# policies, an encryption that is proved, a culprit in a trail. The way through the course is in
# [lesson 00](00-welcome.ipynb).
