"""One card of the page of checkpoints, and the dialog that shows it whole."""

from collections.abc import Callable, Sequence
from functools import partial

import streamlit as st

from app.cards import PAPERS, Row, data_of, date_of, figures_of, rows, size_text
from app.exchange import packed
from app.kept import CHECKPOINT, RECORDING, Kept
from app.kept_pictures import draw_recorded, paint, picture
from app.layout import plain
from app.library import library
from app.live.home import plain_name
from app.live.runs import manager
from app.presets import act_of
from app.suiting import Opening, openings
from gen_core.errors import CommandError, GenLabError

__all__ = ["details", "key_of", "show_card", "table", "tell", "told"]


def tell(sentence: str) -> None:
    """Keep a sentence for the next run of the page."""
    st.session_state["library_told"] = plain(sentence)


def told() -> str:
    """Return the sentence that was kept, once."""
    return str(st.session_state.pop("library_told", ""))


def show_card(kept: Kept) -> list[Callable[[], None]]:
    """Show one card; return what is left to draw of it."""
    left = _picture(kept)
    st.markdown(f"**{plain(kept.title)}**")
    words = [PAPERS.get(stem, plain(stem)) for stem in kept.stems]
    words += map(plain, data_of(kept))
    words += [f"{kept.head} rounds"] if kept.lanes else ["a network that reads factors"]
    st.caption(" · ".join(words))
    figures = figures_of(kept.card)[:2]
    for each in figures:
        value = plain(f"{each.text} {each.unit}")
        st.markdown(f"{plain(each.label)} **{value}**", help=plain(each.scope) or None)
    saved = date_of(kept) or "ships with the lab"
    if kept.kind == RECORDING and not kept.shipped and not kept.card.get("saved"):
        saved += ", goes when room is needed"
    st.caption(f"{kept.kind} · {size_text(kept.size())} · {saved}")
    with st.container(horizontal=True, gap="small"):
        for opening in openings(kept):
            _link(opening, kept)
    if st.button("Card", icon=":material/description:", key=f"card_of_{key_of(kept)}"):
        details(kept)
    return left


def _picture(kept: Kept) -> list[Callable[[], None]]:
    """Show the picture, or a place where it is drawn once all cards are on the page."""
    place, theme = st.empty(), st.context.theme.type
    found = picture(kept, theme)
    if found is not None:
        place.image(str(found), width="stretch", alt=f"What {kept.title} shows")
        return []
    if kept.shipped:
        place.caption("No picture")
        return []

    def draw() -> None:
        if draw_recorded(kept) and (drawn := picture(kept, theme)) is not None:
            place.image(str(drawn), width="stretch", alt=f"What {kept.title} shows")
        elif kept.kind == CHECKPOINT and openings(kept):
            place.button(
                "Draw a picture",
                icon=":material/brush:",
                help="Opens it for some seconds in a process of its own.",
                key=f"paint_{key_of(kept)}",
                on_click=partial(_paint, kept),
            )
        else:
            place.caption("No picture")

    return [draw]


def _paint(kept: Kept) -> None:
    try:
        paint(kept)
    except GenLabError as error:
        tell(str(error))


def _link(opening: Opening, kept: Kept) -> None:
    """Show a link that opens it on a page."""
    recorded = kept.kind == RECORDING
    verb = "Open" if recorded or not opening.trains else "Continue"
    st.page_link(
        f"../pages/{opening.page}.py",
        label=f"{verb}: {act_of(opening.page, opening.preset)}",
        help=opening.preset.title,
        icon=":material/play_arrow:" if opening.trains else ":material/visibility:",
        query_params=dict(opening.query),
    )


@st.dialog("Card", width="large")
def details(kept: Kept) -> None:
    """Show a card whole, with what one may do to it."""
    st.subheader(plain(kept.title), anchor=False)
    table(rows(kept), [""])
    with st.container(horizontal=True):
        if not kept.flaw:
            st.download_button(
                "Export (zip)",
                partial(packed, kept),
                f"{plain_name(kept.title)}.zip",
                "application/zip",
                icon=":material/download:",
                on_click="ignore",
            )
        if not kept.shipped:
            _delete(kept)


def _delete(kept: Kept) -> None:
    """Delete, once it was asked for and confirmed."""
    asked = st.checkbox("I want to delete it", key=f"sure_{key_of(kept)}")
    if st.button("Delete for good", icon=":material/delete:", disabled=not asked):
        try:
            in_use = [run for run in manager().runs() if run.worker and run.recording]
            if any(run.recording == path for run in in_use for path in kept.files.values()):
                remedy = "Leave its page, or stop the run, and try again."
                raise CommandError("a run that has ended", "one that is going on", remedy)
            library().delete(kept)
        except GenLabError as error:
            st.error(plain(str(error)))
            return
        tell(f"Deleted {kept.title}.")
        st.rerun()


def table(lines: Sequence[Row], heads: Sequence[str]) -> None:
    """Show lines as a table; what differs is marked and bold."""
    marked = len(heads) > 1
    head = ["", *([""] if marked else []), *map(plain, heads)]
    drawn = [head, ["---"] * len(head)]
    for line in lines:
        strong = "**" if line.differs else ""
        cells = [plain(line.name), *(["≠" if line.differs else ""] if marked else [])]
        drawn.append([*cells, *(f"{strong}{plain(text)}{strong}" for text in line.text)])
    st.markdown("\n".join(f"| {' | '.join(cells)} |" for cells in drawn))


def key_of(kept: Kept) -> str:
    """Return its id as a part of a widget's key."""
    return "".join(letter if letter.isalnum() else "_" for letter in kept.id)
