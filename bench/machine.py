"""What the bench needs of the machine: processes that end with us, CPU time, the disk."""

import atexit
import contextlib
import os
import platform
import resource
import shutil
import signal
import subprocess
import tempfile
import time

TICKS = os.sysconf("SC_CLK_TCK")
_groups = set()  # process groups that we started and have not yet seen the end of


class BenchError(Exception):
    """Something did not run; its text says what."""


def start(argv, **options):
    """Start a program in a process group of its own, which is killed when we end."""
    try:
        process = subprocess.Popen(argv, start_new_session=True, **{"stdin": subprocess.DEVNULL, **options})
    except OSError as error:
        raise BenchError(f"{argv[0]}: {error.strerror}") from error
    _groups.add(process.pid)
    return process


def stop(process, patience=20.0):
    """End a program: politely, then after `patience` seconds (bounded) with its whole group."""
    if process.poll() is None:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(patience)
    _kill_group(process.pid)
    process.wait(patience)


def _kill_group(group):
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)
    _groups.discard(group)


@atexit.register
def _kill_all():
    for group in list(_groups):
        _kill_group(group)


def die_tidily():
    """Make the usual signals unwind the stack, so that processes and directories go."""
    def on_signal(number, _frame):
        raise SystemExit(128 + number)
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, on_signal)


def run(argv, timeout):
    """Run a program to its end. Returns its stdout, the seconds it took and its CPU seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.monotonic()
    process = start(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired as error:
        raise BenchError(f"{argv[0]} was not done after {timeout} s") from error
    finally:
        stop(process)
    seconds = time.monotonic() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if process.returncode != 0:
        raise BenchError(f"{argv[0]} ended with {process.returncode}: {err.strip()[-300:]}")
    return out, seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def thread_cpu_seconds(pid, thread):
    """CPU time that one thread of a process has used, in steps of a clock tick."""
    with open(f"/proc/{pid}/task/{thread}/stat", encoding="ascii", errors="replace") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def cpu_seconds(group):
    """CPU time that the living processes of a group have used, in steps of a clock tick."""
    total = 0
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/stat", encoding="ascii", errors="replace") as file:
                fields = file.read().rpartition(")")[2].split()
        except OSError:
            continue  # it ended meanwhile
        if int(fields[2]) == group:
            total += int(fields[11]) + int(fields[12])
    return total / TICKS


def peak_rss_bytes(pid):
    """VmHWM: the most memory that a process has had resident."""
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as file:
        for line in file:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    raise BenchError(f"process {pid} has no VmHWM")


@contextlib.contextmanager
def work_dir(parent):
    """A directory for one run; it goes with everything in it."""
    path = tempfile.mkdtemp(prefix="asyncprobed-bench-", dir=parent)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def syncs_per_second(directory, seconds=1.0):
    """The raw loop beneath every commit: append 4 KiB, fdatasync, again."""
    block = b"\0" * 4096
    path = os.path.join(directory, "syncs")
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    count = 0
    started = time.monotonic()
    try:
        while time.monotonic() - started < seconds:
            os.write(handle, block)
            os.fdatasync(handle)
            count += 1
        return count / (time.monotonic() - started)
    finally:
        os.close(handle)
        os.unlink(path)


def measure_creation(directory, count=2000):
    """The raw loop beneath every saved file: create it, write 10 kB, close it. They stay.

    Returns the microseconds that one takes, and those of CPU.
    """
    os.mkdir(directory)
    block = b"\0" * 10_000
    started, cpu = time.monotonic(), time.thread_time()
    for number in range(count):
        with open(os.path.join(directory, f"f{number:06d}"), "xb", buffering=0) as file:
            file.write(block)
    return ((time.monotonic() - started) / count * 1e6, (time.thread_time() - cpu) / count * 1e6)


def times():
    """Ticks of all cores since the start of the machine: in all, idle, stolen by its host."""
    with open("/proc/stat", encoding="ascii") as file:
        ticks = [int(field) for field in file.readline().split()[1:9]]
    return sum(ticks), ticks[3] + ticks[4], ticks[7]


def file_system(path):
    """The type of the file system that holds a path, for example ext4."""
    best = ("", "?")
    path = os.path.realpath(path)
    with open("/proc/mounts", encoding="utf-8", errors="replace") as file:
        for line in file:
            mount, kind = line.split()[1:3]
            if (path + "/").startswith(mount.rstrip("/") + "/") and len(mount) >= len(best[0]):
                best = (mount, kind)
    return best[1]


def facts(directory):
    """One line on where the figures come from."""
    model = "?"
    with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
        for line in file:
            if line.startswith("model name"):
                model = line.partition(":")[2].strip()
                break
    return (f"{len(os.sched_getaffinity(0))} cores ({model}), Linux {platform.release()}, "
            f"{file_system(directory)}, load {os.getloadavg()[0]:.2f}")
