"""The programs that the daemon is measured against: bare loops, massdns, and curl."""

import json
import os
from dataclasses import dataclass

import machine
import origin

MASSDNS_SLOTS = 10_000  # massdns's default of -s


@dataclass
class Run:
    """One pass over the list of names, or of URLs."""

    per_second: float
    cpu_us: float  # the program's own CPU time per name or file
    server_cpu_us: float  # the server's
    n_wrong: int  # names without the answer that the zone has for them; files that aren't as served
    loop_cpu_us: float = 0.0  # of the daemon's: its event loop's share
    lag_ms: float = 0.0  # and how late that loop was, at most, in 99 of 100 cases


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


def engine(build_dir, directory, nsd, names_path, count, window):
    """The DNS engine alone, with a row of JSON a name to a file."""
    program = os.path.join(build_dir, "bench", "bare_dns")
    rows = os.path.join(directory, "engine.ndjson")
    before = nsd.cpu_seconds()
    try:
        out, _, cpu = machine.run([program, nsd.address, names_path, str(window), rows], 150)
    finally:
        if os.path.exists(rows):
            os.unlink(rows)
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


def bare_multi(build_dir, nginx, urls_path, count, connections):
    """The bare loop of libcurl; the bodies are thrown away."""
    program = os.path.join(build_dir, "bench", "bare_multi")
    before = nginx.cpu_seconds()
    out, _, _ = machine.run([program, urls_path, str(connections), "120"], 150)
    server = nginx.cpu_seconds() - before
    figures = dict(field.split("=") for field in out.split())
    n_wrong = max(count - int(figures["ok"]), int(figures["other"]),
                  int(int(figures["bytes"]) != sum(nginx.sizes[:count])))
    return Run(float(figures["per_second"]), float(figures["cpu_us"]), server / count * 1e6,
               n_wrong)


def curl(nginx, directory, count, connections, urls=None):
    """curl with parallel transfers, each saved under its name in `directory`, start to end."""
    urls = urls or [nginx.url(number) for number in range(count)]
    os.mkdir(directory)
    config = directory + ".curl"
    with open(config, "w", encoding="ascii") as file:
        for number in range(count):
            path = os.path.join(directory, origin.file_name(number))
            file.write(f'url = "{urls[number]}"\noutput = "{path}"\n')
    before = nginx.cpu_seconds()
    _, seconds, cpu = machine.run(["curl", "-q", "-sS", "-Z", "--parallel-max", str(connections),
                                   "--cacert", nginx.ca_file, "-K", config], 300)
    server = nginx.cpu_seconds() - before
    return Run(count / seconds, cpu / count * 1e6, server / count * 1e6,
               nginx.count_wrong(directory, count))
