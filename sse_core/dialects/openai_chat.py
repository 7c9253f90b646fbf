"""OpenAI Chat Completions, and the many servers that speak it. Text only, so far.

Events without a type; each is a chunk, the last one ``[DONE]``. A choice's text comes in
``delta.content``, its end in ``finish_reason``. Source: openai-python, type definitions in
``types/chat/chat_completion_chunk.py``, and recorded streams of two dozen servers.
"""

from __future__ import annotations

from typing import Any

from ..merge import Merger
from .base import read_error

__all__ = ["NAME", "read"]

NAME = "openai-chat"

#: The provider's words for why it stopped; any other is "other", or "stop" after a plain end.
REASONS = {
    "stop": "stop",
    "eos": "stop",
    "end_turn": "stop",
    "length": "length",
    "model_length": "length",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    "content_filter": "content_filter",
    "sensitive": "content_filter",
    "error": "error",
}

#: Not a reason, though it stands in its place (Ollama and KoboldCpp send these on every chunk).
NO_REASON = frozenset(("", "null"))


def read(chunk: dict[str, Any], event: str, merge: Merger) -> None:
    """One chunk."""
    error = chunk.get("error")
    if error or event == "error":
        merge.begin()
        read_error(chunk, merge)
    choices = chunk.get("choices")
    if "choices" not in chunk:
        if not error and event != "error":
            merge.unknown()
        return
    merge.begin(_text(chunk.get("id")), _text(chunk.get("model")))
    for choice in choices if isinstance(choices, list) else ():
        if isinstance(choice, dict):
            _read_choice(choice, merge)
        else:
            merge.unknown()


def _read_choice(choice: dict[str, Any], merge: Merger) -> None:
    index = choice.get("index", 0)
    if type(index) is not int or index < 0:
        index = 0
    delta = choice.get("delta")
    if not isinstance(delta, dict):
        # Servers that fake a stream send the whole message; others repeat what was streamed.
        message = choice.get("message")
        delta = message if isinstance(message, dict) and not merge.spoke(index) else {}
    _read_content(delta.get("content"), index, merge)
    if any(value for key, value in delta.items() if key not in ("role", "content")):
        merge.unknown()
    reason = choice.get("finish_reason")
    if isinstance(reason, str) and reason not in NO_REASON:
        merge.finish(index, REASONS.get(reason, "other"), reason)


def _read_content(content: Any, index: int, merge: Merger) -> None:
    if isinstance(content, str):
        merge.text(index, content)
    elif isinstance(content, list):
        for part in content:
            if isinstance(part, dict) and part.get("type") == "text":
                merge.text(index, _text(part.get("text")))
            else:
                merge.unknown()
    elif content is not None:
        merge.unknown()


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
