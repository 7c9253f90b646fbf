"""Clean streams of Gemini ``streamGenerateContent?alt=sse``."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

from .model import Answer, Block, Call, Choice, Media, Reasoning, Text, Usage, canonical
from .parts import (
    Chunk,
    Draw,
    cut,
    interleave,
    names,
    nonempty,
    numbers,
    objects,
    simple_objects,
    tokens,
)

__all__ = ["FINISH_REASONS", "gemini_answers", "partial_args", "write_gemini"]

USAGES = st.builds(
    Usage,
    input_tokens=numbers,
    output_tokens=numbers,
    total_tokens=numbers,
    cached_tokens=st.none() | numbers,
    reasoning_tokens=st.none() | numbers,
)

_KINDS = ["text", "call", "thought", "call", "text", "media"]
OBJECTS = st.one_of(st.just({}), objects, simple_objects)


@st.composite
def _block(
    draw: st.DrawFn, kind: str, number: int, values: st.SearchStrategy[dict[str, Any]]
) -> Block:
    match kind:
        case "text":
            return Text(draw(nonempty))
        case "thought":
            return Reasoning(draw(nonempty))
        case "media":
            return Media(draw(st.binary(min_size=1, max_size=12)), "image/png")
    id = draw(st.sampled_from([None, None, f"{draw(tokens)}{number}"]))
    signature = draw(st.sampled_from(["", "", "Ci8Bjz1rXzq="]))
    return Call(id, draw(names), canonical(draw(values)), signature=signature)


@st.composite
def gemini_answers(
    draw: st.DrawFn,
    first: str | None = None,
    choices: int | None = None,
    values: st.SearchStrategy[dict[str, Any]] = OBJECTS,
) -> Answer:
    """Answers that Gemini can carry. Texts of the same kind never meet: they would be one.

    Args:
        first: the kind of each choice's first block; ``None``: any, or no block.
        choices: how many; ``None``: mostly one.
        values: the arguments.
    """
    made = []
    for _ in range(choices or draw(st.sampled_from([1, 1, 1, 2]))):
        kinds = draw(st.lists(st.sampled_from(_KINDS), max_size=4))
        kinds = kinds if first is None else [first, *kinds]
        kinds = [
            kind
            for before, kind in zip([None, *kinds], kinds)
            if kind == "call" or kind != before  # texts that meet would be one
        ]
        blocks = [draw(_block(kind, number, values)) for number, kind in enumerate(kinds)]
        if blocks and isinstance(blocks[-1], Text) and draw(st.booleans()):
            blocks[-1] = Text(blocks[-1].text, signature="EoECCv4BAQw5+/==")
        reasons = (
            ["tool_calls"] if "call" in kinds else ["stop", "stop", "length", "content_filter"]
        )
        made.append(Choice(tuple(blocks), draw(st.sampled_from(reasons))))
    return Answer(draw(tokens), "gemini-3-flash-preview", tuple(made), draw(USAGES))


# -- writing -------------------------------------------------------------------------------------

#: Our reasons, and the provider's word for each.
FINISH_REASONS = {
    "stop": "STOP",
    "length": "MAX_TOKENS",
    "content_filter": "SAFETY",
    "tool_calls": "STOP",
}


def write_gemini(answer: Answer, draw: Draw) -> list[Chunk]:
    """The stream; a call's arguments come whole, or (where they can) piece by piece."""
    single = len(answer.choices) == 1
    index_absent = single and draw(st.booleans())
    candidates = []
    for index, choice in enumerate(answer.choices):
        place = {} if index_absent else {"index": index}
        candidates.append([{**one, **place} for one in _candidates(choice, draw)])
    order = interleave(draw, candidates)
    usage = answer.usage or Usage()
    only_traffic = draw(st.booleans())
    chunks: list[Chunk] = []
    for number, candidate in enumerate(order):
        last = number == len(order) - 1
        counted = {"trafficType": "ON_DEMAND"}
        if last or not only_traffic:
            counted |= _usage(usage, 1 if last else (number + 1) / len(order))
        tail = {"modelVersion": answer.model, "responseId": answer.id}
        chunks.append((None, {"candidates": [candidate], "usageMetadata": counted, **tail}))
    return chunks


def _usage(usage: Usage, part: float) -> dict[str, Any]:
    """The numbers after this part of the stream: they grow, those of the prompt apart."""
    prompt = usage.input_tokens
    counted = {
        "promptTokenCount": prompt,
        "candidatesTokenCount": int((usage.output_tokens or 0) * part),
        "totalTokenCount": int((usage.total_tokens or 0) * part),
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": prompt}],
    }
    if usage.reasoning_tokens is not None:
        counted["thoughtsTokenCount"] = int(usage.reasoning_tokens * part)
    if usage.cached_tokens is not None:
        counted["cachedContentTokenCount"] = usage.cached_tokens
    return counted


def _candidates(choice: Choice, draw: Draw) -> list[dict[str, Any]]:
    chunks = list(_chunks(choice.blocks, draw))
    last = choice.blocks[-1] if choice.blocks else None
    if isinstance(last, Text) and last.signature:
        chunks.append([{"text": "", "thoughtSignature": last.signature}])
    elif not chunks or draw(st.booleans()):
        chunks.append([{"text": ""}])
    candidates = [{"content": {"parts": parts, "role": "model"}} for parts in chunks]
    finish: Any = {"finishReason": FINISH_REASONS[choice.finish]}
    candidates[-1] |= finish
    return candidates


def _chunks(blocks: tuple[Block, ...], draw: Draw) -> Iterator[list[dict[str, Any]]]:
    """The parts of each chunk."""
    whole: list[dict[str, Any]] = []  # calls that share a chunk
    for block in blocks:
        if isinstance(block, Call):
            streamed: bool = draw(st.booleans())
            pieces = partial_args(block, draw) if streamed else None
            if pieces is None:
                part = _signed({"functionCall": _function_call(block)}, block)
                if draw(st.booleans()) and whole:
                    whole.append(part)
                else:
                    whole = [part]
                    yield whole
                continue
            yield from ([piece] for piece in pieces)
        else:
            yield from ([part] for part in _parts(block, draw))
        whole = []


def _parts(block: Block, draw: Draw) -> list[dict[str, Any]]:
    match block:
        case Text():
            return [{"text": piece} for piece in cut(draw, block.text)]
        case Reasoning():
            return [{"text": piece, "thought": True} for piece in cut(draw, block.text)]
    assert isinstance(block, Media)
    data = b64encode(block.data).decode()
    return [{"inlineData": {"mimeType": block.media_type, "data": data}}]


def _signed(part: dict[str, Any], call: Call) -> dict[str, Any]:
    return {**part, "thoughtSignature": call.signature} if call.signature else part


def _function_call(call: Call) -> dict[str, Any]:
    whole = {"name": call.name, "args": json.loads(call.arguments)}
    return whole if call.id is None else {**whole, "id": call.id}


# -- streamed arguments --------------------------------------------------------------------------

_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")


def partial_args(call: Call, draw: Draw) -> list[dict[str, Any]] | None:
    """The parts of a call with ``streamFunctionCallArguments``; ``None`` if that cannot be."""
    leaves = list(_leaves("$", json.loads(call.arguments)))
    if not leaves or any(path is None for path, _ in leaves):
        return None
    head: dict[str, Any] = {"name": call.name, "willContinue": True}
    if call.id is not None:
        head["id"] = call.id
    parts = [_signed({"functionCall": head}, call)]
    for path, value in leaves:
        for piece in _leaf(value, draw):
            argument = {"jsonPath": path, **piece}
            parts.append({"functionCall": {"partialArgs": [argument], "willContinue": True}})
    return [*parts, {"functionCall": {}}]


def _leaves(path: str, value: Any) -> Iterator[tuple[str | None, Any]]:
    """Each scalar and its path; no path where there is no way to write it."""
    match value:
        case {} | [] if not value:
            yield None, value
        case dict():
            for key, inner in value.items():
                if key and _PLAIN.issuperset(key):
                    yield from _leaves(f"{path}.{key}", inner)
                else:
                    yield None, inner
        case list():
            for index, inner in enumerate(value):
                yield from _leaves(f"{path}[{index}]", inner)
        case _:
            yield path, value


def _leaf(value: Any, draw: Draw) -> list[dict[str, Any]]:
    match value:
        case None:
            return [{"nullValue": "NULL_VALUE"}]
        case bool():
            return [{"boolValue": value}]
        case str():
            pieces = [{"stringValue": piece, "willContinue": True} for piece in cut(draw, value)]
            return [*pieces, {"stringValue": ""}]
    return [{"numberValue": value}]
