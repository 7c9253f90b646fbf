"""The pages lead where they say; and, marked ``site``, so does what is built of them.

Links in the Markdown are those of a reader on GitHub. The site is built strictly, without a
network, and its HTML is read: each link and anchor, what it loads, the names in its reference.
"""

from __future__ import annotations

import importlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from .diagrams import LIVES
from .test_exports import is_one_of_many, public_modules

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("docs", "tests", "benchmarks", "fuzz", "examples", "sse_core")
PAGES = [*sorted(ROOT.glob("*.md")), *sorted(p for f in FOLDERS for p in ROOT.glob(f"{f}/**/*.md"))]

#: Not in the reference: what the parts are made of, and what is run and not called.
INNER = {
    *(
        "sse_core",
        "blocks",
        "choices",
        "output_items",
        "payloads",
        "states",
        "tool_calls",
        "values",
    ),
    *("testing", "testing.pytest_plugin", "testing.run", "testing.suite", "testing.mutations"),
    *("dropins", "cli"),
}

needs_all = pytest.mark.skipif(
    not (ROOT / "CONTRIBUTING.md").is_file(), reason="tests/ was copied without the rest"
)


# -- the Markdown --------------------------------------------------------------------------------


def without_blocks(markdown: str) -> str:
    return re.sub(r"^```.*?^```$", "", markdown, flags=re.M | re.S)


def links(markdown: str) -> list[str]:
    """The targets of the links outside of code."""
    prose = re.sub(r"`[^`\n]+`", "", without_blocks(markdown))
    return re.findall(r"\]\(([^)\s]+)\)", prose)


def anchors(markdown: str) -> set[str]:
    """The anchors that GitHub gives to the headings."""
    found = set()
    for heading in re.findall(r"^#+ (.*)$", without_blocks(markdown), re.M):
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        found.add(re.sub(r"[^\w\- ]", "", words).replace(" ", "-"))
    return found


@needs_all
@pytest.mark.parametrize("page", PAGES, ids=[page.relative_to(ROOT).as_posix() for page in PAGES])
def test_each_link_of_the_page_leads_somewhere(page: Path) -> None:
    for link in links(page.read_text("utf-8")):
        target = urlsplit(link)
        if target.scheme:
            continue
        path = (page.parent / target.path).resolve() if target.path else page
        assert path.exists(), link
        if target.fragment:
            assert target.fragment in anchors(path.read_text("utf-8")), link


@needs_all
def test_what_is_said_to_test_a_law_is_there() -> None:
    laws = (ROOT / "docs" / "laws.md").read_text("utf-8")
    named = re.findall(r"`(tests/[\w/.]+)(?:::(\w+))?`", laws)
    assert len(named) > 20
    for path, test in named:
        assert (ROOT / path).exists(), path
        assert not test or f"def {test}(" in (ROOT / path).read_text("utf-8"), f"{path}::{test}"


def test_a_broken_link_would_be_found() -> None:
    page = "# A `b`, c\n[x](y.md#z) `[no](link)`\n```text\n[nor](this)\n# nor this\n```\n## D\n"
    assert links(page) == ["y.md#z"]
    assert anchors(page) == {"a-b-c", "d"}


# -- the site ------------------------------------------------------------------------------------


class Html(HTMLParser):
    """What a page links to, loads, and can be linked to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.ids: set[str] = set()
        self.classes: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.ids |= {given[name] for name in ("id", "name") if name in given}
        self.classes += given.get("class", "").split()
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        elif tag == "link" and "href" in given:
            self.loads.append(given["href"])
        elif "src" in given:
            self.loads.append(given["src"])
        self.loads += re.findall(r"url\(([^)]*)\)", given.get("style", ""))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the built site."""
    folder = tmp_path_factory.mktemp("site")
    nowhere = "http://127.0.0.1:9"
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet",
         "--config-file", "docs/site/mkdocs.yml", "--site-dir", str(folder)],
        cwd=ROOT,
        env={**os.environ, "http_proxy": nowhere, "https_proxy": nowhere,
             "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        encoding="utf-8",
        timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Html]:
    return {path: Html(path.read_text("utf-8")) for path in site.rglob("*.html")}


def local(page: Path, pages: dict[Path, Html]) -> Iterator[tuple[str, Path, str]]:
    """What of the site a page refers to: the reference, its file, its anchor."""
    for link in pages[page].links + pages[page].loads:
        target = urlsplit(link)
        if not target.scheme and not target.netloc:
            path = (page.parent / unquote(target.path)).resolve() if target.path else page
            yield link, path / "index.html" if path.is_dir() else path, unquote(target.fragment)


@pytest.mark.site
def test_each_link_of_the_site_leads_somewhere(pages: dict[Path, Html]) -> None:
    broken = []
    for page in pages:
        if page.name == "404.html":
            continue  # served at any address: its links begin with a slash
        for link, path, anchor in local(page, pages):
            # An empty anchor is the top of the page; so is that of a heading, on its own page.
            if not path.is_file() or (anchor and path in pages and anchor not in pages[path].ids):
                broken.append(f"{page.name}: {link}")
    assert broken == []
    assert sum(len(html.links) for html in pages.values()) > 1000


@pytest.mark.site
def test_links_between_pages_are_links_in_the_site(site: Path) -> None:
    """A link out of docs/ may become mere words; none within it, and none to a page of the site."""
    checked = 0
    for source in sorted((ROOT / "docs").rglob("*.md")):
        page = (site / source.relative_to(ROOT / "docs")).with_suffix(".html")
        (article,) = re.findall(r"<article.*?</article>", page.read_text("utf-8"), re.S)
        found = {(page.parent / link).resolve() for link in Html(article).links}
        for link in links(source.read_text("utf-8")):
            target = urlsplit(link)
            if target.path.endswith(".md") and not target.path.endswith("README.md"):
                made = page.parent / target._replace(path=f"{target.path[:-3]}.html").geturl()
                assert made.resolve() in found, f"{source.name}: {link}"
                checked += 1
    assert checked > 50
    assert (site / "vectors.html").is_file()
    assert 'href="vectors.html"' in (site / "testing.html").read_text("utf-8").split("<article")[1]


#: In a style sheet.
REFERENCE = r"url\([\"']?([^)\"']*)|@import [\"']([^\"']*)"


@pytest.mark.site
def test_the_site_loads_nothing_from_elsewhere(site: Path, pages: dict[Path, Html]) -> None:
    loaded = [load for html in pages.values() for load in html.loads]
    for style in site.rglob("*.css"):
        text = style.read_text("utf-8")
        loaded += [found for pair in re.findall(REFERENCE, text) for found in pair if found]
    assert len(loaded) > 100
    outside = [load for load in loaded if urlsplit(load).netloc]
    assert outside == []
    # With an element of this class, the theme's script would fetch mermaid from elsewhere.
    assert not any("mermaid" in html.classes for html in pages.values())


def in_the_reference() -> Iterator[tuple[str, str]]:
    """Modules and names that have to be in it."""
    for module in public_modules():
        inner = module.removeprefix("sse_core.")
        if not (inner in INNER or inner.startswith("cli.") or is_one_of_many(module)):
            for name in importlib.import_module(module).__all__:
                yield module, name


@pytest.mark.site
def test_every_public_name_is_in_the_reference(site: Path, pages: dict[Path, Html]) -> None:
    documented = {id for page in pages if page.parent == site / "api" for id in pages[page].ids}
    missing = []
    for module, name in in_the_reference():
        value = getattr(importlib.import_module(module), name)
        places = {module, getattr(value, "__module__", module)}  # or where it is made
        if not documented & {f"{place}.{name}" for place in places}:
            missing.append(f"{module}.{name}")
    assert not missing, "\n".join(missing)


@pytest.mark.site
def test_the_diagrams_have_every_edge(site: Path) -> None:
    page = (site / "machine.html").read_text("utf-8")
    drawn = re.findall(r'<svg class="states".*?</svg>', page, re.S)
    assert len(drawn) == len(LIVES)
    for picture, life in zip(drawn, LIVES.values(), strict=True):
        for state, row in life.items():
            assert f">{state}</text>" in picture
            for what, (_, shown) in row.items():
                assert f">{what} / {', '.join(shown) or 'nothing'}</text>" in picture
