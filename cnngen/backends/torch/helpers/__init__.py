"""What generated torch modules may define, one class or function in each file.

They are copied as they are.
"""
