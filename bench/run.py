#!/usr/bin/python3
"""Measure asyncprobed against its required figures; docs/benchmarks.md says what each means."""

import argparse
import http.client
import os
import pathlib
import sys

sys.dont_write_bytecode = True  # the source tree may be read-only
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import accuracy  # noqa: E402
import bodies  # noqa: E402
import distance  # noqa: E402
import door  # noqa: E402
import figures  # noqa: E402
import files  # noqa: E402
import machine  # noqa: E402
import records  # noqa: E402
import registrations  # noqa: E402
import servers  # noqa: E402
import timetable  # noqa: E402
from report import Report  # noqa: E402

MEASUREMENTS = {**figures.MEASUREMENTS, "files": files.measure_files,
                "distance": distance.measure_distance,
                "requests": door.measure_requests, "schedules": timetable.measure_schedules,
                "records": records.measure_records, "accuracy": accuracy.measure_accuracy,
                "limited": accuracy.measure_limited,
                "bodies": bodies.measure_bodies, "registrations": registrations.measure_registrations}
FAULTS = (machine.BenchError, OSError, http.client.HTTPException)


def parse_arguments():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build-dir", default=".", help="where make put its programs")
    parser.add_argument("--work-dir", help="where stores and zones live meanwhile; must be a real "
                        "disk for true figures (default: TMPDIR, or /tmp)")
    parser.add_argument("--only", action="append", choices=sorted(MEASUREMENTS),
                        help="one measurement instead of all; may repeat")
    parser.add_argument("--rounds", type=int, help="rounds that medians are taken of (default 3)")
    parser.add_argument("--full", action="store_true", help="the job of 10,000,000 names too")
    parser.add_argument("--quick", action="store_true",
                        help="small sizes: shows that the bench works; only counts are judged")
    arguments = parser.parse_args()
    if arguments.rounds is not None and not 1 <= arguments.rounds <= 100:
        parser.error("--rounds goes from 1 to 100")
    return arguments


def choose_sizes(arguments):
    """How much to measure."""
    sizes = figures.QUICK if arguments.quick else figures.Sizes()
    if arguments.rounds:
        sizes.rounds = arguments.rounds
    if arguments.full:
        sizes.huge = 10_000_000
    return sizes


def find_massdns(report):
    """The path in MASSDNS, or nothing, said clearly."""
    path = os.environ.get("MASSDNS", "")
    if not path:
        report.say("MASSDNS is not set: the comparison with massdns is skipped")
    elif not os.access(path, os.X_OK):
        report.say(f"MASSDNS={path} is no program: the comparison with massdns is skipped")
        path = ""
    return path


def main():
    """Run what was asked for; 0 when all of it ran, whatever the figures say."""
    arguments = parse_arguments()
    machine.die_tidily()
    report = Report(judges=not arguments.quick)
    sizes = choose_sizes(arguments)
    massdns = find_massdns(report)
    with machine.work_dir(arguments.work_dir) as directory:
        head = machine.facts(directory)
        if machine.file_system(directory) in ("tmpfs", "ramfs"):
            head += "\nNOTE: the store is in memory here, commits cost nothing; see --work-dir"
        try:
            with servers.Nsd(directory, sizes.listed, sizes.files) as nsd:
                bench = figures.Bench(os.path.realpath(arguments.build_dir), directory, massdns,
                                      sizes, nsd, report)
                for name in arguments.only or MEASUREMENTS:
                    try:
                        MEASUREMENTS[name](bench)
                    except FAULTS as error:
                        report.not_run(name, str(error) or repr(error))
        except FAULTS as error:
            report.not_run("nsd", str(error))
    if arguments.quick:
        head += "\nNOTE: --quick sizes; only counts are judged"
    report.print(head)
    return 1 if report.n_not_run else 0


if __name__ == "__main__":
    sys.exit(main())
