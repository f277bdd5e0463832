# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Assignment 07 — Security
#
# Six tasks, 24 points. In four of them you write IAM policies. In one you encrypt a stream in the lab, and in one you
# read a trail.
#
# You will be able to:
#
# - write the least policy for a producer and for a consumer, encryption included;
# - narrow a policy to what is used, and admit one stream only through a VPC endpoint;
# - encrypt a stream that is in use, and prove it;
# - find in a trail who deleted a stream.

# %% [markdown]
# ## How to work
#
# 0. Once, in a terminal (File > New > Terminal): `grader whoami NAME`. Your hand-in goes by that name.
# 1. Read the task. Write your answer in the cell below it, in place of `...`, and run the cell.
# 2. Run the check cell under it. It tells you at once what it saw, what it expected, and where to read.
#    To look at a case yourself: `case("narrow_policy", 2)` gives its arguments.
# 3. Stuck? Add a cell and run `hint("narrow_policy")`, then `hint("narrow_policy", 2)`. After an attempt,
#    `solution("narrow_policy")` shows an explained solution. `progress()` shows how far you are.

# %% [markdown]
# Each part of a task is earned when all of its cases are right, hidden ones included. Only the answer
# cells are yours: the other cells are put back before your work is marked. You may add cells of your own.
#
# **Policies** are judged by what they allow and what they deny, never by their spelling. The grader asks them questions,
# with the rules of the lab's IAM. Return a dictionary, such as `{"Version": "2012-10-17", "Statement": [...]}`, or its
# JSON text. How many statements it has is not judged. Run the next cell first.

# %% nbgrader={"grade": false, "grade_id": "setup", "locked": true, "schema_version": 3, "solution": false, "task": false}
from grader import case, check, hint, progress, solution

# %% [markdown]
# ### Task 1 — Write the least policy for a producer
#
# Write `producer_policy(stream_arn, key_arn)`. It returns an identity-based policy, a `dict`, for the role of a program.
# The program writes with boto3, with `put_record` and with `put_records`.
#
# **Rule:** the role may make these two calls on this stream (*Controlling access*), and nothing else: no other action, no
# other stream. `key_arn` is the customer managed KMS key that encrypts the stream, or `None`. With a key the producer
# also needs `kms:GenerateDataKey` on it, and no other KMS action and no other key (*Permissions to use user-generated KMS
# keys*). The key policy leaves the decision to IAM, so the role's policy is enough.
#
# **Example:** without a key a single statement is enough. **Constraint:** no wildcard that matches more.
# **Read:** lesson 07-security, “A denial says what is missing”.


# %% nbgrader={"grade": false, "grade_id": "producer_policy_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def producer_policy(stream_arn, key_arn):
    """The least that a producer needs on this stream, and on its key if it has one."""
    ### BEGIN SOLUTION
    # kinesis:Put* would be shorter, and would allow PutResourcePolicy too: who else may use the stream.
    statements = [
        {
            "Effect": "Allow",
            "Action": ["kinesis:PutRecord", "kinesis:PutRecords"],
            "Resource": stream_arn,
        }
    ]
    if key_arn:
        # Kinesis asks KMS for a data key on the caller's behalf, so the caller needs this permission.
        statements.append({"Effect": "Allow", "Action": "kms:GenerateDataKey", "Resource": key_arn})
    return {"Version": "2012-10-17", "Statement": statements}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "producer_policy", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check("producer_policy")

# %% [markdown]
# ### Task 2 — Write the least policy for a consumer
#
# Write `consumer_policy(stream_arn, key_arn)`, in the same way, for a program that reads with boto3. It calls
# `describe_stream_summary`, `list_shards`, `get_shard_iterator` and `get_records`.
#
# **Rule:** these four calls on this stream, and nothing else. With a key the consumer also needs `kms:Decrypt` on it, and
# no other KMS action and no other key. (A condition on the encryption context would be narrower still. It is not asked
# for here.)
#
# **Example:** `GetRecords` names no stream, but its iterator belongs to one. The call is checked on that stream's ARN, like
# the others. **Constraint:** as in task 1.
# **Read:** lesson 07-security, “The least for a consumer, one denial at a time”.


# %% nbgrader={"grade": false, "grade_id": "consumer_policy_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def consumer_policy(stream_arn, key_arn):
    """The least that a consumer needs on this stream, and on its key if it has one."""
    ### BEGIN SOLUTION
    # The name of an action is the name of the API call; in boto3 it is written with underscores.
    calls = ["DescribeStreamSummary", "ListShards", "GetShardIterator", "GetRecords"]
    statements = [
        {
            "Effect": "Allow",
            "Action": [f"kinesis:{call}" for call in calls],
            "Resource": stream_arn,
        }
    ]
    if key_arn:
        statements.append({"Effect": "Allow", "Action": "kms:Decrypt", "Resource": key_arn})
    return {"Version": "2012-10-17", "Statement": statements}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "consumer_policy", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check("consumer_policy")

# %% [markdown]
# ### Task 3 — Narrow a policy to what is used
#
# A role has a policy that is too wide. For a month its calls were recorded. Write `narrow_policy(policy, calls)`. It
# returns the policy, a `dict`, that replaces the wide one. `calls` is a list like this:
#
# ```python
# [{"action": "kinesis:PutRecord", "resource": "arn:…:stream/orders", "outcome": "allowed"},
#  {"action": "kinesis:ListStreams", "resource": "*", "outcome": "allowed"},
#  {"action": "kinesis:SplitShard", "resource": "arn:…:stream/orders", "outcome": "denied"}]
# ```

# %% [markdown]
# **Rule:** the new policy allows each action that was used with the outcome `"allowed"`, on the resource on which it was
# used, and nothing else. What was denied stays denied. Statements of the old policy with `"Effect": "Deny"` are guard
# rails: they stay as they are.
#
# `policy["Statement"]` is a list. An action without a stream has the resource `"*"` (*Service Authorization Reference*).
# The order of the calls means nothing, and a call may be listed more than once.
#
# **Example:** for the three calls above and a policy without Deny, the new one allows PutRecord on `orders` and
# ListStreams on `"*"`. **Constraint:** an action that was used on one stream does not become allowed on another.
# **Read:** lesson 07-security, “What “it works” can hide”.


# %% nbgrader={"grade": false, "grade_id": "narrow_policy_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def narrow_policy(policy, calls):
    """The policy that allows what was used, with the old one's guard rails."""
    ### BEGIN SOLUTION
    # A set of pairs keeps action and resource together, each pair once.
    used = {(call["action"], call["resource"]) for call in calls if call["outcome"] == "allowed"}
    statements = [
        {"Effect": "Allow", "Action": action, "Resource": resource} for action, resource in sorted(used)
    ]
    # An explicit deny wins over every allow, so it keeps its meaning beside the new statements.
    statements += [one for one in policy["Statement"] if one["Effect"] == "Deny"]
    return {"Version": "2012-10-17", "Statement": statements}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "narrow_policy", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check("narrow_policy")

# %% [markdown]
# ### Task 4 — Admit one stream through a VPC endpoint
#
# Write `endpoint_policy(stream_arn)`. It returns the policy, a `dict`, of an interface endpoint for Kinesis.
#
# **Rule:** all Kinesis calls about this stream, or about one of its fan-out consumers, go through the endpoint, whoever
# makes them. The callers' own policies say who may do what. No call about another stream goes through, and no call that
# is about no stream in particular.

# %% [markdown]
# A fan-out consumer's ARN is the stream's with `/consumer/NAME:TIME` at its end (*Service Authorization
# Reference*). A statement of an endpoint's policy has a `"Principal"`.
#
# **Example:** for `…:stream/orders`, SubscribeToShard on `…:stream/orders/consumer/fraud:1764000000` goes
# through. PutRecord on `…:stream/orders-archive` doesn't. **Constraint:** this one policy must do it alone.
# **Read:** lesson 07-security, “A private door: the VPC endpoint”.


# %% nbgrader={"grade": false, "grade_id": "endpoint_policy_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def endpoint_policy(stream_arn):
    """What an endpoint lets through that is there for one stream."""
    ### BEGIN SOLUTION
    # f"{stream_arn}*" would fit the consumers as well, and orders-archive with them.
    of_the_stream = [stream_arn, f"{stream_arn}/consumer/*"]
    everybody = {"Effect": "Allow", "Principal": "*", "Action": "kinesis:*", "Resource": of_the_stream}
    return {"Version": "2012-10-17", "Statement": [everybody]}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "endpoint_policy", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check("endpoint_policy")

# %% [markdown]
# ### Task 5 — Encrypt a stream, and prove it
#
# This one works in the lab. Write `encrypt_stream(stream_name, key_arn)`. The stream is ACTIVE and in use. It holds
# records and is not encrypted. The key is a customer managed KMS key of yours. Your function starts encryption with this
# key. It returns a proof: the sequence number, a `str`, of an encrypted record that it has written itself.
#
# **Rule:** only records written after the start are encrypted. `EncryptionType` in the answers of PutRecord and GetRecords
# says whether a record is (*API model: StartStreamEncryption*). Everything that was in the stream before stays, once, as
# it is. You choose what the record for the proof holds.

# %% [markdown]
# **Example:** a function that returns `"49680556484120…"` is right if the stream has a record with this number, if that
# record is encrypted, and if the stream's `KeyId` is `key_arn`.
#
# **Constraint:** use `boto3.client("kinesis")` as it is. The check makes a stream and a key, and takes them away
# afterwards. On AWS you must wait with a waiter until the stream is ACTIVE again. Do it here too, though it is not judged:
# the lab encrypts at once. **Read:** lesson 07-security, “At rest: whose key, and from when on”.


# %% nbgrader={"grade": false, "grade_id": "encrypt_stream_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
import boto3


def encrypt_stream(stream_name, key_arn):
    """Start encryption with the key; the sequence number of an encrypted record."""
    ### BEGIN SOLUTION
    kinesis = boto3.client("kinesis")
    kinesis.start_stream_encryption(StreamName=stream_name, EncryptionType="KMS", KeyId=key_arn)
    # The stream is UPDATING meanwhile. boto3's waiter of this name waits until it is ACTIVE.
    waiting = {"Delay": 1, "MaxAttempts": 20}
    kinesis.get_waiter("stream_exists").wait(StreamName=stream_name, WaiterConfig=waiting)
    # For a moment longer a record may still be written as before, so let the answer decide.
    for _ in range(20):
        answer = kinesis.put_record(StreamName=stream_name, PartitionKey="proof", Data=b"proof")
        if answer.get("EncryptionType") == "KMS":
            return answer["SequenceNumber"]
    raise RuntimeError("no record was encrypted")
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "encrypt_stream", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
check("encrypt_stream")

# %% [markdown]
# ### Task 6 — Find in a trail who deleted a stream
#
# Write `find_culprit(events, stream_arn)`. Find the one event by which this stream was deleted. The function returns
# `{"principal": ..., "time": ...}` for it, both `str`. `events` is a list of CloudTrail events, in any order:
#
# ```python
# {"eventTime": "2026-11-20T02:11:35Z", "eventSource": "kinesis.amazonaws.com",
#  "eventName": "DeleteStream", "awsRegion": "us-east-1", "recipientAccountId": "111122223333",
#  "requestParameters": {"streamName": "orders"}, "userIdentity": {"type": "AssumedRole",
#    "arn": "arn:aws:sts::111122223333:assumed-role/nightly/run-17",
#    "sessionContext": {"sessionIssuer": {"arn": "arn:aws:iam::111122223333:role/nightly"}}}}
# ```

# %% [markdown]
# **Rule:** an event with an `errorCode` failed. `requestParameters` names the stream by `streamARN` or by `streamName`. A
# name means a stream of the event's `awsRegion` and `recipientAccountId`. Other services may have calls of the same name.
# Kinesis Data Streams is `kinesis.amazonaws.com`.
#
# `principal` is an ARN. For the type `AssumedRole` it is that of the role behind the session, from `sessionIssuer`. For all
# others it is `userIdentity`'s own. `time` is the `eventTime`, unchanged.
#
# **Example:** for the event above and `arn:aws:kinesis:us-east-1:111122223333:stream/orders` it returns
# `{"principal": "arn:aws:iam::111122223333:role/nightly", "time": "2026-11-20T02:11:35Z"}`. **Constraint:** exactly
# one event of the list fits.
# **Read:** lesson 07-security, “Who has deleted the archive?”.


# %% nbgrader={"grade": false, "grade_id": "find_culprit_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def find_culprit(events, stream_arn):
    """Who deleted the stream, and when."""
    ### BEGIN SOLUTION
    for event in events:
        if event["eventSource"] != "kinesis.amazonaws.com" or event["eventName"] != "DeleteStream":
            continue
        if "errorCode" in event:
            continue  # an attempt
        asked = event["requestParameters"]
        # A name is completed to an ARN, so that region, account and name are compared at once.
        place = f"arn:aws:kinesis:{event['awsRegion']}:{event['recipientAccountId']}"
        if asked.get("streamARN", f"{place}:stream/{asked.get('streamName')}") != stream_arn:
            continue
        who = event["userIdentity"]
        if who["type"] == "AssumedRole":
            # The session is gone tomorrow; the role is what can be changed.
            who = who["sessionContext"]["sessionIssuer"]
        return {"principal": who["arn"], "time": event["eventTime"]}
    raise LookupError("no event tells that the stream was deleted")
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "find_culprit", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check("find_culprit")

# %% [markdown]
# ## Hand in
#
# The checks above try visible cases. The marking tries hidden ones as well. `progress()` shows where you
# stand. Save the notebook, then in a terminal:
#
# - `grader mark 07-security` marks your notebook in full, here and now (the lab must run for task 5);
# - `grader submit 07-security` packs it for your instructor.
#
# You can now write least policies, narrow wide ones, encrypt a stream and prove it, and find a culprit.
