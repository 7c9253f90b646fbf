"""The pytest plugin of the kit. It adds options, and does nothing until one of them is given.

It is imported whenever pytest starts, and so imports next to nothing.
"""

from __future__ import annotations

from typing import Any

__all__ = ["pytest_addoption", "pytest_generate_tests"]


def pytest_addoption(parser: Any) -> None:
    """``--sse-decoder``, ``--sse-examples`` and ``--sse-seed``."""
    group = parser.getgroup("sse-core", "conformance of decoders of server-sent events")
    group.addoption(
        "--sse-decoder",
        metavar="package.module:factory",
        help="what `--pyargs sse_core.testing.suite` holds to the standard",
    )
    group.addoption("--sse-examples", type=int, default=100, help="for each law (100)")
    group.addoption("--sse-seed", type=int, default=0, help="of what is generated (0)")


def pytest_generate_tests(metafunc: Any) -> None:
    """The checks of the decoder, for the tests that ask for ``sse_check``."""
    if "sse_check" not in metafunc.fixturenames:
        return
    from .conformance import decoder_checks
    from .run import named

    options = metafunc.config.option
    if options.sse_decoder is None:
        metafunc.parametrize("sse_check", [], ids=[])
        return
    checks = decoder_checks(
        named(options.sse_decoder), examples=options.sse_examples, seed=options.sse_seed
    )
    metafunc.parametrize("sse_check", checks, ids=[check.id for check in checks])
