"""Clean streams of OpenAI Chat Completions, and of the older Completions."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from hypothesis import strategies as st

from .model import Answer, Block, Call, Choice, Citation, Media, Reasoning, Refusal, Text, Usage
from .parts import (
    Chunk,
    Draw,
    arguments,
    citations,
    cut,
    cut_bytes,
    interleave,
    names,
    nonempty,
    numbers,
    padding,
    texts,
    tokens,
)

__all__ = [
    "annotation",
    "chat_answers",
    "chat_usage",
    "completion_answers",
    "write_openai_chat",
    "write_openai_completions",
]

COUNTED = st.builds(
    Usage,
    input_tokens=numbers,
    output_tokens=numbers,
    total_tokens=numbers,  # the sum only by chance: it is to be taken as it comes
    cached_tokens=numbers,
    reasoning_tokens=numbers,
)
USAGES = st.none() | COUNTED

#: Without calls; with them it is always ``tool_calls``.
REASONS = st.sampled_from(["stop", "stop", "length", "content_filter"])

_CUSTOM = st.sampled_from([False, False, False, True])
_COUNTS = st.sampled_from([0, 0, 1, 2, 3])
_SPOKEN = st.sampled_from(["text", "text", "refusal", "nothing"])


@st.composite
def _texts(draw: st.DrawFn, first: str | None) -> list[Block]:
    """At most one of each kind, in the order of OpenAI's own services."""
    blocks: list[Block] = []
    if first == "thought" or draw(st.booleans()):
        blocks.append(Reasoning(draw(nonempty)))
    if first == "audio":
        return [*blocks, Media(draw(st.binary(min_size=1, max_size=12)), "audio", draw(texts))]
    spoken = first if first == "text" else draw(_SPOKEN)
    if spoken == "text":
        blocks.append(Text(draw(nonempty), tuple(draw(citations))))
    if spoken == "refusal":
        blocks.append(Refusal(draw(nonempty)))
    return blocks


@st.composite
def _calls(draw: st.DrawFn, calls: int | None, written: st.SearchStrategy[str]) -> list[Call]:
    made = []
    for number in range(draw(_COUNTS) if calls is None else calls):
        id = f"call_{draw(tokens)}{number}"
        if calls is None and draw(_CUSTOM):
            made.append(Call(id, draw(names), draw(nonempty), "custom"))
        else:
            made.append(Call(id, draw(names), draw(written)))
    return made


@st.composite
def chat_answers(
    draw: st.DrawFn,
    first: str | None = None,
    calls: int | None = None,
    choices: int | None = None,
    written: st.SearchStrategy[str] = arguments,
    counted: bool = False,
) -> Answer:
    """Answers that Chat Completions can carry.

    Args:
        first: ``text``, ``thought``, ``audio``: what each choice has; ``None``: anything else than
            ``audio``.
        calls: function calls in each choice; ``None``: any number, custom ones among them.
        choices: how many; ``None``: mostly one.
        written: the arguments.
        counted: there is usage.
    """
    made = []
    for _ in range(choices or draw(st.sampled_from([1, 1, 1, 2, 3]))):
        blocks = draw(_texts(first))
        called = [] if first == "audio" else draw(_calls(calls, written))
        reason = "tool_calls" if called else draw(REASONS)
        made.append(Choice((*blocks, *called), reason))
    usage = draw(COUNTED if counted else USAGES)
    return Answer(f"chatcmpl-{draw(tokens)}", "gpt-4o-2024-08-06", tuple(made), usage)


@st.composite
def completion_answers(
    draw: st.DrawFn, first: str | None = None, choices: int | None = None, counted: bool = False
) -> Answer:
    """Answers that Completions can carry: text; some with ``first="text"``."""
    made = []
    for _ in range(choices or draw(st.sampled_from([1, 1, 2, 3]))):
        text = draw(nonempty if first else texts)
        made.append(Choice((Text(text),) if text else (), draw(REASONS)))
    usage = draw(COUNTED if counted else USAGES)
    return Answer(f"cmpl-{draw(tokens)}", "davinci:2023-07-21-v2", tuple(made), usage)


# -- writing -------------------------------------------------------------------------------------


def chat_usage(usage: Usage) -> dict[str, Any]:
    """``usage`` as OpenAI writes it."""
    return {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.total_tokens,
        "prompt_tokens_details": {"cached_tokens": usage.cached_tokens, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": usage.reasoning_tokens,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


def write_openai_chat(answer: Answer, draw: Draw) -> list[Chunk]:
    """The stream, as if asked for with ``include_usage`` (if there is usage)."""
    choices: list[list[dict[str, Any]]] = [
        [
            {"index": index, "delta": delta, "logprobs": None, "finish_reason": None}
            for delta in _chat_deltas(choice, draw)
        ]
        for index, choice in enumerate(answer.choices)
    ]
    for deltas, choice in zip(choices, answer.choices):
        deltas.append({**deltas[0], "delta": {}, "finish_reason": choice.finish})
    head = {
        "id": answer.id,
        "object": "chat.completion.chunk",
        "created": 1727346173,
        "model": answer.model,
        "service_tier": "default",
        "system_fingerprint": "fp_5050236cbd",
    }
    chunks: list[Chunk] = [
        (None, {**head, "choices": [choice], "usage": None, "obfuscation": padding(number)})
        for number, choice in enumerate(interleave(draw, choices))
    ]
    if answer.usage is None:
        for _, payload in chunks:
            del payload["usage"]
    else:
        usage = chat_usage(answer.usage)
        last = {**head, "choices": [], "usage": usage, "obfuscation": padding(7)}
        chunks.append((None, last))
    return [*chunks, (None, "[DONE]")]


def _chat_deltas(choice: Choice, draw: Draw) -> list[dict[str, Any]]:
    first: dict[str, Any] = {"role": "assistant", "content": "", "refusal": None}
    kinds = {type(block) for block in choice.blocks}
    if Refusal in kinds:
        first |= {"content": None, "refusal": ""}
    elif Text not in kinds and choice.blocks:
        first["content"] = None
    deltas = [first]
    calls = 0
    for block in choice.blocks:
        if isinstance(block, Call):
            deltas += _call_deltas(block, calls, draw)
            calls += 1
        else:
            deltas += _block_deltas(block, draw)
    if len(choice.blocks) == calls == 1:  # a single call is announced at once
        first |= deltas.pop(1)
    return deltas


def _block_deltas(block: Block, draw: Draw) -> list[dict[str, Any]]:
    match block:
        case Text():
            notes = [{"annotations": [annotation(citation)]} for citation in block.citations]
            return [{"content": piece} for piece in cut(draw, block.text)] + notes
        case Refusal():
            return [{"refusal": piece} for piece in cut(draw, block.text)]
        case Reasoning():
            return [{"reasoning_content": piece} for piece in cut(draw, block.text)]
    assert isinstance(block, Media)
    return [{"audio": piece} for piece in _audio(block, draw)]


def annotation(citation: Citation) -> dict[str, Any]:
    """A citation, as in a chat delta."""
    place: dict[str, Any] = {"start_index": citation.start, "end_index": citation.end}
    source = {"url": citation.url, "title": citation.title}
    return {"type": "url_citation", "url_citation": {**place, **source}}


def _audio(block: Media, draw: Draw) -> list[dict[str, Any]]:
    words = [{"transcript": piece} for piece in cut(draw, block.transcript)]
    data = [{"data": b64encode(piece).decode()} for piece in cut_bytes(draw, block.data)]
    return [{"id": "audio_1"}, *interleave(draw, [words, data]), {"expires_at": 1727349773}]


def _call_deltas(call: Call, index: int, draw: Draw) -> list[dict[str, Any]]:
    field, kind = ("input", "custom") if call.kind == "custom" else ("arguments", "function")
    start = {"index": index, "id": call.id, "type": kind, kind: {"name": call.name, field: ""}}
    more = [{"index": index, kind: {field: piece}} for piece in cut(draw, call.arguments)]
    return [{"tool_calls": [piece]} for piece in [start, *more]]


def write_openai_completions(answer: Answer, draw: Draw) -> list[Chunk]:
    """The stream, as if asked for with ``include_usage`` (if there is usage)."""
    choices = []
    for index, choice in enumerate(answer.choices):
        text = "".join(block.text for block in choice.blocks if isinstance(block, Text))
        pieces = [(piece, None) for piece in cut(draw, text)]
        choices.append(
            [
                {"text": piece, "index": index, "logprobs": None, "finish_reason": reason}
                for piece, reason in [*pieces, ("", choice.finish)]
            ]
        )
    head = {"id": answer.id, "object": "text_completion", "created": 1774963528}
    tail: dict[str, Any] = {"model": answer.model}
    if answer.usage is not None:
        tail["usage"] = None
    chunks: list[Chunk] = [
        (None, {**head, "choices": [choice], **tail}) for choice in interleave(draw, choices)
    ]
    if answer.usage is not None:
        usage = chat_usage(answer.usage)
        chunks.append((None, {**head, "choices": [], **tail, "usage": usage}))
    return [*chunks, (None, "[DONE]")]
