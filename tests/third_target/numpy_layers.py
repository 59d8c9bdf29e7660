"""What the NumPy target's code calls: `_word` is the layer `word`, of its input and its weights."""

import numpy as np


def _pair(value):
    return value if isinstance(value, tuple) else (value, value)


def _windows(x, kernel, stride, pad, dilation=(1, 1), ceil=False, inside=0.0, beyond=0.0):
    """What lies under each place of a window: (N, rows, columns, channels, height, width)."""
    kernel, stride, pad, dilation = map(_pair, (kernel, stride, pad, dilation))
    spans = tuple((kernel[axis] - 1) * dilation[axis] + 1 for axis in (0, 1))
    asked, extra = [], []
    for size, span, step, given in zip(x.shape[1:3], spans, stride, pad, strict=True):
        total = max((-(-size // step) - 1) * step + span - size, 0)
        asked.append((total // 2, total - total // 2) if given == "same" else (given, given))
        whole = size + sum(asked[-1])
        places = -(-(whole - span) // step) + 1
        places -= (places - 1) * step >= size + asked[-1][0]
        extra.append((0, max((places - 1) * step + span - whole, 0) if ceil else 0))
    x = np.pad(x, ((0, 0), *asked, (0, 0)), constant_values=inside)
    x = np.pad(x, ((0, 0), *extra, (0, 0)), constant_values=beyond)
    seen = np.lib.stride_tricks.sliding_window_view(x, spans, (1, 2))
    return seen[:, :: stride[0], :: stride[1], :, :: dilation[0], :: dilation[1]]


def _cells(x, rows, columns, reduce):
    y = np.empty((len(x), rows, columns, x.shape[-1]), x.dtype)
    for i, j in np.ndindex(rows, columns):
        tall = slice(i * x.shape[1] // rows, -(-(i + 1) * x.shape[1] // rows))
        wide = slice(j * x.shape[2] // columns, -(-(j + 1) * x.shape[2] // columns))
        y[:, i, j] = reduce(x[:, tall, wide], (1, 2))
    return y


def _conv(
    x, own, channels, kernel, stride=(1, 1), pad=(0, 0), dilation=(1, 1), groups=1, bias=True
):
    assert own["kernel"].shape == (channels, x.shape[-1] // groups, *_pair(kernel))
    inputs = np.split(_windows(x, kernel, stride, pad, dilation), groups, 3)
    kernels = np.split(own["kernel"], groups)
    made = [
        np.tensordot(a, b, ((3, 4, 5), (1, 2, 3))) for a, b in zip(inputs, kernels, strict=True)
    ]
    return np.concatenate(made, -1) + (own["bias"] if bias else 0)


def _depthwise_conv(
    x, own, kernel, stride=(1, 1), pad=(0, 0), dilation=(1, 1), multiplier=1, bias=True
):
    assert own["kernel"].shape == (x.shape[-1], multiplier, *_pair(kernel))
    y = np.einsum("nhwcij,cmij->nhwcm", _windows(x, kernel, stride, pad, dilation), own["kernel"])
    return y.reshape(*y.shape[:3], -1) + (own["bias"] if bias else 0)


def _dense(x, own, units, bias=True):
    assert own["kernel"].shape == (units, x.shape[-1])
    return x @ own["kernel"].T + (own["bias"] if bias else 0)


def _bn(x, own, eps=1e-5, affine=True):
    x = (x - own["mean"]) / np.sqrt(own["variance"] + eps)
    return x * own.get("scale", 1) + own.get("shift", 0) if affine else x


def _maxpool(x, own, kernel, stride, adaptive, pad=(0, 0), dilation=(1, 1), ceil=False):
    if kernel == "global" or adaptive is not None:
        return _cells(x, *_pair(adaptive or 1), np.max)
    low = -np.inf
    return _windows(x, kernel, stride or kernel, pad, dilation, ceil, low, low).max((-2, -1))


def _avgpool(x, own, kernel, stride, adaptive, pad=(0, 0), ceil=False, count_pad=True):
    if kernel == "global" or adaptive is not None:
        return _cells(x, *_pair(adaptive or 1), np.mean)
    inside = 0.0 if count_pad else np.nan
    return np.nanmean(_windows(x, kernel, stride or kernel, pad, 1, ceil, inside, np.nan), (-2, -1))


def _flatten(x, own):
    return x.transpose(0, 3, 1, 2).reshape(len(x), -1) if x.ndim == 4 else x


def _pad_channels(x, own, channels):
    return np.pad(x, (*((0, 0),) * (x.ndim - 1), (0, channels - x.shape[-1])))


def _subsample(x, own, channels, stride=(1, 1)):
    return _pad_channels(x[:, :: _pair(stride)[0], :: _pair(stride)[1]], own, channels)


def _leaky_relu(x, own, slope):
    return np.where(x > 0, x, slope * x)


def _softmax(x, own):
    y = np.exp(x - x.max(-1, keepdims=True))
    return y / y.sum(-1, keepdims=True)


def _relu(x, own):
    return np.maximum(x, 0)


def _relu6(x, own):
    return np.clip(x, 0, 6)


def _sigmoid(x, own):
    return np.exp(-np.logaddexp(0, -x))


def _tanh(x, own):
    return np.tanh(x)


def _identity(x, own):
    return x


def _dropout(x, own, rate):
    return x
