"""``Adapter``: how the kit drives a decoder of any shape.

A decoder may be fed and give a list; it may read an iterator of bytes and be an iterator of events;
it may be a program in another language. An adapter makes three functions of it, and says what of an
event it can tell at all: what it does not claim is not compared.

::

    adapt(MyDecoder)                              # has feed(bytes), and perhaps close()
    pulled(lambda source: my_events(source))      # reads an iterator of bytes
    peers.peer("httpx-sse")                       # a library, as its own client uses it
    process.program("node adapter.js")            # a program in another language
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any, NamedTuple, TypeAlias

__all__ = ["CLAIMS", "Adapter", "Record", "adapt", "pulled", "record"]

#: The type, the data and the last event id of an event.
Record: TypeAlias = tuple[str, str, str]

#: What an adapter may claim. Data is always compared.
CLAIMS: dict[str, str] = {
    "event": "events have their type",
    "id": "events have the last event id",
    "last_event_id": "the decoder knows the last event id, also of blocks without an event",
    "retry": "the decoder knows the reconnection time",
    "prompt": "an event is given at its last byte, before the next one comes",
}


def record(event: Any) -> Record:
    """An event with the attributes ``event``, ``data`` and ``id``; the first and the last may be
    empty, ``None``, or absent."""
    return (
        getattr(event, "event", None) or "message",
        event.data,
        getattr(event, "id", None) or "",
    )


class Adapter(NamedTuple):
    """How to drive a decoder.

    Attributes:
        new: makes one, at the start of a stream.
        feed: ``feed(decoder, data)``: the events that these bytes completed, in order.
        end: ``end(decoder)``: the input is over; the events that come of it (there are none).
        claims: of ``CLAIMS``, what it can tell.
        record: an event as a ``Record``.
        resume: ``resume(last_event_id)``: one that begins with this id, as after a reconnection;
            ``None`` if there is no such thing.
    """

    new: Callable[[], Any]
    feed: Callable[[Any, bytes], Iterable[Any]]
    end: Callable[[Any], Iterable[Any]]
    claims: frozenset[str] = frozenset(CLAIMS)
    record: Callable[[Any], Record] = record
    resume: Callable[[str], Any] | None = None


def adapt(factory: Callable[[], Any] | Adapter) -> Adapter:
    """An adapter of whatever has ``feed(bytes)``, and perhaps ``close()``.

    ``factory.claims``, if there is one, says what it can tell. If there is none, all of it but what
    it has no attribute for: ``last_event_id`` and ``retry``. If it takes ``last_event_id=``, that
    is how it resumes.
    """
    if isinstance(factory, Adapter):
        return factory
    claims = getattr(factory, "claims", None)
    if claims is None:
        decoder = factory()
        absent = {name for name in ("last_event_id", "retry") if not hasattr(decoder, name)}
        claims = CLAIMS.keys() - absent
    resume = None
    if _takes(factory, "last_event_id"):
        takes_id: Callable[..., Any] = factory
        resume = lambda id: takes_id(last_event_id=id)  # noqa: E731
    return Adapter(factory, _feed, _close, frozenset(claims), record, resume)


def _takes(factory: Callable[..., Any], name: str) -> bool:
    try:
        return name in inspect.signature(factory).parameters
    except (TypeError, ValueError):  # nothing is known of it
        return False


def _feed(decoder: Any, data: bytes) -> Any:
    return decoder.feed(data)


def _close(decoder: Any) -> Any:
    return decoder.close() if hasattr(decoder, "close") else ()


# -- decoders that read an iterator --------------------------------------------------------------


class _Starved(BaseException):
    """The iterator has no more bytes yet. No ``Exception``: nobody is to catch it on its way."""


class _Pulled:
    """``feed`` and ``close`` over a function from an iterator of bytes to an iterator of events.

    Each push is decoded again from the first byte on, and what is new is handed out: right for any
    function that keeps nothing outside of itself, and fast enough for small inputs.
    """

    def __init__(self, decode: Callable[[Iterator[bytes]], Iterable[Any]]) -> None:
        self._decode = decode
        self._pushes: list[bytes] = []
        self._given = 0

    def feed(self, data: bytes) -> list[Any]:
        """The events that come once these bytes can be read."""
        self._pushes.append(bytes(data))
        return self._read(self._so_far())

    def close(self) -> list[Any]:
        """The events that come once the iterator ends."""
        return self._read(iter(self._pushes))

    def _so_far(self) -> Iterator[bytes]:
        yield from self._pushes
        raise _Starved

    def _read(self, source: Iterator[bytes]) -> list[Any]:
        events: list[Any] = []
        with suppress(_Starved):
            events.extend(self._decode(source))
        fresh = events[self._given :]
        self._given = len(events)
        return fresh


def pulled(
    decode: Callable[[Iterator[bytes]], Iterable[Any]], claims: Iterable[str] = ("event", "id")
) -> Adapter:
    """An adapter of a function that reads an iterator of bytes and gives an iterator of events."""
    return Adapter(lambda: _Pulled(decode), _feed, _close, frozenset(claims))
