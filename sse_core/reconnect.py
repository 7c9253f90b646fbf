"""``Reconnect``: what to do when a connection is answered or lost, and when. It only says so.

The standard: https://html.spec.whatwg.org/multipage/server-sent-events.html, section 9.2.3. Its
sentences stand at the lines that follow them. ``Reconnect.standard()`` does what they say, no more.
The rest is for streams that are the answer to a request, such as a model's: there a connection that
ends may have said all, and a request that is sent again may do, cost or show something twice.

Rules of this file:

1. The table first: ``LIFE`` says what follows from what. What is in no row is misuse.
2. No clock, no randomness: the delay is a number, and its jitter a number that you give.
3. What was shown is never asked for again, unless you said that it may be.
"""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any, Literal

from .encode import is_event_stream, last_event_id_header
from .errors import EncodeError, UsageError
from .events import KeepAlive, ResponseEnd
from .wire import Comment, EmptyBlock, IgnoredField, Retry, Tail

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import NamedTuple as Value

    from typing_extensions import Self

    from .response import Response, ToolCall
    from .stream import StreamDecoder
    from .wire import SSEDecoder, SSEObserver
else:
    from .values import Value

__all__ = ["LIFE", "LOSSES", "RETRY_STATUSES", "Action", "Continuation", "Reconnect"]

STATE_VERSION = 1

CONNECTING, OPEN, OVER = "connecting", "open", "over"
GO_ON, STOP, FAIL = "go on", "stop", "fail"
REPEAT, RESUME, CONTINUE = "repeat", "resume", "continue"

#: What a lost connection is, the first that is true; and what to do. ``Reconnect._loss`` asks.
LOSSES: dict[str, str] = {
    "answered": STOP,
    "too often": FAIL,
    "has an id": RESUME,
    "may repeat": REPEAT,
    "may continue": CONTINUE,
    "shown": FAIL,
}
AGAIN = (REPEAT, RESUME, CONTINUE)  # what sends a request

_LOST = {loss: (CONNECTING if do in AGAIN else OVER, do) for loss, do in LOSSES.items()}
_DONE = {"done": (OVER, STOP)}

#: The life of a connection: state, what happens, then the next state and what to do.
LIFE: dict[str, dict[str, tuple[str, str]]] = {
    CONNECTING: {
        "stream": (OPEN, GO_ON),
        "no content": (OVER, STOP),
        "refused": (OVER, FAIL),
        **{loss: row for loss, row in _LOST.items() if loss != "answered"},
        **_DONE,
    },
    OPEN: {"event": (OPEN, GO_ON), **_LOST, **_DONE},
    OVER: _DONE,
}

#: Not in the standard: statuses that servers of models mean as "later". 529: Anthropic, overloaded.
RETRY_STATUSES = frozenset((429, 500, 502, 503, 504, 529))

#: What decoders return and is no event of the stream.
NO_EVENTS = (KeepAlive, Comment, Retry, IgnoredField, EmptyBlock, Tail)

HIGHEST_POWER = 64  # of the backoff: the cap was reached long before, and no float overflows


class Action(Value):
    """What to do now.

    Attributes:
        what: ``"go on"`` (feed the decoder), ``"stop"`` (all is said), ``"fail"`` (do not try
            again); or wait ``delay``, then ``"repeat"`` (send the request as it was), ``"resume"``
            (the same with ``headers()``), ``"continue"`` (ask for the rest: ``continuation()``).
        delay: seconds to wait before; 0.0 where nothing is sent.
        why: what happened, in the words of ``LIFE``.
    """

    what: Literal["go on", "stop", "fail", "repeat", "resume", "continue"]
    delay: float
    why: str


class Continuation(Value):
    """What there is to go on from.

    Attributes:
        last_event_id: ``""`` if there is none, or none that a header can hold.
        prefix: the text that was released, over all connections: what the assistant has said.
        unreleased: text that came behind it and was not released; the rest will be said anew.
        calls: tool calls that came whole.
        cut: the names of those that did not. They are not to be run, and not to be sent.
    """

    last_event_id: str
    prefix: str
    unreleased: str
    calls: tuple[ToolCall, ...]
    cut: tuple[str, ...]


class Reconnect:
    """The policy of one stream, over all its connections.

    >>> policy = Reconnect()
    >>> policy.opened(200, "text/event-stream").what
    'go on'
    >>> policy.lost(jitter=0.5)                             # no event had come
    Action(what='repeat', delay=3.75, why='may repeat')

    Args:
        repeat: whether the request may be sent again as it is, where there is no id to resume
            from. ``"unshown"``: as long as nothing was released. ``"always"``: as the standard has
            it, for a GET of a feed. ``"never"``: it has an effect that must not come twice.
        by_id: the server takes up where ``Last-Event-ID`` says.
        continues: the rest of an answer can be asked for, with what was released as its beginning.
        base: seconds to wait, until the server says ``retry``.
        factor: by which each further attempt waits longer.
        cap: seconds that this stops at; no attempt waits less than the server asked for.
        spread: jitter adds up to this share of the delay.
        max_attempts: how often to try without an event between; ``None``: for ever.
        statuses: those to try again after; ``()`` is the standard.
        last_event_id: the id to begin with.
    """

    __slots__ = (
        "_answered", "_attempts", "_base", "_by_id", "_cap", "_continues", "_factor",
        "_last_event_id", "_max_attempts", "_other", "_prefix", "_repeat", "_retry", "_said",
        "_spread", "_state", "_statuses",
    )  # fmt: skip

    def __init__(
        self,
        *,
        repeat: Literal["always", "unshown", "never"] = "unshown",
        by_id: bool = True,
        continues: bool = False,
        base: float = 3.0,
        factor: float = 2.0,
        cap: float = 60.0,
        spread: float = 0.5,
        max_attempts: int | None = 5,
        statuses: Iterable[int] = RETRY_STATUSES,
        last_event_id: str = "",
    ) -> None:
        if repeat not in ("always", "unshown", "never"):
            raise UsageError(f"repeat must be always, unshown or never, not {repeat!r}")
        if max_attempts is not None and (type(max_attempts) is not int or max_attempts < 0):
            raise UsageError(f"max_attempts must be None or an int from 0, not {max_attempts!r}")
        self._base = _number("base", base, 0, 10**6)
        self._factor = _number("factor", factor, 1, 1000)
        self._cap = _number("cap", cap, 0, 10**6)
        self._spread = _number("spread", spread, 0, 1000)
        self._repeat = repeat
        self._by_id, self._continues = bool(by_id), bool(continues)
        self._max_attempts = max_attempts
        self._statuses = frozenset(statuses)
        for status in self._statuses:
            if type(status) is not int or not 400 <= status <= 599:
                raise UsageError(f"statuses must be ints from 400 to 599, not {status!r}")
        self._last_event_id = _text("last_event_id", last_event_id)
        self._retry: int | None = None
        self._state = CONNECTING
        self._attempts = 0  # since the last event
        self._answered = False  # the response has said that it ends
        self._prefix = ""  # what was released on the connections before
        self._said: list[str] = []  # on the last one that was open
        self._other = False  # something that is no text was released

    @classmethod
    def standard(cls, *, last_event_id: str = "", base: float = 3.0) -> Self:
        """What an ``EventSource`` does: any end is followed by another request, for ever.

        "A reconnection time, in milliseconds. This must initially be an implementation-defined
        value, probably in the region of a few seconds."
        """
        return cls(
            repeat="always", max_attempts=None, statuses=(), base=base, last_event_id=last_event_id
        )

    # -- what happened ---------------------------------------------------------------------------

    def opened(
        self,
        status: int,
        content_type: str | bytes | None,
        *,
        retry_after: float | None = None,
        jitter: float = 0.0,
    ) -> Action:
        """The response's head came, redirects followed.

        Args:
            status, content_type: its status, and the value of its ``Content-Type``.
            retry_after: the seconds of its ``Retry-After``, if it has one.
            jitter: as in ``lost``; it matters for statuses to try again after.

        Raises:
            UsageError: no response was waited for, or an argument is not what it should be.
        """
        if type(status) is not int or not 100 <= status <= 599:
            raise UsageError(f"status must be an int from 100 to 599, not {status!r}")
        if not isinstance(content_type, (str, bytes, type(None))):
            raise UsageError(f"content_type must be text, not {type(content_type).__name__}")
        if self._state != CONNECTING:
            raise UsageError(f"opened: no response is waited for in state {self._state!r}")
        asked = 0.0 if retry_after is None else _number("retry_after", retry_after, 0, 10**9)
        if status in self._statuses:
            return self._again(jitter, asked)
        if status == 204:
            # "a client can be told to stop reconnecting using the HTTP 204 No Content response
            # code."
            return self._happens("no content")
        if status != 200 or not is_event_stream(content_type):
            # "if res's status is not 200, or if res's `Content-Type` is not `text/event-stream`,
            # then fail the connection." "Once the user agent has failed the connection, it does
            # not attempt to reconnect."
            return self._happens("refused")
        # "announce the connection and interpret res's body line by line."
        self._prefix += "".join(self._said)
        self._said.clear()
        return self._happens("stream")

    def progress(
        self, decoder: SSEDecoder | SSEObserver | StreamDecoder, events: Sequence[Any] = ()
    ) -> None:
        """These events came from this decoder. Call it after each ``feed``.

        An event is success: attempts are counted from here again. Bytes, comments and status 200
        are none: a server that takes every connection and drops it says no more than one that
        takes none. A ``StreamDecoder`` also tells whether the response said that it ends
        (``over``): then its end is no loss.

        Raises:
            UsageError: no connection is open.
        """
        if self._state != OPEN:
            raise UsageError(f"progress: no connection is open in state {self._state!r}")
        wire: Any = getattr(decoder, "wire", decoder)
        self._last_event_id = wire.last_event_id
        self._retry = self._retry if wire.retry is None else wire.retry
        self._answered = bool(getattr(decoder, "over", False))
        at_close = any(isinstance(event, ResponseEnd) for event in events)
        if not at_close and not all(isinstance(event, NO_EVENTS) for event in events):
            self._happens("event")
            self._attempts = 0

    def released(self, text: str | None = None) -> None:
        """Something must not come twice now: this text was shown (``""``: nothing was). Without a
        text: anything else was, or was done; a tool was run, say. No answer is continued behind it.

        Raises:
            UsageError: ``text`` is no text.
        """
        if text is None:
            self._other = True
        elif _text("text", text):
            self._said.append(text)

    def lost(self, *, jitter: float = 0.0, retry_after: float | None = None) -> Action:
        """The connection could not be made, broke, or its body ended; all three are the same.

        "Let processEventSourceEndOfBody given response res be the following step: if res is not a
        network error, then reestablish the connection." "Otherwise, if res is a network error,
        then reestablish the connection, unless the user agent knows that to be futile".

        Args:
            jitter: a number from 0 up to 1, yours: ``random.random()``.
            retry_after: seconds that the server asked to wait, in band say.

        Raises:
            UsageError: the stream is over, or an argument is not what it should be.
        """
        asked = 0.0 if retry_after is None else _number("retry_after", retry_after, 0, 10**9)
        return self._again(jitter, asked)

    def done(self) -> Action:
        """You need no more: all is said, or the user left. Idempotent.

        "If res is an aborted network error, then fail the connection."
        """
        return self._happens("done")

    # -- what to send ----------------------------------------------------------------------------

    def headers(self) -> dict[str, bytes]:
        """What the next request has that the first one had not.

        "If the EventSource object's last event ID string is not the empty string, then: … Set
        (`Last-Event-ID`, lastEventIDValue) in request's header list." An id that HTTP cannot carry
        (``last_event_id_header`` says which) counts as none.
        """
        value = self._header()
        return {} if value is None else {"Last-Event-ID": value}

    def continuation(self, response: Response | None = None) -> Continuation:
        """What there is to go on from, for the request that asks for the rest.

        Args:
            response: ``stream.response`` of the last connection, for what was not released.

        Raises:
            UsageError: its text does not begin with what was released on that connection.
        """
        said = "".join(self._said)
        calls = () if response is None else response.all_tool_calls
        text = said if response is None else response.text
        if not text.startswith(said):
            raise UsageError(
                f"the response does not begin with the {len(said)} characters released"
            )
        value = self._header()
        return Continuation(
            last_event_id="" if value is None else self._last_event_id,
            prefix=self._prefix + said,
            unreleased=text[len(said) :],
            calls=tuple(call for call in calls if call.complete),
            cut=tuple(call.name for call in calls if not call.complete),
        )

    # -- what can be asked -----------------------------------------------------------------------

    @property
    def state(self) -> str:
        """``"connecting"``, ``"open"`` or ``"over"``."""
        return self._state

    @property
    def last_event_id(self) -> str:
        """The last one, whether a header can hold it or not: for a new ``SSEDecoder``."""
        return self._last_event_id

    @property
    def attempts(self) -> int:
        """Connections lost since the last event."""
        return self._attempts

    @property
    def shown(self) -> bool:
        """Whether anything was released."""
        return bool(self._prefix or self._said or self._other)

    # -- deciding --------------------------------------------------------------------------------

    def _happens(self, what: str) -> Action:
        row = LIFE[self._state].get(what)
        if row is None:
            raise UsageError(f"in state {self._state!r} there is no {what!r}")
        self._state, do = row
        return Action(do, 0.0, what)  # type: ignore[arg-type]

    def _loss(self) -> str:
        """The first row of ``LOSSES`` that is true."""
        may_repeat = self._repeat == "always" or (self._repeat == "unshown" and not self.shown)
        signs = {
            "answered": self._answered,
            "too often": self._max_attempts is not None and self._attempts >= self._max_attempts,
            "has an id": self._header() is not None,
            "may repeat": may_repeat,
            "may continue": self._continues and self.shown and not self._other,
            "shown": True,
        }
        return next(loss for loss in LOSSES if signs[loss])

    def _again(self, jitter: float, asked: float) -> Action:
        if type(jitter) not in (int, float) or not 0 <= jitter < 1:
            raise UsageError(f"jitter must be a number from 0 up to 1, not {jitter!r}")
        action = self._happens(self._loss())
        if action.what not in AGAIN:
            return action
        delay = max(asked, self._backoff()) * (1 + self._spread * jitter)
        self._attempts += 1
        self._answered = False
        return Action(action.what, delay, action.why)

    def _backoff(self) -> float:
        # "Wait a delay equal to the reconnection time of the event source."
        base = self._base if self._retry is None else self._retry / 1000
        # "Optionally, wait some more. In particular, if the previous attempt failed, then user
        # agents might introduce an exponential backoff delay to avoid overloading a potentially
        # already overloaded server."
        power = min(self._attempts, HIGHEST_POWER)
        return max(base, min(self._cap, base * self._factor**power))

    def _header(self) -> bytes | None:
        if not self._by_id:
            return None
        try:
            return last_event_id_header(self._last_event_id)
        except EncodeError:
            return None

    # -- state -----------------------------------------------------------------------------------

    def dump(self) -> dict[str, Any]:
        """The state as JSON values, with the text that was released."""
        state = {name[1:]: getattr(self, name) for name in self.__slots__}
        state.update(statuses=sorted(self._statuses), said=list(self._said))
        return {"version": STATE_VERSION, **state}

    @classmethod
    def load(cls, state: dict[str, Any]) -> Self:
        """What ``dump`` described.

        Raises:
            UsageError: this is no state, or one of another version.
        """
        policy = cls.__new__(cls)
        policy.__setstate__(state)
        return policy

    def __getstate__(self) -> dict[str, Any]:
        return self.dump()

    def __setstate__(self, state: dict[str, Any]) -> None:
        try:
            if state["version"] != STATE_VERSION:
                raise UsageError(f"a state of version {state['version']!r}, not {STATE_VERSION}")
            named = {name: state[name] for name in _SETTINGS}
            self.__init__(**named)  # type: ignore[misc]
            if state["state"] not in LIFE:
                raise ValueError
            for name in self.__slots__:
                if name[1:] not in _SETTINGS:
                    setattr(self, name, state[name[1:]])
            self._said = [_text("said", text) for text in state["said"]]
            self._attempts += 0
        except (KeyError, TypeError, ValueError) as error:
            raise UsageError(f"not a state of Reconnect: {type(error).__name__}") from None


_SETTINGS = (
    "repeat", "by_id", "continues", "base", "factor", "cap", "spread", "max_attempts", "statuses",
    "last_event_id",
)  # fmt: skip


def _number(name: str, value: float, least: float, most: float) -> float:
    if type(value) not in (int, float) or not isfinite(value) or not least <= value <= most:
        raise UsageError(f"{name} must be a number from {least} to {most}, not {value!r}")
    return value


def _text(name: str, value: str) -> str:
    if not isinstance(value, str):
        raise UsageError(f"{name} must be text, not {type(value).__name__}")
    return value
