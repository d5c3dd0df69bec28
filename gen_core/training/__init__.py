"""Seeding, schedules of updates, the training loop and its snapshots.

This floor knows no model and no objective by name: it receives a recipe's updates.
"""
