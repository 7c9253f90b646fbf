"""Half-arrived JSON: the laws of the live value, the grammar as a table, depth, state and growth.

The oracle is ``json.loads``. We differ from it in three things only, and ``loads`` below says
which: NaN and Infinity are no JSON, half a surrogate pair becomes U+FFFD, and depth is counted.
"""

from __future__ import annotations

import copy
import doctest
import itertools
import json
import pickle
import sys
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sse_core import partial_json
from sse_core.errors import InputTypeError, UsageError
from sse_core.partial_json import NOTHING, Change, Completed, Grown, Nesting, PartialJSON

# -- the oracle ----------------------------------------------------------------------------------


def mended(text: str) -> str:
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def mended_tree(value: Any) -> Any:
    if isinstance(value, str):
        return mended(value)
    return [mended_tree(item) for item in value] if isinstance(value, list) else value


def loads(text: str) -> Any:
    """What the text comes to; ``NOTHING`` if it is not JSON."""

    def refuse(constant: str) -> Any:
        raise ValueError(constant)

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        return {mended(key): mended_tree(item) for key, item in pairs}

    try:
        value = json.loads(text, parse_constant=refuse, object_pairs_hook=members)
    except ValueError:
        return NOTHING
    return mended_tree(value)


def exact(value: Any) -> str:
    """A text that is the same for equal values of equal types, with their keys in equal order."""
    return repr(value)


def read(*pieces: str, close: bool = True, **options: Any) -> PartialJSON:
    decoder = PartialJSON(**options)
    for piece in pieces:
        decoder.feed(piece)
    if close:
        decoder.close()
    return decoder


def seen(decoder: PartialJSON) -> tuple[Any, ...]:
    """All that can be asked."""
    return (exact(decoder.value), decoder.complete, decoder.problem, decoder.offset)


# -- texts ---------------------------------------------------------------------------------------

white = st.sampled_from(["", "", "", "", " ", "\n", "\t\r "])
written_pieces = [
    "a",
    "b c",
    "é",
    "早",
    "🌍",
    "\x7f",
    "\u2028",
    "{",
    "]",
    ",",
    ":",
    "0",
    "true",
    "/",
]
surrogates = ["\ud83d", "\ude00", r"\uD83D", r"\uDE00", r"\ud83d\ude00", r"\udbff"]
escapes = [r"\n", r"\"", r"\\", r"\/", r"\b", r"\f", r"\r", r"\t", r"\u0041", r"\u00E9"]
edges = [r"\u0000", r"\uffff", r"\ud7ff", r"\ue000"]
pieces_of_strings = st.sampled_from([*written_pieces, *surrogates, *escapes, *edges])
strings = st.lists(pieces_of_strings, max_size=5).map(lambda parts: f'"{"".join(parts)}"')
keys = st.sampled_from(['""', '"a"', '"b"', r'"\u0061"', r'"\ud83d\ude00"', r'"\ud83d"', '"\\""'])
numbers = st.one_of(
    st.from_regex(r"-?(0|[1-9][0-9]{0,4})(\.[0-9]{1,3})?([eE][+-]?[0-9]{1,3})?", fullmatch=True),
    st.integers().map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.sampled_from(
        ["-0", "-0.0", "0e0", "1e999", "-1E+999", "9" * 400, "1e-999", "12345678901e0"]
    ),
)
atoms = st.one_of(numbers, strings, st.sampled_from(["true", "false", "null"]))


def containers(inner: st.SearchStrategy[str], keys: st.SearchStrategy[str]) -> Any:
    padded = st.tuples(white, inner, white).map("".join)
    member = st.tuples(white, keys, white, padded).map(lambda m: f"{m[0]}{m[1]}{m[2]}:{m[3]}")
    array = st.lists(padded, max_size=4).map(lambda items: f"[{','.join(items)}]")
    thing = st.lists(member, max_size=4).map(lambda items: f"{{{','.join(items)}}}")
    return st.one_of(array, thing, white.map(lambda w: f"[{w}]"), white.map(lambda w: f"{{{w}}}"))


def documents(keys: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    inner = st.recursive(atoms, lambda inner: containers(inner, keys), max_leaves=12)
    return st.tuples(white, inner, white).map("".join)


texts = documents(keys)  # with keys that come again


@st.composite
def unique_texts(draw: st.DrawFn) -> str:
    """Texts in which no key comes twice: those for which all invariants hold."""
    counter = itertools.count()
    text = draw(documents(st.builds(lambda: "KEY")))
    parts = text.split("KEY")
    return parts[0] + "".join(f'"{next(counter)}é"{part}' for part in parts[1:])


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """JSON with a few characters deleted, doubled or put in."""
    text = draw(texts)
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(text)))
        put_in = draw(st.sampled_from([*'{}[],:"\\0-.eu \x00\x1f\x7f\xa0', "", "", "NaN"]))
        text = text[:at] + put_in + text[at + draw(st.integers(0, 2)) :]
    return text


soup = st.text(alphabet='{}[],:"\\/0123-+.eEtrufalsn \t\r\n\x00\x0b\ufeff\ud83d\ude00', max_size=12)
anything = st.one_of(texts, damaged(), damaged(), soup, st.text(max_size=12))


@st.composite
def cut(draw: st.DrawFn, source: st.SearchStrategy[str]) -> list[str]:
    text = draw(source)
    places = sorted(draw(st.lists(st.integers(0, len(text)), max_size=6)))
    return [text[a:b] for a, b in zip([0, *places], [*places, len(text)])]


# -- the laws ------------------------------------------------------------------------------------


@given(cut(anything))
def test_any_cutting_of_any_text_comes_to_what_json_says(pieces: list[str]) -> None:
    expected = loads("".join(pieces))
    decoder = read(*pieces)
    assert decoder.complete is (expected is not NOTHING)
    assert decoder.complete is (decoder.problem == "")
    if decoder.complete:
        assert exact(decoder.value) == exact(expected)
        assert decoder.offset == len("".join(pieces))


@given(anything)
def test_at_every_character_all_is_the_same_for_every_cutting(text: str) -> None:
    by_one = PartialJSON()
    for end, char in enumerate(text, 1):
        by_one.feed(char)
        assert seen(by_one) == seen(read(text[:end], close=False))
        if by_one.problem:
            break
        # A prefix has a problem only once closed, unless it is JSON.
        assert read(text[:end]).problem == ("" if loads(text[:end]) is not NOTHING else "cut")
    by_one.close()
    assert seen(by_one) == seen(read(text))
    assert by_one.dump() == read(text).dump()


def grew(before: Any, after: Any) -> bool:
    """Whether ``before`` may have become ``after``, by the invariants."""
    if before is NOTHING:
        return True
    if type(before) is not type(after):
        return False
    if isinstance(before, str):
        return bool(after.startswith(before))
    if isinstance(before, list):
        before, after = dict(enumerate(before)), dict(enumerate(after))
    if not isinstance(before, dict):
        return exact(before) == exact(after)
    names = list(before)
    if list(after)[: len(names)] != names:
        return False
    if names and not grew(before[names[-1]], after[names[-1]]):
        return False
    return all(exact(before[name]) == exact(after[name]) for name in names[:-1])


@given(unique_texts())
def test_the_value_only_grows_and_only_at_its_end(text: str) -> None:
    decoder = PartialJSON()
    before: Any = NOTHING
    for char in text:
        decoder.feed(char)
        assert grew(before, decoder.value)
        before = copy.deepcopy(decoder.value)
    decoder.close()
    assert grew(before, decoder.value)


class Replay:
    """A value made of changes alone."""

    def __init__(self) -> None:
        self.root: dict[Any, Any] = {}
        self.whole: set[tuple[Any, ...]] = set()

    def apply(self, change: Change) -> None:
        path = ("root", *change.path)
        self.begin_anew(path)
        place = self.root
        for step in path[:-1]:
            place = place.setdefault(step, {})
        if isinstance(change, Grown):
            assert change.text
            place[path[-1]] = place.get(path[-1], "") + change.text
        else:
            self.whole.add(path)
            if isinstance(change.value, (list, dict)):
                items = enumerate(change.value) if type(change.value) is list else change.value
                assert list(place.setdefault(path[-1], {})) == list(dict(items))  # all were told
                place[path[-1]] = copy.deepcopy(change.value)
            else:
                assert place.get(path[-1], change.value) == change.value
                place[path[-1]] = change.value

    def begin_anew(self, path: tuple[Any, ...]) -> None:
        """A change in what was completed: a key came again, and its value begins anew."""
        for end in range(1, len(path) + 1):
            if path[:end] in self.whole:
                self.whole = {other for other in self.whole if other[:end] != path[:end]}
                place = self.root
                for step in path[: end - 1]:
                    place = place[step]
                place[path[end - 1]] = "" if end == len(path) else {}
                if end == len(path):
                    del place[path[end - 1]]


def as_objects(value: Any) -> Any:
    """Arrays as objects, and without what is empty: a container shows when something is in it."""
    if isinstance(value, list):
        value = dict(enumerate(value))
    if not isinstance(value, dict):
        return value
    return {
        key: as_objects(item) for key, item in value.items() if as_objects(item) not in ("", {})
    }


@given(cut(unique_texts()))
def test_the_changes_replayed_are_the_value(pieces: list[str]) -> None:
    decoder, replay = PartialJSON(), Replay()
    for piece in [*pieces, None]:
        for change in decoder.close() if piece is None else decoder.feed(piece):
            replay.apply(change)
        expected = {} if decoder.value is NOTHING else {"root": decoder.value}
        assert exact(as_objects(replay.root)) == exact(as_objects(expected))
    assert exact(replay.root["root"]) == exact(decoder.value)


def told(changes: list[Change]) -> list[Any]:
    """The changes with growths joined, and containers as they were when they were told."""
    joined: list[Any] = []
    for change in changes:
        if isinstance(change, Grown) and joined and joined[-1][:2] == ("grown", change.path):
            joined[-1] = ("grown", change.path, joined[-1][2] + change.text)
        elif isinstance(change, Grown):
            joined.append(("grown", *change))
        else:
            joined.append(("completed", change.path, exact(change.value)))
    return joined


@given(cut(anything))
def test_the_changes_are_the_same_for_every_cutting(pieces: list[str]) -> None:
    def changes(pieces: list[str]) -> list[Any]:
        decoder = PartialJSON()
        return told([*itertools.chain.from_iterable(map(decoder.feed, pieces)), *decoder.close()])

    assert changes(pieces) == changes(["".join(pieces)])
    silent = PartialJSON(changes=False)
    assert [*itertools.chain.from_iterable(map(silent.feed, pieces)), *silent.close()] == []
    assert seen(silent) == seen(read(*pieces))


TWINS: dict[str, Callable[[PartialJSON], PartialJSON]] = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "pickle": lambda decoder: pickle.loads(pickle.dumps(decoder)),
    "dump": lambda decoder: PartialJSON.load(json.loads(json.dumps(decoder.dump()))),
}


@pytest.mark.parametrize("way", TWINS)
@given(text=anything, changes=st.booleans())
@example(text='{"a":1,"b":2,"a":["x', changes=True)
@example(text='["\\ud83d\\ude0', changes=True)
@example(text='["\ud83d', changes=True)
def test_a_twin_made_at_any_character_goes_on_alike(way: str, text: str, changes: bool) -> None:
    decoder = PartialJSON(changes=changes)
    for at in range(len(text) + 1):
        twin = TWINS[way](decoder)
        assert seen(twin) == seen(decoder)
        if at < len(text):
            assert exact(twin.feed(text[at])) == exact(decoder.feed(text[at]))
        if at % 4 == 0:  # and to the end, by itself
            before = seen(decoder)
            twin.feed(text[at + 1 :])
            twin.close()
            assert seen(twin) == seen(read(text))
            assert seen(TWINS[way](twin)) == seen(twin)
            assert seen(decoder) == before


# -- the grammar ---------------------------------------------------------------------------------

ACCEPTED = {
    "white space": [" [] ", "[\t\r\n ]", "\n{}\r", ' "a" ', "\t1 ", "[1\n,1\r,2]"],
    "empty things": ["[]", "{}", '""', '[""]', '{"":0}', "[[]   ]", "[{}]"],
    "words": ["true", "false", "null", "[true,false,null]"],
    "integers": ["0", "-0", "-1", "123", "[-0]", "1" + "0" * 60, "-" + "9" * 4300],
    "fractions": ["0.1", "-0.0", "1.000000000000000005", "123.456", "-0." + "0" * 300 + "1"],
    "exponents": ["0e1", "0e+1", "1E22", "1E-2", "1e+2", "20e1", "123.456e78", "-1.5E-09"],
    "strings": [
        '"a"', '"\x7f"', '"é早🌍\u2028\ufeff\uffff"', '"\'"', '"asd "', '"/"', '"new\u00a0line"',
    ],
    "escapes": [r'"\"\\\/\b\f\n\r\t"', r'"\u0000"', r'"\uAbCd"', r'"\\u0041"', r'"\\n"', r'"\""'],
    "pairs": [r'"\ud801\udc37"', r'"\uDBFF\uDFFF"', r'"\ud83d\ude39\ud83d\udc8d"'],
    "keys": ['{"a":1,"b":2}', '{"a":1,"a":2}', r'{"\u0000":1}', '{"a":{"b":[{"c":0}]}}'],
    "containers": ["[1,null,[2,{}]]", "[" * 100 + "]" * 100, '{"a":[]}', "[[],[[]]]"],
    # What a parser is free to accept or not, and we accept, as json.loads does.
    "free: numbers": ["1e999", "-1e999", "123e-10000000", "0.4e00669999999999999999999999999"],
    "free: halves of pairs": [
        r'"\ud800"', r'"\udc00a"', r'"\ud800\n"', r'"\uD800\uD800"', '"\ud800"',
    ],
    "free: more halves": [r'"\ud800\ud800\udc00"', r'"\ud800\u0041"', r'"\udfff\ud800"'],
    "at the edges of halves": [r'"\ud7ff\ue000"', r'"\ud800\ue000"', r'"\udc00\udc00\ud800\udc00"'],
}  # fmt: skip
CUT = {
    "nothing": ["", " ", "\n\t\r"],
    "containers": [
        "[", "{", "[1", "[1,", '{"a"', '{"a":', '{"a":1', '{"a":1,', "[[]", '[{"a":[', "[ ",
    ],
    "strings": [
        '"', '"a', '["a"', '"\\', r'"\"', r'"\u', r'"\u00', r'"\ud83d', r'"\ud83d\u', '{"a',
    ],
    "words": ["t", "tru", "[nul", "fals"],
    "numbers": ["-", "1.", "1e", "1e+", "0.", "[1", "[1.5", "-0E-"],
}  # fmt: skip
# Text, and the place of the character that is wrong.
REFUSED = {
    "numbers": [("+1", 0), ("01", 1), ("-01", 2), ("00", 1), (".5", 0), ("-.5", 1), ("1.e1", 2)],
    "more numbers": [("2.]", 2), ("[1+2]", 2), ("0x1", 1), ("1_0", 1), ("--1", 1), ("1e1.5", 3)],
    "exponents": [("0e+]", 3), ("1ea", 2), ("1e++1", 3), ("0.3e]", 4), ("[1eE2]", 3)],
    "not numbers": [("NaN", 0), ("Infinity", 0), ("-Infinity", 1), ("[-NaN]", 2)],
    "other digits": [("١", 0), ("１", 0), ("1١", 1), ("1.１", 2), ("-٣", 1), ('"\\u００41"', 3)],
    "too long for Python": [("9" * 4301 + " ", 4301), ("[-" + "1" * 5000 + "]", 5002)],
    "words": [("nul ", 3), ("True", 0), ("truth", 3), ("truee", 4), ("[fALSE]", 2), ("nulll", 4)],
    "commas": [("[1,]", 3), ("[,1]", 1), ("[1,,2]", 3), ('{"a":0,}', 7), ("{,}", 1), ("[,]", 1)],
    "colons": [('{"a" 1}', 5), ('{"a"::1}', 5), ("{:1}", 1), ('{"a",1}', 4), ("[1:2]", 2)],
    "keys": [("{a:1}", 1), ("{1:1}", 1), ("{'a':1}", 1), ("{null:1}", 1), ("{[", 1)],
    "brackets": [("]", 0), ("}", 0), ("[}", 1), ("{]", 1), ('["a"}', 4), ('{"a":1]', 6)],
    "no comma": [("[1 2]", 3), ('["a" "b"]', 5), ("[1true]", 2), ("[[][]]", 3), ('{"a":1 "', 7)],
    "after the end": [("[]]", 2), ("{}{}", 2), ("1 2", 2), ('"a"b', 3), ("[],", 2), ("true#", 4)],
    "no value": [
        ('{"a":}', 5), ('{"a":,', 5), (":", 0), (",", 0), ("*", 0), ("<a>", 0), ("'a'", 0),
    ],
    "white space": [("\ufeff[]", 0), ("\x0c[]", 0), ("[\x0b1]", 1), ("[\u00a0]", 1), ("\x00", 0)],
    "comments": [("/**/1", 0), ("[1]//", 3), ("1#", 1), ("[#]", 1)],
    "controls": [('"\n"', 1), ('"\t"', 1), ('"a\x00"', 2), ('"\x1f"', 1), ('{"\r":1}', 2)],
    "escapes": [(r'"\x41"', 2), (r'"\U0041"', 2), (r'"\u12g4"', 5), (r'"\u"', 3), ('"\\é"', 2)],
    "more escapes": [("\\", 0), ("[\\n]", 1), ('{\\"a":1}', 1), ('"\\\n"', 2)],
    "escaped pairs": [(r'"\ud83d\x', 8), (r'"\ud83d\u1z', 10), (r'"\ud83d\ude0"', 12)],
    "escaped pairs in a key": [(r'{"\ud83d\u"', 10), (r'{"a\ud83d\udeg', 13)],
    "half characters": [("\ud83d", 0), ("[\ude00]", 1)],
}  # fmt: skip


def rows(table: dict[str, list[Any]]) -> list[Any]:
    return [
        pytest.param(row, id=f"{name} {n}")
        for name, found in table.items()
        for n, row in enumerate(found)
    ]


@pytest.mark.parametrize("text", rows(ACCEPTED))
def test_what_is_json(text: str) -> None:
    assert loads(text) is not NOTHING
    for decoder in (read(text), read(*text)):
        assert seen(decoder) == (exact(loads(text)), True, "", len(text))


@pytest.mark.parametrize("text", rows(CUT))
def test_what_may_become_json(text: str) -> None:
    assert loads(text) is NOTHING
    for decoder in (read(text, close=False), read(*text, close=False)):
        value = exact(decoder.value)
        assert seen(decoder) == (value, False, "", len(text))
        decoder.close()
        assert seen(decoder) == (value, False, "cut", len(text))


@pytest.mark.parametrize("row", rows(REFUSED))
def test_what_cannot_become_json(row: tuple[str, int]) -> None:
    text, wrong = row
    assert loads(text) is NOTHING
    assert read(text[:wrong], close=False).problem == ""
    for pieces in ([text + "]}"], [*text, "]", "}"], [text[:wrong], text[wrong:]]):
        decoder = read(*pieces, close=False)
        assert decoder.dump()["text"] == text[: wrong + 1]
        assert (decoder.complete, decoder.problem, decoder.offset) == (False, "invalid", wrong)
        before = seen(decoder)
        assert decoder.feed("]}1") == []
        assert decoder.close() == []
        assert seen(decoder) == before


# -- what was decided ----------------------------------------------------------------------------


def test_the_example_in_the_docstring() -> None:
    assert doctest.testmod(partial_json) == (0, 5)


def test_before_anything_there_is_nothing() -> None:
    decoder = PartialJSON()
    assert (decoder.feed(""), decoder.value) == ([], NOTHING)
    assert (decoder.feed(' {"'), decoder.value) == ([], {})
    assert repr(NOTHING) == "NOTHING"
    assert pickle.loads(pickle.dumps(NOTHING)) is NOTHING
    assert copy.deepcopy(NOTHING) is copy.copy(NOTHING) is NOTHING


# After each piece: the value.
STEPS = {
    "a key shows when its value begins": [('{"a', {}), ('b"', {}), (":", {}), (" [", {"ab": []})],
    "a number, when it has ended": [("[1", []), ("2", []), (".5", []), ("e1", []), (",", [125.0])],
    "a number at the end of an object": [('{"a":-0', {}), ("}", {"a": 0})],
    "a word, when it is whole": [("[t", []), ("ru", []), ("e", [True]), (",nul", [True])],
    "a number ends at white space": [("12", NOTHING), (" ", 12), (" ", 12)],
    "not every character ends a number": [("[1", []), ("x", [])],
    "what is wrong changes nothing": [('["a', ["a"]), ("b\n", ["ab"]), ('"]', ["ab"])],
    "an escape adds nothing until it is whole": [
        ('["a\\', ["a"]), ("u", ["a"]), ("00", ["a"]), ("e9b\\n", ["aéb\n"]), ("\\", ["aéb\n"]),
    ],
    "a high surrogate waits": [
        ('["\\ud83d', [""]), ("\\u", [""]), ("de", [""]), ("00", ["😀"]), ("\\uD83D", ["😀"]),
        ("x", ["😀\ufffdx"]),
    ],
    "half a pair": [
        ('["\\ude00', ["\ufffd"]), ("\\ud83d", ["\ufffd"]), ("\\ud83d", ["\ufffd" * 2]),
        ('"', ["\ufffd" * 3]),
    ],
    "halves that were not escaped": [
        ('["\ud83d', [""]), ("\ude00", ["😀"]), ("\ude00", ["😀\ufffd"]),
        ("\ud83d\\ude00", ["😀\ufffd😀"]),
    ],
    "half a pair in a key": [('{"\\ud83d', {}), ('x":', {}), ("[", {"\ufffdx": []})],
    "a key that comes again": [
        ('{"a":{"x":1},"b":2', {"a": {"x": 1}}), (',"a":', {"a": {"x": 1}, "b": 2}),
        ('"z', {"a": "z", "b": 2}), ('","a":0', {"a": "z", "b": 2}), ("}", {"a": 0, "b": 2}),
    ],
}  # fmt: skip


@pytest.mark.parametrize("steps", STEPS.values(), ids=STEPS)
def test_when_things_appear(steps: list[tuple[str, Any]]) -> None:
    decoder = PartialJSON()
    for piece, value in steps:
        decoder.feed(piece)
        assert exact(decoder.value) == exact(value)


def test_changes_of_a_string() -> None:
    decoder = PartialJSON()
    assert decoder.feed('{"a":["') == []
    assert decoder.feed("x\\u00e9\\ud8") == [Grown(("a", 0), "xé")]
    assert decoder.feed('3d" , "') == [Grown(("a", 0), "\ufffd"), Completed(("a", 0), "xé\ufffd")]
    assert decoder.feed('"]') == [Completed(("a", 1), ""), Completed(("a",), ["xé\ufffd", ""])]
    assert decoder.feed(' , "b":null') == [Completed(("b",), None)]
    (last,) = decoder.feed("}")
    assert last == Completed((), {"a": ["xé\ufffd", ""], "b": None})
    assert isinstance(last, Completed)
    assert last.value is decoder.value


def test_a_number_that_is_all_there_is_waits_for_the_end() -> None:
    decoder = PartialJSON()
    assert decoder.feed("-12") == []
    assert (decoder.value, decoder.complete) == (NOTHING, False)
    assert decoder.close() == [Completed((), -12)]
    assert (decoder.value, decoder.complete, decoder.problem) == (-12, True, "")
    assert decoder.close() == []
    with pytest.raises(UsageError):
        decoder.feed("3")


def test_a_number_too_long_for_python_is_found_out_at_its_end() -> None:
    limit = sys.get_int_max_str_digits()
    decoder = read("9" * (limit + 1), close=False)
    assert (decoder.problem, decoder.offset) == ("", limit + 1)
    decoder.close()
    assert seen(decoder) == ("NOTHING", False, "invalid", limit + 1)
    assert seen(PartialJSON.load(decoder.dump())) == seen(decoder)


@pytest.mark.parametrize("given", [None, b"[]", 1, ["[]"]])
def test_only_text_can_be_fed(given: Any) -> None:
    decoder = read("[1", close=False)
    with pytest.raises(InputTypeError, match="takes str"):
        decoder.feed(given)
    decoder.feed("]")
    assert decoder.value == [1]


@pytest.mark.parametrize("depth", [0, -1, True, 1.5, "9"])
def test_max_depth_is_checked(depth: Any) -> None:
    with pytest.raises(UsageError, match="max_depth"):
        PartialJSON(max_depth=depth)


# -- depth ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("brackets", [("[", "]"), ('{"a":', "}")])
def test_depth_is_counted(brackets: tuple[str, str]) -> None:
    begin, end = brackets
    fits = read(begin * 3 + "1" + end * 3, max_depth=3)
    assert (fits.complete, fits.problem) == (True, "")
    for pieces in ([begin * 4], list(begin * 4)):
        decoder = read(*pieces, max_depth=3)
        assert (decoder.problem, decoder.offset) == ("too deep", 3 * len(begin))
        assert seen(PartialJSON.load(decoder.dump())) == seen(decoder)
    assert read("[" * 129).problem == "too deep"
    assert read("[" * 128).problem == "cut"


def test_no_depth_is_too_deep_without_a_limit() -> None:
    depth = 100_000
    text = '[{"a":' * (depth // 2)
    decoder = read(text, close=False, max_depth=None, changes=False)
    twin = pickle.loads(pickle.dumps(copy.deepcopy(decoder)))
    for one in (decoder, twin):
        one.feed("null" + "}]" * (depth // 2))
        assert one.complete
        value = one.value
        for _ in range(depth // 2):
            ((value,),) = (value[0].values(),)
        assert value is None


# -- state ---------------------------------------------------------------------------------------


def test_a_state_of_another_version_is_refused() -> None:
    state = read("[1, 2", close=False).dump()
    assert json.loads(json.dumps(state)) == state
    with pytest.raises(UsageError, match="a state of version 99, not 1"):
        PartialJSON.load({**state, "version": 99})


@pytest.mark.parametrize("change", [{"text": 1}, {"max_depth": "1"}, {"text": None}])
def test_what_is_no_state_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        PartialJSON.load({**PartialJSON().dump(), **change})


@pytest.mark.parametrize("state", [{}, {"version": 1}, None, "state", []])
def test_what_is_no_dump_is_refused(state: Any) -> None:
    with pytest.raises(UsageError):
        PartialJSON.load(state)


# -- where a text ends, without parsing ----------------------------------------------------------


def nesting_state(scanner: Nesting) -> list[Any]:
    return [getattr(scanner, name) for name in Nesting.__slots__]


def scan(*pieces: str) -> Nesting:
    scanner = Nesting()
    for piece in pieces:
        scanner.feed(piece)
    return scanner


@given(cut(anything))
def test_nesting_is_the_same_for_every_cutting(pieces: list[str]) -> None:
    assert nesting_state(scan(*pieces)) == nesting_state(scan("".join(pieces)))


@given(texts, white)
def test_nesting_closes_where_the_value_does(text: str, more: str) -> None:
    bare = not text.strip().startswith(("[", "{", '"'))
    end = len(text.rstrip(" \t\r\n"))
    assert not scan(text[: end - 1]).closed
    scanner = scan(text, more)
    assert (scanner.closed, scanner.junk) == (not bare, False)
    scanner.feed("x")
    assert (scanner.closed, scanner.junk) == (not bare, not bare)


# closed, junk
ENDS = {
    "": (False, False),
    "{": (False, False),
    '{"a":"}"': (False, False),
    r'"\"': (False, False),
    r'"\\"': (True, False),
    '{"a":[]} \n': (True, False),
    '{"a":"]\\"}"}': (True, False),
    "{}{}": (True, True),
    '{} "': (True, True),
    "[]x": (True, True),
    "[] \\": (True, True),
    '"a" "b"': (True, True),
    "12 ": (False, False),
    "]": (True, False),
}


@pytest.mark.parametrize("text", ENDS)
def test_where_a_text_ends(text: str) -> None:
    for scanner in (scan(text), scan(*text)):
        assert (scanner.closed, scanner.junk) == ENDS[text]
        assert nesting_state(pickle.loads(pickle.dumps(scanner))) == nesting_state(scanner)


@pytest.mark.parametrize(
    ("pieces", "closed"),
    [
        (['["a\\', '""', "]"], True),  # the first of the two is escaped, and the second ends it
        (['["a\\', "", '"]'], False),
        (['["a\\', "", '"', '"]'], True),
    ],
)
def test_nesting_remembers_a_backslash(pieces: list[str], closed: bool) -> None:
    assert scan(*pieces).closed is closed


# -- what mutants showed -------------------------------------------------------------------------


def test_a_literal_is_completed_with_its_value() -> None:
    decoder = PartialJSON(changes=True)
    assert decoder.feed("[true") == [Completed((0,), True)]
    assert decoder.feed(", false, null]")[:2] == [Completed((1,), False), Completed((2,), None)]


def test_half_a_pair_before_any_other_escape_is_known_at_once() -> None:
    decoder = PartialJSON()
    decoder.feed(r'["\ud83d\u0000')
    assert decoder.value == ["\ufffd\0"]


def test_a_state_that_failed_keeps_no_more_than_it_needs() -> None:
    decoder = PartialJSON()
    decoder.feed('["a" x' + "y" * 1000)
    assert decoder.dump()["text"] == '["a" x'
    good = PartialJSON()
    good.feed('["a"]   ')
    assert good.dump()["text"] == '["a"]   '
