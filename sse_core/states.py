"""Objects as JSON values and back, for ``StreamDecoder.dump`` and ``load``.

JSON's own values stand for themselves. Everything else is ``{"~": kind, ...}``: tuples, bytes,
sets, mappings with other keys than text, named values, and the objects of the classes that the
caller names. An object or a list that is met again is a reference to the first one, by its number
in the order of the walk, so that what was shared stays shared.
"""

from __future__ import annotations

from binascii import a2b_base64, b2a_base64
from typing import TYPE_CHECKING, Any

from .values import Value

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["from_plain", "to_plain"]

PLAIN = (str, int, float, bool, type(None))


def to_plain(value: Any) -> Any:
    """The value as JSON values. Of an object, the attributes that its ``FORGET`` does not name."""
    return _Writer().plain(value)


def from_plain(plain: Any, classes: Iterable[type]) -> Any:
    """The inverse of ``to_plain``; only objects of these classes are made.

    Raises:
        KeyError, TypeError, ValueError, IndexError: it is not one of our states.
    """
    return _Reader({kind.__name__: kind for kind in classes}).value(plain)


class _Writer:
    def __init__(self) -> None:
        self._seen: dict[int, int] = {}
        self._kept: list[Any] = []  # so that no id is used twice

    def plain(self, value: Any) -> Any:
        if isinstance(value, PLAIN):
            return value
        if isinstance(value, dict):
            if "~" not in value and all(type(key) is str for key in value):
                return {key: self.plain(item) for key, item in value.items()}
            pairs = [[self.plain(key), self.plain(item)] for key, item in value.items()]
            return {"~": "dict", "pairs": pairs}
        if isinstance(value, bytes):
            return {"~": "bytes", "base64": b2a_base64(value, newline=False).decode()}
        if isinstance(value, Value):
            return {"~": type(value).__name__, "value": [self.plain(item) for item in value]}
        if isinstance(value, (tuple, frozenset, set)):
            items = value if isinstance(value, tuple) else sorted(value)
            return {"~": type(value).__name__, "items": [self.plain(item) for item in items]}
        if id(value) in self._seen:
            return {"~": "same", "as": self._seen[id(value)]}
        self._seen[id(value)] = len(self._seen)
        self._kept.append(value)
        if isinstance(value, list):
            return [self.plain(item) for item in value]
        forget = getattr(value, "FORGET", ())
        names = [name for name in _attributes(value) if name not in forget]
        fields = {name: self.plain(getattr(value, name)) for name in names}
        return {"~": type(value).__name__, "fields": fields}


class _Reader:
    def __init__(self, classes: dict[str, type]) -> None:
        self._classes = classes
        self._seen: list[Any] = []

    def value(self, plain: Any) -> Any:
        if isinstance(plain, list):
            items: list[Any] = []
            self._seen.append(items)
            items.extend(self.value(item) for item in plain)
            return items
        if not isinstance(plain, dict):
            return plain
        if "~" not in plain:
            return {key: self.value(item) for key, item in plain.items()}
        kind = plain["~"]
        if kind == "dict":
            return {self.value(key): self.value(item) for key, item in plain["pairs"]}
        if kind == "bytes":
            return a2b_base64(plain["base64"])
        if kind == "same":
            return self._seen[plain["as"]]
        if kind in BUILTINS:
            return BUILTINS[kind](self.value(item) for item in plain["items"])
        if "value" in plain:
            named = (self.value(item) for item in plain["value"])
            return tuple.__new__(self._classes[kind], named)
        return self._object(self._classes[kind], plain["fields"])

    def _object(self, kind: type, fields: dict[str, Any]) -> Any:
        made: Any = object.__new__(kind)
        self._seen.append(made)
        for name, value in {**getattr(kind, "FORGET", {}), **fields}.items():
            setattr(made, name, value if name not in fields else self.value(value))
        return made


BUILTINS: dict[str, Any] = {"tuple": tuple, "set": set, "frozenset": frozenset}


def _attributes(value: Any) -> Iterable[str]:
    slots: tuple[str, ...] = getattr(type(value), "__slots__", ())
    return slots or vars(value)
