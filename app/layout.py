"""The frame of a page: visits, title, sentences about bad input, the live view, the text.

Streamlit draws what a person acts on now and then; the live picture is drawn by the viewer's own
JavaScript, which the component below only imports.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import streamlit as st

from app.live.viewer_files import viewer_address

__all__ = [
    "frame",
    "live_view",
    "notices",
    "plain",
    "sections",
    "text",
    "thumbnail",
    "title",
    "visit",
    "visited",
]

_TEXT = Path(__file__).parent / "text"
_THUMBNAILS = Path(__file__).parent / "thumbnails"
_BRAND = Path(__file__).parent / "brand"

# Cleanup may come for a call that was merely superseded: the viewer itself looks whether its host
# is still on the page.
_SHIM = """
const choosing = new WeakMap();
export default function ({ data, parentElement, setTriggerValue }) {
  parentElement.removeEventListener("genlab:preset", choosing.get(parentElement));
  const choose = ({ detail }) => setTriggerValue("preset", detail.index);
  choosing.set(parentElement, choose);
  parentElement.addEventListener("genlab:preset", choose);
  const address = new URL(data.viewer, window.location.origin).href;
  const mounted = import(address).then(({ mount }) => mount(parentElement, data));
  return () => mounted.then((leave) => leave());
}
"""
_viewer = st.components.v2.component("gen_lab_live", js=_SHIM)


def frame() -> None:
    """Set what all pages share: tab title and icon, the wordmark, the width."""
    st.set_page_config(
        page_title="Gen Lab",
        page_icon=str(_BRAND / "icon.png"),
        layout="wide",
        initial_sidebar_state=208,
    )
    st.logo(str(_BRAND / "logo.svg"), size="large", icon_image=str(_BRAND / "icon.png"))


def visit(page: str) -> None:
    """Note which page is shown, so that a page can tell a new visit from a rerun."""
    last, count = st.session_state.get("visit", ("", 0))
    if page != last or count == 0:
        st.session_state["visit"] = (page, count + 1)


def visited() -> int:
    """Return the number of the present visit: it changes with each load and page change."""
    return int(st.session_state.get("visit", ("", 0))[1])


def thumbnail(page: str, preset: str, theme: str | None) -> Path:
    """Return where a preset's picture for the gallery lies; theme is ``"light"`` or ``"dark"``."""
    return _THUMBNAILS / f"{page}-{preset}-{'dark' if theme == 'dark' else 'light'}.png"


def title(heading: str, lead: str) -> None:
    """Show a page's title with one line below it."""
    st.title(heading, anchor=False)
    if lead:
        st.caption(lead)


def notices(sentences: Sequence[str]) -> None:
    """Say, in one box, what was refused and what is used instead."""
    if sentences:
        st.warning("  \n".join(map(plain, sentences)), icon=":material/info:")


def live_view(
    run: str,
    layout: Mapping[str, Any],
    *,
    key: str,
    role: str = "control",
    query: str = "",
    choose: Callable[[int], None],
) -> None:
    """Show a run through the viewer.

    Args:
        run: The run's control id, or its follow id.
        layout: The viewer's layout: panels, controls, transport, hidden controls, metrics.
        key: Streamlit key; the canvas stays mounted as long as it stays the same.
        role: ``"control"`` or ``"follow"``.
        query: The address that the viewer writes over the present one.
        choose: Called before the next run of the page with the digit key that was pressed.
    """
    data = {
        "id": run,
        "role": role,
        "layout": dict(layout),
        "query": query,
        "viewer": viewer_address("main.js"),
    }

    def pressed() -> None:
        choose(int(st.session_state[key]["preset"]))

    _viewer(key=key, data=data, on_preset_change=pressed)


@lru_cache
def sections(stem: str) -> Mapping[str, str]:
    """Return the sections of ``app/text/<stem>.md`` by heading; the part before any is ``""``.

    Example:
        >>> "The equation" in sections("critic")
        True
    """
    source = (_TEXT / f"{stem}.md").read_text(encoding="utf-8")
    head, *rest = re.split(r"^## (.+)$", source, flags=re.MULTILINE)
    named = dict(zip(rest[::2], (part.strip() for part in rest[1::2]), strict=True))
    return {"": head.strip(), **named}


def text(stem: str) -> None:
    """Show a page's text: the question first, its answer folded away, then idea to notice."""
    part = sections(stem)
    with st.container(border=True, key=f"{stem}_question"):
        st.markdown(f"**Pause, and answer first.** {part['Question']}")
        with st.expander("Answer"):
            st.markdown(part["Answer"])
    left, right = st.columns(2, gap="large")
    for column, names in ((left, ("The idea", "Try")), (right, ("The equation", "Notice"))):
        for name in names:
            column.subheader(name, anchor=False)
            column.markdown(part[name])


def plain(sentence: str) -> str:
    """Escape what markdown would read as markup: an address or a file's name gave the words."""
    return re.sub(r"([\\`*_{}\[\]<>()#+!|$~:])", r"\\\1", sentence)
