"""The pictures of ``sse-core timeline``: in characters, and as SVG. No I/O.

Both show the same: a row for each channel, bars as high as what came there (by the root of it, so
that a single character is still to be seen), marks, silences with their length, and an axis.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from unicodedata import east_asian_width
from xml.sax.saxutils import escape

from .console import ESCAPES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .timeline import Row, Timeline

__all__ = ["as_svg", "as_text"]

#: Of each kind of row: the colour in a terminal, in a light picture, in a dark one.
COLOURS = {
    "text": (34, "#2563eb", "#7aa2f7"),
    "reasoning": (35, "#9333ea", "#bb9af7"),
    "refusal": (31, "#dc2626", "#f7768e"),
    "tool": (33, "#d97706", "#e0af68"),
    "result": (33, "#b45309", "#ff9e64"),
    "media": (36, "#db2777", "#ff79c6"),
    "usage": (36, "#0891b2", "#7dcfff"),
    "finish": (32, "#16a34a", "#9ece6a"),
    "error": (31, "#dc2626", "#f7768e"),
    "keep-alive": (90, "#9ca3af", "#787f98"),
}

#: How a mark looks, and bars of eight heights; once more for terminals that know ASCII only.
GLYPHS = {"usage": "◆", "finish": "■", "error": "✖", "keep-alive": "·"}
BARS = "▁▂▃▄▅▆▇█"
PLAIN_GLYPHS = {"usage": "$", "finish": "#", "error": "!", "keep-alive": "."}
PLAIN_BARS = "...::||#"
TO_ASCII = str.maketrans("·├┤│┼─┴└╌", "-[]|+-+-.")

LONGEST_LABEL, LEAST_PLOT = 22, 10


def _heights(row: Row, count: int, length: float, steps: int) -> list[int | None]:
    """The bar in each part of the axis, from 1 to ``steps``; ``None``: nothing came there."""
    amounts = row.bins(count, length)
    most = max((amount for amount in amounts if amount), default=1)
    return [
        None if amount is None else max(1, round((amount / most) ** 0.5 * steps))
        for amount in amounts
    ]


def _ticks(length: float, most: int) -> list[float]:
    """Round places on the axis, at most so many and the one at 0."""
    if not length:
        return [0.0]
    power = 10.0**-6
    while True:
        for factor in (1, 2, 5):
            step = factor * power
            if length / step <= most:
                return [n * step for n in range(int(length / step + 1e-9) + 1)]
        power *= 10


def _tick_label(at: float, timed: bool) -> str:
    if timed:
        return f"{at:.6g} s"
    return f"{at / 1000:,.6g} kB" if at >= 1000 else f"{at:.6g} B"


def _clean(text: str, width: int = LONGEST_LABEL) -> str:
    """What came from the stream, safe to show and no wider than this."""
    text = text.translate({**ESCAPES, 0x09: " ", 0x0A: " "})
    while _width(text) > width:
        text = text.removesuffix("…")[:-1] + "…"
    return text


def _width(text: str) -> int:
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)


# -- in characters ----------------------------------------------------------------------------


def as_text(timeline: Timeline, title: str, *, width: int, colour: bool, plain: bool) -> str:
    """Lines of at most ``width`` columns, but for very narrow ones; ``plain``: ASCII only."""
    rows = [(row, _clean(row.label), _clean(row.summary)) for row in timeline.rows]
    left = max((_width(label) for _, label, _ in rows), default=0)
    left = max(left, len("silence") if timeline.gaps else 0)
    right = max((_width(said) for _, _, said in rows), default=0)
    plot = max(LEAST_PLOT, width - left - right - 4)
    lines = [_clean(title, max(width, LEAST_PLOT)), ""]
    for row, label, said in rows:
        glyph = (PLAIN_GLYPHS if plain else GLYPHS).get(row.kind)
        bars = PLAIN_BARS if plain else BARS
        heights = _heights(row, plot, timeline.length, len(bars))
        cells = "".join(" " if n is None else glyph or bars[n - 1] for n in heights)
        if colour:
            cells = f"\x1b[{COLOURS[row.kind][0]}m{cells}\x1b[0m"
        padding = " " * (left - _width(label))
        lines.append(f"{label}{padding}  {cells}  {said}".rstrip())
    if timeline.gaps:
        lines.append(f"{'silence':{left}}  {_silences(timeline, plot)}".rstrip())
    lines += [f"{'':{left}}  {line}" for line in _axis(timeline, plot)]
    picture = "\n".join(line.rstrip() for line in lines) + "\n"
    return picture.translate(TO_ASCII).encode("ascii", "replace").decode() if plain else picture


def _silences(timeline: Timeline, plot: int) -> str:
    cells = [" "] * plot
    for gap in timeline.gaps:
        first = min(plot - 1, int(gap.start / timeline.length * plot))
        last = min(plot - 1, max(first, int(gap.end / timeline.length * plot) - 1))
        size = last - first + 1
        label = f" {gap.end - gap.start:.3g} s "
        inner = label if len(label) <= size - 2 else ""
        drawn = f"├{inner:╌^{size - 2}}┤" if size > 1 else "│"
        cells[first : last + 1] = drawn
    return "".join(cells)


def _axis(timeline: Timeline, plot: int) -> Iterator[str]:
    line, labels, free = ["─"] * plot, "", 0
    for at in _ticks(timeline.length, max(1, plot // 12)):
        place = min(plot - 1, int(at / timeline.length * plot)) if timeline.length else 0
        line[place] = "┴" if place else "└"
        label = _tick_label(at, timeline.timed)
        begin = min(place, plot - len(label))
        if begin >= free:
            labels += " " * (begin - len(labels)) + label
            free = begin + len(label) + 2
    yield "".join(line)
    yield labels


# -- as SVG -----------------------------------------------------------------------------------

WIDTH, LEFT, RIGHT, TOP, ROW, BAR = 1000, 190, 150, 64, 34, 3  # pixels
PLOT = WIDTH - LEFT - RIGHT

STYLE = """\
svg { font: 13px system-ui, sans-serif; background: #fff }
text { fill: #1f2937 } .quiet { fill: #6b7280; font-size: 12px }
.title { font-size: 15px; font-weight: 600 }
.line { stroke: #e5e7eb } .gap { fill: #f3f4f6 } .gaptext { fill: #6b7280; font-size: 11px }
"""
DARK = """\
svg { background: #16181d } text { fill: #e5e7eb } .quiet, .gaptext { fill: #9ca3af }
.line { stroke: #2c313a } .gap { fill: #21252d }
"""


def as_svg(timeline: Timeline, title: str) -> str:
    """One image, complete in itself, for light and dark pages."""
    rows = timeline.rows
    bottom = TOP + ROW * max(1, len(rows))
    name, _, facts = title.partition(" · ")
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {bottom + 40}" role="img">',
        f"<title>{_xml(title, 500)}</title>",
        f"<style>\n{STYLE}{_colours(1)}\n@media (prefers-color-scheme: dark) {{\n{DARK}"
        f"{_colours(2)}\n}}\n</style>",
        f'<text class="title" x="20" y="26">{_xml(name, 60)}</text>',
        f'<text class="quiet" x="{WIDTH - 20}" y="26" text-anchor="end">{_xml(facts, 120)}</text>',
        *_svg_gaps(timeline, bottom),
        *_svg_axis(timeline, bottom),
    ]
    for number, row in enumerate(rows):
        parts += _svg_row(row, TOP + ROW * number, timeline.length)
    return "\n".join([*parts, "</svg>\n"])


def _colours(which: int) -> str:
    return "\n".join(f".{kind} {{ fill: {shades[which]} }}" for kind, shades in COLOURS.items())


def _x(at: float, length: float) -> float:
    return round(LEFT + (at / length * PLOT if length else 0), 1)


def _svg_row(row: Row, top: int, length: float) -> Iterator[str]:
    middle, base = top + ROW // 2 + 5, top + ROW - 5
    yield f'<line class="line" x1="{LEFT}" x2="{LEFT + PLOT}" y1="{base}" y2="{base}"/>'
    yield f'<text x="{LEFT - 14}" y="{middle}" text-anchor="end">{_xml(row.label)}</text>'
    yield f'<text class="quiet" x="{LEFT + PLOT + 14}" y="{middle}">{_xml(row.summary, 24)}</text>'
    heights = _heights(row, PLOT // BAR, length, ROW - 10)
    places = [(LEFT + place * BAR, n) for place, n in enumerate(heights) if n is not None]
    glyph = GLYPHS.get(row.kind)
    if row.kind == "keep-alive":
        for x, _ in places:
            yield f'<circle class="{row.kind}" cx="{x + BAR / 2}" cy="{middle - 4}" r="3"/>'
    elif glyph:
        for x, _ in places:
            yield (f'<text class="{row.kind}" x="{x + BAR / 2}" y="{middle}" '
                   f'text-anchor="middle">{glyph}</text>')  # fmt: skip
    else:
        bars = "".join(f"M{x} {base}v{-n}h{BAR - 0.6:g}v{n}z" for x, n in places)
        yield f'<path class="{row.kind}" d="{bars}"/>'


def _svg_gaps(timeline: Timeline, bottom: int) -> Iterator[str]:
    for gap in timeline.gaps:
        start, end = (_x(at, timeline.length) for at in gap)
        width = max(1.5, round(end - start, 1))
        yield (f'<rect class="gap" x="{start + 0.5:g}" y="{TOP - 4}" width="{width - 1:g}" '
               f'height="{bottom - TOP + 4}"/>')  # fmt: skip
        if width >= 36:
            yield (f'<text class="gaptext" x="{round(start + width / 2, 1)}" y="{TOP - 9}" '
                   f'text-anchor="middle">{gap.end - gap.start:.3g} s</text>')  # fmt: skip


def _svg_axis(timeline: Timeline, bottom: int) -> Iterator[str]:
    for at in _ticks(timeline.length, 8):
        x = _x(at, timeline.length)
        yield f'<line class="line" x1="{x}" x2="{x}" y1="{TOP - 4}" y2="{bottom + 6}"/>'
        label = _tick_label(at, timeline.timed)
        yield f'<text class="quiet" x="{x}" y="{bottom + 22}" text-anchor="middle">{label}</text>'


def _xml(text: str, width: int = LONGEST_LABEL) -> str:
    return escape(_clean(text, width))
