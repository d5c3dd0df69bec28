"""Drawing from autoregressive decoders, one position after another."""
