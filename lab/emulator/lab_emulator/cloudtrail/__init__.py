"""CloudTrail: the log of management calls, and trails that deliver it to S3. May import `accounts` and `iam`."""
