"""Fewer deltas, and text held back: against models that look at each character, by any calls."""

from __future__ import annotations

import copy
import json
import pickle
import unicodedata
from collections.abc import Callable
from typing import Any, Literal, TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from sse_core import (
    Coalescer,
    HoldBack,
    KeepAlive,
    MediaDelta,
    ReasoningDelta,
    RefusalDelta,
    Reset,
    StreamDecoder,
    StreamEvent,
    TextDelta,
    TextEnd,
    ToolCallDelta,
    ToolResultDelta,
    UsageError,
)
from sse_core.pacing import MERGED
from sse_core.testing.streams import DIALECTS, streams

from .grammar import check_grammar

Boundary: TypeAlias = Literal["char", "word", "line"] | None


def elsewhere(value: Any, how: str, **given_again: Any) -> Any:
    """The same, after a journey."""
    ways: dict[str, Callable[[], Any]] = {
        "dump": lambda: type(value).load(json.loads(json.dumps(value.dump())), **given_again),
        "pickle": lambda: pickle.loads(pickle.dumps(value)),
        "copy": lambda: copy.copy(value),
        "deepcopy": lambda: copy.deepcopy(value),
    }
    return ways[how]()


JOURNEYS = st.sampled_from(["dump", "pickle", "copy", "deepcopy"])


# == HoldBack =====================================================================================


def stopped(text: str, stop: list[str]) -> tuple[str, str | None]:
    """What of this text may be shown, and the stop string in it: by looking at every end of it."""
    for end in range(1, len(text) + 1):
        found = [word for word in stop if text[:end].endswith(word)]
        if found:
            longest = max(found, key=len)
            return text[: end - len(longest)], longest
    beginnings = {word[:n] for word in stop for n in range(1, len(word))}
    held = max((len(part) for part in beginnings if text.endswith(part)), default=0)
    return text[: len(text) - held], None


words = st.text("ab", min_size=1, max_size=6) | st.text("abc😀", min_size=1, max_size=3)


class GateMachine(RuleBasedStateMachine):
    """Holds a ``HoldBack`` beside all the text that it was given."""

    @initialize(stop=st.lists(words, max_size=4), last=st.none() | st.integers(0, 6))
    def begin(self, stop: list[str], last: int | None) -> None:
        self.stop, self.last = stop, last
        self.gate = HoldBack(stop) if last is None else HoldBack(last=last)
        self.text = self.shown = ""
        self.finished = False

    @precondition(lambda self: not self.finished)
    @rule(text=st.text("ab", max_size=3) | st.text("abc😀", max_size=12))
    def push(self, text: str) -> None:
        self.shown += self.gate.push(text)
        self.text += text

    @rule()
    def finish(self) -> None:
        rest = self.gate.finish()
        assert not (rest and (self.finished or self.gate.found))
        self.shown += rest
        self.finished = True

    @precondition(lambda self: self.finished)
    @rule()
    def push_after_finish(self) -> None:
        with pytest.raises(UsageError, match="after finish"):
            self.gate.push("")

    @rule(how=JOURNEYS)
    def move_elsewhere(self, how: str) -> None:
        old, self.gate = self.gate, elsewhere(self.gate, how)
        assert self.gate.dump() == old.dump()
        if not self.finished:
            old.push("abcabc")

    @invariant()
    def is_what_the_model_says(self) -> None:
        shown, found = stopped(self.text, self.stop) if self.last is None else ("", None)
        if self.last is not None:
            shown = self.text[: max(0, len(self.text) - self.last)]
        if self.finished and found is None:
            shown = self.text
        assert self.shown == shown
        assert self.gate.found == found
        assert self.gate.place == (None if found is None else len(shown))


TestGate = GateMachine.TestCase


@pytest.mark.parametrize(
    ("stop", "text", "shown", "found"),
    [
        (["ab", "abc"], "xabc", "x", "ab"),  # never waits for a longer one
        (["abcd", "bc"], "abcd", "a", "bc"),  # the first to be complete, though it begins later
        (["cd", "abcd", "bcd"], "xabcd", "x", "abcd"),  # complete at once: the longest
        (["abab!"], "ababab!", "ab", "abab!"),  # what was held begins another one
        (["\n\nHuman:"], "Hi\n\n\nHuman: me", "Hi\n", "\n\nHuman:"),
        ([], "anything", "anything", None),
        (["aa", "aa"], "baa", "b", "aa"),
    ],
)
def test_which_stop_string_counts(
    stop: list[str], text: str, shown: str, found: str | None
) -> None:
    for pieces in ([text], list(text)):
        gate = HoldBack(stop)
        assert "".join(map(gate.push, pieces)) + gate.finish() == shown
        assert (gate.found, gate.place) == (found, None if found is None else len(shown))


def test_no_more_is_held_than_could_become_a_stop_string() -> None:
    gate = HoldBack(["</think>", "<stop>"])
    assert [gate.push(piece) for piece in ("1 <", " 2 </th", "in air <s", "o")] == [
        "1 ", "< 2 ", "</thin air ", "<so",
    ]  # fmt: skip


def test_time_does_not_depend_on_the_length_of_stop_strings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each character is looked at a fixed number of times, however long what is held is."""
    steps = 0

    class Counted(dict[str, int]):
        def __contains__(self, key: object) -> bool:
            nonlocal steps
            steps += 1
            return super().__contains__(key)

    gate = HoldBack(["a" * 1000 + "b"])
    gate._next = [Counted(row) for row in gate._next]
    text = "a" * 5000 + "c"
    assert "".join(map(gate.push, text)) == text
    assert steps <= 2 * len(text)


def test_little_by_little_out_of_one_piece() -> None:
    gate = HoldBack(last=7)
    assert gate.push("abcdefghij") == "abc"
    assert gate.push("k") == "d"
    assert gate.push("lmnopqrstuvwxyz") == "efghijklmnopqrs"
    assert gate.finish() == "tuvwxyz"


def test_what_was_shown_is_not_kept() -> None:
    gate = HoldBack(last=3)
    for _ in range(100):
        gate.push("x" * 1000)
        gate.push("")
        assert sum(map(len, gate._held)) <= 2 * 3 + 1
        assert len(gate._held) <= 2
    assert gate.finish() == "xxx"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: HoldBack(), "HoldBack takes one of stop and last"),
        (lambda: HoldBack(["a"], last=1), "HoldBack takes one of stop and last"),
        (lambda: HoldBack("END"), "stop must be a list of strings, not one string"),
        (lambda: HoldBack([""]), "a stop string must be text of at least one character, not ''"),
        (lambda: HoldBack([b"a"]), "a stop string must be text of at least one"),  # type: ignore[list-item]
        (lambda: HoldBack(last=-1), "last must be an int of at least 0, not -1"),
        (lambda: HoldBack(last=1.0), "last must be an int of at least 0, not 1.0"),  # type: ignore[arg-type]
        (lambda: HoldBack(["a"]).push(b"a"), "push takes text, not bytes"),  # type: ignore[arg-type]
        (lambda: Coalescer(max_chars=0), "max_chars must be None or an int of at least 1, not 0"),
        (lambda: Coalescer(max_chars=True), "max_chars must be None or an int"),
        (
            lambda: Coalescer(max_delay=-1),
            "max_delay must be None or seconds of at least 0, not -1",
        ),
        (lambda: Coalescer(max_delay="1"), "max_delay must be None or seconds"),  # type: ignore[arg-type]
        (lambda: Coalescer(boundary="x"), "boundary must be None, char, word or line, not 'x'"),  # type: ignore[arg-type]
        (lambda: Coalescer(graphemes=3), "graphemes must be a function"),  # type: ignore[arg-type]
        (lambda: Coalescer(max_delay=1).push([]), "with max_delay, at must be a number of seconds"),
        (lambda: Coalescer(max_delay=1).due(float("nan")), "with max_delay, at must be a number"),
        (lambda: Coalescer(max_delay=1).due("1"), "with max_delay, at must be a number"),  # type: ignore[arg-type]
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
        {"stop": None},
        {"stop": "ab"},
        {"last": 3},
        {"held": ["b"]},
        {"held": ["ab"]},
        {"held": None},
        {"released": "1"},
        None,
    ],
)
def test_what_is_no_state_of_a_gate_is_refused(damage: dict[str, Any] | None) -> None:
    state = {} if damage is None else {**HoldBack(["ab"]).dump(), **damage}
    with pytest.raises(UsageError):
        HoldBack.load(state)


# == Coalescer ====================================================================================

DELTAS: list[Any] = [TextDelta, RefusalDelta, ReasoningDelta, ToolCallDelta, ToolResultDelta]
OTHERS: list[StreamEvent] = [
    TextEnd(0, 0, "", True),
    KeepAlive(),
    Reset(0, 0),
    MediaDelta(0, 0, b"x"),
]


def piece(event: Any) -> str:
    text: str = getattr(event, MERGED[type(event)])
    return text


def segments(events: list[StreamEvent]) -> list[Any]:
    """Between the events that are no deltas: the text of each block."""
    found: list[Any] = [{}]
    for event in events:
        if type(event) in MERGED:
            block = (type(event).__name__, event.choice, event.block)  # type: ignore[union-attr]
            found[-1][block] = found[-1].get(block, "") + piece(event)
        else:
            found += [event, {}]
    return found


def marks(text: str) -> int:
    """A hook for grapheme clusters: a letter with its accents. The last may get one more."""
    return next((n for n in reversed(range(len(text))) if not unicodedata.combining(text[n])), 0)


def ends_word(character: str) -> bool:
    return character.isspace() or unicodedata.east_asian_width(character) in "WF"


ENDS: dict[str | None, Callable[[str], bool]] = {
    None: lambda character: False,
    "char": lambda character: True,
    "word": ends_word,
    "line": lambda character: character == "\n",
}


class SlowBlock:
    """The text of one block, character by character: how many of them have been released."""

    def __init__(self) -> None:
        self.text = ""
        self.times: list[float] = []
        self.behind = self.released = 0


class CoalescerMachine(RuleBasedStateMachine):
    """Holds a ``Coalescer`` beside one that takes each character alone."""

    @initialize(
        max_chars=st.none() | st.integers(1, 5),
        max_delay=st.none() | st.sampled_from([0.0, 1.0, 2.5]),
        boundary=st.sampled_from([None, "char", "word", "line"]),
        graphemes=st.sampled_from([None, marks]),
    )
    def begin(
        self,
        max_chars: int | None,
        max_delay: float | None,
        boundary: Boundary,
        graphemes: Callable[[str], int] | None,
    ) -> None:
        if max_delay is not None:
            graphemes = None  # the times of what is half are another test
        self.max_chars, self.max_delay, self.boundary = max_chars, max_delay, boundary
        self.graphemes = graphemes
        self.alphabet = "ab \n日" if max_delay is not None else "ab \n日\u0301\ud83d\ude00"
        self.coalescer = Coalescer(
            max_chars=max_chars, max_delay=max_delay, boundary=boundary, graphemes=graphemes
        )
        self.now = 0.0
        self.given: list[StreamEvent] = []
        self.shown: list[StreamEvent] = []
        self.blocks: dict[Any, SlowBlock] = {}

    def take(self, event: StreamEvent) -> None:
        self.given.append(event)
        if type(event) not in MERGED:
            self.blocks.clear()
            return
        key = (type(event).__name__, event.choice, event.block)  # type: ignore[union-attr]
        block = self.blocks.setdefault(key, SlowBlock())
        for character in piece(event):
            block.text += character
            block.times.append(self.now)
            block.behind += 1
            if ENDS[self.boundary](character) or block.behind == self.max_chars:
                block.behind = 0
                block.released = self.whole(block, len(block.text))

    def whole(self, block: SlowBlock, end: int) -> int:
        if "\ud800" <= block.text[end - 1] <= "\udbff":
            end -= 1
        if self.graphemes is not None and end > block.released:
            end = block.released + self.graphemes(block.text[block.released : end])
        return end

    def pass_time(self) -> None:
        for block in self.blocks.values():
            waits = block.times[block.released :]
            if self.max_delay is not None and waits and waits[0] + self.max_delay <= self.now:
                block.behind, block.released = 0, self.whole(block, len(block.text))

    @rule(
        data=st.data(),
        kinds=st.lists(
            st.tuples(st.sampled_from([*DELTAS[:2], None]), st.integers(0, 1)), max_size=4
        ),
        wait=st.sampled_from([0.0, 0.5, 3.0]),
    )
    def push(self, data: st.DataObject, kinds: list[tuple[Any, int]], wait: float) -> None:
        self.now += wait
        texts = st.text(self.alphabet, min_size=1, max_size=6)
        events: list[StreamEvent] = []
        for kind, block in kinds:
            if kind is None:
                events.append(data.draw(st.sampled_from(OTHERS)))
            else:
                events.append(kind(0, block, data.draw(texts)))
        out = self.coalescer.push(events, None if self.max_delay is None else self.now)
        self.shown += out
        for event in events:
            self.take(event)
        self.pass_time()
        for segment in split_at_others(out):
            keys = [(type(event), event.choice, event.block) for event in segment]
            assert len(keys) == len(set(keys)), "one delta for each block"
        assert all(piece(event) for event in out if type(event) in MERGED)

    @rule(wait=st.sampled_from([0.0, 1.0, 2.5]))
    def due(self, wait: float) -> None:
        self.now += wait
        self.shown += self.coalescer.due(self.now)
        self.pass_time()

    @rule()
    def due_at_the_deadline(self) -> None:
        deadline = self.coalescer.deadline
        waits = [block.times[block.released :] for block in self.blocks.values()]
        first = min((times[0] for times in waits if times), default=None)
        if self.max_delay is None or first is None:
            assert deadline is None
            return
        assert deadline == first + self.max_delay
        self.now = deadline
        self.due(0.0)
        assert self.coalescer.deadline is None or self.coalescer.deadline > self.now

    @rule()
    def flush(self) -> None:
        self.shown += self.coalescer.flush()
        assert segments(self.shown) == segments(self.given)
        self.blocks.clear()

    @precondition(lambda self: self.max_delay is not None)
    @rule()
    def time_that_goes_back(self) -> None:
        self.shown += self.coalescer.due(self.now)
        before = self.coalescer.dump()
        for call in (
            self.coalescer.due,
            lambda at: self.coalescer.push([TextDelta(0, 0, "x")], at),
        ):
            with pytest.raises(UsageError, match="at went back by 1"):
                call(self.now - 1)
        assert self.coalescer.dump() == before

    @rule(how=JOURNEYS)
    def move_elsewhere(self, how: str) -> None:
        old = self.coalescer
        self.coalescer = elsewhere(
            old, how, **({"graphemes": self.graphemes} if how == "dump" else {})
        )
        assert self.coalescer.dump() == old.dump()
        old.push([TextDelta(0, 0, "of the old one only")], self.now)

    @invariant()
    def shows_what_the_model_shows(self) -> None:
        if not hasattr(self, "shown"):
            return
        shown, given = segments(self.shown), segments(self.given)
        assert shown[:-1] == given[:-1]
        for key, text in given[-1].items():
            block = self.blocks.get(key)
            waits = 0 if block is None else len(block.text) - block.released
            assert shown[-1].get(key, "") == text[: len(text) - waits]


def split_at_others(events: list[StreamEvent]) -> list[list[Any]]:
    found: list[list[Any]] = [[]]
    for event in events:
        if type(event) in MERGED:
            found[-1].append(event)
        else:
            found.append([])
    return found


TestCoalescer = CoalescerMachine.TestCase


@pytest.mark.parametrize("dialect", DIALECTS)
@given(data=st.data())
def test_a_stream_with_fewer_deltas_keeps_the_grammar(dialect: str, data: st.DataObject) -> None:
    _, chunks = data.draw(streams(dialect))
    boundary: Boundary = data.draw(st.sampled_from([None, "word", "line"]))
    stream, coalescer = StreamDecoder(dialect), Coalescer(boundary=boundary, max_chars=7)
    given_, shown = [], []
    for event, chunk in chunks:
        events = stream.feed_chunk(chunk, event or "")
        given_ += events
        shown += coalescer.push(events)
    end = stream.close()
    shown += coalescer.push(end)
    assert coalescer.flush() == []
    check_grammar(shown)
    assert segments(shown) == segments([*given_, *end])


def test_each_kind_of_delta_is_merged_by_itself() -> None:
    made = [(kind, choice) for kind in DELTAS for choice in (0, 1)]
    events: list[Any] = [kind(choice, 0, "a", f"chunk {n}") for n in "12" for kind, choice in made]
    out: list[Any] = Coalescer().push([*events, KeepAlive()])
    assert out == [*(kind(choice, 0, "aa") for kind, choice in made), KeepAlive()]
    assert [event.raw for event in out[:-1]] == ["chunk 2"] * 10
    assert set(DELTAS) == set(MERGED)


def texts(coalescer: Coalescer, *pushed: str) -> list[list[str]]:
    """What each push releases, and ``flush``."""
    out = [coalescer.push([TextDelta(0, 0, text)]) for text in pushed]
    return [[piece(event) for event in events] for events in [*out, coalescer.flush()]]


@pytest.mark.parametrize(
    ("boundary", "pushed", "shown"),
    [
        ("word", ["Hel", "lo wor", "ld! "], [[], ["Hello "], ["world! "], []]),
        ("word", ["今日は", "rain", "、", "ok"], [["今日は"], [], ["rain、"], [], ["ok"]]),
        ("word", ["a\u3000b", "한", "글 "], [["a\u3000"], [], ["b한글 "], []]),
        ("line", ["one\ntwo\nth", "ree", "\n"], [["one\ntwo\n"], [], ["three\n"], []]),
        ("line", ["a\r", "\nb"], [[], ["a\r\n"], ["b"]]),
        ("char", ["a", "b"], [["a"], ["b"], []]),
        (None, ["a", "b"], [[], [], ["ab"]]),
    ],
)
def test_boundaries(boundary: Boundary, pushed: list[str], shown: list[list[str]]) -> None:
    assert texts(Coalescer(boundary=boundary), *pushed) == shown


def test_two_halves_are_still_two_after_a_journey() -> None:
    pace, gate = Coalescer(), HoldBack(last=2)
    pace.push([TextDelta(0, 0, "\ud83d\ude00")])
    gate.push("\ud83d\ude00")
    assert elsewhere(pace, "dump").flush() == [TextDelta(0, 0, "\ud83d\ude00")]
    assert elsewhere(gate, "dump").finish() == "\ud83d\ude00"


def test_a_late_push_shows_whole_words_and_no_half_of_the_next() -> None:
    pace = Coalescer(boundary="word", max_delay=1)
    assert pace.push([TextDelta(0, 0, "Hel")], 0) == []
    assert pace.push([TextDelta(0, 0, "lo wor")], 3) == [TextDelta(0, 0, "Hello ")]
    assert pace.deadline == 4
    assert pace.push([TextDelta(0, 0, "l")], 5) == [TextDelta(0, 0, "worl")]
    at_once = Coalescer(boundary="word", max_delay=0)
    assert at_once.push([TextDelta(0, 0, "a b")], 0) == [TextDelta(0, 0, "a b")]


def test_a_surrogate_pair_stays_together_and_a_half_is_not_lost() -> None:
    halves = ["a\ud83d", "\ude00", "\ud83d"]
    assert texts(Coalescer(boundary="char"), *halves) == [["a"], ["\ud83d\ude00"], [], ["\ud83d"]]
    slow = Coalescer(max_delay=1)
    slow.push([TextDelta(0, 0, "\ud83d")], 0)
    assert slow.deadline == 1
    assert slow.due(1) == []
    assert slow.deadline is None  # nothing to wait for but the other half
    assert slow.push([TextDelta(0, 0, "\ude00")], 1) == []
    assert slow.deadline == 2
    assert slow.due(2) == [TextDelta(0, 0, "\ud83d\ude00")]


def test_a_hook_keeps_clusters_together() -> None:
    by_char = Coalescer(boundary="char", graphemes=marks)
    assert texts(by_char, "cafe", "\u0301 ", "au") == [["caf"], ["e\u0301"], [" a"], ["u"]]
    slow = Coalescer(max_delay=1, graphemes=marks)
    slow.push([TextDelta(0, 0, "ae")], 0)
    assert slow.due(1) == [TextDelta(0, 0, "a")]
    assert (slow.deadline, slow.flush()) == (None, [TextDelta(0, 0, "e")])


@pytest.mark.parametrize(("says", "shown"), [(-3, []), (100, ["ab"])])
def test_a_hook_that_says_too_little_or_too_much(says: int, shown: list[str]) -> None:
    coalescer = Coalescer(boundary="char", graphemes=lambda text: says)
    assert texts(coalescer, "ab")[0] == shown


@pytest.mark.parametrize(
    "damage",
    [
        {"version": 2},
        {"max_chars": 0},
        {"waiting": [["TextEnd", 0, 0, ["a"], 0, None]]},
        {"waiting": [["TextDelta", 0, 0, [1], 0, None]]},
        {"waiting": [["TextDelta", 0, 0, ["a"], "0", None]]},
        {"waiting": 1},
        None,
    ],
)
def test_what_is_no_state_of_a_coalescer_is_refused(damage: dict[str, Any] | None) -> None:
    state = {} if damage is None else {**Coalescer().dump(), **damage}
    with pytest.raises(UsageError):
        Coalescer.load(state)
