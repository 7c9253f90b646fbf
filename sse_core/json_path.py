"""Leaf by leaf to JSON: values addressed by path become a text that is only ever appended to.

Gemini streams the arguments of a function call so: ``{"jsonPath": "$.city", "stringValue": "Lon",
"willContinue": true}``. This file knows paths and values, and nothing of those names.

Rules of this file:

1. What was returned is never taken back: an update that does not fit behind it is refused.
2. A refused update has changed nothing.
3. An update costs its own length, and what it closes.
"""

from __future__ import annotations

import re
from json import JSONEncoder, loads
from typing import TYPE_CHECKING, Any, TypeAlias

from .errors import UsageError

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["PathWriter"]

STATE_VERSION = 1

Steps: TypeAlias = "list[str | int]"

# The rest of a quoted name, from the quote on. (Each character has one way to match.)
_quoted = r"{0}((?:[^{0}\\]|\\.)*){0}"
_step = re.compile(
    rf"""\.([^.*\[\]]+)|\[(?:(0|[1-9][0-9]{{0,15}})|{_quoted.format("'")}|{_quoted.format('"')})\]""",
    re.DOTALL,
).match
_in_quotes = re.compile(r'\\.|"', re.DOTALL)
_surrogate = re.compile("[\ud800-\udfff]")
_encode = JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


class PathWriter:
    """Give it the updates as they come, take out the text that each of them appends.

    >>> writer = PathWriter()
    >>> writer.write("$.city", "Lon", more=True)
    '{"city":"Lon'
    >>> writer.write("$.city", "don")
    'don"'
    >>> writer.write("$.stops[0].days", 2)
    ',"stops":[{"days":2'
    >>> writer.finish()
    '}]}'

    Joined, that is one JSON text. It must be possible to write it in the order of the updates: they
    may continue the string that was written last, if it may go on; name a member that an open
    object lacks; or take the next position of an open array. All else is closed on the way.
    """

    __slots__ = ("_finished", "_in_string", "_path", "_started", "_taken")

    def __init__(self) -> None:
        self._path: Steps = []  # of the value written last
        # Of each container on it: the names an object has, the number of items of an array.
        self._taken: list[set[str] | int] = []
        self._started = False
        self._in_string = False  # the value is a string that may go on
        self._finished = False

    def write(self, path: str, value: Any, more: bool = False) -> str | None:
        """The text that this update appends; ``None`` if it cannot be appended.

        Args:
            path: ``$``, then any of ``.name``, ``['name']``, ``["name"]`` and ``[position]``.
            value: a str, int, float, bool or None. At the path of a string that may go on, a str
                is its next part.
            more: whether a str may go on. Anything else is whole.

        ``None`` says that the path is malformed, leads back to what is closed, skips a position or
        contradicts what is there (an array, an object, a value), or that JSON cannot write the
        value. Nothing has changed then.

        Raises:
            UsageError: the writer is finished.
        """
        if self._finished:
            raise UsageError("write() after finish()")
        steps, text = _steps(path), _leaf(value)
        if steps is None or text is None:
            return None
        is_text = isinstance(value, str)
        before: str | None
        if is_text and self._in_string and steps == self._path:
            before, text = "", text[1:]
        else:
            before = self._move(steps)
        if before is None:
            return None
        self._started = True
        self._in_string = is_text and more
        return before + (text[:-1] if self._in_string else text)

    @property
    def in_string(self) -> bool:
        """Whether the value written last is a string that goes on."""
        return self._in_string

    def finish(self) -> str:
        """The text that closes what is open; ``{}`` if nothing was written. Then it is ``""``."""
        if self._finished:
            return ""
        text = self._closing(0) if self._started else "{}"
        self._finished = True
        return text

    def _move(self, steps: Steps) -> str | None:
        """The text from the last value to one at ``steps``; ``None`` if there is no way."""
        shared = 0
        for step, current in zip(steps, self._path):
            if step != current:
                break
            shared += 1
        if self._started and shared in (len(steps), len(self._path)):
            return None  # it is there, or what is there is a value and no container
        if self._started and not _fits(steps[shared], self._taken[shared]):
            return None
        kept = shared + 1 if self._started else 0  # so many containers stay open
        if any(not _fits(step, 0) for step in steps[kept:] if isinstance(step, int)):
            return None
        pieces = [self._closing(kept), ",", _label(steps[shared])] if kept else []
        for step in steps[kept:]:
            pieces += "[" if isinstance(step, int) else "{", _label(step)
        del self._taken[kept:]
        self._taken += [0 if isinstance(step, int) else set() for step in steps[kept:]]
        for depth in range(shared, len(steps)):
            step, taken = steps[depth], self._taken[depth]
            if isinstance(taken, set):
                taken.add(str(step))
            else:
                self._taken[depth] = taken + 1
        self._path = steps
        return "".join(pieces)

    def _closing(self, kept: int) -> str:
        """What closes the value written last, and all containers but so many."""
        brackets = ["}" if isinstance(taken, set) else "]" for taken in self._taken[kept:]]
        return ('"' if self._in_string else "") + "".join(reversed(brackets))

    # -- state is data -----------------------------------------------------------------------

    def dump(self) -> dict[str, Any]:
        """The whole writer as JSON values: ``load`` makes one that goes on where this one is."""
        taken = [sorted(taken) if isinstance(taken, set) else taken for taken in self._taken]
        return {
            "version": STATE_VERSION,
            "path": list(self._path),
            "taken": taken,
            "started": self._started,
            "in_string": self._in_string,
            "finished": self._finished,
        }

    @classmethod
    def load(cls, state: dict[str, Any]) -> Self:
        """The writer that ``dump`` described.

        Raises:
            UsageError: the state is of another version, or not a state at all.
        """
        writer = cls.__new__(cls)
        writer.__setstate__(state)
        return writer

    def __getstate__(self) -> dict[str, Any]:
        return self.dump()

    def __setstate__(self, state: dict[str, Any]) -> None:
        try:
            if state["version"] != STATE_VERSION:
                raise UsageError(f"a state of version {state['version']}, not {STATE_VERSION}")
            self._path = list(state["path"])
            taken = state["taken"]
            self._taken = [set(names) if isinstance(names, list) else names for names in taken]
            self._started, self._in_string = state["started"], state["in_string"]
            self._finished = state["finished"]
        except (KeyError, TypeError) as error:
            raise UsageError(f"not a state of {type(self).__name__}: {error!r}") from None


def _fits(step: str | int, taken: set[str] | int) -> bool:
    """Whether a container can have a child there, behind those it has."""
    if isinstance(taken, int):
        return step == taken
    return isinstance(step, str) and step not in taken


def _label(step: str | int) -> str:
    return f"{_leaf(step)}:" if isinstance(step, str) else ""


def _leaf(value: Any) -> str | None:
    """The JSON text of a value that holds no others; ``None`` if it is not one."""
    if value is not None and not isinstance(value, (str, int, float)):
        return None
    try:
        text = _encode(value)
    except ValueError:  # an infinity, or an int of more digits than Python writes
        return None
    # Half a surrogate pair cannot be encoded. As an escape it can, and the next part may join it.
    return _surrogate.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _steps(path: object) -> Steps | None:
    """The names and positions of a path; ``None`` if it is malformed."""
    if not isinstance(path, str) or path[:1] != "$":
        return None
    steps: Steps = []
    at = 1
    while at < len(path):
        found = _step(path, at)
        if found is None:
            return None
        at = found.end()
        name, position, single, double = found.groups()
        if position is not None:
            steps.append(int(position))
        elif name is not None:
            steps.append(name)
        else:
            try:
                steps.append(loads(f'"{_requoted(single) if double is None else double}"'))
            except ValueError:
                return None
    return steps


def _requoted(name: str) -> str:
    """A name in single quotes as it is in double ones: another character has to be escaped."""
    return _in_quotes.sub(lambda found: {"\\'": "'", '"': '\\"'}.get(found[0], found[0]), name)
