"""States as JSON values: everything comes back as it was, and nothing else is ever made."""

from __future__ import annotations

import json
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sse_core import Finish, StreamDecoder, UsageError
from sse_core.dialects import JSON
from sse_core.states import from_plain, to_plain


class Slotted:
    __slots__ = ("a", "b", "gone")
    FORGET: ClassVar = {"gone": "anew"}

    def __init__(self, a: Any, b: Any) -> None:
        self.a, self.b, self.gone = a, b, "something"


class Open:
    def __init__(self, **named: Any) -> None:
        vars(self).update(named)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text("~ab", max_size=3) | st.binary(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text("~a", max_size=2), inner, max_size=3)
        | st.dictionaries(st.tuples(st.integers(), st.text(max_size=1)), inner, max_size=2)
        | st.tuples(inner, inner)
        | st.frozensets(st.integers(), max_size=3)
        | st.tuples(st.integers(), st.text(max_size=2)).map(lambda pair: Finish(*pair, "raw"))
    ),
    max_leaves=12,
)


@given(values)
def test_values_come_back(value: Any) -> None:
    plain = json.loads(json.dumps(to_plain(value)))
    again = from_plain(plain, [Finish])
    assert again == value
    assert to_plain(again) == to_plain(value)


def test_what_was_shared_is_shared_again() -> None:
    shared = [1]
    inner = Slotted(shared, None)
    whole = Open(x=inner, y=[inner, shared], z=Slotted(inner, shared))
    again = from_plain(json.loads(json.dumps(to_plain(whole))), [Open, Slotted])
    assert again.x is again.y[0] is again.z.a
    assert again.x.a is again.y[1] is again.z.b
    assert again.x.a == [1]
    assert again.x.gone == "anew"


def test_only_known_classes_are_made() -> None:
    with pytest.raises(KeyError):
        from_plain({"~": "Open", "fields": {}}, [Slotted])


@pytest.mark.parametrize(
    "damage",
    [
        {},
        {"version": 99},
        {"merge": {"~": "Open", "fields": {}}},
        {"merge": {"~": "same", "as": 5}},
        {"wire": {}},
        {"dialect": "bananas"},
        {"limits": {"x": 1}},
        {"error": {"kind": "OSError"}},
        {"assume": ["T1"]},
    ],
)
def test_what_is_no_state_is_refused(damage: dict[str, Any]) -> None:
    state = StreamDecoder("openai-chat").dump() if damage else {}
    with pytest.raises(UsageError):
        StreamDecoder.load({**state, **damage})


def test_states_of_any_dialect() -> None:
    made = StreamDecoder(JSON(text="t", done=""))
    made.feed(b'data: {"t": "a"}\n\n')
    again = StreamDecoder.load(json.loads(json.dumps(made.dump())))
    assert again.feed(b'data: {"t": "b"}\n\n') == made.feed(b'data: {"t": "b"}\n\n')
    assert again.response.text == "ab"

    class Own(JSON):
        NAME = "own"

    stream = StreamDecoder(Own())
    assert stream.dialect == "own"
    with pytest.raises(UsageError, match="no name"):
        stream.dump()


def test_a_state_keeps_what_was_detected() -> None:
    stream = StreamDecoder("auto", assume=["C16"])
    assert StreamDecoder.load(stream.dump()).dialect == "auto"
    with pytest.raises(UsageError, match="native"):
        stream.native()
    stream.feed(b'data: {"type": "message_start", "message": {"id": "a"}}\n\n')
    again = StreamDecoder.load(json.loads(json.dumps(stream.dump())))
    assert (again.dialect, again.detected) == ("anthropic", "type is message_start")
    with pytest.raises(UsageError, match="assume takes"):
        StreamDecoder("auto", assume=["T1"])
