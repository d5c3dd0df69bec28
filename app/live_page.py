"""What every live page does: read the address once, find the run, show it, and offer the next.

The page's own script only says which presets it has. Streamlit runs this on each action of a
person; the picture itself moves without it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from app.address import PageReader
from app.attach import Attached, attach, leave, own_copy, small
from app.controls import next_run
from app.layout import live_view, notices, text, visited
from app.library import library
from app.live.runs import Run, manager
from app.moment import show_moment
from app.opening import open_earlier
from app.own_data import drawn_by_hand, with_file
from app.own_pictures import with_pictures
from app.preset import Preset
from app.presets import DATA
from app.state import PageState
from app.take_home import take_home
from app.tour import tour_of
from app.walk_export import export_walk
from app.walk_pictures import with_anchor
from gen_core.errors import GenLabError

__all__ = ["LivePage"]

# Seconds at most. The browser sets a page's equations in one go, in which it starts nothing else:
# the viewer, and with it the picture, would come most of a second later.
TEXT_WAITS = 2.0


@dataclass(frozen=True)
class Sitting:
    """What a page remembers between two runs of its script.

    Attributes:
        visit: The visit that it belongs to.
        state: The settings and the run.
        sentences: What the page has to say about the address.
        turn: How many runs this visit left for another; a new form comes with each.
        share: Follow id of the last run that was left; its followers come along.
        left: Runs that were left; the address may name one until the viewer replaces it.
    """

    visit: int
    state: PageState
    sentences: tuple[str, ...] = ()
    turn: int = 0
    share: str | None = None
    left: frozenset[str] = frozenset()


class LivePage:
    """One live page.

    Args:
        name: Name of the page: its address, its text, the prefix of its keys.
        heading: Its title.
        presets: Its presets by name, the default first.
        form: Names of the settings of the next run, by tab.
    """

    def __init__(
        self,
        name: str,
        heading: str,
        presets: Mapping[str, Preset],
        form: Mapping[str, Sequence[str]],
    ) -> None:
        self.name = name
        self.heading = heading
        self.presets = presets
        self.form = form

    def show(self) -> None:
        """Draw the page."""
        sitting = self._sitting()
        lesson = sitting.state.lesson
        with st.container(horizontal=True, vertical_alignment="center", key=f"{self.name}_bar"):
            st.title(self.heading, anchor=False, width="content")
            form = None
            if not sitting.state.follow:
                self._turn_to(self._preset_chosen(sitting))
                form = st.container(horizontal=True, width="content")
        with st.container(horizontal=True, vertical_alignment="center", key=f"{self.name}_what"):
            about = st.container(width="stretch")
            if form is not None:
                self._turn_to(self._opened(sitting))
            home = st.container(horizontal=True, width="content")
        try:
            attached = attach(self.presets[sitting.state.preset], sitting.state, sitting.share)
        except GenLabError as error:
            st.error(str(error))
            attached = Attached(None, "control", sitting.state)
        self._remember(replace(sitting, state=attached.state))
        preset = self._preset_of(attached)
        about.caption(f"{preset.caption} *{preset.source}.*")
        notices([*sitting.sentences, *filter(None, [attached.notice])])
        if attached.run is not None:
            self._view(attached, attached.run, preset)
        if form is not None:
            with form:  # after the picture: it needs the recipes, and torch with them
                self._turn_to(self._formed(sitting))
        if attached.run is not None and "take-home" not in lesson:
            with home:  # after the picture too
                take_home(attached.run, preset, key=self.name)
                export_walk(attached.run, preset, attached.state.walk, key=self.name)
        if "text" not in lesson:
            if attached.run is not None:
                attached.run.wait_for_picture(TEXT_WAITS)
            text(self.name)

    def _sitting(self) -> Sitting:
        """Return what is remembered, or read the address of a new visit."""
        stored: Sitting | None = st.session_state.get(self._key)
        if stored is None or stored.visit != visited():
            pairs = [(name, v) for name in st.query_params for v in st.query_params.get_all(name)]
            parsed = PageReader(self.presets).read(urlencode(pairs))
            return Sitting(visited(), parsed.state, parsed.refused)
        named = st.query_params.get("run", "")
        known = {"", stored.state.run, *stored.left}
        if stored.state.run and named not in known and manager().get(named) is not None:
            # the viewer went on with a fork
            left = stored.left | {stored.state.run}
            stored = replace(stored, state=stored.state.with_run(named), left=left)
        return self._as_walked(stored)

    def _as_walked(self, stored: Sitting) -> Sitting:
        """Take over what the viewer has written of a walk into the address."""
        if st.query_params.get("preset") != stored.state.preset:
            return stored  # the address still names the preset before
        walk = PageReader.walk(urlencode(st.query_params.to_dict()))
        return replace(stored, state=replace(stored.state, walk=walk))

    def _remember(self, sitting: Sitting) -> None:
        st.session_state[self._key] = sitting

    @property
    def _key(self) -> str:
        return f"{self.name}_sitting"

    def _turn_to(self, turned: Sitting | None) -> None:
        """Draw the page again with another run's own widgets; None changes nothing."""
        if turned is not None:
            self._remember(turned)
            st.rerun()

    def _preset_chosen(self, sitting: Sitting) -> Sitting | None:
        """Show the presets."""
        state = sitting.state
        if "presets" in state.lesson:
            return None
        now = self.presets[state.preset]
        acts = list(dict.fromkeys(preset.act for preset in self.presets.values()))
        act = self._segments(f"{sitting.visit}_act", "What to watch", acts, now.act)
        among = {preset.data: preset for preset in self.presets.values() if preset.act == act}
        if len(among) == 1:
            chosen = next(iter(among.values()))
        else:
            first = now.data if now.data in among else next(iter(among))
            asked = "Data" if first in DATA.values() else "Case"
            data = self._segments(f"{sitting.visit}_{act}", asked, list(among), first)
            chosen = among[data]
        if chosen.name == state.preset:
            return None
        return self._turn(sitting, PageState(chosen.name, state.seed).seen_as(state))

    def _formed(self, sitting: Sitting) -> Sitting | None:
        """Show the form of the next run."""
        state = sitting.state
        if "settings" in state.lesson:
            return None
        key, preset = self._key_of(sitting), self.presets[state.preset]
        walked = with_anchor(preset, state, key=key)
        if walked is not None:
            return replace(sitting, state=walked, turn=sitting.turn + 1)
        if not preset.train:
            return None
        with st.popover("New run", icon=":material/tune:", key=f"{key}_new"):
            chosen = next_run(preset, state, self.form, key=key)
            asked = with_file(chosen) if chosen is not None else None
        for own_data in (drawn_by_hand, with_pictures):  # each preset has one of them, or none
            asked = asked or own_data(preset, state, key=key)
        return None if asked is None else self._turn(sitting, replace(asked, opened=""))

    def _opened(self, sitting: Sitting) -> Sitting | None:
        """Show what was kept, and the small form of a recorded figure."""
        state, lesson = sitting.state, sitting.state.lesson
        preset = self.presets[state.preset]
        if "checkpoints" not in lesson:
            key = self._key_of(sitting)
            with st.popover("Open", icon=":material/folder_open:", key=f"{key}_open"):
                opened = open_earlier(self.presets, key=key)
            if opened is not None:
                return self._turn(sitting, opened.seen_as(state))
        shipped = library().shipped(preset.recording) is not None
        if shipped and "settings" not in lesson and not state.overrides:
            hint = "Trains a small form of this figure here, in place of the recording."
            if st.button("Train live", icon=":material/bolt:", help=hint):
                return self._turn(sitting, small(preset).seen_as(state))
        return None

    def _key_of(self, sitting: Sitting) -> str:
        return f"{self.name}_{sitting.visit}_{sitting.turn}_{sitting.state.preset}"

    def _segments(self, key: str, label: str, options: Sequence[str], first: str) -> str:
        """Show a choice; a digit key may have set it before it was first drawn."""
        key = f"{self.name}_{key}"
        st.session_state.setdefault(key, first)
        chosen = st.segmented_control(
            label, options, required=True, label_visibility="collapsed", key=key
        )
        return str(chosen)

    def _choose_by_digit(self, visit: int, digit: int) -> None:
        """Set the preset's controls, as a click on them would."""
        if 1 <= digit <= len(self.presets):
            preset = list(self.presets.values())[digit - 1]
            st.session_state[f"{self.name}_{visit}_act"] = preset.act
            st.session_state[f"{self.name}_{visit}_{preset.act}"] = preset.data

    def _turn(self, sitting: Sitting, state: PageState) -> Sitting:
        """Leave the present run, asleep but not lost, for another."""
        found = manager().get(sitting.state.run) if sitting.state.run else None
        share = sitting.share
        if found is not None and state.run != sitting.state.run:
            share = found[0].follow_id
            leave(found[0])
        left = sitting.left | {sitting.state.run}
        state = replace(state, tour=0)  # what was open at once is not opened again
        return Sitting(sitting.visit, state, turn=sitting.turn + 1, share=share, left=left)

    def _preset_of(self, attached: Attached) -> Preset:
        """Return the preset that shows a run: a followed run need not be the address's."""
        if attached.run is not None:
            for preset in self.presets.values():
                if preset.title == attached.run.spec.get("title"):
                    return preset
        return self.presets[attached.state.preset]

    def _view(self, attached: Attached, run: Run, preset: Preset) -> None:
        state = attached.state
        following = attached.role == "follow"
        if following and st.button("Make my own copy", icon=":material/content_copy:"):
            self._remember(Sitting(visited(), own_copy(preset, run)))
            st.rerun()
        layout = preset.layout([lane["name"] for lane in run.spec["lanes"]], state.lesson)
        live_view(
            run.follow_id if following else run.id,
            layout | self._seen(state, preset),
            key=f"{self.name}_live",
            role=attached.role,
            query=state.query(),
            choose=partial(self._choose_by_digit, visited()),
        )
        if "moment" not in state.lesson and preset.on_plane:
            show_moment(run, key=self.name)

    def _seen(self, state: PageState, preset: Preset) -> dict[str, Any]:
        """Return what a room adds to the viewer's layout: its large type, the guided tour."""
        tour = tour_of(self.name)
        explained = tour is not None and preset.name in tour.presets and "tour" not in state.lesson
        return {
            "kept": "walk",
            "chosen": {"walk": dict(state.walk)},
            "projector": state.projector,
            "tour": tour.layout(state.tour) if tour is not None and explained else None,
        }
