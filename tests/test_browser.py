"""A real browser agrees: what its ``EventSource`` makes of a stream, ``SSEDecoder`` makes of it.

Needs Chromium or Chrome on the machine and no package: ``python -m pytest -m browser``.

A case is what a server sends: for each connection its pieces. The test serves the cases, and a
page whose script opens an ``EventSource`` for each, collects what that dispatches and posts it. An
``EventSource`` takes the end of a body for a lost connection and connects again, so the script
closes it at the end of the last one.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import re
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from sse_core import SSE_HEADERS, EncodeError, Limits, SSEDecoder, last_event_id_header
from sse_core.testing import chunkings, reference, strategies
from sse_core.testing.vectors import load_wire

pytestmark = pytest.mark.browser

Case = list[list[bytes]]  # connections, each a list of pieces
Cutting = Callable[[bytes], list[bytes]]

BROWSERS = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]
LOG = "browser.log"
TIME_FOR_ALL = 100.0  # seconds for the cases of one test
TIME_FOR_ONE = 10.0  # ... for an event to be reported, a request to come, a process to end


@dataclass
class Seen:
    """What a reader made of a case."""

    events: list[tuple[str, str, str]] = field(default_factory=list)  # type, data, last event id
    headers: list[bytes | None] = field(default_factory=list)  # Last-Event-ID of each connection
    late: bool = False  # whether an event was missing when the next piece was due
    times: list[float] = field(default_factory=list, compare=False)  # when each connection began


# -- the three readers ------------------------------------------------------------------------


def by_decoder(case: Case, cutting: Cutting) -> Seen:
    seen = Seen()
    decoder = SSEDecoder(limits=Limits.unlimited())
    for pieces in case:
        seen.headers.append(last_event_id_header(decoder.last_event_id))
        for piece in cutting(b"".join(pieces)):
            seen.events += [(event.event, event.data, event.id) for event in decoder.feed(piece)]
        decoder.close()
        decoder.reset()
    return seen


def by_model(case: Case) -> Seen:
    seen = Seen()
    last_event_id = ""
    for pieces in case:
        seen.headers.append(last_event_id.encode() or None)
        result = reference.decode(b"".join(pieces), last_event_id=last_event_id)
        seen.events += [(event.event, event.data, event.id) for event in result.events]
        last_event_id = result.last_event_id
    return seen


def by_browser(cases: list[Case], folder: Path) -> list[Seen]:
    with (
        serving(cases) as server,
        showing(f"http://127.0.0.1:{server.server_port}/", folder) as browser,
    ):
        end = time.monotonic() + TIME_FOR_ALL
        while not server.done.wait(0.2):
            if browser.poll() is not None or time.monotonic() > end:
                pytest.fail(f"the browser did not finish:\n{(folder / LOG).read_text()[-2000:]}")
    return server.seen


def as_chromium_reads(data: bytes) -> bytes:
    """The stream that the standard reads as Chromium reads this one: here Chromium deviates.

    It takes an LF or CR right behind the byte order mark not for a line end but for the first
    character of the line (``event_source_parser.cc``, ``AddBytes``: after the mark it goes on to
    the next byte and never looks at this one), so that the line has an unknown name. By the
    standard the mark is gone before anybody looks for lines, and this is a blank line.
    """
    return re.sub(rb"\A\xef\xbb\xbf[\r\n]", b"\xef\xbb\xbfx", data)


@contextlib.contextmanager
def serving(cases: list[Case]) -> Iterator[Server]:
    with Server(cases) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@contextlib.contextmanager
def showing(url: str, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A browser, with a profile of its own, that shows this page."""
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        pytest.skip(f"none of these browsers is on the PATH: {', '.join(BROWSERS)}")
    command = [program, *FLAGS, f"--user-data-dir={folder / 'profile'}", url]
    with (folder / LOG).open("wb") as log:
        browser = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    try:
        yield browser
    finally:
        with contextlib.suppress(ProcessLookupError):  # it may have ended by itself
            os.killpg(browser.pid, signal.SIGKILL)  # the session is its own, and so is the group
        browser.wait(TIME_FOR_ONE)


# -- the server -------------------------------------------------------------------------------

# Only who listens for a type receives it, so the script is told whatever could be a type in a case,
# right or wrong. Four at once, because a browser opens at most six connections to a server.
PAGE = """<!doctype html>
<script>
async function run(n, {types, connections, live}) {
  const events = [];
  const tell = () => fetch("/seen/" + n, {method: "POST", body: JSON.stringify(events)});
  await new Promise((resolve) => {
    const source = new EventSource("/case/" + n);
    for (const type of types) {
      source.addEventListener(type, (event) => {
        // A stream may also name its events "error" and "open".
        if (!(event instanceof MessageEvent)) return;
        events.push([event.type, event.data, event.lastEventId]);
        if (live) tell();
      });
    }
    source.addEventListener("error", (event) => {
      if (event instanceof MessageEvent) return;
      if (source.readyState === EventSource.CLOSED) events.push(["gave up", "", ""]);
      else if (--connections > 0) return;
      source.close();
      resolve();
    });
  });
  await tell();
}

async function main() {
  const queue = (await (await fetch("/cases")).json()).entries();
  const work = async () => { for (const [n, item] of queue) await run(n, item); };
  await Promise.all([work(), work(), work(), work()]);
}

main().finally(() => fetch("/done", {method: "POST"}));
</script>
"""


class Server(ThreadingHTTPServer):
    def __init__(self, cases: list[Case]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.cases = cases
        self.seen = [Seen() for _ in cases]
        self.descriptions = [*map(description, cases)]
        self.told = threading.Condition()
        self.done = threading.Event()

    def was_told(self, seen: Seen, count: int) -> bool:
        """Wait until so many events were reported."""
        with self.told:
            return self.told.wait_for(lambda: len(seen.events) >= count, TIME_FOR_ONE)


class Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = TIME_FOR_ONE

    def handle(self) -> None:
        with contextlib.suppress(ConnectionError):  # the browser was ended
            super().handle()

    def do_GET(self) -> None:
        if self.path == "/":
            self.reply("text/html", PAGE)
        elif self.path == "/cases":
            self.reply("application/json", json.dumps(self.server.descriptions))
        elif self.path.startswith("/case/"):
            self.stream(int(self.path.removeprefix("/case/")))
        else:
            self.send_error(404)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.reply("text/plain", "")
        if self.path == "/done":
            self.server.done.set()
            return
        seen = self.server.seen[int(self.path.removeprefix("/seen/"))]
        events = [tuple(event) for event in json.loads(body)]
        with self.server.told:
            if len(events) >= len(seen.events):  # requests may overtake one another
                seen.events = events
            self.server.told.notify_all()

    def reply(self, media_type: str, text: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def stream(self, case: int) -> None:
        """Send a body. No piece is sent before the events of those before it were reported."""
        seen = self.server.seen[case]
        seen.times.append(time.monotonic())
        header = self.headers["Last-Event-ID"]  # http.server reads headers as Latin-1
        seen.headers.append(None if header is None else header.encode("latin-1"))
        pieces = self.server.cases[case][len(seen.headers) - 1]
        self.send_response(200)
        for name, value in SSE_HEADERS.items():
            self.send_header(name, value)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        read = iter(as_chromium_reads(b"".join(pieces)))
        model, due = reference.Reference(), 0
        for piece in filter(None, pieces):
            seen.late = seen.late or not self.server.was_told(seen, due)
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            for byte in itertools.islice(read, len(piece)):
                model.step(byte)
            due = len(model.events)
            time.sleep(0.001)  # or the browser reads it together with the next one
        self.wfile.write(b"0\r\n\r\n")

    def log_message(self, format: str, *args: object) -> None:
        pass


def description(case: Case) -> dict[str, object]:
    """What the script has to know of a case."""
    names = re.findall(rb"event:? ?([^\r\n]*)", b"\n".join(map(b"".join, case)))
    return {
        "types": sorted({"message", *(name.decode(errors="replace") for name in names)}),
        "connections": len(case),
        "live": any(len(pieces) > 1 for pieces in case),
    }


# -- the cases --------------------------------------------------------------------------------

BOM = b"\xef\xbb\xbf"


def traps() -> list[Case]:
    """Whole, in two, and byte by byte."""
    more = [
        # The names of an EventSource's own events.
        b"event: error\ndata: a\n\nevent: open\ndata: b\n\ndata: c\n\n",
        BOM + b"\r\ndata: a\n\n",
        b"data: " + 30_000 * "€".encode() + b"\n\n",
    ]
    cuttings = [chunkings.whole, in_two, chunkings.bytewise]
    return [
        [cutting(data)]
        for data in [*(one.input for one in load_wire() if one.class_ == "must"), *more]
        for cutting in (cuttings if len(data) < 1000 else cuttings[:2])
    ]


def generated() -> list[Case]:
    """Whole and in two, the shortest first."""
    found: set[bytes] = set()

    @settings(
        database=None,
        derandomize=True,
        max_examples=350,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategies.any_bytes())
    def collect(data: bytes) -> None:
        found.add(data)

    collect()
    streams = sorted(found, key=lambda data: (len(data), data))
    return [[cutting(data)] for data in streams for cutting in (chunkings.whole, in_two)]


def exhaustive() -> list[Case]:
    """All that can be made of five pieces, many in one stream."""
    blocks = [
        b"%s\n\ndata: after %a\n\n" % (data, data)
        for data in products([b"data", b"id", b":", b" ", b"\n", b"\r", b"x"], 5)
    ]
    return [[[b"".join(blocks[i : i + 200])]] for i in range(0, len(blocks), 200)]


def beginnings() -> list[Case]:
    """All beginnings that can be made of three pieces."""
    begins = products([BOM, b"\xef\xbb", b"\n", b"\r", b":", b"data: a", b"id"], 3)
    return [[[data + b"data: b\n\ndata: c\n\n"]] for data in begins]


def reconnections() -> list[Case]:
    """What later connections send as ``Last-Event-ID``, and know of the first."""
    first = [
        b"data: a\n\n",
        b"id: 5\ndata: a\n\n",
        "id: é€😀\ndata: a\n\n".encode(),
        "id: a \t\x85\xa0\u2028b\ndata: a\n\n".encode(),
        b"id: \xff\xe2\x82\ndata: a\n\n",
        b"id: 1\ndata: a\n\nid: 2\n\n",  # a block without data moves the id,
        b"id: 1\ndata: a\n\nid: 2\n",  # an unfinished one does not
        b"id: 1\ndata: a\n\nid: 2\ndata: b",
        b"id: 1\ndata: a\n\nid: 2\0\n\n",
        b"id: 1\ndata: a\n\nid\n\n",
        b"id: 6\ndata: a\r\revent: lost\ndata: lost\r",
        b"id: 7\n\n\xef\xbb",
    ]
    second = BOM + b"data: b\n\n\n"
    third = b"\nevent: c\ndata: c\n\nid: 8\ndata: d\n\n"
    return [[[b"retry: 10\n" + data], [second], [third]] for data in first]


def in_two(data: bytes) -> list[bytes]:
    return chunkings.cut(data, [len(data) // 2])


def products(pieces: list[bytes], length: int) -> Iterator[bytes]:
    for n in range(length + 1):
        yield from map(b"".join, itertools.product(pieces, repeat=n))


# -- the tests --------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [traps, generated, exhaustive, beginnings, reconnections])
def test_a_browser_agrees(make: Callable[[], list[Case]], tmp_path: Path) -> None:
    cases = make()
    for case, seen in zip(cases, by_browser(cases, tmp_path)):
        expected = by_model(case)
        assert by_decoder(case, chunkings.whole) == expected
        assert by_decoder(case, chunkings.bytewise) == expected
        assert seen == by_model([[as_chromium_reads(b"".join(pieces))] for pieces in case])


def test_deviation_at_the_byte_order_mark(tmp_path: Path) -> None:
    """If this fails, Chromium was mended, and ``as_chromium_reads`` can go."""
    cases: list[Case] = [[[BOM + end + b"data: a\n\n"]] for end in (b"\n", b"\r")]
    for case, seen in zip(cases, by_browser(cases, tmp_path)):
        assert seen.events == []
        assert by_model(case).events == [("message", "a", "")]
        assert by_decoder(case, chunkings.whole).events == [("message", "a", "")]


def test_deviation_of_an_empty_retry(tmp_path: Path) -> None:
    """What a ``retry`` did shows only in the time until the next connection.

    An empty one gives Chromium its default back, 3 s. The standard knows no such thing: a value
    is read as an integer, which an empty one cannot be, or the field is ignored. So we ignore it.
    """
    ignored = [b"x", b"retry: 9000 ", b"retry: +9000", b"retry: 9e3", "retry: \u0669".encode()]
    empty = [b"retry", b"retry:", b"retry: "]
    cases: list[Case] = [
        [[b"retry: 10\n%s\ndata: a\n\n" % line], [b"data: b\n\n"]] for line in ignored + empty
    ]
    took_default = []
    for case, seen in zip(cases, by_browser(cases, tmp_path)):
        decoder = SSEDecoder()
        decoder.feed(case[0][0])
        assert decoder.retry == 10
        begun, again = seen.times
        took_default.append(again - begun > 2.9)
    assert took_default == [False] * len(ignored) + [True] * len(empty)


def test_ids_that_cannot_be_sent(tmp_path: Path) -> None:
    """Why ``last_event_id_header`` refuses white space at an end: the id arrives as another one."""
    ids = [" 5", "5 ", "5\t"]
    cases: list[Case] = [
        [[f"retry: 10\nid: {id_}\ndata: a\n\n".encode()], [b"data: b\n\n"]] for id_ in ids
    ]
    for id_, seen in zip(ids, by_browser(cases, tmp_path)):
        assert seen == Seen([("message", "a", id_), ("message", "b", id_)], [None, b"5"])
        with pytest.raises(EncodeError):
            last_event_id_header(id_)
