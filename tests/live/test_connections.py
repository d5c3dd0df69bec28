"""Connections that die without a word, over a real server and real sockets."""

import socket
import threading
import time

import pytest
import uvicorn
from starlette.applications import Starlette

from app.live import frames
from app.live.recorder import Recorder
from app.live.routes import routes
from app.live.runs import manager


@pytest.fixture
def port():
    """A server that pings as Streamlit's does, only more often."""
    config = uvicorn.Config(
        Starlette(routes=routes), port=0, log_level="error", ws="websockets-sansio",
        ws_ping_interval=1.0, ws_ping_timeout=1.0,
    )  # fmt: skip
    server = uvicorn.Server(config)
    listening = config.bind_socket()
    listening.listen()
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    yield listening.getsockname()[1]
    server.should_exit = True
    thread.join(20)
    assert not thread.is_alive()


def visit(port, id):
    """Shake hands and read as far as the first frame; from then on say nothing."""
    visitor = socket.create_connection(("127.0.0.1", port), timeout=60)
    visitor.sendall(
        f"GET /live/ws?id={id} HTTP/1.1\r\nHost: here\r\nOrigin: http://here\r\n"
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n".encode()
    )
    received = b""
    while b"__metadata__" not in received:
        came = visitor.recv(1 << 16)
        assert came, received
        received += came
    return visitor


def test_a_viewer_that_died_without_a_word_is_let_go(port, tmp_path):
    Recorder(tmp_path, {}).add_frame(0, frames.encode({}, {"round": 0}))
    run = manager().open_recording(tmp_path)
    with visit(port, run.id):  # open, but it answers no ping
        with visit(port, run.id):  # the silent one keeps nobody waiting
            end = time.monotonic() + 60
            with run.changed:
                while run.viewers and time.monotonic() < end:
                    run.changed.wait(0.05)
                assert not run.viewers
