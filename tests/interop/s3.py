#!/usr/bin/env python3
"""Our client of S3, over libcurl, on moto's server (PyPI: moto[server], boto3), which checks each signature as botocore
makes it.

usage: s3.py --driver interop_s3
77: the package moto is not there.
"""
import argparse
import importlib.util
import os
import subprocess
import sys

os.environ["INITIAL_NO_AUTH_ACTION_COUNT"] = "3"  # the three below; behind them moto refuses a wrong secret
os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
REGION = "us-east-1"
BUCKET = "models"
POLICY = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}'


def client(service, endpoint, key="x", secret="x"):
    import boto3
    from botocore.config import Config
    return boto3.client(service, region_name=REGION, endpoint_url=endpoint, aws_access_key_id=key,
                        aws_secret_access_key=secret, config=Config(proxies={}, retries={"max_attempts": 0}))


def drive(driver, endpoint, key, secret, wrong=False):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment.update(MILLRACE_S3_ENDPOINT=endpoint, MILLRACE_S3_BUCKET=BUCKET, AWS_ACCESS_KEY_ID=key,
                       AWS_SECRET_ACCESS_KEY=secret, MILLRACE_S3_WRONG="yes" if wrong else "no")
    done = subprocess.run([driver], env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert secret not in done.stdout + done.stderr
    print(done.stdout.strip().splitlines()[-1])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--driver", required=True)
    args = parser.parse_args()
    if any(importlib.util.find_spec(name) is None for name in ("moto", "boto3", "flask")):
        print("no package moto[server]", file=sys.stderr)
        return 77
    import logging
    from moto.server import ThreadedMotoServer
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        endpoint = f"http://{host}:{port}"
        iam = client("iam", endpoint)
        iam.create_user(UserName="trainer")
        made = iam.create_access_key(UserName="trainer")["AccessKey"]
        iam.put_user_policy(UserName="trainer", PolicyName="s3", PolicyDocument=POLICY)
        key, secret = made["AccessKeyId"], made["SecretAccessKey"]
        theirs = client("s3", endpoint, key, secret)
        theirs.create_bucket(Bucket=BUCKET)
        drive(args.driver, endpoint, key, secret)
        drive(args.driver, endpoint, key, secret[:-1] + ("a" if secret[-1] != "a" else "b"), wrong=True)
        left = theirs.list_objects_v2(Bucket=BUCKET).get("Contents", [])
        assert not left, left
        assert not theirs.list_multipart_uploads(Bucket=BUCKET).get("Uploads", [])
    finally:
        server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
