"""`python -m recsys`: see `recsys.cli`."""

from __future__ import annotations

import sys

from recsys.cli import main

if __name__ == "__main__":
    sys.exit(main())
