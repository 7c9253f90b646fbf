"""The command, as somebody at a terminal sees it: a process with pipes."""

from __future__ import annotations

import contextlib
import io
import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import sse_core
from sse_core.cli import main

SAMPLE = Path(sse_core.__file__).parent / "samples" / "openai-chat.sse"
TEXT = (
    "Server-sent events are plain text: each one ends with a blank line.\n"
    "However they are cut on their way, the text comes out the same: café, 日本語, 🙂."
)
COMMAND = [sys.executable, "-m", "sse_core"]


def chat(content: str, finish: str = '"stop"') -> bytes:
    delta = json.dumps({"content": content})
    return f'data: {{"choices": [{{"delta": {delta}, "finish_reason": {finish}}}]}}\n\n'.encode()


def run(*arguments: str, stdin: bytes = b"", **environment: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [*COMMAND, *arguments],
        input=stdin,
        capture_output=True,
        timeout=60,
        env={**os.environ, "PYTHONUTF8": "1", **environment},
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()


# -- text ---------------------------------------------------------------------------------------


def test_the_sample() -> None:
    assert run("text", "--sample") == (0, TEXT, "")
    assert run("text", str(SAMPLE)) == (0, TEXT, "")
    assert run("text", "-", stdin=SAMPLE.read_bytes()) == (0, TEXT, "")


def test_text_comes_while_the_stream_goes_on() -> None:
    """Byte by byte through a pipe: each piece is out before the next one is in."""
    process = subprocess.Popen(
        [*COMMAND, "text", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    with process:
        for content in ("one", "two"):
            for byte in chat(content):
                process.stdin.write(bytes([byte]))
                process.stdin.flush()
            assert process.stdout.read(3) == content.encode()
        process.stdin.close()
        assert process.wait(timeout=60) == 0


@pytest.mark.parametrize(
    ("stdin", "code", "stdout", "stderr"),
    [
        (chat("a", '"length"'), 0, "a", "the provider stopped the answer early"),
        (chat("a", "null"), 3, "a", "truncated: the stream ends before the answer is complete"),
        (chat("a", "null") + b"data: [DONE]\n\n", 0, "a", "the provider never said why"),
        (chat("a")[:-2], 0, "a", ""),
        (chat("a")[:-9], 3, "", "empty: there is no event in the input"),
        (b'data: {"error": {"message": "no\\u001b", "code": 5}}\n\n', 4, "", "5: no\\u001b"),
        (chat("a", "null") + b'error: {"message": "bad"}\n', 4, "a", "provider: bad"),
        (b"", 3, "", "empty: there is no event in the input"),
        (b": only comments\n\n", 3, "", "empty: there is no event in the input"),
        (b"<!doctype html>\n<p>\n", 2, "", "not an event stream: the input looks like HTML"),
        (b'{"x": 1}', 2, "", "not an event stream: the input looks like JSON"),
        (b"data: prose\n\n", 2, "", "none of the events shows a dialect"),
    ],
)
def test_how_it_ended(stdin: bytes, code: int, stdout: str, stderr: str) -> None:
    got = run("text", "-", stdin=stdin)
    assert got[:2] == (code, stdout)
    assert stderr in got[2]
    assert got[2].count("\n") == bool(stderr)


def test_one_of_several_answers() -> None:
    stdin = b"".join(
        f'data: {{"choices": [{{"index": {n}, "delta": {{"content": "{n}"}},'
        f' "finish_reason": "stop"}}]}}\n\n'.encode()
        for n in range(3)
    )
    assert run("text", "-", "--choice", "1", stdin=stdin) == (0, "1", "")


def test_what_would_steer_a_terminal_is_escaped() -> None:
    nasty = "a\x1b[2J\x07\x7f\x9b\r\u202ee\u2066\ud83d\tb\n"
    escaped = "a\\u001b[2J\\u0007\\u007f\\u009b\\u000d\\u202ee\\u2066\ufffd\tb\n"
    assert run("text", "-", stdin=chat(nasty)) == (0, escaped, "")
    raw = subprocess.run(
        [*COMMAND, "text", "-", "--raw"], input=chat(nasty), capture_output=True, timeout=60,
        env={**os.environ, "PYTHONUTF8": "1"},
    )  # fmt: skip
    assert raw.stdout == nasty.replace("\ud83d", "\ufffd").encode()  # no half of a pair comes out


def test_a_terminal_without_utf8() -> None:
    environment = {"PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}
    assert run("text", "-", stdin=chat("é🙂"), **environment) == (0, "\\xe9\\U0001f642", "")


def test_a_terminal_gets_a_last_line_end() -> None:
    ours, its = pty.openpty()
    process = subprocess.Popen([*COMMAND, "text", "-"], stdin=subprocess.PIPE, stdout=its)
    os.close(its)
    process.communicate(chat("no line end"), timeout=60)
    assert os.read(ours, 100) == b"no line end\r\n"
    os.close(ours)


# -- events -------------------------------------------------------------------------------------


def test_events_are_json_lines() -> None:
    stdin = "id: 1\nevent: e\ndata: é\x1b\ndata: b\n\ndata\n\n".encode()
    code, stdout, stderr = run("events", "-", stdin=stdin)
    assert (code, stderr) == (0, "")
    assert stdout.splitlines()[0] == (
        '{"n": 0, "start": 0, "end": 34, "event": "e", "id": "1", "data": "é\\u001b\\nb"}'
    )
    assert json.loads(stdout.splitlines()[1])["data"] == ""


@pytest.mark.parametrize(
    ("stdin", "code", "stderr"),
    [
        (b"data: a\n\ndata: b", 3, "truncated: 7 bytes of an unfinished event at the end"),
        (b"", 3, "empty: there is no event in the input"),
        (b"<html>", 2, "not an event stream: the input looks like HTML"),
    ],
)
def test_how_events_end(stdin: bytes, code: int, stderr: str) -> None:
    got = run("events", "-", stdin=stdin)
    assert (got[0], got[2]) == (code, f"sse-core: {stderr}\n")


# -- trouble ------------------------------------------------------------------------------------


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    assert run("text", str(missing)) == (2, "", f"sse-core: {missing}: No such file or directory\n")
    assert run("text", str(tmp_path)) == (2, "", f"sse-core: {tmp_path}: Is a directory\n")


def test_a_limit_is_one_line() -> None:
    code, _, stderr = run("events", "-", stdin=b"id: " + b"x" * 9000)
    assert code == 3
    assert stderr == (
        "sse-core: stopped: max_id_bytes is 8192, reached 8193 (byte 8196, line 1, event 0)\n"
    )


@pytest.mark.parametrize("arguments", [[], ["text"], ["text", "a", "--sample"], ["bananas"]])
def test_wrong_arguments(arguments: list[str]) -> None:
    code, stdout, stderr = run(*arguments)
    assert (code, stdout) == (2, "")
    assert "usage: sse-core" in stderr


def test_a_reader_that_goes_away_is_no_error() -> None:
    process = subprocess.Popen(
        [*COMMAND, "events", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    process.stdout.close()
    assert process.stdin is not None
    process.stdin.write(b"data: a\n\n" * 1000)
    process.stdin.close()
    assert process.stderr is not None
    with process:
        assert process.stderr.read() == b""
        assert process.wait(timeout=60) == 141


def test_an_interrupt_is_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("sse_core.cli.answer.opened", interrupted)
    assert main(["text", "-"]) == 130


def test_within_a_process(capsys: pytest.CaptureFixture[str]) -> None:
    """Where stdout is something else, as in a test or a notebook."""
    assert main(["text", "--sample"]) == 0
    assert capsys.readouterr().out == TEXT
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        assert main(["text", "--sample"]) == 0
    assert printed.getvalue() == TEXT


def test_help_has_examples() -> None:
    code, stdout, _ = run("--help")
    assert code == 0
    assert "curl -sN ... | sse-core text -" in stdout
    assert run("--version")[1] == f"sse-core {sse_core.__version__}\n"


# -- the other dialects, tools and final ---------------------------------------------------------


def sse(*payloads: Any) -> bytes:
    return b"".join(b"data: " + json.dumps(payload).encode() + b"\n\n" for payload in payloads)


CALL = sse(
    {"type": "message_start", "message": {"id": "m1", "model": "c", "role": "assistant"}},
    {"type": "content_block_start", "index": 0,
     "content_block": {"type": "tool_use", "id": "t1", "name": "f", "input": {}}},
    {"type": "content_block_delta", "index": 0,
     "delta": {"type": "input_json_delta", "partial_json": '{"a": "\u202e"'}},
)  # fmt: skip
CALL_END = sse(
    {"type": "content_block_delta", "index": 0,
     "delta": {"type": "input_json_delta", "partial_json": "}"}},
    {"type": "content_block_stop", "index": 0},
    {"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 3}},
    {"type": "message_stop"},
)  # fmt: skip


def test_tools() -> None:
    code, stdout, stderr = run("tools", "-", stdin=CALL + CALL_END)
    assert (code, stderr) == (0, "")
    (line,) = stdout.splitlines()
    call = json.loads(line)
    assert (call["name"], call["id"], call["complete"]) == ("f", "t1", True)
    assert call["arguments"] == '{"a": "\u202e"}'
    assert "\u202e" not in stdout


def test_a_call_cut_off_is_shown_as_such() -> None:
    code, stdout, stderr = run("tools", "-", stdin=CALL)
    assert code == 3
    assert json.loads(stdout)["problem"] == "cut"
    assert "truncated" in stderr


def test_final() -> None:
    code, stdout, _ = run("final", "-", stdin=CALL + CALL_END)
    answer = json.loads(stdout)
    assert code == 0
    assert (answer["dialect"], answer["outcome"]) == ("anthropic", "complete")
    (block,) = answer["choices"][0]["blocks"]
    assert (block["type"], block["name"]) == ("tool_call", "f")
    code, stdout, _ = run("final", "--native", "-", stdin=CALL + CALL_END)
    answer = json.loads(stdout)
    assert (code, answer["stop_reason"], answer["usage"]) == (0, "tool_use", {"output_tokens": 3})


def test_final_in_the_words_of_another() -> None:
    stream = CALL + CALL_END
    code, stdout, _ = run("final", "--as", "openai", "-", stdin=stream)
    answer = json.loads(stdout)
    assert (code, answer["object"], answer["id"]) == (0, "chat.completion", "m1")
    [call] = answer["choices"][0]["message"]["tool_calls"]
    assert call["function"] == {"name": "f", "arguments": '{"a": "\u202e"}'}
    code, stdout, _ = run("final", "--as", "otel", "-", stdin=stream)
    assert json.loads(stdout)["gen_ai.response.finish_reasons"] == ["tool_use"]
    # In the words of its own provider, nothing is left out.
    own = run("final", "--as", "anthropic", "-", stdin=stream)
    assert own == run("final", "--native", "-", stdin=stream)
    assert run("final", "--as", "anthropic", "--native", "-")[0] == 2


def test_final_of_nothing_known() -> None:
    code, stdout, stderr = run("final", "--native", "-", stdin=b"data: prose\n\n")
    assert (code, json.loads(stdout)["outcome"]) == (2, "unknown")
    assert "none of the events shows a dialect" in stderr


def test_the_wrong_dialect() -> None:
    code, stdout, stderr = run("text", "--dialect", "gemini", "-", stdin=CALL)
    assert (code, stdout) == (2, "")
    assert "none of the events is of the dialect gemini; this is anthropic: type is" in stderr


def test_errors_are_said_when_they_come_and_when_they_are_left() -> None:
    late = b'data: {"error": {"message": "late"}}'
    code, _, stderr = run("text", "-", stdin=chat("a", "null") + late)
    assert (code, stderr) == (4, "sse-core: error from the provider: late\n")
    code, _, stderr = run("text", "-", stdin=chat("a", '"error"'))
    assert (code, stderr) == (
        4,
        "sse-core: the provider ended the answer with an error it did not name\n",
    )
    code, _, stderr = run("text", "-", stdin=b'{"error": "no"}')
    assert code == 2
    assert stderr.splitlines() == [
        "sse-core: error from the provider: no",
        "sse-core: not an event stream: the input looks like JSON",
    ]
