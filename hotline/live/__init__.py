"""Hints, never facts: pokes say that something changed, and whoever hears one reads the database."""
