"""What a dialect is: a module that says how its chunks become the verbs of ``merge.Merger``.

A dialect translates and keeps nothing. What it does not know it passes on with ``unknown()`` or
``metadata()``; what is wrong but readable it reads, and says so with ``anomaly(quirk)``, or with
``habit(quirk)`` if every chunk is likely to have it. Names from the wire are dict keys only, never
attributes and never positions in a list. No value is trusted to be of its type.
"""

from __future__ import annotations

from binascii import a2b_base64
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from ..merge import Merger
    from ..response import Response

__all__ = ["Dialect", "bytes_of", "integer", "obj", "objects", "read_error", "text", "word"]


class Dialect(Protocol):
    """The names that a dialect's module defines."""

    @property
    def NAME(self) -> str:
        """The name that users write; a plain constant will do."""

    def read(self, chunk: dict[str, Any], event: str, merge: Merger) -> bool:
        """Translate one chunk: a parsed JSON object, and the type of the event it came in.

        Returns whether it is one of this dialect. If not, no verb was called.
        """

    def signs(self, chunk: dict[str, Any], event: str) -> str:
        """What about this chunk shows that it is of this dialect, in words; ``""`` if nothing."""

    def native(self, response: Response) -> dict[str, Any]:
        """The response in the provider's own shape for answers that are not streamed."""


def read_error(error: Any, merge: Merger) -> None:
    """An error in any of the shapes providers send: an object, a text, one within the other."""
    if isinstance(error, list) and error:
        error = error[0]  # X10
    inner = (error.get("error") or error) if isinstance(error, dict) else error
    outer = error if isinstance(error, dict) else {}
    if not isinstance(inner, dict):
        type = outer.get("error_type") or outer.get("type")
        merge.fail(word(inner) or "no message", word(outer.get("code")), word(type))
        return
    message = next((inner[key] for key in ("message", "detail") if inner.get(key)), None)
    code = next((inner[key] for key in CODES if inner.get(key) is not None), None)
    type = inner.get("type") or inner.get("status") or inner.get("error_type")
    merge.fail(word(message) or "no message", word(code), word(type))


#: Where the code of an error stands (X9, X14).
CODES = ("code", "status_code", "http_status_code", "statusCode")


def text(value: Any) -> str:
    """The value if it is text, else ``""``."""
    return value if isinstance(value, str) else ""


def word(value: Any) -> str:
    """A value that should be a word, as text: ids and codes come as numbers, too."""
    return "" if value is None else value if isinstance(value, str) else repr(value)


def obj(value: Any) -> dict[str, Any]:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def objects(value: Any, merge: Merger) -> list[dict[str, Any]]:
    """The objects in a list; ``null`` is an empty one, and what is no object is unknown."""
    if not isinstance(value, list):
        if value is not None:
            merge.unknown()
        return []
    found = [item for item in value if isinstance(item, dict)]
    if len(found) < len(value):
        merge.unknown()
    return found


def integer(value: Any, merge: Merger) -> int | None:
    """An index that is no int: ``"0"`` and ``1.0`` are read as meant (J5), all else is none."""
    if value is None:
        return None
    merge.habit("J5")
    is_whole = (isinstance(value, float) and value.is_integer()) or (
        isinstance(value, str) and value.isdecimal() and len(value) < 20
    )
    return int(value) if is_whole else None


def bytes_of(base64: Any) -> bytes:
    """The bytes of base64 text, of either alphabet, padded or not; ``b""`` if it is none."""
    if not isinstance(base64, str):
        return b""
    standard = base64.replace("-", "+").replace("_", "/")
    try:
        return a2b_base64(standard + "==")  # more padding than is needed is passed over
    except ValueError:
        return b""
