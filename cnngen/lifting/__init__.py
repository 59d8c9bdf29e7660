"""From a model that exists to a ``.cnn`` file.

Front ends, one for each framework, record a model (:mod:`cnngen.lifting.traced`); what they record
is given its structure back, and is written.
"""
