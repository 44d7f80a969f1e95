"""Late answers under short time-outs: no name gets the verdict of another one."""
import os

import pytest

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


def pick(line):
    """Take three fields from the start of a result's line; a JSON parser would take most of the test's time."""
    fields = line.split('"', 18)
    name = fields[fields.index("domain") + 2]
    status = fields[fields.index("status") + 2]
    reason = None if '"reason":null' in line else line.partition('"reason":"')[2].partition('"')[0]
    return name, status, reason
