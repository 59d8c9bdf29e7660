"""What a refused conversion looks like."""

from __future__ import annotations

from pathlib import Path

from cli.runner import Ran, leftovers, run


def refused(source: Path, code: int, *said: str, network: str = "net.cnn") -> Ran:
    """The conversion ends with this code, says this, and leaves nothing behind, to any format."""
    for output in ("out.safetensors", "out.weights.h5"):
        ran = run("weights", "convert", network, source, output)
        assert ran.code == code, ran.err
        assert ran.out == ""
        for text in said:
            assert text in ran.err
        assert not Path(output).exists()
    assert leftovers(Path.cwd()) == []
    return ran
