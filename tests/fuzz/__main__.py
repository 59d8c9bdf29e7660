"""``python -m tests.fuzz --minutes N``; see :mod:`fuzz.runner`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # as pytest has it
for _name in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
    os.environ.setdefault(_name, "1")  # small networks: more threads only wait for each other

from fuzz.runner import main  # noqa: E402 - found by the path above

if __name__ == "__main__":
    sys.exit(main())
