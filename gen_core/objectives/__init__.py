"""Objectives: pure functions from scores to named per-example terms, shape ``(B,)``."""
