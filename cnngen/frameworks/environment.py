"""What TensorFlow reads from the environment when it is imported: this stands first."""

from __future__ import annotations

import os

# With these kernels its filter gradient of a strided 1x1 convolution is wrong, and they write where
# they must not (uxlfoundation/oneDNN issue 6035).
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"

# It would tell on standard error which processor it runs on.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
