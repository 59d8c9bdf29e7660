"""Some of the channels."""

from torch import Tensor, nn


class ChannelSlice(nn.Module):
    """The channels from `start` up to `stop`, which is not one of them."""

    def __init__(self, start: int, stop: int) -> None:
        super().__init__()
        if not 0 <= start < stop:
            raise ValueError(f"there are no channels from {start} up to {stop}")
        self.start = start
        self.stop = stop

    def forward(self, x: Tensor) -> Tensor:
        # Unlike a slice, this is an error where the channels are not there.
        return x.narrow(1, self.start, self.stop - self.start)
