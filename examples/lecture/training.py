"""How the networks of `degradation.py` are trained: as in He et al. (2016), section 4.2."""

from __future__ import annotations

from typing import NamedTuple

import degradation_torch
import torch
from sklearn.datasets import load_digits
from torch import Tensor, nn

LEARNING_RATE = 0.1
MOMENTUM = 0.9
WEIGHT_DECAY = 1e-4
BATCH = 128


class Job(NamedTuple):
    """One network to train; ``network`` is a class of ``degradation_torch``."""

    network: str
    seed: int
    epochs: int


class Curve(NamedTuple):
    """What a training gave: for each epoch, over its batches as they were trained on."""

    job: Job
    parameters: int
    errors: tuple[float, ...]
    """Images put into a wrong class, in percent."""
    losses: tuple[float, ...]
    """Cross-entropy, in nats."""


def train(job: Job) -> Curve:
    """Train one network. The same job gives the same curve, whatever else runs.

    Twins, one plain and one residual, begin with the same weights and see the same batches.
    """
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(job.seed)
    images, labels = digits()
    model: nn.Module = getattr(degradation_torch, job.network)()
    initialise(model)
    optimizer = torch.optim.SGD(
        model.parameters(), LEARNING_RATE, MOMENTUM, weight_decay=WEIGHT_DECAY
    )
    # The paper divides by ten after 32,000 and after 48,000 of 64,000 steps.
    drops = [job.epochs // 2, job.epochs * 3 // 4]
    schedule = torch.optim.lr_scheduler.MultiStepLR(optimizer, drops)
    epochs = []
    for _ in range(job.epochs):
        epochs.append(epoch(model, optimizer, images, labels))
        schedule.step()
    errors, losses = zip(*epochs, strict=True)
    return Curve(job, sum(p.numel() for p in model.parameters()), errors, losses)


def digits() -> tuple[Tensor, Tensor]:
    """The images of scikit-learn's digits, (1797, 1, 8, 8), standardised, and their classes."""
    data = load_digits()
    images = torch.tensor(data.images, dtype=torch.float32).unsqueeze(1)
    return (images - images.mean()) / images.std(), torch.tensor(data.target)


def initialise(model: nn.Module) -> None:
    """He initialisation (He et al., 2015, equation 10) of convolutions and the last layer."""
    for layer in model.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")


def epoch(
    model: nn.Module, optimizer: torch.optim.Optimizer, images: Tensor, labels: Tensor
) -> tuple[float, float]:
    """Train on every image once; the error in percent and the mean loss on the way.

    The five images that do not fill a batch are left out: another five each time. A batch norm
    over five images would upset what all the others have learnt.
    """
    batches = torch.randperm(len(images))[: len(images) // BATCH * BATCH].view(-1, BATCH)
    wrong, loss_sum = 0, 0.0
    for batch in batches:
        scores = model(images[batch])
        loss = nn.functional.cross_entropy(scores, labels[batch])
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        wrong += int((scores.argmax(1) != labels[batch]).sum())
        loss_sum += loss.item()
    return 100 * wrong / (len(batches) * BATCH), loss_sum / len(batches)
