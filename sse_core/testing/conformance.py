"""``check_decoder(factory)``: hold any feed-style decoder to the wire laws.

The decoder may be anybody's: an object with ``feed(bytes)`` that returns (or yields) events with
``event``, ``data`` and ``id``. What it gives is compared, push by push, with the slow reference
model, on two kinds of input: the ``TRAPS``, a table of short streams on which released decoders
were seen to fail, each at every cut; and generated streams, shrunk to the smallest that fails.

Rules of this file:

1. It knows no decoder, and only the names above; what else one can do is checked if it is there.
2. Whatever the decoder does wrong ends in one ``ConformanceError`` that says which law, for which
   bytes, in which pushes. A traceback from inside of here is a bug of this file.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from . import chunkings
from .reference import Reference

__all__ = [
    "LAWS",
    "TRAPS",
    "ConformanceError",
    "check_decoder",
    "cut_invariance",
    "end_of_input",
    "purity",
    "state",
]

Factory = Callable[[], Any]
Fields = tuple[str, str, str]
Law = Callable[[Factory, Sequence[bytes]], None]

#: Streams that released decoders get wrong, by the name of the trap.
TRAPS: dict[str, bytes] = {
    "byte order mark": b"\xef\xbb\xbfdata: a\n\n",
    "only one mark is cut": b"\xef\xbb\xbf\xef\xbb\xbfdata: a\n\ndata: b\n\n",
    "a mark later is data": b"data: a\n\n\xef\xbb\xbfdata: b\n\ndata: \xef\xbb\xbfc\n\n",
    "CRLF": b"data: a\r\n\r\ndata: b\r\n\r\n",
    "CR": b"data: a\r\rdata: b\r\r",
    "mixed line ends": b"data: a\n\r\ndata: b\r\n\ndata: c\r\n\rdata: d\n\n",
    "CR, then LF CR": b"data: a\r\n\r\rdata: b\n\r",
    "other separators": "data: a\u2028b\u2029c\x85d\x0be\x0cf\x1cg\x1dh\x1ei\n\n".encode(),
    "no space": b"data:a\nid:1\nevent:e\n\n",
    "one space of several": b"data:  a \ndata:\tb\n\n",
    "no colon": b"data\ndata\n\nevent\ndata: a\n\n",
    "names are literal": b"Data: a\ndata : b\n data: c\ndatas: d\ndata: e\n\n",
    "empty data": b"data:\n\ndata: \n\ndata\n\n",
    "no data": b"event: a\n\nid: 1\n\nretry: 5\n\n: c\n\n\n\n",
    "comment between": b"id: 1\ndata: a\n\n: ping\n\ndata: b\n\n",
    "type is forgotten": b"event: a\n\ndata: b\n\nevent: c\nevent: \ndata: d\n\n",
    "colon in data": b'data: {"a": "b: c"}\n\n',
    "id lasts": b"id: 1\ndata: a\n\ndata: b\n\nid\ndata: c\n\n",
    "id without data": b"id: 1\n\ndata: a\n\n",
    "id with NUL": b"id: 1\ndata: a\n\nid: 2\0\ndata: b\n\n",
    "id not committed": b"id: 1\ndata: a\n\nid: 2\n",
    "retry": b"retry: 1000\n\nretry: -5\nretry: +5\nretry: 1_0\nretry: 5 \nretry: 1.0\nretry:\n\n",
    "retry in other digits": "retry: 10\nretry: ١٢٣\nretry: ²\n\ndata: a\n\n".encode(),
    "invalid UTF-8": b"data: a\xffb\n\n: \xff\n\nx: \xff\n\ndata: \xe2\x82\ndata: \xac\n\n",
    "cut character": "data: €😀\n\n".encode(),
    "unfinished event": b"data: a\n\ndata: b\n",
    "unfinished line": b"data: a\n\ndata: b",
    "blank lines": b"\n\n\ndata: a\n\n\n\ndata: b\n\n",
    "not a stream": b'{"error": "no"}\n\n<html>\n\n',
}


class ConformanceError(AssertionError):
    """A decoder broke a law. The message is the report; the attributes are its parts.

    Attributes:
        law: the name of the law.
        chunks: the pushes, in order; their sum is the smallest failing input that was found.
        expected, got: what differs.
    """

    def __init__(self, law: str, chunks: Sequence[bytes], expected: object, got: object) -> None:
        super().__init__(law, chunks, expected, got)
        self.law = law
        self.chunks = list(chunks)
        self.expected = expected
        self.got = got

    @property
    def data(self) -> bytes:
        """The input."""
        return b"".join(self.chunks)

    def __str__(self) -> str:
        return (
            f"the decoder breaks the law of {self.law}\n"
            f"  input     {self.data!r}\n"
            f"  fed as    {self.chunks!r}\n"
            f"  expected  {self.expected!r}\n"
            f"  got       {self.got!r}"
        )


def check_decoder(factory: Factory, *, examples: int = 100) -> None:
    """Check every wire law on the decoders that ``factory()`` makes, a new one for each stream.

    Args:
        factory: makes a decoder in its starting state, with default options.
        examples: how many generated inputs to try for each law.

    Raises:
        ConformanceError: the decoder breaks a law; holds the smallest failing input found.
    """
    for data in sorted(TRAPS.values(), key=len):
        for chunks in _cuttings(data):
            _try(cut_invariance, factory, chunks)
        for law in LAWS.values():
            _try(law, factory, chunkings.bytewise(data))
    for law in LAWS.values():
        _search(law, factory, examples)


def _cuttings(data: bytes) -> list[list[bytes]]:
    return [chunkings.whole(data), *chunkings.every_cut(data), chunkings.bytewise(data)]


def _try(law: Law, factory: Factory, chunks: Sequence[bytes]) -> None:
    """The law on one input; if it is broken, on ever smaller ones, a byte left out at a time."""
    try:
        law(factory, chunks)
    except ConformanceError as error:
        found, at = error, 0
        while at < len(found.data):
            data = found.data[:at] + found.data[at + 1 :]
            smaller = next(_broken(law, factory, data), None)
            found, at = (smaller, at) if smaller else (found, at + 1)
        raise found from found.__cause__


def _broken(law: Law, factory: Factory, data: bytes) -> Iterator[ConformanceError]:
    for chunks in _cuttings(data):
        try:
            law(factory, chunks)
        except ConformanceError as error:
            yield error


def _search(law: Law, factory: Factory, examples: int) -> None:
    # Here, because only this needs hypothesis, and it takes a second to import.
    from hypothesis import HealthCheck, Phase, Verbosity, given, settings

    from . import strategies

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        verbosity=Verbosity.quiet,
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
        print_blob=False,
    )
    @given(strategies.any_bytes().flatmap(strategies.chunkings))
    def holds(chunks: list[bytes]) -> None:
        law(factory, chunks)

    holds()


# -- the laws ---------------------------------------------------------------------------------


def cut_invariance(factory: Factory, chunks: Sequence[bytes]) -> None:
    """After each push, the events so far are those of the standard for the bytes so far.

    In one: right events, the same for every cutting, none before its last byte or after it.
    """
    decoder, model, got = factory(), Reference(), list[Fields]()
    for chunk in chunks:
        got += _feed(decoder, chunk, chunks)
        expected = _expected(model, chunk)
        if got != expected:
            raise ConformanceError("cut invariance", chunks, expected, got)


def end_of_input(factory: Factory, chunks: Sequence[bytes]) -> None:
    """ "Once the end of the file is reached, any pending data must be discarded." """
    decoder = factory()
    for chunk in chunks:
        _feed(decoder, chunk, chunks)
    if hasattr(decoder, "close"):
        late = _guarded(lambda: decoder.close(), chunks)
        if late:
            raise ConformanceError("the end of the input", chunks, [], late)


def purity(factory: Factory, chunks: Sequence[bytes]) -> None:
    """Two decoders do not see each other, and what was returned does not share the buffer fed."""
    one, other = factory(), factory()
    model, expected, kept = Reference(), list[Fields](), list[Any]()
    for chunk in chunks:
        buffer = bytearray(chunk)
        kept += _guarded(functools.partial(one.feed, buffer), chunks)
        if buffer != chunk:
            raise ConformanceError("purity", chunks, chunk, bytes(buffer))
        buffer[:] = b"\n" * len(buffer)
        _feed(other, b"data: \xe2", chunks)
        expected = _expected(model, chunk)
    got = [_fields(event) for event in kept]
    if got != expected:
        raise ConformanceError("purity", chunks, expected, got)


def state(factory: Factory, chunks: Sequence[bytes]) -> None:
    """``last_event_id`` and ``retry``, where there are such attributes, follow the standard."""
    decoder, model = factory(), Reference()
    for chunk in chunks:
        _feed(decoder, chunk, chunks)
        _expected(model, chunk)
        expected = (model.last_event_id_string, _sensible(model.reconnection_time))
        got = (
            getattr(decoder, "last_event_id", expected[0]) or "",
            _sensible(getattr(decoder, "retry", expected[1])),
        )
        if got != expected:
            raise ConformanceError("state (last_event_id, retry)", chunks, expected, got)


#: The laws by name. Each takes a factory and the pushes, and raises ``ConformanceError``.
LAWS: dict[str, Law] = {law.__name__: law for law in (cut_invariance, end_of_input, purity, state)}


# -- what the laws share ----------------------------------------------------------------------


def _expected(model: Reference, chunk: bytes) -> list[Fields]:
    for byte in chunk:
        model.step(byte)
    return [_fields(event) for event in model.events]


def _fields(event: Any) -> Fields:
    # Some decoders leave the default type and an absent id to the reader.
    return (event.event or "message", event.data, event.id or "")


def _sensible(retry: int | None) -> int | None:
    # Up to which time a decoder obeys is its own business, beyond a minute.
    return None if retry is None else min(retry, 60_000)


def _feed(decoder: Any, data: bytes, chunks: Sequence[bytes]) -> list[Fields]:
    return _guarded(lambda: [_fields(event) for event in decoder.feed(data) or ()], chunks)


def _guarded(call: Callable[[], Iterable[Any] | None], chunks: Sequence[bytes]) -> list[Any]:
    try:
        return list(call() or ())
    except Exception as error:
        raise ConformanceError("totality", chunks, "a list of events", error) from error
