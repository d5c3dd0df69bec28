"""Recipes: a paper as a runnable thing, under one stem and its variants."""
