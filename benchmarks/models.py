"""The networks that benchmarks compare: torchvision's own, and what cnngen makes of the zoo's.

``tests/zoo`` knows which network of the zoo is which of torchvision's. torchvision is installed by
``pip install --no-deps torchvision``, and ``--target build/torchvision`` keeps it apart.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from cnngen.backends import backend
from cnngen.choice import Choice
from cnngen.compiler import Output, compile_source
from cnngen.files import loader, read_source
from cnngen.frameworks import by_path, framework, from_keys
from cnngen.ir import Network
from cnngen.reference import AllWeights

ROOT = Path(__file__).parent.parent
sys.path += [str(ROOT / "tests"), str(ROOT / "build" / "torchvision")]

State = dict[str, Tensor]


def size(name: str) -> int:
    """The height and width of the images that a network of torchvision's is for."""
    return 299 if name == "inception_v3" else 224


def theirs(name: str) -> nn.Module:
    """The network of torchvision in evaluation; its weights leave no layer without an effect.

    Initial batch norms do nearly nothing, so scales, shifts and statistics are drawn.
    """
    facts = import_module("zoo.make_facts")
    given = facts.ARGUMENTS.get(name, {})
    made: nn.Module = facts.import_torchvision().models.get_model(name, weights=None, **given)
    for module in made.modules():
        if isinstance(module, nn.BatchNorm2d):
            _draw(module)
    return made.eval()


def _draw(norm: nn.BatchNorm2d) -> None:
    assert norm.running_mean is not None
    assert norm.running_var is not None
    nn.init.normal_(norm.running_mean, 0, 0.1)
    nn.init.uniform_(norm.running_var, 0.5, 1.5)
    nn.init.uniform_(norm.weight, 0.7, 1.3)
    nn.init.normal_(norm.bias, 0, 0.1)


def called(name: str) -> str:
    """What the zoo calls a network of torchvision's."""
    entry: Any = import_module("zoo.cards").TORCHVISION[name]
    network: str = entry.network
    return network


def compiled(
    name: str, target: str, *, for_inference: bool | None = None, state: State | None = None
) -> Output:
    """What cnngen makes of the network for a target, with a state dict where files hold weights."""
    entry: Any = import_module("zoo.cards").TORCHVISION[name]
    source = read_source(f"zoo:{entry.card}")
    choice = Choice(entry.network, for_inference=for_inference)

    def weights(network: Network) -> AllWeights:
        assert state is not None
        arrays = {key: tensor.numpy() for key, tensor in state.items()}
        return by_path(from_keys("torch", network, arrays))

    read = None if state is None else weights
    result = compile_source(source, [backend(target)], choice, load=loader(source), weights=read)
    if not result.complete:
        raise ValueError(f"zoo:{entry.card} is not right: {result.diagnostics}")
    return result.outputs[0]


def ours(name: str) -> nn.Module:
    """The generated network for training, with new weights."""
    made: nn.Module = _class(name, for_inference=False)()
    return made


def ours_for_inference(name: str, trained: State) -> nn.Module:
    """The generated network for inference with these weights."""
    made: nn.Module = _class(name, for_inference=True).from_trained(trained)
    return made


def _class(name: str, *, for_inference: bool) -> Any:
    output = compiled(name, "torch", for_inference=for_inference)
    return getattr(framework("torch").module(output.text), called(name))
