"""The feed laws of the wire, on generated input: see the numbers in ``sse_core.testing``.

What any decoder must keep is in ``sse_core.testing``; here it is called, and the rest is added
that only ours promises: observed items, ranges, errors, limits, state.
"""

from __future__ import annotations

import copy
import itertools
import json
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sse_core import Limits, SSEDecoder, SSEObserver
from sse_core.errors import InvalidUTF8, LimitExceeded, WireError
from sse_core.testing import check_decoder, chunkings, reference, strategies
from sse_core.testing.vectors import Vector, load_wire
from sse_core.wire import ServerSentEvent, Tail
from tests.line_by_line import PlainObserver

Decoder = SSEDecoder | SSEObserver

cuttings = strategies.any_bytes().flatmap(strategies.chunkings)

# Small limits, so that small inputs reach them, one by one and in any combination.
limit_values: dict[str, st.SearchStrategy[int | None]] = {
    "max_event_bytes": st.none() | st.integers(1, 20),
    "max_line_bytes": st.none() | st.integers(1, 20),
    "max_event_name_bytes": st.none() | st.integers(1, 8),
    "max_id_bytes": st.none() | st.integers(1, 8),
    "max_retry_ms": st.none() | st.integers(1, 20),
    "max_total_bytes": st.none() | st.integers(1, 60),
    "max_events": st.none() | st.integers(1, 3),
}
options = st.fixed_dictionaries(
    {
        "limits": st.fixed_dictionaries(limit_values),
        "strict": st.booleans(),
        "observe": st.booleans(),
        "last_event_id": st.sampled_from(["", "seed"]),
    }
)


def make(options: dict[str, Any]) -> Decoder:
    kind = SSEObserver if options["observe"] else SSEDecoder
    return kind(
        limits=Limits(**options["limits"]),
        errors="strict" if options["strict"] else "replace",
        last_event_id=options["last_event_id"],
    )


def fields(item: Any) -> tuple[Any, ...]:
    """What an item of the decoder and one of the model have in common: kind, fields, range."""
    return (type(item).__name__.replace("ServerSentEvent", "Event"), *tuple(item))


def error_fields(error: WireError | reference.Error | None) -> tuple[Any, ...] | None:
    match error:
        case LimitExceeded():
            name = "LimitExceeded"
            seen: tuple[Any, ...] = (error.limit, error.maximum, error.observed)
        case InvalidUTF8():
            name, seen = "InvalidUTF8", (None, None, None)
        case reference.Error():
            name, seen = error.kind, (error.limit, error.maximum, error.observed)
        case _:
            return None
    return (name, *seen, error.offset, error.line, error.event)


def gives(decoder: Decoder, items: list[Any], model: reference.Reference) -> None:
    """What the decoder gave is what the model says."""
    result = model.result()
    expected = result.items if isinstance(decoder, SSEObserver) else result.events
    assert [fields(item) for item in items] == [fields(item) for item in expected]
    assert error_fields(decoder.error) == error_fields(result.error)
    assert decoder.last_event_id == result.last_event_id


def agrees(decoder: Decoder, items: list[Any], model: reference.Reference) -> None:
    """Everything that can be asked of the decoder is what the model says."""
    gives(decoder, items, model)
    result = model.result()
    observing = isinstance(decoder, SSEObserver)
    assert decoder.retry == result.retry
    assert decoder.at_boundary == result.at_boundary
    assert decoder.pending_bytes == result.pending_bytes
    if result.error is None:
        assert decoder.offset == model.offset
    else:
        assert decoder.offset == result.error.offset
        return
    twin = copy.copy(decoder)
    twin.close()
    tail = result.tail if observing else result.event_tail
    assert (twin.tail is None) == (tail is None)
    if twin.tail is not None and tail is not None:
        assert (twin.tail.start, twin.tail.end) == (tail.start, tail.end)
        assert (twin.tail.pending and tuple(twin.tail.pending)) == tail.pending
        # Of a line that would be ignored, only an observer keeps the bytes.
        assert twin.tail.line == tail.line or (twin.tail.line == b"" and not observing)


def feed(decoder: Decoder, chunk: bytes) -> list[Any]:
    """``feed``, and that it raises just when there is an error and nothing to return."""
    before = decoder.error
    try:
        items = list[Any](decoder.feed(chunk))
    except WireError as error:
        assert error is decoder.error
        return []
    assert before is None
    assert items or decoder.error is None
    return items


def step(model: reference.Reference, chunk: bytes) -> None:
    for byte in chunk:
        model.step(byte)


# -- laws 1, 2, 3, 5: cuts, totality, limits, prefixes ------------------------------------------


@pytest.mark.exhaustive
def test_the_public_check_passes() -> None:
    check_decoder(SSEDecoder, examples=50)


@given(cuttings, options, st.booleans())
def test_after_every_push_everything_is_as_the_model_says(
    chunks: list[bytes], options: dict[str, Any], ask: bool
) -> None:
    """Asked each time or only at the end: what is asked about goes line by line from there."""
    decoder, model = make(options), reference.Reference(**options)
    items: list[Any] = []
    for chunk in chunks:
        items += feed(decoder, chunk)
        step(model, chunk)
        (agrees if ask else gives)(decoder, items, model)
    agrees(decoder, items, model)


@given(strategies.any_bytes(), options)
def test_every_cut_gives_the_same(data: bytes, options: dict[str, Any]) -> None:
    def run(chunks: list[bytes]) -> tuple[Any, ...]:
        decoder = make(options)
        items = [fields(item) for chunk in chunks for item in feed(decoder, chunk)]
        return items, decoder.error, decoder.offset, decoder.dump()

    whole = run([data])
    assert run(chunkings.bytewise(data)) == whole
    for chunks in chunkings.every_cut(data):
        assert run(chunks) == whole


@pytest.mark.parametrize(
    "vector", [one for one in load_wire() if len(one.input) < 100], ids=lambda vector: vector.id
)
def test_the_vectors_at_every_cut(vector: Vector) -> None:
    """Items, ranges and errors too, of which a vector says nothing."""
    data = vector.input
    for chunks in [*chunkings.every_cut(data), chunkings.bytewise(data)]:
        for kind in (SSEDecoder, SSEObserver):
            model = reference.Reference(observe=kind is SSEObserver)
            decoder, items = kind(limits=Limits.unlimited()), list[Any]()
            for chunk in chunks:
                items += feed(decoder, chunk)
                step(model, chunk)
            agrees(decoder, items, model)


ALPHABET = [b"data", b"id", b":", b" ", b"\n", b"\r", b"\xef\xbb\xbf", b"x", b"\0"]


@pytest.mark.exhaustive
@pytest.mark.parametrize("first", ALPHABET, ids=repr)
def test_all_short_inputs(first: bytes) -> None:
    """Every input of up to five symbols, whole and byte by byte."""
    for length in range(5):
        for symbols in itertools.product(ALPHABET, repeat=length):
            data = b"".join((first, *symbols))
            expected = reference.decode(data).events
            for chunks in ([data], chunkings.bytewise(data)):
                decoder = SSEDecoder()
                got = [event for chunk in chunks for event in decoder.feed(chunk)]
                assert tuple(map(tuple, got)) == expected, (data, chunks)


PIECES = [b"data: x", "event: \u00e9".encode(), b"id: 1", b": c", b"\n", b"\r\n", b"\r"]


@pytest.mark.parametrize("first", PIECES, ids=repr)
def test_all_short_pushes_when_nothing_is_in_progress(first: bytes) -> None:
    """Where the fast paths begin: up to five pieces of lines in one push, after a whole event."""
    for length in range(5):
        for pieces in itertools.product(PIECES, repeat=length):
            push = b"".join((first, *pieces))
            fast, plain = SSEObserver(), PlainObserver()
            got, expected = (
                [fields(item) for chunk in (b"data: a\n\n", push) for item in decoder.feed(chunk)]
                for decoder in (fast, plain)
            )
            assert got == expected, push
            assert fast.dump() == plain.dump(), push


# -- law 6: nothing lost, nothing invented ------------------------------------------------------


@given(strategies.streams())
def test_a_spelling_decodes_to_the_events_it_spells(stream: strategies.Stream) -> None:
    assert SSEDecoder().feed(stream.data) == stream.events


@given(cuttings, st.booleans())
def test_ranges_tile_the_input(chunks: list[bytes], observe: bool) -> None:
    decoder: Decoder = SSEObserver() if observe else SSEDecoder()
    items: list[Any] = [item for chunk in chunks for item in decoder.feed(chunk)]
    decoder.close()
    places = [0, *(item.end for item in items)]
    assert [item.start for item in items] == places[:-1]
    assert places == sorted(set(places)), "no range is empty"
    data = b"".join(chunks)
    assert decoder.tail is None or (decoder.tail.start, decoder.tail.end) == (places[-1], len(data))


@given(strategies.streams(), st.data())
def test_the_range_of_an_event_holds_that_event(stream: strategies.Stream, data: Any) -> None:
    """Cut out of the stream and decoded alone, its bytes give it again (but for an older id)."""
    decoder = SSEDecoder()
    events = [
        event
        for chunk in data.draw(strategies.chunkings(stream.data))
        for event in decoder.feed(chunk)
    ]
    last_event_id = ""
    for event in events:
        alone = SSEDecoder(last_event_id=last_event_id).feed(stream.data[event.start : event.end])
        assert alone == [event]
        last_event_id = event.id


@given(cuttings)
def test_an_observer_sees_the_same_events(chunks: list[bytes]) -> None:
    decoder, observer = SSEDecoder(), SSEObserver()
    for chunk in chunks:
        seen = [item for item in observer.feed(chunk) if isinstance(item, ServerSentEvent)]
        assert decoder.feed(chunk) == seen
    assert decoder.close() == []
    assert [type(item) for item in observer.close()] == ([Tail] if decoder.tail else [])


# -- law 7: checkpoints -------------------------------------------------------------------------


def copies(decoder: Decoder) -> list[Decoder]:
    return [
        pickle.loads(pickle.dumps(decoder)),
        copy.copy(decoder),
        copy.deepcopy(decoder),
        type(decoder).load(json.loads(json.dumps(decoder.dump()))),
    ]


@given(cuttings, options, st.booleans())
def test_a_copy_goes_on_as_if_nothing_happened(
    chunks: list[bytes], options: dict[str, Any], close: bool
) -> None:
    """Copied between the pushes, closed or failed: no difference, and no shared state."""
    decoder = make(options)
    family = [decoder]
    for chunk in chunks:
        family = [decoder, *copies(decoder)]
        results = [[fields(item) for item in feed(one, chunk)] for one in family]
        assert all(result == results[0] for result in results)
        assert all(one.dump() == decoder.dump() for one in family)
    if close and decoder.error is None:
        for one in family:
            one.close()
            assert one.tail == decoder.tail
        assert all(one.dump() == decoder.dump() for one in copies(decoder))


# -- law 9: purity ------------------------------------------------------------------------------


@given(cuttings, st.sampled_from([bytes, bytearray, memoryview]))
def test_the_kind_of_buffer_makes_no_difference(chunks: list[bytes], kind: type[Any]) -> None:
    one, other = SSEDecoder(), SSEDecoder()
    for chunk in chunks:
        assert one.feed(chunk) == other.feed(kind(chunk))
