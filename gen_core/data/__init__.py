"""Data sets: two-dimensional distributions by name, and points from a CSV file."""
