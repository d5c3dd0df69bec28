"""Gen Lab's core: models, objectives, training and probes in pure PyTorch."""
