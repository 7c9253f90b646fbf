"""``sse-core lint``: each code by an example and a near miss; positions; laws; recordings.

``EXAMPLES`` has a row for each code of the wire and of what is said over it. Those of quirks have
theirs in ``tests/quirks``: here, that their anomalies become findings.
"""

from __future__ import annotations

import json
import os
import subprocess
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sse_core import Outcome, StreamDecoder, UsageError, encode
from sse_core.cli.codes import BREAKING, CODES, ERROR, WARNING, matching
from sse_core.cli.linter import Finding, Linter
from sse_core.events import Anomaly
from sse_core.quirks import ASSUMED, QUIRKS, REPAIRED
from sse_core.testing import strategies, streams
from tests.test_cli import COMMAND, run


def lint(data: bytes, dialect: str = "none", cutting: list[bytes] | None = None) -> list[Finding]:
    linter = Linter(dialect)
    found = [f for piece in (cutting or [data]) for f in linter.feed(piece)]
    return found + linter.close()


def codes(data: bytes, dialect: str = "none") -> list[str]:
    return [finding.code for finding in lint(data, dialect)]


def sse(*payloads: Any, end: str = "\n") -> bytes:
    written = (p if isinstance(p, str) else json.dumps(p) for p in payloads)
    return "".join(f"data: {payload}{end}{end}" for payload in written).encode()


def named(*payloads: dict[str, Any]) -> bytes:
    return b"".join(f"event: {p['type']}\n".encode() + sse(p) for p in payloads)


USAGE = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}


def chat(finish: str | None = "stop", usage: Any = USAGE, **delta: Any) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta or {"content": "a"}, "finish_reason": finish}
    return {"object": "chat.completion.chunk", "choices": [choice], "usage": usage}


def called(index: int, arguments: str = "{}") -> dict[str, Any]:
    function = {"name": "f", "arguments": arguments}
    return {"index": index, "id": f"t{index}", "type": "function", "function": function}


START = {"type": "message_start", "message": {"id": "m", "model": "c", "role": "assistant",
         "usage": {"input_tokens": 1, "output_tokens": 1}}}  # fmt: skip
STOP = {
    "type": "message_delta",
    "delta": {"stop_reason": "end_turn"},
    "usage": {"output_tokens": 1},
}
END = {"type": "message_stop"}
CHAT, ANTHROPIC = "openai-chat", "anthropic"
DONE = "[DONE]"


def block(index: int, kind: str = "content_block_start") -> dict[str, Any]:
    more = {"content_block": {"type": "text", "text": ""}} if kind.endswith("start") else {}
    return {"type": kind, "index": index, **more}


#: Code: the dialect, what it is found in, at which line and column, and what it is nearly.
EXAMPLES: dict[str, tuple[str, bytes, tuple[int, int], bytes]] = {
    "W1": ("none", b"\xef\xbb\xbfdata: a\n\n", (1, 1), b"data: \xef\xbb\xbfa\n\n"),
    "W2": ("none", b"data: a\r\r", (1, 8), b"data: a\r\n\r\n"),
    "W3": ("none", b"data: \xc3\xa9\n\r\n", (2, 1), b"data: a\n\n"),
    "W4": ("none", b"data: a\ndta: x\n\n", (2, 1), b"data: a\n: dta\n\n"),
    "W5": ("none", b"data: a\n Data : x\n\n", (2, 1), b"data: Data\n\n"),
    "W6": ("none", b"data: a\n\n: c\nid: 1\ndata: b\n", (4, 1), b"data: a\n\n: c\n\n"),
    "W7": ("none", b"retry: 1.5\n\n", (1, 8), b"retry: 15\n\n"),
    "W8": ("none", b"id: a\0b\ndata: x\n\n", (1, 6), b"id: ab\ndata: \0\n\n"),
    "W9": ("none", "data: é".encode() + b"\xff\n\n", (1, 8), "data: é\ufffd\n\n".encode()),
    "W10": ("none", "data: é\u2028\n\n".encode(), (1, 8), "data: é\u2027\t\n\n".encode()),
    "W11": ("none", b"id: 1\nevent: a\n\n", (2, 8), b"id: 1\n\n"),
    "W12": ("none", b"data: a\n\nevent: b\n: c\n", (3, 1), b"data: a\n\n: c\n"),
    "W13": ("none", b"id: a \ndata: x\n\n", (1, 5), b"id: a b\ndata: x\n\n"),
    "W14": ("none", b"id: 1\ndata: x\nid: 2\n\n", (3, 1), b"id: 1\ndata: x\ndata: y\n\nid: 2\n\n"),
    "W15": (
        "none",
        b"\nevent: " + b"a" * 8193,
        (2, 8200),
        b"event: " + b"a" * 8192 + b"\ndata\n\n",
    ),
    "D1": (CHAT, sse(chat()), (3, 1), sse(chat(), DONE)),
    "D2": (CHAT, sse(chat(), DONE, DONE), (5, 7), sse(chat(content=DONE), DONE)),
    "D3": (ANTHROPIC, named(START, STOP, END) + sse(DONE), (10, 7), named(START, STOP, END)),
    "D4": (
        CHAT,
        sse(chat(None), chat("tool_calls", tool_calls=[called(0, "[]")]), DONE),
        (3, 7),
        sse(chat(None), chat("tool_calls", tool_calls=[called(0, "{}")]), DONE),
    ),
    "D5": (
        CHAT,
        sse(chat("tool_calls", tool_calls=[called(0), called(2)]), DONE),
        (1, 7),
        sse(chat("tool_calls", tool_calls=[called(0), called(1)]), DONE),
    ),
    "D6": (
        ANTHROPIC,
        named(START) + b"event: data\n" + sse(STOP) + named(END),
        (4, 8),
        named(START, STOP, END),
    ),
    "D7": (CHAT, sse(chat(usage=None), DONE), (5, 1), sse(chat(usage=None), chat(), DONE)),
    "D8": (CHAT, sse(chat(None)), (3, 1), sse(chat(), DONE)),
    "D9": (CHAT, sse(chat("length"), DONE), (5, 1), sse(chat("stop"), DONE)),
    "D10": (CHAT, sse(chat(None), {"error": {"message": "x"}}), (3, 7), sse(chat(), DONE)),
    "D11": (CHAT, b": c\n", (2, 1), sse(chat(), DONE)),
    "D12": (CHAT, b"\n<html>\n", (1, 1), b"\n" + sse(chat(), DONE)),
    "D13": (CHAT, sse(chat(None), DONE), (5, 1), sse(chat(None), chat("stop"), DONE)),
    "D14": (ANTHROPIC, sse(chat(None)), (3, 1), named(START, STOP, END)),
}


@pytest.mark.parametrize("code", EXAMPLES)
def test_each_code_is_found_in_its_example_and_not_in_the_near_miss(code: str) -> None:
    dialect, bad, place, near = EXAMPLES[code]
    found = [(f.line, f.column) for f in lint(bad, dialect) if f.code == code]
    assert found == [place]
    assert code not in codes(near, dialect)


@pytest.mark.parametrize(
    ("body", "format"), [(b'{"a": 1}', "JSON"), (b"\n[1]\n", "JSON"), (b" <p>", "HTML")]
)
def test_what_is_no_stream_is_named(body: bytes, format: str) -> None:
    (message,) = [finding.message for finding in lint(body, CHAT) if finding.code == "D12"]
    assert message == f"Not an event stream: it looks like {format}"


def test_every_code_has_an_example_or_is_a_quirk() -> None:
    quirks = {id for id, quirk in QUIRKS.items() if quirk.treatment in (REPAIRED, ASSUMED)}
    assert set(CODES) == set(EXAMPLES) | quirks
    assert not set(EXAMPLES) & set(QUIRKS)
    assert quirks >= BREAKING
    for code, rule in CODES.items():
        assert rule.severity == (ERROR if code in BREAKING else rule.severity)
        assert rule.severity in (ERROR, WARNING)
        assert rule.what.endswith(".")
        assert rule.source


# -- more examples: what else a code is, and what is decided ---------------------------------------


@pytest.mark.parametrize(
    ("data", "dialect", "expected"),
    [
        (b"", "none", ["D11"]),
        (b"data: a\n\n", "none", []),
        (b": c", "none", ["W12", "D11"]),
        (b"data", "none", ["W6", "D11"]),
        (b"\xef\xbb\xbf\r\ndata: a\r\n\r\nda", "none", ["W1", "W4", "W12"]),
        (b'data: a\n\n{"x": 1}\n', "none", ["W4"]),
        (b"retry\n\n", "none", ["W7", "D11"]),
        (b"retry: \xd9\xa1\n\n", "none", ["W7", "D11"]),
        (b"data: a\r", "none", ["W2", "W6", "D11"]),
        (b"data: a\r\n\r", "none", ["W2", "W3"]),
        (b"data: \x0b\x0c\n\n", "none", ["W10"]),
        (b"id: a\nid: b\ndata: c\n\nid: d\ndata\n\n", "none", ["W14"]),
        # A dialect that never shows has no findings; one that shows late has all of them.
        (sse("prose", {"x": 1}), "auto", []),
        (sse("prose"), "auto", []),
        (sse("prose", chat(), DONE), "auto", ["F20"]),
        (sse({"error": {"message": "x"}}), "auto", ["D10"]),
        (sse(DONE), "auto", []),
        (sse(chat("error"), DONE), CHAT, ["D10"]),
        (sse(chat(None), "[1]", DONE), CHAT, ["J8", "D13"]),
        (named(START, {"type": "x"}, STOP, END, END), ANTHROPIC, ["D2", "F14"]),
        (named(START, block(0), block(0, "content_block_stop"), block(2),
               block(2, "content_block_stop"), STOP, END), ANTHROPIC, ["D5"]),
        (named(START) + b"event: ping\n" + sse({"type": 5}) + named(STOP, END), ANTHROPIC, []),
        (sse({"type": "response.created", "sequence_number": 3, "response": {"id": "r"}},
             {"type": "response.in_progress", "sequence_number": 5, "response": {}}),
         "openai-responses", ["D5", "D8"]),
        (sse({"choices": [3, {"delta": {"tool_calls": [None, {"index": "0"}]}}, {"delta": 3}]}),
         CHAT, None),
    ],
)  # fmt: skip
def test_what_is_found(data: bytes, dialect: str, expected: list[str] | None) -> None:
    found = codes(data, dialect)
    if expected is not None:
        assert [code for code in found if code not in ("C6", "P8")] == expected


def test_a_name_is_shown_only_if_it_is_one() -> None:
    (close, far, payload) = lint(b"dta: secret\nstatus:400\nmy secret is: x\ndata\n\n")
    assert close.message == "Ignored: the field dta is unknown; meant is data?"
    assert far.message == "Ignored: the field status is unknown"
    assert payload.message == "Ignored: a line that is no field"


def test_after_a_limit_nothing_is_looked_at() -> None:
    linter = Linter("none")
    found = linter.feed(b"data: a\n\ndta: x\nid: " + b"x" * 9000)
    assert [f.code for f in found] == ["W4"]
    found = linter.feed(b"more")
    assert [(f.code, f.line) for f in found] == [("W15", 4)]
    assert found[0].offset == 20 + 8192
    assert linter.feed(b"\n\ndta: x\n\n") == linter.close() == []


def test_a_limit_of_the_answer_is_one_too() -> None:
    deep = {"choices": [], "x": json.loads("[" * 200 + "]" * 200)}
    found = codes(sse(chat(None), deep, chat()), CHAT)
    assert found[-1] == "W15"
    # ... also if it is the end of the input that completes what passes it.
    found = codes(sse(chat(None), deep).rstrip(), CHAT)
    assert (found[-1], found.count("W15"), "D8" in found) == ("W15", 1, False)


# -- laws -----------------------------------------------------------------------------------------


@given(strategies.any_bytes(), st.sampled_from(["none", "auto", CHAT]), st.data())
def test_every_cutting_finds_the_same(data: bytes, dialect: str, draw: Any) -> None:
    whole = lint(data, dialect)
    assert lint(data, dialect, draw.draw(strategies.chunkings(data))) == whole


def place(data: bytes, finding: Finding) -> tuple[int, int]:
    """Line and column of the finding's offset, counted by something else than the linter."""
    before = data[: finding.offset]
    before = before.removeprefix(b"\xef\xbb\xbf")
    lines = before.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    return len(lines), len(lines[-1].decode("utf-8", "replace")) + 1


@given(strategies.any_bytes(), st.sampled_from(["none", CHAT]))
def test_line_and_column_are_those_of_the_offset(data: bytes, dialect: str) -> None:
    for finding in lint(data, dialect):
        assert 0 <= finding.offset <= len(data)
        assert (finding.line, finding.column) == place(data, finding), finding
        assert finding.message


#: What stands where the finding says, as its beginning.
POINTS_AT: dict[str, bytes | tuple[bytes, ...]] = {
    "W1": b"\xef\xbb\xbf",
    "W2": b"\r",
    "W8": b"\0",
    "W10": (b"\x0b", b"\x0c", b"\x1c", b"\x1d", b"\x1e", b"\xc2\x85", b"\xe2\x80"),
    "W14": (b"event", b"id", b"retry"),
}


@given(strategies.any_bytes())
def test_positions_point_at_what_they_say(data: bytes) -> None:
    for finding in lint(data):
        rest, before = data[finding.offset :], data[: finding.offset]
        if finding.code in POINTS_AT:
            assert rest.startswith(POINTS_AT[finding.code])
        elif finding.code in ("W4", "W5", "W6", "W12"):
            assert before == b"" or before.endswith((b"\n", b"\r", b"\xef\xbb\xbf"))
        elif finding.code in ("W7", "W13"):
            line = before.replace(b"\r", b"\n").split(b"\n")[-1]
            assert line.lstrip(b"\xef\xbb\xbf").startswith((b"retry", b"id"))
        elif finding.code == "W9":
            with pytest.raises(UnicodeDecodeError) as error:
                rest.decode()
            assert error.value.start == 0


@given(st.lists(strategies.events(), min_size=1))
def test_what_the_encoder_writes_is_clean(events: list[Any]) -> None:
    """But for what no encoder can help: separators in text, ids that HTTP cannot carry."""
    data, last = b"", ""
    for event in events:
        data += encode(event, last)
        last = event.id
    assert set(codes(data)) <= {"W10", "W13"}


@pytest.mark.parametrize("dialect", sorted(streams.DIALECTS))
@settings(max_examples=max(5, settings().max_examples // 4))
@given(data=st.data())
def test_a_clean_stream_is_clean(dialect: str, data: Any) -> None:
    """Nothing is found in generated streams but that an answer ended early, or has no usage."""
    _answer, chunks = data.draw(streams.streams(dialect))
    wire = streams.to_bytes(chunks, streams.EOL[dialect], ascii=True)
    stream = StreamDecoder(dialect)
    stream.feed(wire)
    stream.close()
    response = stream.response
    expected = {"D9"} if stream.outcome is Outcome.INCOMPLETE else set()
    if not (response.usage or any(choice.usage for choice in response.choices)):
        expected.add("D7")
    if any(call.problem for call in response.all_tool_calls):
        expected.add("D4")
    assert set(codes(wire, dialect)) == expected


@given(strategies.any_bytes())
def test_every_anomaly_is_a_finding(data: bytes) -> None:
    stream = StreamDecoder(CHAT)
    events = [*stream.feed(data), *stream.close()]
    quirks = [event.quirk for event in events if isinstance(event, Anomaly)]
    assert [code for code in codes(data, CHAT) if code in QUIRKS] == quirks


# -- the command ----------------------------------------------------------------------------------


def test_a_file_with_errors(tmp_path: Path) -> None:
    path = tmp_path / "bad.sse"
    path.write_bytes(b"dta: x\ndata: a\x0b\n\n")
    code, stdout, stderr = run("lint", "--dialect", "none", str(path))
    assert code == 1
    assert stdout.splitlines() == [
        f"{path}:1:1: W4 Ignored: the field dta is unknown; meant is data?",
        f"{path}:2:8: W10 U+000B breaks clients that use str.splitlines",
    ]
    assert stderr == "sse-core: 1 error and 1 warning\n"


@pytest.mark.parametrize(
    ("arguments", "code", "found"),
    [
        ([], 1, ["W4", "W10", "W10"]),
        (["--ignore", "W4"], 0, ["W10", "W10"]),
        (["--ignore", "W4", "--strict"], 1, ["W10", "W10"]),
        (["--select", "D,W4"], 1, ["W4"]),
        (["--select", "W", "--ignore", "W4", "--ignore", "W10"], 0, []),
        (["--select", "C", "--strict"], 0, []),
    ],
)
def test_select_ignore_strict_and_json(arguments: list[str], code: int, found: list[str]) -> None:
    stdin = b"dta: x\ndata: \x0b\n\ndata: \x0c\n\n"
    got, stdout, stderr = run("lint", "--format", "json", *arguments, stdin=stdin)
    lines = [json.loads(line) for line in stdout.splitlines()]
    assert (got, [line["code"] for line in lines]) == (code, found)
    assert all(line["path"] == "<stdin>" for line in lines)
    assert all(line["severity"] == CODES[line["code"]].severity for line in lines)
    assert "nothing shows a dialect" in stderr


def test_wrong_codes() -> None:
    for wrong in ("W99", "w", ""):
        code, _, stderr = run("lint", "--select", wrong)
        assert code == 2
        assert stderr == (
            f"sse-core: no such code: {wrong!r}; a letter names all codes of a family\n"
        )
    with pytest.raises(UsageError):
        matching(["W1,"])


def test_several_files_one_of_them_missing(tmp_path: Path) -> None:
    missing, bad = tmp_path / "missing", tmp_path / "bad"
    bad.write_bytes(b"dta: x\n\n")
    code, stdout, stderr = run("lint", str(missing), str(bad), "-")
    assert code == 2
    assert stdout.count("D11") == 2
    assert f"{bad}:1:1: W4 " in stdout
    assert f"{missing}: No such file or directory" in stderr


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs a terminal")
def test_colours_on_a_terminal(tmp_path: Path) -> None:
    path = tmp_path / "bad"
    path.write_bytes(b"dta: x\ndata: \x0b\n\n")
    ours, its = os.openpty()
    subprocess.run(
        [*COMMAND, "lint", str(path)], stdout=its, stderr=subprocess.DEVNULL, timeout=60,
        env={**os.environ, "TERM": "xterm", "NO_COLOR": ""},
    )  # fmt: skip
    os.close(its)
    shown = os.read(ours, 65536).decode()
    os.close(ours)
    assert "\x1b[31mW4\x1b[0m Ignored" in shown
    assert "\x1b[33mW10\x1b[0m U+000B" in shown


def test_the_sample_is_clean() -> None:
    sample = resources.files("sse_core") / "samples/openai-chat.sse"
    code, stdout, _ = run("lint", str(sample))
    assert (code, stdout) == (0, "")


# -- recordings -----------------------------------------------------------------------------------

#: A tag of the index, and the code that it must lead to; more of a tag's files than are named.
TAGGED = {
    "F:undispatched_tail": "W6",
    "tc_args_invalid_json": "D4",
    "t:keepalive": "P1",
    "top:error": "D10",
}

DIALECTS = {"openai_chat": "openai-chat", "openai_responses": "openai-responses",
            "anthropic": "anthropic", "gemini": "gemini"}  # fmt: skip

#: Streams that the recordings' page names, and what it says of them.
KNOWN = {
    "openai_chat/crmne__ruby_llm__chat-with-extended-thinking-gpustack-qwe~eams-thinking-content-"
    "when-available.sse": {"W4", "F19", "D10"},
    "openai_chat/pydantic__pydantic-ai__test-tool-use-failed-error-streaming.sse": {"D10"},
    "openai_chat/pydantic__pydantic-ai__test-openrouter-stream-error.sse": {"D10"},
    "openai_chat/0xPlaygrounds__rig__streaming-gpt41-low-agent.sse": {"D4"},
    "openai_chat/jackmpcollins__magentic__test-openai-chat-model-gemini-complete-Return-1-2-3-4-5-"
    "-output-types2-list.sse": {"T1", "T9", "E3"},
    "openai_chat/simonw__llm__test-tools-streaming-variant-d.sse": {"T18", "C8"},
    "openai_chat/crmne__ruby_llm__chat-streaming-responses-perplexity-sonar-supports-streaming-"
    "responses.sse": {"D1", "C5"},
    "anthropic/vercel__ai__spliced-message-start.sse": {"X12"},
}


def test_recordings(captures: Path) -> None:
    """What their index and page say is found; most of what a provider itself sent is clean."""
    index = json.loads((captures / "index.json").read_text())
    found = {}
    for entry in index:
        if entry["dialect"] in DIALECTS:
            data = (captures / entry["file"]).read_bytes()
            found[entry["file"]] = set(codes(data, DIALECTS[entry["dialect"]]))
    for entry in index:
        for tag in set(entry["tags"]) & set(TAGGED):
            if entry["file"] in found:
                assert TAGGED[tag] in found[entry["file"]], (entry["file"], tag)
    for file, expected in KNOWN.items():
        assert expected <= found[file], (file, found[file])
    official = [
        found[entry["file"]]
        for entry in index
        if entry["file"] in found
        and entry["provenance"] == "cassette"
        and entry["provider"] in ("openai", "anthropic", "google-ai-studio")
    ]
    clean = [codes for codes in official if not codes - {"D7", "D9"}]
    assert len(clean) > 0.9 * len(official) > 60
