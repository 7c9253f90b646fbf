"""Updates by path become one JSON text: what comes of any sequence of them, and what is refused."""

from __future__ import annotations

import copy
import doctest
import json
import pickle
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sse_core import json_path
from sse_core.errors import UsageError
from sse_core.json_path import PathWriter
from sse_core.partial_json import PartialJSON

Steps = tuple[Any, ...]
Update = tuple[str, Any, bool]  # the arguments of ``write``

names = st.sampled_from(
    ["a", "b", "user_id", "é", "", "a.b", "it's", 'say "hi"', "\\", "[0]", "\n"]
)
leaves = st.one_of(
    st.text(max_size=6),
    st.integers(),
    st.booleans(),
    st.none(),
    st.floats(allow_nan=False, width=32),
).filter(lambda value: value not in (float("inf"), float("-inf")))
values = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, min_size=1, max_size=4)
        | st.dictionaries(names, inner, min_size=1, max_size=4)
    ),
    max_leaves=10,
)


def path_of(steps: Steps, quote: str = "") -> str:
    """The path in writing; in quotes of a kind, or without them where that is possible."""
    written = "$"
    for step in steps:
        if isinstance(step, int):
            written += f"[{step}]"
        elif step.isidentifier() and not quote:
            written += f".{step}"
        elif quote == "'":
            quoted = json.dumps(step)[1:-1].replace('\\"', '"').replace("'", "\\'")
            written += f"['{quoted}']"
        else:
            written += f"[{json.dumps(step)}]"
    return written


def leaves_of(value: Any, steps: Steps = ()) -> Iterator[tuple[Steps, Any]]:
    """In document order."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves_of(item, (*steps, key))
    elif isinstance(value, list):
        for position, item in enumerate(value):
            yield from leaves_of(item, (*steps, position))
    else:
        yield steps, value


@st.composite
def updates_of(draw: st.DrawFn, value: Any) -> list[Update]:
    """The value leaf by leaf, strings in parts."""
    updates: list[Update] = []
    for steps, leaf in leaves_of(value):
        path = path_of(steps, draw(st.sampled_from(["", "'", '"'])))
        if isinstance(leaf, str):
            places = sorted(draw(st.lists(st.integers(0, len(leaf)), max_size=3)))
            parts = [leaf[a:b] for a, b in zip([0, *places], [*places, len(leaf)])]
            updates += [(path, part, True) for part in parts[:-1]]
            updates.append((path, parts[-1], draw(st.booleans())))
        else:
            updates.append((path, leaf, draw(st.booleans())))
    return updates


@given(values.flatmap(lambda value: st.tuples(st.just(value), updates_of(value))))
def test_any_value_leaf_by_leaf_comes_out_again(case: tuple[Any, list[Update]]) -> None:
    value, updates = case
    writer, live = PathWriter(), PartialJSON()
    for update in updates:
        text = writer.write(*update)
        assert text is not None
        live.feed(text)
        assert live.problem == ""
    live.feed(writer.finish())
    live.close()
    assert live.complete
    assert repr(live.value) == repr(value)


any_path = st.lists(st.sampled_from(["a", "b", 0, 0, 1, 2]), max_size=3).map(
    lambda steps: path_of(tuple(steps))
)
any_value: st.SearchStrategy[Any] = st.sampled_from(
    ["", "x", '"\\\n', "é\ud83d", "\ude00", 0, -1.5, True, None, {}, float("nan")]
)
any_updates = st.lists(
    st.tuples(any_path | st.sampled_from(["", "a", "$.", None]), any_value, st.booleans()),
    max_size=12,
)

TWINS: dict[str, Callable[[PathWriter], PathWriter]] = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "pickle": lambda writer: pickle.loads(pickle.dumps(writer)),
    "dump": lambda writer: PathWriter.load(json.loads(json.dumps(writer.dump()))),
}


@given(any_updates, st.sampled_from(sorted(TWINS)))
@example([("$.a", "x", True), ("$.b", 1, False), ("$.a", "y", True)], "copy")
def test_any_updates_at_all(updates: list[Update], way: str) -> None:
    """What was accepted, and no more, is in the JSON; what was refused has changed nothing."""
    writer, text = PathWriter(), ""
    accepted: dict[str, Any] = {}
    for update in updates:
        before = writer.dump()
        twin = TWINS[way](writer)
        appended = writer.write(*update)
        assert twin.write(*update) == appended
        assert twin.dump() == writer.dump()
        if appended is None:
            assert writer.dump() == before
            continue
        text += appended
        text.encode()  # no half of a pair stands bare
        path, value, _ = update
        accepted[path] = accepted[path] + value if path in accepted else value
        json.loads(text + TWINS[way](writer).finish())
    text += writer.finish()
    written = {path_of(steps): value for steps, value in leaves_of(json.loads(text))}
    written = {} if not accepted and text == "{}" else written
    joined = {path: json.loads(json.dumps(value)) for path, value in accepted.items()}
    assert repr(written) == repr(joined)


# What was written, each with more to come; then what is refused; then what that place does take.
REFUSED: dict[str, tuple[list[tuple[str, Any]], list[tuple[str, Any]], tuple[str, Any, str]]] = {
    "what is whole": ([("$.a", 1)], [("$.a", 1), ("$.a", "x")], ("$.b", 2, ',"b":2')),
    "back to a member": ([("$.a", "x"), ("$.b", "y")], [("$.a", "z")], ("$.b", "z", "z")),
    "back into an object": (
        [("$.a.b", 1), ("$.c", 2)], [("$.a.c", 3), ("$.a.b", 1)], ("$.d", 0, ',"d":0')
    ),
    "back into an array": (
        [("$.a[0].x", 1), ("$.a[1].x", 2)], [("$.a[0].y", 3)], ("$.a[1].y", 3, ',"y":3')
    ),
    "a position skipped": ([("$.a[0]", 1)], [("$.a[2]", 1), ("$.b[1]", 1)], ("$.a[1]", 1, ",1")),
    "an array from 1": ([("$.a", 1)], [("$.b[1]", 1), ("$.b.c[9]", 1)], ("$.b[0]", 1, ',"b":[1')),
    "a value as a container": (
        [("$.a", "x")], [("$.a.b", 1), ("$.a[0]", 1)], ("$.a", "y", "y")
    ),
    "a container as a value": (
        [("$.a.b", "x")], [("$.a", 1), ("$", {}), ("$", 1)], ("$.a.b", "y", "y")
    ),
    "an array as an object": (
        [("$.a[0]", 1)], [("$.a.b", 1), ("$.a['1']", 1)], ("$.a[1]", 1, ",1")
    ),
    "an object as an array": ([("$.a.b", 1)], [("$.a[0]", 1), ("$[0]", 1)], ("$.a.c", 1, ',"c":1')),
    "another type": ([("$.a", "x")], [("$.a", 1), ("$.a", None), ("$.a", True)], ("$.a", "y", "y")),
    "no leaf": ([("$.a", 1)], [("$.b", {}), ("$.b", []), ("$.b", b"")], ("$.b", "y", ',"b":"y')),
    "no number": (
        [("$.a", 1)], [("$.b", float("nan")), ("$.b", float("-inf"))], ("$.b", 1e16, ',"b":1e+16')
    ),
    "the root": ([("$", "x")], [("$.a", 1), ("$[0]", 1), ("$", 1)], ("$", "y", "y")),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_appended(case: Any) -> None:
    written, refused, (path, value, text) = case
    writer = PathWriter()
    for path_written, value_written in written:
        assert writer.write(path_written, value_written, more=True) is not None
    state = writer.dump()
    for path_refused, value_refused in refused:
        assert writer.write(path_refused, value_refused, more=True) is None
        assert writer.dump() == state
    assert writer.write(path, value, more=True) == text


PATHS = {
    "$": "1",
    "$.a": '{"a":1}',
    "$.a.b": '{"a":{"b":1}}',
    "$.user-id": '{"user-id":1}',
    "$.ünï 1": '{"ünï 1":1}',
    "$[0][0]": "[[1]]",
    "$['a']": '{"a":1}',
    '$["a"].b[0]': '{"a":{"b":[1]}}',
    "$['a.b[0]']": '{"a.b[0]":1}',
    """$['it\\'s "x"']""": '{"it\'s \\"x\\"":1}',
    '$["it\'s \\"x\\""]': '{"it\'s \\"x\\"":1}',
    "$['\\\\']": '{"\\\\":1}',
    "$['\\u00e9']": '{"é":1}',
    "$['']": '{"":1}',
    "$['\\ud83d']": '{"\\ud83d":1}',
}
MALFORMED = [
    "",
    "a",
    ".a",
    "$a",
    "$.",
    "$..a",
    "$.a.",
    "$.a[",
    "$[]",
    "$[-1]",
    "$[01]",
    "$[0",
    "$[a]",
]
MALFORMED += ["$['a]", "$['a\"]", "$['a'", "$[''']", "$.*", "$[*]", "$['\\x']", "$['\n']", "$[0:1]"]
MALFORMED += ["$.a]", "$[" + "9" * 5000 + "]", "$ ", " $", '$["a\\"]']


@pytest.mark.parametrize("path", PATHS)
def test_paths(path: str) -> None:
    writer = PathWriter()
    assert (writer.write(path, 1) or "") + writer.finish() == PATHS[path]


@pytest.mark.parametrize("path", [*MALFORMED, None, 1, b"$.a", ["a"]])
def test_malformed_paths(path: Any) -> None:
    writer = PathWriter()
    assert writer.write(path, 1) is None
    assert writer.finish() == "{}"


def test_the_example_in_the_docstring() -> None:
    assert doctest.testmod(json_path) == (0, 5)


def test_a_string_can_be_ended_by_an_empty_part() -> None:
    writer = PathWriter()
    assert writer.write("$.a", "x", more=True) == '{"a":"x'
    assert writer.write("$.a", "") == '"'
    assert writer.write("$.a", "y") is None
    assert writer.finish() == "}"


def test_a_pair_cut_in_two_is_joined_by_who_reads() -> None:
    writer = PathWriter()
    parts = [
        writer.write("$.a", "x\ud83d", more=True),
        writer.write("$.a", "\ude00"),
        writer.finish(),
    ]
    assert parts == ['{"a":"x\\ud83d', '\\ude00"', "}"]
    assert json.loads('{"a":"x\\ud83d\\ude00"}') == {"a": "x😀"}


def test_a_number_python_cannot_write_is_refused() -> None:
    assert PathWriter().write("$.a", 10**5000) is None


def test_after_the_end() -> None:
    writer = PathWriter()
    assert writer.write("$[0].a", "x", more=True) == '[{"a":"x'
    assert (writer.finish(), writer.finish()) == ('"}]', "")
    with pytest.raises(UsageError):
        writer.write("$[1]", 1)


@pytest.mark.parametrize("change", [{"version": 2}, {"taken": 1}, {"path": None}])
def test_what_is_no_state_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        PathWriter.load({**PathWriter().dump(), **change})


@pytest.mark.parametrize("state", [{}, {"version": 1}, None, []])
def test_what_is_no_dump_is_refused(state: Any) -> None:
    with pytest.raises(UsageError):
        PathWriter.load(state)
