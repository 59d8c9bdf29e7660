"""The entry point: ``cnngen`` and ``python -m cnngen``."""

from __future__ import annotations

import gc
import sys


def main() -> None:
    """Run the command line."""
    try:
        _run()
    except KeyboardInterrupt:  # while modules are imported: the command line has its own
        print("cnngen: interrupted", file=sys.stderr)
        sys.exit(130)


def _run() -> None:
    # A compile keeps nearly all that it makes, and so do imports: looking for cycles, at the end
    # too, only costs time.
    gc.disable()
    from cnngen.cli import main as run

    try:
        run()
    finally:
        gc.freeze()


if __name__ == "__main__":
    main()
