"""``python -m sse_core``: the command, without its name on the path."""

import sys

from .cli import main

sys.exit(main())
