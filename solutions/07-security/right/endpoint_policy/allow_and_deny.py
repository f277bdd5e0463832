def endpoint_policy(stream_arn):
    here = [stream_arn, f"{stream_arn}/consumer/*"]
    everybody = {"AWS": "*"}
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": "Open", "Effect": "Allow", "Principal": everybody, "Action": "*", "Resource": "*"},
            {"Sid": "Door", "Effect": "Deny", "Principal": everybody, "Action": "*", "NotResource": here},
        ],
    }
