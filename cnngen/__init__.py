"""cnngen: from a compact language for convolutional networks to PyTorch and Keras source."""
