"""Clean streams of OpenAI Responses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

from .model import Answer, Block, Call, Choice, Citation, Reasoning, Refusal, Text, Usage
from .parts import Chunk, Draw, arguments, citations, cut, names, nonempty, numbers, padding, tokens

__all__ = ["responses_answers", "write_openai_responses"]

USAGES = st.builds(
    Usage,
    input_tokens=numbers,
    output_tokens=numbers,
    total_tokens=numbers,
    cached_tokens=numbers,
    reasoning_tokens=numbers,
)

_SIGNATURES: st.SearchStrategy[str] = st.sampled_from(["", "", "gAAAAAB0ZXN0", "ZW5jcnlwdGVk+/=="])


@st.composite
def _block(draw: st.DrawFn, kind: str, number: int, written: st.SearchStrategy[str]) -> Block:
    match kind:
        case "text":
            return Text(draw(nonempty), tuple(draw(citations)))
        case "refusal":
            return Refusal(draw(nonempty))
        case "summary":
            return Reasoning(draw(nonempty), summary=True, signature=draw(_SIGNATURES))
        case "reasoning":
            return Reasoning(draw(nonempty), signature=draw(_SIGNATURES))
        case "encrypted":
            return Reasoning("", signature=f"gAAAAAB{draw(tokens)}")
        case "custom":
            return Call(f"call_{draw(tokens)}{number}", draw(names), draw(nonempty), "custom")
    return Call(f"call_{draw(tokens)}{number}", draw(names), draw(written))


_KINDS = ["text", "call", "summary", "reasoning", "encrypted", "refusal", "custom"]


@st.composite
def responses_answers(
    draw: st.DrawFn, first: str | None = None, written: st.SearchStrategy[str] = arguments
) -> Answer:
    """Answers that Responses can carry: one choice, any blocks in any order.

    Args:
        first: the kind of the first block; ``None``: any, or no block.
        written: the arguments of calls.
    """
    kinds = draw(st.lists(st.sampled_from(_KINDS), max_size=4))
    kinds = kinds if first is None else [first, *kinds]
    blocks = tuple(draw(_block(kind, number, written)) for number, kind in enumerate(kinds))
    called = any(isinstance(block, Call) for block in blocks)
    reasons = ["tool_calls"] if called else ["stop", "stop", "length", "content_filter"]
    choice = Choice(blocks, draw(st.sampled_from(reasons)))
    return Answer(f"resp_{draw(tokens)}", "gpt-5.5-2026-04-23", (choice,), draw(USAGES))


# -- writing -------------------------------------------------------------------------------------

_INCOMPLETE = {"length": "max_output_tokens", "content_filter": "content_filter"}


def write_openai_responses(answer: Answer, draw: Draw) -> list[Chunk]:
    """The stream: every delta, every done value, every snapshot."""
    (choice,) = answer.choices
    events = [_response(answer, "created", [])]
    events.append(_response(answer, "in_progress", []))
    items = []
    for index, blocks in enumerate(_items(choice.blocks, draw)):
        for event in _item(blocks, index, draw):
            events.append({**event, "output_index": index})
        items.append(events[-1]["item"])
    status = "incomplete" if choice.finish in _INCOMPLETE else "completed"
    events.append(_response(answer, status, items))
    chunks: list[Chunk] = []
    for number, event in enumerate(events):
        if event["type"].endswith(".delta"):
            event["obfuscation"] = padding(number)
        chunks.append((event["type"], {**event, "sequence_number": number}))
    return chunks


def _response(answer: Answer, word: str, output: list[dict[str, Any]]) -> dict[str, Any]:
    (choice,) = answer.choices
    reason = _INCOMPLETE.get(choice.finish) if word == "incomplete" else None
    usage = answer.usage if word in ("completed", "incomplete") else None
    response = {
        "id": answer.id,
        "object": "response",
        "created_at": 1769147612,
        "status": "in_progress" if word == "created" else word,
        "background": False,
        "error": None,
        "incomplete_details": reason and {"reason": reason},
        "instructions": "Be brief.",
        "max_output_tokens": None,
        "model": answer.model,
        "output": output,
        "parallel_tool_calls": True,
        "previous_response_id": None,
        "reasoning": {"effort": "low", "summary": None},
        "service_tier": "default",
        "store": True,
        "temperature": 1.0,
        "text": {"format": {"type": "text"}, "verbosity": "medium"},
        "tool_choice": "auto",
        "tools": [],
        "truncation": "disabled",
        "usage": usage and _usage(usage),
        "user": None,
        "metadata": {},
    }
    return {"type": f"response.{word}", "response": response}


def _usage(usage: Usage) -> dict[str, Any]:
    return {
        "input_tokens": usage.input_tokens,
        "input_tokens_details": {"cached_tokens": usage.cached_tokens},
        "output_tokens": usage.output_tokens,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
        "total_tokens": usage.total_tokens,
    }


def _items(blocks: tuple[Block, ...], draw: Draw) -> list[list[Block]]:
    """The blocks of each item: neighbours may be parts of one."""
    items: list[list[Block]] = []
    for block in blocks:
        before = items[-1][-1] if items else None
        if before is not None and _share(before, block) and draw(st.booleans()):
            items[-1].append(block)
        else:
            items.append([block])
    return items


def _share(before: Block, block: Block) -> bool:
    if isinstance(before, Reasoning) and isinstance(block, Reasoning):
        # What is encrypted belongs to the item, and is counted to its last part.
        return bool(before.text and block.text) and (before.summary, before.signature) == (
            block.summary,
            "",
        )
    return isinstance(before, (Text, Refusal)) and isinstance(block, (Text, Refusal))


def _item(blocks: list[Block], index: int, draw: Draw) -> Iterator[dict[str, Any]]:
    """The events of an item, without ``output_index``."""
    match blocks[0]:
        case Call() as call:
            yield from _call(call, f"{'ctc' if call.kind == 'custom' else 'fc'}_{index}", draw)
        case Reasoning():
            thoughts = [block for block in blocks if isinstance(block, Reasoning)]
            yield from _reasoning(thoughts, f"rs_{index}", draw)
        case _:
            yield from _message(blocks, f"msg_{index}", draw)


def _call(call: Call, id: str, draw: Draw) -> Iterator[dict[str, Any]]:
    family, kind, field = (
        ("custom_tool_call_input", "custom_tool_call", "input")
        if call.kind == "custom"
        else ("function_call_arguments", "function_call", "arguments")
    )
    item = {"id": id, "type": kind, "status": "in_progress", field: ""}
    item |= {"call_id": call.id or "", "name": call.name}
    yield {"type": "response.output_item.added", "item": item}
    for piece in cut(draw, call.arguments):
        yield {"type": f"response.{family}.delta", "item_id": id, "delta": piece}
    yield {"type": f"response.{family}.done", "item_id": id, field: call.arguments}
    done = {**item, "status": "completed", field: call.arguments}
    yield {"type": "response.output_item.done", "item": done}


def _message(blocks: list[Block], id: str, draw: Draw) -> Iterator[dict[str, Any]]:
    item = {"id": id, "type": "message", "status": "in_progress", "content": []}
    item["role"] = "assistant"
    yield {"type": "response.output_item.added", "item": item}
    parts = []
    for index, block in enumerate(blocks):
        place = {"item_id": id, "content_index": index}
        events = list(_text(block, draw) if isinstance(block, Text) else _refusal(block, draw))
        yield from ({**event, **place} for event in events)
        parts.append(events[-1]["part"])
    yield {
        "type": "response.output_item.done",
        "item": {**item, "status": "completed", "content": parts},
    }


def _text(block: Text, draw: Draw) -> Iterator[dict[str, Any]]:
    part: dict[str, Any] = {"type": "output_text", "annotations": [], "logprobs": [], "text": ""}
    yield {"type": "response.content_part.added", "part": part}
    for piece in cut(draw, block.text):
        yield {"type": "response.output_text.delta", "delta": piece, "logprobs": []}
    notes = [_annotation(citation) for citation in block.citations]
    for index, note in enumerate(notes):
        yield {
            "type": "response.output_text.annotation.added",
            "annotation_index": index,
            "annotation": note,
        }
    yield {"type": "response.output_text.done", "text": block.text, "logprobs": []}
    done = {**part, "annotations": notes, "text": block.text}
    yield {"type": "response.content_part.done", "part": done}


def _annotation(citation: Citation) -> dict[str, Any]:
    place = {"start_index": citation.start, "end_index": citation.end}
    return {"type": "url_citation", **place, "title": citation.title, "url": citation.url}


def _refusal(block: Block, draw: Draw) -> Iterator[dict[str, Any]]:
    assert isinstance(block, Refusal)
    yield {"type": "response.content_part.added", "part": {"type": "refusal", "refusal": ""}}
    for piece in cut(draw, block.text):
        yield {"type": "response.refusal.delta", "delta": piece}
    yield {"type": "response.refusal.done", "refusal": block.text}
    done = {"type": "refusal", "refusal": block.text}
    yield {"type": "response.content_part.done", "part": done}


def _reasoning(blocks: list[Reasoning], id: str, draw: Draw) -> Iterator[dict[str, Any]]:
    item: dict[str, Any] = {"id": id, "type": "reasoning", "summary": []}
    signature = blocks[-1].signature
    if signature:
        item["encrypted_content"] = signature[:4]  # before the item is done, it is not whole
    yield {"type": "response.output_item.added", "item": item}
    key = "summary" if blocks[0].summary else "content"
    written = [block for block in blocks if block.text]
    for index, block in enumerate(written):
        events = _summary(block, draw) if block.summary else _thought(block, draw)
        place = {"item_id": id, f"{key}_index": index}
        yield from ({**event, **place} for event in events)
    kind = "summary_text" if blocks[0].summary else "reasoning_text"
    done = {**item, key: [{"type": kind, "text": block.text} for block in written]}
    if signature:
        done["encrypted_content"] = signature
    yield {"type": "response.output_item.done", "item": done}


def _summary(block: Reasoning, draw: Draw) -> Iterator[dict[str, Any]]:
    head = "response.reasoning_summary_"
    yield {"type": f"{head}part.added", "part": {"type": "summary_text", "text": ""}}
    for piece in cut(draw, block.text):
        yield {"type": f"{head}text.delta", "delta": piece}
    yield {"type": f"{head}text.done", "text": block.text}
    yield {"type": f"{head}part.done", "part": {"type": "summary_text", "text": block.text}}


def _thought(block: Reasoning, draw: Draw) -> Iterator[dict[str, Any]]:
    part = {"type": "reasoning_text", "text": ""}
    yield {"type": "response.content_part.added", "part": part}
    for piece in cut(draw, block.text):
        yield {"type": "response.reasoning_text.delta", "delta": piece}
    yield {"type": "response.reasoning_text.done", "text": block.text}
    yield {"type": "response.content_part.done", "part": {**part, "text": block.text}}
