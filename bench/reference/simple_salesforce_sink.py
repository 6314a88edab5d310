"""The same updates as one writes them with simple-salesforce: a call for each, or a bulk job; settings as a JSON file."""

import json
import sys
import urllib.parse
import urllib.request

from simple_salesforce import Salesforce

with open(sys.argv[1], encoding="utf-8") as file:
    settings = json.load(file)
form = {
    "grant_type": "client_credentials",
    "client_id": settings["clientId"],
    "client_secret": settings["clientSecret"],
}
token_url = f"{settings['loginUrl']}/services/oauth2/token"
with urllib.request.urlopen(token_url, urllib.parse.urlencode(form).encode()) as answer:
    token = json.load(answer)["access_token"]

org = Salesforce(instance_url=settings["loginUrl"], session_id=token, version=settings["version"])
title = settings["title"]
root = f"{settings['loginUrl']}/services/data/v{settings['version']}"
if settings["bulk"]:
    # It writes https before every host; the simulated org speaks http here.
    org.bulk2_url = f"{root}/jobs/"
    rows = [{"Id": record_id, "Title": title} for record_id in settings["ids"]]
    print(json.dumps({"done": 0}), flush=True)
    results = org.bulk2.Contact.update(records=rows)
    failed = sum(result["numberRecordsFailed"] for result in results)
    if failed > 0:
        raise SystemExit(f"{failed} rows were refused")
    print(json.dumps({"done": len(rows)}), flush=True)
else:
    contacts = org.Contact
    contacts.base_url = f"{root}/sobjects/Contact/"
    for done, record_id in enumerate(settings["ids"], start=1):
        contacts.update(record_id, {"Title": title})
        print(json.dumps({"done": done}), flush=True)
