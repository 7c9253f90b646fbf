"""What JSON text means here: one policy for payloads and for tool arguments.

* Values are what the standard library's parser makes of the text: ints stay ints however large
  (up to its guard of 4,300 digits), a key that comes twice has its last value, ``1e999`` is
  ``inf``.
* ``NaN``, ``Infinity`` and ``-Infinity`` are not JSON. In a payload they read as ``None`` (quirk
  J4); arguments that hold one are invalid.
* Halves of surrogate pairs can be written (``"\\ud83d"``) but mean nothing alone: what is handed
  out has U+FFFD instead (J3), so that every string can be encoded.
* Depth is counted here, not by whatever stack a parser has, so that the verdict is the same
  everywhere.
"""

from __future__ import annotations

import re
from json import JSONDecoder, JSONEncoder
from typing import Any

__all__ = [
    "BIG_INTEGER",
    "TOO_MANY_DIGITS",
    "NotANumber",
    "deeper_than",
    "has_digits",
    "invalid_as_none",
    "mended",
    "parse_arguments",
    "strict",
    "weight",
    "write",
]

SURROGATE = re.compile("[\ud800-\udfff]")
ESCAPED_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


#: So many digits make an integer that not every parser keeps.
BIG_INTEGER = 19
#: So many that the standard library refuses it.
TOO_MANY_DIGITS = 4301


class NotANumber(ValueError):
    """``NaN`` or an infinity stands where a value should."""


def _refuse(constant: str) -> Any:
    raise NotANumber(constant)


#: Text to value, or ``ValueError``, or ``RecursionError``.
strict = JSONDecoder(parse_constant=_refuse)

#: The same, with ``None`` for what is not a number.
invalid_as_none = JSONDecoder(parse_constant=lambda constant: None)

#: Value to text: short, and as written.
write = JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def mended(value: Any) -> Any:
    """The value with U+FFFD for each half of a surrogate pair, two that meet joined."""
    if isinstance(value, str):
        if value.isascii() or not SURROGATE.search(value):
            return value
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if isinstance(value, dict):
        return {mended(key): mended(item) for key, item in value.items()}
    if isinstance(value, list):
        return [mended(item) for item in value]
    return value


def has_digits(text: str, count: int) -> bool:
    """Whether so many digits stand in a row. (A regular expression takes six times as long.)"""
    zeros = text.encode("utf-8", "replace").translate(_DIGITS_AS_ZEROS)
    return zeros.find(b"0" * count) >= 0  # four times as fast as `in`


def weight(value: Any) -> int:
    """About how many characters this JSON value is: what a limit on memory counts of it."""
    size, rest = 0, [value]
    while rest:
        value = rest.pop()
        size += 2
        if isinstance(value, str):
            size += len(value)
        elif isinstance(value, dict):
            rest += value
            rest += value.values()
        elif isinstance(value, list):
            rest += value
    return size


def parse_arguments(text: str, kind: str = "function") -> Any:
    """The arguments of a tool call as values; ``None`` if they are not JSON."""
    if kind == "custom":
        return text
    try:
        value = strict.decode(text)
    except (ValueError, RecursionError):
        return None
    needs_mending = ESCAPED_SURROGATE.search(text) or not text.isascii()
    return mended(value) if needs_mending else value


def deeper_than(limit: int, text: str) -> bool:
    """Whether arrays and objects stand within each other more than ``limit`` deep.

    Of text that is no JSON it says something, the same every time.
    """
    if len(text) <= 2 * limit or text.count("[") + text.count("{") <= limit:
        return False  # what is well-formed and so short cannot be
    # Without strings, and with braces for brackets, each round takes away the innermost level.
    braces = rest = _NO_BRACKET.sub("", _STRING.sub("", text)).translate(_AS_BRACES)
    for _ in range(limit):
        if not rest:
            return False
        size, rest = len(rest), rest.replace("{}", "")
        if len(rest) == size:  # they do not match: it is cut, or no JSON
            return _deepest(braces) > limit
    return bool(rest)


_DIGITS_AS_ZEROS = bytes.maketrans(b"123456789", b"000000000")
_STRING = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"?', re.DOTALL)
_NO_BRACKET = re.compile(r"[^\[\]{}]+")
_AS_BRACES = str.maketrans("[]", "{}")


def _deepest(braces: str) -> int:
    """How deep braces stand within each other, whether they match or not."""
    depth = deepest = 0
    for brace in braces:
        depth += 1 if brace == "{" else -1
        deepest = max(deepest, depth)
    return deepest
