"""docs/openapi.yaml: served as it is, and true for every route that it lists."""
import jsonschema
import pytest


def test_served_as_yaml(shared, contract):
    assert shared.api.get("/openapi.yaml").text == contract.text


def test_served_as_json(shared, contract):
    assert shared.api.get("/openapi.json").json() == contract.document


def test_schemas_are_schemas(contract):
    for name, schema in contract.document["components"]["schemas"].items():
        jsonschema.Draft202012Validator.check_schema(schema)
        for example in schema.get("examples", []):
            assert not contract.errors(example, schema), f"the example of {name} is none"


WITHOUT_END = {"followSchedule"}  # test_changes.py reads it
CALLS = {  # operationId: (what it is called with, status)
    "submitJob": ({"json": {"kind": "domains", "domains": ["found.test"]}}, 202),
    "listJobs": ({}, 200), "showJob": ({"params": {"wait": 30}}, 200), "cancelJob": ({}, 200),
    "pauseJob": ({}, 409), "resumeJob": ({}, 409), "retryJob": ({}, 409), "confirmJob": ({}, 409),
    "readResults": ({}, 200), "readFile": ({}, 404), "readArchive": ({}, 200), "followJob": ({}, 200), "readLimits": ({}, 200), "readBackup": ({}, 200), "readMetrics": ({}, 200),
    "checkHealth": ({}, 200), "readServers": ({}, 200), "readStatus": ({}, 200), "readRegistries": ({}, 200),
    "checkReadiness": ({}, 200), "readRoot": ({}, 200), "readPageFile": ({}, 404), "readDocumentAsYaml": ({}, 200), "readDocumentAsJson": ({}, 200),
    "addSchedule": ({"json": {"every": "1h", "job": {"kind": "domains", "domains": ["found.test"]}}}, 201),
    "listSchedules": ({}, 200), "showSchedule": ({}, 200), "changeSchedule": ({"json": {"name": "mine"}}, 200),
    "pauseSchedule": ({}, 200), "resumeSchedule": ({}, 200), "runSchedule": ({}, 202), "readChanges": ({}, 200),
    "readOutcomes": ({}, 200), "deleteSchedule": ({}, 204),
    "deleteJob": ({}, 204), "cancelJobs": ({"params": {"state": "queued"}}, 200),
    "deleteJobs": ({"params": {"state": "done"}}, 200),
}


def test_every_route(api, contract):
    """The client checks each answer against the document; here each route of the document is met."""
    operations = contract.operations()
    assert set(operations) == set(CALLS) | WITHOUT_END, "a route was added or taken away: tell CALLS what to send"
    job = schedule = ""
    for operation, (options, status) in CALLS.items():
        method, path = operations[operation]
        response = api(method, path.replace("{id}", schedule if path.startswith("/schedules") else job).replace("{name}", "none"), **options)
        assert response.status_code == status, f"{operation}: expected {status}, got {response.status_code}"
        job = response.json()["id"] if operation == "submitJob" else job
        schedule = response.json()["id"] if operation == "addSchedule" else schedule


@pytest.mark.parametrize("path", ["/probe", "/jobs/x/files/y", "/problems/x"])
def test_routes_of_later_releases_are_absent(shared, path):
    assert shared.api("GET", path).status_code == 404


def test_head(shared, contract):
    """HEAD is GET without the body (RFC 9110 section 9.3.2)."""
    for method, path in contract.operations().values():
        if method == "GET" and "{" not in path:
            assert shared.api("HEAD", path).status_code == 200, f"HEAD {path}"
