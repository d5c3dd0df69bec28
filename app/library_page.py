"""The page of checkpoints: everything kept, filtered, opened, compared, taken in and deleted."""

from collections.abc import Callable, Iterable, Mapping, Sequence

import streamlit as st

from app.cards import PAPERS, compared, data_of, date_of
from app.exchange import take_in
from app.kept import CHECKPOINT, READER, RECORDING, Kept
from app.layout import plain
from app.library import library
from app.library_card import details, key_of, show_card, table, tell, told
from gen_core.errors import GenLabError

__all__ = ["library_page", "ordered", "wanted"]

SHOWN = 24  # cards at once
_SHIPPED, _MINE = "Shipped", "Mine"
_KINDS = {CHECKPOINT: "Checkpoints", RECORDING: "Recordings", READER: "Readers"}


def library_page() -> None:
    """Draw the page, below its title."""
    if sentence := told():
        st.toast(sentence)
    everything = ordered(library().kept())
    good = [kept for kept in everything if not kept.flaw]
    with st.container(horizontal=True, vertical_alignment="bottom", key="library_filters"):
        chosen = _filtered(good)
        compared_cards = _two_chosen(good)
        with st.container(width="content"):
            _import()
    if len(compared_cards) == 2:
        _side_by_side(*compared_cards)
    st.caption(f"{len(chosen)} of {len(good)}")
    _grid(chosen)
    _damaged([kept for kept in everything if kept.flaw])


def ordered(kept: Iterable[Kept]) -> list[Kept]:
    """Return what one saved first, then what ships, then the runs that nobody saved."""

    def place(each: Kept) -> int:
        if each.shipped:
            return 2
        return 0 if each.kind == CHECKPOINT else 1 if each.card.get("saved") else 3

    return sorted(kept, key=place)


def wanted(
    kept: Kept, kind: str = "", owner: str = "", paper: str = "", data: str = "", text: str = ""
) -> bool:
    """Whether something passes the filters; an empty one lets all pass."""
    words = text.lower().split()
    said = [kept.title, kept.id, *kept.stems, *data_of(kept)]
    said += [PAPERS.get(stem, "") for stem in kept.stems]
    said += [str(lane.get("label")) for lane in kept.lanes]
    among = " ".join(said).lower()
    return (
        kind in ("", kept.kind)
        and owner in ("", _SHIPPED if kept.shipped else _MINE)
        and paper in ("", *kept.stems)
        and data in ("", *data_of(kept))
        and all(word in among for word in words)
    )


def _filtered(good: Sequence[Kept]) -> list[Kept]:
    """Show the filters; return what passes them."""
    text = st.text_input("Find", placeholder="a title, a paper, data", width=200)
    kind = _choice("Kind", [each for each in _KINDS if any(k.kind == each for k in good)], _KINDS)
    owner = _choice("Whose", [_SHIPPED, _MINE], {})
    stems = sorted({stem for kept in good for stem in kept.stems})
    paper = _choice("Paper", stems, PAPERS)
    data = _choice("Data", sorted({name for kept in good for name in data_of(kept)}), {})
    return [kept for kept in good if wanted(kept, kind, owner, paper, data, text)]


def _choice(label: str, options: Sequence[str], words: Mapping[str, str]) -> str:
    """Show a choice of which the first lets all pass."""
    shown = st.selectbox(
        label,
        ["", *options],
        format_func=lambda each: words.get(each, each) if each else "All",
        width=150,
        key=f"library_{label.lower()}",
    )
    return str(shown)


def _import() -> None:
    """Offer to take checkpoints and recordings in."""
    with (
        st.popover("Import", icon=":material/upload:"),
        st.form("library_import", border=False, clear_on_submit=True),
    ):
        st.markdown(
            "A zip that *Export* wrote, of a checkpoint or a recording, or weights"
            " (`.safetensors`) with their card."
        )
        files = st.file_uploader(
            "Checkpoint or recording",
            type=["zip", "safetensors", "json"],
            accept_multiple_files=True,
            label_visibility="collapsed",
            key="library_files",
        )
        if st.form_submit_button("Check and keep", type="primary"):
            _take_in([(file.name, file.getvalue()) for file in files])


def _take_in(files: Sequence[tuple[str, bytes]]) -> None:
    try:
        with st.spinner("Checking in a process of its own"):
            titles = take_in(files)
    except GenLabError as error:
        st.error(plain(str(error)))
        return
    tell(f"Kept {', '.join(titles)}.")
    st.rerun()


def _two_chosen(good: Sequence[Kept]) -> list[Kept]:
    """Show the choice of two cards to compare."""
    named = {kept.id: kept for kept in good}
    chosen = st.multiselect(
        "Compare two cards",
        list(named),
        format_func=lambda id: _name(named[id]),
        max_selections=2,
        placeholder="Choose two",
        width=330,
        key="library_compare",
    )
    return [named[id] for id in chosen]


def _side_by_side(first: Kept, second: Kept) -> None:
    """Show two cards, what differs marked."""
    with st.container(border=True, key="library_compared"):
        lines = compared(first, second)
        if st.toggle("Only what differs", key="library_differences"):
            lines = [line for line in lines if line.differs]
        table(lines, [first.title, second.title])


def _grid(chosen: Sequence[Kept]) -> None:
    """Show the cards; pictures that are still to be drawn come last."""
    most = len(chosen) if st.session_state.get("library_all") else SHOWN
    later: list[Callable[[], None]] = []
    with st.grid(3, min_column_width=270, gap="medium", key="library_grid") as grid:
        for kept in chosen[:most]:
            with grid.cell(), st.container(border=True, gap="xsmall", key=f"kept_{key_of(kept)}"):
                later += show_card(kept)
    if len(chosen) > most:
        st.button(f"Show all {len(chosen)}", key="library_more", on_click=_show_all)
    for draw in later:
        draw()


def _show_all() -> None:
    st.session_state["library_all"] = True


def _damaged(damaged: Sequence[Kept]) -> None:
    """Say what cannot be opened, and offer to delete it."""
    if damaged:
        with st.expander(f"Damaged: {len(damaged)}", icon=":material/heart_broken:"):
            for kept in damaged:
                with st.container(horizontal=True, vertical_alignment="center"):
                    st.markdown(f"`{kept.id}` {plain(kept.flaw)}", width="stretch")
                    if st.button("Card", key=f"card_of_{key_of(kept)}"):
                        details(kept)


def _name(kept: Kept) -> str:
    return f"{kept.title} · {date_of(kept)}" if not kept.shipped else kept.title
