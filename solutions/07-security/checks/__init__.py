"""The checks of assignment 07-security: policies by what they decide, an encryption in the lab, a trail.

Which actions a program needs: Kinesis developer guide, "Controlling access" and "Permissions to use
user-generated KMS keys"; on which resource each is authorized: Service Authorization Reference. A policy is
asked questions and never compared as text. Every draw is seeded, every case is JSON.
"""

from . import consumer_policy, encrypt_stream, endpoint_policy, find_culprit, narrow_policy, producer_policy

SERVICES = ("kinesis",)

TASKS = [
    producer_policy.TASK,
    consumer_policy.TASK,
    narrow_policy.TASK,
    endpoint_policy.TASK,
    encrypt_stream.TASK,
    find_culprit.TASK,
]
