"""Invertible maps with log-determinants; :mod:`gen_core.bijections.base` states their law."""
