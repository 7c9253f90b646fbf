"""The feed laws above the wire: over every dialect, on generated streams, clean and quirky.

``streams`` writes an answer as a dialect says it; decoded, it must be that answer again. What each
law says stands in ``sse_core.testing.conformance``; here they hold for ``StreamDecoder``.
"""

from __future__ import annotations

import contextlib
import copy
import json
import pickle
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sse_core import (
    Anomaly,
    Finish,
    LimitExceeded,
    Limits,
    Outcome,
    Response,
    ResponseEnd,
    SSEDecoder,
    StreamDecoder,
    StreamEvent,
    TextBlock,
    ToolCall,
    Unknown,
)
from sse_core.dialects import DIALECTS as REGISTERED
from sse_core.dialects import JSON
from sse_core.quirks import QUIRKS
from sse_core.testing import chunkings, mutations, slow_merger, strategies, streams
from sse_core.testing.streams.found import answer_of
from sse_core.testing.vectors import load_dialects
from tests.grammar import check_against_response, check_grammar

DIALECTS = sorted(streams.DIALECTS)
every_dialect = pytest.mark.parametrize("dialect", DIALECTS)

#: There are many of these tests, and their streams are long.
often = settings(
    max_examples=max(5, settings().max_examples // 4),
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)
seldom = settings(often, max_examples=max(5, settings().max_examples // 8))

#: The finish reasons of generated answers that end early.
EARLY = {"length", "content_filter", "refusal", "pause"}


def test_every_registered_dialect_is_held_to_the_laws() -> None:
    assert set(DIALECTS) | {"text", "json"} == set(REGISTERED)


# -- what we found, in the words of the generator ------------------------------------------------


def pooled(answer: streams.Answer, response: Response) -> list[str]:
    """Citations and signatures of the whole answer, wherever they were counted."""
    cited: list[Any] = [one.data for choice in response.choices for one in choice.opaque]
    for choice in response.choices:  # with no text to count them to
        if not any(isinstance(block, TextBlock) for block in choice.blocks):
            cited += [(c.url, c.title, c.start, c.end) for c in choice.citations]
    for block in answer.blocks:
        if isinstance(block, streams.Text):
            cited += [(c.url, c.title, c.start, c.end) for c in block.citations]
        if isinstance(block, (streams.Text, streams.Reasoning, streams.Call)) and block.signature:
            cited.append(block.signature)
    return sorted(map(repr, cited))


NOTHING = Response("", "", (), None, Outcome.EMPTY, None, {}, {})
POOLED = ("signatures", "citations")


def check_same(response: Response, answer: streams.Answer, lost: frozenset[str]) -> None:
    ours = answer_of(response)
    forget = {*POOLED, *lost}
    assert streams.without(ours, forget) == streams.without(answer, forget)
    if not lost & {*POOLED, "blocks"}:
        assert pooled(ours, response) == pooled(answer, NOTHING)


# -- clean streams ---------------------------------------------------------------------------


def decode(dialect: str, data: bytes, **options: Any) -> tuple[StreamDecoder, list[StreamEvent]]:
    stream = StreamDecoder(dialect, **options)
    return stream, stream.feed(data) + stream.close()


def drawn(dialect: str, data: Any) -> tuple[streams.Answer, list[streams.Chunk], bytes]:
    answer, chunks = data.draw(streams.streams(dialect))
    ascii = data.draw(st.booleans())
    return answer, chunks, streams.to_bytes(chunks, streams.EOL[dialect], ascii=ascii)


def quirks(events: list[StreamEvent]) -> set[str]:
    return {event.quirk for event in events if isinstance(event, Anomaly)}


@every_dialect
@often
@given(data=st.data())
def test_a_clean_stream_is_its_answer(dialect: str, data: Any) -> None:
    """Law 6, and the first half of law 10: nothing lost, nothing invented, nothing reported."""
    answer, chunks, wire = drawn(dialect, data)
    stream, events = decode(dialect, wire)
    check_grammar(events)
    check_against_response(events, stream.response)
    assert quirks(events) == set()
    assert not any(isinstance(event, Unknown) for event in events)
    check_same(stream.response, answer, frozenset())
    finishes = {choice.finish for choice in answer.choices}
    expected = Outcome.INCOMPLETE if finishes & EARLY else Outcome.COMPLETE
    assert stream.outcome is expected
    # The second merger, which shares no code with ours, agrees.
    theirs = slow_merger.merge(dialect, chunks)
    check_same(stream.response, theirs, frozenset())
    assert json.loads(json.dumps(stream.response.as_dict()))["outcome"] == expected.value
    json.dumps(stream.native())


@every_dialect
@often
@given(data=st.data())
def test_every_cutting_gives_the_same(dialect: str, data: Any) -> None:
    """Law 1, and law 5: what a prefix gives is a prefix."""
    _, _, wire = drawn(dialect, data)
    whole, expected = decode(dialect, wire)
    stream = StreamDecoder(dialect)
    events: list[StreamEvent] = []
    for piece in data.draw(strategies.chunkings(wire)):
        events += stream.feed(piece)
        assert events == expected[: len(events)]
    assert events + stream.close() == expected
    assert stream.response == whole.response


@every_dialect
@often
@given(data=st.data())
def test_a_state_goes_on_elsewhere(dialect: str, data: Any) -> None:
    """Law 7: dumped, pickled or copied at any byte."""
    _, _, wire = drawn(dialect, data)
    whole, expected = decode(dialect, wire)
    cut = data.draw(st.integers(0, len(wire)))
    first = StreamDecoder(dialect)
    before = first.feed(wire[:cut])
    halfway = first.response
    twins = [
        StreamDecoder.load(json.loads(json.dumps(first.dump()))),
        pickle.loads(pickle.dumps(first)),
        copy.copy(first),
    ]
    for stream in (*twins, first):
        assert stream.response == halfway
        assert before + stream.feed(wire[cut:]) + stream.close() == expected
        assert stream.response == whole.response
        assert StreamDecoder.load(stream.dump()).response == whole.response


@every_dialect
@often
@given(data=st.data())
def test_parsed_chunks_give_the_same_as_bytes(dialect: str, data: Any) -> None:
    _, chunks, wire = drawn(dialect, data)
    whole, _ = decode(dialect, wire)
    stream = StreamDecoder(dialect)
    for event, payload in chunks:
        stream.feed_chunk(payload, event or "message")
    stream.close()
    assert stream.response == whole.response


@every_dialect
@often
@given(data=st.data())
def test_every_event_leads_back_to_its_chunk(dialect: str, data: Any) -> None:
    _, chunks, _ = drawn(dialect, data)
    leads_back(StreamDecoder(dialect), [(payload, event or "message") for event, payload in chunks])


@pytest.mark.parametrize("dialect", sorted(REGISTERED.keys() - {"text"}))
def test_every_event_of_the_vectors_leads_back_to_its_chunk(dialect: str) -> None:
    for vector in load_dialects():
        if vector.dialect == dialect:
            known = JSON(**vector.options) if vector.options else dialect
            chunks = []
            for event in SSEDecoder().feed(vector.input):
                with contextlib.suppress(ValueError):
                    chunks.append((json.loads(event.data), event.event))
            stream = StreamDecoder(known, assume=vector.assume)
            leads_back(stream, chunks)
            check_ids(stream.response, [chunk for chunk, _ in chunks])


def leads_back(stream: StreamDecoder, chunks: list[tuple[Any, str]]) -> None:
    """As the same object, so that nothing of it is lost or copied."""
    for chunk, kind in chunks:
        for event in stream.feed_chunk(chunk, kind):
            assert not isinstance(event, ResponseEnd)
            of = event.chunk if isinstance(event, Finish) else event.raw
            assert of is chunk, event


def check_ids(response: Response, payloads: list[Any]) -> None:
    """Each id is the wire's own, or a call's that says that it is not."""
    told = {"", *words(payloads)}
    for block in (block for choice in response.choices for block in choice.blocks):
        synthetic = isinstance(block, ToolCall) and block.id_is_synthetic
        assert (block.id in told) is not synthetic, block


def words(value: Any) -> Iterator[str]:
    """All values within this one, as an id would be told."""
    yield value if isinstance(value, str) else repr(value)
    if isinstance(value, (dict, list)):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from words(inner)


@every_dialect
@often
@given(data=st.data())
def test_the_dialect_is_found(dialect: str, data: Any) -> None:
    _, _, wire = drawn(dialect, data)
    whole, _ = decode(dialect, wire)
    stream, _ = decode("auto", wire)
    assert (stream.dialect, stream.response) == (dialect, whole.response)


@every_dialect
@often
@given(data=st.data())
def test_a_cut_stream_never_looks_complete(dialect: str, data: Any) -> None:
    """The bytes up to some place: what was whole stays, and no call that was cut is complete."""
    answer, _, wire = drawn(dialect, data)
    cut = data.draw(st.integers(0, len(wire)))
    stream, events = decode(dialect, wire[:cut])
    check_grammar(events)
    check_against_response(events, stream.response)
    known = {(c.name, c.arguments) for c in answer.calls}
    for call in stream.response.all_tool_calls:
        assert not call.complete or (call.name, call.arguments) in known
    if stream.outcome is Outcome.COMPLETE:  # as far as anybody can tell: choices may be to come
        whole, _ = decode(dialect, wire)
        told = {choice.index: choice for choice in whole.response.choices}
        for choice in stream.response.choices:
            assert (choice.text, choice.finish) == (
                told[choice.index].text,
                told[choice.index].finish,
            )
            assert choice.tool_calls == told[choice.index].tool_calls


@every_dialect
@seldom
@given(data=st.data())
def test_the_limit_of_arguments_is_that_of_the_longest(dialect: str, data: Any) -> None:
    """Law 3: as many characters as are allowed pass, however they come; one more does not."""
    _, _, wire = drawn(dialect, data)
    whole, expected = decode(dialect, wire)
    longest = max((len(call.arguments) for call in whole.response.all_tool_calls), default=0)
    for limit, passes in ((longest, True), (longest - 1, False)):
        if limit > 0:
            stream = StreamDecoder(dialect, limits=Limits(max_tool_argument_bytes=limit))
            try:
                events = stream.feed(wire) + stream.close() + stream.close()
            except LimitExceeded as error:
                assert (passes, error.observed) == (False, longest)
            else:
                assert passes
                assert events == expected


@every_dialect
@seldom
@given(data=st.data())
def test_a_stream_of_which_the_beginning_or_any_chunk_is_lost(dialect: str, data: Any) -> None:
    """Law 2: with it, what announced the rest."""
    _, chunks, _ = drawn(dialect, data)
    for lost in range(len(chunks)):
        for left in (chunks[lost + 1 :], chunks[:lost] + chunks[lost + 1 :]):
            stream, events = decode(dialect, streams.to_bytes(left, streams.EOL[dialect]))
            check_grammar(events)
            check_against_response(events, stream.response)
            check_ids(stream.response, [payload for _, payload in left])


@every_dialect
@often
@given(data=st.data())
def test_any_damage_gives_documented_events(dialect: str, data: Any) -> None:
    """Law 2: chunks dropped, repeated, swapped, their values exchanged for others."""
    _, chunks, _ = drawn(dialect, data)
    damaged = data.draw(damage(chunks))
    wire = streams.to_bytes(damaged, streams.EOL[dialect])
    stream, events = decode(dialect, wire)
    check_grammar(events)
    check_against_response(events, stream.response)
    check_ids(stream.response, [payload for _, payload in damaged])
    assert isinstance(events[-1], ResponseEnd)
    json.dumps(stream.native())
    json.dumps(stream.response.as_dict())
    other = StreamDecoder(dialect)
    again = [event for byte in chunkings.bytewise(wire) for event in other.feed(byte)]
    assert again + other.close() == events


odd_values: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, -1, 2**70, 1.0, 1e9, "0", "", "x", [], {}, [None], [[]], {"a": 1}, "\ud83d", 0]
)


@st.composite
def damage(draw: st.DrawFn, chunks: list[streams.Chunk]) -> list[streams.Chunk]:
    damaged = copy.deepcopy(chunks)
    for _ in range(draw(st.integers(1, 4))):
        if not damaged:
            break
        place = draw(st.integers(0, len(damaged) - 1))
        match draw(st.sampled_from(["drop", "repeat", "swap", "value", "value", "value"])):
            case "drop":
                del damaged[place]
            case "repeat":
                damaged.insert(place, damaged[draw(st.integers(0, len(damaged) - 1))])
            case "swap":
                other = draw(st.integers(0, len(damaged) - 1))
                damaged[place], damaged[other] = damaged[other], damaged[place]
            case _:
                event, payload = damaged[place]
                payload = copy.deepcopy(payload)
                if isinstance(payload, dict) and payload:
                    _exchange(draw, payload)
                damaged[place] = (event, payload)
    return damaged


def _exchange(draw: st.DrawFn, value: Any) -> None:
    """Somewhere in these values, put another one."""
    while True:
        key = draw(st.sampled_from(sorted(value) if isinstance(value, dict) else range(len(value))))
        inner = value[key]
        if not isinstance(inner, (dict, list)) or not inner or draw(st.booleans()):
            value[key] = draw(odd_values)
            return
        value = inner


# -- quirky streams ----------------------------------------------------------------------------


@pytest.mark.parametrize("quirk", sorted(mutations.MUTATIONS))
@seldom
@given(data=st.data())
def test_a_quirk_changes_nothing_but_the_report(quirk: str, data: Any) -> None:
    """Law 10."""
    mutation = mutations.MUTATIONS[quirk]
    dialect = data.draw(st.sampled_from(sorted(mutation.dialects)))
    answer = data.draw(mutation.dialects[dialect])
    chunks = streams.DIALECTS[dialect].write(answer, data.draw)
    mutated = mutation.apply(chunks, data.draw)
    if mutated is None:
        return
    stream, events = decode(dialect, mutations.as_bytes(dialect, mutated))
    check_grammar(events)
    check_against_response(events, stream.response)
    check_same(stream.response, answer, mutation.loses)
    # What must be reported, exactly, stands with the examples in tests/quirks.
    assert quirks(events) <= mutation.reports
    if QUIRKS[quirk].treatment == "plain":
        assert quirk not in quirks(events)


# -- home-made streams -------------------------------------------------------------------------


@given(st.data(), st.booleans())
def test_streams_of_text(data: Any, json_values: bool) -> None:
    drawn = data.draw(streams.json_streams() if json_values else streams.text_streams())
    wire, text, sentinel = drawn
    stream = StreamDecoder("json" if json_values else "text")
    events: list[StreamEvent] = []
    for piece in data.draw(strategies.chunkings(wire)):
        events += stream.feed(piece)
    events += stream.close()
    check_grammar(events)
    assert stream.response.text == text
    done = sentinel or json_values
    assert stream.over == done
    assert quirks(events) == set()


@given(st.data())
def test_json_streams_by_path(data: Any) -> None:
    wire, text, _ = data.draw(streams.json_streams("t", "d", path=("a", "b")))
    dialect = JSON(text="a.b.t", done="d")
    stream = StreamDecoder(dialect)
    first = wire[: len(wire) // 2]
    stream.feed(first)
    stream = StreamDecoder.load(json.loads(json.dumps(stream.dump())))
    stream.feed(wire[len(first) :])
    stream.close()
    assert stream.response.text == text
    assert stream.outcome is Outcome.COMPLETE
