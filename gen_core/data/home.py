"""The folder of what a person keeps: runs, checkpoints, own points, downloaded data."""

import os
from pathlib import Path

from platformdirs import user_data_path

__all__ = ["home"]


def home() -> Path:
    """Return the folder that ``GEN_LAB_HOME`` names, else the platform's user data folder."""
    named = os.environ.get("GEN_LAB_HOME")
    return Path(named).expanduser() if named else user_data_path("gen-lab", appauthor=False)
