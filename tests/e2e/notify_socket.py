"""A service manager's end of the notify protocol (sd_notify(3))."""
import os
import socket
import time

from processes import DEADLINE


class NotifySocket:
    """Takes the daemon's messages; each is kept as a dict, with the time at which it came."""

    def __init__(self, folder):
        self.path = str(folder / "notify")
        self.all = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        self._socket.bind(self.path)

    def environment(self, watchdog=None):
        """Return what a manager would set; `watchdog` is in seconds."""
        extra = {} if watchdog is None else {"WATCHDOG_USEC": str(int(watchdog * 1e6))}
        return {"NOTIFY_SOCKET": self.path, **extra}

    def receive(self, seconds):
        """Return (time, message) of the next message, or None when none comes in time."""
        self._socket.settimeout(max(seconds, 0.001))
        try:
            text = self._socket.recv(8192).decode()
        except TimeoutError:
            return None
        self.all.append((time.monotonic(), dict(line.split("=", 1) for line in text.splitlines())))
        return self.all[-1]

    def wait_for(self, check, what, seconds=DEADLINE):
        """Return the first message to come for which check(message) is true."""
        end = time.monotonic() + seconds
        while True:
            got = self.receive(end - time.monotonic())
            assert got, f"{what}: no such message within {seconds} s; last were {self.all[-5:]}"
            if check(got[1]):
                return got[1]

    def gather(self, seconds):
        """Return the messages of so long a time."""
        end, since = time.monotonic() + seconds, len(self.all)
        while time.monotonic() < end:
            self.receive(end - time.monotonic())
        return self.all[since:]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.close()
        os.unlink(self.path)
