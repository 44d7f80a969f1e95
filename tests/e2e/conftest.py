"""What the tests share: a DNS server, a daemon that asks it, a client that checks each answer."""
import signal
import sys

import pytest

sys.dont_write_bytecode = True

from client import Client  # noqa: E402
from contract import Contract  # noqa: E402
from processes import Daemon, Stub  # noqa: E402


@pytest.fixture(scope="session")
def contract():
    return Contract()


@pytest.fixture(autouse=True)
def deadline(request):
    """End a test that hangs."""
    marker = request.node.get_closest_marker("seconds")
    seconds = marker.args[0] if marker else 60

    def on_alarm(*_):
        raise TimeoutError(f"the test took more than {seconds} s")

    signal.signal(signal.SIGALRM, on_alarm)
    signal.alarm(seconds)
    yield
    signal.alarm(0)


@pytest.fixture
def dns(request):
    """The DNS stub; its options come from the marker `dns`."""
    marker = request.node.get_closest_marker("dns")
    with Stub(*(marker.args if marker else ())) as stub:
        yield stub


@pytest.fixture
def make_daemon(tmp_path, contract):
    """A function that makes a daemon, not started yet, in this test's folder."""
    def make(*servers, settings=None, folder=tmp_path):
        return Daemon(folder, servers, settings, lambda url: Client(url, contract))

    return make


@pytest.fixture
def daemon(request, make_daemon, dns):
    """A running daemon that asks `dns`; its settings come from the marker `settings`."""
    marker = request.node.get_closest_marker("settings")
    with make_daemon(dns, settings=marker.args[0] if marker else None) as running:
        yield running


@pytest.fixture
def api(daemon):
    return daemon.api


@pytest.fixture(scope="module")
def shared(tmp_path_factory, contract):
    """One running daemon for those tests of a file that leave nothing behind. It asks a stub of its own."""
    folder = tmp_path_factory.mktemp("shared")
    with Stub() as stub, Daemon(folder, [stub], make_client=lambda url: Client(url, contract)) as running:
        yield running
