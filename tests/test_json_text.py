"""The JSON policy: what a payload may be, whoever parses it."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sse_core import (
    Anomaly,
    LimitExceeded,
    Limits,
    StreamDecoder,
    TextDelta,
    ToolCallEnd,
    Unknown,
    json_text,
)

# -- depth -----------------------------------------------------------------------------------


def depth(text: str) -> int:
    """The obvious way."""
    deepest = level = 0
    in_string = escaped = False
    for character in text:
        if in_string:
            if escaped:
                escaped = False
            elif character == "\\":
                escaped = True
            elif character == '"':
                in_string = False
        elif character == '"':
            in_string = True
        elif character in "[{":
            level += 1
            deepest = max(deepest, level)
        elif character in "]}":
            level -= 1
    return deepest


nested = st.recursive(
    st.none() | st.integers() | st.text('[{]}"\\a', max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("[]{}", max_size=3), inner),
    max_leaves=30,
)


@given(nested, st.integers(1, 6))
def test_depth_is_counted_outside_of_strings(value: Any, limit: int) -> None:
    text = json.dumps(value)
    assert json_text.deeper_than(limit, text) == (depth(text) > limit)


@given(st.text('[]{}"\\a', max_size=40), st.integers(1, 4))
def test_depth_of_what_is_no_json_is_something(text: str, limit: int) -> None:
    assert json_text.deeper_than(limit, text) in (True, False)


@pytest.mark.parametrize("opener", ["[", '{"a":'])
def test_depth_to_the_level(opener: str) -> None:
    closer = "]" if opener == "[" else "}"
    for levels, deep in ((127, False), (128, False), (129, True)):
        text = opener * levels + "1" + closer * levels
        assert json_text.deeper_than(128, text) is deep
    assert not json_text.deeper_than(3, "[[[]],[[]],[[]]]")
    assert json_text.deeper_than(1, '"\\"[[" [[')
    assert not json_text.deeper_than(1, '["[[[[[[[[')


def test_a_payload_too_deep_is_a_limit_passed() -> None:
    payload = b'{"choices": [], "x": ' + b"[" * 200 + b"]" * 200 + b"}"
    stream = StreamDecoder("openai-chat")
    good = (
        b'data: {"object": "chat.completion.chunk", "choices": [{"delta": {"content": "a"}}]}\n\n'
    )
    events = stream.feed(good + b"data: " + payload + b"\n\n" + good)
    assert [event.text for event in events if isinstance(event, TextDelta)] == ["a"]
    calls: list[Callable[[], object]] = [
        lambda: stream.feed(b""),
        stream.close,
        lambda: stream.feed_chunk({}),
    ]
    for call in calls:
        with pytest.raises(LimitExceeded, match=r"max_json_depth is 128, reached 129"):
            call()
    assert stream.response.text == "a"
    with pytest.raises(LimitExceeded):
        StreamDecoder.load(json.loads(json.dumps(stream.dump()))).close()
    stream.reset()
    assert stream.feed(good)
    unlimited = StreamDecoder("openai-chat", limits=Limits.unlimited())
    deep = b"data: " + b"[" * 99_999 + b"\n\n"
    assert any(isinstance(event, Unknown) for event in unlimited.feed(deep))


# -- surrogates ------------------------------------------------------------------------------


@given(st.text(st.characters() | st.sampled_from("\ud83d\ude00\udfff\ud800"), max_size=8))
def test_mended_text_can_be_encoded(text: str) -> None:
    whole = json_text.mended(text)
    whole.encode()
    joined = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    assert whole == joined
    assert json_text.mended({text: [text, 1, None]}) == {whole: [whole, 1, None]}


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ('{"a": "\\ud83d\\ude00"}', "function", {"a": "😀"}),
        ('{"a": "\\ud83d"}', "function", {"a": "\ufffd"}),
        ('{"\ud83d": 1}', "function", {"\ufffd": 1}),
        ("", "function", None),
        (" ", "mcp", None),
        ("{", "function", None),
        ('{"a": NaN}', "function", None),
        ("[1]", "function", [1]),
        ("free text {", "custom", "free text {"),
        ("", "custom", ""),
        ("[" * 99_999, "function", None),
        ('{"a": 1, "a": 2}', "function", {"a": 2}),
        ('{"a": 18446744073709551617}', "function", {"a": 18446744073709551617}),
    ],
)
def test_arguments(text: str, kind: str, value: Any) -> None:
    assert json_text.parse_arguments(text, kind) == value
    end = ToolCallEnd(0, 0, "f", text, False, "", "id", False, kind)
    assert end.parsed == value
    if isinstance(value, dict):
        assert end.parsed is not end.parsed


# -- whoever parses --------------------------------------------------------------------------

ODD = [
    '{"choices": [{"delta": {"content": "\\ud83d"}}]}',
    '{"choices": [{"delta": {"content": "a"}, "x": NaN}], "y": -Infinity}',
    '{"choices": [], "x": 1e999}',
    '{"choices": [], "x": 18446744073709551617}',
    '{"choices": [], "x": -18446744073709551617}',
    '{"choices": [], "x": 0.1, "y": 1.0, "z": 1e5, "w": -0}',
    '{"choices": [], "x": 1, "x": 2}',
    '{"choices": [], "x": %s}' % ("9" * 4301),
    '{"choices": [], "x": %s}' % ("[" * 120 + "]" * 120),
    '\ufeff{"choices": []}',
    '{"choices": [],}',
    '{"choices": [] /* no */}',
    '{"choices": [], "x": 01}',
    '{"choices": [], "x": "\t"}',
    '{"choices": [], "x": "\\x"}',
    "{'choices': []}",
    "[DONE]",
    "nonsense",
    "",
]


def parsers() -> dict[str, Callable[[str], Any]]:
    found: dict[str, Callable[[str], Any]] = {"lenient": lenient, "broken": broken}
    try:
        import msgspec

        found["msgspec"] = msgspec.json.decode
    except ImportError:
        pass
    try:
        import orjson

        found["orjson"] = orjson.loads
    except ImportError:
        pass
    return found


def lenient(text: str) -> Any:
    """Accepts what the standard library does by default, and loses big integers as orjson does."""
    return json.loads(text, parse_int=lambda digits: lossy(int(digits[:4000])))


def lossy(number: int) -> Any:
    return number if abs(number) < 2**64 else float(number)


def broken(text: str) -> Any:
    """Refuses everything, with an exception that nobody expects."""
    raise KeyError(text)


@pytest.mark.parametrize("name", ["lenient", "broken", "msgspec", "orjson"])
def test_the_result_does_not_depend_on_the_parser(name: str) -> None:
    if name not in parsers():
        pytest.skip(f"{name} is not installed")
    for payload in ODD:
        data = f"data: {payload}\n\n".encode("utf-8", "surrogatepass")
        expected, given = (
            StreamDecoder("openai-chat", loads=loads) for loads in (None, parsers()[name])
        )
        ours, theirs = (stream.feed(data) + stream.close() for stream in (expected, given))
        assert theirs == ours, payload
        assert repr(given.response) == repr(expected.response), payload


def test_what_is_no_number_is_none_and_told() -> None:
    stream = StreamDecoder("openai-chat")
    (event,) = (
        event
        for event in stream.feed(b'data: {"choices": [], "x": NaN, "y": 1e999}\n\n')
        if isinstance(event, Anomaly)
    )
    assert event.quirk == "J4"
    assert stream.response.metadata == {"y": math.inf}
