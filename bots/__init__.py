"""Doors that are not browsers: each folder is one channel, started by `hotline.__main__` and by nobody else."""
