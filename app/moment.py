"""One moment of a run, held still: the surface in space, histograms and tables below the view.

Figures and tables are imported when a moment is held: Plotly, Altair and pandas take half a
second, for which the first picture of a page need not wait.
"""

import contextlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from app.live.commands import Leave, Subscribe, Want
from app.live.frames import decode, header
from app.live.runs import Run
from gen_core.errors import GenLabError

if TYPE_CHECKING:
    from app.figures import LaneArrays

__all__ = ["hold", "lanes_of", "show_moment"]

_HELD = "moment"
_PATIENCE = 4.0  # seconds for a frame that holds every probe of the run
_PLOTLY = {"scrollZoom": False, "displaylogo": False}


def hold(run: Run) -> bytes:
    """Return the newest frame, with every probe of the run and not only what viewers ask for.

    Args:
        run: A run; one that plays goes on.
    """
    wishes = tuple((wish["probe"], wish["settings"]) for wish in run.spec.get("probes", ()))

    def complete() -> bool:
        return {probe for probe, _ in wishes} <= {
            entry["probe"] for entry in header(run.latest)["entries"]
        }

    with contextlib.suppress(GenLabError):  # nothing stands behind the run: its last frame then
        if run.worker is not None and not complete():
            run.pass_on(Subscribe(wishes), _HELD)
            run.pass_on(Want(), None)
            with run.changed:
                run.changed.wait_for(complete, _PATIENCE)
            held = run.latest
            run.pass_on(Leave(), _HELD)
            return held
    return run.latest


def lanes_of(arrays: Mapping[str, np.ndarray], fields: Mapping[str, Any]) -> "list[LaneArrays]":
    """Sort a frame's arrays by lane.

    Args:
        arrays: ``"<lane>/<probe>/<array>"`` to array.
        fields: The frame's header.
    """
    from app.figures import LaneArrays

    return [
        LaneArrays(
            lane["name"],
            lane["label"],
            lane["color"],
            {
                name.removeprefix(f"{lane['name']}/"): array
                for name, array in arrays.items()
                if name.startswith(f"{lane['name']}/")
            },
        )
        for lane in fields["lanes"]
    ]


def show_moment(run: Run, *, key: str) -> None:
    """Offer to hold the newest frame still, and show what was held.

    Args:
        run: The run shown above.
        key: Prefix of the widgets' keys.
    """
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("3-D of this moment", icon=":material/view_in_ar:", key=f"{key}_hold"):
            st.session_state[_HELD] = (run.id, hold(run))
        held_run, held = st.session_state.get(_HELD, ("", None))
        if held is None or held_run != run.id:
            st.caption("Holds the newest picture still: turn it, measure it, compare the weights.")
            return
        if st.button("Close", type="tertiary", key=f"{key}_close"):
            del st.session_state[_HELD]
            st.rerun()
    try:
        arrays, fields = decode(held)
    except GenLabError as error:
        st.error(str(error))
        return
    _show(lanes_of(arrays, fields), fields, key)


def _show(lanes: "Sequence[LaneArrays]", fields: Mapping[str, Any], key: str) -> None:
    from app.figures import gradient_lines, histograms, relief, surfaces

    if any(relief(lane) for lane in lanes):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**Round {fields['round']}**", width="content")
            own = st.toggle("Each surface on its own scale", key=f"{key}_own")
        figure = surfaces(lanes, shared=not own, dark=st.context.theme.type == "dark")
        st.plotly_chart(figure, width="stretch", theme=None, config=_PLOTLY, key=f"{key}_surfaces")
    with st.grid(2, min_column_width=340, gap="large") as grid:
        for probe, array, x_title in (
            ("weight_histogram", "counts", "Weight"),
            ("slopes", "gradient_counts", "Slope of the critic between real and generated points"),
        ):
            having = [lane for lane in lanes if f"{probe}/{array}" in lane.arrays]
            if having:
                with grid.cell():
                    st.altair_chart(histograms(having, probe, array=array, x_title=x_title))
        having = [lane for lane in lanes if "layer_gradients/log10_norm" in lane.arrays]
        if having:
            with grid.cell():
                st.altair_chart(gradient_lines(having))
        with grid.cell():
            _tables(fields)


def _tables(fields: Mapping[str, Any]) -> None:
    from app.tables import measures, settings_table

    found = measures(fields)
    if not found.empty:
        st.dataframe(
            found,
            hide_index=True,
            placeholder="",
            column_config={
                "Value": st.column_config.NumberColumn(format="%.3g"),
                "Real samples score": st.column_config.NumberColumn(format="%.3g"),
            },
        )
    st.table(settings_table(fields))
