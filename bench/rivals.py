"""The programs that the daemon is measured against: the bare evdns loop, and massdns."""

import json
import os
from dataclasses import dataclass

import machine


@dataclass
class Run:
    """One pass over the list of names."""

    per_second: float
    cpu_us: float  # the program's own CPU time per name
    server_cpu_us: float  # the DNS server's
    n_wrong: int  # names without the answer that the zone has for them


def bare(build_dir, nsd, names_path, count, window):
    """The bare loop with one window."""
    program = os.path.join(build_dir, "bench", "bare_evdns")
    before = nsd.cpu_seconds()
    out, _, cpu = machine.run([program, nsd.address, names_path, str(window), "120"], 150)
    server = nsd.cpu_seconds() - before
    figures = dict(field.split("=") for field in out.split())
    n_wrong = max(abs(int(figures["found"]) - (count + 1) // 2),
                  abs(int(figures["nx"]) - count // 2), int(figures["other"]))
    return Run(float(figures["per_second"]), cpu / count * 1e6, server / count * 1e6, n_wrong)


def massdns(program, directory, nsd, names_path, count, slots):
    """massdns with JSON lines to a file, from its start to its end."""
    resolvers = os.path.join(directory, "resolvers")
    output = os.path.join(directory, "massdns.ndjson")
    with open(resolvers, "w", encoding="ascii") as file:
        file.write(nsd.address + "\n")
    argv = [program, "-q", "-r", resolvers, "-t", "A", "-o", "J", "-s", str(slots),
            "--rcvbuf", "4194304", "--sndbuf", "4194304",
            "-l", os.path.join(directory, "massdns.log"), "-w", output]
    if os.geteuid() == 0:
        argv.append("--root")  # else it becomes nobody, who may not write to our directory
    before = nsd.cpu_seconds()
    try:
        _, seconds, cpu = machine.run(argv + [names_path], 150)
        server = nsd.cpu_seconds() - before
        n_wrong = _count_wrong(output, count)
    finally:
        if os.path.exists(output):
            os.unlink(output)
    return Run(count / seconds, cpu / count * 1e6, server / count * 1e6, n_wrong)


def _count_wrong(output, count):
    found = nx = 0
    with open(output, encoding="utf-8") as file:
        for line in file:
            status = json.loads(line)["status"]
            found += status == "NOERROR"
            nx += status == "NXDOMAIN"
    return max(abs(found - (count + 1) // 2), abs(nx - count // 2))
