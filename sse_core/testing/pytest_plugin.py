"""The pytest plugin of the kit. It adds options, and does nothing until one of them is given.

It is imported whenever pytest starts, and so imports next to nothing.
"""

from __future__ import annotations

from typing import Any

__all__ = ["at_least_one", "pytest_addoption", "pytest_generate_tests"]

#: The suites of ``run.SUITES``, each with an option of its own.
SUITES = {
    "decoder": "a decoder of server-sent events",
    "stream": "a merger of provider streams",
    "encoder": "an encoder of server-sent events",
}


def at_least_one(text: str) -> int:
    """The number of an option.

    Raises:
        ValueError: it is no whole number, or below 1.
    """
    if int(text) < 1:
        raise ValueError(text)
    return int(text)


def pytest_addoption(parser: Any) -> None:
    """``--sse-decoder``, ``--sse-stream`` and ``--sse-encoder``; how they are held to it."""
    group = parser.getgroup("sse-core", "conformance, by `--pyargs sse_core.testing.suite`")
    for suite, what in SUITES.items():
        group.addoption(
            f"--sse-{suite}", metavar="package.module:factory", help=f"hold {what} to it"
        )
    group.addoption("--sse-examples", type=at_least_one, default=100, help="for each law (100)")
    group.addoption("--sse-seed", type=int, default=0, help="of what is generated (0)")


def pytest_generate_tests(metafunc: Any) -> None:
    """The checks of what was named, for the tests that ask for ``sse_check``."""
    if "sse_check" not in metafunc.fixturenames:
        return
    from . import run

    options = metafunc.config.option
    checks = [
        check
        for suite in SUITES
        if (name := getattr(options, f"sse_{suite}"))
        for check in run.SUITES[suite](
            run.named(name, suite), examples=options.sse_examples, seed=options.sse_seed
        )
    ]
    metafunc.parametrize("sse_check", checks, ids=[check.id for check in checks])
