"""What a mutation is, which ones are legal, and the tools that several of them need."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias, TypeVar

from hypothesis import strategies as st

from ..streams import (
    DIALECTS,
    Answer,
    Block,
    Call,
    Chunk,
    Draw,
    Reasoning,
    Refusal,
    Text,
    anthropic_answers,
    canonical,
    chat_answers,
    completion_answers,
    gemini_answers,
    responses_answers,
)
from ..streams.parts import nonempty, objects, simple_objects

__all__ = [
    "ALL",
    "ALSO",
    "ANTHROPIC",
    "CHAT",
    "COMPLETIONS",
    "GEMINI",
    "LEGAL",
    "MUTATIONS",
    "NAMELESS",
    "RESPONSES",
    "Mutated",
    "Mutation",
    "dialect_of",
    "dicts",
    "insert",
    "mutates",
    "pick",
    "recut",
    "renumbered",
]

#: The names of the dialects, one by one.
CHAT = "openai-chat"
#: Likewise.
COMPLETIONS = "openai-completions"
#: Likewise.
RESPONSES = "openai-responses"
#: Likewise.
ANTHROPIC = "anthropic"
#: Likewise.
GEMINI = "gemini"
#: All of those that have generated streams.
ALL = tuple(DIALECTS)
#: Those whose events have no names.
NAMELESS = (CHAT, COMPLETIONS, GEMINI)

#: ``None``: there is nothing in this stream that the quirk could be about.
Mutated: TypeAlias = list[Chunk] | bytes | None
Apply: TypeAlias = Callable[[list[Chunk], Draw], Mutated]
T = TypeVar("T")

#: Within the formats, or a habit that no reader must notice: no Anomaly is expected. Where a quirk
#: is a judgement call, the judgement is made here and nowhere else: whoever disagrees moves the id.
LEGAL = frozenset(
    f"{family}{number}"
    for family, numbers in {
        "F": (1, 3, 5, 6, 7, 9, 12, 23, 24, 25, 28, 30),
        "J": (6,),
        "C": (1, 10, 11, 12, 14, 15, 17, 18, 19, 26),
        "T": (22, 24, 26, 27),
        "E": (7,),
        "U": (1, 4, 5, 7, 12),
        "R": (1, 4, 5),
        "A": (5, 14, 15),
        "P": (7, 10),
        "G": (1, 4),
    }.items()
    for number in numbers
)

#: Other quirks that the mutated stream shows, too: a reader may report these beside it or instead.
ALSO: Mapping[str, frozenset[str]] = {
    "C4": frozenset(("C6", "T1", "T2", "T3")),  # object is chat.completion; calls have no index
    "C22": frozenset(("C2", "C6")),
    "C25": frozenset(("C4", "C5")),
    "T1": frozenset(("T2", "T3")),
    "T2": frozenset(("T1", "T3", "T10")),
    "T4": frozenset(("T3",)),
    "T6": frozenset(("T14",)),
    "T8": frozenset(("T7",)),
    "T25": frozenset(("T10", "T12", "T15")),
    "T29": frozenset(("T5",)),
    "E4": frozenset(("E3",)),
    "U3": frozenset(("U2",)),
    "F7": frozenset(("F4",)),
    "A15": frozenset(("F14",)),  # metrics behind message_stop
    "F14": frozenset(("C6",)),  # {"choices":[],"cost":"0"}
    "J2": frozenset(("J1",)),
    "X12": frozenset(("A12",)),
    "P11": frozenset(("P5",)),
    "P12": frozenset(("P4",)),
}


@dataclass(frozen=True)
class Mutation:
    """A known quirk, and how it gets into a clean stream.

    A reader that follows the catalogue finds the same response in the mutated stream, ``loses``
    apart, and reports nothing but the quirk: not even that, if it is ``legal``.

    Attributes:
        quirk: its id in the catalogue.
        dialects: where it is known, each with the answers that it can be applied to.
        loses: what the response no longer has, or has otherwise; words of ``streams.without``.
    """

    quirk: str
    dialects: dict[str, st.SearchStrategy[Answer]] = field(default_factory=dict)
    loses: frozenset[str] = frozenset()
    variants: dict[str, Apply] = field(default_factory=dict)

    @property
    def legal(self) -> bool:
        """Whether no Anomaly is expected."""
        return self.quirk in LEGAL

    @property
    def reports(self) -> frozenset[str]:
        """The quirks that a reader may report: none if it is ``legal``."""
        also = ALSO.get(self.quirk, frozenset())
        return also if self.legal else also | {self.quirk}

    def apply(self, chunks: Sequence[Chunk], draw: Draw) -> Mutated:
        """The mutated stream; as bytes, if it cannot be said in chunks. ``chunks`` stay as is."""
        return self.variants[dialect_of(chunks)](copy.deepcopy(list(chunks)), draw)


#: Every mutation by the id of its quirk.
MUTATIONS: dict[str, Mutation] = {}


def mutates(
    quirk: str,
    dialects: str | Sequence[str],
    needs: str = "anything",
    *,
    loses: str = "",
) -> Callable[[Apply], Apply]:
    """Enters a function as the mutation of these dialects. ``needs``: a row of ``NEEDS``."""
    names = [dialects] if isinstance(dialects, str) else dialects

    def enter(function: Apply) -> Apply:
        known = MUTATIONS.setdefault(quirk, Mutation(quirk))
        MUTATIONS[quirk] = replace(known, loses=known.loses | frozenset(loses.split()))
        for name in names:
            known.dialects[name] = NEEDS[needs][name]
            known.variants[name] = function
        return function

    return enter


# -- answers to mutate -----------------------------------------------------------------------------


def _each_block(answer: Answer, change: Callable[[Block], Block]) -> Answer:
    choices = tuple(
        replace(choice, blocks=tuple(map(change, choice.blocks))) for choice in answer.choices
    )
    return replace(answer, choices=choices)


def _with_emoji(answer: Answer) -> Answer:
    """A character that takes two UTF-16 units, in each text and in the arguments of each call."""
    return _each_block(answer, _block_with_emoji)


def _block_with_emoji(block: Block) -> Block:
    if isinstance(block, (Text, Refusal)) or (isinstance(block, Reasoning) and block.text):
        return replace(block, text=block.text + "😀!")
    if isinstance(block, Call) and block.kind != "custom":
        return replace(block, arguments=canonical({**json.loads(block.arguments), "😀": "😀"}))
    return block


_EMPTY = st.just("{}")
_FULL = st.dictionaries(nonempty, st.one_of(nonempty, objects), min_size=1, max_size=3).map(
    canonical
)

#: What a mutation may ask of the answers, and the strategies that give it to each dialect.
NEEDS: Mapping[str, Mapping[str, st.SearchStrategy[Answer]]] = {
    "anything": {name: dialect.answers for name, dialect in DIALECTS.items()},
    "written": {CHAT: chat_answers()},  # no audio
    "text": {
        CHAT: chat_answers("text"),
        COMPLETIONS: completion_answers("text"),
        RESPONSES: responses_answers("text"),
        ANTHROPIC: anthropic_answers("text"),
        GEMINI: gemini_answers("text"),
    },
    "text last": {CHAT: chat_answers("text", calls=0), COMPLETIONS: completion_answers("text")},
    "emoji": {
        CHAT: chat_answers("text").map(_with_emoji),
        COMPLETIONS: completion_answers("text").map(_with_emoji),
        RESPONSES: responses_answers("text").map(_with_emoji),
        ANTHROPIC: anthropic_answers("text").map(_with_emoji),
        GEMINI: gemini_answers("text").map(_with_emoji),
    },
    "emoji in a call": {
        CHAT: chat_answers(calls=1).map(_with_emoji),
        RESPONSES: responses_answers("call").map(_with_emoji),
        ANTHROPIC: anthropic_answers("call").map(_with_emoji),
    },
    "thought": {
        CHAT: chat_answers("thought"),
        RESPONSES: responses_answers("reasoning"),
        ANTHROPIC: anthropic_answers("thinking"),
        GEMINI: gemini_answers("thought"),
    },
    "summary": {RESPONSES: responses_answers("summary")},
    "a call": {
        CHAT: st.one_of(chat_answers(calls=1), chat_answers(calls=2)),
        RESPONSES: responses_answers("call"),
        ANTHROPIC: anthropic_answers("call"),
        GEMINI: gemini_answers("call"),
    },
    "text or a call": {RESPONSES: st.one_of(responses_answers("text"), responses_answers("call"))},
    "one call": {CHAT: chat_answers(calls=1)},
    "calls": {CHAT: st.one_of(chat_answers(calls=2), chat_answers(calls=3))},
    "an empty call": {
        CHAT: st.one_of(
            chat_answers(calls=1, written=_EMPTY), chat_answers(calls=2, written=_EMPTY)
        ),
        RESPONSES: responses_answers("call", written=_EMPTY),
        ANTHROPIC: anthropic_answers("call", written=_EMPTY),
        GEMINI: gemini_answers("call", values=st.just({})),
    },
    "a full call": {
        CHAT: st.one_of(chat_answers(calls=1, written=_FULL), chat_answers(calls=2, written=_FULL)),
        ANTHROPIC: anthropic_answers("call", written=_FULL),
        GEMINI: gemini_answers("call", values=simple_objects),
    },
    "a result": {ANTHROPIC: anthropic_answers("search")},
    "choices": {
        CHAT: st.one_of(chat_answers(choices=2), chat_answers(choices=3)),
        COMPLETIONS: completion_answers(choices=2),
        GEMINI: gemini_answers(choices=2),
    },
    "audio": {CHAT: chat_answers("audio")},
    "usage": {CHAT: chat_answers(counted=True), COMPLETIONS: completion_answers(counted=True)},
    "usage of one choice": {CHAT: chat_answers(choices=1, counted=True)},
    "stopped": {CHAT: chat_answers(calls=0)},
}

# -- tools -----------------------------------------------------------------------------------------


def dialect_of(chunks: Sequence[Chunk]) -> str:
    """Of a clean stream."""
    _, first = chunks[0]
    if "candidates" in first:
        return GEMINI
    if "type" in first:
        return ANTHROPIC if first["type"] == "message_start" else RESPONSES
    return COMPLETIONS if first["object"] == "text_completion" else CHAT


def dicts(chunks: Sequence[Chunk]) -> Iterator[dict[str, Any]]:
    """The payloads that are objects."""
    return (payload for _, payload in chunks if isinstance(payload, dict))


def pick(draw: Draw, options: Sequence[T]) -> T:
    """One of these."""
    return draw(st.sampled_from(options))


def insert(
    chunks: list[Chunk], draw: Draw, new: Chunk, first: int = 0, last: int | None = None
) -> list[Chunk]:
    """The chunks with the new one at drawn places, not before ``first`` nor behind ``last``."""
    end = len(chunks) if last is None else last
    for place in sorted(draw(st.lists(st.integers(first, end), min_size=1, max_size=3)))[::-1]:
        chunks.insert(place, copy.deepcopy(new))
    return renumbered(chunks)


def renumbered(chunks: list[Chunk]) -> list[Chunk]:
    """The chunks, with the sequence numbers of Responses as they should be."""
    for number, payload in enumerate(dicts(chunks)):
        if "sequence_number" in payload:
            payload["sequence_number"] = number
    return chunks


Path: TypeAlias = tuple[Any, ...]

#: Where pieces of texts, and of arguments, stand in a payload.
_TEXTS: dict[str, list[Path]] = {
    CHAT: [
        ("choices", 0, "delta", "content"),
        ("choices", 0, "delta", "refusal"),
        ("choices", 0, "delta", "reasoning_content"),
    ],
    COMPLETIONS: [("choices", 0, "text")],
    RESPONSES: [("delta",)],
    ANTHROPIC: [("delta", "text"), ("delta", "thinking")],
    GEMINI: [("candidates", 0, "content", "parts", 0, "text")],
}
_ARGUMENTS: dict[str, list[Path]] = {
    CHAT: [("choices", 0, "delta", "tool_calls", 0, "function", "arguments")],
    RESPONSES: [("delta",)],
    ANTHROPIC: [("delta", "partial_json")],
}


def recut(
    chunks: list[Chunk], pieces: Callable[[str], list[str]], *, calls: bool = False
) -> list[Chunk]:
    """Each chunk with a piece of text (or of a call's arguments), as one chunk for each piece."""
    dialect = dialect_of(chunks)
    paths = (_ARGUMENTS if calls else _TEXTS)[dialect]
    result: list[Chunk] = []
    for event, payload in chunks:
        found = [path for path in paths if _at(payload, path)]
        if not found or (dialect == RESPONSES and ("arguments" in payload["type"]) != calls):
            result.append((event, payload))
            continue
        cut = pieces(_at(payload, found[0]))
        for number, piece in enumerate(cut, 1):
            one = copy.deepcopy(payload)
            _at(one, found[0][:-1])[found[0][-1]] = piece
            if number < len(cut):
                _unfinish(one)
            result.append((event, one))
    return renumbered(result)


def _at(value: Any, path: Path) -> Any:
    for step in path:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def _unfinish(payload: dict[str, Any]) -> None:
    for candidate in payload.get("candidates", []):
        candidate.pop("finishReason", None)
