"""A network that changes: addresses, routes, the list of name servers, the hosts file. Each test has a network of its own."""
import socket
import threading

import pytest

from client import tally
from namespace import in_namespace, ip
from processes import Stub, eventually

@pytest.fixture(autouse=True)
def network():
    with in_namespace():
        yield


class Server:
    """A name server that finds each name, wherever it is bound."""

    def __init__(self, host, family=socket.AF_INET, port=0):
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        address = socket.getaddrinfo(host, port, family, socket.SOCK_DGRAM, flags=socket.AI_NUMERICHOST)[0][4]
        self._socket.bind(address)
        self._host = host
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def address(self):
        port = self._socket.getsockname()[1]
        return f"[{self._host}]:{port}" if ":" in self._host else f"{self._host}:{port}"

    def _serve(self):
        while True:
            query, peer = self._socket.recvfrom(4096)
            if not query:
                return
            end = query.index(0, 12) + 5
            head = query[:2] + b"\x85\x80" + query[4:6] + b"\0\1\0\0\0\0"
            self._socket.sendto(head + query[12:end] + b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\1", peer)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.sendto(b"", self._socket.getsockname())
        self._thread.join()
        self._socket.close()


def is_found(daemon, n=1, **fields):
    return tally(daemon.api.run([f"found-{i}.test" for i in range(n)], **fields)) == {("found", None): n}


def asked(daemon):
    """The servers that were asked for one name."""
    [row] = daemon.api.run(["found.test"])
    return {piece.get("server") for piece in row["evidence"]}


def become(path, text):
    """Replace a file as programs do that care: by another one."""
    other = path.with_suffix(".new")
    other.write_text(text, encoding="ascii")
    other.rename(path)


# --- Addresses and routes ---

@pytest.mark.parametrize("resolver", ["engine", "evdns"])
def test_the_machine_gets_another_address(make_daemon, resolver):
    """A connected socket keeps the source address that it was made with."""
    ip("address", "add", "10.1.1.53/32", "dev", "lo")
    ip("address", "add", "10.1.1.2/32", "dev", "lo")
    ip("route", "replace", "local", "10.1.1.53", "dev", "lo", "src", "10.1.1.2")
    with Server("10.1.1.53") as server, make_daemon(
            server, settings={"dns.timeout": "5s", "dns.resolver": resolver}) as daemon:
        assert is_found(daemon)
        ip("address", "add", "10.1.1.3/32", "dev", "lo")
        ip("route", "replace", "local", "10.1.1.53", "dev", "lo", "src", "10.1.1.3")
        ip("address", "delete", "10.1.1.2/32", "dev", "lo")
        assert is_found(daemon, 100, attempts=1)


def test_names_wait_for_an_address(make_daemon):
    ip("address", "add", "10.1.1.53/32", "dev", "lo")
    with Server("10.1.1.53") as server, make_daemon(server, settings={"dns.timeout": "100ms"}) as daemon:
        assert is_found(daemon)
        ip("link", "set", "lo", "down")
        ip("link", "set", "lo", "up")  # and with it the client can talk to the daemon again
        ip("address", "delete", "10.1.1.53/32", "dev", "lo")
        job = daemon.api.submit([f"found-{i}.test" for i in range(20)])
        daemon.lines.wait_for("event=dns_server_unreachable")
        assert daemon.api.show(job)["completed"] == 0
        ip("address", "add", "10.1.1.53/32", "dev", "lo")
        assert daemon.api.wait(job)["counts"] == {"found": 20, "not_found": 0, "error": 0}


def test_a_link_local_server(make_daemon):
    ip("address", "add", "fe80::53/64", "dev", "lo", "nodad")
    with Server("fe80::53%lo", socket.AF_INET6) as server, make_daemon(server) as daemon:
        assert "%lo]" in server.address
        assert is_found(daemon, 10)
        assert asked(daemon) == {server.address.replace("%lo", "")}


def test_the_any_address_is_this_machine(make_daemon, dns):
    with make_daemon(dns.address.replace("127.0.0.1", "0.0.0.0")) as daemon:
        assert is_found(daemon, 10)


@pytest.mark.parametrize("resolver", ["engine", "evdns"])
def test_a_server_by_ipv6_where_there_is_none(make_daemon, dns, resolver):
    with open("/proc/sys/net/ipv6/conf/all/disable_ipv6", "w", encoding="ascii") as file:
        file.write("1")
    with make_daemon("[2001:db8::53]:53", dns, settings={"dns.resolver": resolver}) as daemon:
        assert is_found(daemon, 100)


# --- Files ---

def settings_of(path, **more):
    return {"dns.servers": None, "dns.resolv_conf": str(path), **more}


@pytest.mark.parametrize("text", [None, "", "# none\nsearch example\n"], ids=["missing", "empty", "other"])
def test_names_wait_for_a_server(make_daemon, dns, tmp_path, text):
    path = tmp_path / "resolv.conf"
    if text is not None:
        path.write_text(text, encoding="ascii")
    with make_daemon(settings=settings_of(path, **{"dns.timeout": "50ms"})) as daemon:
        daemon.wait_event("no_name_servers")
        job = daemon.api.submit([f"found-{i}.test" for i in range(20)])
        eventually(lambda: daemon.api.metrics()['asyncprobed_dns_queries_total{server="127.0.0.1:53"}'] > 100, "they are asked again")
        assert daemon.api.show(job)["completed"] == 0, "and none has ended"
        become(path, f"nameserver {dns.address}\n")
        assert daemon.api.wait(job)["counts"] == {"found": 20, "not_found": 0, "error": 0}
        assert asked(daemon) == {dns.address}


def test_no_file_means_the_machine_itself(make_daemon, tmp_path):
    with Server("127.0.0.1", port=53), make_daemon(settings=settings_of(tmp_path / "none")) as daemon:
        assert asked(daemon) == {"127.0.0.1:53"}


@pytest.mark.parametrize("resolver", ["engine", "evdns"])
@pytest.mark.parametrize("how", ["rename", "write", "link", "target"])
def test_resolv_conf_changes(make_daemon, dns, tmp_path, how, resolver):
    path, folder = tmp_path / "resolv.conf", tmp_path / "run"
    folder.mkdir()
    real = folder / "real.conf" if how in ("link", "target") else path
    real.write_text(f"nameserver {dns.address}\n", encoding="ascii")
    if real != path:
        path.symlink_to(real)
    with Stub() as other, make_daemon(settings=settings_of(path, **{"dns.resolver": resolver})) as daemon:
        assert asked(daemon) == {dns.address}
        text = f"nameserver {other.address}\n"
        if how in ("rename", "target"):
            become(real, text)
        elif how == "write":
            path.write_text(text, encoding="ascii")
        else:
            (folder / "new.conf").write_text(text, encoding="ascii")
            link = tmp_path / "link"
            link.symlink_to(folder / "new.conf")
            link.rename(path)
        daemon.lines.wait_for(f"event=name_servers_used .*first={other.address}")
        assert asked(daemon) == {other.address}
        assert f'asyncprobed_dns_window{{server="{dns.address}"}}' not in daemon.api.metrics()


def test_names_go_on_at_the_other_server(make_daemon, dns, tmp_path):
    path = tmp_path / "resolv.conf"
    path.write_text(f"nameserver {dns.address}\n", encoding="ascii")
    dns.toggle_black_hole()
    with Stub() as other, make_daemon(settings=settings_of(path, **{"dns.timeout": "10s"})) as daemon:
        job = daemon.api.submit([f"found-{i}.test" for i in range(5000)])
        eventually(lambda: dns.stats()["dropped"] > 0, "the first is asked")
        become(path, f"nameserver {other.address}\n")
        assert daemon.api.wait(job)["counts"] == {"found": 5000, "not_found": 0, "error": 0}


def test_options_of_resolv_conf(make_daemon, dns, tmp_path):
    path = tmp_path / "resolv.conf"
    path.write_text(f"nameserver {dns.address}\nsearch a.example\noptions no-aaaa ndots:2\n", encoding="ascii")
    with make_daemon(settings=settings_of(path)) as daemon:
        assert tally(daemon.api.run(["nodata.test"])) == {("not_found", "no_address"): 1}
        assert dns.stats()["queries"] == 1, "AAAA is not asked"
        assert daemon.event("resolv_conf_ignored")["words"] == "search ndots:2"


def test_the_hosts_file_changes(daemon):
    assert tally(daemon.api.run(["nx.test"])) == {("not_found", "nxdomain"): 1}
    become(daemon.hosts, "192.0.2.9 nx.test\n")
    eventually(lambda: tally(daemon.api.run(["nx.test"])) == {("found", None): 1}, "it is read")
    become(daemon.hosts, "")
    eventually(lambda: tally(daemon.api.run(["nx.test"])) == {("not_found", "nxdomain"): 1}, "it is read")
