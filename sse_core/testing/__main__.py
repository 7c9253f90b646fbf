"""``python -m sse_core.testing``: see run.py."""

import sys

from .run import main

sys.exit(main())
