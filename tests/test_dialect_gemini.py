"""Details of Gemini that no other table asks about: each member of a chunk, a candidate, a part.

What it reads beside the others stands in ``test_dialects.py``, its quirks in ``quirks/``.
"""

from __future__ import annotations

from typing import Any

import pytest

from sse_core import (
    Citation,
    Finish,
    MediaBlock,
    Metadata,
    Opaque,
    OtherBlock,
    ResponseStart,
    StreamDecoder,
    StreamError,
    ToolCallStart,
    ToolResult,
    ToolResultStart,
    Unknown,
    Usage,
)

from .quirks.base import Read, gemini, parts, sse
from .quirks.base import read as read_any

JSON = dict[str, Any]

HI = parts({"text": "Hi"})
STOP = parts(finish="STOP")


def read(*chunks: Any, **options: Any) -> Read:
    return read_any(sse(*chunks), dialect="gemini", **options)


def candidate(*given: JSON, **fields: Any) -> JSON:
    """A chunk of one candidate with these parts, and these members beside them."""
    return gemini({"content": {"role": "model", "parts": list(given)}, **fields})


def unknown(seen: Read) -> list[Any]:
    """The chunks of which something was not understood, once for each such thing."""
    return [event.raw for event in seen.of(Unknown)]


def native_parts(seen: Read) -> list[JSON]:
    found: list[JSON] = seen.stream.native()["candidates"][0]["content"]["parts"]
    return found


# -- chunks --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["candidates", "promptFeedback", "usageMetadata", "modelVersion"])
def test_names_that_no_other_dialect_has(name: str) -> None:
    stream = StreamDecoder("auto")
    stream.feed(sse({name: {}}))
    assert (stream.dialect, stream.detected) == ("gemini", f"it has {name}")


def test_an_id_alone_is_a_chunk_and_shows_nothing() -> None:
    chunk = {"responseId": "r1"}
    assert StreamDecoder("gemini").feed(sse(chunk)) == [ResponseStart("r1", "")]
    assert StreamDecoder("auto").feed(sse(chunk)) == [Unknown(chunk)]
    other = {"createTime": "t"}
    assert StreamDecoder("gemini").feed(sse(other)) == [Unknown(other)]


def test_an_error_begins_the_response_if_nothing_else_did() -> None:
    error = {"error": {"code": 503, "message": "overloaded", "status": "UNAVAILABLE"}}
    assert StreamDecoder("gemini").feed(sse(error)) == [
        ResponseStart("", ""),
        StreamError("overloaded", "503", "UNAVAILABLE", True),
    ]


def test_what_stands_beside_an_error_came_before_it() -> None:
    error = {"error": {"code": 503, "message": "overloaded", "status": "UNAVAILABLE"}}
    seen = read({**parts({"text": "Hi"}), **error, "createTime": "t"}, outcome="failed")
    assert seen.of(StreamError) == [StreamError("overloaded", "503", "UNAVAILABLE", False)]
    assert [block.complete for block in seen.response.blocks] == [False]
    assert seen.of(Metadata) == [Metadata({"createTime": "t"})]
    assert (seen.text, seen.response.id, seen.response.model) == ("Hi", "r1", "m")


COUNTS = {
    "promptTokenCount": 1,
    "candidatesTokenCount": 2,
    "totalTokenCount": 6,
    "cachedContentTokenCount": 4,
    "thoughtsTokenCount": 3,
}


def test_the_whole_answer_in_the_shape_it_has_unstreamed() -> None:
    seen = read(HI | {"createTime": "t"}, parts({"text": "!"}, finish="STOP", usageMetadata=COUNTS))
    assert seen.of(Metadata) == [Metadata({"createTime": "t"})]
    assert seen.of(Usage) == [Usage(1, 2, 6, 4, None, 3, COUNTS)]
    assert seen.stream.native() == {
        "candidates": [
            {
                "index": 0,
                "content": {"role": "model", "parts": [{"text": "Hi!"}]},
                "finishReason": "STOP",
            }
        ],
        "usageMetadata": COUNTS,
        "createTime": "t",
        "modelVersion": "m",
        "responseId": "r1",
    }


def test_what_did_not_come_is_not_handed_back() -> None:
    seen = read({"candidates": [{"content": {"parts": [{"text": "Hi"}]}}]}, outcome="truncated")
    content = {"role": "model", "parts": [{"text": "Hi"}]}
    assert seen.stream.native() == {"candidates": [{"index": 0, "content": content}]}


def test_the_role_is_handed_back() -> None:
    content = {"role": "user", "parts": [{"text": "Hi"}]}
    seen = read(gemini({"content": content, "finishReason": "STOP"}))
    assert seen.response.choice.role == "user"
    assert seen.stream.native()["candidates"][0]["content"] == content


def test_a_block_reason_counts_if_nothing_follows() -> None:
    blocked = {"promptFeedback": {"blockReason": "SAFETY"}}
    stream = StreamDecoder("gemini")
    assert not [event for event in stream.feed(sse(blocked)) if isinstance(event, Finish)]
    assert [event for event in stream.close() if isinstance(event, Finish)] == [
        Finish(0, "content_filter", "SAFETY")
    ]
    seen = read(blocked, HI, STOP, anomalies="E10")
    assert (seen.text, seen.of(Finish)) == ("Hi", [Finish(0, "stop", "STOP")])


# -- candidates ----------------------------------------------------------------------------------

MEANINGS = {
    "stop": "STOP",
    "length": "MAX_TOKENS",
    "pause": "CONTINUATION",
    "content_filter": "SAFETY RECITATION BLOCKLIST PROHIBITED_CONTENT SPII IMAGE_SAFETY LANGUAGE "
    "IMAGE_PROHIBITED_CONTENT IMAGE_RECITATION MODEL_ARMOR",
    "other": "OTHER IMAGE_OTHER NO_IMAGE MALFORMED_FUNCTION_CALL UNEXPECTED_TOOL_CALL NEWS",
}


@pytest.mark.parametrize(
    ("raw", "reason"),
    [(raw, reason) for reason, words in MEANINGS.items() for raw in words.split()],
)
def test_reasons(raw: str, reason: str) -> None:
    stream = StreamDecoder("gemini")
    stream.feed(sse(parts({"text": "Hi"}, finish=raw)))
    stream.close()
    assert stream.response.finish == Finish(0, reason, raw)


def test_of_reasons_in_every_chunk_the_last_counts() -> None:
    """E10: it is told once, behind all that it speaks of."""
    chunks = [parts({"text": text}, finish=raw) for text, raw in (("H", "STOP"), ("i", "SAFETY"))]
    seen = read(*chunks, anomalies="E10", outcome="incomplete")
    assert seen.of(Finish) == [seen.events[-2]] == [Finish(0, "content_filter", "SAFETY")]


@pytest.mark.parametrize("raw", ["", "FINISH_REASON_UNSPECIFIED", None, 5])
def test_what_is_no_reason(raw: Any) -> None:
    seen = read(candidate({"text": "Hi"}, finishReason=raw), outcome="truncated")
    assert (seen.text, seen.response.finish) == ("Hi", None)


@pytest.mark.parametrize("given", ["x", {"a": 1}, [5]])
@pytest.mark.parametrize(
    "place",
    [
        lambda given: {"candidates": given},
        lambda given: gemini({"content": {"parts": given}}),
        lambda given: candidate(citationMetadata={"citations": given}),
        lambda given: candidate(groundingMetadata={"groundingChunks": given}),
        lambda given: candidate(groundingMetadata={"groundingSupports": given}),
        lambda given: parts({"functionCall": {"name": "f", "args": {}, "partialArgs": given}}),
    ],
    ids=["candidates", "parts", "citations", "sources", "supports", "arguments"],
)
def test_lists_that_are_none_and_what_is_no_object_in_them(place: Any, given: Any) -> None:
    chunk = place(given)
    seen = read(chunk, HI, STOP)
    assert (seen.text, seen.finish.split()[1]) == ("Hi", "STOP")
    assert unknown(seen) == [chunk]


def source(uri: str, **fields: Any) -> JSON:
    return {"uri": uri, "title": f"about {uri}", **fields}


def test_each_citation_is_told_once() -> None:
    one, two = source("a", endIndex=2), source("b", startIndex=3, endIndex=5)
    chunk = candidate({"text": "Hi"}, citationMetadata={"citations": [one, two, one]})
    seen = read(chunk, chunk, STOP)
    assert seen.of(Citation) == [
        Citation(0, 0, "a", "about a", None, 2, one),
        Citation(0, 0, "b", "about b", 3, 5, two),
    ]
    told = seen.stream.native()["candidates"][0]["citationMetadata"]
    assert told == {"citations": [one, two]}


def test_citations_by_the_name_of_ai_studio() -> None:
    cited = {"citationSources": [source("a", license="MIT")]}
    seen = read(candidate({"text": "Hi"}, citationMetadata=cited), STOP)
    assert [one.url for one in seen.of(Citation)] == ["a"]


def test_each_support_of_the_grounding_is_told_once() -> None:
    one: JSON = {"segment": {"endIndex": 2}, "groundingChunkIndices": [0]}
    two: JSON = {"segment": {"startIndex": 3, "endIndex": 5}, "groundingChunkIndices": [0]}
    grounding = {"groundingChunks": [{"web": source("a")}], "groundingSupports": [one, two, one]}
    chunk = candidate({"text": "Hi"}, groundingMetadata=grounding)
    seen = read(chunk, chunk, STOP)
    assert seen.of(Citation) == [
        Citation(0, 0, "a", "about a", 0, 2, one),
        Citation(0, 0, "a", "about a", 3, 5, two),
    ]


@pytest.mark.parametrize("place", [{}, {"web": "x"}, {"web": None}])
def test_a_source_that_says_nothing(place: JSON) -> None:
    support = {"segment": {"endIndex": 2}, "groundingChunkIndices": [0]}
    grounding = {"groundingChunks": [place], "groundingSupports": [support]}
    seen = read(candidate({"text": "Hi"}, groundingMetadata=grounding), STOP)
    assert seen.of(Citation) == [Citation(0, 0, "", "", 0, 2, support)]


def test_a_support_of_no_segment_is_not_handed_back_as_a_citation() -> None:
    grounding = {
        "groundingChunks": [{"web": source("a")}],
        "groundingSupports": [{"groundingChunkIndices": [0]}],
    }
    seen = read(candidate({"text": "Hi"}, groundingMetadata=grounding), STOP)
    assert [one.url for one in seen.of(Citation)] == ["a"]
    answer = seen.stream.native()["candidates"][0]
    assert answer["groundingMetadata"] == grounding
    assert "citationMetadata" not in answer


# -- parts ---------------------------------------------------------------------------------------

CALL = {"name": "f", "args": {"a": 1}}
DATA = {"mimeType": "image/png", "data": "aGk="}


@pytest.mark.parametrize(
    "part",
    [{}, {"thought": True}, {"text": ""}, {"text": None, "thought": None}, {"news": None}],
    ids=str,
)
def test_a_part_that_says_nothing(part: JSON) -> None:
    seen = read(candidate(part), STOP)
    assert (seen.response.blocks, unknown(seen)) == ((), [])


@pytest.mark.parametrize("empty", [{}, {"text": ""}, {"text": "", "thought": True}], ids=str)
def test_a_part_of_a_signature_alone_signs_what_came_before(empty: JSON) -> None:
    seen = read(HI, parts({**empty, "thoughtSignature": "c2ln"}, finish="STOP"))
    assert seen.of(Opaque) == [Opaque(0, 0, "thoughtSignature", "c2ln")]
    assert native_parts(seen) == [{"text": "Hi", "thoughtSignature": "c2ln"}]


@pytest.mark.parametrize("thought", [{}, {"thought": True}], ids=["text", "thoughts"])
def test_a_signed_part_is_joined_to_no_other(thought: JSON) -> None:
    signed = {"text": "b", **thought, "thoughtSignature": "c2ln"}
    given = [{"text": "a", **thought}, signed, {"text": "c", **thought}]
    seen = read(*(parts(one) for one in given), STOP)
    assert native_parts(seen) == given


@pytest.mark.parametrize(
    ("part", "kind", "strange"),
    [
        ({"text": None, "functionCall": CALL}, "ToolCall", 0),
        ({"functionCall": CALL, "text": ""}, "ToolCall", 0),
        ({"functionCall": None, "inlineData": None, "text": "Hi"}, "TextBlock", 0),
        ({"partMetadata": {"a": 1}, "text": "Hi"}, "TextBlock", 0),
        ({"news": 1, "text": "Hi"}, "TextBlock", 1),
        ({"text": "Hi", "news": 1}, "TextBlock", 1),
        ({"news": 1, "inlineData": DATA}, "MediaBlock", 0),
        ({"news": 1, "functionCall": CALL}, "ToolCall", 0),
        ({"news": 1, "text": ""}, "OtherBlock", 1),
    ],
    ids=str,
)
def test_a_part_is_what_it_has_a_known_member_for(part: JSON, kind: str, strange: int) -> None:
    """Wherever that stands; null is nothing."""
    seen = read(parts(part), STOP)
    assert [type(block).__name__ for block in seen.response.blocks] == [kind]
    assert unknown(seen) == [parts(part)] * strange
    assert seen.text == (part["text"] if kind == "TextBlock" else "")


WHOLE: list[JSON] = [
    {"functionCall": {"id": "f1", **CALL}},
    {"executableCode": {"id": "x1", "language": "PYTHON", "code": "print(1)"}},
    {"codeExecutionResult": {"id": "x1", "outcome": "OUTCOME_OK", "output": "1\n"}},
    {"functionResponse": {"id": "f1", "name": "f", "response": {"b": 2}}},
    {"toolCall": {"id": "t1", "toolType": "MAPS", "args": {"q": "x"}}},
    {"toolResponse": {"id": "t1", "toolType": "MAPS", "response": {}}},
    {"inlineData": DATA},
    {"fileData": {"mimeType": "image/png", "fileUri": "https://example.com/a.png"}},
    {"hologram": {"data": "x"}},
    {"inlineData": {"data": "aGk="}},
    {"fileData": {"fileUri": "https://example.com/a.png"}},
]


@pytest.mark.parametrize("signed", [{}, {"thoughtSignature": "c2ln"}], ids=["", "signed"])
@pytest.mark.parametrize("part", WHOLE, ids=lambda part: next(iter(part)))
def test_a_whole_part_is_whole_though_the_rest_never_came(part: JSON, signed: JSON) -> None:
    part = {**part, **signed}
    stream = StreamDecoder("gemini")
    events = stream.feed(sse(candidate(part, index=1)))
    (block,) = stream.response.choices[0].blocks
    assert block.complete
    assert not any(type(event).__name__.endswith("End") for event in stream.close()[:-1])
    assert stream.outcome.value == "truncated"
    if "hologram" not in part:
        signs = [event for event in events if isinstance(event, Opaque)]
        assert signs == [Opaque(1, 0, *one) for one in signed.items()]
        assert block.opaque == tuple(signs)
    (answer,) = stream.native()["candidates"]
    assert (answer["index"], answer["content"]["parts"]) == (1, [part])


@pytest.mark.parametrize(
    ("part", "start"),
    [
        (WHOLE[0], ToolCallStart(0, 0, "f", "f1", False, "function")),
        (WHOLE[1], ToolCallStart(0, 0, "code_execution", "x1", False, "server")),
        (WHOLE[4], ToolCallStart(0, 0, "MAPS", "t1", False, "server")),
        (WHOLE[2], ToolResultStart(0, 0, "x1", "", "x1")),
        (WHOLE[3], ToolResultStart(0, 0, "f1", "f", "f1")),
        (WHOLE[5], ToolResultStart(0, 0, "t1", "MAPS", "t1")),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_ids_and_names(part: JSON, start: Any) -> None:
    assert read(parts(part), STOP).of(type(start)) == [start]


def test_the_arguments_of_code_are_the_code_and_its_language() -> None:
    arguments = '{"language":"PYTHON","code":"print(1)"}'
    assert read(parts(WHOLE[1]), STOP).calls == [("x1", "code_execution", arguments)]


def test_a_part_without_a_name_here_keeps_its_own() -> None:
    (block,) = read(parts(WHOLE[8]), STOP).response.blocks
    assert isinstance(block, OtherBlock)
    assert (block.kind, block.wire) == ("hologram", WHOLE[8])


def test_a_result_without_an_id_is_of_the_last_call_and_has_none() -> None:
    result = {"codeExecutionResult": {"outcome": "OUTCOME_OK"}}
    seen = read(parts(WHOLE[1], result), STOP, anomalies="G5")
    block = seen.response.blocks[1]
    assert isinstance(block, ToolResult)
    assert (block.id, block.call_id) == ("", "x1")


def test_an_image_that_is_a_thought_is_handed_back_as_one() -> None:
    thought = {"inlineData": DATA, "thought": True, "thoughtSignature": "c2ln"}
    seen = read(parts(thought, {"inlineData": DATA}), STOP)
    first, second = seen.response.blocks
    assert isinstance(first, MediaBlock)
    assert (first.wire.get("thought"), second.wire.get("thought")) == (True, None)
    assert "thoughtSignature" not in first.wire  # it is in ``opaque``
    assert native_parts(seen) == [thought, {"inlineData": DATA}]


# -- streamed calls ------------------------------------------------------------------------------


def piece(*arguments: JSON, **fields: Any) -> JSON:
    """A part of a call."""
    given = {"partialArgs": list(arguments)} if arguments else {}
    return parts({"functionCall": {**fields, **given}})


def test_a_streamed_call_may_come_in_one_part() -> None:
    one = {"jsonPath": "$.a", "numberValue": 1}
    seen = read(piece(one, name="f", id="f1"), STOP)
    assert seen.calls == [("f1", "f", '{"a":1}')]


def test_what_a_call_has_beside_is_handed_back() -> None:
    """In the part and in the call, whole or in pieces; its signature apart."""
    beside = {"partMetadata": {"a": 1}}
    part = {"functionCall": {"id": "f1", "name": "f", "args": {"x": 1}, "note": 5}, **beside}
    signed = {"thoughtSignature": "c2ln"}
    seen = read(parts({**part, **signed}), STOP)
    assert native_parts(seen) == [{**part, **signed}]
    assert "thoughtSignature" not in seen.response.tool_calls[0].wire
    begin = parts({"functionCall": {"id": "f1", "name": "f", "note": 5, "willContinue": True}})
    more = parts({"functionCall": {"willContinue": True}, **beside})
    last = piece({"jsonPath": "$.x", "numberValue": 1})
    assert native_parts(read(begin, more, last, STOP)) == [part]


def test_calls_that_come_whole_among_streamed_ones() -> None:
    begin = piece(name="g", id="g1", willContinue=True)
    more = piece({"jsonPath": "$.b", "boolValue": True}, willContinue=True)
    seen = read(parts(WHOLE[0]), begin, more, piece(), parts(WHOLE[0]), STOP)
    f = ("f1", "f", '{"a":1}')
    assert seen.calls == [f, ("g1", "g", '{"b":true}'), f]


@pytest.mark.parametrize("last", [{}, {"stringValue": ""}, {"stringValue": "", "more": False}])
def test_a_text_that_was_ended_does_not_go_on(last: JSON) -> None:
    """What comes for it later is reported, and changes nothing."""
    arguments: list[JSON] = [
        {"jsonPath": "$.a", "stringValue": "x", "willContinue": True},
        {"jsonPath": "$.a", **last},
        {"jsonPath": "$.a", "stringValue": "y"},
        {"jsonPath": "$.b", "nullValue": "NULL_VALUE"},
        {"jsonPath": "$.b", "stringValue": "y"},
    ]
    pieces = [piece(argument, willContinue=True) for argument in arguments]
    begin = piece(name="f", id="f1", willContinue=True)
    seen = read(begin, *pieces, piece(), STOP, anomalies="N2")
    assert seen.calls == [("f1", "f", '{"a":"x","b":null}')]
    assert unknown(seen) == [pieces[2], pieces[4]]
