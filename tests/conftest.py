"""What every test shares: how hard Hypothesis tries, and where the recorded streams are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings

ROOT = Path(__file__).resolve().parent.parent

# How many examples each property gets. SSE_CORE_HYPOTHESIS_PROFILE picks the row.
PROFILES = {
    "default": 100,
    "coverage": 25,  # the same examples every time, so that a line is always reached or never
    "ci-matrix": 15,  # once more on every CPython: looks for differences between versions
    "mutation": 15,  # once for each of some thousand mutants: one failure is enough
    "thorough": 5000,  # for an hour when something in the machine changes
}

for name, max_examples in PROFILES.items():
    # All said outright: where Hypothesis sees that it runs in CI, its own defaults change.
    settings.register_profile(
        name,
        max_examples=max_examples,
        deadline=None,  # a slow machine is not a failing test
        suppress_health_check=[HealthCheck.too_slow],  # likewise
        derandomize=name in ("coverage", "mutation"),
        phases=[Phase.explicit, Phase.generate] if name == "mutation" else tuple(Phase),
        print_blob=True,
    )
settings.load_profile(os.environ.get("SSE_CORE_HYPOTHESIS_PROFILE", "default"))


@pytest.fixture(scope="session")
def captures() -> Path:
    """The folder of recorded provider streams, which is not part of the repository."""
    folder = Path(os.environ.get("SSE_CORE_CAPTURES") or ROOT.parent / "shared" / "captures")
    if not folder.is_dir():
        pytest.skip(f"no recorded streams at {folder}")
    return folder
