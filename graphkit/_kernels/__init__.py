"""Loops over arrays, compiled by numba: arrays in, arrays out, nothing else."""
