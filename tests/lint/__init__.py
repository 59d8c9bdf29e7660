"""Tests of the warnings."""
