#!/usr/bin/python3
"""Fail on a circle of calls: between rooms (folders of src/), or of more than three files within one.

    check-circles.py BUILD_DIR

A file calls another one when its object needs a symbol that the other's object defines. So what counts is what the
linker sees: functions and variables, not types or callbacks that are handed over.
"""
import collections
import pathlib
import subprocess
import sys

MOST_FILES = 3


def symbols(path):
    """The symbols that an object file defines for others, and those that it needs."""
    defined, needed = set(), set()
    output = subprocess.run(["nm", "-g", "--format=posix", path], capture_output=True, text=True, check=True).stdout
    for line in output.splitlines():
        name, kind = line.split()[:2]
        (needed if kind in "Uw" else defined).add(name)
    return defined, needed


def circles(arrows):
    """The strongly connected components of more than one node (Tarjan), each sorted."""
    index, low, stack, found = {}, {}, [], []

    def visit(node):
        index[node] = low[node] = len(index)
        stack.append(node)
        for other in sorted(arrows[node]):
            if other not in index:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in stack:
                low[node] = min(low[node], index[other])
        if low[node] == index[node]:
            at = stack.index(node)
            if len(stack) - at > 1:
                found.append(sorted(stack[at:]))
            del stack[at:]

    for node in sorted(arrows):
        if node not in index:
            visit(node)
    return found


def is_source(build, path):
    """Whether the object's source is there: a build directory keeps objects of files that were moved."""
    return any((top / "src" / path).exists() for top in (pathlib.Path(__file__).parents[2], build))


def main(build):
    sys.setrecursionlimit(10_000)
    objects = {source.as_posix(): symbols(path) for path in (build / "src").glob("*/*.o")
               if is_source(build, source := path.relative_to(build / "src").with_suffix(".c"))}
    if not objects:
        print(f"skipped {__file__}: there are no objects in {build}/src")
        return 77
    owner = {name: file for file, (defined, _) in objects.items() for name in defined if not name == "main"}
    files, rooms, ties = collections.defaultdict(set), collections.defaultdict(set), collections.defaultdict(set)
    for file, (_, needed) in objects.items():
        for name in needed:
            other = owner.get(name)
            if other and other != file:
                files[file].add(other)
                files[other]  # a node, even without arrows
                ties[file, other].add(name)
                if file.split("/")[0] != other.split("/")[0]:
                    rooms[file.split("/")[0]].add(other.split("/")[0])
                    rooms[other.split("/")[0]]
    bad = [circle for circle in circles(files) if len(circle) > MOST_FILES]
    for circle in bad:
        print(f"circle of {len(circle)} files: {' '.join(circle)}")
        for file in circle:
            for other in sorted(files[file] & set(circle)):
                print(f"    {file} -> {other}: {' '.join(sorted(ties[file, other])[:6])}")
    between = circles(rooms)
    for circle in between:
        print(f"circle of rooms: {' '.join(circle)}")
    return 1 if bad or between else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
