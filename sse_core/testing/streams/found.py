"""What a reader found, as the neutral answer: ``answer_of(stream.response)``."""

from __future__ import annotations

from dataclasses import replace
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
    blocks = [block for block in map(_block, choice.blocks) if block is not None]
    places = [place for place, block in enumerate(blocks) if isinstance(block, Text)]
    if places:  # a citation that came late may belong to no block: count it to the last text
        text = blocks[places[-1]]
        assert isinstance(text, Text)
        late = tuple(map(_citation, choice.citations))
        blocks[places[-1]] = replace(text, citations=text.citations + late)
    return Choice(tuple(blocks), choice.finish.reason if choice.finish else "")


def _citation(one: Any) -> Citation:
    return Citation(one.url, one.title, one.start, one.end)


def _block(block: found.Block) -> Block | None:
    match block:
        case found.TextBlock():
            return Text(block.text, tuple(map(_citation, block.citations)), _signature(block))
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
