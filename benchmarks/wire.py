"""Bytes in memory → server-sent events, with no network and no JSON.

An adapter takes the pushes and gives *batches of events*, because there are two kinds of decoder.
One is fed and returns a list: each list is a batch. The other reads an iterator of bytes and is an
iterator of events: that is one batch. So each is driven by the loop its users write, and none pays
for the other's.

Where a library has no public way in without a connection, the adapter enters at the innermost part
that its own client calls with bytes. That favours the peer: its users pay for the client, too.

To add a peer, write its adapter and put it into ``ADAPTERS``. Adapters import what they need when
they are called: one process must be able to time one library without loading the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import SimpleNamespace
from typing import Any

from benchmarks.harness import FLOOR, OURS, Row, Wrong, cpu_time
from benchmarks.shapes import WIRE, cut

UNIT, PER = "second", "event"

# shape / cutting / events. All cuttings of the commonest shape; of the others, those that matter.
CASES = [
    *(f"chat/{cutting}/4096" for cutting in ("event", "tiny", "37", "1400", "64k", "whole")),
    *(f"named/{cutting}/4096" for cutting in ("event", "37", "1400", "64k")),
    *(f"{shape}/1400/4096" for shape in ("chat_crlf", "ids", "multibyte", "heartbeats", "huge")),
    *(f"{shape}/1400/512" for shape in ("comments", "lines")),
]
QUICK = [f"{shape}/{cutting}/4096" for shape in ("chat", "named") for cutting in ("event", "64k")]
SMOKE = [f"{shape}/{cutting}/32" for shape in WIRE for cutting in ("event", "37", "1400", "64k")]


def per(case: str) -> int:
    return int(case.rpartition("/")[2])


# -- the decoders --------------------------------------------------------------------------------

Batches = Iterable[Iterable[Any]]  # of objects with a ``data``, or (the floor) of the data itself

HEADERS = {"content-type": "text/event-stream"}


def sse_core(pushes: list[bytes]) -> Batches:
    from sse_core import SSEDecoder

    return map(SSEDecoder().feed, pushes)


def floor(pushes: list[bytes]) -> Batches:
    """The least that any decoder has to do. Right for ``data: …`` blocks with LF only."""
    rest = b""
    for push in pushes:
        *blocks, rest = (rest + push).split(b"\n\n")
        yield [block[6:].decode() for block in blocks]


def floor_named(pushes: list[bytes]) -> Batches:
    """The same for blocks in which other lines come first."""
    rest = b""
    for push in pushes:
        *blocks, rest = (rest + push).split(b"\n\n")
        yield [block[block.index(b"data: ") + 6 :].decode() for block in blocks]


def anthropic(pushes: list[bytes]) -> Batches:
    from anthropic._streaming import SSEDecoder

    return [SSEDecoder().iter_bytes(iter(pushes))]


def assel(pushes: list[bytes]) -> Batches:
    from assel import Parser

    return map(Parser().receive_bytes, pushes)


def axio_sse(pushes: list[bytes]) -> Batches:
    from axio_sse import Decoder

    return map(Decoder().decode, pushes)


def httpx_sse(pushes: list[bytes]) -> Batches:
    from httpx import Response
    from httpx_sse import EventSource

    return [EventSource(Response(200, headers=HEADERS, content=iter(pushes))).iter_sse()]


def httpx2(pushes: list[bytes]) -> Batches:
    from httpx2 import EventSource, Request, Response

    request = Request("GET", "http://localhost")
    return [EventSource(Response(200, headers=HEADERS, content=iter(pushes), request=request))]


def launchdarkly(pushes: list[bytes]) -> Batches:
    from ld_eventsource.actions import Event
    from ld_eventsource.reader import _BufferedLineReader, _SSEReader

    items = _SSEReader(_BufferedLineReader.lines_from(pushes)).events_and_comments()
    return [(item for item in items if isinstance(item, Event))]  # what SSEClient.events does


def openai(pushes: list[bytes]) -> Batches:
    from openai._streaming import SSEDecoder

    return [SSEDecoder().iter_bytes(iter(pushes))]


def sseclient(pushes: list[bytes]) -> Batches:
    from sseclient import SSEClient

    return [SSEClient(iter(pushes)).events()]


def urllib3_future(pushes: list[bytes]) -> Batches:
    from urllib3_future.contrib.webextensions.sse import ServerSideEventExtensionFromHTTP

    extension = ServerSideEventExtensionFromHTTP()
    extension.start(
        SimpleNamespace(
            _fp=SimpleNamespace(_dsa=None),
            _police_officer=None,
            stream=lambda *args, **kwargs: iter(pushes),
        )
    )
    return [iter(extension.next_payload, None)]


Decode = Callable[[list[bytes]], Batches]

ADAPTERS: dict[str, tuple[str, Decode]] = {
    OURS: ("", sse_core),
    FLOOR: ("", floor),
    "anthropic": ("anthropic", anthropic),
    "assel": ("assel", assel),
    "axio-sse": ("axio-sse", axio_sse),
    "httpx-sse": ("httpx-sse", httpx_sse),
    "httpx2": ("httpx2", httpx2),
    "launchdarkly": ("launchdarkly-eventsource", launchdarkly),
    "openai": ("openai", openai),
    "sseclient": ("sseclient-py", sseclient),
    "urllib3-future": ("urllib3-future", urllib3_future),
}

# -- the measurement -----------------------------------------------------------------------------

MOST = 4096  # events that are made; longer streams are these again and again


def prepare(decode: Decode) -> Callable[[str], Callable[[], float]]:
    def prepared(case: str) -> Callable[[], float]:
        shape, cutting, number = case.split("/")
        events = int(number)
        made = events if shape == "huge" else min(events, MOST)
        blocks, data = WIRE[shape](made)
        pushes = cut(blocks, cutting)
        use = floor_named if decode is floor and shape in ("named", "ids") else decode
        got: Any = [getattr(event, "data", event) for batch in use(pushes) for event in batch]
        check(got, data)
        again = events // made
        many = pushes * again

        def work() -> int:
            count = 0
            for batch in use(many):
                for _event in batch:
                    count += 1
            return count

        return cpu_time(work, lambda count: expect(count, len(data) * again))

    return prepared


def check(got: list[str], data: list[str]) -> None:
    expect(len(got), len(data))
    if got != data:
        raise Wrong("other data")


def expect(count: int, events: int) -> None:
    if count != events:
        raise Wrong(f"{count} events of {events}")


ROWS = {
    name: Row(distribution, prepare(decode)) for name, (distribution, decode) in ADAPTERS.items()
}
