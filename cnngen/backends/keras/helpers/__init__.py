"""What generated Keras modules may define: each file holds one class or function, copied as it is.

Classes are registered under the name of this package, in whose place the source's name stands.
"""
