"""Batch jobs around graphkit: they wire the library to a lake and decide nothing."""
