"""Models: one paper, one file, built from plain keywords."""
