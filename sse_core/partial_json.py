"""Half-arrived JSON: feed it text, read the value so far.

``PartialJSON`` builds the value; ``Nesting`` only finds where the text ends. The grammar is that of
RFC 8259 and nothing else; the values are those of ``json.loads``.

Rules of this file:

1. No character is looked at more than a fixed number of times, whatever the cutting, and reading
   the value copies nothing: it *is* the tree that grows.
2. Nothing recurses: depth is what ``max_depth`` says, and never what a stack can bear.
3. A string grows in place. CPython's ``+=`` extends a string that nothing but one local variable
   refers to; so it is taken out of its container first, and put back after.
4. The state is the text so far. ``dump`` hands it out, and ``load`` reads it again.
"""

from __future__ import annotations

import re
from io import StringIO
from sys import maxsize
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from .errors import InputTypeError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Self

    Run: TypeAlias = Callable[[str, int], re.Match[str]]

__all__ = ["NOTHING", "Change", "Completed", "Grown", "Nesting", "PartialJSON"]

STATE_VERSION = 1

# Between strings, numbers and words: state -> what may come, but for white space -> next state.
_digit = "0123456789"
_value = dict.fromkeys(_digit + "-tfn", "atom") | {'"': "string", "{": "object", "[": "array"}
MARKS: Final[dict[str, dict[str, str]]] = {
    "value": _value,
    "array": {**_value, "]": "close"},
    "item": {",": "value", "]": "close"},
    "object": {'"': "name", "}": "close"},
    "key": {'"': "name"},
    "colon": {":": "value"},
    "member": {",": "key", "}": "close"},
    "end": {},
}

# Within numbers and words: place -> what may come -> next place.
WORDS: Final = {"true": True, "false": False, "null": None}
_end = dict.fromkeys(",]} \t\n\r", "end")
_exponent = {"e": "e", "E": "e", **_end}
_first = {"0": "0", **dict.fromkeys(_digit[1:], "1")}
ATOMS: Final[dict[str, dict[str, str]]] = {
    "": {"-": "-", **_first, "t": "t", "f": "f", "n": "n"},
    "-": _first,
    "0": {".": ".", **_exponent},
    "1": {".": ".", **_exponent, **dict.fromkeys(_digit, "1")},
    ".": dict.fromkeys(_digit, ".1"),
    ".1": {**_exponent, **dict.fromkeys(_digit, ".1")},
    "e": {"+": "e+", "-": "e+", **dict.fromkeys(_digit, "e1")},
    "e+": dict.fromkeys(_digit, "e1"),
    "e1": {**_end, **dict.fromkeys(_digit, "e1")},
    **{word[:n]: {word[n]: word[: n + 1]} for word in WORDS for n in range(1, len(word))},
}
# Where a number may end, and what makes it one; and where more digits change nothing.
NUMBERS: Final[dict[str, type[int] | type[float]]] = {"0": int, "1": int, ".1": float, "e1": float}
DIGITS: Final = frozenset(("1", ".1", "e1"))

ESCAPES: Final = {f"\\{name}": char for name, char in zip('"\\/bfnrt', '"\\/\b\f\n\r\t')}

# These four match nothing, too, so that there always is a match.
_plain: Run = re.compile('[^"\\\\\x00-\x1f\ud800-\udfff]*').match  # type: ignore[assignment]
_white: Run = re.compile("[ \t\n\r]*").match  # type: ignore[assignment]
_digits: Run = re.compile("[0-9]*").match  # type: ignore[assignment]
_cut_escape: Run = re.compile(r"(?:\\(?:u[0-9a-fA-F]{0,3})?)?").match  # type: ignore[assignment]
_code_unit = re.compile("[\ud800-\udfff]|\\\\u([0-9a-fA-F]{4})").match
_marks = re.compile(r'["\[\]{}]|\\.?', re.DOTALL).findall  # an escaped character is none

_new = tuple.__new__  # a change without the detour through its class


class _Nothing:
    """The class of ``NOTHING``."""

    def __repr__(self) -> str:
        return "NOTHING"

    def __reduce__(self) -> str:
        return "NOTHING"  # copied and pickled by name, so that ``is`` goes on to work


#: What ``PartialJSON.value`` is before the first value begins (``None`` would be JSON's null).
NOTHING: Final = _Nothing()


class Grown(NamedTuple):
    """The string at ``path`` grew by ``text``, which is never empty.

    The first growth is how a string is announced; an empty one is only ever ``Completed``.
    """

    path: tuple[str | int, ...]
    text: str


class Completed(NamedTuple):
    """The value at ``path`` is whole. Arrays and objects come after what is in them.

    ``value`` is the value itself, no copy: it changes no more, unless its key comes again.
    """

    path: tuple[str | int, ...]
    value: Any


#: What ``feed`` tells of: a text that grew, or a value that is whole.
Change: TypeAlias = Grown | Completed


class PartialJSON:
    """Feed it text cut anywhere, read the value so far.

    >>> json = PartialJSON()
    >>> json.feed('{"city": "Lon')
    [Grown(path=('city',), text='Lon')]
    >>> json.value
    {'city': 'Lon'}
    >>> json.feed('don", "days": 1')
    [Grown(path=('city',), text='don'), Completed(path=('city',), value='London')]
    >>> json.feed('4}')
    [Completed(path=('days',), value=14), Completed(path=(), value={'city': 'London', 'days': 14})]

    What holds of the value from one character to the next:

    * it keeps its type; a string only grows; of a container, only the last child changes;
    * ``true``, ``false``, ``null`` and numbers appear when they are whole, a number when a comma,
      a bracket, white space or ``close`` ended it; a key appears when its value begins;
    * an escape that is not whole adds nothing. A high surrogate waits for its low partner, and one
      that stays alone becomes U+FFFD, however they are written;
    * a key that comes again begins its value anew, in the place the key has: the last one wins,
      as in ``json.loads``. This is the one exception to the first line.

    A path is a tuple of keys (str) and positions (int); ``()`` is the outermost value. A change
    costs its path, so time grows with depth times changes; ``changes=False`` makes none.

    Text that is not JSON raises nothing: ``problem`` says so, the value stays what it was, and
    what comes later is ignored. All is the same for every cutting, but how a growth is divided.
    """

    __slots__ = (
        "_after", "_atom", "_box", "_boxes", "_changes", "_closed", "_held", "_max_depth",
        "_offset", "_pieces", "_problem", "_root", "_slot", "_slots", "_state", "_telling", "_text",
    )  # fmt: skip

    def __init__(self, *, max_depth: int | None = 128, changes: bool = True) -> None:
        """A decoder at the start of a text.

        Args:
            max_depth: how many arrays and objects may stand within each other; ``None``: any
                number, though Python compares and prints deep trees by recursion.
            changes: whether to tell what changed. If not, ``feed`` is faster and returns ``[]``.

        Raises:
            UsageError: ``max_depth`` is not None or an int of at least 1.
        """
        if max_depth is not None and (type(max_depth) is not int or max_depth < 1):
            raise UsageError(f"max_depth must be None or an int of at least 1, not {max_depth!r}")
        self._max_depth = max_depth
        self._telling = changes
        self._changes: list[Change] = []
        self._text = StringIO()  # all of it
        self._closed, self._problem, self._offset = False, "", 0
        self._state = "value"  # a key of ``READERS``
        self._held = ""  # the end of the text, as long as it may be half a character
        self._pieces: list[str] = []  # what came of a number, a word or a key
        self._atom = ""  # the place in ``ATOMS``
        # Where the value being read stands. The outermost is in a list that nobody sees.
        self._root: list[Any] = []
        self._box: Any = self._root
        self._slot: Any = 0  # its key or position
        self._after = "end"  # the state after it
        self._boxes: list[Any] = []  # the containers around the box, and what is open in each
        self._slots: list[Any] = []

    # -- the verbs ---------------------------------------------------------------------------

    def feed(self, text: str) -> list[Change]:
        """What this text changed, in order. ``text`` may be cut anywhere.

        Raises:
            InputTypeError: ``text`` is not a str.
            UsageError: the decoder is closed.
        """
        if not isinstance(text, str):
            raise InputTypeError(f"feed() takes str, not {type(text).__name__}")
        if self._closed:
            raise UsageError("feed() after close()")
        if self._problem:
            return []
        self._text.write(text)
        if self._held:
            self._offset -= len(self._held)
            text, self._held = self._held + text, ""
        at, end = 0, len(text)
        while at < end:
            at = READERS[self._state](self, text, at)
        if not self._problem:
            self._offset += end
        changes, self._changes = self._changes, []
        return changes

    def close(self) -> list[Change]:
        """The end of the text. Only now is a number whole that is all of it.

        Idempotent. If the outermost value is not whole, ``problem`` becomes ``"cut"``.
        """
        if not (self._closed or self._problem):
            if self._state == "atom" and self._atom in NUMBERS and not self._boxes:
                self._end_number("", self._atom, 0)
            self._problem = self._problem or ("" if self._state == "end" else "cut")
        self._closed = True
        changes, self._changes = self._changes, []
        return changes

    # -- what can be asked -------------------------------------------------------------------

    @property
    def value(self) -> Any:
        """The value so far; ``NOTHING`` before it begins. No copy: for reading only.

        To keep a string that still grows is to have the next ``feed`` copy it.
        """
        return self._root[0] if self._root else NOTHING

    @property
    def complete(self) -> bool:
        """Whether the text so far is JSON: the outermost value is whole."""
        return self._state == "end" and not self._problem

    @property
    def problem(self) -> str:
        """``""`` if there is none; ``"invalid"``, ``"too deep"`` or, once closed, ``"cut"``.

        A number of more digits than Python reads (4300) is invalid, as in ``json.loads``.
        """
        return self._problem

    @property
    def offset(self) -> int:
        """Characters taken so far; after a problem, those before the one that is wrong."""
        return self._offset

    # -- reading: each takes what it can from ``at`` on, or gets out of the way; returns its end

    def _read_mark(self, text: str, at: int) -> int:
        then = MARKS[self._state].get(text[at])
        if then is None:
            stop = _white(text, at).end()
            return stop if stop > at else self._fail("invalid", at)
        self._state = then
        if then == "string":
            self._put("")
        elif then == "atom":
            self._atom = ""
            return at
        elif then == "object":
            return self._open({}, "member", at)
        elif then == "array":
            return self._open([], "item", at)
        elif then == "close":
            self._close_box()
        return at + 1

    def _read_name(self, text: str, at: int) -> int:
        piece, at = self._read_characters(text, at)
        self._pieces.append(piece)
        if at < len(text):
            self._slot = "".join(self._pieces)
            self._pieces.clear()
            self._state = "colon"
            at += 1
        return at

    def _read_string(self, text: str, at: int) -> int:
        piece, at = self._read_characters(text, at)
        box, slot = self._box, self._slot
        string = box[slot]
        box[slot] = None  # now ``string`` is the one reference
        string += piece
        box[slot] = string
        if piece and self._telling:
            self._tell(Grown, piece)
        if at < len(text):
            self._completed(string)
            at += 1
        return at

    def _read_characters(self, text: str, at: int) -> tuple[str, int]:
        """What the text adds to a string or key, and its end: at a quote, if all is well."""
        stop = _plain(text, at).end()
        pieces = [text[at:stop]]
        while stop < len(text) and text[stop] != '"':
            char, at = _character(text, stop)
            if not char:
                if at < len(text):
                    at = self._fail("invalid", at)
                else:
                    self._held = text[stop:]
                return "".join(pieces), at
            stop = _plain(text, at).end()
            pieces += char, text[at:stop]
        return "".join(pieces), stop

    def _read_atom(self, text: str, at: int) -> int:
        start, place = at, self._atom
        while at < len(text):
            then = ATOMS[place].get(text[at])
            if then is None:
                return self._fail("invalid", at)
            if then == "end":
                return self._end_number(text[start:at], place, at)
            at += 1
            place = then
            if place in DIGITS:
                at = _digits(text, at).end()
            elif place in WORDS:
                self._pieces.clear()
                self._put(WORDS[place])
                self._completed(WORDS[place])
                return at
        self._atom = place
        self._pieces.append(text[start:])
        return at

    def _end_number(self, piece: str, place: str, at: int) -> int:
        self._pieces.append(piece)
        try:
            value = NUMBERS[place]("".join(self._pieces))
        except ValueError:  # more digits than Python is willing to read
            return self._fail("invalid", at)
        self._pieces.clear()
        self._put(value)
        self._completed(value)
        return at

    def _put(self, value: Any) -> None:
        box = self._box
        if type(box) is list:
            self._slot = len(box)
            box.append(value)
        else:
            box[self._slot] = value

    def _completed(self, value: Any) -> None:
        self._state = self._after
        if self._telling:
            self._tell(Completed, value)

    def _open(self, box: Any, after: str, at: int) -> int:
        if self._max_depth is not None and len(self._boxes) >= self._max_depth:
            return self._fail("too deep", at)
        self._put(box)
        self._boxes.append(self._box)
        self._slots.append(self._slot)
        self._box, self._after = box, after
        return at + 1

    def _close_box(self) -> None:
        whole, self._box, self._slot = self._box, self._boxes.pop(), self._slots.pop()
        self._after = ("member" if type(self._box) is dict else "item") if self._boxes else "end"
        self._completed(whole)

    def _tell(self, kind: type[Change], what: Any) -> None:
        path = (*self._slots[1:], self._slot) if self._slots else ()
        self._changes.append(_new(kind, (path, what)))

    def _fail(self, problem: str, at: int) -> int:
        self._problem = problem
        self._offset += at
        return maxsize

    # -- state is data -----------------------------------------------------------------------

    def dump(self) -> dict[str, Any]:
        """The whole decoder as JSON values: ``load`` makes one that goes on where this one is."""
        text = self._text.getvalue()
        return {
            "version": STATE_VERSION,
            "text": text[: self._offset + 1] if self._problem else text,
            "closed": self._closed,
            "max_depth": self._max_depth,
            "changes": self._telling,
        }

    @classmethod
    def load(cls, state: dict[str, Any]) -> Self:
        """The decoder that ``dump`` described.

        Raises:
            UsageError: the state is of another version, or not a state at all.
        """
        decoder = cls.__new__(cls)
        decoder.__setstate__(state)
        return decoder

    __getstate__ = dump

    def __setstate__(self, state: dict[str, Any]) -> None:
        try:
            if state["version"] != STATE_VERSION:
                raise UsageError(f"a state of version {state['version']}, not {STATE_VERSION}")
            self.__init__(max_depth=state["max_depth"], changes=False)  # type: ignore[misc]
            self.feed(state["text"])
            if state["closed"]:
                self.close()
            self._telling = state["changes"]
        except (KeyError, TypeError) as error:
            raise UsageError(f"not a state of {type(self).__name__}: {error!r}") from None


READERS: Final[dict[str, Callable[[PartialJSON, str, int], int]]] = {
    **dict.fromkeys(MARKS, PartialJSON._read_mark),
    "name": PartialJSON._read_name,
    "string": PartialJSON._read_string,
    "atom": PartialJSON._read_atom,
}


def _character(text: str, at: int) -> tuple[str, int]:
    """The character at ``at`` and its end, where it is not simply written.

    ``""`` and where it goes wrong, if it does; if that is the end of the text, it is cut.
    """
    if (char := ESCAPES.get(text[at : at + 2])) is not None:
        return char, at + 2
    unit, after = _utf16_unit(text, at)
    if not 0xD800 <= unit < 0xE000:
        return chr(unit) if unit >= 0 else "", after
    if unit < 0xDC00:
        low, end = _utf16_unit(text, after)
        if 0xDC00 <= low < 0xE000:
            return chr(0x10000 + ((unit - 0xD800) << 10) + low - 0xDC00), end
        if low < 0 and end == len(text):
            return "", end
    return "\ufffd", after


def _utf16_unit(text: str, at: int) -> tuple[int, int]:
    r"""What a ``\u`` escape or a surrogate is, and its end; or -1 and how far it could be one."""
    found = _code_unit(text, at)
    if found is None:
        return -1, _cut_escape(text, at).end()
    return int(found[1], 16) if found[1] else ord(found[0]), found.end()


class Nesting:
    """Finds where a text of JSON ends, for a fraction of what parsing it costs.

    It counts brackets outside of strings and checks nothing: of what is not JSON it says something,
    the same for every cutting. Its attributes are all its state.

    Attributes:
        depth: how many arrays and objects are open.
        in_string, escaped: whether a string is open, and its next character escaped.
        closed: whether an outermost array, object or string was closed; never a number or word.
        junk: whether anything but white space came after that.
    """

    __slots__ = ("closed", "depth", "escaped", "in_string", "junk")

    def __init__(self) -> None:
        self.depth = 0
        self.in_string = self.escaped = self.closed = self.junk = False

    def feed(self, text: str) -> None:
        """More of the text, cut anywhere."""
        if self.closed:
            self.junk = self.junk or _white(text, 0).end() < len(text)
            return
        depth, in_string = self.depth, self.in_string
        marks = iter(_marks(text, 1 if self.escaped else 0))
        self.escaped = self.escaped and not text
        for mark in marks:
            if mark == '"':
                in_string = not in_string
            elif mark[0] == "\\":
                self.escaped = len(mark) == 1
                continue
            elif in_string:
                continue
            else:
                depth += 1 if mark in "[{" else -1
            if depth <= 0 and not in_string:
                self.closed = True
                # If a mark is left, it is junk; if none is, this was the last of its kind.
                rest = _white(text, text.rfind(mark) + 1)
                self.junk = any(marks) or rest.end() < len(text)
                break
        self.depth, self.in_string = depth, in_string
