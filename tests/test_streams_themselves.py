"""That generated streams are what they claim to be: clean, and saying their answer."""

from __future__ import annotations

import copy
import json

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sse_core import StreamDecoder
from sse_core.testing import reference
from sse_core.testing.mutations import ALSO, LEGAL, MUTATIONS, as_bytes
from sse_core.testing.mutations.chat import into_finish
from sse_core.testing.slow_merger import merge
from sse_core.testing.streams import (
    DIALECTS,
    EOL,
    Chunk,
    json_streams,
    streams,
    text_streams,
    to_bytes,
    without,
)
from sse_core.testing.streams.found import answer_of

#: Fewer examples where each is slow, or where there are very many cases.
less = settings(max_examples=max(4, settings().max_examples // 4))
few = settings(max_examples=max(4, settings().max_examples // 20))


def read(data: bytes) -> list[Chunk]:
    """The events, by the reference model of the wire; payloads that are JSON objects parsed."""
    return [
        (None if event.event == "message" else event.event, payload(event.data))
        for event in reference.decode(data).events
    ]


def payload(data: str) -> object:
    return json.loads(data) if data.startswith("{") else data


@pytest.mark.parametrize("dialect", DIALECTS)
@given(data=st.data())
def test_a_stream_says_its_answer(dialect: str, data: st.DataObject) -> None:
    answer, chunks = data.draw(streams(dialect))
    assert merge(dialect, chunks) == answer


@pytest.mark.parametrize("dialect", DIALECTS)
@less
@given(data=st.data())
def test_bytes_are_the_chunks(dialect: str, data: st.DataObject) -> None:
    _, chunks = data.draw(streams(dialect))
    eol = data.draw(st.sampled_from([EOL[dialect], "\n", "\r\n", "\r"]))
    stream = to_bytes(chunks, eol, ascii=data.draw(st.booleans()))
    assert read(stream) == chunks


@given(text_streams())
def test_text_streams_say_their_text(stream: object) -> None:
    assert isinstance(stream, tuple)
    data, text, sentinel = stream
    said = [event.data for event in reference.decode(data).events]
    assert (said[-1] == "[DONE]") == sentinel
    assert "".join(said[:-1] if sentinel else said) == text


@given(json_streams(path=("message",)))
def test_json_streams_say_their_text(stream: object) -> None:
    assert isinstance(stream, tuple)
    data, text, sentinel = stream
    said = [event.data for event in reference.decode(data).events]
    assert (said[-1] == "[DONE]") == sentinel
    payloads = [json.loads(one) for one in (said[:-1] if sentinel else said)]
    assert "".join(one["message"]["content"] for one in payloads) == text
    assert [one["done"] for one in payloads[-2:]] == [False, True]


# -- mutations -------------------------------------------------------------------------------------

CASES = [(quirk, dialect) for quirk, one in MUTATIONS.items() for dialect in one.dialects]

#: Those after which the standard finds the same events.
SAME_EVENTS = ("F1", "F3", "F5", "F6", "F23", "F24", "F25", "F28", "F30")
#: Those that not even the slow merger, which knows no quirks, can notice.
SAME_TO_ALL = (
    *("C6", "C7", "C8", "C10", "C11", "C13", "C14", "C15", "C17", "C19", "C26"),
    *("T5", "T15", "T22", "T24", "T27", "T29", "F9", "F12", "J6"),
    *("U1", "U4", "U7", "U12", "A1", "A3", "A5", "A6", "A8", "A11", "A12"),
    *("P3", "P7", "G3", "G4"),
)
#: Those whose mutated stream can be the clean one, if that has the habit by itself.
MAY_BE_CLEAN = ("A5", "C14", "C26", "E5", "E10", "G3", "J6", "R5", "T22", "T27", "U7")


@pytest.mark.parametrize(("quirk", "dialect"), CASES)
@few
@given(data=st.data())
def test_a_mutation_changes_the_stream(quirk: str, dialect: str, data: st.DataObject) -> None:
    """It leaves the clean stream as it is, applies to nearly every answer it asks for, and what it
    makes can be sent."""
    mutation = MUTATIONS[quirk]
    answer = data.draw(mutation.dialects[dialect])
    chunks = DIALECTS[dialect].write(answer, data.draw)
    before = copy.deepcopy(chunks)
    mutated = mutation.apply(chunks, data.draw)
    assert chunks == before
    assume(mutated is not None)
    assert mutated is not None
    stream = as_bytes(dialect, mutated)
    assert stream != to_bytes(chunks, EOL[dialect]) or quirk in MAY_BE_CLEAN
    if quirk in SAME_EVENTS:
        assert [event for event in read(stream) if event[1]] == chunks
    if quirk in SAME_TO_ALL and not isinstance(mutated, bytes):
        lost = mutation.loses
        assert without(merge(dialect, mutated), lost) == without(answer, lost)


def test_every_legal_quirk_has_a_mutation() -> None:
    assert MUTATIONS.keys() >= LEGAL | ALSO.keys()


# -- where there is nothing to do ----------------------------------------------------------------


def test_a_choice_that_says_nothing_before_its_end_has_nothing_to_move() -> None:
    end = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
    assert into_finish([(None, end), (None, "[DONE]")], "content") is None


@given(st.data())
def test_a_response_without_deltas_has_none_to_leave_out(data: st.DataObject) -> None:
    chunks: list[Chunk] = [("response.created", {"type": "response.created", "response": {}})]
    assert MUTATIONS["P4"].variants["openai-responses"](chunks, data.draw) is None


def test_what_no_answer_has_is_not_found() -> None:
    stream = StreamDecoder("anthropic")
    for chunk in (
        {"type": "message_start", "message": {"id": "m", "model": "x", "content": []}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "of a new kind"}},
        {"type": "content_block_stop", "index": 0},
    ):
        stream.feed_chunk(chunk)
    assert [choice.blocks for choice in answer_of(stream.response).choices] == [()]
    assert len(stream.response.choices[0].blocks) == 1
