"""What generated Keras modules may define, one class or function in each file.

They are copied as they are; in place of this package's name, under which classes are
registered, stands the source's.
"""
