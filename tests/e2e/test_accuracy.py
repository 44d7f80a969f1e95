"""Late answers under short time-outs: no name gets the verdict of another one."""
import os

import pytest

from processes import Stub

N_NAMES = int(os.environ.get("ASYNCPROBED_ACCURACY_NAMES", 200_000))


def exists(name):
    """The stub's rule for names under `--default half`: the parity of FNV-1a."""
    value = 2166136261
    for byte in name.encode():
        value = (value ^ byte) * 16777619 & 0xFFFFFFFF
    return value & 1 == 1


@pytest.mark.seconds(400)
@pytest.mark.dns("--default", "half", "--slow-share", 10, "--slow-ms", 300)
@pytest.mark.settings({"dns.timeout": "150ms", "dns.attempts": "5"})
def test_no_wrong_verdicts(api):
    job = api.wait(api.submit_lines(f"name{i:06}.example" for i in range(N_NAMES)), 360)
    assert (job["state"], job["completed"]) == ("done", N_NAMES), job
    wrong, timeouts, other = [], 0, []
    for line in api.follow(job):
        name, status, reason = pick(line)
        if status == "error":
            timeouts += reason == "timeout"
            other += [(name, reason)] if reason != "timeout" else []
        elif (status == "found") != exists(name):
            wrong.append((name, status))
    assert not wrong, f"{len(wrong)} of {N_NAMES} verdicts are wrong: {wrong[:10]}"
    assert not other, f"{len(other)} errors that are no time-outs: {other[:10]}"
    assert timeouts == 0, f"{timeouts} of {N_NAMES} names timed out, though every answer came in the end"


KEYWORDS = {"found": "found", "nx": "not_found", "dup": "found", "dupnx": "not_found", "spoof": "found",
            "wrongid": "found", "flaky": "found", "flakynx": "not_found", "servfailonce": "found", "slow": "found"}


@pytest.mark.seconds(200)
def test_no_wrong_verdicts_among_bad_servers(make_daemon):
    """Two servers lose, delay, double and are imitated, one lies, and one fails at once."""
    words = [*KEYWORDS, "name", "name"]
    names = [f"{words[i % len(words)]}-{i}.example" for i in range(N_NAMES // 20)]
    faulty = ("--default", "half", "--drop-every", 20, "--slow-ms", 700)
    with Stub(*faulty) as one, Stub(*faulty) as other, Stub("--default", "found", "--lies") as liar, Stub("--servfail-all") as failing:
        settings = {"dns.resolver": "engine", "dns.timeout": "2s", "dns.attempts": "8"}
        with make_daemon(liar, one, failing, other, settings=settings) as daemon:
            job = daemon.api.wait(daemon.api.submit_lines(names), 120)
            assert (job["state"], job["completed"]) == ("done", len(names)), job
            counts = {status: 0 for status in job["counts"]}
            for line in daemon.api.follow(job):
                name, status, reason = pick(line)
                counts[status] += 1
                word = name.partition("-")[0]
                right = KEYWORDS.get(word) or ("found" if exists(name) else "not_found")
                assert status in (right, "error"), (name, status, reason)
            assert counts == job["counts"], "counts are exact"
            assert counts["error"] <= len(names) / 50, counts  # a busy machine loses packets of its own
            rows = {row["address"]: row for row in daemon.api.get("/servers").json()["name_servers"]}
            assert rows[liar.address]["why"] == "lying" and rows[failing.address]["state"] == "resting"


def pick(line):
    """Take three fields from the start of a result's line; a JSON parser would take most of the test's time."""
    fields = line.split('"', 18)
    name = fields[fields.index("domain") + 2]
    status = fields[fields.index("status") + 2]
    reason = None if '"reason":null' in line else line.partition('"reason":"')[2].partition('"')[0]
    return name, status, reason
