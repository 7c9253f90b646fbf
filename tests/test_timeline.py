"""``sse-core timeline``: what is in the picture, in characters and as SVG."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sse_core import StreamDecoder
from sse_core.cassette import write_cassette
from sse_core.cli.drawing import COLOURS, as_svg, as_text
from sse_core.cli.timeline import FLOWS, MARKS, Gap, Row, Timeline
from tests.test_cli import COMMAND, run

SVG = "{http://www.w3.org/2000/svg}"


def chunk(delta: Any = None, finish: str | None = None, **more: Any) -> bytes:
    choices = [{"index": 0, "delta": delta or {}, "finish_reason": finish}]
    return f"data: {json.dumps({'choices': choices, **more})}\n\n".encode()


def call(index: int, name: str | None, arguments: str) -> dict[str, Any]:
    function = {"arguments": arguments, **({"name": name} if name else {})}
    said = {"index": index, "function": function, **({"id": f"t{index}"} if name else {})}
    return {"tool_calls": [said]}


#: A stream of 4 seconds, with two silences and everything that the picture knows of this dialect.
TAPE = [
    (1.0, b": hello\n\n"),
    (1.1, chunk({"reasoning_content": "hm, "})),
    (1.2, chunk({"reasoning_content": "well"})),
    (2.2, chunk({"content": "A\x1b[2J"})),
    (2.3, chunk({"content": "nswer <&>"})),
    (2.4, chunk({"refusal": "no"})),
    (2.5, chunk(call(0, "f", "{}"))),
    (2.6, chunk(call(1, "名前" * 20, '{"a"'))),
    (2.7, chunk(call(1, None, ": 1}"))),
    (2.75, chunk(call(2, "f", "{}"))),
    (2.8, chunk(finish="tool_calls")),
    (2.9, chunk(usage={"prompt_tokens": 12, "completion_tokens": 3456})),
    (2.95, b'data: {"error": {"message": "late", "type": "overloaded"}}\n\n'),
    (3.0, b"data: [DONE]\n\n"),
]


def cassette(tape: list[tuple[float, bytes]] = TAPE) -> bytes:
    return "".join(write_cassette(tape)).encode()


def drawn(*arguments: str, stdin: bytes = b"", **environment: str) -> list[str]:
    code, stdout, _ = run("timeline", *arguments, "-", stdin=stdin or cassette(), **environment)
    assert code == 4  # the error in the stream
    return stdout.splitlines()


# -- in characters ------------------------------------------------------------------------------


PICTURE = """\
stdin · openai-chat · failed · 3 s · 14 chunks, 1,609 bytes

reasoning                            ██                         8 chars
text                                               ▆█           14 chars
refusal                                               █         2 chars
f                                                      █        2 chars
名前名前名前名前名前…                                   █ █     8 chars
f                                                         █     2 chars
usage                                                       ◆   12 in, 3,456 out
finish                                                     ■    tool_calls
error                                                        ✖  overloaded
keep-alive                          ·                           1
silence                ├╌╌╌ 1 s ╌╌╌┤  ├╌╌╌ 1 s ╌╌╌┤
                       └────────────┴────────────┴───────────┴
                       0 s          1 s          2 s       3 s
"""


def test_the_whole_picture() -> None:
    """As it is shown in 80 columns. Look at it before you change it."""
    assert drawn("--width", "80") == PICTURE.splitlines()


def test_every_row_has_its_label_its_summary_and_its_place() -> None:
    lines = drawn("--width", "100")
    rows = {line.split("  ")[0].strip(): line for line in lines[2:]}
    assert list(rows)[:9] == [
        *("reasoning", "text", "refusal", "f", "名前" * 5 + "…", "usage", "finish", "error"),
        "keep-alive",
    ]
    assert [line.split("  ")[0].strip() for line in lines[2:]].count("f") == 2
    assert rows["reasoning"].endswith("8 chars")
    assert re.search(r" ◆ +12 in, 3,456 out$", rows["usage"])
    assert re.search(r" ■ +tool_calls$", rows["finish"])
    assert rows["error"].endswith("overloaded")
    assert rows["keep-alive"].split() == ["keep-alive", "·", "1"]
    assert rows["silence"].count("├") == 2
    assert " 1 s " in rows["silence"]
    assert lines[-1].split() == ["0", "s", "1", "s", "2", "s", "3", "s"]
    # What was first is further left.
    assert rows["reasoning"].index("█") < rows["text"].index("█")


@pytest.mark.parametrize("width", [1, 40, 80, 200])
def test_it_fits_the_width(width: int) -> None:
    from sse_core.cli.drawing import _width

    for line in drawn("--width", str(width)):
        assert _width(line) <= max(width, 60)


def test_the_width_is_that_of_the_terminal() -> None:
    assert max(map(len, drawn(COLUMNS="60"))) <= 60 < max(map(len, drawn(COLUMNS="120")))


def test_gaps_are_silences_of_some_length() -> None:
    assert "├" not in "".join(drawn("--gap", "5"))
    short = drawn("--gap", "0.1", "--width", "200")
    assert sum("├" in line for line in short) == 1
    assert "".join(short).count("├") > 2


def test_without_times_it_is_drawn_over_bytes() -> None:
    lines = drawn(stdin=b"".join(data for _, data in TAPE))
    assert "no times: over bytes" in lines[0]
    assert "14 events" not in lines[0]  # the comment goes with the event after it
    assert "13 events" in lines[0]
    assert lines[-1].split()[:2] == ["0", "B"]
    assert "kB" in lines[-1]
    assert not any("silence" in line for line in lines)


def test_terminals_that_know_ascii_only() -> None:
    lines = drawn(PYTHONUTF8="0", PYTHONIOENCODING="ascii")
    assert "\n".join(lines).isascii()
    assert lines[0].startswith("stdin - openai-chat - failed")
    assert any(line.startswith("silence") and "[..." in line for line in lines)


def test_colours_only_on_a_terminal_that_wants_them() -> None:
    def shown(**environment: str) -> str:
        ours, its = pty.openpty()
        process = subprocess.Popen(
            [*COMMAND, "timeline", "--sample"],
            stdout=its,
            env={**os.environ, "PYTHONUTF8": "1", "TERM": "xterm", **environment},
        )
        os.close(its)
        data = b""
        while True:
            try:
                data += (more := os.read(ours, 65536))
            except OSError:
                break
            if not more:
                break
        os.close(ours)
        assert process.wait(timeout=60) == 0
        return data.decode()

    assert "\x1b[34m" in shown(NO_COLOR="")
    assert "\x1b" not in shown(NO_COLOR="1")
    assert "\x1b" not in shown(TERM="dumb")
    assert "\x1b" not in run("timeline", "--sample")[1]


def test_nothing_to_draw() -> None:
    for stdin in (b"", b"".join(x.encode() for x in write_cassette([]))):
        code, stdout, stderr = run("timeline", "-", stdin=stdin)
        assert code == 3
        assert "stdin · auto · empty" in stdout
        assert "empty" in stderr
        assert run("timeline", "--svg", "-", stdin=stdin)[1].startswith("<svg")


def test_what_a_provider_writes_does_not_steer_the_terminal() -> None:
    nasty = chunk(call(0, "\x1b[2J\n\u202ef", "{}"), finish="tool_calls")
    stdout = run("timeline", "-", stdin=nasty)[1]
    assert "\\u001b[2J \\u202ef" in stdout
    assert "\x1b" not in stdout


# -- as SVG ---------------------------------------------------------------------------------------


def test_the_image() -> None:
    code, stdout, _ = run("timeline", "--svg", "-", stdin=cassette())
    assert code == 4
    root = ElementTree.fromstring(stdout)
    texts = [element.text for element in root.iter(f"{SVG}text")]
    for text in ("reasoning", "text", "refusal", "f", "usage", "finish", "error", "keep-alive",
                 "12 in, 3,456 out", "1 s", "0 s", "3 s", "stdin"):  # fmt: skip
        assert text in texts
    kinds = [path.get("class") for path in root.iter(f"{SVG}path")]
    assert kinds == ["reasoning", "text", "refusal", "tool", "tool", "tool"]
    assert len(list(root.iter(f"{SVG}circle"))) == 1
    assert len([r for r in root.iter(f"{SVG}rect") if r.get("class") == "gap"]) == 2
    # Each row of bars stands on its line, within the plot.
    for path in root.iter(f"{SVG}path"):
        for x, height in re.findall(r"M(\d+) \d+v-(\d+)h", str(path.get("d"))):
            assert 190 <= int(x) < 190 + 660
            assert 1 <= int(height) <= 24
    assert "script" not in stdout
    assert "http" not in stdout.replace("http://www.w3.org/2000/svg", "")


def test_a_size_that_does_not_grow_with_the_stream() -> None:
    tape = [(n / 100, chunk({"content": "a"})) for n in range(20_000)]
    code, stdout, _ = run("timeline", "--svg", "-", stdin=cassette(tape))
    assert code == 3
    assert len(stdout) < 20_000


# -- what is drawn --------------------------------------------------------------------------------

points = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 1000)))


@given(points, st.integers(1, 300), st.floats(1, 1e6) | st.just(0.0))
def test_bins_lose_nothing(points: list[tuple[float, int]], count: int, length: float) -> None:
    row = Row("text", "text")
    row.points = [(share * length, amount) for share, amount in points]
    bins = row.bins(count, length)
    assert len(bins) == count
    assert sum(amount or 0 for amount in bins) == sum(amount for _, amount in points)
    assert any(amount is not None for amount in bins) == bool(points)


@given(st.lists(st.floats(0, 3), min_size=1), st.floats(0.1, 2), st.integers(1, 150))
def test_gaps_are_where_nothing_came(waits: list[float], gap: float, width: int) -> None:
    timeline, stream, t = Timeline(timed=True, gap=gap), StreamDecoder("auto"), 0.0
    expected = []
    for wait in waits:
        if t + wait - t >= gap:
            expected.append(Gap(t, t + wait))
        t += wait
        timeline.add(t, b": a\n", stream)
    assert timeline.gaps == expected
    assert timeline.length == t
    for plain in (False, True):
        picture = as_text(timeline, "x", width=width, colour=False, plain=plain)
        assert picture.isascii() or not plain
        assert all(line == line.rstrip() for line in picture.splitlines())
    ElementTree.fromstring(as_svg(timeline, "x · <&>"))


def test_a_short_silence_has_no_room_for_its_length() -> None:
    timeline, stream = Timeline(timed=True, gap=1.0), StreamDecoder("auto")
    for t in (0.5, 1.5, 99.5):
        timeline.add(t, b": a\n", stream)
    assert timeline.gaps == [Gap(0.5, 1.5), Gap(1.5, 99.5)]
    texts = [one.text for one in ElementTree.fromstring(as_svg(timeline, "x")).iter(f"{SVG}text")]
    assert "98 s" in texts
    assert "1 s" not in texts


def test_a_silence_of_just_that_length_is_one() -> None:
    timeline, stream = Timeline(timed=True, gap=1.0), StreamDecoder("auto")
    for t in (1.0, 1.5, 2.5, 3.25):
        timeline.add(t, b": a\n", stream)
    assert timeline.gaps == [Gap(0.0, 1.0), Gap(1.5, 2.5)]


def test_labels_of_the_axis_do_not_run_into_each_other() -> None:
    timeline = Timeline(timed=False, gap=1)
    timeline.length = 20_000_000
    for width, last in ((30, "10,000 kB"), (90, "20,000 kB")):
        picture = as_text(timeline, "x", width=width, colour=False, plain=False)
        assert re.split("  +", picture.splitlines()[-1])[-1] == last


def test_other_dialects_have_other_rows() -> None:
    """Results and media; a second choice says which it is."""
    timeline, stream = Timeline(timed=False, gap=1), StreamDecoder("anthropic")
    result = {"type": "web_search_tool_result", "tool_use_id": "s1", "content": []}
    for payload in (
        {"type": "message_start", "message": {"id": "m", "role": "assistant"}},
        {"type": "content_block_start", "index": 0, "content_block": result},
        {"type": "content_block_stop", "index": 0},
    ):
        timeline.add(None, f"data: {json.dumps(payload)}\n\n".encode(), stream)
    assert [(row.kind, row.label) for row in timeline.rows] == [
        ("result", "web_search_tool_result")
    ]

    from sse_core import MediaDelta, TextDelta, ToolResultDelta, Usage

    timeline.place([MediaDelta(0, 1, b"abc"), TextDelta(1, 2, "x"), ToolResultDelta(0, 0, "xyz")])
    timeline.place([Usage(None, None, None, None, None, None, {})])
    rows = {row.label: row.summary for row in timeline.rows}
    assert rows["media"] == "3 bytes"
    assert rows["text [1]"] == "1 char"
    assert rows["web_search_tool_result"] == "5 chars"  # two of them, whole: []
    assert rows["usage"] == "1"


def test_each_kind_has_its_colours() -> None:
    assert set(COLOURS) == {*FLOWS, *MARKS}


def test_the_title_is_the_name_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "run.cassette"
    path.write_bytes(cassette())
    assert run("timeline", str(path))[1].startswith("run.cassette · openai-chat")
