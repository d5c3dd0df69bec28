"""A person at a live page: what they see on the canvases, and the controls by their names."""

from urllib.parse import parse_qs, urlparse

from playwright.sync_api import Locator, Page, expect

__all__ = ["PATIENCE", "LivePage"]

PATIENCE = 60_000  # ms; the first picture waits for a process that imports torch
CHECKSUM = """canvas => {
    const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    let [sum, colours] = [0, new Set()];
    for (let i = 0; i < data.length; i += 4) {
        const pixel = data[i] | data[i + 1] << 8 | data[i + 2] << 16;
        sum = (sum * 31 + pixel) | 0;
        if (colours.size < 64) colours.add(pixel);
    }
    return [sum, colours.size];
}"""


class LivePage:
    """One tab with a live view.

    Args:
        page: The tab.
    """

    def __init__(self, page: Page) -> None:
        self.page = page
        self.runs: set[str] = set()
        page.on("framenavigated", lambda _: self.note())
        self.fields = page.locator(".gl-field canvas[data-step]")
        self.canvas = self.fields.first

    def open(self, url: str) -> "LivePage":
        """Go to an address and wait for the first picture of the worker."""
        self.page.goto(url)
        self.wait_for_picture()
        return self

    def wait_for_picture(self) -> None:
        """Wait until a canvas shows a frame of the worker."""
        expect(self.canvas).to_be_visible(timeout=PATIENCE)
        self.wait("canvas => canvas.dataset.step !== ''")

    def wait(self, condition: str, argument: object = None, timeout: int = PATIENCE) -> None:
        """Wait until a condition of the first canvas holds; it is asked at each paint."""
        self.page.wait_for_function(
            f"([canvas, argument]) => ({condition})(canvas, argument)",
            arg=[self.canvas.element_handle(), argument],
            timeout=timeout,
        )

    def note(self) -> None:
        """Remember every run that this tab has controlled."""
        self.runs |= {run for name, run in self.query().items() if name == "run"}

    @property
    def step(self) -> int:
        """Step of the newest frame of the worker on the first canvas."""
        return int(self.canvas.get_attribute("data-step") or -1)

    @property
    def round(self) -> int:
        """Round of that frame."""
        return int(self.canvas.get_attribute("data-round") or -1)

    def wait_beyond(self, step: int) -> None:
        """Wait until the picture is past a step."""
        self.wait("(canvas, step) => Number(canvas.dataset.step) > step", step)

    def picture(self, index: int = 0) -> tuple[int, int]:
        """A checksum of a canvas's pixels, and how many colours it has (64 at most)."""
        checksum, colours = self.fields.nth(index).evaluate(CHECKSUM)
        return int(checksum), int(colours)

    def button(self, name: str) -> Locator:
        """A button of the viewer by its name."""
        return self.page.get_by_role("button", name=name, exact=True)

    def pause(self) -> None:
        """Press Pause and wait until the button offers to play."""
        self.button("Pause").click()
        expect(self.button("Play")).to_be_visible()

    def play(self) -> None:
        """Press Play and wait until the button offers to pause."""
        self.button("Play").click()
        expect(self.button("Pause")).to_be_visible()

    def number(self, name: str) -> Locator:
        """The number box of a hot setting."""
        return self.page.locator(f".gl-control[data-name='{name}'] input[type=number]").first

    def edit(self, name: str, value: str) -> None:
        """Type a value into a hot setting's number box."""
        box = self.number(name)
        box.fill(value)
        box.press("Enter")

    @property
    def marks(self) -> Locator:
        """The marks of edits on the timeline."""
        return self.page.locator(".gl-marks .gl-mark")

    def scrub(self, share: float) -> None:
        """Drag the timeline to a share of its length."""
        self.page.get_by_label("Timeline").evaluate(
            """(input, share) => {
                input.value = Number(input.min) + share * (input.max - input.min);
                input.dispatchEvent(new Event("input", {bubbles: true}));
            }""",
            share,
        )

    def query(self) -> dict[str, str]:
        """What the page's own address carries."""
        pairs = parse_qs(urlparse(self.page.url).query)
        return {name: values[0] for name, values in pairs.items()}

    def run(self) -> str:
        """The control id in the address, once it stands there."""
        self.page.wait_for_function("new URLSearchParams(location.search).has('run')")
        return self.query()["run"]

    def follow_link(self) -> str:
        """The link that Share offers."""
        self.button("Share").click()
        link = self.page.get_by_label("Link for followers").input_value()
        self.page.keyboard.press("Escape")
        return link
