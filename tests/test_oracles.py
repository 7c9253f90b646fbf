"""The official SDKs' own accumulators: the same final message, of generated streams and recordings.

Skips where the SDKs are not installed (extra ``bench``). Where they are known to be wrong, the bug
is named in ``KNOWN_BUGS`` and a test shows it; streams that run into one are not compared.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sse_core import SSEDecoder, StreamDecoder
from sse_core.shapes import as_anthropic, as_openai, as_otel
from sse_core.testing import streams

#: What the SDKs get wrong, with the test that shows it.
KNOWN_BUGS = {
    "openai: a repeated role, id or name is joined": "test_openai_joins_what_is_repeated",
    "openai: usage is lost if a chunk without it follows": "test_openai_loses_usage",
    "openai: choices must begin in order, from 0": "test_openai_needs_choices_in_order",
    "openai: annotations raise": "test_openai_does_not_take_annotations",
    "openai: a call without an index raises": "test_openai_needs_an_index",
    "anthropic: blocks must come in order, from 0": "test_anthropic_needs_blocks_in_order",
    "anthropic: arguments cut in a string lose that value": "test_anthropic_shortens_arguments",
    "anthropic: a message_delta without reason erases it": "test_anthropic_forgets_the_reason",
}


def test_every_known_bug_is_shown() -> None:
    assert all(name in globals() for name in KNOWN_BUGS.values())


def sse(payloads: list[dict[str, Any]]) -> bytes:
    return "".join(
        f"event: {payload.get('type', 'message')}\ndata: {json.dumps(payload)}\n\n"
        for payload in payloads
    ).encode()


def payloads_of(data: bytes) -> list[dict[str, Any]]:
    """The JSON objects of a stream, in order."""
    events = SSEDecoder().feed(data + b"\n\n")
    parsed = [json.loads(event.data) for event in events if event.data.startswith("{")]
    return [payload for payload in parsed if isinstance(payload, dict)]


def ours(dialect: str, data: bytes) -> dict[str, Any]:
    stream = StreamDecoder(dialect)
    stream.feed(data)
    stream.close()
    return stream.native()


def bare(value: Any) -> Any:
    """Without what says nothing: nulls, empty texts, lists and objects."""
    if isinstance(value, dict):
        kept = {key: bare(item) for key, item in value.items()}
        return {key: item for key, item in kept.items() if item not in (None, "", [], {})}
    return [bare(item) for item in value] if isinstance(value, list) else value


# -- openai ------------------------------------------------------------------------------------


def openai_message(payloads: list[dict[str, Any]]) -> dict[str, Any]:
    """What ``ChatCompletionStreamState`` makes of the chunks."""
    pytest.importorskip("openai")
    from openai.lib.streaming.chat import ChatCompletionStreamState
    from openai.types.chat import ChatCompletionChunk

    state: Any = ChatCompletionStreamState()
    for payload in payloads:
        state.handle_chunk(ChatCompletionChunk.construct(**_typed(payload)))
    message: dict[str, Any] = json.loads(state.current_completion_snapshot.to_json())
    return message


def _typed(payload: dict[str, Any]) -> dict[str, Any]:
    from openai._models import construct_type
    from openai.types.chat import ChatCompletionChunk

    made: Any = construct_type(type_=ChatCompletionChunk, value=payload)
    return dict(made)


def compared_chat(message: dict[str, Any]) -> dict[str, Any]:
    """What both tell of a chat completion, as far as the SDK keeps it."""
    choices = []
    for choice in message["choices"]:
        said = choice["message"]
        calls = [
            {"id": call["id"], "type": call["type"], "what": call[call["type"]]}
            for call in said.get("tool_calls") or ()
        ]
        choices.append(
            {
                "index": choice["index"],
                "finish_reason": choice["finish_reason"],
                "content": said.get("content"),
                "refusal": said.get("refusal"),
                "reasoning": said.get("reasoning_content"),
                "calls": calls,
                "logprobs": choice.get("logprobs"),
            }
        )
    kept: dict[str, Any] = bare(
        {
            "id": message["id"],
            "model": message["model"],
            "choices": sorted(choices, key=lambda choice: choice["index"]),
            "usage": message.get("usage"),
        }
    )
    return kept


@given(st.data())
def test_openai_agrees_on_generated_chats(data: Any) -> None:
    _, chunks = data.draw(streams.streams("openai-chat"))
    payloads = [payload for _, payload in chunks if isinstance(payload, dict)]
    if any("audio" in choice["delta"] for p in payloads for choice in p["choices"]):
        return  # the SDK joins padded base64
    seen = [choice["index"] for payload in payloads for choice in payload["choices"]]
    if list(dict.fromkeys(seen)) != sorted(set(seen)):
        return  # "choices must begin in order"
    if any("annotations" in choice["delta"] for p in payloads for choice in p["choices"]):
        return  # "annotations raise"
    theirs = openai_message(payloads)
    mine = ours("openai-chat", streams.to_bytes(chunks))
    assert compared_chat(mine) == compared_chat(theirs)


def test_openai_agrees_on_recordings(captures: Path) -> None:
    compared = 0
    for entry in json.loads((captures / "index.json").read_text()):
        if entry["dialect"] != "openai_chat" or entry["has_error"]:
            continue
        if entry["provider"] != "openai" or entry["provenance"] != "cassette":
            continue  # of the compatible servers, each runs into one of the bugs
        data = (captures / entry["file"]).read_bytes()
        payloads = payloads_of(data)
        theirs, mine = openai_message(payloads), ours("openai-chat", data)
        if not payloads[-1].get("usage"):
            mine["usage"] = theirs["usage"] = None  # "usage is lost"
        assert compared_chat(mine) == compared_chat(theirs), entry["file"]
        compared += 1
    assert compared > 10


def chat(*deltas: Any, **fields: Any) -> list[dict[str, Any]]:
    head = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    return [
        {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}], **fields}
        for delta in deltas
    ]


def call(**fields: Any) -> dict[str, Any]:
    return {"tool_calls": [{"type": "function", **fields}]}


def test_openai_joins_what_is_repeated() -> None:
    part = {"index": 0, "id": "a", "function": {"name": "f", "arguments": "{}"}}
    again = {"index": 0, "id": "a", "function": {"name": "f", "arguments": ""}}
    payloads = chat({"role": "assistant", **call(**part)}, {"role": "assistant", **call(**again)})
    message = openai_message(payloads)["choices"][0]["message"]
    assert (message["role"], message["tool_calls"][0]["id"]) == ("assistantassistant", "aa")
    mine = ours("openai-chat", sse(payloads))["choices"][0]["message"]
    assert (mine["role"], mine["tool_calls"][0]["id"]) == ("assistant", "a")


def test_openai_loses_usage() -> None:
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    payloads = [*chat({"content": "a"}, usage=usage), *chat({})]
    assert openai_message(payloads).get("usage") is None
    assert ours("openai-chat", sse(payloads))["usage"] == usage


def test_openai_needs_choices_in_order() -> None:
    payloads = chat({"content": "b"}, {"content": "a"})
    payloads[0]["choices"][0]["index"] = 1
    with pytest.raises(IndexError):
        openai_message(payloads)
    choices = ours("openai-chat", sse(payloads))["choices"]
    assert [choice["message"]["content"] for choice in choices] == ["a", "b"]


def test_openai_does_not_take_annotations() -> None:
    source = {"url": "https://example.com", "title": "t", "start_index": 0, "end_index": 1}
    note = {"type": "url_citation", "url_citation": source}
    payloads = chat({"content": "a"}, {"annotations": [note]}, {"annotations": [note]})
    with pytest.raises(RuntimeError):
        openai_message(payloads)
    mine = ours("openai-chat", sse(payloads))["choices"][0]["message"]
    assert mine["annotations"] == [note, note]


def test_openai_needs_an_index() -> None:
    payloads = chat(
        call(id="a", function={"name": "f", "arguments": "{}"}),
        call(id="b", function={"name": "g", "arguments": "{}"}),
    )
    with pytest.raises((TypeError, ValueError, RuntimeError)):
        openai_message(payloads)
    message = ours("openai-chat", sse(payloads))["choices"][0]["message"]
    assert [call["id"] for call in message["tool_calls"]] == ["a", "b"]


# -- anthropic ---------------------------------------------------------------------------------


def anthropic_message(payloads: list[dict[str, Any]]) -> dict[str, Any]:
    """What the SDK's beta accumulator, which knows more kinds of blocks, makes of the events."""
    pytest.importorskip("anthropic")
    from anthropic._models import construct_type
    from anthropic.lib.streaming._beta_messages import accumulate_event
    from anthropic.types.beta import BetaRawMessageStreamEvent

    snapshot: Any = None
    buffers: Any = {}
    for payload in payloads:
        event: Any = construct_type(type_=BetaRawMessageStreamEvent, value=payload)
        if payload["type"] not in ("ping", "error"):
            snapshot = accumulate_event(
                event=event,
                current_snapshot=snapshot,
                json_bufs=buffers,
                request_headers={},
            )
    message: dict[str, Any] = json.loads(snapshot.to_json())
    return message


def compared_message(message: dict[str, Any]) -> dict[str, Any]:
    """What both tell of a message."""
    named = ("id", "model", "role", "stop_reason", "stop_sequence", "content", "usage")
    kept = {name: message.get(name) for name in named}
    kept["content"] = [
        {k: v for k, v in block.items() if k != "parsed_output"} for block in kept["content"] or ()
    ]
    said: dict[str, Any] = bare(kept)
    return said


@given(st.data())
def test_anthropic_agrees_on_generated_messages(data: Any) -> None:
    _, chunks = data.draw(streams.streams("anthropic"))
    theirs = anthropic_message([payload for _, payload in chunks])
    mine = ours("anthropic", streams.to_bytes(chunks))
    assert compared_message(mine) == compared_message(theirs)


def test_anthropic_agrees_on_recordings(captures: Path) -> None:
    compared = 0
    for entry in json.loads((captures / "index.json").read_text()):
        if entry["dialect"] != "anthropic" or entry["provenance"] != "cassette":
            continue
        if entry["has_error"] or "no_message_stop" in entry["tags"]:
            continue
        data = (captures / entry["file"]).read_bytes()
        theirs = compared_message(anthropic_message(payloads_of(data)))
        assert compared_message(ours("anthropic", data)) == theirs, entry["file"]
        compared += 1
    assert compared > 15


def message(*blocks: tuple[int, str, str], reason: str | None = "tool_use") -> list[dict[str, Any]]:
    start: Any = {"id": "m", "type": "message", "role": "assistant", "model": "m", "content": [],
             "stop_reason": None, "stop_sequence": None,
             "usage": {"input_tokens": 1, "output_tokens": 1}}  # fmt: skip
    payloads: list[dict[str, Any]] = [{"type": "message_start", "message": start}]
    for index, kind, words in blocks:
        at: Any = {"index": index}
        block: Any
        if kind == "text":
            block = {"type": "text", "text": ""}
            delta = {"type": "text_delta", "text": words}
        else:
            block = {"type": "tool_use", "id": "t", "name": "f", "input": {}}
            delta = {"type": "input_json_delta", "partial_json": words}
        payloads.append({"type": "content_block_start", **at, "content_block": block})
        payloads.append({"type": "content_block_delta", **at, "delta": delta})
        payloads.append({"type": "content_block_stop", **at})
    usage = {"output_tokens": 2}
    end = {"stop_reason": reason, "stop_sequence": None}
    payloads.append({"type": "message_delta", "delta": end, "usage": usage})
    return payloads


def test_anthropic_needs_blocks_in_order() -> None:
    payloads = message((4, "text", "a"), (0, "text", "b"))
    with pytest.raises(IndexError):
        anthropic_message(payloads)
    assert [b["text"] for b in ours("anthropic", sse(payloads))["content"]] == ["a", "b"]


def test_anthropic_shortens_arguments() -> None:
    payloads = message((0, "tool", '{"a": 1, "b": "cu'), reason="max_tokens")
    theirs = anthropic_message(payloads)
    assert theirs["content"][0]["input"] == {"a": 1}
    stream = StreamDecoder("anthropic")
    stream.feed(sse(payloads))
    (mine,) = stream.response.tool_calls
    assert (mine.arguments, mine.complete, mine.problem) == ('{"a": 1, "b": "cu', False, "cut")


def test_anthropic_forgets_the_reason() -> None:
    payloads = message((0, "text", "a"), reason="end_turn")
    last = {"type": "message_delta", "delta": {"stop_reason": None, "stop_sequence": None}}
    payloads.append({**last, "usage": {"output_tokens": 3}})
    assert anthropic_message(payloads)["stop_reason"] is None
    assert ours("anthropic", sse(payloads))["stop_reason"] == "end_turn"


# -- in the words of others ------------------------------------------------------------------------


@pytest.mark.parametrize("dialect", sorted(streams.DIALECTS))
@given(data=st.data())
def test_the_sdks_take_an_answer_of_any_dialect(dialect: str, data: Any) -> None:
    """Their types, as strictly as pydantic reads JSON, have room for all of it and lose nothing."""
    pytest.importorskip("openai")
    pytest.importorskip("anthropic")
    from anthropic.types import Message
    from openai.types.chat import ChatCompletion

    _, chunks = data.draw(streams.streams(dialect))
    stream = StreamDecoder(dialect)
    stream.feed(streams.to_bytes(chunks, streams.EOL[dialect]))
    stream.close()
    openai, anthropic = (shape(stream.response) for shape in (as_openai, as_anthropic))
    told = ChatCompletion.model_validate_json(json.dumps(openai), strict=True)
    assert bare(told.to_dict(mode="json")) == bare(openai)
    message = Message.model_validate_json(json.dumps(anthropic), strict=True)
    assert bare(message.to_dict(mode="json")) == bare(anthropic)


@pytest.mark.parametrize("dialect", sorted(streams.DIALECTS))
@given(data=st.data())
def test_opentelemetry_has_these_names(dialect: str, data: Any) -> None:
    """Each part is one of its own classes, field by field, and each attribute one it knows."""
    types = pytest.importorskip("opentelemetry.util.genai.types")
    names = pytest.importorskip("opentelemetry.semconv._incubating.attributes.gen_ai_attributes")
    known = {value for value in vars(names).values() if isinstance(value, str)}
    classes = {
        "text": types.TextPart,
        "reasoning": types.ReasoningPart,
        "tool_call": types.ToolCallRequestPart,
        "server_tool_call": types.ServerToolCallPart,
        "server_tool_call_response": types.ServerToolCallResponsePart,
        "blob": types.BlobPart,
        "uri": types.UriPart,
    }
    _, chunks = data.draw(streams.streams(dialect))
    stream = StreamDecoder(dialect)
    stream.feed(streams.to_bytes(chunks, streams.EOL[dialect]))
    stream.close()
    attributes = as_otel(stream.response)
    assert attributes.keys() <= known
    for message in attributes.get("gen_ai.output.messages", []):
        parts = [classes[part["type"]](**part) for part in message["parts"]]
        types.OutputMessage(**{**message, "parts": parts})
