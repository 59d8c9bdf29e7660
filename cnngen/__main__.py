"""``python -m cnngen``."""

from cnngen.cli import main

if __name__ == "__main__":
    main()
