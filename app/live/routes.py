"""The live routes beside Streamlit's own: one WebSocket, and the viewer's files.

A visitor needs an id that cannot be guessed and a page of this very server (the Origin header):
Streamlit checks neither for routes that are not its own. Viewers, their messages' rate and size
are capped.
"""

import asyncio
import contextlib
import itertools
import logging
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from app.live import commands
from app.live.run import Run
from app.live.runs import RunManager, manager
from app.live.viewer_files import viewer_file
from app.live.viewers import Rate, Viewer
from gen_core.errors import GenLabError

__all__ = ["keep", "lifespan", "live", "routes"]

logger = logging.getLogger(__name__)
MOST_VIEWERS = 64  # of one run
LONGEST_MESSAGE = 16 * 1024  # characters
MESSAGES_PER_SECOND, BURST = 120.0, 240.0
REAP_EVERY, EVICT_EVERY = 5.0, 24  # seconds; reaps


async def live(socket: WebSocket) -> None:
    """Serve one viewer of one run."""
    if not _same_origin(socket):
        return await socket.close(code=1008)
    await socket.accept()
    found = manager().get(socket.query_params.get("id", ""))
    if found is None:
        message = "This run is not here any more. Start a new one from its page."
        await socket.send_json({"event": "error", "message": message})
        return await socket.close(code=4404)
    run, role = found
    if len(run.viewers) >= MOST_VIEWERS:
        message = f"This run has {MOST_VIEWERS} viewers already. Try again later."
        await socket.send_json({"event": "error", "message": message})
        return await socket.close(code=4429)
    viewer = Viewer(role, asyncio.get_running_loop())
    share = run.follow_id if role == "control" else None
    hello = {"event": "hello", "role": role, "run": run.short, "follow": share}
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        await socket.send_json(hello | {"viewer": viewer.id})
        run.attach(viewer)
        sender = asyncio.create_task(_send(socket, run, viewer))
        try:
            await _receive(socket, run, viewer)
        finally:
            sender.cancel()
            run.detach(viewer)


async def _send(socket: WebSocket, run: Run, viewer: Viewer) -> None:
    """Send events, and the newest frame whenever the last has been painted."""
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        while True:
            for event in await viewer.news():
                await socket.send_text(event)
            if viewer.moved:
                return await socket.close(code=4301)
            if viewer.ready and run.version > viewer.seen:
                viewer.ready = False
                frame, viewer.seen = run.latest, run.version
                await socket.send_bytes(frame)


async def _receive(socket: WebSocket, run: Run, viewer: Viewer) -> None:
    """Carry out what the viewer asks until it is gone or misbehaves."""
    rate = Rate(MESSAGES_PER_SECOND, BURST)
    while True:
        message = await socket.receive()
        if message["type"] != "websocket.receive":
            return
        text = message.get("text")
        if text is None or len(text) > LONGEST_MESSAGE:
            return await _refuse(socket, 1009, "Expected a short text message. Reload the page.")
        if not rate.allows():
            return await _refuse(socket, 1008, "Too many messages at once. Reload the page.")
        try:
            command = commands.parse(text)
            if manager().quick(run, command):
                manager().command(run, command, viewer)
            else:
                await asyncio.to_thread(manager().command, run, command, viewer)
        except GenLabError as error:
            viewer.tell("error", message=str(error))


async def _refuse(socket: WebSocket, code: int, message: str) -> None:
    await socket.send_json({"event": "error", "message": message})
    await socket.close(code=code)


def _same_origin(socket: WebSocket) -> bool:
    origin = urlsplit(socket.headers.get("origin", ""))
    host = socket.headers.get("x-forwarded-host") or socket.headers.get("host", "")
    return bool(origin.netloc) and origin.netloc.lower() == host.lower()


@contextlib.asynccontextmanager
async def lifespan(app: Any) -> AsyncIterator[None]:  # noqa: ANN401
    """Warm a spare worker, look after the runs, and end them all with the server."""
    runs = manager()
    await asyncio.to_thread(runs.open)
    keeper = asyncio.create_task(keep(runs))
    try:
        yield
    finally:
        keeper.cancel()
        await asyncio.to_thread(runs.stop_all)


async def keep(runs: RunManager, every: float = REAP_EVERY) -> None:
    """Look after the runs for ever; what goes wrong is logged and tried again.

    Args:
        runs: Whom to look after.
        every: Seconds between two rounds.
    """
    for turn in itertools.count():
        await asyncio.sleep(every)
        try:
            await asyncio.to_thread(runs.reap)
            if turn % EVICT_EVERY == 0:
                await asyncio.to_thread(runs.evict)
        except Exception:
            logger.exception("Looking after the runs failed; it is tried again")


routes = [
    WebSocketRoute("/live/ws", live),
    Route("/live/viewer/{file}", viewer_file),
    Route("/live/viewer/{version}/{file}", viewer_file),
]
