"""A person at a live page: what they see on the canvases, and the controls by their names."""

from urllib.parse import parse_qs, urlparse

from playwright.sync_api import Locator, Page, expect

from tests.browser.chromium import PATIENCE
from tests.browser.stillness import wait_until_still

__all__ = ["PATIENCE", "LivePage"]

PICTURES = (
    ":is(.gl-field, .gl-latent, .gl-dimensions, .gl-atlas, .gl-flow-stages, .gl-angles,"
    " .gl-posterior-clouds, .gl-walk) canvas[data-step]"
)
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
        self.fields = page.locator(PICTURES)
        self.canvas = self.fields.first

    def open(self, url: str) -> "LivePage":
        """Go to an address and wait for the first picture of the worker."""
        self.page.goto(url)
        self.wait_for_picture()
        return self

    def wait_for_picture(self) -> None:
        """Wait until a canvas shows a frame of the worker."""
        expect(self.canvas).to_be_visible()
        self.wait("canvas => canvas.dataset.step !== ''")

    def wait(self, condition: str, argument: object = None) -> None:
        """Wait until a condition of the first canvas holds; it is asked at each paint."""
        self.page.wait_for_function(
            f"([canvas, argument]) => ({condition})(canvas, argument)",
            arg=[self.canvas.element_handle(), argument],
        )

    def note(self) -> None:
        """Remember every run that this tab has controlled."""
        self.runs |= set(parse_qs(urlparse(self.page.url).query).get("run", []))

    @property
    def step(self) -> int:
        """Step of the newest frame of the worker on the first canvas."""
        return int(self.canvas.get_attribute("data-step") or -1)

    @property
    def round(self) -> int:
        """Round of that frame."""
        return int(self.canvas.get_attribute("data-round") or -1)

    def note_rounds(self) -> None:
        """Note from now on every round that the first canvas shows, by the run it belongs to."""
        self.canvas.evaluate(
            """canvas => {
                const noted = window.roundsNoted = {};
                const note = ({run, round}) => (noted[run] ??= []).push(Number(round));
                const watcher = new MutationObserver(() => note(canvas.dataset));
                watcher.observe(canvas, {attributeFilter: ["data-round", "data-run"]});
            }"""
        )

    def rounds_noted(self, run: str) -> list[int]:
        """The rounds noted of a run, by the name that its canvas gives it."""
        return self.page.evaluate("run => window.roundsNoted[run]", run)

    def wait_beyond(self, step: int) -> None:
        """Wait until the picture is past a step."""
        self.wait("(canvas, step) => Number(canvas.dataset.step) > step", step)

    def picture(self, index: int = 0) -> tuple[int, int]:
        """A checksum of a canvas's pixels, and how many colours it has (64 at most)."""
        checksum, colours = self.fields.nth(index).evaluate(CHECKSUM)
        return int(checksum), int(colours)

    def wait_for_another(self, before: tuple[int, int], index: int = 0) -> tuple[int, int]:
        """Wait until a canvas's pixels are no longer those of before; return what they are."""
        self.page.wait_for_function(
            f"([canvas, before]) => ({CHECKSUM})(canvas)[0] !== before",
            arg=[self.fields.nth(index).element_handle(), before[0]],
            polling=100,
        )
        return self.picture(index)

    def sum_of(self, canvas: Locator) -> int:
        """A checksum of any canvas's pixels."""
        return int(canvas.evaluate(CHECKSUM)[0])

    def wait_for_sum_beside(self, canvas: Locator, before: int) -> None:
        """Wait until any canvas's pixels are no longer those of before."""
        self.page.wait_for_function(
            f"([canvas, before]) => ({CHECKSUM})(canvas)[0] !== before",
            arg=[canvas.element_handle(), before],
            polling=100,
        )

    def wait_until_still(self) -> None:
        """Wait until the canvases show the newest frame and no longer move towards it."""
        wait_until_still(self.page.locator(".gl-root"))

    def button(self, name: str) -> Locator:
        """A button of the viewer by its name."""
        return self.page.get_by_role("button", name=name, exact=True)

    def pause(self) -> None:
        """Press Pause and wait until the button offers to play: no frame of training follows."""
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
        pairs = parse_qs(self.page.evaluate("location.search.slice(1)"))
        return {name: values[0] for name, values in pairs.items()}

    def expect_query(self, name: str, value: str) -> None:
        """Wait until the address carries a value."""
        self.page.wait_for_function(
            "([name, value]) => new URLSearchParams(location.search).get(name) === value",
            arg=[name, value],
        )

    def leave(self, run: str) -> str:
        """Wait until the address names another run than this; return that."""
        self.page.wait_for_function(
            "run => ![null, run].includes(new URLSearchParams(location.search).get('run'))",
            arg=run,
        )
        return self.run()

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
