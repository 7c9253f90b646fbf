"""What the pages say about speed is what ``benchmarks.report`` makes of the kept results."""

from __future__ import annotations

import multiprocessing
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from benchmarks import gateway, memory, report, shapes, sizing
from benchmarks.harness import FLOOR, OURS, exponent, family, size
from benchmarks.shapes import cut
from sse_core import StreamDecoder

RUNS = [report.load(file) for file in report.FILES]
MADE = "run: python -m benchmarks.report"


def test_the_page_is_what_the_report_makes() -> None:
    assert report.PAGE.read_text("utf-8") == report.page(RUNS), MADE


def test_the_table_of_the_readme_is_what_the_report_makes() -> None:
    readme = report.README.read_text("utf-8")
    assert readme.count(report.BEGIN) == readme.count(report.END) == 1
    assert readme == report.with_summary(readme, RUNS), MADE


def test_the_plot_was_drawn_from_the_first_run() -> None:
    drawn = re.search(r"<dc:description>(\w+)</dc:description>", report.PLOT.read_text("utf-8"))
    assert drawn is not None
    assert drawn[1] == report.digest(RUNS[0]), MADE


@pytest.mark.parametrize("words", report.SUMMARY)
def test_both_runs_have_what_the_readme_shows(words: tuple[str, str, str]) -> None:
    _, task, name = words
    for run in RUNS:
        case = report.Case(run, task, name)
        assert case.value(OURS)
        assert case.value(FLOOR)
        assert len(case.rows) > 2


def test_both_runs_measured_the_same() -> None:
    first, second = ({(t, c) for t in run for c in run[t]["cases"]} for run in RUNS)
    assert first == second


def test_an_exponent_is_the_slope_of_the_total() -> None:
    assert exponent({10: 5e-6}) is None
    assert exponent({10: 5e-6, 100: 5e-5, 1000: 5e-4}) == pytest.approx(1)
    assert exponent({10: 5e-6, 100: 5e-4}) == pytest.approx(2)
    assert (family("a/b/12"), size("a/b/12")) == ("a/b", 12)
    assert (family("a/b"), size("a/b")) == ("a/b", 0)


def measured(median: float) -> dict[str, float]:
    return {"median": median, "spread": median / 50}


def test_a_table_has_each_size_and_both_runs() -> None:
    def run(factor: float) -> report.Run:
        def case(n: int, peer: dict[str, Any]) -> dict[str, Any]:
            rows = {FLOOR: measured(1e-6 * n), OURS: measured(2e-6 * n * factor), "peer": peer}
            return {"per": n, "rows": rows}

        cases = {"a/10": case(10, measured(8e-5)), "a/100": case(100, {"fault": "> 20 s"})}
        rows = {FLOOR: "", OURS: "", "peer": "peer 1.0"}
        return {"wire": {"python": "P", "unit": "second", "rows": rows, "cases": cases}}

    lines = report.section("wire", [run(1), run(1.5)]).splitlines()
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines if "|" in line]
    del cells[1]  # the rule
    assert cells == [
        ["a, µs/event", "10", "100", "exponent", "x sse_core", "x floor"],
        ["floor", "1.00 / 1.00", "1.00 / 1.00", "1.00 / 1.00", "0.50 / 0.33", "-"],
        ["sse_core", "2.00 / 3.00", "2.00 / 3.00", "1.00 / 1.00", "-", "2.00 / 3.00"],
        ["peer", "8.00 / 8.00", "> 20 s", "-", "4.00 / 2.67", "8.00 / 8.00"],
    ]


# -- docs/sizing.md ------------------------------------------------------------------------------


def with_all() -> report.Run:
    """A run that has every case of the page, in plain numbers; the kept ones may lack some."""

    def task(per: int, medians: dict[str, dict[str, float]]) -> dict[str, Any]:
        cases = {
            case: {"per": per, "rows": {row: measured(median) for row, median in rows.items()}}
            for case, rows in medians.items()
        }
        return {"python": "CPython 3", "unit": "", "rows": {}, "cases": cases}

    texts = {
        f"{d}/text/{way}/8192": {OURS: 8e-6} for d in shapes.DIALECTS for way in ("event", "64k")
    }
    ours = {OURS: 12e-6, f"{OURS}, passing through": 6e-6, gateway.MOVED: 30e-6}
    kept = {"idle": 2048.0, "streams": 6144.0, "delta": 64.0}
    cases = ("idle/openai-chat/64", "streams/openai-chat/traced/100", "delta/openai-chat/64")
    return {
        "merge": task(1, texts),
        "gateway": task(1, {"openai-chat/100": ours}),
        "memory": task(1, {case: {OURS: kept[case.partition("/")[0]]} for case in cases}),
    }


def cells(page: str, first: str) -> list[str]:
    """Of the line of a table that begins with this."""
    line = next(line for line in page.splitlines() if line.startswith(f"| {first} "))
    return [cell.strip() for cell in line.split("|")[1:-1]]


def number(cell: str) -> float:
    return float(cell.replace(",", "").split()[0])


PAGES = {"kept": sizing.page(RUNS), "with all": sizing.page([with_all(), with_all()])}
in_each_page = pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)


def test_the_sizing_page_is_what_the_report_makes() -> None:
    assert sizing.PAGE.read_text("utf-8") == PAGES["kept"], MADE


@in_each_page
def test_the_table_of_streams_follows_from_the_inputs(page: str) -> None:
    (used,) = re.findall(
        r"^\| [^|]*`(?:gateway|merge) [^|]*\|[^|]*\| +([\d.]+) \| +- \|$", page, re.M
    )
    for streams in (1_000, 10_000, 100_000, 1_000_000):
        row = cells(page, f"{streams:,}")
        chunks, cores, processes = map(number, row[1:4])
        assert chunks == streams * 50
        assert cores == pytest.approx(streams * 50 * float(used) * 1e-6 / 0.6, rel=0.05)
        assert cores <= processes < cores + 1


@in_each_page
def test_the_table_of_a_day_follows_from_the_inputs(page: str) -> None:
    (used,) = re.findall(r"^µs +([\d.]+) ", page, re.M)
    table = page[page.index("## A day of traffic") :]
    for responses in (1_000_000, 10_000_000, 100_000_000):
        _, hours, spread, peak, _, again, on_eight = map(number, cells(table, f"{responses:,}"))
        assert hours == pytest.approx(responses * 500 * float(used) / 3.6e9, rel=0.05)
        assert spread == pytest.approx(hours / 24 / 0.6, rel=0.06)
        assert peak == pytest.approx(hours / 2 / 0.6, rel=0.06)
        assert on_eight == pytest.approx(again / 8, rel=0.06)


def test_a_row_computed_by_hand() -> None:
    page = PAGES["with all"]
    # 10,000 x 50 x 12 µs = 6 s of CPU time in a second; 60 % busy: 10 cores.
    # 6,100 + (500 - 19) x 64 = 36,884 bytes: 36 KiB; 10,000 of them are 351.6 MiB.
    assert cells(page, "10,000") == ["10,000", "500,000", "10", "10", "350 MiB"]
    # 10,000,000 x 500 x 12 µs = 60,000 s = 16.7 h: 17; / 24 / 0.6 = 1.18; / 2 / 0.6 = 14.2.
    # 8 µs from a file: 11.1 h, on 8 cores 1.4.
    day = cells(page, "10,000,000")
    assert [*day[:4], *day[5:]] == ["10,000,000", "17", "1.2", "14", "11", "1.4"]


def test_what_is_not_in_both_runs_is_left_out_and_named() -> None:
    whole = with_all()
    half = {task: results for task, results in whole.items() if task == "merge"}
    assert "left out" not in PAGES["with all"]
    for runs in ([whole, half], [half, whole]):
        page = sizing.page(runs)
        assert cells(page, "10,000") == ["10,000", "500,000", "6.7", "7"]
        left_out = next(part for part in page.split("\n\n") if "left out" in part)
        assert all(word in left_out for word in ("gateway", "in progress", "further delta"))


def test_a_figure_is_the_median_of_both_runs_in_two_digits() -> None:
    runs = [with_all(), with_all()]
    runs[1]["gateway"]["cases"]["openai-chat/100"]["rows"][OURS] = measured(14.26e-6)
    first = sizing.inputs(runs).chunks[0]
    assert first.runs == pytest.approx((12, 14.26))
    assert first.used == 13
    assert [sizing.two(value) for value in (0.0904, 2.25, 22.5, 775, 2250)] == [
        *("0.090", "2.3", "23", "780", "2,300")
    ]


def test_how_much_a_stream_in_progress_has_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []

    def make(dialect: str) -> Any:
        made.append(StreamDecoder(dialect))
        return made[-1].feed

    monkeypatch.setattr(memory, "ours", make)
    memory.streams(make, shapes.CHAT, "traced", "1")
    assert len(made[0].response.text) == sizing.SEEN * shapes.PIECE


def test_streams_share_nothing() -> None:
    """Decoders in several threads, which take turns as often as they can."""
    streams = [
        (answer.dialect, cut(answer.blocks(), "37"), answer.want[0])
        for answer in (shapes.Answer(dialect, "text", 100) for dialect in shapes.DIALECTS)
    ] * 2

    def decode(stream: tuple[str, list[bytes], str]) -> bool:
        dialect, pushes, text = stream
        decoder = StreamDecoder(dialect)
        for push in pushes:
            decoder.feed(push)
        return bool(decoder.response.text == text)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with ThreadPoolExecutor(len(streams)) as pool:
            assert all(pool.map(decode, streams))
    finally:
        sys.setswitchinterval(interval)


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_the_script_of_the_sizing_page_prints_what_is_shown(method: str, tmp_path: Path) -> None:
    """As a script: test_readme.py runs the block too, but not what is for ``__main__`` only."""
    block = re.search(r"```python\n(.*?)```\n.*?```text\n(.*?)```", sizing.CODE, re.S)
    assert block is not None
    script = tmp_path / "script.py"
    script.write_text(block[1], "utf-8")
    chosen = f"import multiprocessing\nmultiprocessing.set_start_method({method!r})\n"
    (tmp_path / "sitecustomize.py").write_text(chosen, "utf-8")
    path = os.pathsep.join([str(tmp_path), str(report.ROOT), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, str(script)],
        env={**os.environ, "PYTHONPATH": path, "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == block[2]
