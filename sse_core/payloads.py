"""Payloads: the text of an event to JSON values, by the caller's parser or by ours.

Whoever parses, the result is the same: what a faster parser refuses, and what it is known to read
otherwise, is parsed by the standard library.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import json_text
from .merge import MergeLimit

if TYPE_CHECKING:
    from collections.abc import Callable

    from .merge import Merger

__all__ = ["Loads"]

_scan: Callable[[str, int], tuple[Any, int]] = json_text.strict.scan_once  # type: ignore[attr-defined]


class Loads:
    """Text to JSON value: the caller's parser where it agrees with ours, else ours."""

    def __init__(self, fast: Callable[[str], Any] | None, max_depth: int | None) -> None:
        self._fast = fast
        self._max_depth = max_depth
        # Parsers differ on what no stream should hold; what this one does is asked, not assumed.
        self._loses_integers = fast is not None and not _agrees(fast, "[18446744073709551616]")
        self._takes_constants = fast is not None and _accepts(fast, "[NaN]")

    def __call__(self, data: str, merge: Merger) -> Any:
        limit = self._max_depth
        if limit is not None and json_text.deeper_than(limit, data):
            raise MergeLimit("max_json_depth", limit, limit + 1)
        if self._fast is not None and self._is_trusted(data):
            try:
                return self._fast(data)
            except Exception:  # anybody's parser, anybody's exception: the next lines decide
                pass
        try:
            # What ``decode`` does, without its detours: white space around the value is rare.
            value, end = _scan(data, 0)
            return value if end == len(data) else json_text.strict.decode(data)
        except StopIteration:
            return json_text.strict.decode(data)  # which says what is wrong
        except json_text.NotANumber:
            value = json_text.invalid_as_none.decode(data)
            merge.habit("J4")
            return value

    def _is_trusted(self, data: str) -> bool:
        digits = json_text.TOO_MANY_DIGITS
        if len(data) >= digits and json_text.has_digits(data, digits):
            return False
        if self._takes_constants and ("NaN" in data or "Infinity" in data):
            return False
        return not (self._loses_integers and json_text.has_digits(data, json_text.BIG_INTEGER))

    def several(self, text: str, sentinel: str) -> tuple[list[Any], list[int]]:
        """The JSON values at the beginning of the text, and where each ends."""
        values, places, at = [], [], 0
        while at < len(text):
            try:
                value, at = json_text.strict.raw_decode(text, at)
            except (ValueError, RecursionError):
                break
            values.append(value)
            places.append(at)
            while at < len(text) and text[at] in " \t\r\n":
                at += 1
        if at < len(text) and text[at:].strip() != sentinel:
            values.clear()
        return values, places


def _agrees(fast: Callable[[str], Any], text: str) -> bool:
    try:
        value = fast(text)
    except Exception:
        return True  # what it refuses is parsed again
    ours = json_text.strict.decode(text)
    return bool(value == ours and type(value[0]) is type(ours[0]))


def _accepts(fast: Callable[[str], Any], text: str) -> bool:
    try:
        fast(text)
    except Exception:
        return False
    return True
