"""What a program with simple-salesforce would do against an org; it knows of the simulator only what its environment says."""

import datetime
import json
import os

from simple_salesforce import Salesforce

details = json.loads(os.environ["DETAILS"])
told = {}

org = Salesforce(
    username=details["username"],
    password=details["plainPassword"],
    security_token=details["securityToken"],
    version="68.0",
)
told["signedIn"] = org.User.get(details["userId"])["Username"]

fields = org.Account.describe()["fields"]
told["described"] = any(field["name"] == "Name" and field["type"] == "string" for field in fields)

made = org.Contact.create({"LastName": "Okafor", "Email": "ada@example.com", "External_Id__c": "client-1"})
told["created"] = made["success"]
record_id = made["id"]

everything = org.query_all("SELECT Id FROM Contact")
told["paged"] = len(everything["records"]) == everything["totalSize"] and everything["totalSize"] > 4000

org.Contact.update(record_id, {"Title": "Chief Engineer"})
told["updated"] = org.Contact.get(record_id)["Title"]
again = org.Contact.upsert("External_Id__c/client-1", {"Title": "Director"})
fresh = org.Contact.upsert("External_Id__c/client-2", {"LastName": "New"})
told["upserted"] = [again in (200, 204), fresh == 201, org.Contact.get(record_id)["Title"]]

org.Contact.delete(record_id)
by_id = f"SELECT Id, IsDeleted FROM Contact WHERE Id = '{record_id}'"
kept = org.query_all(by_id, include_deleted=True)
told["deleted"] = [org.query(by_id)["totalSize"], kept["records"][0]["IsDeleted"]]

subrequests = [
    {"method": "POST", "url": "/services/data/v68.0/sobjects/Account", "referenceId": "a", "body": {"Name": "Acme"}},
    {
        "method": "POST",
        "url": "/services/data/v68.0/sobjects/Contact",
        "referenceId": "c",
        "body": {"LastName": "Okafor", "AccountId": "@{a.id}"},
    },
]
answer = org.restful("composite", method="POST", json={"compositeRequest": subrequests})
told["composite"] = [each["httpStatusCode"] for each in answer["compositeResponse"]]

records = [{"attributes": {"type": "Contact"}, "LastName": f"Collected {n}"} for n in range(450)]
results = []
for start in range(0, len(records), 200):
    part = {"allOrNone": False, "records": records[start : start + 200]}
    results += org.restful("composite/sobjects", method="POST", json=part)
told["collections"] = sum(1 for result in results if result["success"])

now = datetime.datetime.now(datetime.timezone.utc)
minutes = datetime.timedelta(minutes=1)
updated = org.Contact.updated(now - 5 * minutes, now + 2 * minutes)
told["updatedIds"] = results[0]["id"] in updated["ids"]

pages = org.bulk2.Contact.query("SELECT Id, LastName FROM Contact WHERE LastName LIKE 'Collected %'")
told["bulk"] = sum(len(page.strip().splitlines()) - 1 for page in pages)

print(json.dumps(told))
