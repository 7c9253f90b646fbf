"""What a dialect is: a module that says how its chunks become the verbs of ``merge.Merger``.

A dialect translates and keeps nothing. What it does not know it passes on with ``unknown()``;
what is wrong but readable it reads, and says so with ``anomaly(quirk)``. Names from the wire are
dict keys only, never attributes and never positions in a list.
"""

from __future__ import annotations

from typing import Any, Protocol

from ..merge import Merger

__all__ = ["Dialect", "read_error"]


class Dialect(Protocol):
    """The names that a dialect's module defines."""

    #: The name that users write.
    NAME: str

    def read(self, chunk: dict[str, Any], event: str, merge: Merger) -> None:
        """Translate one chunk: a parsed JSON object, and the type of the event it came in."""


def read_error(error: Any, merge: Merger) -> None:
    """An error in any of the shapes providers send: an object, a text, one within the other."""
    inner = error.get("error", error) if isinstance(error, dict) else error
    if not isinstance(inner, dict):
        outer = error if isinstance(error, dict) else {}
        merge.fail(_word(inner), _word(outer.get("code")), _word(outer.get("type")))
        return
    message = next((inner[key] for key in ("message", "detail") if inner.get(key)), None)
    merge.fail(_word(message) or "no message", _word(inner.get("code")), _word(inner.get("type")))


def _word(value: Any) -> str:
    return "" if value is None else value if isinstance(value, str) else repr(value)
