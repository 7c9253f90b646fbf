"""What the site needs beyond its Markdown: pages from outside docs/, links to them, diagrams.

The pages are written for GitHub, where a link may lead anywhere in the repository and a state
diagram is drawn by the browser. Here a link that leaves docs/ leads to the page that was made of
its target (``OUTSIDE``), or is only its words; and the diagrams are drawn below, as SVG.
"""

from __future__ import annotations

import re
from html import escape
from pathlib import Path
from posixpath import dirname, join, normpath, relpath
from typing import Any, TypeAlias

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parent.parent.parent

#: Files outside docs/ that are pages of the site, where they exist.
OUTSIDE = {
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "benchmarks/README.md": "benchmarks.md",
    "examples/README.md": "examples.md",
    "fuzz/README.md": "fuzz.md",
    "sse_core/testing/vectors/README.md": "vectors.md",
    "tests/README.md": "tests.md",
    "tests/mutation/README.md": "mutation.md",
}
#: Not pages, but what they say is said by one.
INSTEAD = {"README.md": "index.md"}
#: The page that shows programs, whole, below what its README says of them.
EXAMPLES = "examples.md"
PROGRAMS = sorted(path for path in ROOT.glob("examples/*") if path.suffix in (".py", ".html"))

LINK = re.compile(r"\[(?P<words>[^\[\]]*)\]\((?P<path>[^)\s#:]+)(?P<anchor>#[^)\s]*)?\)")


def on_config(config: MkDocsConfig) -> None:
    fence = {"name": "mermaid", "class": "mermaid", "format": draw_fence}
    config.mdx_configs["pymdownx.superfences"] = {"custom_fences": [fence]}


def on_files(files: Files, config: MkDocsConfig) -> None:
    for source, page in OUTSIDE.items():
        if (ROOT / source).is_file():
            files.append(File.generated(config, page, abs_src_path=str(ROOT / source)))


def on_page_markdown(markdown: str, page: Page, **_: Any) -> str:
    here = page.file.src_uri
    if here == EXAMPLES:
        for path in PROGRAMS:
            markdown += f"\n## {path.name}\n\n```{path.suffix[1:]}\n{path.read_text('utf-8')}```\n"
    source = {made: path for path, made in OUTSIDE.items()}.get(here, f"docs/{here}")

    def replaced(link: re.Match[str]) -> str:
        target = normpath(join(dirname(source), link["path"]))
        made = OUTSIDE.get(target) or INSTEAD.get(target)
        if target.startswith("docs/"):
            made = target.removeprefix("docs/")
        anchor = link["anchor"] or ""
        if ROOT / target in PROGRAMS:
            made, anchor = EXAMPLES, "#" + target.removeprefix("examples/").replace(".", "")
        if made is not None:
            return f"[{link['words']}]({relpath(made, dirname(here) or '.')}{anchor})"
        if (ROOT / target).exists():
            return link["words"]
        return link[0]  # for mkdocs to complain of

    return LINK.sub(replaced, markdown)


# -- state diagrams --------------------------------------------------------------------------------

Edges: TypeAlias = dict[tuple[str, str], list[str]]

WIDTH, HEIGHT, GAP = 132, 34, 70  # of a box, and between boxes, one below the other
LETTER, LINE = 6.4, 16  # how wide a letter of a label is, how high its line


def draw_fence(source: str, *_: Any, **__: Any) -> str:
    """A mermaid state diagram, as SVG in the colour of the text around it."""
    names: dict[str, str] = {}
    edges: Edges = {}
    for line in source.splitlines()[1:]:
        if named := re.fullmatch(r' *state "(.*)" as (\w+)', line):
            names[named[2]] = named[1]
        elif edge := re.fullmatch(r" *(\w+) --> (\w+) : (.*)", line):
            edges.setdefault((edge[1], edge[2]), []).append(edge[3])
        elif not re.fullmatch(r" *\[\*\] --> \w+", line):
            raise ValueError(f"not a line of a state diagram: {line}")
    return draw(edges, names)


def draw(edges: Edges, names: dict[str, str]) -> str:
    states = list(dict.fromkeys(state for edge in edges for state in edge))
    # A label left of the boxes is of an edge that leads back, or past a state.
    left = [edge for edge in edges if states.index(edge[1]) - states.index(edge[0]) not in (0, 1)]
    margin = 62 + LETTER * max((len(label) for edge in left for label in edges[edge]), default=0)
    centre = margin + WIDTH / 2
    tops = {state: 30 + number * (HEIGHT + GAP) for number, state in enumerate(states)}
    longest = max(len(label) for labels in edges.values() for label in labels)
    size = (centre + WIDTH / 2 + 40 + LETTER * longest, tops[states[-1]] + HEIGHT + 8)
    parts = [
        f'<circle cx="{centre:g}" cy="6" r="5" fill="currentColor"/>',
        _path(f"M {centre:g} 6 V {tops[states[0]]}"),
    ]
    for (one, other), labels in edges.items():
        top, bottom = tops[one], tops[other]
        if one == other:
            x, y = centre + WIDTH / 2, top + HEIGHT / 2
            bulge = f"{x + 34:g} {y - 16:g} {x + 34:g} {y + 16:g}"
            parts.append(_path(f"M {x:g} {y - 9:g} C {bulge} {x:g} {y + 9:g}"))
            parts.append(_label(x + 34, y, labels, "start"))
        elif (one, other) in left:
            x, start, end = centre - WIDTH / 2, top + HEIGHT / 2, bottom + HEIGHT / 2
            curve = f"M {x:g} {start:g} C {x - 60:g} {start:g} {x - 60:g} {end:g} {x:g} {end:g}"
            parts.append(_path(curve))
            parts.append(_label(x - 52, (start + end) / 2, labels, "end"))
        else:
            parts.append(_path(f"M {centre:g} {top + HEIGHT} V {bottom}"))
            parts.append(_label(centre + 10, (top + HEIGHT + bottom) / 2, labels, "start"))
    for state, top in tops.items():
        parts.append(
            f'<rect x="{centre - WIDTH / 2:g}" y="{top}" width="{WIDTH}" height="{HEIGHT}" rx="8"/>'
        )
        parts.append(_label(centre, top + HEIGHT / 2, [names.get(state, state)], "middle"))
    return (
        f'<svg class="states" role="img" aria-label="{escape(", ".join(states))}: the table below '
        f'has each transition" viewBox="0 0 {size[0]:g} {size[1]:g}" width="{size[0]:g}">'
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" '
        'markerHeight="8" orient="auto-start-reverse"><path d="M 0 0 L 8 4 L 0 8 z" '
        f'fill="currentColor" stroke="none"/></marker></defs>{"".join(parts)}</svg>'
    )


def _path(d: str) -> str:
    return f'<path d="{d}" marker-end="url(#tip)"/>'


def _label(x: float, y: float, lines: list[str], anchor: str) -> str:
    first = y + 4 - LINE * (len(lines) - 1) / 2
    place = f'x="{x:g}" text-anchor="{anchor}"'
    return "".join(
        f'<text {place} y="{first + LINE * number:g}">{escape(line)}</text>'
        for number, line in enumerate(lines)
    )
