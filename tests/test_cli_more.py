"""The command: what is not about one answer alone. Help, completion, stats, encode, options of
``events`` and ``text``, long files. As in ``test_cli.py``, a process with pipes."""

from __future__ import annotations

import argparse
import json
import os
import pty
import re
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sse_core import ServerSentEvent, SSEDecoder, UsageError
from sse_core.cassette import write_cassette
from sse_core.cli import COMMANDS, build_parser, console, encode, main, stats
from sse_core.cli.completion import options_of
from sse_core.testing import strategies
from tests.test_cli import CALL, CALL_END, COMMAND, SAMPLE, TEXT, chat, run, sse

# -- help ---------------------------------------------------------------------------------------


def parsers() -> dict[str, argparse.ArgumentParser]:
    (action,) = (a for a in build_parser()._actions if isinstance(a, argparse._SubParsersAction))
    return dict(action.choices)


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_has_examples_that_parse(name: str) -> None:
    """Every use of the command in its help is one: a text that says ``sse-core`` cannot lie."""
    text = parsers()[name].format_help()
    assert "examples:" in text
    used = 0
    for line in text.partition("examples:")[2].splitlines():
        # A use ends at what a shell does with it, or at what it is for.
        for part in re.split(r"[|<>]|  +|\)\"", line.strip()):
            words = part.strip().removeprefix('eval "$(').split()
            if words[:1] != ["sse-core"]:
                continue
            words = shlex.split(" ".join(words[1:]))
            options = build_parser(words[:1]).parse_args(words)
            used += options.command == name
    assert used


def test_a_command_is_loaded_when_it_is_asked_for() -> None:
    code = (
        "import sys; from sse_core.cli import main; main(['text', '--sample']);"
        "print([name for name in sys.modules if name.startswith('sse_core.cli.')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    loaded = done.stdout.removeprefix(TEXT).strip()
    assert loaded == "['sse_core.cli.console', 'sse_core.cli.answer', 'sse_core.cli.text']"


# -- completion -----------------------------------------------------------------------------------

#: What is typed, and what is offered.
TYPED = [
    ("li", ["lint"]),
    ("text --rea", ["--reasoning"]),
    ("text --dialect ant", ["anthropic"]),
    ("cut --at b", ["boundaries"]),
    ("completion z", ["zsh"]),
    ("--ver", ["--version"]),
]


def script(shell: str, folder: Path) -> Path:
    code, stdout, stderr = run("completion", shell)
    assert (code, stderr) == (0, "")
    path = folder / "_sse-core"
    path.write_text(stdout)
    return path


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_bash_completes(tmp_path: Path) -> None:
    path = script("bash", tmp_path)
    for typed, offered in [*TYPED, ("text ", []), ("cut --every ", []), ("text x", [])]:
        words = ["sse-core", *typed.split(" ")]
        program = (
            f'. "{path}"; COMP_WORDS=({" ".join(map(shlex.quote, words))}); '
            f"COMP_CWORD={len(words) - 1}; _sse_core; "
            'printf "%s\\n" "${COMPREPLY[@]}"'
        )
        done = subprocess.run(["bash", "-c", program], capture_output=True, text=True, timeout=60)
        assert (done.stdout.split(), done.stderr) == (offered, ""), typed


@pytest.mark.skipif(shutil.which("fish") is None, reason="needs fish")
def test_fish_completes(tmp_path: Path) -> None:
    path = script("fish", tmp_path)
    for typed, offered in TYPED:
        program = f"source {path}; complete -C 'sse-core {typed}'"
        done = subprocess.run(["fish", "-c", program], capture_output=True, text=True, timeout=60)
        assert [line.split("\t")[0] for line in done.stdout.splitlines()] == offered, typed


@pytest.mark.skipif(shutil.which("zsh") is None, reason="needs zsh")
def test_zsh_reads_the_script(tmp_path: Path) -> None:
    subprocess.run(["zsh", "-n", str(script("zsh", tmp_path))], check=True, timeout=60)


def test_completion_knows_every_command_and_option() -> None:
    found = options_of(build_parser())
    assert set(found) == {"", *COMMANDS}
    for shell in ("bash", "zsh", "fish"):
        text = run("completion", shell)[1]
        for command, options in found.items():
            assert command in text
            for option in options:
                if command and option.names:
                    name = option.names[-1]
                    assert (name if shell != "fish" else f"-l {name[2:]}") in text


# -- stats ----------------------------------------------------------------------------------------

STDIN = (
    b": hello\nid: 7\nretry: 10\nfoo: bar\n\n"
    + CALL
    + b"event: lost\n\n"
    + CALL_END
    + b"data: tail"
)


def test_stats_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "a.sse"
    path.write_bytes(STDIN)
    code, stdout, stderr = run("stats", "--json", str(path))
    assert (code, stderr) == (0, "")
    found = json.loads(stdout)
    events = len(SSEDecoder().feed(STDIN))
    assert found == {
        "dialect": "anthropic", "outcome": "complete", "bytes": len(STDIN), "chunks": 1,
        "events": events, "comments": 1, "blocks_without_data": 2, "retries": 1,
        "ignored_lines": 1, "unfinished_bytes": 10, "last_event_id": "7", "retry_ms": 10,
        "model": "c", "finish": ["tool_calls"], "text_characters": 0, "reasoning_characters": 0,
        "tool_calls": [{"name": "f", "complete": True, "problem": ""}],
        "usage": {"input_tokens": None, "output_tokens": 3, "cached_tokens": None,
                  "reasoning_tokens": None},
        "error": None, "anomalies": {"A8": 1, "A9": 1}, "times": None,
    }  # fmt: skip
    code, stdout, _ = run("stats", str(path))
    rows = dict(re.split("  +", line) for line in stdout.splitlines())
    assert rows["tool calls"] == "f"
    assert rows["usage"] == "3 output tokens"
    assert rows["anomalies"] == "1 A8, 1 A9"
    assert rows["times"] == "unknown: pipe the stream in as it comes, or record a cassette"
    assert "error" not in rows


def test_stats_of_a_cassette() -> None:
    tape = [(1.0, chat("a", "null")), (1.5, chat("bc", "null")), (4.0, chat("d", "null"))]
    stdin = "".join(write_cassette(tape)).encode()
    code, stdout, stderr = run("stats", "-", stdin=stdin)
    rows = dict(re.split("  +", line) for line in stdout.splitlines())
    assert (code, rows["outcome"]) == (3, "truncated")
    assert "truncated" in stderr
    assert (rows["first byte"], rows["first content"]) == ("1.000 s", "1.000 s")
    assert rows["last content"] == "4.000 s"
    assert re.match(
        r"min 0\.500, median 0\.5\d\d, p95 2\.500, max 2\.500 s", rows["gaps of chunks"]
    )
    assert rows["characters a second"] == "1"
    times = json.loads(run("stats", "--json", "-", stdin=stdin)[1])["times"]
    assert times["first_byte"] == 1.0


def test_stats_tell_no_time_of_what_did_not_come() -> None:
    stdin = "".join(write_cassette([(1.0, b": ping\n\n")])).encode()
    code, stdout, _ = run("stats", "-", stdin=stdin)
    rows = dict(re.split("  +", line) for line in stdout.splitlines())
    assert (code, rows["outcome"]) == (3, "empty")
    assert {name: told for name, told in rows.items() if told.endswith(" s")} == {
        "first byte": "1.000 s",
        "duration": "1.000 s",
    }


def test_stats_of_a_stream_that_comes_in() -> None:
    process = subprocess.Popen(
        [*COMMAND, "stats", "--json", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    with process:
        process.stdin.write(chat("a", "null"))
        process.stdin.flush()
        time.sleep(0.1)
        process.stdin.write(sse({"error": {"message": "x"}}))
        process.stdin.close()
        found = json.loads(process.stdout.read())
        assert process.wait(timeout=60) == 4
    # A slow machine may read both at once, and late: then the first is not in time.
    assert (found["error"], found["chunks"] in (1, 2)) == ("x", True)
    assert 0 <= found["times"]["first_byte"] < 60


def test_each_read_has_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    class Pipe:
        """As stdin is one: what came, and no more."""

        def __init__(self) -> None:
            self.reads = [b"a", b"b", b""]
            self.ends = os.pipe()

        def fileno(self) -> int:
            return self.ends[0]

        def read1(self, size: int) -> bytes:
            now[0] += 2.5
            return self.reads.pop(0)

        read = read1

    now, pipe = [100.0], Pipe()
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    got = list(stats._timed(pipe))  # type: ignore[arg-type]
    for end in pipe.ends:
        os.close(end)
    assert got == [(2.5, b"a"), (5.0, b"b")]


def test_stats_within_a_process(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where stdin is no file of the system's."""
    import io

    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(CALL)))
    assert main(["stats", "--json", "-"]) == 3
    found = json.loads(capsys.readouterr().out)
    assert found["times"] is None
    assert found["tool_calls"][0]["problem"] == "cut"
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(CALL)))
    assert main(["stats", "-"]) == 3
    assert "f (cut)" in capsys.readouterr().out


# -- events, text ---------------------------------------------------------------------------------

MIXED = (
    b': hi\nevent: a\ndata: {"x": {"y": [1, "\xc3\xa9"]}}\n\n'
    b'retry: 5\n\nevent: b\ndata: {"x": 2}\n\n'
    b"event: c\n\ndata: prose\n\n"
)


@pytest.mark.parametrize(
    ("arguments", "lines"),
    [
        (["--event", "b"], [{"n": 1, "start": 60, "end": 86, "event": "b", "id": "",
                             "data": '{"x": 2}'}]),
        (["--event", "message", "--comments"], [{"n": 2, "start": 96, "end": 109,
                                                 "event": "message", "id": "", "data": "prose"}]),
        (["--field", "x"], [{"y": [1, "é"]}, 2]),
        (["--field", "x.y.1", "--comments"], ["é"]),
        (["--field", "x.y.2"], []),
        (["--field", "x.y.-1"], []),
        (["--field", "x.y.z"], []),
        (["--event", "b", "--field", "x"], [2]),
        (["--comments", "--event", "z"], []),
    ],
)  # fmt: skip
def test_events_of_a_kind(arguments: list[str], lines: list[Any]) -> None:
    code, stdout, _ = run("events", *arguments, "-", stdin=MIXED)
    assert code == 0
    got = [json.loads(line) for line in stdout.splitlines()]
    if got and "start" in (got[0] if isinstance(got[0], dict) else {}):
        assert [{**g, "start": 0, "end": 0} for g in got] == [
            {**line, "start": 0, "end": 0} for line in lines
        ]
    else:
        assert got == lines


def test_events_and_comments() -> None:
    stdout = run("events", "--comments", "-", stdin=MIXED)[1]
    lines = [json.loads(line) for line in stdout.splitlines()]
    assert [sorted(line.keys() - {"start", "end"}) for line in lines] == [
        ["comment"], ["data", "event", "id", "n"], ["retry"], *[["data", "event", "id", "n"]] * 2,
    ]  # fmt: skip
    assert (lines[0]["comment"], lines[2]["retry"]) == ("hi", 5)
    # Where lines say all there is, they tile the input, but for the block without data.
    places = [(line["start"], line["end"]) for line in lines]
    assert places[0][0] == 0
    assert sum(end - start for start, end in places) == len(MIXED) - len(b"event: c\n\n")


def test_reasoning_on_stderr() -> None:
    def thought(text: str) -> dict[str, Any]:
        return {"choices": [{"index": 0, "delta": {"reasoning_content": text}}]}

    stdin = sse(thought("hm\x1b"), thought(" well")) + chat("Yes", "null") + sse(thought("."))
    stdin += chat("!")
    assert run("text", "-", stdin=stdin) == (0, "Yes!", "")
    code, stdout, stderr = run("text", "--reasoning", "-", stdin=stdin)
    assert (code, stdout, stderr) == (0, "Yes!", "hm\\u001b well\n.\n")
    assert run("text", "--reasoning", "--raw", "-", stdin=stdin)[2] == "hm\x1b well\n.\n"
    assert run("text", "--reasoning", "-", stdin=sse(thought("a")))[2].startswith("a\nsse-core: ")
    assert run("text", "--reasoning", "--choice", "1", "-", stdin=stdin) == (0, "", "")


# -- encode ---------------------------------------------------------------------------------------


def encoded(*lines: Any) -> bytes:
    done = subprocess.run(
        [*COMMAND, "encode", "-"],
        input=b"".join(json.dumps(line).encode() + b"\n" for line in lines),
        capture_output=True,
        timeout=60,
        check=True,
    )
    return done.stdout


def test_encode() -> None:
    assert (
        encoded(
            {"comment": "hi"},
            {"retry": 5},
            {"data": "a\nb", "event": "e", "id": "1", "retry": 6},
            {"data": {"x": [1, "é"]}, "event": "message", "id": "1", "comment": "c"},
            {"data": None, "id": "", "start": 1, "end": 2, "n": 0},
            {"comment": "with", "retry": 7},
        )
        == (
            ": hi\nretry: 5\n\nevent: e\nid: 1\nretry: 6\ndata: a\ndata: b\n\n"
            ': c\ndata: {"x":[1,"é"]}\n\nid: \ndata: null\n\n: with\nretry: 7\n\n'
        ).encode()
    )


@given(st.lists(strategies.events()))
def test_what_is_encoded_is_decoded(events: list[ServerSentEvent]) -> None:
    written, last = b"", ""
    for event in events:
        line = json.dumps({"data": event.data, "event": event.event, "id": event.id})
        data, last = encode._encoded(line.encode(), last)
        written += data
    assert SSEDecoder().feed(written) == events


def test_events_then_encode_then_events() -> None:
    """The round trip through the shell: only places differ."""
    command = f'"{sys.executable}" -m sse_core'
    lines = subprocess.run(
        f'{command} events "{SAMPLE}" | {command} encode - | {command} events -',
        shell=True, capture_output=True, timeout=60, check=True,
    ).stdout.splitlines()  # fmt: skip
    first = run("events", str(SAMPLE))[1].splitlines()
    for one, other in zip(first, lines, strict=True):
        assert {**json.loads(one), "start": 0, "end": 0} == {**json.loads(other), "start": 0,
                                                             "end": 0}  # fmt: skip


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "not JSON"),
        ("[]", "not a JSON object"),
        ("{}", "none of data, comment and retry"),
        ('{"dta": 1}', "unknown key 'dta'; known are data, event, id, retry, comment"),
        ('{"event": "a"}', "event and id need data"),
        ('{"id": "a"}', "event and id need data"),
        ('{"data": "", "event": 5}', "event must be text, not int"),
        ('{"data": "", "event": "a\\n"}', "event must not contain LF"),
        ('{"data": "", "id": "a\\u0000"}', "id must not contain NUL"),
        ('{"data": "", "id": 5}', "id must be str, not int"),
        ('{"comment": 5}', "comment must be str, not int"),
        ('{"retry": -1}', "retry must be an int of milliseconds, at least 0 and below 10**18"),
        ('{"data": NaN}', "not a JSON value: ValueError"),
        ('{"data": "\\ud800"}', "a lone surrogate is not text: UTF-8 cannot hold it"),
    ],
)
def test_a_bad_line_is_named(line: str, message: str) -> None:
    code, stdout, stderr = run("encode", "-", stdin=f'{{"data": "a"}}\n\n{line}\n'.encode())
    assert (code, stdout) == (2, "data: a\n\n")  # what came before is written
    assert stderr == f"sse-core: line 3: {message}\n"


# -- long files, strange files --------------------------------------------------------------------


def peak_of(command: str, path: Path) -> float:
    """MiB of memory that it takes at most."""
    code = (
        "import sys; from sse_core.cli import main; main(sys.argv[1:]);"
        "sys.stderr.write(open('/proc/self/status').read())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *command.split(), str(path)],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, timeout=300,
    )  # fmt: skip
    return int(re.findall(r"VmHWM:\s*(\d+) kB", done.stderr)[0]) / 1024


@pytest.fixture(scope="module")
def long_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """50 MB, of which little is the answer: large events, so that the test is not about speed."""
    path = tmp_path_factory.mktemp("long") / "long.sse"
    padding = "a" * 100_000
    with path.open("wb") as file:
        for _ in range(500):
            delta = {"index": 0, "delta": {"content": "a"}, "finish_reason": None}
            file.write(sse({"choices": [delta], "obfuscation": padding}))
    return path


COMMANDS_OF_ANY_LENGTH = ["text", "tools", "final", "events", "stats", "lint", "timeline",
                          "cut --every 65536", "cut --at boundaries", "cut --seed 1"]  # fmt: skip


@pytest.mark.exhaustive
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="asks Linux for the memory")
@pytest.mark.parametrize("command", COMMANDS_OF_ANY_LENGTH)
def test_memory_does_not_grow_with_the_file(command: str, long_file: Path) -> None:
    """Of its 50 MB, what is kept is one event, and the answer."""
    assert peak_of(command, long_file) < 32


def test_progress_on_a_terminal(long_file: Path) -> None:
    """On stderr, if that is a terminal and stdout is not; and nothing is left of it."""
    ours, its = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, "cut", "--every", "65536", str(long_file)], stdout=subprocess.DEVNULL, stderr=its
    )
    os.close(its)
    told = b""
    while True:
        try:
            told += (more := os.read(ours, 65536))
        except OSError:  # the terminal has gone
            break
        if not more:
            break
    os.close(ours)
    assert process.wait(timeout=60) == 0
    steps = [int(number) for number in re.findall(rb"(\d+) % of 47 MiB", told)]
    assert steps == sorted(set(steps))
    assert 8 <= len(steps) <= 13
    assert told.endswith(b"\r" + b" " * 40 + b"\r")


def test_no_progress_for_anybody_else(monkeypatch: pytest.MonkeyPatch, long_file: Path) -> None:
    with long_file.open("rb") as file:
        for stderr, stdout, size in ((False, False, 0), (True, True, 0), (True, False, 50_000_000)):
            monkeypatch.setattr("sys.stderr.isatty", lambda stderr=stderr: stderr)
            monkeypatch.setattr("sys.stdout.isatty", lambda stdout=stdout: stdout)
            assert bool(console._size_worth_telling(file)) == bool(size)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setattr("sys.stdout.isatty", lambda: False)
    with SAMPLE.open("rb") as file:
        assert console._size_worth_telling(file) == 0  # not long
    import io

    assert console._size_worth_telling(io.BytesIO()) == 0


READERS = ["text", "tools", "final", "events", "stats", "lint", "timeline", "timeline --svg",
           "cut --every 3", "cut --at boundaries", "cut --seed 1", "replay", "encode"]  # fmt: skip


@pytest.mark.exhaustive
@pytest.mark.parametrize("command", READERS)
def test_garbage_is_no_accident(command: str) -> None:
    """Any bytes: an exit code that is documented, and no traceback."""
    for stdin in (b"", bytes(range(256)) * 40, b"{" * 70_000, b"\r" * 1000, b"\xff\n\n" * 99):
        code, _, stderr = run(*command.split(), "-", stdin=stdin)
        assert code in range(5), (command, stdin[:10])
        assert "Traceback" not in stderr
        assert len(stderr.splitlines()) <= 2


@pytest.mark.parametrize("command", READERS)
def test_a_reader_that_goes_away_is_no_error(command: str) -> None:
    stdin = SAMPLE.read_bytes() * 50
    if command == "replay":
        stdin = "".join(write_cassette([(0, stdin)] * 9)).encode()
    elif command == "encode":
        stdin = b'{"data": "a"}\n' * 1000
    process = subprocess.Popen(
        [*COMMAND, *command.split(), "-"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    process.stdout.close()
    _, stderr = process.communicate(stdin, timeout=60)
    if stdin and process.returncode != 0:
        assert process.returncode in (141, 1, 3), stderr
    assert b"Traceback" not in stderr
    assert b"Broken" not in stderr


def test_a_mistake_of_ours_is_one_line_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(*_: object) -> None:
        raise UsageError("so not")

    monkeypatch.setattr("sse_core.cli.text.decoded", wrong)
    assert main(["text", "-"]) == 2
