"""What a stream says, apart from how its dialect says it: the neutral answer.

Only what every reader of a stream must agree on stands here. ``without`` forgets some of it, for
comparisons that cannot be about everything.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

__all__ = [
    "Answer",
    "Block",
    "Call",
    "Choice",
    "Citation",
    "Media",
    "Reasoning",
    "Refusal",
    "Result",
    "Text",
    "Usage",
    "canonical",
    "without",
]


@dataclass(frozen=True)
class Citation:
    """A source; the place in the text, where the dialect can say it."""

    url: str
    title: str
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True)
class Text:
    """A stretch of text; ``signature`` is to be handed back byte for byte, ``""`` if none."""

    text: str
    citations: tuple[Citation, ...] = ()
    signature: str = ""


@dataclass(frozen=True)
class Refusal:
    """Why the model will not answer."""

    text: str


@dataclass(frozen=True)
class Reasoning:
    """A stretch of reasoning, or of its summary. ``""`` where all of it is in the signature."""

    text: str
    summary: bool = False
    signature: str = ""


@dataclass(frozen=True)
class Call:
    """A tool call. ``id`` is ``None`` where the wire has none; ``arguments`` is their text.

    ``kind``: ``function``, ``custom`` (free text), ``server`` (run by the provider).
    """

    id: str | None
    name: str
    arguments: str
    kind: str = "function"
    signature: str = ""


@dataclass(frozen=True)
class Result:
    """What a tool that the provider ran gave back: JSON values."""

    call_id: str
    content: Any


@dataclass(frozen=True)
class Media:
    """Audio or an image; ``media_type`` is the wire's word for it: ``audio``, ``image/png``."""

    data: bytes
    media_type: str
    transcript: str = ""


#: Whatever an answer consists of.
Block: TypeAlias = Text | Refusal | Reasoning | Call | Result | Media


@dataclass(frozen=True)
class Choice:
    """One alternative, and the neutral word for why it ended."""

    blocks: tuple[Block, ...]
    finish: str

    @property
    def calls(self) -> tuple[Call, ...]:
        return tuple(block for block in self.blocks if isinstance(block, Call))


@dataclass(frozen=True)
class Usage:
    """Tokens; ``None`` is what the wire never says."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    total_tokens: int | None = None
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None
    reasoning_tokens: int | None = None


@dataclass(frozen=True)
class Answer:
    """All of it. ``choices`` stand in the order of their index, from 0, without gaps."""

    id: str
    model: str
    choices: tuple[Choice, ...]
    usage: Usage | None = None

    @property
    def blocks(self) -> tuple[Block, ...]:
        """Those of all choices."""
        return tuple(block for choice in self.choices for block in choice.blocks)

    @property
    def calls(self) -> tuple[Call, ...]:
        """Those of all choices."""
        return tuple(call for choice in self.choices for call in choice.calls)


def canonical(value: Any) -> str:
    """The text of JSON values for which the wire has no text of its own."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


# -- forgetting -------------------------------------------------------------------------------


def without(answer: Answer, lost: Iterable[str]) -> Answer:
    """The answer without what is not to be compared.

    * ``id``: of the response. ``ids``: those of calls.
    * ``arguments``: how they are written; what they mean stays.
    * ``signatures``, and the blocks that are nothing else; ``citations``; ``usage``.
    * ``blocks``: where a text begins and ends; the joined texts stay, by kind, and the calls.
    """
    for word in sorted(lost):
        answer = _FORGET[word](answer)
    return answer


def _each_choice(answer: Answer, change: Callable[[Choice], Choice]) -> Answer:
    return replace(answer, choices=tuple(map(change, answer.choices)))


def _each(answer: Answer, change: Callable[[Block], Block]) -> Answer:
    return _each_choice(
        answer, lambda choice: replace(choice, blocks=tuple(map(change, choice.blocks)))
    )


def _without_ids(block: Block) -> Block:
    if isinstance(block, Call):
        return replace(block, id=None)
    return replace(block, call_id="") if isinstance(block, Result) else block


def _with_canonical_arguments(block: Block) -> Block:
    if isinstance(block, Call) and block.kind != "custom":
        return replace(block, arguments=canonical(json.loads(block.arguments.strip() or "{}")))
    return block


def _without_signatures(choice: Choice) -> Choice:
    blocks = [
        replace(block, signature="") if isinstance(block, (Text, Reasoning, Call)) else block
        for block in choice.blocks
        if not (isinstance(block, Reasoning) and not block.text)
    ]
    return replace(choice, blocks=tuple(blocks))


def _without_citations(block: Block) -> Block:
    return replace(block, citations=()) if isinstance(block, Text) else block


def _joined(choice: Choice) -> Choice:
    texts = [block for block in choice.blocks if isinstance(block, Text)]
    thoughts = [block for block in choice.blocks if isinstance(block, Reasoning)]
    refusals = [block for block in choice.blocks if isinstance(block, Refusal)]
    joined: list[Block] = [
        Reasoning("".join(block.text for block in thoughts)),
        Text(
            "".join(block.text for block in texts),
            tuple(citation for block in texts for citation in block.citations),
        ),
        Refusal("".join(block.text for block in refusals)),
    ]
    others = [block for block in choice.blocks if isinstance(block, (Call, Result, Media))]
    return replace(choice, blocks=(*joined, *others))


_FORGET: dict[str, Callable[[Answer], Answer]] = {
    "arguments": lambda answer: _each(answer, _with_canonical_arguments),
    "blocks": lambda answer: _each_choice(answer, _joined),
    "citations": lambda answer: _each(answer, _without_citations),
    "id": lambda answer: replace(answer, id=""),
    "ids": lambda answer: _each(answer, _without_ids),
    "signatures": lambda answer: _each_choice(answer, _without_signatures),
    "usage": lambda answer: replace(answer, usage=None),
}
