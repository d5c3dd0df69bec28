"""Measures of samples, likelihoods and codes, each beside what real data score."""
