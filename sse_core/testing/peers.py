"""Adapters of released libraries: ``peer("httpx-sse")``.

Each is driven as its own client drives it; where there is no public way in without a connection, at
the innermost part that is called with bytes. They import what they need when they are asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from types import SimpleNamespace
from typing import Any

from .adapters import Adapter, adapt, pulled

__all__ = ["PEERS", "peer"]

_HEADERS = {"content-type": "text/event-stream"}
_EVENTS = {"event", "id", "prompt"}


def _ours() -> Adapter:
    from .. import SSEDecoder

    return adapt(SSEDecoder)


def _anthropic() -> Adapter:
    from anthropic._streaming import SSEDecoder

    return pulled(lambda source: SSEDecoder().iter_bytes(source), _EVENTS)


def _assel() -> Adapter:
    from assel import Parser

    return Adapter(
        Parser, lambda parser, data: parser.receive_bytes(data), lambda _: (), frozenset(_EVENTS)
    )


def _axio_sse() -> Adapter:
    from axio_sse import Decoder

    return Adapter(
        Decoder,
        lambda decoder, data: decoder.decode(data),
        lambda decoder: decoder.decode(b"", final=True),
        frozenset(_EVENTS),
    )


def _httpx_sse() -> Adapter:
    from httpx import Response
    from httpx_sse import EventSource

    def decode(source: Iterator[bytes]) -> Iterable[Any]:
        events: Iterable[Any] = EventSource(
            Response(200, headers=_HEADERS, content=source)
        ).iter_sse()
        return events

    return pulled(decode, _EVENTS)


def _httpx2() -> Adapter:
    from httpx2 import EventSource, Request, Response

    def decode(source: Iterator[bytes]) -> Iterable[Any]:
        request = Request("GET", "http://localhost")
        response = Response(200, headers=_HEADERS, content=source, request=request)
        events: Iterable[Any] = EventSource(response)
        return events

    return pulled(decode, _EVENTS)


def _launchdarkly() -> Adapter:
    from ld_eventsource.actions import Event
    from ld_eventsource.reader import _BufferedLineReader, _SSEReader

    def decode(source: Iterator[bytes]) -> Iterable[Any]:
        items = _SSEReader(_BufferedLineReader.lines_from(source)).events_and_comments()
        return (item for item in items if isinstance(item, Event))  # what SSEClient.events does

    adapter = pulled(decode, _EVENTS)
    return adapter._replace(
        record=lambda event: (event.event, event.data, event.last_event_id or "")
    )


def _openai() -> Adapter:
    from openai._streaming import SSEDecoder

    return pulled(lambda source: SSEDecoder().iter_bytes(source), _EVENTS)


def _sseclient() -> Adapter:
    from sseclient import SSEClient

    return pulled(lambda source: SSEClient(source).events(), _EVENTS)


def _urllib3_future() -> Adapter:
    from urllib3_future.contrib.webextensions.sse import ServerSideEventExtensionFromHTTP

    def decode(source: Iterator[bytes]) -> Iterable[Any]:
        extension = ServerSideEventExtensionFromHTTP()
        extension.start(
            SimpleNamespace(
                _fp=SimpleNamespace(_dsa=None),
                _police_officer=None,
                stream=lambda *args, **kwargs: source,
            )
        )
        return iter(extension.next_payload, None)

    return pulled(decode, _EVENTS)


#: By the name of the distribution that has it; ``""`` needs none.
PEERS: dict[str, Callable[[], Adapter]] = {
    "sse-core": _ours,
    "anthropic": _anthropic,
    "assel": _assel,
    "axio-sse": _axio_sse,
    "httpx-sse": _httpx_sse,
    "httpx2": _httpx2,
    "launchdarkly-eventsource": _launchdarkly,
    "openai": _openai,
    "sseclient-py": _sseclient,
    "urllib3-future": _urllib3_future,
}


def peer(distribution: str) -> Adapter:
    """The adapter of a released library.

    Raises:
        ImportError: it is not installed, or not in a version that this adapter knows.
        KeyError: there is no adapter for it.
    """
    return PEERS[distribution]()
