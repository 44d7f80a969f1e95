"""The verdicts on a few hundred shapes of answers, beside those of the C library. Each difference has its reason below."""
import itertools
import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import threading
from fnmatch import fnmatchcase

import pytest

from namespace import in_namespace

A, NS, CNAME, SOA, TXT, AAAA, DNAME, OPT, RRSIG = 1, 2, 5, 6, 16, 28, 39, 41, 46
ADDRESS = {A: bytes([192, 0, 2, 1]), AAAA: bytes([0x20, 1, 0x0d, 0xb8] + 11 * [0] + [1])}
QR, AA, TC, RD, RA = 0x8000, 0x400, 0x200, 0x100, 0x80
SHAPES = {}


def wire(name):
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".") if label) + b"\0"


def record(owner, rrtype, data, rrclass=1, ttl=60):
    return (owner if isinstance(owner, bytes) else wire(owner)) + struct.pack(">HHIH", rrtype, rrclass, ttl, len(data)) + data


QUESTION = b"\xc0\x0c"  # a pointer to the name of the question


class Query:
    def __init__(self, packet):
        self.id = packet[:2]
        end = packet.index(0, 12) + 5
        self.question = packet[12:end]
        self.type = struct.unpack(">H", packet[end - 4:end - 2])[0]
        self.name = self.question[:-4]
        self.shape = packet[13:13 + packet[12]].decode().lower()

    def answer(self, answers=(), authority=(), rcode=0, flags=RA, question=None, counts=None, tail=b""):
        question = self.question if question is None else question
        n = counts or (1 if question else 0, len(answers), len(authority), 0)
        head = self.id + struct.pack(">HHHHH", QR | RD | flags | rcode, *n)
        return head + question + b"".join(answers) + b"".join(authority) + tail

    def address(self, owner=QUESTION, **more):
        return record(owner, self.type, ADDRESS[self.type], **more)


def soa(owner="test"):
    return record(owner, SOA, wire("ns.test") + wire("root.test") + struct.pack(">IIIII", 1, 3600, 600, 86400, 60))


def shape(function):
    SHAPES[function.__name__.replace("_", "-")] = function
    return function


# --- Codes, bodies and flags, each with each ---

BODIES = {
    "empty": lambda q: {},
    "soa": lambda q: {"authority": [soa()]},
    "referral": lambda q: {"authority": [record(q.name, NS, wire("ns.test"))]},
    "root": lambda q: {"authority": [record(b"\0", NS, wire("ns.test"))]},
    "address": lambda q: {"answers": [q.address()]},
    "other": lambda q: {"answers": [q.address("other.test")]},
    "alias": lambda q: {"answers": [record(QUESTION, CNAME, wire("to.test")), q.address("to.test")]},
    "dangling": lambda q: {"answers": [record(QUESTION, CNAME, wire("to.test"))]},
    "dangling-soa": lambda q: {"answers": [record(QUESTION, CNAME, wire("to.test"))], "authority": [soa()]},
    "misled": lambda q: {"answers": [record(QUESTION, CNAME, wire("to.test")), q.address("from.test")]},
    "text": lambda q: {"answers": [record(QUESTION, TXT, b"\3abc")]},
}
FLAGS = {"ra": RA, "aa": AA, "both": RA | AA, "none": 0}
CODES = (0, 1, 2, 3, 4, 5, 9)
for code, body, flag in itertools.product(CODES, BODIES, FLAGS):
    SHAPES[f"{code}-{body}-{flag}"] = (
        lambda q, code=code, body=body, flag=flag: q.answer(rcode=code, flags=FLAGS[flag], **BODIES[body](q)))
for code in range(11):
    SHAPES[f"header-{code}"] = lambda q, code=code: q.answer(rcode=code, question=b"")
for code in (6, 7, 8, 10, 11, 15):
    SHAPES[f"code-{code}"] = lambda q, code=code: q.answer(rcode=code)


# --- Chains ---

def chain(q, n, last=None):
    names = [q.name] + [wire(f"c{i}.test") for i in range(n)]
    links = [record(names[i], CNAME, names[i + 1]) for i in range(n)]
    return [*links, q.address(names[-1] if last is None else last)]


for length in (1, 2, 8, 16, 30):
    SHAPES[f"chain-{length}"] = lambda q, length=length: q.answer(chain(q, length))
    SHAPES[f"chain-{length}-backwards"] = lambda q, length=length: q.answer(chain(q, length)[::-1])
    SHAPES[f"chain-{length}-astray"] = lambda q, length=length: q.answer(chain(q, length, "other.test"))


@shape
def loop(q):
    return q.answer([record(QUESTION, CNAME, wire("to.test")), record("to.test", CNAME, q.name)])


@shape
def loop_of_one(q):
    return q.answer([record(QUESTION, CNAME, q.name)])


@shape
def loop_of_one_and_address(q):
    return q.answer([record(QUESTION, CNAME, q.name), q.address()])


@shape
def dname(q):
    return q.answer([record("test", DNAME, wire("example")), record(QUESTION, CNAME, wire(f"{q.shape}.example")),
                     q.address(f"{q.shape}.example")])


@shape
def alias_and_absent(q):
    return q.answer([record(QUESTION, CNAME, wire("to.test"))], [soa()], rcode=3)


# --- Records beside the answer ---

@shape
def twice(q):
    return q.answer([q.address(), q.address()])


@shape
def many(q):
    return q.answer([q.address() for _ in range(25)])


@shape
def signed(q):
    return q.answer([q.address(), record(QUESTION, RRSIG, struct.pack(">HBBIIIH", q.type, 8, 2, 60, 0, 0, 1) + wire("test") + b"sig")])


@shape
def text_before(q):
    return q.answer([record(QUESTION, TXT, b"\3abc"), q.address()])


@shape
def unknown_before(q):
    return q.answer([record(QUESTION, 65399, b"anything"), q.address()])


@shape
def other_before(q):
    return q.answer([q.address("other.test"), q.address()])


@shape
def other_class(q):
    return q.answer([q.address(rrclass=3)])


@shape
def other_family(q):
    other = AAAA if q.type == A else A
    return q.answer([record(QUESTION, other, ADDRESS[other])])


@shape
def two_opts(q):
    return q.answer([q.address()], counts=(1, 1, 0, 2), tail=2 * record(b"\0", OPT, b"", 1232, 0))


@shape
def only_additional(q):
    return q.answer(counts=(1, 0, 0, 1), tail=q.address())


@shape
def huge_ttl(q):
    return q.answer([q.address(ttl=0xFFFFFFFF)])


@shape
def only_ipv6(q):
    return q.answer([q.address()] if q.type == AAAA else [], [] if q.type == AAAA else [soa()])


@shape
def only_ipv4(q):
    return q.answer([q.address()] if q.type == A else [], [] if q.type == A else [soa()])


@shape
def ipv4_fails(q):
    return q.answer([q.address()]) if q.type == AAAA else q.answer(rcode=2)


@shape
def ipv6_fails(q):
    return q.answer([q.address()]) if q.type == A else q.answer(rcode=2)


# --- The question ---

@shape
def no_question(q):
    return q.answer([q.address(q.name)], question=b"")


@shape
def other_question(q):
    return q.answer([q.address("other.test")], question=wire("other.test") + q.question[-4:])


@shape
def other_type(q):
    return q.answer([q.address()], question=q.name + struct.pack(">HH", TXT, 1))


@shape
def question_of_other_class(q):
    return q.answer([q.address()], question=q.name + struct.pack(">HH", q.type, 3))


@shape
def upper_case(q):
    return q.answer([q.address()], question=q.name.upper() + q.question[-4:])


@shape
def owner_in_upper_case(q):
    return q.answer([q.address(q.name.upper())])


@shape
def two_questions(q):
    return q.answer([q.address()], question=q.question + q.question, counts=(2, 1, 0, 0))


@shape
def no_response(q):
    return q.id + struct.pack(">HHHHH", RD, 1, 0, 0, 0) + q.question


@shape
def other_id(q):
    return bytes([q.id[0] ^ 1]) + q.answer([q.address()])[1:]


# --- Broken bytes ---

@shape
def nothing(q):
    return b""


@shape
def short_header(q):
    return q.answer([q.address()])[:11]


@shape
def cut_question(q):
    return q.answer([q.address()])[:20]


@shape
def cut_record(q):
    return q.answer([q.address()])[:-2]


@shape
def pointer_to_itself(q):
    return q.answer([q.address(struct.pack(">H", 0xC000 | (12 + len(q.question))))])


@shape
def pointer_forward(q):
    return q.answer([q.address(b"\xc0\xff")])


@shape
def pointer_into_the_header(q):
    return q.answer([q.address(b"\xc0\x00")])


@shape
def reserved_label(q):
    return q.answer([q.address(b"\x80\x0c")])


@shape
def three_bytes(q):
    return q.answer([record(QUESTION, q.type, b"abc")])


@shape
def seventeen_bytes(q):
    return q.answer([record(QUESTION, q.type, bytes(17))])


@shape
def three_bytes_and_an_address(q):
    return q.answer([record(QUESTION, q.type, b"abc"), q.address()])


@shape
def more_counted(q):
    return q.answer([q.address()], counts=(1, 9, 0, 0))


@shape
def more_counted_behind(q):
    return q.answer([q.address()], counts=(1, 1, 9, 9))


@shape
def fewer_counted(q):
    return q.answer([q.address(), q.address()], counts=(1, 1, 0, 0))


@shape
def none_counted(q):
    return q.answer([q.address()], counts=(1, 0, 0, 0))


@shape
def tail(q):
    return q.answer([q.address()], tail=b"garbage")


@shape
def long_alias(q):
    return q.answer([record(QUESTION, CNAME, b"".join(b"\x3f" + 63 * b"a" for _ in range(5)) + b"\0"), q.address()])


@shape
def truncated(q):
    return q.answer([q.address()], flags=RA | TC)


@shape
def truncated_and_empty(q):
    return q.answer(flags=RA | TC)


class Server:
    """Answers on 127.0.0.1:53 by the shape that the first label names."""

    def __init__(self):
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self._socket.bind(("127.0.0.1", 53))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self):
        while True:
            packet, peer = self._socket.recvfrom(4096)
            if not packet:
                return
            query = Query(packet)
            if query.shape in SHAPES and query.type in ADDRESS:
                self._socket.sendto(SHAPES[query.shape](query), peer)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.sendto(b"", ("127.0.0.1", 53))
        self._thread.join()
        self._socket.close()


ORACLE = """
import json, socket, sys
from concurrent.futures import ThreadPoolExecutor
VERDICTS = {socket.EAI_NONAME: "not_found", socket.EAI_NODATA: "not_found"}
def judge(name):
    try:
        socket.getaddrinfo(name + ".", None, type=socket.SOCK_STREAM)
        return "found"
    except socket.gaierror as error:
        return VERDICTS.get(error.errno, "error")
names = json.load(sys.stdin)
with ThreadPoolExecutor(32) as pool:
    json.dump(dict(zip(names, pool.map(judge, names))), sys.stdout)
"""


def ask_libc(names, folder):
    """The verdicts of getaddrinfo, with a resolv.conf and an nsswitch.conf of its own."""
    (folder / "resolv.conf").write_text("nameserver 127.0.0.1\noptions timeout:1 attempts:2\n", encoding="ascii")
    (folder / "nsswitch.conf").write_text("hosts: dns\n", encoding="ascii")
    script = ('mount --bind "$1/resolv.conf" /etc/resolv.conf && mount --bind "$1/nsswitch.conf" /etc/nsswitch.conf && '
              'exec "$2" -c "$3"')
    done = subprocess.run(["unshare", "--mount", "sh", "-c", script, "sh", str(folder), sys.executable, ORACLE],
                          input=json.dumps(names), capture_output=True, text=True, check=False, timeout=100)
    if done.returncode != 0:
        pytest.skip(f"no mount namespace, or no file to mount on: {done.stderr}")
    return json.loads(done.stdout)


# Where the two differ, by the names of shapes: our verdict, that of the C library, and why ours is as it is.
DIFFERENCES = [
    ("[19]-* code-*", "error", "not_found", "a code that tells of a failure says nothing about the name"),
    ("3-address-* 3-alias-*", "error", "not_found", "an absent name has no address: the server contradicts itself"),
    ("0-other-* 0-text-* 0-misled-aa 0-misled-none 0-dangling-aa 0-dangling-none other-family", "error", "not_found",
     "without a record of the question's name and type, and without an SOA, nothing says that there is none"),
    ("0-referral-* 0-root-* 0-empty-*", "error", "not_found", "a server that refers to others has not answered"),
    ("0-soa-none", "not_found", "error", "the SOA says that there is no such record, whatever the flags"),
    ("chain-*-backwards", "found", "not_found", "records have no order (RFC 1034 section 3.6)"),
    ("chain-16-astray chain-30-astray chain-30-backwards", "error", "not_found", "a chain is followed over 16 links at most"),
    ("chain-30", "error", "found", "a chain is followed over 16 links at most"),
    ("loop loop-of-one", "error", "not_found", "a loop leads to no answer"),
    ("cut-question", "error", "not_found", "a packet that doesn't repeat the question is no answer"),
    ("cut-record more-counted pointer-* reserved-label long-alias three-bytes seventeen-bytes", "error", "not_found",
     "bytes that can't be read say nothing about the name"),
    ("more-counted-behind three-bytes-and-an-address two-opts", "error", "found",
     "a message that is broken in one place is not believed in another"),
    ("other-class", "error", "found", "an address of another class is none"),
]


def find_difference(name, verdicts):
    """The rows that allow these verdicts, ours and the C library's, to differ."""
    return [row for row in DIFFERENCES if row[1:3] == verdicts and any(fnmatchcase(name, p) for p in row[0].split())]


@pytest.mark.seconds(200)
def test_the_same_as_getaddrinfo(make_daemon, tmp_path):
    if shutil.which("unshare") is None or not os.path.isfile("/etc/nsswitch.conf"):
        pytest.skip("util-linux or nsswitch.conf is absent")
    assert len(SHAPES) > 300
    names = [f"{name}.test" for name in SHAPES]
    with in_namespace(), Server(), make_daemon("127.0.0.1:53") as daemon:
        libc = ask_libc(names, tmp_path)
        rows = daemon.api.run(names, timeout_ms=1000, attempts=2)
        ours = {row["domain"]: row["status"] for row in rows}
        found = {name: (ours[f"{name}.test"], libc[f"{name}.test"]) for name in SHAPES
                 if ours[f"{name}.test"] != libc[f"{name}.test"]}
    unexplained = {name: verdicts for name, verdicts in found.items() if len(find_difference(name, verdicts)) != 1}
    assert not unexplained, unexplained
    used = [find_difference(name, verdicts)[0] for name, verdicts in found.items()]
    assert all(row in used for row in DIFFERENCES), [row for row in DIFFERENCES if row not in used]
