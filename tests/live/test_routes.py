"""The WebSocket and the viewer's files, over real HTTP messages and a real worker."""

import asyncio
import json
import shutil
import threading

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from app.live import frames, viewer_files
from app.live.routes import LONGEST_MESSAGE, keep, lifespan, routes
from app.live.runs import RunManager, manager
from app.live.viewer_files import VIEWER_FILES, viewer_address

HERE = {"origin": "http://testserver"}


@pytest.fixture(scope="module")
def client():
    with TestClient(Starlette(routes=routes, lifespan=lifespan)) as made:
        yield made


@pytest.fixture
def run(client, describe):
    """One playing run for the whole module: a worker takes seconds to start."""
    for each in manager().runs():
        if each.worker is not None and not each.playback:
            each.command({"do": "play"})
            assert each.wait_for("playing", timeout=60)
            return each
    made = manager().start(describe())
    assert made.wait_for("playing", timeout=120), made.message
    return made


class Visitor:
    """A plain WebSocket client: paints nothing, acknowledges at once."""

    def __init__(self, socket):
        self.socket = socket
        self.events = []

    def say(self, **command):
        self.socket.send_text(json.dumps(command))

    def next(self):
        message = self.socket.receive()
        if message.get("bytes"):
            return "frame", message["bytes"]
        if message.get("text"):
            self.events.append(json.loads(message["text"]))
            return "event", self.events[-1]
        return "close", message.get("code")

    def event(self, name):
        while True:
            kind, content = self.next()
            assert kind != "close", content
            if kind == "event" and content["event"] == name:
                return content
            if kind == "frame":
                self.say(do="ack")

    def frame(self, until=lambda header: True):
        while True:
            kind, content = self.next()
            assert kind != "close", content
            if kind == "frame":
                self.say(do="ack")
                if until(frames.header(content)):
                    return content


def visit(client, id, **headers):
    return client.websocket_connect(f"/live/ws?id={id}", headers=HERE | headers)


def test_the_page_knows_when_the_first_picture_is_painted(client, describe):
    run = manager().start(describe(play=False))
    assert run.wait_for("paused", timeout=120), run.message
    assert not run.wait_for_picture(0), "nobody watches"
    with visit(client, run.id) as socket:
        visitor = Visitor(socket)
        while visitor.next()[0] != "frame":
            pass
        assert not run.wait_for_picture(0), "sent is not painted"
        visitor.say(do="ack")
        assert run.wait_for_picture(60)
        run.command({"do": "step"})
        while visitor.next()[0] != "frame":
            pass
        assert run.wait_for_picture(0), "a newer frame on its way does not undo it"


def test_hello_then_frames_after_each_acknowledgement(client, run):
    with visit(client, run.id) as socket:
        visitor = Visitor(socket)
        assert visitor.next()[1]["event"] == "hello"
        hello = visitor.events[0]
        assert hello["role"] == "control" and hello["follow"] == run.follow_id
        assert run.id not in json.dumps(hello)
        first = frames.header(visitor.frame(lambda header: header["state"] == "playing"))
        later = frames.header(visitor.frame(lambda header: header["round"] > first["round"]))
        assert later["seq"] > first["seq"]


def test_a_viewer_that_does_not_paint_costs_one_frame(client, run):
    with visit(client, run.id) as socket:
        visitor = Visitor(socket)
        assert [visitor.next()[0] for _ in range(2)] == ["event", "frame"]
        before = run.round
        with run.changed:
            assert run.changed.wait_for(lambda: run.round > before, 60)
        visitor.say(do="pause")
        kinds = [visitor.next()]
        assert kinds[0][0] == "event" and kinds[0][1]["state"] == "paused"
        visitor.say(do="ack")
        newest = frames.header(visitor.next()[1])
        assert newest["state"] == "paused" and newest["round"] >= before


def test_pause_step_and_edit_reach_the_picture(client, run):
    with visit(client, run.id) as socket:
        visitor = Visitor(socket)
        visitor.say(do="pause")
        paused = frames.header(visitor.frame(lambda header: header["state"] == "paused"))
        t = paused["lanes"][0]["t"]
        visitor.say(do="step", n=1)
        visitor.frame(lambda header: header["lanes"][0]["t"] == t + 1)
        visitor.say(do="set", lane="clip", name="clip", value=0.07)
        edited = frames.header(visitor.frame(lambda h: h["lanes"][0]["settings"]["clip"] == 0.07))
        assert edited["marks"][-1]["name"] == "clip"


def test_a_reconnecting_viewer_gets_the_newest_frame(client, run):
    with visit(client, run.id) as socket:
        visitor = Visitor(socket)
        visitor.say(do="pause")
        paused = frames.header(visitor.frame(lambda header: header["state"] == "paused"))
    with visit(client, run.id) as socket:
        again = frames.header(Visitor(socket).frame())
        assert (again["round"], again["state"]) == (paused["round"], "paused")


def test_a_follower_sees_the_same_and_controls_nothing(client, run):
    with visit(client, run.id) as owner, visit(client, run.follow_id) as guest:
        owner, guest = Visitor(owner), Visitor(guest)
        assert guest.event("hello")["role"] == "follow"
        assert guest.events[0]["follow"] is None and run.id not in json.dumps(guest.events)
        for command in ({"do": "pause"}, {"do": "set", "name": "clip", "value": 0.5},
                        {"do": "fork"}, {"do": "stop"}, {"do": "sleep"}):  # fmt: skip
            guest.say(**command)
            assert "the link to follow" in guest.event("error")["message"]
        assert run.state == "playing"
        owner.say(do="pause")
        seen = [frames.header(each.frame(lambda h: h["state"] == "paused"))
                for each in (owner, guest)]  # fmt: skip
        assert seen[0]["lanes"][0]["t"] == seen[1]["lanes"][0]["t"]
        guest.say(do="look", probe="surface", size=8, request=5)
        entries = frames.header(guest.frame(lambda h: any(e["request"] for e in h["entries"])))
        assert {e["request"] for e in entries["entries"] if e["viewer"]} == {5}


def test_a_fork_is_told_to_its_owner_alone(client, run):
    with visit(client, run.id) as owner, visit(client, run.follow_id) as guest:
        owner, guest = Visitor(owner), Visitor(guest)
        owner.say(do="pause")
        owner.frame(lambda header: header["state"] == "paused")
        owner.say(do="fork", round=0)
        child, role = manager().get(owner.event("forked")["run"])
        assert role == "control" and child is not run
        owner.say(do="play")
        guest.frame(lambda header: header["state"] == "playing")
        assert "forked" not in {event["event"] for event in guest.events}
        child.command({"do": "stop"})
        assert child.wait_for("ended", timeout=120)


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "http://testserver.evil.example", "null", "", "testserver"]
)
def test_a_foreign_origin_is_refused_before_the_door_opens(client, run, origin):
    with pytest.raises(WebSocketDisconnect):
        with visit(client, run.id, origin=origin):
            pass
    assert not run.viewers


@pytest.mark.parametrize("id", ["", "x", "../../etc/passwd", "0" * 5000])
def test_a_wrong_id_is_told_so_and_shown_out(client, id):
    with visit(client, id) as socket:
        visitor = Visitor(socket)
        assert "not here any more" in visitor.event("error")["message"]
        assert visitor.next() == ("close", 4404)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"do":"fly"}', '{"do":"step","n":-1}'])
def test_malformed_messages_are_answered_and_the_viewer_stays(client, run, text):
    with visit(client, run.id) as socket:
        visitor = Visitor(socket)
        socket.send_text(text)
        assert visitor.event("error")["message"].startswith("Expected ")
        visitor.frame()


def test_a_huge_message_ends_the_visit_and_nothing_else(client, run):
    with visit(client, run.id) as socket:
        visitor = Visitor(socket)
        socket.send_text("x" * (LONGEST_MESSAGE + 1))
        assert "short text" in visitor.event("error")["message"]
        while (last := visitor.next())[0] != "close":
            pass
        assert last == ("close", 1009)
    assert run.state == "playing"


def test_a_flood_of_messages_ends_the_visit(client, run):
    with visit(client, run.id) as socket:
        visitor = Visitor(socket)
        for _ in range(2000):
            visitor.say(do="ack")
        while (last := visitor.next())[0] != "close":
            pass
        assert last == ("close", 1008)
    assert run.state == "playing"


def test_viewer_files_are_modules_and_never_stale(client):
    names = [path.name for path in VIEWER_FILES.glob("*.js")]
    assert "main.js" in names
    for name in names:
        answer = client.get(f"/live/viewer/{name}")
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/javascript")
        assert answer.headers["cache-control"] == "no-cache"


def test_a_browser_keeps_the_viewer_until_a_file_of_it_changes(client, monkeypatch, tmp_path):
    shutil.copytree(VIEWER_FILES, tmp_path / "viewer")
    monkeypatch.setattr(viewer_files, "VIEWER_FILES", tmp_path / "viewer")
    kept, first = "public, max-age=31536000, immutable", viewer_address("main.js")
    assert client.get(first).headers["cache-control"] == kept
    assert viewer_address("main.js") == first, "nothing changed"
    with (tmp_path / "viewer" / "dom.js").open("a") as file:
        file.write("// changed")
    second = viewer_address("main.js")
    assert second != first, "another module, which main.js imports, is another viewer"
    assert client.get(second).headers["cache-control"] == kept
    old = client.get(first)
    assert old.status_code == 200 and old.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    "name", ["..%2froutes.py", "../routes.py", "%2e%2e/routes.py", "routes.py", ".js", "none.js",
             "main.js/../../routes.py", "MAIN.JS%00", "..%5croutes.py"]
)  # fmt: skip
def test_nothing_else_is_served(client, name):
    for folder in ("/live/viewer", viewer_address("main.js").removesuffix("/main.js")):
        answer = client.get(f"{folder}/{name}")
        assert answer.status_code == 404 and "import" not in answer.text


class Stumbling(RunManager):
    """Fails the first time it looks after its runs."""

    def __init__(self):
        super().__init__(spare=False)
        self.turns, self.again = 0, threading.Event()

    def reap(self):
        self.turns += 1
        if self.turns == 1:
            raise OSError("the disk was away for a moment")
        self.again.set()


def test_looking_after_the_runs_goes_on_after_an_error(caplog):
    runs = Stumbling()

    async def serve():
        keeper = asyncio.create_task(keep(runs, every=0.01))
        assert await asyncio.to_thread(runs.again.wait, 20)
        keeper.cancel()

    asyncio.run(serve())
    assert "it is tried again" in caplog.text and "the disk was away" in caplog.text
