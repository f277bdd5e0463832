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
# One warm-up task. It is small on purpose. It shows how tasks, checks and hints work, and how you hand in.
#
# You will be able to:
#
# - write an answer, check it and read what the check says;
# - ask for a hint, and for the solution once you have tried;
# - hand in your work;
# - write the ARN of a stream: the name by which policies, consumers and other accounts know it.

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
