"""Reads an object as a file, here and there, as a file system over S3 does. BUCKET KEY FILE."""

import os
import sys

import s3fs

bucket, key, path = sys.argv[1:]
size = os.path.getsize(path)
filesystem = s3fs.S3FileSystem(default_block_size=1 << 20, default_cache_type="readahead")
with filesystem.open(f"{bucket}/{key}", "rb") as remote, open(path, "rb") as local:
    for offset, length in [(0, 10), (size - 7, 7), (size // 2, 3 << 20), (5, 1), (size // 3, 1 << 20)]:
        remote.seek(offset)
        local.seek(offset)
        if remote.read(length) != local.read(length):
            sys.exit(f"bytes {offset}+{length} differ")
