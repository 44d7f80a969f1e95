"""What `check: records` costs with three types, against one."""

import os
import statistics

import servers

ONE, THREE = "A", "A,MX,TXT"


def measure_records(bench):
    """The same names with one type and with three, in turn, each by a fresh daemon."""
    sizes, report = bench.sizes, bench.report
    report.section(f"Records: {sizes.listed:,} names, half of them present, POST to last result")
    lines = ("\n".join(servers.listed_names(sizes.listed)) + "\n").encode("ascii")
    seconds, cpu = {ONE: [], THREE: []}, {ONE: [], THREE: []}
    n_wrong = 0
    for number in range(sizes.rounds):
        report.say(f"records, round {number + 1} of {sizes.rounds}")
        for types in (ONE, THREE) if number % 2 == 0 else (THREE, ONE):
            os.sync()
            with bench.daemon() as daemon:
                before = daemon.cpu_seconds()
                job, taken = daemon.run_lines([lines], len(lines), 300.0,
                                              f"kind=domains&check=records&types={types}")
                cpu[types].append((daemon.cpu_seconds() - before) / sizes.listed * 1e6)
            seconds[types].append(taken)
            n_wrong += abs(job["counts"]["found"] - (sizes.listed + 1) // 2) + job["counts"]["error"]
    for types, taken in seconds.items():
        report.note(f"types {types}", f"{sizes.listed / statistics.median(taken):,.0f} names/s")
        report.note("  CPU a name", f"{statistics.median(cpu[types]):.1f} us")
    report.at_most("time with three types / with one",
                   statistics.median(seconds[THREE]) / statistics.median(seconds[ONE]), 2.6)
    report.at_most("CPU with three types / with one",
                   statistics.median(cpu[THREE]) / statistics.median(cpu[ONE]), 2.6)
    report.none("names with a wrong status", n_wrong)
