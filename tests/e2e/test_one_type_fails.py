"""check: resolve where a server fails for one type of addresses and knows the other."""
import socket
import struct
import threading

import pytest


class HalfBroken:
    """Answers SERVFAIL for one type, and an address for the other."""

    def __init__(self, broken):
        self._broken = {"A": 1, "AAAA": 28}[broken]
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            query, client = self._socket.recvfrom(512)
            end = query.index(b"\0", 12) + 5
            question, rtype = query[12:end], int.from_bytes(query[end - 4:end - 2], "big")
            if rtype == self._broken:
                reply = query[:2] + struct.pack("!5H", 0x8182, 1, 0, 0, 0) + question
            else:
                data = socket.inet_pton(socket.AF_INET6, "2001:db8::6") if rtype == 28 else bytes([192, 0, 2, 4])
                reply = query[:2] + struct.pack("!5H", 0x8180, 1, 1, 0, 0) + question + \
                    b"\xc0\x0c" + struct.pack("!HHIH", rtype, 1, 300, len(data)) + data
            self._socket.sendto(reply, client)


@pytest.mark.parametrize("resolver", ["engine", "evdns"])
@pytest.mark.parametrize("broken, addresses", [("A", ["2001:db8::6"]), ("AAAA", ["192.0.2.4"])])
def test_a_failure_of_one_type(make_daemon, resolver, broken, addresses):
    with make_daemon(HalfBroken(broken), settings={"dns.resolver": resolver, "dns.check_interval": "0"}) as daemon:
        for family in ("any", "both"):
            [row] = daemon.api.run(["half.test"], family=family, attempts=2)
            assert (row["status"], row["addresses"]) == ("found", addresses), family
        family = "ipv4" if broken == "A" else "ipv6"
        [row] = daemon.api.run(["half.test"], family=family, attempts=2)
        assert (row["status"], row["reason"]) == ("error", "servfail")
