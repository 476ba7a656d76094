"""Measurements with goals: each is a module that prints its figures, says the goal, and fails on a miss."""
