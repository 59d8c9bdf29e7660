"""Records what timm's networks are and compute, for ``test_timm.py`` to compare with.

The tests need no timm: the record is committed. To make it anew, with the Python that runs the
tests, from the repository root::

    pip install --no-deps --target build/timm timm==1.0.31 torchvision==0.28.0 pillow
    PYTHONPATH=tests:build/timm python -m zoo.make_timm_facts

See ``make_facts.py``. No weights are downloaded.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

import torch

from zoo.cards import ROOT, TIMM
from zoo.make_facts import import_torchvision
from zoo.recorded import State, outputs, parameters, shapes
from zoo.seeded import Shape, seeded_state

FACTS = ROOT / "tests" / "zoo" / "data" / "timm.json"

INPUT: Shape = (2, 3, 64, 96)

RUN = ("cspdarknet53", "ghostnet_100", "hrnet_w18", "repvgg_a0", "repvgg_b1g4", "seresnet50")
"""One network of each family, and one with groups, whose outputs are recorded."""


def digest(state: State) -> str:
    """Of the keys and shapes, in any order: a card may have the paths of a unit in another one."""
    lines = sorted(f"{key} {'x'.join(map(str, shape))}" for key, shape in state.items())
    return hashlib.sha256("\n".join(lines).encode("ascii")).hexdigest()


def main() -> None:
    """Write the record of every model that a card names."""
    import_torchvision()
    import timm

    found: dict[str, Any] = {"timm": timm.__version__, "input": INPUT, "models": {}}
    for model in TIMM:
        with torch.device("meta"):
            network = timm.create_model(model, pretrained=False)
        state = shapes(network)
        configuration = network.default_cfg
        url: str = configuration.get("url", "")
        record: dict[str, Any] = {
            "parameters": parameters(network),
            "weights": url.rpartition("/")[2] or configuration.get("hf_hub_id") or "",
            "state": digest(state),
        }
        if model in RUN:
            (rows,) = outputs(network, seeded_state(state), INPUT).values()
            record["outputs"] = rows.tolist()
        found["models"][model] = record
        print(model, flush=True)
    FACTS.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
