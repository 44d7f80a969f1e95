"""A network of its own for a test: for its thread and what that starts."""
import contextlib
import ctypes
import os
import shutil
import subprocess

import pytest

LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET = 0x40000000


def ip(*words):
    subprocess.run(["ip", *words], check=True)


@contextlib.contextmanager
def in_namespace():
    """Enter a network namespace with nothing in it but loopback, and leave it in the end; skip where that can't be."""
    if shutil.which("ip") is None:
        pytest.skip("iproute2 is absent")
    before = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        if LIBC.unshare(CLONE_NEWNET) != 0:
            pytest.skip(f"no network namespace: {os.strerror(ctypes.get_errno())}")
        try:
            ip("link", "set", "lo", "up")
            yield
        finally:
            assert LIBC.setns(before, CLONE_NEWNET) == 0, os.strerror(ctypes.get_errno())
    finally:
        os.close(before)
