"""Rows. SQLAlchemy lives here and in `system`, nowhere else."""
