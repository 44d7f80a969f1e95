"""What the tests share: a DNS server, a daemon that asks it, a client that checks each answer."""
import signal
import sys

import pytest

sys.dont_write_bytecode = True

from client import Client  # noqa: E402
from contract import Contract  # noqa: E402
from processes import Daemon, Stub  # noqa: E402
from web import Web, fetch_settings, name_server, open_world  # noqa: E402


def pytest_configure(config):
    config.addinivalue_line("markers", "web(*options, tls): options of the HTTP stub")


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
def web(request):
    """The HTTP stub; its options come from the marker `web`."""
    marker = request.node.get_closest_marker("web")
    with Web(*(marker.args if marker else ()), **(marker.kwargs if marker else {})) as stub:
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


@pytest.fixture
def fetcher(request, make_daemon, tmp_path):
    """A running daemon that may download from loopback; its further settings come from the marker `settings`."""
    marker = request.node.get_closest_marker("settings")
    settings = {**fetch_settings(tmp_path), **(marker.args[0] if marker else {})}
    with name_server(tmp_path) as names, make_daemon(names, settings=settings) as running:
        yield running


@pytest.fixture(scope="module")
def world(request, tmp_path_factory, contract):
    """An HTTP stub and a running daemon for those tests of a file that don't disturb each other.

    Further settings and options of the stub are WORLD_SETTINGS and WORLD_OPTIONS of the file.
    """
    settings, options = getattr(request.module, "WORLD_SETTINGS", {}), getattr(request.module, "WORLD_OPTIONS", {})
    with open_world(tmp_path_factory.mktemp("world"), contract, settings, options) as opened:
        yield opened
