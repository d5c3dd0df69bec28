"""Data sets: two-dimensional distributions by name, from a CSV file, a drawing or a picture."""
