"""OpenAI's legacy Completions, and the servers that speak it. Text only.

A chunk has the shape of the whole answer: each choice brings its next ``text``. Source:
openai-python 3.52.0, ``types/completion.py``; recorded streams. ``finish_reason`` is null on the
wire until the end, whatever the SDK's types say; TGI sends ``""``, and one usage for each prompt.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

from .base import integer, obj, objects, read_error, text, word
from .openai_chat import native_answer, read_reason, read_usage

if TYPE_CHECKING:
    from ..merge import Merger
    from ..response import Choice, Response

__all__ = ["NAME", "Chunk", "ChunkChoice", "Logprobs", "native", "read", "signs"]

NAME = "openai-completions"


class Logprobs(TypedDict, total=False):
    """Four lists side by side, one entry for each token."""

    tokens: list[str]
    token_logprobs: list[float | None]
    top_logprobs: list[dict[str, float] | None] | None
    text_offset: list[int]


class ChunkChoice(TypedDict, total=False):
    """Several choices, or several prompts, come mixed, told apart by ``index``."""

    index: int
    text: str | None
    finish_reason: str | None
    logprobs: Logprobs | None


class Chunk(TypedDict, total=False):
    """As in Chat Completions, but for the choices."""

    id: str
    object: str
    created: int
    model: str
    choices: list[ChunkChoice] | None
    usage: dict[str, Any] | None
    system_fingerprint: str | None


PARALLEL = ("tokens", "token_logprobs", "top_logprobs", "text_offset")
CHUNK = frozenset(("id", "object", "created", "model", "choices", "usage", "error", "obfuscation"))
CHOICE = frozenset(("index", "text", "finish_reason", "logprobs"))


def signs(chunk: dict[str, Any], event: str) -> str:
    """The name of the object, or choices with a text."""
    if chunk.get("object") == "text_completion":
        return "object is text_completion"
    choices = chunk.get("choices")
    first = choices[0] if isinstance(choices, list) and choices else None
    if isinstance(first, dict) and "text" in first and "delta" not in first:
        return "choices with a text"
    return ""


def read(chunk: dict[str, Any], event: str, merge: Merger) -> bool:
    """One chunk."""
    failed = bool(chunk.get("error")) or event == "error"
    if not failed and "choices" not in chunk:
        return False
    choices = chunk.get("choices")
    if isinstance(choices, list) and any(obj(choice).get("delta") for choice in choices):
        return False
    if text(chunk.get("object")).startswith("chat.completion"):
        return False
    merge.begin(word(chunk.get("id")), text(chunk.get("model")))
    created = chunk.get("created")
    if created:
        merge.once({"created": created})
        if merge.head not in (None, created):
            merge.habit("C7")
        merge.head = created
    if failed:
        read_error(chunk, merge)
    for choice in objects(choices, merge):
        _read_choice(choice, merge)
    merge.metadata({name: value for name, value in chunk.items() if name not in CHUNK})
    if chunk.get("usage"):
        read_usage(chunk["usage"], chunk, merge)
    return True


def _read_choice(choice: dict[str, Any], merge: Merger) -> None:
    index = choice.get("index", 0)
    if type(index) is not int:
        index = integer(index, merge) or 0
    merge.text(index, text(choice.get("text")))
    logprobs = choice.get("logprobs")
    if isinstance(logprobs, dict):
        for name in PARALLEL:
            if isinstance(logprobs.get(name), list):
                merge.logprobs(index, name, logprobs[name])
    merge.metadata({k: v for k, v in choice.items() if k not in CHOICE}, index)
    read_reason(choice.get("finish_reason"), index, merge)


def native(response: Response) -> dict[str, Any]:
    """A ``text_completion`` object."""
    return native_answer(response, "text_completion", _native_choice)


def _native_choice(choice: Choice) -> dict[str, Any]:
    return {
        **choice.metadata,
        "index": choice.index,
        "text": choice.text,
        "logprobs": {name: list(values) for name, values in choice.logprobs.items()} or None,
        "finish_reason": None if choice.finish is None else choice.finish.raw,
    }
