"""The one state machine: what the dialects read becomes the events of one response.

Rules of this file:

1. Only here is anything accumulated. A dialect calls the verbs, and keeps nothing.
2. It knows no dialect and no provider, by name or by shape.
3. What decides stands in the tables, in order; the handlers are short.

The life of a choice, by the verb that moves it (a dash: nothing changes)::

                 text      finish    end (of the input, or an error)
    SILENT       SPEAKING  FINISHED  -
    SPEAKING     SPEAKING  FINISHED  the block ends, incomplete
    FINISHED     SPEAKING  -         -

Text after a finish reason is kept, in a new block: some gateways report the reason early.
"""

from __future__ import annotations

from typing import Any

from .events import (
    Anomaly,
    Finish,
    KeepAlive,
    ResponseEnd,
    ResponseStart,
    StreamError,
    StreamEvent,
    TextDelta,
    TextEnd,
    TextStart,
    Unknown,
)
from .response import Outcome

__all__ = ["Merger", "other_format"]

#: Finish reasons after which the response is not what was asked for.
INCOMPLETE_REASONS = frozenset(("length", "content_filter", "refusal", "pause"))

#: The verdict: the first row whose evidence was seen.
OUTCOMES = (
    ("error", Outcome.FAILED),
    ("other format", Outcome.NOT_SSE),
    ("no event", Outcome.EMPTY),
    ("no chunk", Outcome.UNKNOWN),
    ("cut short", Outcome.INCOMPLETE),
    ("finished", Outcome.COMPLETE),
    ("sentinel", Outcome.UNKNOWN),
    ("end of input", Outcome.TRUNCATED),
)


class _Choice:
    __slots__ = ("block", "finish", "fragments", "spoke")

    def __init__(self) -> None:
        self.block: int | None = None  # the open block
        self.fragments: list[str] = []  # its text so far
        self.spoke = False  # whether there ever was text
        self.finish: Finish | None = None  # the last one


class Merger:
    """The verbs that a dialect calls; ``take`` hands out the events they made.

    Attributes:
        raw: the chunk being read, which the events lead back to.
        offset: bytes of the stream up to its end.
    """

    def __init__(self) -> None:
        self.raw: Any = None
        self.offset = 0
        self.not_sse = False
        self._events: list[StreamEvent] = []
        self._choices: dict[int, _Choice] = {}
        self._blocks = 0
        self._wire_events = 0
        self._begun = False
        self._sentinel = False
        self._error: StreamError | None = None

    # -- the verbs of a dialect --------------------------------------------------------------

    def begin(self, id: str = "", model: str = "") -> None:
        """A chunk of this dialect was recognised. The first one begins the response."""
        if not self._begun:
            self._begun = True
            self._events.append(ResponseStart(id, model, self.raw))

    def text(self, choice: int, text: str) -> None:
        """More text of this choice; ``""`` is nothing."""
        if not text:
            return
        state = self._choices.get(choice)
        if state is None:
            state = self._choices[choice] = _Choice()
        if state.block is None:
            state.block, self._blocks = self._blocks, self._blocks + 1
            self._events.append(TextStart(choice, state.block, self.raw))
        state.spoke = True
        state.fragments.append(text)
        self._events.append(TextDelta(choice, state.block, text, self.raw))

    def finish(self, choice: int, reason: str, raw: str) -> None:
        """The provider said why this choice ends. Of each stretch of text, the first word."""
        state = self._choices.setdefault(choice, _Choice())
        more = state.block is not None
        self._end_block(choice, state, complete=True)
        if state.finish is None or more:
            state.finish = Finish(choice, reason, raw, chunk=self.raw)
            self._events.append(state.finish)

    def spoke(self, choice: int) -> bool:
        """Whether this choice has had any text."""
        return choice in self._choices and self._choices[choice].spoke

    def fail(self, message: str, code: str = "", type: str = "") -> None:
        """The provider reported an error. The blocks that are open stay incomplete."""
        error = StreamError(message, code, type, self.raw)
        self._error = self._error or error
        for choice, state in self._choices.items():
            self._end_block(choice, state, complete=False)
        self._events.append(error)

    def keep_alive(self, text: str = "") -> None:
        """A sign of life, and nothing more."""
        self._events.append(KeepAlive(text, self.raw))

    def anomaly(self, quirk: str) -> None:
        """A deviation was seen, and read all the same."""
        self._events.append(Anomaly(quirk, self.offset, self.raw))

    def unknown(self) -> None:
        """Something of the chunk being read was not understood."""
        self._events.append(Unknown(self.raw))

    # -- the verbs of the stream -------------------------------------------------------------

    def came(self, raw: Any, offset: int) -> None:
        """A wire event came, which is now being read."""
        self.raw, self.offset = raw, offset
        self._wire_events += 1

    def done(self) -> None:
        """The closing sentinel came."""
        self._sentinel = True

    def end(self, offset: int) -> None:
        """The input is over."""
        self.raw, self.offset = None, offset
        # With a sentinel and no reason, nothing says that the text is cut.
        for choice, state in self._choices.items():
            self._end_block(choice, state, complete=self._sentinel or state.finish is not None)
        self._events.append(
            ResponseEnd(self.outcome, self._finished, self._sentinel, offset, self._error)
        )

    def take(self) -> list[StreamEvent]:
        """The events made since the last call."""
        events, self._events = self._events, []
        return events

    # -- what can be asked -------------------------------------------------------------------

    @property
    def outcome(self) -> Outcome:
        """The verdict if the input ended here."""
        finishes = [state.finish for state in self._choices.values() if state.finish is not None]
        evidence = {
            "error": self._error is not None,
            "other format": self.not_sse,
            "no event": self._wire_events == 0,
            "no chunk": not self._begun and not self._sentinel,
            "cut short": any(finish.reason in INCOMPLETE_REASONS for finish in finishes),
            "finished": self._finished,
            "sentinel": self._sentinel,
            "end of input": True,
        }
        return next(outcome for sign, outcome in OUTCOMES if evidence[sign])

    @property
    def _finished(self) -> bool:
        """Whether every choice that was begun has its reason, and there is one."""
        states = self._choices.values()
        return bool(states) and all(state.finish for state in states)

    def _end_block(self, choice: int, state: _Choice, *, complete: bool) -> None:
        if state.block is not None:
            text = "".join(state.fragments)
            self._events.append(TextEnd(choice, state.block, text, complete, self.raw))
            state.block, state.fragments = None, []


def other_format(head: bytes | bytearray) -> str | None:
    """What a body that held no event is, by its first byte: ``"JSON"``, ``"HTML"`` or neither."""
    return {b"{": "JSON", b"[": "JSON", b"<": "HTML"}.get(bytes(head.lstrip()[:1]))
