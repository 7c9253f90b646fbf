"""G1 to G7: Gemini, of AI Studio and of Vertex."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sse_core import Citation, Finish, Opaque, ToolResult, Unknown

from .base import Read, gemini, parts, sse
from .base import read as read_any

HI = parts({"text": "Hi"})
STOP = parts(finish="STOP")


def read(*chunks: Any, **options: Any) -> Read:
    return read_any(sse(*chunks), dialect="gemini", **options)


def named_calls(seen: Read) -> list[tuple[str, Any]]:
    return [(name, json.loads(arguments)) for _, name, arguments in seen.calls]


@pytest.mark.parametrize(
    "chunk",
    [
        {"modelVersion": "m", "usageMetadata": {"trafficType": "ON_DEMAND"}},
        gemini(),
        gemini({"index": 0}),
        gemini({"content": {}}),
        gemini({"content": {"role": "model"}, "index": 0}),
        gemini({"content": {"role": "model", "parts": []}}),
        gemini() | {"candidates": None},
    ],
)
def test_G1_no_candidates_or_no_parts(chunk: dict[str, Any]) -> None:
    seen = read(chunk, HI, chunk, STOP)
    assert (seen.text, seen.finish) == ("Hi", "stop STOP")


def test_G1_a_reason_without_content() -> None:
    seen = read(HI, gemini({"finishReason": "STOP", "index": 0}))
    assert (seen.text, seen.finish) == ("Hi", "stop STOP")


def test_G2_a_call_without_args() -> None:
    seen = read(parts({"functionCall": {"name": "f"}}, finish="STOP"), anomalies="G2")
    assert named_calls(seen) == [("f", {})]
    assert seen.response.tool_calls[0].id_is_synthetic


def argument(path: str, value: str, goes_on: bool = False) -> dict[str, Any]:
    partial = {"jsonPath": path, "stringValue": value, "willContinue": goes_on}
    return parts({"functionCall": {"partialArgs": [partial], "willContinue": True}})


def begin(name: str) -> dict[str, Any]:
    return parts({"functionCall": {"name": name, "willContinue": True}})


OVER = parts({"functionCall": {}})


def test_G3_a_streamed_call_as_it_should_be() -> None:
    pieces = [("Bos", True), ("ton", True), ("", False)]
    city = [argument("$.city", text, goes_on) for text, goes_on in pieces]
    seen = read(begin("f"), *city, OVER, begin("g"), argument("$.b", "x"), OVER, STOP)
    assert named_calls(seen) == [("f", {"city": "Boston"}), ("g", {"b": "x"})]


def test_G3_no_end_before_the_next_call() -> None:
    first = [begin("f"), argument("$.a", "x")]
    seen = read(*first, begin("g"), argument("$.b", "y"), OVER, STOP, anomalies="G3")
    assert named_calls(seen) == [("f", {"a": "x"}), ("g", {"b": "y"})]


def test_G3_no_end_before_the_reason() -> None:
    seen = read(begin("f"), argument("$.a", "x"), STOP)
    assert named_calls(seen) == [("f", {"a": "x"})]


def test_G3_no_end_at_all() -> None:
    (one,) = read(begin("f"), argument("$.a", "x"), outcome="truncated").response.tool_calls
    assert (one.name, one.complete, one.problem) == ("f", False, "cut")


@pytest.mark.parametrize("reason", ["MALFORMED_FUNCTION_CALL", "STOP", "MAX_TOKENS"])
@pytest.mark.parametrize("pieces", [0, 1])
def test_G3_is_not_a_call_whose_text_goes_on(pieces: int, reason: str) -> None:
    """Nobody ended it: our own brackets would make it look whole."""
    stream = [begin("f"), *[argument("$.a", "rm -rf /tmp", True)] * pieces, parts(finish=reason)]
    outcome = "complete" if (reason, pieces) == ("STOP", 0) else "incomplete"
    seen = read(*stream, outcome=outcome)
    (one,) = seen.response.tool_calls
    assert one.complete is (outcome == "complete")


def test_G3_and_the_next_call_begins_within_its_text() -> None:
    stream = [begin("f"), argument("$.a", "rm -rf /tmp", True), begin("g"), parts(finish="STOP")]
    seen = read(*stream, anomalies="G3", outcome="incomplete")
    assert [one.problem for one in seen.response.tool_calls] == ["cut", ""]


GROUNDING = {
    "groundingChunks": [{"web": {"uri": "https://example.com/", "title": "t"}}],
    "groundingSupports": [
        {"segment": {"startIndex": 0, "endIndex": 2, "text": "Hi"}, "groundingChunkIndices": [0]}
    ],
}


@pytest.mark.parametrize("later", [{}, {"groundingMetadata": {}}])
def test_G4_grounding_before_the_last_chunk(later: dict[str, Any]) -> None:
    last = {"content": {"parts": [{"text": ""}]}, "finishReason": "STOP", "index": 0, **later}
    early = gemini({**HI["candidates"][0], "groundingMetadata": GROUNDING})
    seen = read(early, gemini(last))
    assert seen.response.choice.metadata["groundingMetadata"] == GROUNDING
    (found,) = seen.of(Citation)
    assert (found.url, found.title, found.start, found.end) == ("https://example.com/", "t", 0, 2)


def test_G5_code_and_its_result_without_an_id() -> None:
    code = {"executableCode": {"language": "PYTHON", "code": "print(1)"}}
    result = {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1\n"}}
    seen = read(parts(code), parts(result), parts({"text": "1"}, finish="STOP"), anomalies="G5")
    found = seen.response.blocks[1]
    assert isinstance(found, ToolResult)
    assert found.call_id == seen.response.tool_calls[0].id != ""
    assert found.content["output"] == "1\n"
    assert seen.finish == "stop STOP"


def test_G5_with_ids() -> None:
    code = {"executableCode": {"language": "PYTHON", "code": "print(1)", "id": "x1"}}
    result = {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1\n", "id": "x1"}}
    seen = read(parts(code), parts(result), parts({"text": "1"}, finish="STOP"))
    found = seen.response.blocks[1]
    assert isinstance(found, ToolResult)
    assert found.call_id == seen.response.tool_calls[0].id == "x1"


def test_G6_a_json_array_in_place_of_a_stream() -> None:
    body = json.dumps([HI, STOP], indent=2).encode()
    seen = read_any(body, dialect="gemini", outcome="not_sse")
    assert json.loads(seen.stream.head) == [HI, STOP]


def test_G6_an_array_with_an_error() -> None:
    error = {"error": {"code": 400, "message": "bad key", "status": "INVALID_ARGUMENT"}}
    seen = read_any(json.dumps([error], indent=2).encode(), dialect="gemini", outcome="not_sse")
    assert seen.response.error is not None
    assert seen.response.error.message == "bad key"


def test_G7_cohere_on_oci_repeats_everything_in_the_end() -> None:
    """A dialect that comes later. Until then nothing of it is lost, and nothing is invented."""
    chunks = [
        {"apiFormat": "COHERE", "text": "Hel"},
        {"apiFormat": "COHERE", "text": "lo"},
        {"apiFormat": "COHERE", "text": "Hello", "finishReason": "COMPLETE"},
    ]
    seen = read_any(sse(*chunks), dialect="auto", outcome="unknown")
    assert [event.raw for event in seen.of(Unknown)] == chunks


# -- not in the catalogue by an id of its own --------------------------------------------------


def test_crlf_as_every_gemini_stream_has_it() -> None:
    stream = sse(HI, STOP).replace(b"\n", b"\r\n")
    assert read_any(stream, dialect="gemini").text == "Hi"


def test_a_prompt_that_is_blocked() -> None:
    blocked = {"promptFeedback": {"blockReason": "SAFETY"}, "modelVersion": "m"}
    seen = read(blocked, outcome="incomplete")
    assert seen.of(Finish) == [Finish(0, "content_filter", "SAFETY")]


def test_a_signature_stays_with_its_part() -> None:
    thought = parts({"text": "hm", "thought": True}, {"text": "", "thoughtSignature": "c2ln"})
    seen = read(thought, HI, STOP)
    assert (seen.text, seen.response.reasoning) == ("Hi", "hm")
    assert seen.of(Opaque) == [Opaque(0, 0, "thoughtSignature", "c2ln")]
