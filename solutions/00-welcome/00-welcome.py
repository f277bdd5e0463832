# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Assignment 00 — Welcome
#
# Two tasks, 8 points. The first is small on purpose. It shows how tasks, checks and hints work, and how you hand in.
#
# You will be able to:
#
# - write an answer, check it and read what the check says;
# - ask for a hint, and for the solution once you have tried;
# - hand in your work;
# - write the ARN of a stream: the name by which policies, consumers and other accounts know it;
# - choose between Kinesis Data Streams and its neighbours for a job.

# %% [markdown]
# ## How to work
#
# 0. Once, in a terminal (File > New > Terminal): `grader whoami NAME`. Your hand-in goes by that name.
# 1. Read the task. Write your answer in the cell below it, in place of `...`. Run that cell.
# 2. Run the check cell under it. It says at once what it saw, what it expected, and where to read.
# 3. Stuck? Add a cell and run `hint("stream_arn")`, then `hint("stream_arn", 2)`. After an attempt,
#    `solution("stream_arn")` shows an explained solution. `progress()` shows how far you are.
#
# Only the answer cells are yours. The other cells are put back before your work is marked. You may add
# cells of your own. Run the next cell first.

# %% nbgrader={"grade": false, "grade_id": "setup", "locked": true, "schema_version": 3, "solution": false, "task": false}
from grader import case, check, hint, progress, solution, variant

# %% [markdown]
# ### Task 1 — Write a stream's ARN
#
# Write `stream_arn(region, account, name)`. It returns the Amazon Resource Name of a stream, a `str`.
#
# **Rule:** `arn:aws:kinesis:REGION:ACCOUNT:stream/NAME`, where `aws` is the partition of every Region used
# here (*Source: Service Authorization Reference, Amazon Kinesis Data Streams*).
#
# **Example:** `stream_arn("eu-west-1", "111122223333", "clicks")` returns
# `"arn:aws:kinesis:eu-west-1:111122223333:stream/clicks"`.
#
# **Constraint:** `account` is a string of 12 digits. It may begin with zeros: keep them all.
# **Read:** lesson 00-welcome, “A stream”.


# %% nbgrader={"grade": false, "grade_id": "stream_arn_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def stream_arn(region, account, name):
    """The ARN of the stream `name` in this Region and account."""
    ### BEGIN SOLUTION
    # Colons divide the fields; inside the last one, a slash divides the kind of resource and its name.
    return f"arn:aws:kinesis:{region}:{account}:stream/{name}"
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "stream_arn", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check("stream_arn")

# %% [markdown]
# ### Task 2 — Choose a service for six jobs
#
# For each job set the variable to the letter of the service that fits best, a `str`. One requirement in each job decides.
#
# - `"a"`: Amazon Kinesis Data Streams
# - `"b"`: Amazon MSK
# - `"c"`: Amazon SQS
# - `"d"`: Amazon EventBridge
# - `"e"`: Amazon Data Firehose
# - `"f"`: Amazon Managed Service for Apache Flink

# %% [markdown]
# | Variable | The job |
# |---|---|
# | `scores` | Three teams read the scores of a new game, each at its own pace. One of them reads the last three days again each month. |
# | `payments` | A bank moves to AWS. Sixty programs of its own use Apache Kafka's client library and must not change. |
# | `thumbnails` | Any free worker takes the next picture and makes it small. A job that is done must be gone. |
# | `orders` | Each order event must reach those services whose rules match it. One of them belongs to a partner. |
# | `logs` | Log records must end up in S3 files. Nobody wants to write code, and five minutes of delay are fine. |
# | `fraud` | A stream of card payments is there. Find cards with more than five payments in ten minutes. |
#
# **Example:** if a job asked for a store of files, none of the six would be right: it would be S3.
# **Constraint:** one letter for each job. **Read:** lesson 00-welcome, “When a stream, and when not”.

# %% nbgrader={"grade": false, "grade_id": "choose_service_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN SOLUTION
scores = "a"  # many readers, each at its own pace, who can go back: a log
payments = "b"  # existing Kafka programs: Kafka itself
thumbnails = "c"  # each message for one worker, gone when it is done: a queue
orders = "d"  # rules decide who gets an event: a bus
logs = "e"  # into a store, without code: delivery
fraud = "f"  # state over time: stream processing
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "choose_service", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
check("choose_service")

# %% [markdown]
# ## Hand in
#
# The check above tries visible cases. The marking also tries hidden ones. So an answer that only repeats
# the examples loses points. Save the notebook. Then type in a terminal:
#
# - `grader mark 00-welcome` marks your notebook in full, here and now;
# - `grader submit 00-welcome` packs it for your instructor.
#
# You can now write an answer, check it, ask for help, hand in, and write a stream's ARN. Next: lesson
# 01-producers and its assignment.
