"""From the bytes of a Kinesis request to its parameters, checked, and from answers to bytes: JSON and CBOR.

Driven by botocore's model of Kinesis. May import the store's errors, nothing of LocalStack.
"""
