"""What a reader found, as the neutral answer: ``answer_of(stream.response)``.

Pooled, because a reader may count them to the block or to the choice: ``without`` forgets which.
"""

from __future__ import annotations

from typing import Any

from sse_core import response as found

from .model import (
    Answer,
    Block,
    Call,
    Choice,
    Citation,
    Media,
    Reasoning,
    Refusal,
    Result,
    Text,
    Usage,
)

__all__ = ["answer_of"]


def answer_of(response: found.Response) -> Answer:
    """The response in the terms of the generated answers."""
    usage = response.usage
    counted = usage and Usage(
        usage.input_tokens,
        usage.output_tokens,
        usage.total_tokens,
        usage.cached_tokens,
        usage.cache_write_tokens,
        usage.reasoning_tokens,
    )
    choices = tuple(map(_choice, response.choices))
    return Answer(response.id, response.model, choices, counted)


def _choice(choice: found.Choice) -> Choice:
    blocks = tuple(block for block in map(_block, choice.blocks) if block is not None)
    return Choice(blocks, choice.finish.reason if choice.finish else "")


def _block(block: found.Block) -> Block | None:
    match block:
        case found.TextBlock():
            notes = (Citation(one.url, one.title, one.start, one.end) for one in block.citations)
            return Text(block.text, tuple(notes), _signature(block))
        case found.RefusalBlock():
            return Refusal(block.text)
        case found.ReasoningBlock():
            return Reasoning(block.text, block.summary, _signature(block))
        case found.ToolCall():
            id = None if block.id_is_synthetic else block.id
            return Call(id, block.name, block.arguments, block.kind, _signature(block))
        case found.ToolResult():
            return Result(block.call_id, block.content)
        case found.MediaBlock():
            return Media(block.data, block.media_type, block.transcript)
    return None


def _signature(block: Any) -> str:
    return "".join(one.data for one in block.opaque)
