"""``StreamTimer``: when a response's bytes, chunks and content came. You read the clock.

Every method takes ``at``: seconds, of any clock that never goes back (``time.monotonic``). A timer
that held a clock could not be dumped, nor replay a recording at its own pace; and one reading does
for all that a push brought.

What is what. *Bytes*: what the transport handed over. A *chunk*: a push of events of the response;
comments and pings are none, nor is the end of the input. *Content*: what the model generated, the
deltas and names of ``GENERATED``. A role, a start, usage are chunks without content: so the time
to the first content is that which people wait for, of an answer that is one tool call, too.

Rules of this file:

1. A fixed number of numbers is kept, however long the stream is: gaps are counted in buckets.
2. Nothing is estimated: what was not seen is ``None``.
3. Of OpenTelemetry's names only those of clients: this is not the server, and sees no token.
"""

from __future__ import annotations

from bisect import bisect_left
from itertools import accumulate
from math import ceil, isfinite
from typing import TYPE_CHECKING, Any

from .errors import UsageError
from .events import (
    KeepAlive,
    MediaDelta,
    ReasoningDelta,
    RefusalDelta,
    ResponseEnd,
    TextDelta,
    ToolCallDelta,
    ToolCallStart,
    Usage,
)
from .shapes import OTEL_TOKENS, otel_response, tokens_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from typing_extensions import Self

    from .events import StreamEvent
    from .response import Response

__all__ = ["SECONDS_BOUNDS", "TOKEN_BOUNDS", "Pace", "StreamTimer"]

STATE_VERSION = 1

#: The bounds of OpenTelemetry's GenAI histograms in seconds. Each bucket includes its upper bound.
SECONDS_BOUNDS = tuple(0.01 * 2**n for n in range(14))  # 0.01, 0.02 … 81.92
#: The same of ``gen_ai.client.token.usage``.
TOKEN_BOUNDS = tuple(4**n for n in range(14))  # 1, 4 … 67,108,864

#: Ours cut each of those in eight, and begin at 0.6 ms: neighbours differ by a factor of 1.09.
STEPS, BELOW = 8, 32
BOUNDS = tuple(0.01 * 2 ** (n / STEPS) for n in range(-BELOW, STEPS * 13 + 1))

#: What a model generates: the event, then the channels it counts for, and the field of each.
GENERATED: dict[type, tuple[tuple[str, str], ...]] = {
    TextDelta: (("text", "text"),),
    RefusalDelta: (("refusal", "text"),),
    ReasoningDelta: (("reasoning", "text"),),
    ToolCallStart: (("names", "name"),),
    ToolCallDelta: (("arguments", "arguments"),),
    MediaDelta: (("transcript", "transcript"), ("media", "data")),
}

#: What is counted apart: bytes, events; then characters, of ``media`` bytes.
PACES = (
    "received", "chunks", "content", "text", "refusal", "reasoning", "names", "arguments",
    "transcript", "media",
)  # fmt: skip

REQUIRED_ATTRIBUTES = ("gen_ai.operation.name", "gen_ai.provider.name")


class Pace:
    """When something came, how much of it, and the gaps between. Its size does not grow.

    Attributes:
        count: how often it came.
        amount: how much came, all in all.
        first, last: when, in seconds since the request; ``None`` if it never did.
        shortest, longest: gap, in seconds; ``None`` if it came less than twice.
    """

    __slots__ = (
        "_buckets", "_head", "amount", "count", "first", "last", "longest", "shortest",
    )  # fmt: skip

    def __init__(self) -> None:
        self.count = 0
        self.amount = 0
        self.first: float | None = None
        self.last: float | None = None
        self.shortest: float | None = None
        self.longest: float | None = None
        self._head = 0  # how much came first: it was made before the first gap began
        self._buckets: dict[int, int] = {}  # of BOUNDS, those that are not empty

    def _came(self, seconds: float, amount: int) -> float | None:
        """The gap before it."""
        gap = None if self.last is None else seconds - self.last
        if gap is None or self.shortest is None or self.longest is None:
            self.shortest = self.longest = gap
        else:
            self.shortest = min(self.shortest, gap)
            self.longest = max(self.longest, gap)
        if gap is None:
            self.first, self._head = seconds, amount
        else:
            bucket = bisect_left(BOUNDS, gap)
            self._buckets[bucket] = self._buckets.get(bucket, 0) + 1
        self.last = seconds
        self.count += 1
        self.amount += amount
        return gap

    @property
    def seconds(self) -> float:
        """From the first to the last: the sum of the gaps."""
        return 0.0 if self.first is None or self.last is None else self.last - self.first

    @property
    def mean(self) -> float | None:
        """Of the gaps, in seconds."""
        return self.seconds / (self.count - 1) if self.count > 1 else None

    @property
    def per_second(self) -> float | None:
        """Amount for each second between the first and the last; ``None`` if that is no time.

        What came first is left out: it was made before.
        """
        return (self.amount - self._head) / self.seconds if self.seconds else None

    def quantile(self, share: float) -> float | None:
        """The gap that this share of them does not pass: 0.5 for the median.

        Never less than the true one, and at most 9.1 % more, or 0.625 ms if that is more; above
        81.92 s it is the longest.

        Raises:
            UsageError: not above 0 and up to 1.
        """
        if type(share) not in (int, float) or not 0 < share <= 1:
            raise UsageError(f"a quantile is above 0 and up to 1, not {share!r}")
        if self.longest is None:
            return None
        buckets = sorted(self._buckets)
        up_to = list(accumulate(self._buckets[bucket] for bucket in buckets))
        bucket = buckets[bisect_left(up_to, ceil(share * up_to[-1]))]
        return min(BOUNDS[bucket], self.longest) if bucket < len(BOUNDS) else self.longest

    def histogram(self) -> dict[str, Any]:
        """The gaps as a data point of an OpenTelemetry histogram, in the protocol's own names."""
        counts = [0] * (len(SECONDS_BOUNDS) + 1)
        for bucket, count in self._buckets.items():
            counts[max(0, ceil((bucket - BELOW) / STEPS))] += count
        return {
            "count": max(0, self.count - 1),
            "sum": self.seconds,
            "min": self.shortest,
            "max": self.longest,
            "explicit_bounds": list(SECONDS_BOUNDS),
            "bucket_counts": counts,
        }

    def as_dict(self) -> dict[str, Any]:
        """Everything, as JSON values."""
        gaps = {"min": self.shortest, "mean": self.mean, "max": self.longest}
        gaps.update(p50=self.quantile(0.5), p95=self.quantile(0.95))
        names = ("count", "amount", "first", "last", "per_second")
        return {**{name: getattr(self, name) for name in names}, "gaps": gaps}

    def _dump(self) -> list[Any]:
        plain = [getattr(self, name) for name in Pace.__slots__ if name != "_buckets"]
        return [sorted(map(list, self._buckets.items())), *plain]

    @classmethod
    def _load(cls, state: list[Any]) -> Pace:
        pace = cls()
        buckets, *plain = state
        pace._buckets = {int(bucket): int(count) for bucket, count in buckets}
        for name, value in zip(Pace.__slots__[1:], plain, strict=True):
            setattr(pace, name, None if value is None else value + 0)
        return pace


class StreamTimer:
    """Push what came, and when; ask when it came, and how fast.

    >>> timer = StreamTimer(at=10.0)                                # the request is sent
    >>> timer.push([TextDelta(0, 0, "Hello")], at=10.5)
    >>> timer.push([TextDelta(0, 0, " world")], at=10.75)           # since the chunk before
    0.25
    >>> timer.first_content, timer.content.per_second
    (0.5, 24.0)

    One timer for one request. Times that are asked for are seconds since it was sent.

    Args:
        at: when the request was sent.
    """

    __slots__ = ("_duration", "_last", "_paces", "_start", "_tokens")

    def __init__(self, at: float) -> None:
        self._start = self._last = _seconds(at)
        self._duration: float | None = None
        self._paces = {name: Pace() for name in PACES}
        self._tokens: dict[int | None, dict[str, int]] = {}  # by choice, by name

    # -- the verbs -------------------------------------------------------------------------------

    def received(self, size: int, at: float) -> None:
        """So many bytes came. Nothing but ``first_byte`` and the pace ``received`` needs this.

        Raises:
            UsageError: as ``push``; and a size that is no int of at least 0.
        """
        if type(size) is not int or size < 0:
            raise UsageError(f"size must be an int of at least 0, not {_kind(size)}")
        seconds = self._since_start(at)
        if size:
            self._paces["received"]._came(seconds, size)

    def push(self, events: Iterable[StreamEvent], at: float) -> float | None:
        """These events came, all at once: what one ``feed`` returned.

        A ``ResponseEnd`` among them is the end: no ``finish`` is needed then.

        Returns:
            The seconds since the chunk before, which is what
            ``gen_ai.client.operation.time_per_output_chunk`` records; ``None`` for the first
            chunk, and if these events are none.

        Raises:
            UsageError: ``at`` is no number of seconds or goes back, or the timer is finished.
        """
        seconds = self._since_start(at)
        amounts: dict[str, int] = {}
        size, over = 0, False
        for event in events:
            kind = type(event)
            for channel, field in GENERATED.get(kind, ()):
                piece = getattr(event, field)
                if piece:
                    amounts[channel] = amounts.get(channel, 0) + len(piece)
            if isinstance(event, Usage):
                self._count_tokens(event)
            size += kind is not KeepAlive
            over = over or kind is ResponseEnd
        gap = None
        if amounts or (size and not over):  # what an end shows came before it
            gap = self._paces["chunks"]._came(seconds, size)
        if amounts:
            characters = sum(amounts.values()) - amounts.get("media", 0)
            self._paces["content"]._came(seconds, characters)
            for channel, amount in amounts.items():
                self._paces[channel]._came(seconds, amount)
        if over:
            self._duration = seconds
        return gap

    def finish(self, at: float) -> None:
        """The call is over, whatever became of it. Idempotent: the first end counts.

        Raises:
            UsageError: ``at`` is no number of seconds, or goes back.
        """
        if self._duration is None:
            self._duration = self._since_start(at)

    # -- what can be asked -----------------------------------------------------------------------

    @property
    def first_byte(self) -> float | None:
        """When the first byte came; ``None`` if none did, or nobody called ``received``."""
        return self._paces["received"].first

    @property
    def first_event(self) -> float | None:
        """When the first chunk came, content or not: a role, an id, an error."""
        return self._paces["chunks"].first

    @property
    def first_content(self) -> float | None:
        """When the first thing came that the model generated: text, reasoning, a refusal, the name
        or the arguments of a tool call, media. The "time to first token" that people mean."""
        return self._paces["content"].first

    @property
    def last_content(self) -> float | None:
        """When the last such thing came."""
        return self._paces["content"].last

    @property
    def duration(self) -> float | None:
        """When the call was over; ``None`` as long as it is not."""
        return self._duration

    @property
    def chunks(self) -> Pace:
        """The chunks: ``amount`` is their events."""
        return self._paces["chunks"]

    @property
    def content(self) -> Pace:
        """The chunks with content: ``amount`` is characters of all channels. What was later voided
        (``Reset``) counts: it took its time."""
        return self._paces["content"]

    def pace(self, name: str) -> Pace:
        """Of one thing: ``received``, ``chunks``, ``content``, or a channel of the content:
        ``text``, ``refusal``, ``reasoning``, ``names`` and ``arguments`` of tool calls,
        ``transcript`` (characters), ``media`` (bytes).

        Raises:
            UsageError: there is none of this name.
        """
        if name not in self._paces:
            raise UsageError(f"no pace {name!r}; there are: {', '.join(self._paces)}")
        return self._paces[name]

    @property
    def tokens(self) -> dict[str, int]:
        """What the provider said of tokens: ``input``, ``output``, ``cache_read``,
        ``cache_creation``, ``reasoning``, as far as it did.

        As ``shapes.tokens_of`` counts: ``input`` includes cached tokens, ``output`` those of
        reasoning. Empty if there was no usage, or only one of each of several choices.
        """
        if None in self._tokens:
            return dict(self._tokens[None])
        return dict(next(iter(self._tokens.values()))) if len(self._tokens) == 1 else {}

    @property
    def tokens_per_second(self) -> float | None:
        """Output tokens by the time from the request to the last chunk; ``None`` without usage.

        The whole time, because tokens that are never shown (encrypted reasoning) are counted too,
        and were made before the first content.
        """
        tokens, seconds = self.tokens.get("output"), self.chunks.last
        return tokens / seconds if tokens is not None and seconds else None

    def as_dict(self) -> dict[str, Any]:
        """Everything, as JSON values; seconds since the request."""
        names = (
            "first_byte", "first_event", "first_content", "last_content", "duration", "tokens",
            "tokens_per_second",
        )  # fmt: skip
        paces = {name: pace.as_dict() for name, pace in self._paces.items()}
        return {**{name: getattr(self, name) for name in names}, **paces}

    # -- OpenTelemetry ---------------------------------------------------------------------------
    # The GenAI semantic conventions, as of June 2026 (all of them "Development").

    def otel_attributes(self, response: Response | None = None) -> dict[str, Any]:
        """Attributes of the span; with ``stream.response`` also those that are not of time.

        What is not known is absent.
        """
        found: dict[str, Any] = {"gen_ai.request.stream": True}
        if self.first_event is not None:
            found["gen_ai.response.time_to_first_chunk"] = self.first_event
        found.update((OTEL_TOKENS[name], count) for name, count in self.tokens.items())
        return found if response is None else {**found, **otel_response(response)}

    def otel_metrics(self, attributes: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Measurements to record, each with ``name``, ``unit``, ``attributes`` and ``value``.

        ``gen_ai.client.operation.time_per_output_chunk`` has a ``histogram`` in place of the
        value: all gaps between chunks, as a data point. Whoever records each gap as it comes has
        them from ``push``.

        Args:
            attributes: of every measurement; ``gen_ai.operation.name`` (``"chat"``) and
                ``gen_ai.provider.name`` (``"openai"``) are required by the conventions.

        Raises:
            UsageError: one of those two is missing.
        """
        missing = [name for name in REQUIRED_ATTRIBUTES if name not in attributes]
        if missing:
            raise UsageError(f"attributes must have {' and '.join(missing)}")
        gaps = self.chunks.histogram() if self.chunks.count > 1 else None
        rows: list[tuple[str, str, dict[str, str], str, Any]] = [
            ("gen_ai.client.operation.time_to_first_chunk", "s", {}, "value", self.first_event),
            ("gen_ai.client.operation.time_per_output_chunk", "s", {}, "histogram", gaps),
            ("gen_ai.client.operation.duration", "s", {}, "value", self._duration),
        ]
        for kind in ("input", "output"):
            own = {"gen_ai.token.type": kind}
            count = self.tokens.get(kind)
            rows.append(("gen_ai.client.token.usage", "{token}", own, "value", count))
        return [
            {"name": name, "unit": unit, "attributes": {**attributes, **own}, key: measured}
            for name, unit, own, key, measured in rows
            if measured is not None
        ]

    # -- state -----------------------------------------------------------------------------------

    def dump(self) -> dict[str, Any]:
        """The state as JSON values. Another machine's clock may begin elsewhere: see ``load``."""
        return {
            "version": STATE_VERSION,
            "start": self._start,
            "last": self._last,
            "duration": self._duration,
            "paces": {name: pace._dump() for name, pace in self._paces.items()},
            "tokens": [[choice, dict(counts)] for choice, counts in self._tokens.items()],
        }

    @classmethod
    def load(cls, state: dict[str, Any], *, at: float | None = None) -> Self:
        """The timer that ``dump`` described.

        Args:
            state: what ``dump`` gave.
            at: what the clock of this machine says for the moment of the last push; if not given,
                the clock goes on.

        Raises:
            UsageError: this is no state, or one of another version.
        """
        timer = cls.__new__(cls)
        timer.__setstate__(state)
        if at is not None:
            moved = _seconds(at) - timer._last
            timer._start, timer._last = timer._start + moved, timer._last + moved
        return timer

    def __getstate__(self) -> dict[str, Any]:
        return self.dump()

    def __setstate__(self, state: dict[str, Any]) -> None:
        try:
            if state["version"] != STATE_VERSION:
                raise UsageError(f"a state of version {state['version']!r}, not {STATE_VERSION}")
            self._start, self._last = state["start"] + 0, state["last"] + 0  # numbers
            self._duration = None if state["duration"] is None else state["duration"] + 0
            self._paces = {name: Pace._load(state["paces"][name]) for name in PACES}
            self._tokens = {choice: dict(counts) for choice, counts in state["tokens"]}
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise UsageError(f"not a state of StreamTimer: {type(error).__name__}") from None

    # -- what the verbs share --------------------------------------------------------------------

    def _since_start(self, at: float) -> float:
        _seconds(at)
        if self._duration is not None:
            raise UsageError("the timer is finished: a new request has a timer of its own")
        if at < self._last:
            raise UsageError(f"at went back by {self._last - at} s: take a monotonic clock")
        self._last = at
        return at - self._start

    def _count_tokens(self, usage: Usage) -> None:
        """The last counts: each usage replaces the one before it, of the same choice."""
        self._tokens[usage.choice] = tokens_of(usage)


def _seconds(at: float) -> float:
    if type(at) not in (int, float) or not isfinite(at):
        raise UsageError(f"at must be a finite number of seconds, not {_kind(at)}")
    return at


def _kind(value: Any) -> str:
    return repr(value) if type(value) in (int, float) else type(value).__name__
