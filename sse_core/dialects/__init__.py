"""The dialects: one file for each wire format, imported when it is first asked for.

To add one: write the file (``base.py`` says what it has to define), and name it here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import UsageError

if TYPE_CHECKING:
    from .base import Dialect
    from .json import JSON as JSON

__all__ = ["DIALECTS", "JSON", "Dialect", "detect", "find"]

#: The registry: name → module in this folder. Detection asks them in this order.
DIALECTS = {
    "openai-responses": "openai_responses",
    "anthropic": "anthropic",
    "gemini": "gemini",
    "openai-chat": "openai_chat",
    "openai-completions": "openai_completions",
    "text": "text",
    "json": "json",
}


def find(dialect: str | Dialect) -> Dialect:
    """The dialect of this name; what is no name is a dialect already (``JSON(...)``, your own).

    Raises:
        UsageError: there is none; the message names those there are.
    """
    if not isinstance(dialect, str):
        return dialect
    if dialect not in DIALECTS:
        raise UsageError(f"no dialect {dialect!r}; there are: auto, {', '.join(sorted(DIALECTS))}")
    from importlib import import_module  # here, so that importing sse_core does not pay for it

    module: Any = import_module(f".{DIALECTS[dialect]}", __name__)
    made: Dialect = module.JSON() if dialect == "json" else module
    return made


def detect(chunk: dict[str, Any], event: str) -> tuple[str, str]:
    """The dialect that this chunk is of, and what shows it; ``("", "")`` if nothing does."""
    for name in DIALECTS:
        signs = find(name).signs(chunk, event)
        if signs:
            return name, signs
    return "", ""


def __getattr__(name: str) -> Any:
    if name in ("Dialect", "JSON"):
        from importlib import import_module

        module = import_module(".base" if name == "Dialect" else ".json", __name__)
        return getattr(module, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
