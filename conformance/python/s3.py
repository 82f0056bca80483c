"""One S3 or STS operation as a pod of the walkthrough performs it: default credential chain, no endpoint in code.

Prints "ok TAB detail" or "refused TAB status TAB code TAB request id TAB message".
"""

import hashlib
import sys

import boto3
from botocore.exceptions import ClientError

s3 = boto3.client("s3")


def identity():
    return boto3.client("sts").get_caller_identity()["Arn"]


def list_buckets():
    return ",".join(sorted(bucket["Name"] for bucket in s3.list_buckets()["Buckets"]))


def list_objects(bucket, prefix):
    return ",".join(found["Key"] for found in s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", []))


def get(bucket, key):
    return s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode()


def get_range(bucket, key, wanted):
    return s3.get_object(Bucket=bucket, Key=key, Range=f"bytes={wanted}")["Body"].read().decode()


def put(bucket, key, path):
    with open(path, "rb") as body:
        s3.put_object(Bucket=bucket, Key=key, Body=body)
    return get(bucket, key)


def upload(bucket, key, path):
    s3.upload_file(path, bucket, key)
    s3.download_file(bucket, key, path + ".boto3")
    with open(path + ".boto3", "rb") as body:
        return hashlib.sha256(body.read()).hexdigest()


def delete(bucket, key):
    s3.delete_object(Bucket=bucket, Key=key)
    return "deleted"


OPERATIONS = {
    "identity": identity,
    "list-buckets": list_buckets,
    "list": list_objects,
    "get": get,
    "range": get_range,
    "put": put,
    "upload": upload,
    "delete": delete,
}

try:
    print("ok", OPERATIONS[sys.argv[1]](*sys.argv[2:]), sep="\t")
except ClientError as refusal:
    error, metadata = refusal.response["Error"], refusal.response["ResponseMetadata"]
    request_id = metadata.get("RequestId", "")
    print("refused", metadata["HTTPStatusCode"], error["Code"], request_id, error["Message"], sep="\t")
