"""What all dialects share: what their ``read`` promises, errors' shapes, indexes, base64.

And the details of the three small ones, ``text``, ``json`` and ``openai-completions``, that no
table of ``test_dialects.py`` asks about.
"""

from __future__ import annotations

from typing import Any

import pytest

from sse_core import (
    MediaBlock,
    Metadata,
    ResponseStart,
    StreamDecoder,
    StreamError,
    StreamEvent,
    Unknown,
)
from sse_core.dialects import DIALECTS, JSON, find
from sse_core.merge import Merger

from .quirks.base import DONE, gemini, parts, read, sse

Chunk = dict[str, Any]


def fed(dialect: str, *payloads: Any, event: str = "") -> list[StreamEvent]:
    return StreamDecoder(dialect).feed(sse(*payloads, event=event))


# -- what a dialect promises ---------------------------------------------------------------------

#: A chunk of each, and what about it shows that it is.
CHUNKS: dict[str, tuple[Chunk, str]] = {
    "openai-responses": ({"type": "response.created", "response": {}}, "type is response.created"),
    "anthropic": ({"type": "message_stop"}, "type is message_stop"),
    "gemini": ({"candidates": []}, "it has candidates"),
    "openai-chat": ({"choices": [{"delta": {}, "text": ""}]}, "choices with a delta"),
    "openai-completions": ({"choices": [{"text": ""}]}, "choices with a text"),
    "text": ({"data": "Hi"}, ""),
    "json": ({"content": "Hi"}, ""),
}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_each_reads_its_own_chunks_and_says_so(dialect: str) -> None:
    chunk, shown = CHUNKS[dialect]
    assert find(dialect).read(chunk, "", Merger()) is True
    signs = {name: found for name in DIALECTS if (found := find(name).signs(chunk, ""))}
    assert signs == ({dialect: shown} if shown else {})


@pytest.mark.parametrize("dialect", [name for name in DIALECTS if name != "text"])
def test_of_a_chunk_that_is_not_its_own_none_does_anything(dialect: str) -> None:
    merge = Merger()
    assert find(dialect).read({"news": 1}, "", merge) is False
    assert merge.take() == []


@pytest.mark.parametrize("dialect", DIALECTS)
def test_two_errors_are_two_and_one_said_twice_is_one(dialect: str) -> None:
    errors: list[Chunk] = [
        {"type": "error", "error": {"message": message}} for message in ("gone", "gone", "lost")
    ]
    events = fed(dialect, *errors, event="error")
    assert len([event for event in events if isinstance(event, StreamError)]) == 2


# -- errors --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        ({"message": "m"}, StreamError("m")),
        ({"message": "m", "type": "t", "code": 5}, StreamError("m", "5", "t")),
        ({"detail": "m"}, StreamError("m")),
        ({"message": "", "detail": "m"}, StreamError("m")),
        ({"error": "m"}, StreamError("m")),
        ({"error": "m", "code": 5, "type": "t"}, StreamError("m", "5", "t")),
        ({"error": "m", "error_type": "t", "type": "u"}, StreamError("m", "", "t")),
        ({"error": 5}, StreamError("5")),
        ({"error": {"message": "m", "type": "t", "status": "s"}}, StreamError("m", "", "t")),
        ({"error": {"message": "m", "status": "s", "error_type": "t"}}, StreamError("m", "", "s")),
        ({"error": {"message": "m", "error_type": "t"}}, StreamError("m", "", "t")),
        ({"error": {"message": "m", "code": 0}}, StreamError("m", "0")),
        ({"error": {"message": "m", "code": None, "status_code": 5}}, StreamError("m", "5")),
        ({"error": {"message": "m", "http_status_code": 5}}, StreamError("m", "5")),
        ({"error": {"message": "m", "statusCode": 5}}, StreamError("m", "5")),
        # What is empty says nothing.
        ({"error": None, "message": "m"}, StreamError("m")),
        ({"error": {}, "message": "m", "code": 5}, StreamError("m", "5")),
        ({"error": "", "detail": "m"}, StreamError("m")),
        ({"error": {}}, StreamError("no message")),
        ({"error": {"code": 5}}, StreamError("no message", "5")),
    ],
    ids=str,
)
def test_shapes_of_errors(error: Chunk, expected: StreamError) -> None:
    events = fed("openai-completions", error, event="error")
    seen = [event for event in events if isinstance(event, StreamError)]
    assert seen == [StreamError(expected.message, expected.code, expected.type, True)]


def test_errors_in_a_list() -> None:
    """X10."""
    error = StreamError("m", "5", "", True)
    assert fed("gemini", [{"error": {"message": "m", "code": 5}}, 7]) == [error]


@pytest.mark.parametrize("data", [b"", b" null", b' ""'], ids=["nothing", "null", "no text"])
def test_an_error_of_no_words(data: bytes) -> None:
    stream = StreamDecoder("openai-chat")
    stream.feed(b"error:" + data + b"\n\n")
    assert stream.response.error == StreamError("no message", "", "", True)


# -- values that are not of their type -----------------------------------------------------------


def completion(text: str, **choice: Any) -> Chunk:
    return {"choices": [{"text": text, "finish_reason": "stop", **choice}]}


def candidate(text: str, **fields: Any) -> Chunk:
    return gemini({"content": {"parts": [{"text": text}]}, "finishReason": "STOP", **fields})


@pytest.mark.parametrize(
    ("given", "index", "anomalies"),
    [
        ({}, 0, ""),
        ({"index": None}, 0, ""),
        ({"index": 1}, 1, ""),
        ({"index": "1"}, 1, "J5"),
        ({"index": "01"}, 1, "J5"),
        ({"index": 1.0}, 1, "J5"),
        ({"index": "9" * 19}, 10**19 - 1, "J5"),
        ({"index": "1" + "0" * 19}, 0, "J5"),
        ({"index": 1.5}, 0, "J5"),
        ({"index": float("inf")}, 0, "J4"),
        ({"index": True}, 0, "J5"),
        ({"index": "-1"}, 0, "J5"),
        ({"index": "x"}, 0, "J5"),
        ({"index": [1]}, 0, "J5"),
    ],
    ids=str,
)
@pytest.mark.parametrize("dialect", ["gemini", "openai-completions"])
def test_indexes(dialect: str, given: Chunk, index: int, anomalies: str) -> None:
    """What is a number is read as it is meant, up to 19 digits; what is none, as 0."""
    chunk = candidate("Hi", **given) if dialect == "gemini" else completion("Hi", **given)
    (choice,) = read(sse(chunk), dialect=dialect, anomalies=anomalies).response.choices
    assert (choice.index, choice.text) == (index, "Hi")


@pytest.mark.parametrize(
    ("base64", "data"),
    [
        ("", b""),
        ("aA==", b"h"),
        ("aA", b"h"),
        ("aGk=", b"hi"),
        ("aGk", b"hi"),
        ("aGkh", b"hi!"),
        ("aGkhaA", b"hi!h"),
        ("+/+/", b"\xfb\xff\xbf"),
        ("-_-_", b"\xfb\xff\xbf"),
        ("aG\nk=\n", b"hi"),  # in lines, as in mails
        ("aG\nk", b"hi"),
        ("a", b""),
        ("aGkha", b""),
    ],
)
def test_base64_of_every_length_padded_or_not(base64: str, data: bytes) -> None:
    seen = read(sse(parts({"inlineData": {"data": base64}}, finish="STOP")), dialect="gemini")
    (block,) = seen.response.blocks
    assert isinstance(block, MediaBlock)
    assert block.data == data


# -- text and json -------------------------------------------------------------------------------


def test_text_has_errors_of_no_words() -> None:
    stream = StreamDecoder("text")
    stream.feed(b"event: error\ndata\n\n")
    assert stream.response.error == StreamError("no message", "", "", True)


def test_json_dialects_that_are_told_apart_have_hashes_of_their_own() -> None:
    assert len({hash(JSON(text=name)) for name in ("a", "b", "c")}) > 1


def test_json_where_no_place_is_named_for_the_end_and_the_error_there_is_none() -> None:
    stream = StreamDecoder(JSON(text="", done="", error=""))
    stream.feed(sse('"Hi"', 5))
    stream.close()
    assert (stream.response.text, stream.response.finish) == ("Hi5", None)
    assert (stream.outcome.value, stream.response.error) == ("truncated", None)


# -- openai-completions --------------------------------------------------------------------------


def test_completions_have_no_deltas() -> None:
    """Chat's chunks do, and some servers send an empty text beside them."""
    chunk = {"choices": [{"delta": {"content": "Hi"}, "text": ""}]}
    stream = sse(chunk)
    other = read(stream, dialect="openai-completions", anomalies="C21", outcome="unknown")
    assert [event.raw for event in other.of(Unknown)] == [chunk]
    assert other.stream.detected == "this is openai-chat: choices with a delta"


def test_completions_an_error_begins_the_response() -> None:
    error = {"id": "c1", "model": "m", "error": {"message": "gone"}}
    assert fed("openai-completions", error) == [
        ResponseStart("c1", "m"),
        StreamError("gone", "", "", True),
    ]
    assert fed("openai-completions", {"message": "gone"}, event="error")[:2] == [
        ResponseStart(),
        StreamError("gone", "", "", True),
    ]


def test_completions_an_error_beside_choices() -> None:
    chunk = {**completion("Hi", finish_reason=None), "error": {"message": "gone"}}
    seen = read(sse(chunk), dialect="openai-completions", outcome="failed")
    assert (seen.text, seen.of(StreamError)) == ("Hi", [StreamError("gone", "", "", True)])


def test_completions_facts_beside_the_answer_and_its_whole_shape() -> None:
    usage = {"prompt_tokens": 1, "completion_tokens": 2}
    head = {"id": "c1", "object": "text_completion", "created": 1, "model": "m"}
    chunks = [
        {**head, **completion("H", finish_reason=None, index=1, matched=None)},
        {**head, **completion("i", index=1, matched="."), "system_fingerprint": "fp"},
        {**head, "choices": [], "usage": usage},
    ]
    seen = read(sse(*chunks), DONE, dialect="openai-completions")
    assert seen.of(Metadata) == [
        Metadata({"created": 1}),
        Metadata({"matched": "."}, 1),
        Metadata({"system_fingerprint": "fp"}),
    ]
    choice = {"index": 1, "text": "Hi", "logprobs": None, "finish_reason": "stop", "matched": "."}
    assert seen.stream.native() == {
        **head,
        "choices": [choice],
        "system_fingerprint": "fp",
        "usage": usage,
    }


def test_completions_another_time_in_each_chunk() -> None:
    """C7: the first one counts."""
    first, second = ({**completion("Hi", finish_reason=None), "created": at} for at in (1, 2))
    end = completion("!")
    seen = read(sse(first, second, end), DONE, dialect="openai-completions", anomalies="C7")
    assert (seen.text, seen.metadata) == ("HiHi!", {"created": 1})
    assert read(sse(first, first, end), DONE, dialect="openai-completions").text == "HiHi!"


@pytest.mark.parametrize("given", ["x", {"a": 1}, [5]], ids=str)
def test_completions_choices_that_are_none(given: Any) -> None:
    chunks = [{"choices": given}, completion("Hi")]
    seen = read(sse(*chunks), DONE, dialect="openai-completions")
    assert (seen.text, [event.raw for event in seen.of(Unknown)]) == ("Hi", chunks[:1])


def test_completions_without_a_reason_have_none() -> None:
    stream = StreamDecoder("openai-completions")
    stream.feed(sse(completion("Hi", finish_reason=None)))
    choice = {"index": 0, "text": "Hi", "logprobs": None, "finish_reason": None}
    assert stream.native()["choices"] == [choice]
