"""A small server for the viewer's own tests: a page like Streamlit's, the modules, the socket.

Run `python tests/browser/viewer/server.py --port 8123` and open `/`; `?theme=dark` and
`?layout=kinds` change the page, `POST /force` sets faults.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
from pathlib import Path
from typing import Any

import uvicorn
from lab import Lab
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket, WebSocketDisconnect

VIEWER = Path(__file__).parents[3] / "app" / "live" / "viewer"
OWNER, FOLLOWER, BRANCH = "owner-of-the-run", "follower-of-the-run", "a-forked-run"


def stack(lane: str) -> dict[str, Any]:
    """Norms of a critic's layers, stacked; the first as the band below."""
    parts = {"base": "norm_1", "metrics": ["norm_2", "norm_3"], "alive": 0.5}
    return {"kind": "stack", "lane": lane, "title": f"Norms · {lane}", "scale": "shared", **parts}


def field(lane: str) -> dict[str, Any]:
    """The critic page's field panel of one lane."""
    surface = {"probe": "surface", "array": "values"}
    return {
        "kind": "field",
        "lane": lane,
        "title": "",
        "scale": "shared",
        "layers": [
            {"type": "heat", **surface},
            {"type": "contours", **surface},
            {"type": "points", "probe": "samples", "array": "real", "color": "real"},
            {
                "type": "points",
                "probe": "samples",
                "array": "fake",
                "color": "generated",
                "tween": True,
            },
            {"type": "arrows", "probe": "gradient_arrows", "points": "points", "arrows": "arrows"},
        ],
    }


LAYOUT = {
    "panels": [
        field("clip"),
        field("gp"),
        {"kind": "curves", "metrics": ["critic_estimate"]},
        {"kind": "curves", "metrics": ["w1"]},
    ],
    "controls": [
        {"lane": "clip", "name": "clip", "label": "Clip value"},
        {"lane": "gp", "name": "penalty", "label": "Penalty"},
        {"lane": "*", "name": "n_critic", "label": "Critic updates"},
        {"lane": "*", "name": "critic_rate", "label": "Critic rate"},
    ],
    "transport": True,
    "hide": [],
    "metrics": ["w1", "nll", "modes", "high_quality"],
}
ALL_KINDS = {
    "panels": [
        {
            "kind": "lines",
            "title": "Gradient norm",
            "probe": "layer_gradients",
            "array": "log10_norm",
            "x": "layer",
        },
        {"kind": "histogram", "title": "Weights", "probe": "weight_histogram"},
        {"kind": "atlas", "title": "Pictures", "lane": "gp", "probe": "pictures"},
        {"kind": "curves", "metrics": ["critic_estimate", "w1"]},
        stack("clip"),
        stack("gp"),
    ],
    "controls": [],
    "transport": True,
    "hide": ["save"],
    "metrics": ["w1"],
}
CLOUDS = {
    "panels": [
        {
            "kind": "posterior-clouds",
            "title": title,
            "lane": lane,
            "probe": "posterior_clouds",
            "truth": "true_posterior",
        }
        for lane, title in (("clip", "Gaussian"), ("gp", "Chain"))
    ],
    "controls": [],
    "transport": True,
    "hide": [],
    "metrics": [],
}
LAYOUTS = {"kinds": ALL_KINDS, "clouds": CLOUDS}
TOUR = [
    {"title": "First", "text": "Two sides.", "look": "field", "actions": [{"do": "pause"}]},
    {
        "title": "Second",
        "text": "The clip value grows.",
        "look": "control:clip.clip",
        "actions": [{"do": "set", "lane": "gp", "name": "penalty", "value": 10.0}],
        "question": {
            "asks": "What happens?",
            "choices": ["Nothing", "It steepens"],
            "right": 1,
            "reason": "The room grows.",
        },
        "reveal": [
            {"do": "set", "lane": "clip", "name": "clip", "value": 0.5},
            {"do": "step", "n": 3, "player": "round"},
        ],
        "wait": {"rounds": 3},
    },
    {"title": "Third", "text": "Try more.", "look": "timeline", "actions": [{"do": "play"}]},
]
THEMES = {
    "light": ("#ffffff", "#1d2530", "#34507a", "#f4f6f8"),
    "dark": ("#12161c", "#e4e8ee", "#5a7db3", "#1b212a"),
}
PAGE = """<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Viewer</title><style>
body {{ margin: 0; font-family: "Source Sans", system-ui, sans-serif; background: {0}; color: {1};
  --st-background-color: {0}; --st-text-color: {1}; --st-primary-color: {2};
  --st-secondary-background-color: {3}; --st-font: "Source Sans", system-ui, sans-serif; }}
header {{ height: 120px; padding: 56px 40px 0; box-sizing: border-box; }}
h1 {{ font-size: 30px; margin: 0; }} main {{ padding: 0 40px; }}
@media (max-width: 600px) {{ main, header {{ padding-left: 16px; padding-right: 16px; }} }}
</style><header><h1>Critic</h1></header><main><div id="host"></div><p>
<label>A text field <input id="text"></label></p></main><script type="module">
import {{ mount, viewerOf }} from "/live/viewer/main.js";
const host = document.getElementById("host");
const shadow = host.attachShadow({{ mode: "open" }});
const data = {4};
window.mountAgain = (more = {{}}) => (window.cleanup = mount(shadow, {{ ...data, ...more }}));
window.viewer = () => viewerOf(shadow);
window.presets = [];
document.addEventListener("genlab:preset", (event) => window.presets.push(event.detail.index));
window.mountAgain();
</script>"""


async def first(event: asyncio.Event, reader: asyncio.Task[None]) -> bool:
    """Wait for the event; false when the reader ended before it."""
    waiter = asyncio.create_task(event.wait())
    await asyncio.wait([reader, waiter], return_when=asyncio.FIRST_COMPLETED)
    waiter.cancel()
    return not reader.done()


class Server:
    """Routes around one lab."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.sockets: dict[WebSocket, str] = {}
        self.heard: list[dict[str, Any]] = []

    async def page(self, request: Request) -> HTMLResponse:
        query = request.query_params
        layout = LAYOUTS.get(query.get("layout"), LAYOUT)
        if "hide" in query:
            layout = {**layout, "hide": query["hide"].split(",")}
        if "tour" in query:
            layout = {**layout, "tour": {"steps": TOUR, "open": int(query["tour"])}}
        layout = {**layout, "projector": "projector" in query}
        data = {
            "id": query.get("id", OWNER),
            "role": "control",
            "layout": layout,
            "query": request.url.query,
        }
        colours = THEMES[query.get("theme", "light")]
        return HTMLResponse(PAGE.format(*colours, json.dumps(data)))

    async def force(self, request: Request) -> JSONResponse:
        """Set a fault; with `cut`, close every socket as a failing network does."""
        what = await request.json()
        await asyncio.to_thread(self.lab.force, what)
        if what.get("cut"):
            for socket in list(self.sockets):
                with contextlib.suppress(RuntimeError):
                    await socket.close(1012)
        return JSONResponse({"ok": True})

    async def log(self, request: Request) -> JSONResponse:
        """What viewers asked for since the last call, and how many listen."""
        heard, self.heard = self.heard, []
        return JSONResponse({"heard": heard, "sockets": len(self.sockets)})

    async def live(self, socket: WebSocket) -> None:
        id = socket.query_params.get("id", "")
        await socket.accept()
        if id not in (OWNER, FOLLOWER, BRANCH) or not self.lab.accepting:
            await socket.close(1008 if self.lab.accepting else 1013, "No run has this id.")
            return
        role = "follow" if id == FOLLOWER else "control"
        self.sockets[socket] = role
        run = "branch" if id == BRANCH else "run"
        await socket.send_json(
            {
                "event": "hello",
                "role": role,
                "run": run,
                "follow": FOLLOWER if role == "control" else None,
            }
        )
        acked, fresh = asyncio.Event(), asyncio.Event()
        loop = asyncio.get_running_loop()

        def wake() -> None:
            loop.call_soon_threadsafe(fresh.set)

        self.lab.listeners.add(wake)
        reader = asyncio.create_task(self.read(socket, role, acked))
        try:
            fresh.set()
            while await first(fresh, reader):
                fresh.clear()
                acked.clear()
                await socket.send_bytes(self.lab.latest)
                await first(acked, reader)
        except (WebSocketDisconnect, RuntimeError):
            pass
        finally:
            self.lab.listeners.discard(wake)
            self.sockets.pop(socket, None)
            reader.cancel()

    async def read(self, socket: WebSocket, role: str, acked: asyncio.Event) -> None:
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            async for text in socket.iter_text():
                order = json.loads(text)
                if order["do"] == "ack":
                    acked.set()
                    continue
                self.heard.append({"role": role, **order})
                if order["do"] == "subscribe":
                    continue
                if role == "follow":
                    await socket.send_json({"event": "error", "message": "Followers only watch."})
                elif order["do"] == "fork":
                    await socket.send_json({"event": "forked", "run": BRANCH})
                elif order["do"] == "save":
                    await socket.send_json({"event": "saved", "name": order["name"]})
                else:
                    await asyncio.to_thread(self.lab.command, order)


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--width", type=int, default=32)
    options = parser.parse_args()
    server = Server(Lab(options.width))
    app = Starlette(
        routes=[
            Route("/", server.page),
            Route("/force", server.force, methods=["POST"]),
            Route("/log", server.log),
            WebSocketRoute("/live/ws", server.live),
            Mount("/live/viewer", StaticFiles(directory=VIEWER)),
        ]
    )
    uvicorn.run(app, port=options.port, log_level="warning", ws="websockets-sansio")


if __name__ == "__main__":
    main()
