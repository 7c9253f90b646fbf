"""The dialects: one file for each wire format, imported when it is first asked for.

To add one: write the file (``base.py`` says what it has to define), and name it here.
"""

from __future__ import annotations

from ..errors import UsageError
from .base import Dialect

__all__ = ["DIALECTS", "Dialect", "find"]

#: The registry: name → module in this folder.
DIALECTS = {
    "openai-chat": "openai_chat",
}


def find(name: str) -> Dialect:
    """The dialect of this name.

    Raises:
        UsageError: there is none; the message names those there are.
    """
    if name not in DIALECTS:
        raise UsageError(f"no dialect {name!r}; there are: {', '.join(sorted(DIALECTS))}")
    from importlib import import_module  # here, so that importing sse_core does not pay for it

    module: Dialect = import_module(f".{DIALECTS[name]}", __name__)
    return module
