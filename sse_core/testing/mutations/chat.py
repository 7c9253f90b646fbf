"""Quirks of chat chunks (C), finish reasons (E), usage (U) and reasoning (R)."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

from hypothesis import strategies as st

from ..streams import Chunk, Draw
from .base import CHAT, COMPLETIONS, GEMINI, Mutated, dicts, insert, mutates, pick, recut

JSON = dict[str, Any]


def choices(chunks: list[Chunk]) -> Iterator[JSON]:
    """Every choice of every chunk."""
    return (choice for payload in dicts(chunks) for choice in payload["choices"])


def head(chunks: list[Chunk]) -> JSON:
    """A chunk without choices."""
    first = next(dicts(chunks))
    kept = ("id", "object", "created", "model", "system_fingerprint")
    return {**{key: first[key] for key in kept if key in first}, "choices": []}


def finishing(chunks: list[Chunk]) -> dict[int, int]:
    """The choices' index, and where their finish reason stands."""
    return {
        choice["index"]: number
        for number, (_, payload) in enumerate(chunks)
        if payload != "[DONE]"
        for choice in payload["choices"]
        if choice["finish_reason"]
    }


def written(chunks: list[Chunk], field: str = "content") -> dict[int, str]:
    """What each choice says, in all."""
    said: dict[int, str] = {}
    for choice in choices(chunks):
        piece = choice["delta"].get(field) or ""
        said[choice["index"]] = said.get(choice["index"], "") + piece
    return said


def into_finish(chunks: list[Chunk], field: str) -> Mutated:
    """The last chunk with this field of each choice, if nothing follows it, as one with its finish
    reason."""
    changed = False
    for index in finishing(chunks):
        place = finishing(chunks)[index]
        behind = [
            number
            for number, (_, payload) in enumerate(chunks[:place])
            if payload["choices"] and payload["choices"][0]["index"] == index
        ]
        if not behind:
            continue
        last = chunks[behind[-1]][1]["choices"][0]
        final = chunks[place][1]["choices"][0]
        if field == "text":
            final["text"] = last["text"]
        elif last["delta"].get(field) and not last["delta"].get("role"):
            final["delta"] = last["delta"]
        else:
            continue
        del chunks[behind[-1]]
        changed = True
    return chunks if changed else None


# -- C: the shape of a chunk -----------------------------------------------------------------------


@mutates("C1", CHAT)
def azure_first(chunks: list[Chunk], draw: Draw) -> Mutated:
    """C1: a first chunk without choices, id and model, with ``prompt_filter_results``."""
    results = [{"prompt_index": 0, "content_filter_results": {"hate": {"filtered": False}}}]
    first = {"choices": [], "created": 0, "id": "", "model": "", "object": ""}
    return [(None, {**first, "prompt_filter_results": results}), *chunks]


@mutates("C2", CHAT)
def null_choices(chunks: list[Chunk], draw: Draw) -> Mutated:
    """C2: ``"choices": null``."""
    return insert(chunks, draw, (None, {**head(chunks), "choices": None}), 1, len(chunks) - 1)


@mutates("C3", CHAT)
def null_delta(chunks: list[Chunk], draw: Draw) -> Mutated:
    """C3: ``"delta": null`` and ``content_filter_offsets``."""
    offsets = {"check_offset": 0, "start_offset": 0, "end_offset": 4}
    note = {"index": 0, "delta": None, "finish_reason": None, "content_filter_offsets": offsets}
    return insert(chunks, draw, (None, {**head(chunks), "choices": [note]}), 1, len(chunks) - 1)


@mutates("C4", CHAT, "written")
def fake_stream(chunks: list[Chunk], draw: Draw) -> Mutated:
    """C4: one chunk with ``message`` instead of ``delta``, ``object: "chat.completion"``."""
    messages: dict[int, JSON] = {}
    for choice in choices(chunks):
        index, delta = choice["index"], choice["delta"]
        message = messages.setdefault(index, {"role": "assistant", "content": None})
        for field in ("content", "refusal", "reasoning_content"):
            if delta.get(field):
                message[field] = (message.get(field) or "") + delta[field]
        for field in ("annotations",):
            message.setdefault(field, []).extend(delta.get(field, []))
        for call in delta.get("tool_calls", []):
            _add_call(message.setdefault("tool_calls", {}), copy.deepcopy(call))
    made = []
    reasons = {c["index"]: c["finish_reason"] for c in choices(chunks) if c["finish_reason"]}
    for index, message in messages.items():
        if "tool_calls" in message:
            message["tool_calls"] = list(message["tool_calls"].values())
        made.append({"index": index, "message": message, "finish_reason": reasons[index]})
    whole = {**head(chunks), "object": "chat.completion", "choices": made}
    for payload in dicts(chunks):
        if payload.get("usage"):
            whole["usage"] = payload["usage"]
    return [(None, whole), chunks[-1]]


def _add_call(calls: dict[int, JSON], piece: JSON) -> None:
    index = piece.pop("index")
    if "id" in piece:
        calls[index] = piece
    elif calls[index]["type"] == "custom":
        calls[index]["custom"]["input"] += piece["custom"]["input"]
    else:
        calls[index]["function"]["arguments"] += piece["function"]["arguments"]


@mutates("C5", CHAT, "written")
def delta_and_message(chunks: list[Chunk], draw: Draw) -> Mutated:
    """C5: both ``delta`` and a cumulative ``message``."""
    said: dict[int, str] = {}
    for choice in choices(chunks):
        index = choice["index"]
        said[index] = said.get(index, "") + (choice["delta"].get("content") or "")
        choice["message"] = {"role": "assistant", "content": said[index]}
    return chunks


@mutates("C6", CHAT)
def no_object(chunks: list[Chunk], draw: Draw) -> Mutated:
    """C6: ``object`` absent; or ``chat.completion.done`` on the last."""
    payloads = list(dicts(chunks))
    if draw(st.booleans()):
        payloads[-1]["object"] = "chat.completion.done"
        return chunks
    for payload in payloads:
        del payload["object"]
    return chunks


@mutates("C7", [CHAT, COMPLETIONS])
def created_changes(chunks: list[Chunk], draw: Draw) -> Mutated:
    """C7: ``created`` changes between chunks."""
    for number, payload in enumerate(dicts(chunks)):
        payload["created"] += 1 + number
    return chunks


@mutates("C8", CHAT)
def role_everywhere(chunks: list[Chunk], draw: Draw) -> Mutated:
    """C8: ``role`` in every chunk, ``""`` or null."""
    role = pick(draw, ["assistant", "", None])
    for choice in choices(chunks):
        choice["delta"].setdefault("role", role)
    return chunks


@mutates("C9", CHAT, "text")
def content_parts(chunks: list[Chunk], draw: Draw) -> Mutated:
    """C9: ``content`` is a list of parts."""
    for choice in choices(chunks):
        delta = choice["delta"]
        if delta.get("content"):
            delta["content"] = [{"type": "text", "text": delta["content"]}]
        elif delta.get("reasoning_content"):
            thought = {"type": "text", "text": delta.pop("reasoning_content")}
            delta["content"] = [{"type": "thinking", "thinking": [thought]}]
    return chunks


@mutates("C10", CHAT, "thought")
def null_content(chunks: list[Chunk], draw: Draw) -> Mutated:
    """C10: ``content: null`` with ``reasoning_content``."""
    for choice in choices(chunks):
        if "reasoning_content" in choice["delta"]:
            choice["delta"]["content"] = None
    return chunks


@mutates("C11", CHAT, "text last")
def text_with_finish(chunks: list[Chunk], draw: Draw) -> Mutated:
    """C11: the last text in the finish chunk."""
    return into_finish(chunks, "content")


@mutates("C11", COMPLETIONS, "text last")
def completion_with_finish(chunks: list[Chunk], draw: Draw) -> Mutated:
    """C11: the last text in the finish chunk."""
    return into_finish(chunks, "text")


@mutates("C12", [CHAT, COMPLETIONS], "text")
def no_reason_key(chunks: list[Chunk], draw: Draw) -> Mutated:
    """C12: the key ``finish_reason`` is absent until the end."""
    for choice in choices(chunks):
        if choice["finish_reason"] is None:
            del choice["finish_reason"]
    return chunks


@mutates("C13", CHAT)
def no_tool_calls(chunks: list[Chunk], draw: Draw) -> Mutated:
    """C13: ``tool_calls: null`` or ``[]`` in each delta."""
    nothing: list[Any] | None = pick(draw, [None, []])
    for choice in choices(chunks):
        choice["delta"].setdefault("tool_calls", copy.copy(nothing))
    return chunks


@mutates("C14", [CHAT, COMPLETIONS], "choices")
def second_first(chunks: list[Chunk], draw: Draw) -> Mutated:
    """C14: choices interleaved; the first chunk is of index 1."""
    return _reordered(chunks, lambda payload: [one["index"] for one in payload["choices"]], draw)


@mutates("C14", GEMINI, "choices")
def second_candidate_first(chunks: list[Chunk], draw: Draw) -> Mutated:
    """C14: candidates interleaved; the first chunk is of index 1."""
    usages = [payload.pop("usageMetadata") for payload in dicts(chunks)]
    indexes = lambda payload: [one["index"] for one in payload["candidates"]]  # noqa: E731
    chunks = _reordered(chunks, indexes, draw)
    for payload, usage in zip(dicts(chunks), usages):
        payload["usageMetadata"] = usage
    return chunks


def _reordered(
    chunks: list[Chunk], indexes: Callable[[JSON], list[int]], draw: Draw
) -> list[Chunk]:
    """Choice 1 begins; how the chunks of the others mix changes, but not their own order."""
    spoken = [chunk for chunk in chunks if chunk[1] != "[DONE]" and indexes(chunk[1])]
    rest = chunks[len(spoken) :]
    waiting: dict[int, list[Chunk]] = {}
    for chunk in spoken:
        waiting.setdefault(indexes(chunk[1])[0], []).append(chunk)
    result = [waiting[1].pop(0)]
    turns = draw(st.lists(st.integers(0, 2), min_size=4, max_size=16))
    while left := [index for index, queue in sorted(waiting.items()) if queue]:
        turn = turns[len(result) % len(turns)] % len(left)
        result.append(waiting[left[turn]].pop(0))
    return [*result, *rest]


@mutates("C15", CHAT)
def progress(chunks: list[Chunk], draw: Draw) -> Mutated:
    """C15: progress-only chunk: ``prompt_progress``, empty delta."""
    counts = {"total": 100, "cache": 0, "processed": 50, "time_ms": 12}
    nothing = {"index": 0, "delta": {}, "finish_reason": None}
    chunk = {**head(chunks), "choices": [nothing], "prompt_progress": counts}
    return insert(chunks, draw, (None, chunk), 1, min(finishing(chunks).values()))


@mutates("C17", CHAT)
def repeated_metadata(chunks: list[Chunk], draw: Draw) -> Mutated:
    """C17: metadata strings repeated per chunk (``search_context_size:"low"``)."""
    for payload in dicts(chunks):
        payload["search_context_size"] = "low"
    return chunks


@mutates("C18", CHAT, loses="citations")
def repeated_lists(chunks: list[Chunk], draw: Draw) -> Mutated:
    """C18: lists repeated per chunk (citations)."""
    for payload in dicts(chunks):
        payload["citations"] = ["https://example.com/1", "https://example.com/2"]
    return chunks


@mutates("C19", CHAT)
def numbers(chunks: list[Chunk], draw: Draw) -> Mutated:
    """C19: numeric extras per delta (``token_id``)."""
    for number, choice in enumerate(choices(chunks)):
        choice["delta"]["token_id"] = 5 + 2 * number
    return chunks


@mutates("C22", CHAT)
def copilot(chunks: list[Chunk], draw: Draw) -> Mutated:
    """C22: ``"choices": null`` and ``copilot_references``, ``_confirmation`` or ``_errors``."""
    name = pick(draw, ["copilot_references", "copilot_confirmation", "copilot_errors"])
    extra: JSON = {"choices": None, name: [{"type": "github.repo", "id": "1"}]}
    return insert(chunks, draw, (None, extra), 0, 1)


@mutates("C23", CHAT)
def function_role(chunks: list[Chunk], draw: Draw) -> Mutated:
    """C23: ``delta.role:"function"``, content is JSON text."""
    delta = {"role": "function", "name": "bing-search", "content": '[{"title": "t"}]'}
    note = {"index": 0, "delta": delta, "finish_reason": None}
    return [(None, {**head(chunks), "choices": [note]}), *chunks]


@mutates("C25", CHAT, "text")
def message_at_end(chunks: list[Chunk], draw: Draw) -> Mutated:
    """C25: the last chunk's ``message.content`` is everything so far, after deltas."""
    said = written(chunks)
    bare = draw(st.booleans())
    for choice in choices(chunks):
        if choice["finish_reason"]:
            choice["message"] = {"role": "assistant", "content": said[choice["index"]]}
            if bare:
                del choice["delta"]
    return chunks


@mutates("C26", [CHAT, COMPLETIONS, "openai-responses", "anthropic", GEMINI], "text")
def legal_repeats(chunks: list[Chunk], draw: Draw) -> Mutated:
    r"""C26: legal repeats: deltas ``"\n"``, ``"\n"``."""
    return recut(chunks, list)


# -- E: finish reasons -----------------------------------------------------------------------------


def _everywhere(chunks: list[Chunk], reason: str) -> list[Chunk]:
    for choice in choices(chunks):
        choice["finish_reason"] = choice["finish_reason"] or reason
    return chunks


@mutates("E1", [CHAT, COMPLETIONS], "text")
def empty_reason(chunks: list[Chunk], draw: Draw) -> Mutated:
    """E1: ``""`` on every chunk."""
    return _everywhere(chunks, "")


@mutates("E2", [CHAT, COMPLETIONS], "text")
def null_reason(chunks: list[Chunk], draw: Draw) -> Mutated:
    """E2: the string ``"null"``."""
    return _everywhere(chunks, "null")


@mutates("E3", CHAT, "a call")
def stop_with_calls(chunks: list[Chunk], draw: Draw) -> Mutated:
    """E3: ``stop`` with tool calls."""
    for choice in choices(chunks):
        if choice["finish_reason"]:
            choice["finish_reason"] = "stop"
    return chunks


@mutates("E4", CHAT, "a call")
def two_reasons(chunks: list[Chunk], draw: Draw) -> Mutated:
    """E4: two reasons: ``tool_calls``, then ``stop``."""
    for place in sorted(finishing(chunks).values(), reverse=True):
        again = copy.deepcopy(chunks[place][1])
        again["choices"][0] |= {"delta": {}, "finish_reason": "stop"}
        chunks.insert(place + 1, (None, again))
    return chunks


@mutates("E5", [CHAT, COMPLETIONS], "text last", loses="blocks")
def early_reason(chunks: list[Chunk], draw: Draw) -> Mutated:
    """E5: the reason early, content later."""
    for index in finishing(chunks):
        place = finishing(chunks)[index]
        mine = [
            number
            for number, (_, payload) in enumerate(chunks[:place])
            if payload["choices"] and payload["choices"][0]["index"] == index
        ]
        # In front of its last piece, and if that is also the first, behind the chunk of the role.
        earlier = mine[-1] if mine else place
        chunks.insert(earlier, chunks.pop(place))
    return chunks


VENDOR_REASONS = {
    "stop": ["eos", "end_turn"],
    "length": ["model_length", "max_tokens"],
    "content_filter": ["sensitive"],
}


@mutates("E7", CHAT, "stopped")
def vendor_reason(chunks: list[Chunk], draw: Draw) -> Mutated:
    """E7: vendor values: ``eos``, ``model_length``, ``sensitive``, ``end_turn``."""
    for choice in choices(chunks):
        if choice["finish_reason"]:
            choice["finish_reason"] = pick(draw, VENDOR_REASONS[choice["finish_reason"]])
    return chunks


@mutates("E10", GEMINI)
def stop_everywhere(chunks: list[Chunk], draw: Draw) -> Mutated:
    """E10: ``finishReason:"STOP"`` on every chunk."""
    candidates = [one for payload in dicts(chunks) for one in payload["candidates"]]
    reasons = [one.get("finishReason") for one in candidates]
    if None not in reasons or not {None, "STOP"}.issuperset(reasons):
        return None
    for one in candidates:
        one["finishReason"] = "STOP"
    return chunks


@mutates("E11", CHAT, "audio")
def audio_without_reason(chunks: list[Chunk], draw: Draw) -> Mutated:
    """E11: audio output ends with ``{"delta":{"audio":{"expires_at":…}}}`` and no reason."""
    if any(choice["finish_reason"] not in (None, "stop") for choice in choices(chunks)):
        return None
    places = finishing(chunks).values()
    return [chunk for place, chunk in enumerate(chunks) if place not in places]


# -- U: usage --------------------------------------------------------------------------------------


def _usage_of(chunks: list[Chunk]) -> JSON:
    """Takes the chunk with the usage out."""
    usage: JSON = chunks.pop(-2)[1]["usage"]
    return usage


def _grown(usage: JSON, share: float) -> JSON:
    return {
        key: _grown(value, share) if isinstance(value, dict) else int(value * share)
        for key, value in usage.items()
    }


@mutates("U1", [CHAT, COMPLETIONS], "usage")
def cumulative_usage(chunks: list[Chunk], draw: Draw) -> Mutated:
    """U1: in every chunk, cumulative."""
    usage = chunks[-2][1]["usage"]
    payloads = list(dicts(chunks))
    for number, payload in enumerate(payloads, 1):
        payload["usage"] = _grown(usage, number / len(payloads))
    if draw(st.booleans()) and len(payloads) > 1:
        del chunks[-2]
        payloads[-2]["usage"] = usage
    return chunks


@mutates("U2", CHAT, "usage of one choice")
def usage_in_choice(chunks: list[Chunk], draw: Draw) -> Mutated:
    """U2: ``choices[0].usage``."""
    usage = _usage_of(chunks)
    chunks[-2][1]["choices"][0]["usage"] = usage
    return chunks


@mutates("U3", CHAT, "usage")
def groq_usage(chunks: list[Chunk], draw: Draw) -> Mutated:
    """U3: ``x_groq.usage``, or both places."""
    usage = _usage_of(chunks)
    chunks[-2][1]["x_groq"] = {"id": "req_1", "usage": usage}
    if draw(st.booleans()):
        chunks[-2][1]["usage"] = usage
    return chunks


@mutates("U4", [CHAT, COMPLETIONS], "usage")
def usage_with_finish(chunks: list[Chunk], draw: Draw) -> Mutated:
    """U4: on the finish chunk, not a separate one."""
    usage = _usage_of(chunks)
    chunks[-2][1]["usage"] = usage
    return chunks


@mutates("U5", [CHAT, COMPLETIONS], "usage")
def null_after_usage(chunks: list[Chunk], draw: Draw) -> Mutated:
    """U5: ``usage: null`` after a real one."""
    return [*chunks[:-1], (None, {**head(chunks), "usage": None}), chunks[-1]]


@mutates("U7", GEMINI)
def usage_key_lost(chunks: list[Chunk], draw: Draw) -> Mutated:
    """U7: a later Gemini snapshot lacks a key."""
    if len(chunks) < 2:
        return None
    last = chunks[-1][1]["usageMetadata"]
    chunks[-2][1]["usageMetadata"] = dict(last)
    del last[pick(draw, ["promptTokenCount", "candidatesTokenCount", "totalTokenCount"])]
    return chunks


@mutates("U10", [CHAT, COMPLETIONS], "usage")
def null_in_usage(chunks: list[Chunk], draw: Draw) -> Mutated:
    """U10: ``{}`` or null members."""
    nothing: JSON = {"prompt_tokens": None, "completion_tokens_details": None, "cost": None}
    payloads = [payload for payload in dicts(chunks) if payload["choices"]]
    for payload in payloads:
        payload["usage"] = dict(pick(draw, [{}, nothing]))
    return chunks


@mutates("U12", [CHAT, COMPLETIONS], "usage")
def placeholder_usage(chunks: list[Chunk], draw: Draw) -> Mutated:
    """U12: placeholder zeros before the real value."""
    for payload in dicts(chunks):
        if payload["choices"]:
            payload["usage"] = {"total_tokens": 0, "total_characters": 0}
    return chunks


# -- R: reasoning ----------------------------------------------------------------------------------


def _detail(text: str) -> JSON:
    return {"type": "reasoning.text", "text": text, "index": 0, "format": "unknown"}


ALIASES: dict[str, Callable[[str], JSON]] = {
    "reasoning": lambda text: {"reasoning": text},
    "reasoning_text": lambda text: {"reasoning_text": text},
    "object": lambda text: {"reasoning_content": {"text": text}},
    "details": lambda text: {"reasoning_details": [_detail(text)]},
}


def _thoughts(chunks: list[Chunk]) -> Iterator[tuple[JSON, JSON, str]]:
    """Each choice with reasoning, its delta, and the text, which is taken out."""
    for choice in choices(chunks):
        text = choice["delta"].pop("reasoning_content", None)
        if text:
            yield choice, choice["delta"], text


@mutates("R1", CHAT, "thought")
def reasoning_alias(chunks: list[Chunk], draw: Draw) -> Mutated:
    """R1: the field is ``reasoning``, ``reasoning_text``, an object, or ``reasoning_details``."""
    alias = ALIASES[pick(draw, sorted(ALIASES))]
    for _, delta, text in _thoughts(chunks):
        delta |= alias(text)
    return chunks


@mutates("R2", CHAT, "thought")
def reasoning_twice(chunks: list[Chunk], draw: Draw) -> Mutated:
    """R2: two of them with the same text."""
    other = ALIASES[pick(draw, ["reasoning", "details"])]
    for _, delta, text in _thoughts(chunks):
        delta |= {"reasoning_content": text, **other(text)}
    return chunks


@mutates("R4", CHAT, "thought", loses="signatures")
def details_share_index(chunks: list[Chunk], draw: Draw) -> Mutated:
    """R4: ``reasoning_details`` with equal index, different type."""
    hidden = {"type": "reasoning.encrypted", "data": "CiQB4/H=", "index": 0, "format": "unknown"}
    for _, delta, text in _thoughts(chunks):
        delta["reasoning_details"] = [_detail(text)]
        last = delta
    last["reasoning_details"].append(hidden)
    return chunks


@mutates("R5", CHAT, "thought", loses="signatures")
def opaque_event(chunks: list[Chunk], draw: Draw) -> Mutated:
    """R5: an encrypted blob in an event of its own."""
    blob = pick(
        draw,
        [
            {"reasoning_opaque": "CiQB4/H="},
            {"reasoning_details": [{"type": "reasoning.encrypted", "data": "CiQB=", "index": 1}]},
        ],
    )
    own = {"index": 0, "delta": blob, "finish_reason": None}
    place = finishing(chunks)[0]
    chunks.insert(place, (None, {**head(chunks), "choices": [own]}))
    return chunks


@mutates("R5", GEMINI, loses="signatures blocks")
def thought_signatures(chunks: list[Chunk], draw: Draw) -> Mutated:
    """R5: signatures on text, on a call, on an empty part. A signed text is one for itself."""
    parts = [
        part
        for payload in dicts(chunks)
        for candidate in payload["candidates"]
        for part in candidate["content"]["parts"]
    ]
    for part in parts:
        if part.get("functionCall") != {} and draw(st.booleans()):
            part["thoughtSignature"] = "CiQB4/H/Xl=="
    return chunks


@mutates("R8", CHAT, "thought", loses="signatures")
def reasoning_in_message(chunks: list[Chunk], draw: Draw) -> Mutated:
    """R8: reasoning under ``choices[].message`` beside ``delta``, as ``cot_summary`` and such."""
    text_field, id_field = pick(
        draw, [("cot_summary", "cot_id"), ("reasoning_text", "reasoning_opaque")]
    )
    for choice, delta, text in _thoughts(chunks):
        delta.setdefault("content", None)
        choice["message"] = {text_field: text, id_field: "opaque=="}
    return chunks
