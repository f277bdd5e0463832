"""What Amazon S3 and DynamoDB calls need.

Sources: Amazon S3 User Guide, "Required permissions for Amazon S3 API operations"; Service Authorization
Reference, "Amazon S3", "Amazon DynamoDB". Access control lists are not evaluated.
"""

from collections.abc import Mapping
from typing import Any, Final

from lab.rules.policy import Layer
from lab_emulator.iam.call import Call, Check, UnmappedError, account_in, words
from lab_emulator.iam.documents import Document

_UNTOLD: Final = ("aws:ResourceTag/",)

_BUCKET_ACTIONS: Final = {
    "CreateBucket": "CreateBucket",
    "DeleteBucket": "DeleteBucket",
    "DeleteBucketEncryption": "PutEncryptionConfiguration",
    "DeleteBucketLifecycle": "PutLifecycleConfiguration",
    "DeleteBucketPolicy": "DeleteBucketPolicy",
    "DeleteBucketTagging": "PutBucketTagging",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "GetBucketLocation": "GetBucketLocation",
    "GetBucketPolicy": "GetBucketPolicy",
    "GetBucketPolicyStatus": "GetBucketPolicyStatus",
    "GetBucketTagging": "GetBucketTagging",
    "GetBucketVersioning": "GetBucketVersioning",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "HeadBucket": "ListBucket",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "ListObjectVersions": "ListBucketVersions",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "PutBucketPolicy": "PutBucketPolicy",
    "PutBucketTagging": "PutBucketTagging",
    "PutBucketVersioning": "PutBucketVersioning",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
}
_OBJECT_ACTIONS: Final = {
    "AbortMultipartUpload": "AbortMultipartUpload",
    "CompleteMultipartUpload": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "DeleteObject": "DeleteObject",
    "DeleteObjectTagging": "DeleteObjectTagging",
    "GetObject": "GetObject",
    "GetObjectAttributes": "GetObject",
    "GetObjectTagging": "GetObjectTagging",
    "HeadObject": "GetObject",
    "ListParts": "ListMultipartUploadParts",
    "PutObject": "PutObject",
    "PutObjectTagging": "PutObjectTagging",
    "UploadPart": "PutObject",
}
_VERSIONED: Final = {
    "DeleteObject": "DeleteObjectVersion",
    "DeleteObjectTagging": "DeleteObjectVersionTagging",
    "GetObject": "GetObjectVersion",
    "GetObjectTagging": "GetObjectVersionTagging",
    "PutObjectTagging": "PutObjectVersionTagging",
}
"""By action: its name when a version of the object is asked for."""
_GRANTS: Final = ("ACL", "GrantFullControl", "GrantRead", "GrantReadACP", "GrantWriteACP")


def s3_checks(call: Call) -> list[Check]:
    operation, parameters = call.operation, call.parameters
    if operation == "ListBuckets":
        return [Check("s3:ListAllMyBuckets", "*")]
    bucket = str(parameters.get("Bucket") or "")
    if operation in _BUCKET_ACTIONS:
        return [_in_bucket(call, _BUCKET_ACTIONS[operation], bucket)]
    if operation == "DeleteObjects":
        return [_deleted(call, bucket, one) for one in parameters["Delete"]["Objects"]]
    if operation == "CopyObject":
        return [_copied(call), *_written(call, bucket)]
    if operation not in _OBJECT_ACTIONS:
        raise UnmappedError(f"the operation {operation} of S3")
    if _OBJECT_ACTIONS[operation] == "PutObject":
        return _written(call, bucket)
    action = _OBJECT_ACTIONS[operation]
    if parameters.get("VersionId"):
        action = _VERSIONED.get(action, action)
    return [_in_bucket(call, action, bucket, str(parameters["Key"]))]


def _written(call: Call, bucket: str) -> list[Check]:
    key, parameters = str(call.parameters["Key"]), call.parameters
    actions = ["PutObject"]
    if any(parameters.get(name) for name in _GRANTS):
        actions.append("PutObjectAcl")
    if parameters.get("Tagging"):
        actions.append("PutObjectTagging")
    return [_in_bucket(call, action, bucket, key) for action in actions]


def _deleted(call: Call, bucket: str, one: Mapping[str, Any]) -> Check:
    action = "DeleteObjectVersion" if one.get("VersionId") else "DeleteObject"
    return _in_bucket(call, action, bucket, str(one["Key"]))


def _copied(call: Call) -> Check:
    from urllib.parse import unquote

    source, _, version = str(call.parameters["CopySource"]).partition("?versionId=")
    bucket, _, key = unquote(source).lstrip("/").partition("/")
    if bucket.startswith("arn:"):
        raise UnmappedError("CopyObject from an access point")
    return _in_bucket(call, "GetObjectVersion" if version else "GetObject", bucket, key)


def _in_bucket(call: Call, action: str, bucket: str, key: str = "") -> Check:
    if bucket.startswith("arn:"):
        raise UnmappedError(f"s3:{action} through an access point")
    arn = f"arn:aws:s3:::{bucket}/{key}" if key else f"arn:aws:s3:::{bucket}"
    owner = owner_of_bucket(bucket)
    policy = bucket_policy(bucket)
    document = Document(Layer.RESOURCE, f"of bucket {bucket}", policy) if policy else None
    return Check(f"s3:{action}", arn, owner, document, untold=_UNTOLD)


def owner_of_bucket(bucket: str) -> str:
    """The account of a bucket, "" when there is none."""
    from localstack.services.s3.models import s3_stores  # when S3 is used, and not before

    return str(s3_stores["000000000000"]["us-east-1"].global_bucket_map.get(bucket, ""))


def bucket_policy(bucket: str) -> str | None:
    owner = owner_of_bucket(bucket)
    from localstack.services.s3.models import s3_stores

    found = s3_stores[owner]["us-east-1"].buckets.get(bucket) if owner else None
    return found.policy if found else None


_TABLE_ACTIONS: Final = words(
    """
    CreateTable DeleteItem DeleteTable DescribeContinuousBackups DescribeTable DescribeTimeToLive GetItem
    PutItem Query Scan UpdateContinuousBackups UpdateItem UpdateTable UpdateTimeToLive
    """
)
_TAG_ACTIONS: Final = words("ListTagsOfResource TagResource UntagResource")
_POLICY_ACTIONS: Final = words("DeleteResourcePolicy GetResourcePolicy PutResourcePolicy")
_BARE_ACTIONS: Final = words("DescribeEndpoints DescribeLimits ListTables")
_BATCHES: Final = ("BatchGetItem", "BatchWriteItem")
_TRANSACTIONS: Final = ("TransactGetItems", "TransactWriteItems")
_TRANSACTED: Final = {
    "Get": "GetItem",
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
}


def dynamodb_checks(call: Call) -> list[Check]:
    operation, parameters = call.operation, call.parameters
    if operation in _BARE_ACTIONS:
        return [Check(f"dynamodb:{operation}", "*")]
    if operation in _TABLE_ACTIONS:
        index = str(parameters.get("IndexName") or "")
        found = [_table(call, operation, str(parameters["TableName"]), index)]
        tagging = operation == "CreateTable" and parameters.get("Tags")
        return found + ([_table(call, "TagResource", str(parameters["TableName"]))] if tagging else [])
    if operation in _TAG_ACTIONS | _POLICY_ACTIONS:
        return [_table(call, operation, str(parameters["ResourceArn"]))]
    if operation in _BATCHES:
        return [_table(call, operation, str(name)) for name in parameters["RequestItems"]]
    if operation in _TRANSACTIONS:
        return [
            _table(call, _TRANSACTED[kind], str(asked["TableName"]))
            for item in parameters["TransactItems"]
            for kind, asked in item.items()
        ]
    raise UnmappedError(f"the operation dynamodb:{operation}")


def _table(call: Call, operation: str, name: str, index: str = "") -> Check:
    arn = name if name.startswith("arn:") else call.arn("dynamodb", f"table/{name}")
    account, region = account_in(arn) or call.account, arn.split(":")[3]
    from moto.dynamodb.models import dynamodb_backends  # when DynamoDB is used, and not before

    stored = dynamodb_backends[account][region].resource_policies.get(arn)
    document = Document(Layer.RESOURCE, f"of {arn}", stored.policy_doc) if stored else None
    resource = f"{arn}/index/{index}" if index else arn
    return Check(f"dynamodb:{operation}", resource, account, document, untold=_UNTOLD)
