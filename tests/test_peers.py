"""What the kit finds in released decoders, in the versions that pyproject.toml pins.

``peers/*.txt`` are files of expected failures. A library that is not installed, or in another
version, is skipped.
"""

from __future__ import annotations

import re
from importlib import metadata
from pathlib import Path

import pytest

from sse_core.testing.conformance import decoder_checks
from sse_core.testing.peers import PEERS, peer
from sse_core.testing.run import baseline, compare, outcomes

FOLDER = Path(__file__).parent / "peers"
PROJECT = Path(__file__).parent.parent / "pyproject.toml"
README = Path(__file__).parent.parent / "README.md"
FILES = sorted(path.stem for path in FOLDER.glob("*.txt"))

#: What is known to go wrong, by the group of vectors that must show it.
KNOWN = {
    "anthropic": {"byte-order-mark", "utf8", "id", "retry", "newline"},
    "axio-sse": {"utf8"},
    "httpx-sse": {"byte-order-mark", "id", "retry"},
    "httpx2": {"byte-order-mark", "id", "retry"},
    "launchdarkly-eventsource": {"byte-order-mark", "utf8"},
    "openai": {"byte-order-mark", "utf8", "id"},
    "sseclient-py": {"byte-order-mark", "utf8", "id", "newline", "end"},
}


def expected(name: str) -> tuple[str, set[str]]:
    """The version, and what it fails."""
    text = (FOLDER / f"{name}.txt").read_text("utf-8")
    return text.split()[3], baseline(text)


@pytest.mark.parametrize("name", FILES)
def test_the_known_failures_are_found(name: str) -> None:
    groups = {id.split("/")[1] for id in expected(name)[1]}
    assert groups >= KNOWN[name]


@pytest.mark.parametrize("name", FILES)
def test_the_version_is_the_pinned_one(name: str) -> None:
    pins = set(re.findall(r'"([\w-]+)==([\d.]+)', PROJECT.read_text("utf-8")))
    assert (name, expected(name)[0]) in pins


def test_every_peer_has_its_failures_written_down() -> None:
    # assel keeps a decoder for all of its parsers: what one vector leaves behind, others fail for.
    # urllib3-future takes the place of urllib3, and so is in no environment but its own.
    assert {*FILES, "sse-core", "assel", "urllib3-future"} == set(PEERS)


@pytest.mark.parametrize("name", FILES)
def test_a_peer_fails_what_is_written_down(name: str) -> None:
    version, failures = expected(name)
    try:
        adapter = peer(name)
    except ImportError:
        pytest.skip(f"{name} is not installed")
    if metadata.version(name) != version:
        pytest.skip(f"{name} is there in version {metadata.version(name)}, not {version}")
    checks = [check for check in decoder_checks(adapter) if check.id.startswith("vector/")]
    found = {one.id for one in outcomes(checks) if one.error and one.kind != "either"}
    assert found == failures
    # And the README says so.
    row = compare([name]).splitlines()[-1]
    assert [cell.strip() for cell in row.split("|")] in [
        [cell.strip() for cell in line.split("|")]
        for line in README.read_text("utf-8").splitlines()
    ]
