"""The private channel between the server and a worker process.

A pair of connected ends, one inherited by the child, carries bytes and nothing else. When either
process is gone, however it went, the operating system closes its end and the other one notices.
"""

import os
import subprocess
import sys
from multiprocessing.connection import Connection, Pipe
from pathlib import Path

__all__ = ["ROOT", "inherited", "spawn"]

ROOT = Path(__file__).resolve().parents[2]  # the repository: workers start there


def spawn(module: str) -> tuple[subprocess.Popen[bytes], Connection]:
    """Start ``python -m module`` with one end of a channel as its argument.

    Args:
        module: Name of a module whose ``main`` opens :func:`inherited`.

    Returns:
        The process and the server's end.
    """
    ours, theirs = Pipe()
    handle = theirs.fileno()
    command = [sys.executable, "-m", module, str(handle)]
    environment = os.environ | {"OMP_NUM_THREADS": os.environ.get("GEN_LAB_THREADS", "1")}
    if sys.platform == "win32":
        os.set_handle_inheritable(handle, True)
        startup = subprocess.STARTUPINFO(lpAttributeList={"handle_list": [handle]})
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            startupinfo=startup,
            creationflags=subprocess.CREATE_NEW_PROCESS_GROUP,
        )
    else:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            pass_fds=[handle],
            start_new_session=True,  # Ctrl-C in the terminal is for the server alone
        )
    theirs.close()
    return process, ours


def inherited(handle: str) -> Connection:
    """Open the end that the server passed on.

    Args:
        handle: The argument that the process was started with.
    """
    if sys.platform == "win32":
        from multiprocessing.connection import PipeConnection

        return PipeConnection(int(handle))
    return Connection(int(handle))
