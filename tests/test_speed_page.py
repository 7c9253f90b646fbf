"""What the pages say about speed is what ``benchmarks.report`` makes of the kept results."""

from __future__ import annotations

import re
from typing import Any

import pytest

from benchmarks import report
from benchmarks.harness import FLOOR, OURS, exponent, family, size

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
