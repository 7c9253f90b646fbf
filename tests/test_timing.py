"""When things came: against a model that keeps every time, by any sequence of calls."""

from __future__ import annotations

import copy
import json
import math
import pickle
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from sse_core import (
    Choice,
    Finish,
    KeepAlive,
    MediaDelta,
    Metadata,
    Outcome,
    ReasoningDelta,
    RefusalDelta,
    Response,
    ResponseEnd,
    ResponseStart,
    StreamDecoder,
    StreamError,
    StreamEvent,
    StreamTimer,
    TextDelta,
    TextEnd,
    TextStart,
    ToolCallDelta,
    ToolCallStart,
    Usage,
    UsageError,
)
from sse_core.timing import GENERATED, PACES, SECONDS_BOUNDS, TOKEN_BOUNDS, Pace

END = ResponseEnd(Outcome.COMPLETE, True, True, 0)


def usage(choice: int | None = None, **counted: int) -> Usage:
    given, output = counted.get("input_tokens"), counted.get("output_tokens")
    return Usage(given, output, None, None, None, None, data=counted, choice=choice)


# What is generated, with how many characters, and what is not (``None``).
EVENTS: list[tuple[StreamEvent, tuple[str, int] | None]] = [
    (TextDelta(0, 0, "ab"), ("text", 2)),
    (TextDelta(1, 1, "😀"), ("text", 1)),
    (RefusalDelta(0, 0, "no!"), ("refusal", 3)),
    (ReasoningDelta(0, 0, "hm"), ("reasoning", 2)),
    (ToolCallStart(0, 0, "f", "id"), ("names", 1)),
    (ToolCallDelta(0, 0, '{"a"'), ("arguments", 4)),
    (MediaDelta(0, 0, b"abcde"), ("media", 5)),
    (MediaDelta(0, 0, b"", "word"), ("transcript", 4)),
    (MediaDelta(0, 0), None),
    (ToolCallStart(0, 0, "", "id"), None),
    (ResponseStart("a", "b"), None),
    (TextStart(0, 0), None),
    (TextEnd(0, 0, "ab", True), None),
    (Finish(0, "stop", "stop"), None),
    (Metadata({}), None),
    (usage(output_tokens=5), None),
    (StreamError("no"), None),
    (KeepAlive("ping"), None),
]


class TimerMachine(RuleBasedStateMachine):
    """Holds a ``StreamTimer`` beside one that keeps every arrival."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0
        self.timer = StreamTimer(self.now)
        self.came: dict[str, list[tuple[float, int]]] = {name: [] for name in PACES}
        self.duration: float | None = None
        self.counted = False

    @property
    def since(self) -> float:
        return self.now - 1000.0

    @rule(seconds=st.sampled_from([0.0, 0.0001, 0.01, 0.02, 0.3, 81.92, 500.0]) | st.floats(0, 9))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @precondition(lambda self: self.duration is None)
    @rule(size=st.integers(0, 5))
    def receive(self, size: int) -> None:
        self.timer.received(size, self.now)
        if size:
            self.came["received"].append((self.since, size))

    @precondition(lambda self: self.duration is None)
    @rule(chosen=st.lists(st.sampled_from(EVENTS), max_size=4), over=st.sampled_from([0, 0, 0, 1]))
    def push(self, chosen: list[tuple[StreamEvent, tuple[str, int] | None]], over: int) -> None:
        before = self.came["chunks"][-1:]
        gap = self.timer.push([END] * over + [event for event, _ in chosen], self.now)
        generated = [what for _, what in chosen if what is not None]
        size = sum(not isinstance(event, KeepAlive) for event, _ in chosen) + over
        chunk = bool(generated) or (size > 0 and not over)
        if chunk:
            self.came["chunks"].append((self.since, size))
        if generated:
            text = sum(amount for name, amount in generated if name != "media")
            self.came["content"].append((self.since, text))
        for name in {name for name, _ in generated}:
            amount = sum(more for also, more in generated if also == name)
            self.came[name].append((self.since, amount))
        if any(isinstance(event, Usage) for event, _ in chosen):
            self.counted = True
        if over:
            self.duration = self.since
        assert gap == (self.since - before[0][0] if chunk and before else None)

    @rule()
    def finish(self) -> None:
        self.timer.finish(self.now)
        self.duration = self.since if self.duration is None else self.duration

    @precondition(lambda self: self.duration is not None)
    @rule()
    def nothing_comes_after_the_end(self) -> None:
        with pytest.raises(UsageError, match="finished"):
            self.timer.push([], self.now)
        with pytest.raises(UsageError, match="finished"):
            self.timer.received(1, self.now)

    @precondition(lambda self: self.duration is None)
    @rule(
        wrong=st.sampled_from([math.nan, math.inf, "1", None, True]),
        size=st.sampled_from([-1, 1.0, True, None]),
    )
    def misuse(self, wrong: Any, size: Any) -> None:
        before = self.timer.dump()
        calls: list[Callable[[], object]] = [
            lambda: self.timer.push([TextDelta(0, 0, "x")], wrong),
            lambda: self.timer.received(1, wrong),
            lambda: self.timer.finish(wrong),
            lambda: self.timer.received(size, self.now),
            lambda: self.timer.push([TextDelta(0, 0, "x")], before["last"] - 1),
        ]
        for call in calls:
            with pytest.raises(UsageError):
                call()
        assert self.timer.dump() == before

    @rule(how=st.sampled_from(["dump", "pickle", "copy", "deepcopy"]))
    def move_elsewhere(self, how: str) -> None:
        old = self.timer
        ways: dict[str, Callable[[], StreamTimer]] = {
            "dump": lambda: StreamTimer.load(json.loads(json.dumps(old.dump()))),
            "pickle": lambda: pickle.loads(pickle.dumps(old)),
            "copy": lambda: copy.copy(old),
            "deepcopy": lambda: copy.deepcopy(old),
        }
        self.timer = ways[how]()
        assert self.timer.dump() == old.dump()
        if self.duration is None:
            old.push([TextDelta(0, 0, "of the old one only")], self.now)

    @invariant()
    def is_what_the_model_is(self) -> None:
        for name, arrivals in self.came.items():
            check_pace(self.timer.pace(name), arrivals)
        assert self.timer.duration == self.duration
        timer = self.timer
        firsts = [self.came[name][0][0] if self.came[name] else None for name in PACES[:3]]
        assert [timer.first_byte, timer.first_event, timer.first_content] == firsts
        content, chunks = self.came["content"], self.came["chunks"]
        assert timer.last_content == (content[-1][0] if content else None)
        until = chunks[-1][0] if chunks else 0
        assert timer.tokens_per_second == (5 / until if self.counted and until else None)
        assert json.loads(json.dumps(timer.as_dict())) == timer.as_dict()


def check_pace(pace: Pace, arrivals: list[tuple[float, int]]) -> None:
    """It says what all arrivals say, as exactly as it promises."""
    times = [at for at, _ in arrivals]
    gaps = sorted(b - a for a, b in pairwise(times))
    assert (pace.count, pace.amount) == (len(arrivals), sum(amount for _, amount in arrivals))
    assert (pace.first, pace.last) == (times[0], times[-1]) if times else (None, None)
    assert (pace.shortest, pace.longest) == ((gaps[0], gaps[-1]) if gaps else (None, None))
    whole = times[-1] - times[0] if times else 0.0
    assert pace.seconds == whole
    assert pace.mean == (whole / len(gaps) if gaps else None)
    later = sum(amount for _, amount in arrivals[1:])
    assert pace.per_second == (later / whole if whole else None)
    for share in (0.25, 0.5, 0.95, 1):
        said = pace.quantile(share)
        if not gaps:
            assert said is None
            continue
        true = gaps[math.ceil(share * len(gaps)) - 1]
        assert said is not None
        assert true <= said <= gaps[-1]
        assert said <= max(true * 1.0906, 0.000625) or true > SECONDS_BOUNDS[-1]
    point = pace.histogram()
    edges = [-math.inf, *SECONDS_BOUNDS, math.inf]
    counts = [sum(low < gap <= high for gap in gaps) for low, high in pairwise(edges)]
    assert point == {
        "count": len(gaps),
        "sum": whole,
        "min": pace.shortest,
        "max": pace.longest,
        "explicit_bounds": list(SECONDS_BOUNDS),
        "bucket_counts": counts,
    }
    assert pace.as_dict()["gaps"] == {
        "min": pace.shortest,
        "mean": pace.mean,
        "p50": pace.quantile(0.5),
        "p95": pace.quantile(0.95),
        "max": pace.longest,
    }


TestTimer = TimerMachine.TestCase


# -- laws that the machine does not say ---------------------------------------------------------


@given(st.lists(st.sampled_from([0.0, *SECONDS_BOUNDS]) | st.floats(0, 200), max_size=40))
def test_gaps_of_any_size(waits: list[float]) -> None:
    timer, now, arrivals = StreamTimer(0.0), 0.0, []
    for wait in waits:
        now += wait
        timer.push([TextDelta(0, 0, "x")], now)
        arrivals.append((now, 1))
    check_pace(timer.content, arrivals)


def test_a_bound_belongs_to_the_bucket_below_it() -> None:
    for n, bound in enumerate(SECONDS_BOUNDS):
        timer = StreamTimer(0)
        timer.push([TextDelta(0, 0, "x")], 0)
        assert timer.push([TextDelta(0, 0, "x")], bound) == bound
        assert timer.chunks.histogram()["bucket_counts"].index(1) == n
        assert timer.chunks.quantile(0.5) == bound


def test_memory_does_not_grow() -> None:
    timer = StreamTimer(0)
    sizes = set()
    for n in range(20_000):
        timer.push([TextDelta(0, 0, "x")], n + (n * 7919 % 1000) / 1001)
        if n > 15_000:
            sizes.add(len(timer.content._buckets))
    assert len(sizes) == 1
    assert max(sizes) <= 138


def test_the_bounds_are_those_of_the_conventions() -> None:
    seconds = [
        0.01,
        0.02,
        0.04,
        0.08,
        0.16,
        0.32,
        0.64,
        1.28,
        2.56,
        5.12,
        10.24,
        20.48,
        40.96,
        81.92,
    ]
    tokens = [
        1,
        4,
        16,
        64,
        256,
        1024,
        4096,
        16384,
        65536,
        262144,
        1048576,
        4194304,
        16777216,
        67108864,
    ]
    assert list(SECONDS_BOUNDS) == seconds
    assert list(TOKEN_BOUNDS) == tokens


def test_each_channel_has_a_pace() -> None:
    assert {channel for rows in GENERATED.values() for channel, _ in rows} == set(PACES[3:])


# -- the wrong times to the first token that were seen elsewhere ----------------------------------


def timed(dialect: str, *chunks: Any) -> StreamTimer:
    """A timer of this stream: the first chunk comes after a second, each further one after one."""
    stream, timer = StreamDecoder(dialect), StreamTimer(0)
    for at, chunk in enumerate(chunks, 1):
        timer.push(stream.feed_chunk(chunk), at)
    timer.push(stream.close(), len(chunks) + 1)
    return timer


def chat(**delta: Any) -> dict[str, Any]:
    return {"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": delta}]}


def test_a_role_is_no_content() -> None:
    timer = timed("openai-chat", chat(role="assistant", content=""), chat(content="Hi"))
    assert (timer.first_event, timer.first_content, timer.duration) == (1, 2, 3)


def test_a_turn_that_is_one_tool_call_has_content() -> None:
    call = {"index": 0, "id": "c", "function": {"name": "f", "arguments": ""}}
    more = {"index": 0, "function": {"arguments": "{}"}}
    timer = timed(
        "openai-chat", chat(role="assistant"), chat(tool_calls=[call]), chat(tool_calls=[more])
    )
    assert (timer.first_content, timer.last_content) == (2, 3)
    assert (timer.pace("names").amount, timer.pace("arguments").amount) == (1, 2)


def test_pings_and_the_end_are_no_chunks() -> None:
    timer = timed(
        "anthropic",
        {"type": "message_start", "message": {"usage": {"input_tokens": 1, "output_tokens": 1}}},
        {"type": "ping"},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "thinking"}},
        {
            "type": "content_block_delta",
            "index": 0,
            "delta": {"type": "thinking_delta", "thinking": "a"},
        },
    )
    assert (timer.first_event, timer.first_content) == (1, 4)
    assert (timer.chunks.count, timer.chunks.last, timer.duration) == (3, 4, 5)


# -- tokens, and OpenTelemetry --------------------------------------------------------------------


def counts(
    given: int | None,
    output: int | None,
    cached: int | None,
    written: int | None,
    reasoning: int | None,
    data: Any,
) -> list[Usage]:
    return [Usage(given, output, None, cached, written, reasoning, data)]


ANTHROPIC = {"input_tokens": 10, "cache_read_input_tokens": 3, "cache_creation_input_tokens": 4}
# A gateway that puts Anthropic's numbers beside OpenAI's.
BESIDE = {"prompt_tokens": 10, "cache_read_input_tokens": 3}


@pytest.mark.parametrize(
    ("counted", "tokens"),
    [
        ([], {}),
        ([usage(input_tokens=3), usage(output_tokens=4)], {"output": 4}),
        ([usage(0, output_tokens=4)], {"output": 4}),
        ([usage(0, output_tokens=4), usage(1, output_tokens=5)], {}),
        ([usage(0, output_tokens=4), usage(output_tokens=9), usage(1)], {"output": 9}),
        (
            counts(10, 5, 3, 4, 2, data=ANTHROPIC),
            {"input": 17, "output": 5, "cache_read": 3, "cache_creation": 4, "reasoning": 2},
        ),
        (
            counts(10, 0, None, 4, None, data=ANTHROPIC),
            {"input": 14, "output": 0, "cache_creation": 4},
        ),
        (
            counts(10, 5, 3, None, None, data=ANTHROPIC),
            {"input": 13, "output": 5, "cache_read": 3},
        ),
        (
            counts(10, 5, 3, None, None, data={"input_tokens": 10}),  # OpenAI Responses
            {"input": 10, "output": 5, "cache_read": 3},
        ),
        (counts(10, 5, 3, None, None, data=BESIDE), {"input": 10, "output": 5, "cache_read": 3}),
        (counts(None, 5, 3, None, None, data=ANTHROPIC), {"output": 5, "cache_read": 3}),
        (counts(1, 5, None, None, None, data=None), {"input": 1, "output": 5}),
        (
            counts(1, 5, None, None, 7, data={"thoughtsTokenCount": 7}),  # Gemini: beside it
            {"input": 1, "output": 12, "reasoning": 7},
        ),
        (
            counts(1, None, None, None, 7, data={"thoughtsTokenCount": 7}),  # 0 is left out
            {"input": 1, "output": 7, "reasoning": 7},
        ),
    ],
)
def test_tokens(counted: list[Usage], tokens: dict[str, int]) -> None:
    timer = StreamTimer(0)
    for one in counted:
        timer.push([one], 2)
    assert timer.tokens == tokens
    assert timer.tokens_per_second == (tokens["output"] / 2 if "output" in tokens else None)
    timer.tokens["output"] = 100  # of copies
    for _, said in timer.dump()["tokens"]:
        said["output"] = 100
    assert timer.tokens == tokens
    assert StreamTimer.load(json.loads(json.dumps(timer.dump()))).tokens == tokens


def test_no_rate_where_no_time_passed() -> None:
    timer = StreamTimer(0)
    timer.push([TextDelta(0, 0, "x"), usage(output_tokens=3)], 0)
    timer.push([TextDelta(0, 0, "x")], 0)
    assert (timer.tokens_per_second, timer.content.per_second) == (None, None)
    assert (timer.content.mean, timer.content.quantile(0.5)) == (0, 0)


NAMES = {"gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai"}


def answered() -> tuple[StreamDecoder, StreamTimer]:
    stream, timer = StreamDecoder("openai-chat"), StreamTimer(100)
    first = {**chat(content="Hi"), "id": "r1", "model": "m"}
    last = chat()
    last["choices"][0]["finish_reason"] = "stop"
    details = {"completion_tokens_details": {"reasoning_tokens": 1}}
    last["usage"] = {"prompt_tokens": 9, "completion_tokens": 2, **details}
    for chunk, at in ((first, 100.5), (last, 101)):
        timer.push(stream.feed_chunk(chunk), at)
    return stream, timer


def test_attributes_of_the_span() -> None:
    stream, timer = answered()
    of_time = {
        "gen_ai.request.stream": True,
        "gen_ai.response.time_to_first_chunk": 0.5,
        "gen_ai.usage.input_tokens": 9,
        "gen_ai.usage.output_tokens": 2,
        "gen_ai.usage.reasoning.output_tokens": 1,
    }
    assert timer.otel_attributes() == of_time
    assert timer.otel_attributes(stream.response) == {
        **of_time,
        "gen_ai.response.id": "r1",
        "gen_ai.response.model": "m",
        "gen_ai.response.finish_reasons": ["stop"],
    }
    cached = StreamTimer(0)
    cached.push([Usage(None, None, None, 3, 4, None, {})], 1)
    assert cached.otel_attributes() == {
        "gen_ai.request.stream": True,
        "gen_ai.response.time_to_first_chunk": 1,
        "gen_ai.usage.cache_read.input_tokens": 3,
        "gen_ai.usage.cache_creation.input_tokens": 4,
    }
    nothing = StreamTimer(0)
    assert nothing.otel_attributes(StreamDecoder("text").response) == {
        "gen_ai.request.stream": True
    }


def test_a_reason_without_a_word_is_named_by_ours() -> None:
    stream = StreamDecoder("openai-chat")
    stream.feed_chunk(chat(content="Hi"))
    response = stream.response
    (choice,) = response.choices
    assert choice.finish is None
    fields: dict[str, Any] = dict(zip(choice._fields, choice, strict=True))
    ended = Choice(**{**fields, "finish": Finish(0, "other", "")})
    both: dict[str, Any] = dict(zip(response._fields, response, strict=True))
    found = StreamTimer(0).otel_attributes(Response(**{**both, "choices": (ended, choice)}))
    assert found["gen_ai.response.finish_reasons"] == ["other"]


def test_metrics() -> None:
    _, timer = answered()
    timer.finish(102)
    token = "gen_ai.token.type"
    expected: list[tuple[str, str, dict[str, str], dict[str, Any]]] = [
        ("operation.time_to_first_chunk", "s", {}, {"value": 0.5}),
        ("operation.time_per_output_chunk", "s", {}, {"histogram": timer.chunks.histogram()}),
        ("operation.duration", "s", {}, {"value": 2}),
        ("token.usage", "{token}", {token: "input"}, {"value": 9}),
        ("token.usage", "{token}", {token: "output"}, {"value": 2}),
    ]
    assert timer.otel_metrics({**NAMES, "x": 1}) == [
        {
            "name": f"gen_ai.client.{name}",
            "unit": unit,
            "attributes": {**NAMES, "x": 1, **own},
            **measured,
        }
        for name, unit, own, measured in expected
    ]
    assert timer.chunks.histogram()["count"] == 1
    assert StreamTimer(0).otel_metrics(NAMES) == []


def test_no_name_of_a_server() -> None:
    stream, timer = answered()
    timer.finish(200)
    said = json.dumps([timer.otel_metrics(NAMES), timer.otel_attributes(stream.response)])
    assert "gen_ai.server" not in said


# -- misuse ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: StreamTimer("1"), "at must be a finite number of seconds, not str"),  # type: ignore[arg-type]
        (lambda: StreamTimer(math.nan), "at must be a finite number of seconds, not nan"),
        (lambda: StreamTimer(5).push([], 3), "at went back by 2 s: take a monotonic clock"),
        (lambda: StreamTimer(5).received(-1, 5), "size must be an int of at least 0, not -1"),
        (lambda: StreamTimer(5).received(b"a", 5), "size must be an int of at least 0, not bytes"),  # type: ignore[arg-type]
        (lambda: StreamTimer(5).pace("tokens"), "no pace 'tokens'; there are: received, chunks"),
        (lambda: StreamTimer(5).content.quantile(0), "a quantile is above 0 and up to 1, not 0"),
        (lambda: StreamTimer(5).content.quantile(1.01), "a quantile is above 0 and up to 1"),
        (lambda: StreamTimer(5).content.quantile("1"), "a quantile is above 0 and up to 1"),  # type: ignore[arg-type]
        (
            lambda: StreamTimer(5).otel_metrics({}),
            "attributes must have gen_ai.operation.name and gen_ai.provider.name",
        ),
        (
            lambda: StreamTimer(5).otel_metrics({"gen_ai.operation.name": "chat"}),
            "attributes must have gen_ai.provider.name",
        ),
    ],
)
def test_misuse_says_what_was_expected(call: Any, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        call()
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    "damage",
    [
        {"version": 2},
        {"start": "x"},
        {"last": None},
        {"duration": "x"},
        {"paces": {}},
        {"paces": {name: [[], 0] for name in PACES}},
        {"paces": {name: [[], "0", 0, 0, None, None, None] for name in PACES}},
        {"paces": {name: [[1], 0, 0, 0, None, None, None] for name in PACES}},
        {"tokens": [1]},
        {"tokens": None},
        None,
    ],
)
def test_what_is_no_state_is_refused(damage: dict[str, Any] | None) -> None:
    state = {} if damage is None else {**StreamTimer(0).dump(), **damage}
    with pytest.raises(UsageError, match="state"):
        StreamTimer.load(state)


def test_a_timer_moves_to_another_clock() -> None:
    timer = StreamTimer(100)
    timer.push([TextDelta(0, 0, "a")], 101)
    moved = StreamTimer.load(timer.dump(), at=7)
    assert moved.push([TextDelta(0, 0, "b")], 7.5) == 0.5
    assert (moved.first_content, moved.last_content) == (1, 1.5)
    with pytest.raises(UsageError, match="at must be"):
        StreamTimer.load(timer.dump(), at=math.inf)
