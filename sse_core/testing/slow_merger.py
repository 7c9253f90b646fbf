"""A second merger, slow and obvious: clean chunks to the neutral answer.

Each function says what one section of the formats' reference says, with dictionaries and ``+=``.
It shares no code with ``sse_core``, repairs nothing, and knows nothing of quirks.

::

    merge("anthropic", chunks) == answer
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

from .streams import (
    Answer,
    Block,
    Call,
    Choice,
    Chunk,
    Citation,
    Media,
    Reasoning,
    Refusal,
    Result,
    Text,
    Usage,
    canonical,
)

__all__ = ["merge"]


def merge(dialect: str, chunks: Sequence[Chunk]) -> Answer:
    """What these chunks of a clean stream say."""
    return _MERGERS[dialect]([payload for _, payload in chunks if payload != "[DONE]"])


def _usage(data: dict[str, Any] | None, paths: dict[str, str]) -> Usage | None:
    """``paths``: where each number stands."""
    if data is None:
        return None
    numbers: dict[str, int | None] = {}
    for name, path in paths.items():
        value: Any = data
        for key in path.split("."):
            value = (value or {}).get(key)
        numbers[name] = value
    return Usage(**numbers)


# -- OpenAI Chat Completions and Completions ------------------------------------------------------

_CHAT_USAGE = {
    "input_tokens": "prompt_tokens",
    "output_tokens": "completion_tokens",
    "total_tokens": "total_tokens",
    "cached_tokens": "prompt_tokens_details.cached_tokens",
    "reasoning_tokens": "completion_tokens_details.reasoning_tokens",
}


def _chat(payloads: list[Any]) -> Answer:
    choices: dict[int, dict[str, Any]] = {}
    usage = None
    for payload in payloads:
        if payload.get("usage") is not None:
            usage = payload["usage"]
        for choice in payload["choices"]:
            state = choices.setdefault(choice["index"], {"calls": {}, "notes": [], "finish": ""})
            if choice["finish_reason"] is not None:
                state["finish"] = choice["finish_reason"]
            delta = choice.get("delta") or {"content": choice.get("text")}
            for field in ("content", "refusal", "reasoning_content"):
                if delta.get(field):
                    state[field] = state.get(field, "") + delta[field]
            for note in delta.get("annotations") or []:
                state["notes"].append(note["url_citation"])
            for call in delta.get("tool_calls") or []:
                _chat_call(state["calls"], call)
            if delta.get("audio"):
                _chat_audio(state.setdefault("audio", {"data": b"", "said": ""}), delta["audio"])
    first = payloads[0]
    made = tuple(_chat_choice(choices[index]) for index in sorted(choices))
    return Answer(first["id"], first["model"], made, _usage(usage, _CHAT_USAGE))


def _chat_call(calls: dict[int, dict[str, Any]], piece: dict[str, Any]) -> None:
    call = calls.setdefault(piece["index"], {"arguments": ""})
    if "id" in piece:
        call["id"] = piece["id"]
        call["kind"] = piece["type"]
        call["name"] = piece[piece["type"]]["name"]
    if call["kind"] == "custom":
        call["arguments"] += piece["custom"]["input"]
    else:
        call["arguments"] += piece["function"]["arguments"]


def _chat_audio(audio: dict[str, Any], piece: dict[str, Any]) -> None:
    audio["data"] += base64.b64decode(piece.get("data", ""))
    audio["said"] += piece.get("transcript", "")


def _chat_choice(state: dict[str, Any]) -> Choice:
    blocks: list[Block] = []
    if "reasoning_content" in state:
        blocks.append(Reasoning(state["reasoning_content"]))
    if "audio" in state:
        blocks.append(Media(state["audio"]["data"], "audio", state["audio"]["said"]))
    if "content" in state:
        notes = [
            Citation(note["url"], note["title"], note["start_index"], note["end_index"])
            for note in state["notes"]
        ]
        blocks.append(Text(state["content"], tuple(notes)))
    if "refusal" in state:
        blocks.append(Refusal(state["refusal"]))
    for call in state["calls"].values():
        blocks.append(Call(call["id"], call["name"], call["arguments"], call["kind"]))
    return Choice(tuple(blocks), state["finish"])


# -- OpenAI Responses ------------------------------------------------------------------------------

_RESPONSES_USAGE = {
    "input_tokens": "input_tokens",
    "output_tokens": "output_tokens",
    "total_tokens": "total_tokens",
    "cached_tokens": "input_tokens_details.cached_tokens",
    "reasoning_tokens": "output_tokens_details.reasoning_tokens",
}


def _responses(payloads: list[Any]) -> Answer:
    items: dict[int, dict[str, Any]] = {}
    for payload in payloads:
        kind = payload["type"].split(".")[1]
        if payload["type"] == "response.output_item.added":
            items[payload["output_index"]] = {"texts": {}, "notes": {}, **payload["item"]}
        elif payload["type"] == "response.output_item.done":
            items[payload["output_index"]] |= payload["item"]
        elif payload["type"].endswith(".delta"):
            texts = items[payload["output_index"]]["texts"]
            part = payload.get("content_index", payload.get("summary_index", 0))
            before = texts.get(part, (kind, ""))[1]
            texts[part] = (kind, before + payload["delta"])
        elif kind == "output_text" and "annotation" in payload:
            notes = items[payload["output_index"]]["notes"].setdefault(payload["content_index"], {})
            notes[payload["annotation_index"]] = payload["annotation"]
    response = payloads[-1]["response"]
    blocks = tuple(block for index in sorted(items) for block in _responses_item(items[index]))
    finish = "stop"
    if response["incomplete_details"]:
        finish = {"max_output_tokens": "length"}.get(
            response["incomplete_details"]["reason"], "content_filter"
        )
    elif any(isinstance(block, Call) for block in blocks):
        finish = "tool_calls"
    usage = _usage(response["usage"], _RESPONSES_USAGE)
    return Answer(response["id"], response["model"], (Choice(blocks, finish),), usage)


def _responses_item(item: dict[str, Any]) -> list[Block]:
    texts = [item["texts"][part] for part in sorted(item["texts"])]
    if item["type"] == "function_call":
        return [Call(item["call_id"], item["name"], texts[0][1])]
    if item["type"] == "custom_tool_call":
        return [Call(item["call_id"], item["name"], texts[0][1], "custom")]
    blocks: list[Block] = []
    for part, (kind, text) in enumerate(texts):
        if kind == "output_text":
            notes = item["notes"].get(part, {})
            blocks.append(Text(text, tuple(_url_citation(notes[i]) for i in sorted(notes))))
        elif kind == "refusal":
            blocks.append(Refusal(text))
        else:
            blocks.append(Reasoning(text, kind == "reasoning_summary_text"))
    if item.get("encrypted_content"):
        last = blocks.pop() if blocks else Reasoning("")
        assert isinstance(last, Reasoning)
        blocks.append(Reasoning(last.text, last.summary, item["encrypted_content"]))
    return blocks


def _url_citation(note: dict[str, Any]) -> Citation:
    return Citation(note["url"], note["title"], note["start_index"], note["end_index"])


# -- Anthropic Messages ----------------------------------------------------------------------------

_ANTHROPIC_USAGE = {
    "input_tokens": "input_tokens",
    "output_tokens": "output_tokens",
    "cached_tokens": "cache_read_input_tokens",
    "cache_write_tokens": "cache_creation_input_tokens",
    "reasoning_tokens": "output_tokens_details.thinking_tokens",
}

_ANTHROPIC_REASONS = {
    "end_turn": "stop",
    "max_tokens": "length",
    "tool_use": "tool_calls",
    "pause_turn": "pause",
    "refusal": "refusal",
}


def _anthropic(payloads: list[Any]) -> Answer:
    message: dict[str, Any] = {}
    usage: dict[str, Any] = {}
    finish = ""
    blocks: dict[int, dict[str, Any]] = {}
    for payload in payloads:
        if payload["type"] == "message_start":
            message = payload["message"]
            usage.update(message["usage"])
        elif payload["type"] == "content_block_start":
            start = payload["content_block"]
            blocks[payload["index"]] = {"said": "", "signature": "", "notes": [], **start}
        elif payload["type"] == "content_block_delta":
            _anthropic_delta(blocks[payload["index"]], payload["delta"])
        elif payload["type"] == "message_delta":
            finish = _ANTHROPIC_REASONS[payload["delta"]["stop_reason"]]
            usage.update(payload["usage"])
    made = tuple(_anthropic_block(blocks[index]) for index in sorted(blocks))
    counted = _usage(usage, _ANTHROPIC_USAGE)
    return Answer(message["id"], message["model"], (Choice(made, finish),), counted)


def _anthropic_delta(block: dict[str, Any], delta: dict[str, Any]) -> None:
    if delta["type"] == "text_delta":
        block["said"] += delta["text"]
    elif delta["type"] == "thinking_delta":
        block["said"] += delta["thinking"]
    elif delta["type"] == "input_json_delta":
        block["said"] += delta["partial_json"]
    elif delta["type"] == "signature_delta":
        block["signature"] = delta["signature"]
    else:
        assert delta["type"] == "citations_delta"
        block["notes"].append(Citation(delta["citation"]["url"], delta["citation"]["title"]))


def _anthropic_block(block: dict[str, Any]) -> Block:
    if block["type"] == "text":
        return Text(block["said"], tuple(block["notes"]))
    if block["type"] == "thinking":
        return Reasoning(block["said"], signature=block["signature"])
    if block["type"] == "redacted_thinking":
        return Reasoning("", signature=block["data"])
    if block["type"] == "tool_use":
        return Call(block["id"], block["name"], block["said"])
    if block["type"] == "server_tool_use":
        return Call(block["id"], block["name"], block["said"], "server")
    return Result(block["tool_use_id"], block["content"])


# -- Gemini ----------------------------------------------------------------------------------------

_GEMINI_USAGE = {
    "input_tokens": "promptTokenCount",
    "output_tokens": "candidatesTokenCount",
    "total_tokens": "totalTokenCount",
    "cached_tokens": "cachedContentTokenCount",
    "reasoning_tokens": "thoughtsTokenCount",
}
_GEMINI_REASONS = {"STOP": "stop", "MAX_TOKENS": "length", "SAFETY": "content_filter"}


def _gemini(payloads: list[Any]) -> Answer:
    candidates: dict[int, dict[str, Any]] = {}
    usage: dict[str, Any] = {}
    for payload in payloads:
        usage.update(payload["usageMetadata"])
        for candidate in payload["candidates"]:
            state = candidates.setdefault(candidate.get("index", 0), {"blocks": [], "finish": ""})
            for part in candidate["content"]["parts"]:
                _gemini_part(state["blocks"], part)
            state["finish"] = candidate.get("finishReason") or state["finish"]
    choices = []
    for index in sorted(candidates):
        blocks = tuple(map(_gemini_block, candidates[index]["blocks"]))
        finish = _GEMINI_REASONS[candidates[index]["finish"]]
        if finish == "stop" and any(isinstance(block, Call) for block in blocks):
            finish = "tool_calls"
        choices.append(Choice(blocks, finish))
    first = payloads[0]
    counted = _usage(usage, _GEMINI_USAGE)
    return Answer(first["responseId"], first["modelVersion"], tuple(choices), counted)


def _gemini_part(blocks: list[dict[str, Any]], part: dict[str, Any]) -> None:
    if "text" in part:
        kind = "thought" if part.get("thought") else "text"
        if part["text"] and (not blocks or blocks[-1]["kind"] != kind):
            blocks.append({"kind": kind, "text": ""})
        if blocks:
            blocks[-1]["text"] = blocks[-1].get("text", "") + part["text"]
    elif "inlineData" in part:
        blocks.append({"kind": "media", **part["inlineData"]})
    elif part["functionCall"].get("name"):
        blocks.append({"kind": "call", "args": {}, **part["functionCall"]})
    for piece in part.get("functionCall", {}).get("partialArgs", []):
        _set_at(blocks[-1], "$.args" + piece["jsonPath"][1:], piece)
    if "thoughtSignature" in part:
        blocks[-1]["signature"] = part["thoughtSignature"]


def _set_at(root: Any, path: str, piece: dict[str, Any]) -> None:
    """The value at this path, made or continued. ``$.a[0]`` is key ``a``, then index 0."""
    steps = [int(i) if i else key for key, i in re.findall(r"\.(\w+)|\[(\d+)\]", path)]
    for step, following in pairwise(steps):
        root = _at(root, step, [] if isinstance(following, int) else {})
    if "stringValue" in piece:
        before = _at(root, steps[-1], "")
        root[steps[-1]] = before + piece["stringValue"]
    else:
        _at(root, steps[-1], piece.get("numberValue", piece.get("boolValue")))


def _at(container: Any, step: str | int, default: Any) -> Any:
    if isinstance(container, list):
        if step == len(container):
            container.append(default)
        return container[int(step)]
    return container.setdefault(step, default)


def _gemini_block(block: dict[str, Any]) -> Block:
    signature = block.get("signature", "")
    if block["kind"] == "call":
        arguments = canonical(block["args"])
        return Call(block.get("id"), block["name"], arguments, signature=signature)
    if block["kind"] == "media":
        return Media(base64.b64decode(block["data"]), block["mimeType"])
    if block["kind"] == "thought":
        return Reasoning(block["text"], signature=signature)
    return Text(block["text"], signature=signature)


_MERGERS: dict[str, Callable[[list[Any]], Answer]] = {
    "openai-chat": _chat,
    "openai-completions": _chat,
    "openai-responses": _responses,
    "anthropic": _anthropic,
    "gemini": _gemini,
}
