"""Exporting: a run as one file that needs nothing of this project."""
