// One S3 or STS operation as a pod of the walkthrough performs it: default credential chain, no endpoint in code.
// Prints "ok TAB detail" or "refused TAB status TAB code TAB request id TAB message".
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import {
  DeleteObjectCommand, GetObjectCommand, ListBucketsCommand, ListObjectsV2Command, PutObjectCommand, S3Client,
} from "@aws-sdk/client-s3";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { Upload } from "@aws-sdk/lib-storage";

const s3 = new S3Client({});

const read = async (Bucket, Key, Range) => {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key, Range }));
  return Buffer.from(await Body.transformToByteArray());
};

const operations = {
  "identity": async () => (await new STSClient({}).send(new GetCallerIdentityCommand({}))).Arn,
  "list-buckets": async () => {
    const { Buckets = [] } = await s3.send(new ListBucketsCommand({}));
    return Buckets.map((bucket) => bucket.Name).sort().join(",");
  },
  "list": async (Bucket, Prefix) => {
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket, Prefix }));
    return Contents.map((object) => object.Key).join(",");
  },
  "get": async (bucket, key) => (await read(bucket, key)).toString(),
  "range": async (bucket, key, range) => (await read(bucket, key, `bytes=${range}`)).toString(),
  "put": async (Bucket, Key, file) => {
    const { size: ContentLength } = await stat(file);
    await s3.send(new PutObjectCommand({ Bucket, Key, Body: createReadStream(file), ContentLength }));
    return (await read(Bucket, Key)).toString();
  },
  "upload": async (Bucket, Key, file) => {
    await new Upload({ client: s3, params: { Bucket, Key, Body: createReadStream(file) } }).done();
    return createHash("sha256").update(await read(Bucket, Key)).digest("hex");
  },
  "delete": async (Bucket, Key) => {
    await s3.send(new DeleteObjectCommand({ Bucket, Key }));
    return "deleted";
  },
};

const [name, ...args] = process.argv.slice(2);
try {
  console.log(["ok", await operations[name](...args)].join("\t"));
} catch (error) {
  if (!error.$metadata) throw error;
  const { httpStatusCode, requestId } = error.$metadata;
  console.log(["refused", httpStatusCode, error.Code ?? error.name, requestId, error.message].join("\t"));
}
