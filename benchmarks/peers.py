"""The decoders that are compared: one adapter each, and no network.

An adapter takes the pushes and gives *batches of events*, because there are two kinds of decoder.
One is fed and returns a list: each list is a batch. The other reads an iterator of bytes and is an
iterator of events: that is one batch. So each is driven by the loop its users write, and none pays
for the other's.

Where a library has no public way in without a connection, the adapter enters at the innermost part
that its own client calls with bytes. That favours the peer: its users pay for the client, too.

To add a peer, write its adapter and put it into ``LIBRARIES``. Adapters import what they need when
they are called: one process must be able to time one library without loading the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import SimpleNamespace
from typing import Any, NamedTuple

from benchmarks.shapes import SHAPES, cut

Batches = Iterable[Iterable[Any]]  # of objects with a ``data``, or (the floor) of the data itself

HEADERS = {"content-type": "text/event-stream"}


class Library(NamedTuple):
    decode: Callable[[list[bytes]], Batches]
    distribution: str  # what to install; "" for what is in this repository


def sse_core(pushes: list[bytes]) -> Batches:
    from sse_core import SSEDecoder

    return map(SSEDecoder().feed, pushes)


def floor(pushes: list[bytes]) -> Batches:
    """The least that any decoder has to do. Right for ``data: …`` blocks with LF only."""
    rest = b""
    for push in pushes:
        *blocks, rest = (rest + push).split(b"\n\n")
        yield [block[6:].decode() for block in blocks]


def anthropic(pushes: list[bytes]) -> Batches:
    from anthropic._streaming import SSEDecoder

    return [SSEDecoder().iter_bytes(iter(pushes))]


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


LIBRARIES = {
    "sse_core": Library(sse_core, ""),
    "floor": Library(floor, ""),
    "anthropic": Library(anthropic, "anthropic"),
    "axio-sse": Library(axio_sse, "axio-sse"),
    "httpx-sse": Library(httpx_sse, "httpx-sse"),
    "httpx2": Library(httpx2, "httpx2"),
    "launchdarkly": Library(launchdarkly, "launchdarkly-eventsource"),
    "openai": Library(openai, "openai"),
    "sseclient": Library(sseclient, "sseclient-py"),
    "urllib3-future": Library(urllib3_future, "urllib3-future"),
}


def fault(library: str, shape: str, cutting: str, events: int) -> str:
    """What is wrong with what the library makes of this traffic; ``""`` if nothing is."""
    blocks, data = SHAPES[shape](events)
    try:
        batches = LIBRARIES[library].decode(cut(blocks, cutting))
        got = [getattr(event, "data", event) for batch in batches for event in batch]
    except ImportError:
        return "not installed"
    except Exception as error:  # whatever a peer raises is its result
        return f"raises {type(error).__name__}"
    if len(got) != len(data):
        return f"{len(got)} events of {len(data)}"
    return "" if got == data else "other data"
