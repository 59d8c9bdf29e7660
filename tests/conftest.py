"""What has to be set before any test imports a framework."""

from __future__ import annotations

import os

# TensorFlow's oneDNN kernels give wrong filter gradients for some small convolutions
# (uxlfoundation/oneDNN issue 6035).
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"

if "PYTEST_XDIST_WORKER" in os.environ:  # the workers share the cores
    for _name in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
        os.environ.setdefault(_name, "1")
