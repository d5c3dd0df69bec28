"""The screen: pages, their state, their figures, and the live engine behind them."""
