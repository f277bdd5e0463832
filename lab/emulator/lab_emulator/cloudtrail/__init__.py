"""CloudTrail: the log of management calls, trails that deliver it to S3. May import `accounts`, `iam`."""
