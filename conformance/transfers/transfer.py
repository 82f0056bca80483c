"""boto3's managed transfer, in parts and many at a time: up, down, compared. BUCKET KEY FILE."""

import filecmp
import sys
import tempfile

import boto3
from boto3.s3.transfer import TransferConfig

bucket, key, path = sys.argv[1:]
config = TransferConfig(multipart_threshold=8 << 20, multipart_chunksize=8 << 20, max_concurrency=10)
s3 = boto3.client("s3")
s3.upload_file(path, bucket, key, Config=config)
with tempfile.NamedTemporaryFile() as back:
    s3.download_file(bucket, key, back.name, Config=config)
    if not filecmp.cmp(path, back.name, shallow=False):
        sys.exit("what came back differs")
