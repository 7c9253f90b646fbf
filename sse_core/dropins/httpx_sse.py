"""The names of httpx-sse, without importing httpx: the client is the caller's.

::

    with httpx.Client() as client, connect_sse(client, "GET", url) as source:
        for event in source.iter_sse():
            print(event.event, event.data)

A client has ``stream(method, url, headers=…)``, a context manager; a response has ``headers`` and
``iter_bytes()`` or ``aiter_bytes()``. httpx and httpx2 do.
"""

from __future__ import annotations

from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any

from ..adapters import aiter_events, iter_events
from ..encode import is_event_stream
from ..errors import SSECoreError
from .blocks import Blocks, Fields

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Iterator

    from ..limits import Limits

__all__ = ["EventSource", "SSEError", "ServerSentEvent", "aconnect_sse", "connect_sse"]

HEADERS = {"Accept": "text/event-stream", "Cache-Control": "no-store"}


class SSEError(SSECoreError):
    """The response is not an event stream."""


class ServerSentEvent(Fields):
    """An event. ``event`` is ``"message"`` if the stream named no type, ``id`` ``""`` if no id."""

    __slots__ = ()

    event: str
    id: str

    def __new__(
        cls,
        event: str | None = None,
        data: str | None = None,
        id: str | None = None,
        retry: int | None = None,
    ) -> ServerSentEvent:
        return super().__new__(cls, event or "message", data or "", id or "", retry)


class _Decoder(Blocks[ServerSentEvent]):
    EVENT = ServerSentEvent
    NO_TYPE, NO_ID = "message", ""
    DISPATCHES_ALL = True


class EventSource:
    """The events of a response.

    Args:
        response: an httpx response, or one with the same ``headers``, ``iter_bytes`` and
            ``aiter_bytes``. It stays yours to close.
        limits: what the fields of an event may come to; ``Limits()`` if not given.
    """

    def __init__(self, response: Any, *, limits: Limits | None = None) -> None:
        self._response = response
        self._limits = limits

    @property
    def response(self) -> Any:
        """The response."""
        return self._response

    def iter_sse(self) -> Iterator[ServerSentEvent]:
        """Every event, each with its last byte. A block with any field but comments is one.

        Raises:
            SSEError: the response's ``Content-Type`` is not ``text/event-stream``.
            LimitExceeded: the fields of an event are more than ``max_event_bytes``.
        """
        return iter_events(_Body(self._response), _Decoder(limits=self._limits)._lines())

    def aiter_sse(self) -> AsyncGenerator[ServerSentEvent, None]:
        """``iter_sse`` for a response of an async client."""
        return aiter_events(_Body(self._response), _Decoder(limits=self._limits)._lines())


class _Body:
    """The bytes of a response, which is looked at when the loop begins."""

    def __init__(self, response: Any) -> None:
        self._response = response

    def _check(self) -> None:
        found = self._response.headers.get("content-type", "")
        if not is_event_stream(found):
            kind = found.partition(";")[0]
            raise SSEError(f"expected Content-Type 'text/event-stream', got {kind!r}")

    def __iter__(self) -> Iterator[bytes]:
        self._check()
        chunks: Iterator[bytes] = iter(self._response.iter_bytes())
        return chunks

    def __aiter__(self) -> AsyncIterator[bytes]:
        self._check()
        chunks: AsyncIterator[bytes] = self._response.aiter_bytes().__aiter__()
        return chunks


def _request(options: dict[str, Any]) -> dict[str, Any]:
    """The options of a request for an event stream. The headers given are left as they are."""
    return {**options, "headers": {**(options.get("headers") or {}), **HEADERS}}


@contextmanager
def connect_sse(client: Any, method: str, url: str, **options: Any) -> Iterator[EventSource]:
    """``client.stream``, asked for an event stream. ``options`` go to it."""
    with client.stream(method, url, **_request(options)) as response:
        yield EventSource(response)


@asynccontextmanager
async def aconnect_sse(
    client: Any, method: str, url: str, **options: Any
) -> AsyncIterator[EventSource]:
    """``connect_sse`` for an async client."""
    async with client.stream(method, url, **_request(options)) as response:
        yield EventSource(response)
