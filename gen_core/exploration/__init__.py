"""Probes: registered looks at a lane's models that change nothing in them.

Every module of this package that declares a :func:`~gen_core.exploration.base.probe` is found by
itself; see :mod:`gen_core.exploration.base`.
"""
