"""An answer in the words of another: what must arrive, from every dialect, in every shape.

That the official libraries take what comes out is in ``test_oracles.py``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sse_core import (
    Choice,
    Finish,
    MediaBlock,
    Opaque,
    OtherBlock,
    Outcome,
    ReasoningBlock,
    RefusalBlock,
    Response,
    StreamDecoder,
    StreamError,
    TextBlock,
    ToolCall,
    ToolResult,
    Usage,
)
from sse_core.response import Block
from sse_core.shapes import OTEL_TOKENS, SHAPES, as_anthropic, as_openai, as_otel
from sse_core.testing import streams

few = settings(
    max_examples=max(5, settings().max_examples // 8),
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)
#: The normal reasons, and each shape's word.
REASONS = {
    "stop": ("stop", "end_turn", "stop"),
    "length": ("length", "max_tokens", "length"),
    "tool_calls": ("tool_calls", "tool_use", "tool_call"),
    "content_filter": ("content_filter", "refusal", "content_filter"),
    "refusal": ("content_filter", "refusal", "content_filter"),
    "pause": ("length", "pause_turn", "length"),
    "other": ("stop", "end_turn", "stop"),
    "error": (None, None, "error"),
}


def decoded(dialect: str, data: Any) -> StreamDecoder:
    """A generated answer of any shape, as this dialect says it, decoded."""
    _, chunks = data.draw(streams.streams(dialect))
    stream = StreamDecoder(dialect)
    stream.feed(streams.to_bytes(chunks, streams.EOL[dialect]))
    stream.close()
    return stream


# -- what arrives, from every dialect ---------------------------------------------------------


def arguments(call: ToolCall) -> Any:
    empty = "" if call.kind == "custom" else {}
    return (call.arguments if call.parsed is None else call.parsed) or empty


@pytest.mark.parametrize("dialect", sorted(streams.DIALECTS))
@few
@given(data=st.data())
def test_what_was_said_arrives(dialect: str, data: Any) -> None:
    """In the order in which it was said; the calls that the client answers, and no others."""
    response = decoded(dialect, data).response
    shapes: dict[str, Any] = {name: shape(response) for name, shape in SHAPES.items()}
    assert json.loads(json.dumps(shapes)) == shapes
    openai, anthropic = shapes["openai"]["choices"], shapes["anthropic"]["content"]
    otel = shapes["otel"].get("gen_ai.output.messages", [])
    assert [choice["index"] for choice in openai] == [choice.index for choice in response.choices]
    assert len(otel) == len(openai)
    for choice, theirs, attributes in zip(response.choices, openai, otel):
        message, parts = theirs["message"], attributes["parts"]
        said = choice.text + choice.refusal
        assert (message["content"] or "") + (message["refusal"] or "") == said
        assert message.get("reasoning_content", "") == choice.reasoning
        spoken = (TextBlock, RefusalBlock)
        texts = [block.text for block in choice.blocks if isinstance(block, spoken) and block.text]
        assert [part["content"] for part in parts if part["type"] == "text"] == texts
        calls = [call for call in choice.tool_calls if call.kind in ("function", "custom")]
        ids = [(call.id, call.name) for call in calls]
        told = message.get("tool_calls", [])
        assert [(call["id"], call[call["type"]]["name"]) for call in told] == ids
        requests = [part for part in parts if part["type"] == "tool_call"]
        assert [(part["id"], part["name"]) for part in requests] == ids
        if choice.index == response.choice.index:
            uses = [block for block in anthropic if block["type"] == "tool_use"]
            assert [(use["id"], use["name"]) for use in uses] == ids
            assert [one["text"] for one in anthropic if one["type"] == "text"] == texts
        for call, one, part in zip(calls, told, requests):
            inner = one[call.kind]
            assert inner["input" if call.kind == "custom" else "arguments"] in (
                call.arguments,
                "{}",
            )
            assert part["arguments"] == arguments(call)


@few
@given(data=st.data())
def test_of_its_own_provider_it_is_what_the_provider_says(data: Any) -> None:
    """A chat completion of a chat completion, and a message of a message."""
    stream = decoded("openai-chat", data)
    ours, native = as_openai(stream.response), stream.native()
    assert {key: ours[key] for key in ("id", "model", "object")} == {
        key: native[key] for key in ("id", "model", "object")
    }
    for mine, theirs in zip(ours["choices"], native["choices"]):
        for key in ("content", "refusal"):
            assert mine["message"][key] == theirs["message"][key]
        calls = [
            (call["id"], call["type"], call[call["type"]])
            for call in theirs["message"].get("tool_calls", [])
        ]
        for _, kind, inner in calls:
            if kind == "function":
                inner["arguments"] = inner["arguments"] or "{}"
        if "function_call" not in theirs["message"]:  # the legacy form has no list
            assert [
                (call["id"], call["type"], call[call["type"]])
                for call in mine["message"].get("tool_calls", [])
            ] == calls

    stream = decoded("anthropic", data)
    ours, native = as_anthropic(stream.response), stream.native()
    for key in ("id", "model", "type", "role"):
        assert ours[key] == native[key]
    uses = [block for block in native["content"] if block.get("type") == "tool_use"]
    assert [use["input"] for use in ours["content"] if use["type"] == "tool_use"] == [
        use["input"] if isinstance(use["input"], dict) else {"input": use["input"]} for use in uses
    ]


# -- one by one -------------------------------------------------------------------------------

WIRE: Mapping[str, Any] = {}


def response(*blocks: Block, finish: str = "stop", **others: Any) -> Response:
    end = Finish(0, finish, finish.upper()) if finish else None
    choice = Choice(0, "assistant", blocks, end, None, {}, (), (), {})
    known: dict[str, Any] = {"usage": None, "error": None, "metadata": {}, "items": {}, **others}
    return Response("id", "m", (choice,), outcome=Outcome.COMPLETE, **known)


def call(arguments: str, kind: str = "function") -> ToolCall:
    return ToolCall(0, "f", arguments, True, "", "c1", False, kind, (), WIRE, None)


def thinking(text: str, *opaque: Opaque) -> ReasoningBlock:
    return ReasoningBlock(0, text, False, True, "", opaque, WIRE, None)


def media(data: bytes, kind: str, uri: str = "") -> MediaBlock:
    return MediaBlock(0, data, "", True, "", kind, uri, (), WIRE, None)


def parts(one: Response) -> tuple[Any, Any, Any]:
    """Of one block: the message but for its empty fields, the content, the parts."""
    message = as_openai(one)["choices"][0]["message"]
    assert message.pop("role") == "assistant"
    kept = {name: value for name, value in message.items() if value is not None}
    [told] = as_otel(one)["gen_ai.output.messages"]
    return kept, as_anthropic(one)["content"], told["parts"]


SIGNATURE = Opaque(0, 0, "signature", "sig", "exact")
OTHER_OPAQUE = Opaque(0, 0, "encrypted_content", "x", "exact")
RESULT = ToolResult(0, "", {"a": 1}, True, "r", "c1", "search", (), WIRE, None)
NAMED = {"id": "c1", "name": "f"}


@pytest.mark.parametrize(
    ("block", "openai", "anthropic", "otel"),
    [
        (
            TextBlock(0, "Hi", True, "", (), (), WIRE, None),
            {"content": "Hi"},
            [{"type": "text", "text": "Hi"}],
            [{"type": "text", "content": "Hi"}],
        ),
        (TextBlock(0, "", True, "", (), (), WIRE, None), {}, [], []),
        (
            RefusalBlock(0, "No", True, "", (), WIRE, None),
            {"refusal": "No"},
            [{"type": "text", "text": "No"}],
            [{"type": "text", "content": "No"}],
        ),
        (
            thinking("Hm", OTHER_OPAQUE, SIGNATURE),
            {"reasoning_content": "Hm"},
            [{"type": "thinking", "thinking": "Hm", "signature": "sig"}],
            [{"type": "reasoning", "content": "Hm"}],
        ),
        (
            thinking("Hm"),
            {"reasoning_content": "Hm"},
            [{"type": "thinking", "thinking": "Hm", "signature": ""}],
            [{"type": "reasoning", "content": "Hm"}],
        ),
        (thinking("", SIGNATURE), {}, [], []),
        (
            call('{"a": 1}'),
            {"tool_calls": [{"id": "c1", "type": "function", "function": {
                "name": "f", "arguments": '{"a": 1}'}}]},
            [{"type": "tool_use", **NAMED, "input": {"a": 1}}],
            [{"type": "tool_call", **NAMED, "arguments": {"a": 1}}],
        ),
        (
            call(""),  # nobody sends "" where an object is expected
            {"tool_calls": [{"id": "c1", "type": "function", "function": {
                "name": "f", "arguments": "{}"}}]},
            [{"type": "tool_use", **NAMED, "input": {}}],
            [{"type": "tool_call", **NAMED, "arguments": {}}],
        ),
        (
            call('{"a'),  # cut short: as text, so that nobody takes it for whole
            {"tool_calls": [{"id": "c1", "type": "function", "function": {
                "name": "f", "arguments": '{"a'}}]},
            [{"type": "tool_use", **NAMED, "input": {"input": '{"a'}}],
            [{"type": "tool_call", **NAMED, "arguments": '{"a'}],
        ),
        (
            call("[1]"),
            {"tool_calls": [{"id": "c1", "type": "function", "function": {
                "name": "f", "arguments": "[1]"}}]},
            [{"type": "tool_use", **NAMED, "input": {"input": [1]}}],
            [{"type": "tool_call", **NAMED, "arguments": [1]}],
        ),
        (
            call("SELECT 1", "custom"),
            {"tool_calls": [{"id": "c1", "type": "custom", "custom": {
                "name": "f", "input": "SELECT 1"}}]},
            [{"type": "tool_use", **NAMED, "input": {"input": "SELECT 1"}}],
            [{"type": "tool_call", **NAMED, "arguments": "SELECT 1"}],
        ),
        (
            call("", "custom"),
            {"tool_calls": [{"id": "c1", "type": "custom", "custom": {"name": "f", "input": ""}}]},
            [{"type": "tool_use", **NAMED, "input": {"input": ""}}],
            [{"type": "tool_call", **NAMED, "arguments": ""}],
        ),
        (
            call('{"q": 1}', "server"),  # nobody but the provider answers it
            {},
            [],
            [{"type": "server_tool_call", **NAMED,
              "server_tool_call": {"type": "server", "arguments": {"q": 1}}}],
        ),
        (
            RESULT,
            {},
            [],
            [{"type": "server_tool_call_response", "id": "c1",
              "server_tool_call_response": {"type": "search", "result": {"a": 1}}}],
        ),
        (
            ToolResult(0, "out", None, True, "r", "c1", "", (), WIRE, None),
            {},
            [],
            [{"type": "server_tool_call_response", "id": "c1",
              "server_tool_call_response": {"type": "result", "result": "out"}}],
        ),
        (
            media(b"\xff\x00", "image/png"),
            {},
            [],
            [{"type": "blob", "mime_type": "image/png", "modality": "image", "content": "/wA="}],
        ),
        (
            media(b"", "audio", "https://example.org/a"),
            {},
            [],
            [{"type": "uri", "mime_type": "audio", "modality": "audio",
              "uri": "https://example.org/a"}],
        ),
        (
            media(b"x", ""),
            {},
            [],
            [{"type": "blob", "mime_type": None, "modality": "", "content": "eA=="}],
        ),
        (media(b"", "audio"), {}, [], []),
        (OtherBlock(0, "x", True, "", (), {"type": "x"}, None), {}, [], []),
    ],
)  # fmt: skip
def test_blocks(block: Block, openai: Any, anthropic: Any, otel: Any) -> None:
    assert parts(response(block)) == (openai, anthropic, otel)


@pytest.mark.parametrize("reason", REASONS)
def test_reasons(reason: str) -> None:
    one = response(finish=reason)
    [message] = as_otel(one)["gen_ai.output.messages"]
    words = as_openai(one)["choices"][0]["finish_reason"], as_anthropic(one)["stop_reason"]
    assert (*words, message["finish_reason"]) == REASONS[reason]
    assert as_otel(one)["gen_ai.response.finish_reasons"] == [reason.upper()]  # their own word


def test_of_half_an_answer() -> None:
    one = response(TextBlock(0, "Hal", False, "", (), (), WIRE, None), finish="")
    assert as_openai(one)["choices"][0]["finish_reason"] is None
    assert as_anthropic(one)["stop_reason"] is None
    assert as_otel(one) == {
        "gen_ai.response.id": "id",
        "gen_ai.response.model": "m",
        "gen_ai.output.messages": [
            {"role": "assistant", "parts": [{"type": "text", "content": "Hal"}]}
        ],
    }


def test_of_nothing() -> None:
    nothing = StreamDecoder("auto").response
    assert as_openai(nothing) == {
        "id": "", "object": "chat.completion", "created": 0, "model": "", "choices": []
    }  # fmt: skip
    assert (as_anthropic(nothing)["content"], as_anthropic(nothing)["stop_reason"]) == ([], None)
    assert as_otel(nothing) == {}


@pytest.mark.parametrize(
    ("metadata", "created"),
    [
        ({"created": 5}, 5),
        ({"created_at": 5.0}, 5),
        ({"created": 5, "created_at": 6}, 5),
        ({"created": "2026"}, 0),
        ({"created": True}, 0),
        ({}, 0),
    ],
)
def test_when_it_was_made(metadata: dict[str, Any], created: int) -> None:
    made = as_openai(response(metadata=metadata))["created"]
    assert (type(made), made) == (int, created)


ANTHROPIC = {"input_tokens": 10, "cache_read_input_tokens": 3, "cache_creation_input_tokens": 4}


@pytest.mark.parametrize(
    ("usage", "openai", "anthropic", "otel"),
    [
        (
            Usage(10, 5, 15, 3, 4, 2, ANTHROPIC),
            (17, 5, 22, 3, 2),
            (10, 5, 3, 4),
            {"input": 17, "output": 5, "cache_read": 3, "cache_creation": 4, "reasoning": 2},
        ),
        (
            Usage(10, 5, 15, 3, None, None, {"prompt_tokens": 10}),
            (10, 5, 15, 3, 0),
            (7, 5, 3, 0),
            {"input": 10, "output": 5, "cache_read": 3},
        ),
        (
            Usage(1, None, None, 3, None, 0, {}),  # more from the cache than there was
            (1, 0, 1, 3, 0),
            (0, 0, 3, 0),
            {"input": 1, "cache_read": 3, "reasoning": 0},
        ),
    ],
)
def test_tokens(usage: Usage, openai: Any, anthropic: Any, otel: dict[str, int]) -> None:
    one = response(usage=usage)
    theirs = as_openai(one)["usage"]
    prompt, completion = theirs["prompt_tokens_details"], theirs["completion_tokens_details"]
    counts = [theirs[name] for name in ("prompt_tokens", "completion_tokens", "total_tokens")]
    assert (*counts, prompt["cached_tokens"], completion["reasoning_tokens"]) == openai
    names = ("input_tokens", "output_tokens", "cache_read_input_tokens")
    counted = as_anthropic(one)["usage"]
    assert (*map(counted.get, names), counted["cache_creation_input_tokens"]) == anthropic
    attributes = as_otel(one)
    assert {name: attributes[key] for name, key in OTEL_TOKENS.items() if key in attributes} == otel


def test_without_usage() -> None:
    empty = Usage(None, None, None, None, None, None, {})
    assert "usage" not in as_openai(response())
    assert "usage" not in as_openai(response(usage=empty))
    assert set(as_anthropic(response())["usage"].values()) == {0}
    assert not [key for key in as_otel(response(usage=empty)) if "usage" in key]


@pytest.mark.parametrize(
    ("error", "type"),
    [
        (StreamError("m", "503", "overloaded"), "overloaded"),
        (StreamError("m", "503", ""), "503"),
        (StreamError("m", "", ""), "_OTHER"),
    ],
)
def test_an_error(error: StreamError, type: str) -> None:
    """ "error.type … ``_OTHER``: a fallback if the instrumentation doesn't define a value."""
    assert as_otel(response(error=error))["error.type"] == type
    assert "error.type" not in as_otel(response())
