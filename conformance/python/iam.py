"""All of ../iam.tsv with boto3, lists page by page. Prints "ok CASE" or "FAIL CASE TAB what was wrong" for each line.

Arguments: the table, the control port's URL. IRSATZ is the binary; endpoint and root's credentials come from the environment.
"""

import json
import os
import subprocess
import sys
import urllib.request

import boto3
import jmespath
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import ClientError

table, control = sys.argv[1:]
once = Config(retries={"total_max_attempts": 1})
root = boto3.client("iam", config=once)
poor = boto3.client("iam", config=once, aws_access_key_id="AKIAPOOREXAMPLE12345", aws_secret_access_key="poor")
documents = {}


def annotate(role):
    manifest = json.dumps({
        "apiVersion": "v1", "kind": "ServiceAccount",
        "metadata": {"namespace": "prod", "name": "app", "annotations": {"eks.amazonaws.com/role-arn": role}},
    })
    urllib.request.urlopen(urllib.request.Request(control + "/v1/state", manifest.encode(), method="POST")).close()


def read():
    """As the pod, with nothing of root's."""
    pod = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    program = [sys.executable, os.path.join(os.path.dirname(__file__), "s3.py"), "get", "data", "k"]
    ran = subprocess.run([os.environ["IRSATZ"], "exec", "-n", "prod", "--serviceaccount", "app", "--", *program], env=pod, capture_output=True, text=True)
    outcome, *rest = ran.stdout.rstrip("\n").split("\t") if ran.stdout else ("nothing", ran.stderr)
    if outcome == "ok":
        return rest[0]
    raise Refused(" ".join(rest[:2]), rest[-1])


class Refused(Exception):
    """What another program was told: status and code, and the message."""


def call(client, operation, parameters):
    if operation.startswith("wait:"):
        return client.get_waiter(xform_name(operation[5:])).wait(**parameters)
    method = xform_name(operation)
    if client.can_paginate(method):
        pages = client.get_paginator(method).paginate(PaginationConfig={"PageSize": 1}, **parameters)
        return pages.build_full_result()
    return getattr(client, method)(**parameters)


def perform(operation, parameters, query):
    if operation == "annotate":
        return annotate(parameters)
    if operation == "read":
        return read()
    client, operation = (poor, operation[5:]) if operation.startswith("poor:") else (root, operation)
    parameters = {key: documents.get(value, value) if isinstance(value, str) else value for key, value in json.loads(parameters).items()}
    answer = call(client, operation, parameters)
    return answer if query == "-" else jmespath.search(query, answer)


def matches(got, wanted):
    return wanted == "-" or got == wanted or wanted.endswith("*") and got.startswith(wanted[:-1])


def judge(case, operation, parameters, outcome, query, result):
    try:
        got, status = str(perform(operation, parameters.replace("{plain}", control.partition("://")[2]), query)), "ok"
    except ClientError as refusal:
        got = refusal.response["Error"].get("Message", "")
        status = f"{refusal.response['ResponseMetadata']['HTTPStatusCode']} {refusal.response['Error']['Code']}"
    except Refused as refusal:
        status, got = refusal.args
    if status == outcome and matches(got, result):
        print("ok", case, flush=True)
    else:
        print(f"FAIL {case}\twanted {outcome}: {result}, got {status}: {got}", flush=True)


for line in open(table, encoding="utf-8"):
    columns = line.rstrip("\n").split("\t")
    if line.startswith("@"):
        documents[columns[0]] = columns[1]
    elif not line.startswith("#"):
        judge(*columns)
