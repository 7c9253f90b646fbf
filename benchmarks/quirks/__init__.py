"""What libraries make of streams that deviate; the command is ``python -m benchmarks.quirks``.

``streams.py`` has the streams and what a human reads in them, ``libraries.py`` the libraries,
``judge.py`` compares, and ``__main__.py`` prints the table.
"""

from benchmarks.quirks.judge import judge
from benchmarks.quirks.libraries import OURS, faults
from benchmarks.quirks.streams import STREAMS, G

__all__ = ["OURS", "STREAMS", "G", "faults", "judge"]
