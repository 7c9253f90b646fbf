"""``Coalescer``: fewer, larger deltas. ``HoldBack``: text that is shown only when it may be.

Both are exact for any cutting of their input: what has been released at any point of the text
depends on the text alone, and in the end it is all of it (``HoldBack``: up to what it stops at).
They hold no clock: where time matters, ``at`` is seconds of any clock that never goes back.
"""

from __future__ import annotations

import re
from collections import deque
from math import isfinite
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from .errors import UsageError
from .events import ReasoningDelta, RefusalDelta, TextDelta, ToolCallDelta, ToolResultDelta

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from typing_extensions import Self

    from .events import StreamEvent

__all__ = ["Coalescer", "HoldBack"]

STATE_VERSION = 1

#: The deltas that are merged; the field of their text. All others pass, and so do media.
MERGED: dict[type, str] = {
    TextDelta: "text",
    RefusalDelta: "text",
    ReasoningDelta: "text",
    ToolCallDelta: "arguments",
    ToolResultDelta: "text",
}

#: Behind what there is a boundary. Scripts that put no spaces between words have one behind each
#: character: kana, Chinese characters and their punctuation, full width forms.
BOUNDARIES: dict[str, re.Pattern[str]] = {
    "char": re.compile(r"(?s:.*)(?s:.)"),
    "word": re.compile(
        "(?s:.*)[\\s\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]"
    ),
    "line": re.compile(r"(?s:.*)\n"),
}


class Coalescer:
    """Stream events in, the same stream with fewer deltas out.

    >>> pace = Coalescer(boundary="word")
    >>> pace.push([TextDelta(0, 0, "Hel"), TextDelta(0, 0, "lo wor")])[0].text
    'Hello '
    >>> pace.flush()[0].text
    'wor'

    Text of a block waits until one of these: a boundary, ``max_chars``, ``max_delay``, an event
    that is no delta, ``flush``. What one push releases of a block is one delta, so even without
    any of the arguments a push of many deltas becomes one for each block.

    Every other event passes, behind all that waited when it came: an end still follows its deltas.
    Between two such events the deltas of one block keep their order; blocks that are open side by
    side do not wait for each other.

    Args:
        max_chars: release at every so many characters, counted from the last boundary.
        max_delay: release what has waited so many seconds; then ``push`` needs ``at``, and
            ``due`` is to be called at ``deadline``.
        boundary: release up to the last end of a ``"word"`` (white space, or a character of a
            script that has none between words), a ``"line"`` (LF), or a ``"char"``.
        graphemes: how many characters of a text surely make whole ones, for users who see a flag
            or an accent apart from its letter as a fault: all but the last grapheme cluster. What
            is beyond waits for more, or for the next event. Half a surrogate pair waits by itself.
    """

    __slots__ = ("_boundary", "_graphemes", "_last", "_max_chars", "_max_delay", "_waiting")

    def __init__(
        self,
        *,
        max_chars: int | None = None,
        max_delay: float | None = None,
        boundary: Literal["char", "word", "line"] | None = None,
        graphemes: Callable[[str], int] | None = None,
    ) -> None:
        if max_chars is not None and (type(max_chars) is not int or max_chars < 1):
            raise UsageError(f"max_chars must be None or an int of at least 1, not {max_chars!r}")
        if max_delay is not None and not (type(max_delay) in (int, float) and max_delay >= 0):
            raise UsageError(f"max_delay must be None or seconds of at least 0, not {max_delay!r}")
        if boundary is not None and boundary not in BOUNDARIES:
            raise UsageError(f"boundary must be None, char, word or line, not {boundary!r}")
        if graphemes is not None and not callable(graphemes):
            raise UsageError("graphemes must be a function from text to a number of characters")
        self._max_chars = max_chars
        self._max_delay = max_delay
        self._boundary = boundary
        self._graphemes = graphemes
        self._waiting: dict[tuple[type, int, int], _Waiting] = {}
        self._last: float | None = None  # the time of the last push

    # -- the verbs -------------------------------------------------------------------------------

    def push(self, events: Iterable[StreamEvent], at: float | None = None) -> list[StreamEvent]:
        """What these events release, in order, and the events that are no deltas.

        Raises:
            UsageError: ``max_delay`` was given and ``at`` is no number of seconds, or goes back.
        """
        at = self._time(at)
        out: list[StreamEvent] = []
        for event in events:
            field = MERGED.get(type(event))
            if field is None:
                out += self.flush()
                out.append(event)
                continue
            delta: Any = event
            key = type(delta), delta.choice, delta.block
            if key not in self._waiting:
                self._waiting[key] = _Waiting()
            self._waiting[key].add(getattr(delta, field), delta.raw, at)
        for key, waiting in list(self._waiting.items()):
            count = self._released(waiting)
            if count:
                waiting.since = at  # what stays has just come
            out += self._release(key, self._due(waiting, at) or count, at)
        return out

    def due(self, at: float) -> list[StreamEvent]:
        """What has waited for ``max_delay`` now, boundary or not. Without that, nothing.

        Raises:
            UsageError: as ``push``.
        """
        self._time(at)
        out: list[StreamEvent] = []
        for key, waiting in list(self._waiting.items()):
            out += self._release(key, self._due(waiting, at), None)
        return out

    def flush(self) -> list[StreamEvent]:
        """All that waits, as it is; for the end, or whenever it must be seen now."""
        out = [_delta(key, waiting.text(), waiting.raw) for key, waiting in self._waiting.items()]
        self._waiting.clear()
        return out

    @property
    def deadline(self) -> float | None:
        """When to call ``due``; ``None`` if nothing waits for a time."""
        times = [waiting.since for waiting in self._waiting.values() if waiting.since is not None]
        return min(times) + self._max_delay if times and self._max_delay is not None else None

    # -- how much --------------------------------------------------------------------------------

    def _due(self, waiting: _Waiting, at: float | None) -> int:
        """All that waits, if it has waited long enough; else 0."""
        if self._max_delay is None or at is None or waiting.since is None:
            return 0
        if waiting.since + self._max_delay > at:
            return 0
        waiting.new.clear()
        waiting.behind = 0
        waiting.since = None  # what is half has no deadline until more comes
        return waiting.size

    def _released(self, waiting: _Waiting) -> int:
        """How many of the characters that wait the text itself releases.

        Only what is new is looked at; ``behind`` is how much came since the last place to release
        at. The last such place is the same as if each character had come alone.
        """
        new, place = "".join(waiting.new), 0
        waiting.new.clear()
        waiting.behind += len(new)
        found = self._boundary and BOUNDARIES[self._boundary].match(new)
        if found:
            waiting.behind = len(new) - found.end()
            place = waiting.size - waiting.behind
        if self._max_chars is not None and waiting.behind >= self._max_chars:
            waiting.behind %= self._max_chars
            place = waiting.size - waiting.behind
        return place

    def _release(self, key: Key, count: int, at: float | None) -> list[StreamEvent]:
        """So many characters of what waits, but nothing that is half."""
        if not count:
            return []
        waiting = self._waiting[key]
        text = waiting.text()
        if "\ud800" <= text[count - 1] <= "\udbff":
            count -= 1
        if self._graphemes is not None and count:
            count = min(count, max(0, self._graphemes(text[:count])))
        if count == len(text):
            del self._waiting[key]
        else:
            waiting.keep(text[count:], at)
        return [_delta(key, text[:count], waiting.raw)] if count else []

    def _time(self, at: float | None) -> float | None:
        if self._max_delay is None:
            return None
        if type(at) not in (int, float) or at is None or not isfinite(at):
            raise UsageError(f"with max_delay, at must be a number of seconds, not {at!r}")
        if self._last is not None and at < self._last:
            raise UsageError(f"at went back by {self._last - at} s: take a monotonic clock")
        self._last = at
        return at

    # -- state -----------------------------------------------------------------------------------

    def dump(self) -> dict[str, Any]:
        """The state as JSON values; ``raw`` and ``graphemes`` are not kept."""
        return {
            "version": STATE_VERSION,
            "max_chars": self._max_chars,
            "max_delay": self._max_delay,
            "boundary": self._boundary,
            "last": self._last,
            "waiting": [
                [
                    kind.__name__,
                    choice,
                    block,
                    _apart(waiting.text()),
                    waiting.behind,
                    waiting.since,
                ]
                for (kind, choice, block), waiting in self._waiting.items()
            ],
        }

    @classmethod
    def load(cls, state: dict[str, Any], *, graphemes: Callable[[str], int] | None = None) -> Self:
        """What ``dump`` described.

        Raises:
            UsageError: this is no state, or one of another version.
        """
        kinds = {kind.__name__: kind for kind in MERGED}
        try:
            _check_version(state)
            made = cls(
                max_chars=state["max_chars"],
                max_delay=state["max_delay"],
                boundary=state["boundary"],
                graphemes=graphemes,
            )
            made._last = state["last"]
            for kind, choice, block, pieces, behind, since in state["waiting"]:
                waiting = made._waiting[kinds[kind], choice, block] = _Waiting()
                waiting.keep("".join(pieces), since)
                waiting.behind = behind + 0
        except (KeyError, TypeError, ValueError) as error:
            raise UsageError(f"not a state of {cls.__name__}: {type(error).__name__}") from None
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        return _loaded, (type(self), self.dump(), self._graphemes)


#: Of a delta: its kind, choice and block.
Key: TypeAlias = tuple[type, int, int]


class _Waiting:
    """The text of one block that waits."""

    __slots__ = ("behind", "new", "pieces", "raw", "since", "size")

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.size = 0
        self.new: list[str] = []  # those that were not looked at yet
        self.behind = 0
        self.since: float | None = None  # when the first of it came
        self.raw: Any = None  # the chunk of the last of it

    def add(self, text: str, raw: Any, at: float | None) -> None:
        self.pieces.append(text)
        self.new.append(text)
        self.size += len(text)
        self.raw = raw
        if self.since is None:
            self.since = at

    def keep(self, text: str, at: float | None) -> None:
        self.pieces, self.size, self.since = [text], len(text), at

    def text(self) -> str:
        return "".join(self.pieces)


def _delta(key: Key, text: str, raw: Any) -> StreamEvent:
    kind, choice, block = key
    delta: StreamEvent = kind(choice, block, text, raw)
    return delta


def _loaded(
    kind: type[Coalescer], state: dict[str, Any], graphemes: Callable[[str], int] | None
) -> Coalescer:
    return kind.load(state, graphemes=graphemes)


class HoldBack:
    """A gate for text: ``push`` gives what may be shown, ``finish`` the rest.

    >>> gate = HoldBack(stop=["</answer>"])
    >>> gate.push("It is 1 < 2.</ans"), gate.push("wer>ignored"), gate.found, gate.place
    ('It is 1 < 2.', '', '</answer>', 12)

    One of two arguments says what is held back. One gate for each channel, say each block: what is
    cut by another channel is not cut.

    Args:
        stop: as little as can be: the longest end of the text that a stop string begins with. At
            the first character that completes a stop string, ``found`` and ``place`` say which and
            where, and nothing is released any more. Of several that it completes, the longest
            counts, which begins first. So ``found`` never waits for a longer one: with ``"ab"``
            and ``"abc"`` it is always ``"ab"``.
        last: always the last so many characters, for a check that looks back so far.

    The time for all pushes grows with the length of all text, whatever the cutting and however
    long the stop strings; making one, with the length of these.
    """

    __slots__ = (
        "_depth", "_ends", "_fail", "_finished", "_found", "_held", "_last", "_next", "_node",
        "_offset", "_released", "_size", "_stop", "_word",
    )  # fmt: skip

    def __init__(self, stop: Iterable[str] | None = None, *, last: int | None = None) -> None:
        if (stop is None) == (last is None):
            raise UsageError("HoldBack takes one of stop and last")
        if last is not None and (type(last) is not int or last < 0):
            raise UsageError(f"last must be an int of at least 0, not {last!r}")
        self._last = last
        self._stop = _stop_strings(stop)
        self._found: str | None = None
        self._released = 0
        self._finished = False
        self._node = 0  # of the trie: the longest end of the text that a stop string begins with
        self._held: deque[str] = deque()  # with ``last``: what is held, in pieces
        self._offset = 0  # into the first of these
        self._size = 0
        self._plant()

    def _plant(self) -> None:
        """The automaton of Aho and Corasick (1975). A node is a beginning of a stop string."""
        self._next: list[dict[str, int]] = [{}]
        self._depth = [0]
        self._word = [""]  # a stop string that begins with the node
        self._ends = [0]  # the length of the longest stop string that ends here, 0 for none
        for word in self._stop:
            node = 0
            for character in word:
                if character not in self._next[node]:
                    self._next[node][character] = len(self._next)
                    self._next.append({})
                    self._depth.append(self._depth[node] + 1)
                    self._word.append(word)
                    self._ends.append(0)
                node = self._next[node][character]
            self._ends[node] = len(word)
        self._fail = [0] * len(self._next)  # the longest shorter end of it that is a node, too
        waiting = deque(self._next[0].values())
        while waiting:  # level by level: what a node falls back to stands higher up
            node = waiting.popleft()
            self._ends[node] = self._ends[node] or self._ends[self._fail[node]]
            for character, child in self._next[node].items():
                self._fail[child] = self._step(self._fail[node], character)
                waiting.append(child)

    def _step(self, node: int, character: str) -> int:
        while node and character not in self._next[node]:
            node = self._fail[node]
        return self._next[node].get(character, 0)

    # -- the verbs -------------------------------------------------------------------------------

    def push(self, text: str) -> str:
        """What may be shown now; ``""`` once a stop string was found.

        Raises:
            UsageError: ``text`` is no text, or the gate is finished.
        """
        if not isinstance(text, str):
            raise UsageError(f"push takes text, not {type(text).__name__}")
        if self._finished:
            raise UsageError("push after finish: another text has a gate of its own")
        if self._found is not None:
            return ""
        released = self._past_last(text) if self._last is not None else self._past_stop(text)
        self._released += len(released)
        return released

    def finish(self) -> str:
        """The text is over: what was held; ``""`` if a stop string was found. Idempotent."""
        rest = self._holding()
        self._node, self._offset, self._size = 0, 0, 0
        self._held.clear()
        self._finished = True
        self._released += len(rest)
        return rest

    @property
    def found(self) -> str | None:
        """The stop string that was found."""
        return self._found

    @property
    def place(self) -> int | None:
        """Where it begins: so many characters are before it, and they were all released."""
        return None if self._found is None else self._released

    # -- the two ways ----------------------------------------------------------------------------

    def _past_stop(self, text: str) -> str:
        before, node = self._node, self._node
        held, taken = self._depth[before], len(text)
        for place, character in enumerate(text, 1):
            node = self._step(node, character)
            if self._ends[node]:
                end = self._depth[node]
                self._found = self._word[node][end - self._ends[node] : end]
                taken, kept, node = place, self._ends[node], 0
                break
        else:
            kept = self._depth[node]
        self._node = node
        # What is held is a beginning of a stop string: it is not kept, and so never copied.
        count = held + taken - kept
        return self._word[before][: min(count, held)] + text[: max(0, count - held)]

    def _past_last(self, text: str) -> str:
        if text:
            self._held.append(text)
            self._size += len(text)
        released = []
        while self._size > (self._last or 0):
            first = self._held[0]
            piece = first[self._offset : self._offset + self._size - (self._last or 0)]
            released.append(piece)
            self._size -= len(piece)
            self._offset += len(piece)
            if self._offset * 2 >= len(first):  # more than what is copied has gone
                self._held.popleft()
                if self._offset < len(first):
                    self._held.appendleft(first[self._offset :])
                self._offset = 0
        return "".join(released)

    def _holding(self) -> str:
        held = self._word[self._node][: self._depth[self._node]]
        return held + "".join(self._held)[self._offset :]

    # -- state -----------------------------------------------------------------------------------

    def dump(self) -> dict[str, Any]:
        """The state as JSON values: ``load`` makes a gate that goes on where this one is."""
        return {
            "version": STATE_VERSION,
            "stop": None if self._last is not None else list(self._stop),
            "last": self._last,
            "held": _apart(self._holding()),
            "found": self._found,
            "released": self._released,
            "finished": self._finished,
        }

    @classmethod
    def load(cls, state: dict[str, Any]) -> Self:
        """What ``dump`` described.

        Raises:
            UsageError: this is no state, or one of another version.
        """
        try:
            _check_version(state)
            gate = cls(state["stop"], last=state["last"])
            held = "".join(state["held"])
            if gate.push(held) or gate._holding() != held:
                raise ValueError
            gate._found, gate._finished = state["found"], state["finished"]
            gate._released = state["released"] + 0
        except (KeyError, TypeError, ValueError) as error:
            raise UsageError(f"not a state of {cls.__name__}: {type(error).__name__}") from None
        return gate

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self).load, (self.dump(),)


def _stop_strings(stop: Iterable[str] | None) -> tuple[str, ...]:
    if isinstance(stop, str):
        raise UsageError("stop must be a list of strings, not one string")
    words = tuple(dict.fromkeys(stop or ()))
    for word in words:
        if not isinstance(word, str) or not word:
            raise UsageError(f"a stop string must be text of at least one character, not {word!r}")
    return words


def _apart(text: str) -> list[str]:
    """The text for JSON, which would make one character of two halves of a surrogate pair."""
    return re.split("(?<=[\ud800-\udbff])(?=[\udc00-\udfff])", text)


def _check_version(state: dict[str, Any]) -> None:
    if state["version"] != STATE_VERSION:
        raise UsageError(f"a state of version {state['version']!r}, not {STATE_VERSION}")
