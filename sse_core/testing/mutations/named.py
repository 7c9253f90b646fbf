"""Quirks of Anthropic (A, X12), OpenAI Responses (P) and Gemini (G)."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable
from typing import Any

from hypothesis import strategies as st

from ..streams import Call, Chunk, Draw
from ..streams.gemini import partial_args
from .base import (
    ANTHROPIC,
    GEMINI,
    RESPONSES,
    Mutated,
    dicts,
    insert,
    mutates,
    pick,
    renumbered,
)

JSON = dict[str, Any]

# -- Anthropic -------------------------------------------------------------------------------------


def is_delta(payload: JSON, kind: str) -> bool:
    return bool(payload.get("delta", {}).get("type") == kind)


@mutates("A1", ANTHROPIC)
def no_message_stop(chunks: list[Chunk], draw: Draw) -> Mutated:
    """A1: ``message_delta.stop_reason`` but no ``message_stop``."""
    return chunks[:-1]


@mutates("A3", ANTHROPIC, "text")
def gaps(chunks: list[Chunk], draw: Draw) -> Mutated:
    """A3: block indexes 0, 1, 4."""
    first = draw(st.integers(0, 2))
    step = draw(st.integers(2, 4))
    for payload in dicts(chunks):
        if "index" in payload:
            payload["index"] = first + step * payload["index"]
    return chunks if first or any(payload.get("index") for payload in dicts(chunks)) else None


def _inputs(chunks: list[Chunk]) -> list[tuple[JSON, str]]:
    """The start of each call, and its arguments."""
    calls: dict[int, tuple[JSON, str]] = {}
    for payload in dicts(chunks):
        if "input" in payload.get("content_block", {}):
            calls[payload["index"]] = (payload["content_block"], "")
        elif is_delta(payload, "input_json_delta"):
            start, text = calls[payload["index"]]
            calls[payload["index"]] = (start, text + payload["delta"]["partial_json"])
    return list(calls.values())


@mutates("A4", ANTHROPIC, "a full call", loses="arguments")
def input_in_start(chunks: list[Chunk], draw: Draw) -> Mutated:
    """A4: the input complete in the start, no deltas (or only an empty one)."""
    for start, text in _inputs(chunks):
        start["input"] = json.loads(text)
    kept = draw(st.booleans())
    return [
        (event, payload)
        for event, payload in chunks
        if not is_delta(payload, "input_json_delta")
        or (kept and not payload["delta"]["partial_json"])
    ]


@mutates("A5", ANTHROPIC, "a call")
def empty_json(chunks: list[Chunk], draw: Draw) -> Mutated:
    """A5: ``partial_json:""``, anywhere."""
    result: list[Chunk] = []
    for event, payload in chunks:
        result.append((event, payload))
        if is_delta(payload, "input_json_delta") and draw(st.booleans()):
            empty = {"type": "input_json_delta", "partial_json": ""}
            result.append((event, {**payload, "delta": empty}))
    return result


@mutates("A6", ANTHROPIC, "a full call")
def input_twice(chunks: list[Chunk], draw: Draw) -> Mutated:
    """A6: the input in the start **and** in deltas."""
    for start, text in _inputs(chunks):
        start["input"] = json.loads(text)
    return chunks


@mutates("A8", [ANTHROPIC, RESPONSES])
def no_event_lines(chunks: list[Chunk], draw: Draw) -> Mutated:
    """A8: no ``event:`` lines."""
    return [(None, payload) for _, payload in chunks]


@mutates("A9", ANTHROPIC)
def no_usage(chunks: list[Chunk], draw: Draw) -> Mutated:
    """A9: ``usage`` null or absent, in the start: the later one holds everything."""
    message = chunks[0][1]["message"]
    message["usage"] = None
    if draw(st.booleans()):
        del message["usage"]
    return chunks


@mutates("A10", ANTHROPIC)
def second_delta(chunks: list[Chunk], draw: Draw) -> Mutated:
    """A10: a second ``message_delta`` without reason."""
    event, payload = copy.deepcopy(chunks[-2])
    payload["delta"] = pick(draw, [{"stop_reason": None, "stop_sequence": None}, {}])
    return [*chunks[:-1], (event, payload), chunks[-1]]


@mutates("A11", ANTHROPIC, "a result")
def json_in_result(chunks: list[Chunk], draw: Draw) -> Mutated:
    """A11: ``input_json_delta`` inside a result block."""
    result: list[Chunk] = []
    for event, payload in chunks:
        result.append((event, payload))
        if payload.get("content_block", {}).get("type") == "web_search_tool_result":
            delta = {"type": "input_json_delta", "partial_json": '{"a": 1}'}
            more = {"type": "content_block_delta", "index": payload["index"], "delta": delta}
            result.append(("content_block_delta", more))
    return result


@mutates("A12", ANTHROPIC)
def started_twice(chunks: list[Chunk], draw: Draw) -> Mutated:
    """A12: a duplicate ``message_start``, same id."""
    return [chunks[0], *chunks]


@mutates("A14", ANTHROPIC, "thought", loses="signatures")
def unsigned(chunks: list[Chunk], draw: Draw) -> Mutated:
    """A14: unsigned thinking."""
    for payload in dicts(chunks):
        payload.get("content_block", {}).pop("signature", None)
    return [chunk for chunk in chunks if not is_delta(chunk[1], "signature_delta")]


@mutates("A15", ANTHROPIC)
def bedrock_metrics(chunks: list[Chunk], draw: Draw) -> Mutated:
    """A15: type-less Bedrock metric events."""
    counts = {"inputTokenCount": 9, "outputTokenCount": 9, "invocationLatency": 12}
    metrics: Chunk = (None, {"amazon-bedrock-invocationMetrics": counts})
    return insert(chunks, draw, metrics, len(chunks) - 1)


@mutates("X12", ANTHROPIC, "text", loses="id")
def spliced(chunks: list[Chunk], draw: Draw) -> Mutated:
    """X12: a retry spliced into the same stream: a second ``message_start`` in mid-block."""
    first = copy.deepcopy(chunks)
    first[0][1]["message"]["id"] = "msg_first"
    stop = next(i for i, (event, _) in enumerate(first) if event == "content_block_stop")
    return [*first[: draw(st.integers(2, stop))], *chunks]


# -- OpenAI Responses ------------------------------------------------------------------------------


def dropped(chunks: Iterable[Chunk], unwanted: Any) -> list[Chunk]:
    return renumbered([chunk for chunk in chunks if not unwanted(chunk[1])])


@mutates("P1", RESPONSES)
def keep_alive(chunks: list[Chunk], draw: Draw) -> Mutated:
    """P1: ``{"type":"keepalive","sequence_number":466}``."""
    alive = {"type": "keepalive", "sequence_number": 0}
    return insert(chunks, draw, ("keepalive", alive), 1, len(chunks) - 1)


@mutates("P2", RESPONSES, "text")
def empty_output(chunks: list[Chunk], draw: Draw) -> Mutated:
    """P2: ``completed.output`` is ``[]`` or null."""
    chunks[-1][1]["response"]["output"] = pick(draw, [[], None])
    return chunks


@mutates("P3", RESPONSES, "text")
def ids_rotate(chunks: list[Chunk], draw: Draw) -> Mutated:
    """P3: ``item_id`` differs on each event."""
    for number, payload in enumerate(dicts(chunks)):
        if "item_id" in payload:
            payload["item_id"] = f"rotated_{number}"
        if "item" in payload:
            payload["item"]["id"] = f"rotated_{number}"
    return chunks


@mutates("P4", RESPONSES, "text or a call")
def only_done(chunks: list[Chunk], draw: Draw) -> Mutated:
    """P4: only ``.done``, no deltas."""
    kinds = sorted({p["type"] for p in dicts(chunks) if p["type"].endswith(".delta")})
    if not kinds:
        return None
    unwanted = pick(draw, [kinds, *([kind] for kind in kinds)])
    return dropped(chunks, lambda payload: payload["type"] in unwanted)


@mutates("P5", RESPONSES, "text")
def late_item(chunks: list[Chunk], draw: Draw) -> Mutated:
    """P5: content events before ``output_item.added``, or ``item: null``."""
    # created, in_progress, then item 0: added, part added, the first delta
    how = pick(draw, ["late", "null", "never"])
    if how == "null":
        chunks[2][1]["item"] = None
    elif how == "late":
        chunks.insert(draw(st.integers(3, 4)), chunks.pop(2))
    else:
        del chunks[2 : draw(st.integers(3, 4))]
    return renumbered(chunks)


@mutates("P7", RESPONSES)
def missing_fields(chunks: list[Chunk], draw: Draw) -> Mutated:
    """P7: missing ``sequence_number``, ``logprobs``."""
    for payload in dicts(chunks):
        del payload["sequence_number"]
        payload.pop("logprobs", None)
    return chunks


ALIASES = {
    "response.output_text.delta": "response.text.delta",
    "response.reasoning_text.delta": "response.reasoning.delta",
    "response.reasoning_summary_text.delta": "response.reasoning_summary.delta",
    "response.function_call_arguments.delta": "response.tool_call_arguments.delta",
    "response.completed": "response.done",
}


@mutates("P8", RESPONSES, "text")
def aliases(chunks: list[Chunk], draw: Draw) -> Mutated:
    """P8: aliases: ``response.text.delta``, ``response.done`` …"""
    for payload in dicts(chunks):
        payload["type"] = ALIASES.get(payload["type"], payload["type"])
    return [(payload["type"], payload) for _, payload in chunks]


@mutates("P9", RESPONSES)
def keep_alive_event(chunks: list[Chunk], draw: Draw) -> Mutated:
    """P9: ``response.keep_alive``."""
    alive = {"type": "response.keep_alive", "sequence_number": 0}
    return insert(chunks, draw, ("response.keep_alive", alive), 1, len(chunks) - 1)


@mutates("P10", RESPONSES, "text")
def unknown_types(chunks: list[Chunk], draw: Draw) -> Mutated:
    """P10: undocumented types."""
    place = {"item_id": "msg_0", "output_index": 0, "sequence_number": 0}
    new: JSON = {"type": "response.message_mood.delta", **place, "delta": "cheerful"}
    return insert(chunks, draw, (new["type"], new), 3, 4)


@mutates("P11", RESPONSES, "text")
def resumed(chunks: list[Chunk], draw: Draw) -> Mutated:
    """P11: a resumed stream without beginning: its first event is a delta."""
    return chunks[4:]


@mutates("P12", RESPONSES, "summary")
def summary_in_item(chunks: list[Chunk], draw: Draw) -> Mutated:
    """P12: the reasoning summary only in ``output_item.done``."""
    return dropped(chunks, lambda payload: "reasoning_summary" in payload["type"])


# -- Gemini ----------------------------------------------------------------------------------------


def parts(chunks: list[Chunk]) -> Iterable[JSON]:
    for payload in dicts(chunks):
        for candidate in payload["candidates"]:
            yield from candidate["content"]["parts"]


@mutates("G1", GEMINI)
def no_candidates(chunks: list[Chunk], draw: Draw) -> Mutated:
    """G1: ``candidates`` absent or ``[]``, ``content`` without ``parts``."""
    bare: JSON = pick(
        draw,
        [
            {},
            {"candidates": []},
            {"candidates": [{"content": {"role": "model"}}]},
            {"candidates": [{"index": 0}]},
        ],
    )
    tail = {key: chunks[0][1][key] for key in ("modelVersion", "responseId")}
    return insert(chunks, draw, (None, {**bare, **tail}), 0, len(chunks) - 1)


@mutates("G2", GEMINI, "an empty call", loses="arguments")
def no_args(chunks: list[Chunk], draw: Draw) -> Mutated:
    """G2: ``functionCall:{name}`` without args."""
    for part in parts(chunks):
        if part.get("functionCall", {}).get("args") == {}:
            del part["functionCall"]["args"]
    return chunks


@mutates("G3", GEMINI, "a full call")
def no_end_part(chunks: list[Chunk], draw: Draw) -> Mutated:
    """G3: the missing empty end part of a streamed call, before a named call or the finish."""
    streamed = [one for chunk in chunks for one in _streamed(chunk, draw)]
    result = []
    changed = False
    for place, chunk in enumerate(streamed):
        (candidate,) = chunk[1]["candidates"]
        if candidate["content"]["parts"] == [{"functionCall": {}}]:
            last = "finishReason" in candidate
            if last or _ends(candidate.get("index"), streamed[place + 1 :]):
                changed = True
                if not last:
                    continue
                candidate["content"]["parts"] = [{"text": ""}]
        result.append(chunk)
    return result if changed else None


def _ends(index: int | None, following: list[Chunk]) -> bool:
    """Whether what this candidate says next is a named call, or nothing more."""
    candidates = (one for payload in dicts(following) for one in payload["candidates"])
    parts = next(one["content"]["parts"] for one in candidates if one.get("index") == index)
    return "name" in parts[0].get("functionCall", {}) or parts == [{"text": ""}]


def _streamed(chunk: Chunk, draw: Draw) -> list[Chunk]:
    """The chunk, with its whole calls in pieces."""
    (candidate,) = chunk[1]["candidates"]
    result = []
    for part in candidate["content"]["parts"]:
        call = part.get("functionCall", {})
        pieces = None
        if "args" in call:
            whole = Call(call.get("id"), call["name"], json.dumps(call["args"]))
            pieces = partial_args(whole, draw)
            if pieces and "thoughtSignature" in part:
                pieces[0]["thoughtSignature"] = part["thoughtSignature"]
        result += [[piece] for piece in pieces or [part]]
    chunks: list[Chunk] = []
    for number, one in enumerate(result, 1):
        copied = {**candidate, "content": {**candidate["content"], "parts": one}}
        if number < len(result):
            copied.pop("finishReason", None)
        chunks.append((None, {**chunk[1], "candidates": [copied]}))
    return chunks


@mutates("G4", GEMINI, "text", loses="citations")
def early_grounding(chunks: list[Chunk], draw: Draw) -> Mutated:
    """G4: grounding metadata before the finish chunk."""
    web = {"web": {"uri": "https://example.com/", "title": "example.com"}}
    place = draw(st.integers(0, max(0, len(chunks) - 2)))
    (candidate,) = chunks[place][1]["candidates"]
    candidate["groundingMetadata"] = {"groundingChunks": [web], "webSearchQueries": ["q"]}
    return chunks
