"""The command line: ``python -m gen_core …``, a file for each group of commands."""
