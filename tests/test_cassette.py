"""Cassettes: written and read back, cut, recorded and replayed; and what bad ones are told."""

from __future__ import annotations

import io
import itertools
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sse_core import SSEDecoder, UsageError
from sse_core.cassette import FORMAT, read_cassette, write_cassette
from sse_core.cli import cut, main
from sse_core.testing import chunkings, strategies
from tests.test_cli import COMMAND, SAMPLE, run

HEADER = '{"format": "sse-core cassette", "version": 1}\n'


def chunks() -> st.SearchStrategy[list[tuple[float, bytes]]]:
    gaps = st.floats(0, 1000)
    pairs = st.lists(st.tuples(gaps, st.binary(max_size=20)))

    def with_times(pairs: list[tuple[float, bytes]]) -> list[tuple[float, bytes]]:
        t, timed = 0.0, []
        for gap, data in pairs:
            t += gap
            timed.append((t, data))
        return timed

    return pairs.map(with_times)


# -- the format ---------------------------------------------------------------------------------


@given(chunks())
def test_what_is_written_is_read(timed: list[tuple[float, bytes]]) -> None:
    lines = list(write_cassette(timed, model="m"))
    assert list(read_cassette(lines)) == timed
    assert list(read_cassette(line.encode() for line in lines)) == timed
    assert all(line.endswith("\n") and "\n" not in line[:-1] for line in lines)
    assert json.loads(lines[0]) == {"format": FORMAT, "version": 1, "model": "m"}


def test_an_int_is_a_time_and_an_empty_line_is_nothing() -> None:
    text = HEADER + '\n{"t": 1, "data": ""}\n   \n{"t": 1.5, "data": "YQ==", "more": null}'
    assert list(read_cassette(io.StringIO(text))) == [(1.0, b""), (1.5, b"a")]
    assert list(write_cassette([(1, memoryview(b"a"))]))[1] == '{"t": 1, "data": "YQ=="}\n'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not a cassette: it is empty"),
        ("\n\n", "not a cassette: it is empty"),
        ("data: a\n\n", "line 1: not JSON"),
        ("[]", "line 1: not a JSON object"),
        ("{}", 'line 1: not a cassette: its header must say "format": "sse-core cassette"'),
        ('{"format": "sse-core cassette"}', "line 1: a cassette of version absent, not 1"),
        (HEADER.replace("1", "2"), "line 1: a cassette of version 2, not 1"),
        (HEADER.replace("1", "true"), "line 1: a cassette of version True, not 1"),
        (HEADER.replace("1", '"one"'), "line 1: a cassette of version str, not 1"),
        (HEADER + '{"t": 0, "da', "line 2: not JSON"),
        (HEADER + "3", "line 2: not a JSON object"),
        (HEADER + '{"data": ""}', "line 2: t must be a number of seconds, not absent"),
        (HEADER + '{"t": true}', "line 2: t must be a number of seconds, not bool"),
        (HEADER + '{"t": -1}', "line 2: t must be at least 0, and a time"),
        (HEADER + '{"t": 1e9}', "line 2: t must be at least 0, and a time"),
        (HEADER + '{"t": NaN}', "line 2: t must be at least 0, and a time"),
        (HEADER + '{"t": 0}', "line 2: data must be base64 text, not absent"),
        (HEADER + '{"t": 0, "data": 5}', "line 2: data must be base64 text, not int"),
        (HEADER + '{"t": 0, "data": "YQ"}', "line 2: data is not base64"),
        (HEADER + '{"t": 0, "data": "é"}', "line 2: data is not base64"),
        (
            HEADER + '{"t": 2, "data": ""}\n{"t": 1.5, "data": ""}',
            "line 3: t is 1.5, before the 2.0 of the chunk before",
        ),
    ],
)
def test_a_bad_cassette_is_told_where(text: str, message: str) -> None:
    with pytest.raises(UsageError) as error:
        list(read_cassette(text.splitlines()))
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("timed", "facts", "message"),
    [
        ([(0, "a")], {}, "chunk 1: data must be bytes, not str"),
        ([(1, b""), (0.5, b"")], {}, "chunk 2: t is 0.5, before the 1 of the chunk before"),
        ([("1", b"")], {}, "chunk 1: t must be a number of seconds, not str"),
        ([], {"version": 3}, "format and version of a cassette are not facts to choose"),
        ([], {"x": float("nan")}, "the facts of a header must be JSON: ValueError"),
        ([], {"x": b""}, "the facts of a header must be JSON: TypeError"),
    ],
)
def test_what_cannot_be_written(timed: Any, facts: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as error:
        list(write_cassette(timed, **facts))
    assert str(error.value) == message


# -- cut ----------------------------------------------------------------------------------------


@given(strategies.any_bytes(), st.data(), st.lists(st.integers(1, 9), min_size=1))
def test_cut_then_joined_is_the_input(data: bytes, draw: Any, sizes: list[int]) -> None:
    pushes = draw.draw(strategies.chunkings(data))
    endless = (sizes[n % len(sizes)] for n in range(10**9))
    pieces = list(cut.cut_to_sizes(pushes, endless))
    assert b"".join(pieces) == data
    assert [len(piece) for piece in pieces[:-1]] == [
        sizes[n % len(sizes)] for n in range(len(pieces) - 1)
    ]
    assert all(pieces)


@given(strategies.any_bytes(), st.data())
def test_cut_at_boundaries_each_piece_is_an_event(data: bytes, draw: Any) -> None:
    pieces = list(cut.at_boundaries(draw.draw(strategies.chunkings(data))))
    assert b"".join(pieces) == data
    decoder = SSEDecoder()
    completed = [len(decoder.feed(piece)) for piece in pieces]
    assert completed[:-1] == [1] * len(completed[:-1])
    assert all(count <= 1 for count in completed)
    # No CRLF is cut in two.
    assert not any(a[-1:] == b"\r" and b[:1] == b"\n" for a, b in itertools.pairwise(pieces))


def test_an_event_waits_for_the_rest_of_its_crlf() -> None:
    pushes = [b"data: a\r\n\r", b"\ndata: b\r\r", b"data: c\n\n"]
    assert list(cut.at_boundaries(pushes)) == [
        b"data: a\r\n\r\n", b"data: b\r\r", b"data: c\n\n"
    ]  # fmt: skip


def test_a_seed_is_a_cutting() -> None:
    data = bytes(100_000)
    one, again, other = (
        [len(piece) for piece in cut.cut_to_sizes([data], cut.random_sizes(seed))]
        for seed in (1, 1, 2)
    )
    assert one == again != other
    assert min(one) == 1
    assert max(one) > 2048
    assert all(1 <= size < 4096 for size in one)


def events_of(data: bytes) -> list[bytes]:
    return [data[event.start : event.end] for event in SSEDecoder().feed(data)]


@pytest.mark.parametrize(
    ("arguments", "cutting"),
    [
        (["--every", "100"], lambda data: chunkings.sized(data, 100)),
        (["--at", "boundaries"], events_of),
    ],
)
def test_cut_as_a_command(arguments: list[str], cutting: Any) -> None:
    code, stdout, stderr = run("cut", *arguments, "--delay", "0.5", str(SAMPLE))
    assert (code, stderr) == (0, "")
    timed = list(read_cassette(stdout.splitlines()))
    assert [data for _, data in timed] == cutting(SAMPLE.read_bytes())
    assert [t for t, _ in timed] == [n * 0.5 for n in range(len(timed))]


def test_cut_of_a_cassette_and_by_seed() -> None:
    code, cassette, _ = run("cut", "--seed", "7", "--sample")
    assert code == 0
    again = run("cut", "--seed", "7", "-", stdin=cassette.encode())
    assert again == (0, cassette, "")


@pytest.mark.parametrize("arguments", [["--every", "0"], ["--every", "x"], ["--at", "x"], []])
def test_cut_wants_to_know_how(arguments: list[str]) -> None:
    assert run("cut", *arguments, "-")[0] == 2


# -- record and replay ----------------------------------------------------------------------------


class Log(io.BytesIO):
    """Remembers each write by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[bytes] = []

    def write(self, data: Any) -> int:
        self.writes.append(bytes(data))
        return len(data)


@given(timed=chunks())
def test_replay_writes_the_very_chunks(timed: list[tuple[float, bytes]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        stdin, stdout = io.BytesIO("".join(write_cassette(timed)).encode()), Log()
        patch.setattr("sys.stdin", io.TextIOWrapper(stdin))
        patch.setattr("sys.stdout", io.TextIOWrapper(stdout))
        assert main(["replay", "--no-delay", "-"]) == 0
    assert [data for data in stdout.writes if data] == [data for _, data in timed if data]


@pytest.mark.parametrize(("speed", "seconds"), [("1", 10.5), ("10", 1.05)])
def test_replay_waits_as_long_as_it_took(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, speed: str, seconds: float
) -> None:
    path = tmp_path / "cassette"
    path.write_text("".join(write_cassette([(0.5, b"a"), (10.5, b"b"), (10.5, b"c")])))
    now, slept = [100.0], []

    def sleep(duration: float) -> None:
        slept.append(duration)
        now[0] += duration + 0.25  # never exactly; what is too much is made up for

    monkeypatch.setattr("time.sleep", sleep)
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    stdout = Log()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(stdout))
    assert main(["replay", "--speed", speed, str(path)]) == 0
    assert slept[0] == pytest.approx(0.5 / float(speed))
    assert slept[1] == pytest.approx(10 / float(speed) - 0.25)
    assert slept[2] == 0.0
    assert now[0] - 100.0 == pytest.approx(seconds + 0.5)


@pytest.mark.parametrize("speed", ["0", "-1", "nan", "x", "1e9"])
def test_a_speed_is_above_zero(speed: str) -> None:
    assert run("replay", f"--speed={speed}", "-")[0] == 2


def test_a_bad_cassette_in_the_command() -> None:
    assert run("replay", "-", stdin=b"data: a\n\n") == (2, "", "sse-core: line 1: not JSON\n")
    stdin = HEADER.encode() + b'{"t": 0, "data": "ZGF0YTogYQoK"}\n{}'
    code, stdout, stderr = run("events", "-", stdin=stdin)
    assert code == 2
    assert json.loads(stdout)["data"] == "a"  # what came before is not lost
    assert stderr == "sse-core: line 3: t must be a number of seconds, not absent\n"


def test_record_then_replay(tmp_path: Path) -> None:
    """Through real pipes: bytes at once and untouched, cutting and pace kept, and once more."""
    path, again = tmp_path / "one", tmp_path / "two"
    pieces = [b"data: a\r", b"\n\xff\x00", b"\r\n\r\n", b": c"]
    process = subprocess.Popen(
        [*COMMAND, "record", str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
    )
    assert process.stdin is not None
    assert process.stdout is not None
    with process:
        for number, piece in enumerate(pieces, 1):
            process.stdin.write(piece)
            assert process.stdout.read(len(piece)) == piece
            assert len(list(read_cassette(path.read_text().splitlines()))) == number  # kept, too
            time.sleep(0.1)
        process.stdin.close()
        assert process.wait(timeout=60) == 0
    recorded = list(read_cassette(path.read_text().splitlines()))
    assert [data for _, data in recorded] == pieces
    times = [t for t, _ in recorded]
    assert all(b - a >= 0.09 for a, b in itertools.pairwise(times))
    assert json.loads(path.read_text().splitlines()[0])["recorded"].endswith("Z")

    begin = time.monotonic()
    code = f'"{sys.executable}" -m sse_core'
    done = subprocess.run(
        # The recorder is there before anything comes, and has time between the chunks.
        f'(sleep 1; {code} replay --speed 0.4 "{path}") | {code} record "{again}"',
        shell=True, capture_output=True,
        timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, b"".join(pieces))
    assert time.monotonic() - begin >= 1 + 2.5 * (times[-1] - times[0])
    replayed = list(read_cassette(again.read_text().splitlines()))
    assert [data for _, data in replayed] == pieces
    for (t, _), (s, _) in zip(recorded, replayed):
        # The first may be late by itself.
        assert s - replayed[0][0] >= 2.5 * (t - recorded[0][0]) - 0.2


def test_record_and_a_reader_that_goes_away(tmp_path: Path) -> None:
    """What came is kept, and nobody complains."""
    path = tmp_path / "cassette"
    process = subprocess.Popen(
        [*COMMAND, "record", str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    process.stdin.write(b"data: a\n\n")
    with process:
        assert process.wait(timeout=60) == 141
        assert process.stderr.read() == b""
    assert [data for _, data in read_cassette(path.read_text().splitlines())] == [b"data: a\n\n"]


def test_record_where_nothing_can_be_written(tmp_path: Path) -> None:
    code, stdout, stderr = run("record", str(tmp_path), stdin=b"a")
    assert (code, stdout) == (2, "")
    assert "Is a directory" in stderr


def test_every_command_reads_cassettes_cut_anywhere() -> None:
    _, cassette, _ = run("cut", "--every", "1", "--sample")
    for command in (["text"], ["events"], ["final"], ["lint", "--strict"]):
        plain = run(*command, str(SAMPLE))
        assert run(*command, "-", stdin=cassette.encode())[:2] == (
            plain[0],
            plain[1].replace(str(SAMPLE), "<stdin>"),
        )
