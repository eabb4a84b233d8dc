"""The token that `aws eks get-token` makes, by the library that the command is built on, at a given time."""

import base64
import datetime
import json
import sys

import botocore.auth
import botocore.session

wanted = json.load(open(sys.argv[1]))
moment = datetime.datetime.strptime(wanted["at"], "%Y-%m-%dT%H:%M:%SZ")
botocore.auth.get_current_datetime = lambda: moment

session = botocore.session.Session()
session.set_credentials(wanted["access_key_id"], wanted["secret_access_key"], wanted.get("session_token"))
session.set_config_variable("sts_regional_endpoints", "legacy" if wanted["region"] is None else "regional")
sts = session.create_client("sts", region_name=wanted["region"] or "us-east-1")


def name_the_cluster(request, **_):
    request.headers["x-k8s-aws-id"] = wanted["cluster"]


sts.meta.events.register("before-sign.sts.GetCallerIdentity", name_the_cluster)
url = sts.generate_presigned_url("get_caller_identity", ExpiresIn=60, HttpMethod="GET")
print("k8s-aws-v1." + base64.urlsafe_b64encode(url.encode()).decode().rstrip("="))
