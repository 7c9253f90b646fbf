"""What the streams of every dialect are made of: texts, JSON, cuttings, bytes. Nothing filters."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, Protocol, TypeAlias, TypeVar

from hypothesis import strategies as st

from .model import Citation, canonical

__all__ = [
    "Chunk",
    "Draw",
    "arguments",
    "citations",
    "cut",
    "cut_bytes",
    "interleave",
    "json_text",
    "names",
    "nonempty",
    "numbers",
    "objects",
    "padding",
    "simple_objects",
    "texts",
    "to_bytes",
    "tokens",
]

#: An event: its name, and its payload: a dict, or text such as ``[DONE]``.
Chunk: TypeAlias = tuple[str | None, Any]
T = TypeVar("T")


class Draw(Protocol):
    """Draws from a strategy: the parameter of a composite, or ``data.draw``."""

    def __call__(self, strategy: st.SearchStrategy[T], /) -> T: ...


# -- strategies --------------------------------------------------------------------------------

_PIECES = [
    "[DONE]", "\n", "\n\n", "\r\n", "\r", "\u2028", "\u2029", "\x85", "\x0b\x0c\x1c", "\0",
    "😀", "👩‍💻", "𝒳", "é", "e\u0301", "\ufeff", "\ufffd", "-step-step", "10000", "aa",
    " ", ": ", '"', "\\",
    "\\u0041", "\\ud83d", '{"a": 1}', "{}", "[", "null", "data: x\n\n", "event: ping", "<think>",
    "Hello", " world",
]  # fmt: skip
_CHARACTERS = st.characters(exclude_categories=["Cs"])

#: Any text but the empty one, biased to what readers go wrong with. No surrogates.
nonempty: st.SearchStrategy[str] = st.lists(
    st.one_of(st.sampled_from(_PIECES), st.text(_CHARACTERS, min_size=1, max_size=5)),
    min_size=1,
    max_size=4,
).map("".join)

#: A text, empty or not.
texts = st.one_of(st.just(""), nonempty)

#: Ids and signatures.
tokens = st.text("abcXYZ019", min_size=4, max_size=8)

#: Of tools. None begins with itself: a name that is cut in two has one reading.
names = st.sampled_from(["get_weather", "search", "edit_existing_file", "run-code", "f", "a.b"])

#: Counts of tokens.
numbers = st.integers(0, 5000)

#: What a double holds exactly, so that no parser changes it.
_NUMBERS = st.one_of(
    st.integers(-(2**53) + 1, 2**53 - 1), st.floats(allow_nan=False, allow_infinity=False)
)
_SCALARS: st.SearchStrategy[Any] = st.one_of(st.none(), st.booleans(), _NUMBERS, texts)
_KEYS = st.one_of(st.sampled_from(["a", "b", "location", "path"]), texts)
_SIMPLE_KEYS = st.sampled_from(["a", "b2", "location", "unit_name", "items"])


def _values(keys: st.SearchStrategy[str], min_size: int) -> st.SearchStrategy[Any]:
    def containers(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        return st.one_of(
            st.lists(inner, min_size=min_size, max_size=3),
            st.dictionaries(keys, inner, min_size=min_size, max_size=3),
        )

    return st.recursive(_SCALARS, containers, max_leaves=5)


#: Objects of JSON values.
objects: st.SearchStrategy[dict[str, Any]] = st.dictionaries(_KEYS, _values(_KEYS, 0), max_size=3)

#: Those that Gemini's ``partialArgs`` can carry: plain keys, and no empty object or array.
simple_objects: st.SearchStrategy[dict[str, Any]] = st.dictionaries(
    _SIMPLE_KEYS, _values(_SIMPLE_KEYS, 1), min_size=1, max_size=3
)

_SPELLINGS: list[dict[str, Any]] = [
    {},
    {"ensure_ascii": False},
    {"ensure_ascii": False, "separators": (",", ":")},
    {"indent": 2},
]


def _spelled(value: dict[str, Any], spelling: dict[str, Any]) -> str:
    return json.dumps(value, **spelling)


#: Texts of JSON objects, as models write them.
arguments: st.SearchStrategy[str] = st.one_of(
    st.just("{}"), st.builds(_spelled, objects, st.sampled_from(_SPELLINGS))
)

#: Sources, none to a few.
citations: st.SearchStrategy[list[Citation]] = st.lists(
    st.builds(
        Citation,
        url=st.sampled_from(["https://example.com/", "https://example.org/é?q=1"]),
        title=nonempty,
        start=st.integers(0, 3),
        end=st.integers(3, 9),
    ),
    max_size=2,
    unique=True,  # one that is said twice can be taken for one
)

# -- cutting -------------------------------------------------------------------------------------

#: ``None``: everywhere.
_PLACES: st.SearchStrategy[list[int] | None] = st.one_of(
    st.lists(st.integers(0, 65535), max_size=4), st.none()
)


def _places(draw: Draw, size: int) -> list[int]:
    """Where to cut something of this size, never at its ends."""
    if size < 2:
        return []
    drawn = draw(_PLACES)
    if drawn is None:
        return list(range(1, size))
    return sorted({1 + place % (size - 1) for place in drawn})


def cut(draw: Draw, text: str) -> list[str]:
    """The text in pieces, none of them empty."""
    ends = [*_places(draw, len(text)), len(text)]
    return [text[start:end] for start, end in zip([0, *ends], ends) if text]


def cut_bytes(draw: Draw, data: bytes) -> list[bytes]:
    """As ``cut``."""
    ends = [*_places(draw, len(data)), len(data)]
    return [data[start:end] for start, end in zip([0, *ends], ends) if data]


_ORDERS = st.lists(st.integers(0, 7), max_size=24)


def interleave(draw: Draw, lists: Sequence[Sequence[T]]) -> list[T]:
    """One list of them all; each keeps its own order. First the first of the first."""
    waiting = [list(items) for items in lists if items]
    result: list[T] = []
    order: Iterator[int] = iter([0, *draw(_ORDERS)] if len(waiting) > 1 else [])
    while waiting:
        turn = next(order, len(result)) % len(waiting)
        result.append(waiting[turn].pop(0))
        if not waiting[turn]:
            del waiting[turn]
    return result


def padding(number: int) -> str:
    """What the official service puts in ``obfuscation``: noise of any length."""
    return "zGkR3tLq0aVbXy7P"[: 1 + number * 5 % 16]


# -- bytes ---------------------------------------------------------------------------------------

_SURROGATE = re.compile("[\ud800-\udfff]")


def json_text(value: Any, *, ascii: bool = False, indent: int | None = None) -> str:
    """A payload as text. Halves of surrogate pairs are escaped: nothing else can carry them."""
    if ascii or indent is not None:
        return json.dumps(value, ensure_ascii=ascii, indent=indent)
    return _SURROGATE.sub(lambda half: f"\\u{ord(half[0]):04x}", canonical(value))


def to_bytes(chunks: Sequence[Chunk], eol: str = "\n", *, ascii: bool = False) -> bytes:
    """The stream. ``ascii``: characters beyond it are written as escapes."""
    lines: list[str] = []
    for event, payload in chunks:
        if event is not None:
            lines.append(f"event: {event}")
        text = payload if isinstance(payload, str) else json_text(payload, ascii=ascii)
        lines += [f"data: {text}", ""]
    return "".join(line + eol for line in lines).encode()
