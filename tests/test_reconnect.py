"""What to do when a connection is lost: each row of the table, the standard, and any calls."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from sse_core import (
    Action,
    Reconnect,
    SSEDecoder,
    SSEObserver,
    StreamDecoder,
    UsageError,
    encode_json,
)
from sse_core.reconnect import LIFE, LOSSES, RETRY_STATUSES

PAGE = Path(__file__).resolve().parent.parent / "docs" / "reconnect.md"
SSE = "text/event-stream"


# -- the table ------------------------------------------------------------------------------------


def happen(policy: Reconnect, what: str) -> Action | None:
    """Make this happen, with the calls that a user has for it."""
    if what in ("stream", "no content", "refused"):
        return policy.opened({"stream": 200, "no content": 204, "refused": 404}[what], SSE)
    if what == "event":
        decoder = SSEDecoder()
        policy.progress(decoder, decoder.feed(b"data: a\n\n"))
        return None
    return policy.done() if what == "done" else policy.lost()


def ready(state: str, what: str) -> Reconnect:
    """A policy in this state, to which this can happen."""
    repeat: Literal["unshown", "never"] = "unshown" if what == "may repeat" else "never"
    policy = Reconnect(
        repeat=repeat,
        continues=what == "may continue",
        max_attempts=0 if what == "too often" else 5,
        last_event_id="7" if what == "has an id" else "",
    )
    if state != "connecting":
        policy.opened(200, SSE)
    if what == "answered":
        stream = StreamDecoder("openai-chat")
        policy.progress(stream, stream.feed(b"data: [DONE]\n\n"))
    if what in ("may continue", "shown"):
        policy.released("Hel")
    if state == "over":
        policy.done()
    return policy


ROWS = [(state, what, *row) for state, rows in LIFE.items() for what, row in rows.items()]


@pytest.mark.parametrize(("state", "what", "then", "do"), ROWS)
def test_each_row(state: str, what: str, then: str, do: str) -> None:
    policy = ready(state, what)
    action = happen(policy, what)
    assert policy.state == then
    if action is not None:
        assert (action.what, action.why) == (do, what)
        assert (action.delay > 0) == (do in ("repeat", "resume", "continue"))


HAPPENINGS = sorted({what for rows in LIFE.values() for what in rows})


@pytest.mark.parametrize("state", LIFE)
@pytest.mark.parametrize("what", HAPPENINGS)
def test_what_is_in_no_row_is_misuse(state: str, what: str) -> None:
    if what in LIFE[state] or (state, what) == ("connecting", "answered"):
        return  # the second cannot be made: a new connection has not been answered
    policy = ready(state, what)
    before = policy.dump()
    with pytest.raises(UsageError, match=f"state '{state}'"):
        happen(policy, what)
    assert policy.dump() == before


def test_the_page_draws_the_table() -> None:
    if not PAGE.is_file():
        pytest.skip("tests/ was copied without docs/")
    page = PAGE.read_text("utf-8")
    rows = "\n".join(f"| {' | '.join(row)} |" for row in ROWS)
    assert f"\n{rows}\n\n" in page
    edges = "\n".join(f"    {state} --> {then} : {what} / {do}" for state, what, then, do in ROWS)
    assert f"stateDiagram-v2\n    [*] --> connecting\n{edges}\n```" in page
    losses = "\n".join(f"{n}. `{loss}`: **{do}**" for n, (loss, do) in enumerate(LOSSES.items(), 1))
    assert [line.partition(" — ")[0] for line in page.splitlines() if "`: **" in line] == (
        losses.splitlines()
    )


# -- any calls ------------------------------------------------------------------------------------


class PolicyMachine(RuleBasedStateMachine):
    """Holds a ``Reconnect`` beside rules written out one by one."""

    @initialize(
        repeat=st.sampled_from(["always", "unshown", "never"]),
        by_id=st.booleans(),
        continues=st.booleans(),
        max_attempts=st.none() | st.integers(0, 3),
        retries=st.booleans(),
    )
    def begin(self, **settings: Any) -> None:
        self.settings = settings
        self.policy = Reconnect(
            repeat=settings["repeat"],
            by_id=settings["by_id"],
            continues=settings["continues"],
            max_attempts=settings["max_attempts"],
            statuses=RETRY_STATUSES if settings["retries"] else (),
            base=2.0,
            cap=10.0,
            spread=0.25,
        )
        self.decoder = SSEDecoder()
        self.state = "connecting"
        self.attempts = 0
        self.text = ""
        self.other = False

    def expected(self, jitter: float, asked: float) -> tuple[str, float]:
        """What a loss leads to, and the delay."""
        shown = bool(self.text) or self.other
        most = self.settings["max_attempts"]
        repeat = self.settings["repeat"]
        if most is not None and self.attempts >= most:
            return "fail", 0.0
        if self.sendable():
            what = "resume"
        elif repeat == "always" or (repeat == "unshown" and not shown):
            what = "repeat"
        elif self.settings["continues"] and shown and not self.other:
            what = "continue"
        else:
            return "fail", 0.0
        base = 2.0 if self.decoder.retry is None else self.decoder.retry / 1000
        waits = max(base, min(10.0, base * 2.0**self.attempts), asked)
        return what, waits * (1 + jitter / 4)

    def sendable(self) -> str:
        """The id that a request can resume from."""
        last = self.decoder.last_event_id
        return last if self.settings["by_id"] and last in ("1", "2") else ""

    def is_lost(self, action: Action, jitter: float, asked: float) -> None:
        what, delay = self.expected(jitter, asked)
        assert action.what == what
        assert action.delay == pytest.approx(delay)
        self.state = "over" if what == "fail" else "connecting"
        if what != "fail":
            self.attempts += 1
            self.decoder.reset()

    @precondition(lambda self: self.state == "connecting")
    @rule(
        status=st.sampled_from([200, 200, 204, 205, 301, 404, 429, 500, 503]),
        content_type=st.sampled_from([SSE, SSE, "Text/Event-Stream; x", b"text/html", "", None]),
        jitter=st.floats(0, 1, exclude_max=True),
        asked=st.none() | st.sampled_from([0, 1.5, 100]),
    )
    def open(self, status: int, content_type: Any, jitter: float, asked: float | None) -> None:
        action = self.policy.opened(status, content_type, jitter=jitter, retry_after=asked)
        if status in (429, 500, 503) and self.settings["retries"]:
            self.is_lost(action, jitter, asked or 0.0)
        elif status == 200 and content_type in (SSE, "Text/Event-Stream; x"):
            assert action == Action("go on", 0.0, "stream")
            self.state = "open"
        else:
            assert action.what == ("stop" if status == 204 else "fail")
            self.state = "over"

    @precondition(lambda self: self.state == "open")
    @rule(
        data=st.sampled_from(
            [b"", b": ping\n\n", b"id: 1\n\n", b"data: a\n\n", b"id: 2\ndata: b\n\n", b"id\n\n",
             b"retry: 500\n\n", b"retry: 30000\n\n", b"id: \x01\n\n", b"event: x\n\n"]
        )
    )  # fmt: skip
    def receive(self, data: bytes) -> None:
        events = self.decoder.feed(data)
        self.policy.progress(self.decoder, events)
        if events:
            self.attempts = 0

    @rule(text=st.sampled_from(["Hello", " world", "", None]))
    def release(self, text: str | None) -> None:
        self.policy.released(text)
        self.text += text or ""
        self.other = self.other or text is None

    @precondition(lambda self: self.state != "over")
    @rule(
        jitter=st.floats(0, 1, exclude_max=True), asked=st.none() | st.sampled_from([0, 1.5, 100])
    )
    def lose(self, jitter: float, asked: float | None) -> None:
        action = self.policy.lost(jitter=jitter, retry_after=asked)
        self.is_lost(action, jitter, asked or 0.0)

    @rule()
    def finish(self) -> None:
        assert self.policy.done() == Action("stop", 0.0, "done")
        self.state = "over"

    @precondition(lambda self: self.state == "over")
    @rule()
    def nothing_follows_the_end(self) -> None:
        calls: list[Callable[[], object]] = [
            self.policy.lost,
            lambda: self.policy.opened(200, SSE),
            lambda: self.policy.progress(self.decoder),
        ]
        for call in calls:
            with pytest.raises(UsageError, match="state 'over'"):
                call()

    @rule(how=st.sampled_from(["dump", "pickle", "copy", "deepcopy"]))
    def move_elsewhere(self, how: str) -> None:
        old = self.policy
        ways: dict[str, Callable[[], Reconnect]] = {
            "dump": lambda: Reconnect.load(json.loads(json.dumps(old.dump()))),
            "pickle": lambda: pickle.loads(pickle.dumps(old)),
            "copy": lambda: copy.copy(old),
            "deepcopy": lambda: copy.deepcopy(old),
        }
        self.policy = ways[how]()
        assert self.policy.dump() == old.dump()
        old.released("of the old one only")

    @invariant()
    def is_what_the_rules_say(self) -> None:
        if not hasattr(self, "policy"):
            return
        policy = self.policy
        assert (policy.state, policy.attempts) == (self.state, self.attempts)
        assert policy.shown == (bool(self.text) or self.other)
        assert policy.last_event_id == self.decoder.last_event_id
        said = self.sendable()
        assert policy.headers() == ({"Last-Event-ID": said.encode()} if said else {})
        facts = policy.continuation()
        assert (facts.prefix, facts.last_event_id) == (self.text, said)
        assert (facts.unreleased, facts.calls, facts.cut) == ("", (), ())


TestPolicy = PolicyMachine.TestCase


# -- the standard ---------------------------------------------------------------------------------


@given(
    st.lists(
        st.tuples(
            st.sampled_from([None, 200, 200, 204, 205, 210, 299, 404, 410, 429, 503]),
            st.sampled_from([SSE, SSE, "text/event-stream;charset=utf-8", "text/plain", None]),
            st.booleans(),
        ),
        max_size=8,
    )
)
def test_the_standard(answers: list[tuple[int | None, str | None, bool]]) -> None:
    """An ``EventSource`` fails for good at any other answer, and reconnects for ever otherwise."""
    policy, decoder = Reconnect.standard(), SSEDecoder()
    for status, content_type, shows in answers:
        if status is not None:
            action = policy.opened(status, content_type)
            if status != 200 or content_type not in (SSE, "text/event-stream;charset=utf-8"):
                assert action.what == ("stop" if status == 204 else "fail")
                assert policy.state == "over"
                return
            assert action.what == "go on"
            policy.progress(decoder, decoder.feed(b"id: 1\ndata: a\n\n" if shows else b""))
            if shows:
                policy.released("a")
        action = policy.lost()
        assert action.what == ("resume" if decoder.last_event_id else "repeat")
        assert action.delay >= 3.0
        decoder.reset()


def test_the_delay_grows_to_the_cap_and_begins_again_after_an_event() -> None:
    policy, decoder = Reconnect.standard(base=1.0), SSEDecoder()
    delays = [policy.lost().delay for _ in range(8)]
    assert delays == [1, 2, 4, 8, 16, 32, 60, 60]
    for _ in range(3000):
        assert policy.lost().delay == 60  # and no number overflows
    policy.opened(200, SSE)
    policy.progress(decoder, decoder.feed(b"retry: 90000\ndata: a\n\n"))
    assert [policy.lost().delay, policy.lost().delay] == [90, 90]  # never less than it asked for
    policy.opened(200, SSE)
    policy.progress(SSEDecoder())
    assert policy.lost().delay == 90  # a new decoder does not know it


def test_what_is_no_event_is_no_success() -> None:
    policy, observer, stream = Reconnect(), SSEObserver(), StreamDecoder("text")
    policy.lost()
    policy.opened(200, SSE)
    items = observer.feed(b": ping\n\nretry: 10\nx: y\nevent: z\n\nda") + observer.close()
    assert [type(item).__name__ for item in items] == [
        "Comment", "Retry", "IgnoredField", "EmptyBlock", "Tail",
    ]  # fmt: skip
    policy.progress(observer, items)
    policy.progress(stream, stream.feed(b": ping\n\n"))
    policy.progress(stream, stream.close())
    assert policy.attempts == 1
    stream.reset()
    policy.progress(stream, stream.feed(b"data: a\n\n"))
    assert policy.attempts == 0


def test_an_id_that_no_header_can_hold_counts_as_none() -> None:
    policy, decoder = Reconnect(), SSEDecoder()
    policy.opened(200, SSE)
    policy.progress(decoder, decoder.feed(b"id: a\x01\n\n"))
    assert (policy.last_event_id, policy.headers()) == ("a\x01", {})
    assert policy.continuation().last_event_id == ""
    assert policy.lost().why == "may repeat"


def test_the_end_of_what_is_answered_is_no_loss() -> None:
    policy, stream = Reconnect(repeat="always"), StreamDecoder("openai-chat")
    policy.opened(200, SSE)
    policy.progress(stream, stream.feed(b"data: [DONE]\n\n"))
    assert policy.lost() == Action("stop", 0.0, "answered")
    assert policy.state == "over"


# -- going on from half an answer -----------------------------------------------------------------


def chat(**delta: Any) -> bytes:
    return encode_json({"choices": [{"index": 0, "delta": delta}]})


def call(index: int, name: str, arguments: str) -> dict[str, Any]:
    return {"index": index, "id": name, "function": {"name": name, "arguments": arguments}}


def test_a_continuation_over_three_connections() -> None:
    policy = Reconnect(continues=True)
    for said, shown, more in (("It rains", "It ", "rains"), ("rains in O", "rains in O", "")):
        policy.opened(200, SSE)
        stream = StreamDecoder("openai-chat")
        policy.progress(stream, stream.feed(chat(content=said)))
        policy.released(shown)
        stream.close()
        before = policy.continuation(stream.response)
        assert policy.lost().what == "continue"
        assert policy.opened(503, None).what == "continue"  # and the next one is busy
        facts = policy.continuation(stream.response)
        assert facts == before
        assert (facts.unreleased, policy.continuation().prefix) == (more, facts.prefix)
    assert facts.prefix == "It rains in O"


def test_what_was_cut_is_never_in_a_continuation() -> None:
    stream = StreamDecoder("anthropic")
    block: dict[str, Any] = {"type": "tool_use", "id": "a", "name": "whole", "input": {}}
    for chunk in (
        {"type": "content_block_start", "index": 0, "content_block": block},
        {"type": "content_block_stop", "index": 0},
        {"type": "content_block_start", "index": 1, "content_block": {**block, "name": "half"}},
        {
            "type": "content_block_delta",
            "index": 1,
            "delta": {"type": "input_json_delta", "partial_json": '{"a": 1'},
        },
    ):
        stream.feed_chunk(chunk)
    policy = Reconnect(continues=True)
    facts = policy.continuation(stream.response)
    assert ([one.name for one in facts.calls], facts.cut) == (["whole"], ("half",))


def test_nothing_is_continued_behind_what_is_no_text() -> None:
    policy = Reconnect(continues=True)
    policy.released("I will look.")
    policy.released()  # the tool was run
    assert policy.lost() == Action("fail", 0.0, "shown")


def test_a_response_that_was_not_what_was_released() -> None:
    policy = Reconnect()
    policy.released("other")
    with pytest.raises(UsageError, match="does not begin with the 5 characters released"):
        policy.continuation(StreamDecoder("text").response)


# -- misuse ---------------------------------------------------------------------------------------


Loose: Any = Reconnect  # what no type checker lets through


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Loose(repeat="often"), "repeat must be always, unshown or never, not 'often'"),
        (lambda: Loose(max_attempts=-1), "max_attempts must be None or an int from 0, not -1"),
        (lambda: Loose(max_attempts=True), "max_attempts must be None or an int from 0"),
        (lambda: Loose(base=-1), "base must be a number from 0 to 1000000, not -1"),
        (lambda: Loose(factor=0.5), "factor must be a number from 1 to 1000, not 0.5"),
        (lambda: Loose(cap=float("inf")), "cap must be a number from 0 to 1000000, not inf"),
        (lambda: Loose(spread="1"), "spread must be a number from 0 to 1000, not '1'"),
        (lambda: Loose(statuses=[200]), "statuses must be ints from 400 to 599, not 200"),
        (lambda: Loose(statuses=["503"]), "statuses must be ints from 400 to 599, not '503'"),
        (lambda: Loose(last_event_id=b"1"), "last_event_id must be text, not bytes"),
        (lambda: Loose().released(b"1"), "text must be text, not bytes"),
        (lambda: Loose().opened("200", SSE), "status must be an int from 100 to 599, not '2"),
        (lambda: Loose().opened(0, SSE), "status must be an int from 100 to 599, not 0"),
        (lambda: Loose().opened(200, ["a"]), "content_type must be text, not list"),
        (lambda: Loose().opened(503, SSE, retry_after=-1), "retry_after must be a number"),
        (lambda: Loose().lost(retry_after=float("nan")), "retry_after must be a number from 0"),
        (lambda: Loose().lost(jitter=1), "jitter must be a number from 0 up to 1, not 1"),
        (lambda: Loose().lost(jitter=None), "jitter must be a number from 0 up to 1, not None"),
        (lambda: Loose().progress(SSEDecoder()), "progress: no connection is open in state"),
    ],
)  # fmt: skip
def test_misuse_says_what_was_expected(make: Any, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        make()
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    "damage",
    [
        {"version": 2},
        {"state": "asleep"},
        {"state": []},
        {"base": None},
        {"said": [1]},
        {"said": 1},
        {"attempts": "1"},
        {"statuses": 1},
        None,
    ],
)
def test_what_is_no_state_is_refused(damage: dict[str, Any] | None) -> None:
    state = {} if damage is None else {**Reconnect().dump(), **damage}
    with pytest.raises(UsageError):
        Reconnect.load(state)
