"""Recordings that ship: what is kept, and that a run goes on from their end."""

from dataclasses import replace

import pytest

from app.live.engine import Engine
from app.live.frames import decode, header
from app.live.recording import Recording
from app.live.runspec import RunSpec
from app.presets import CRITIC
from app.record import numbers, record, spread


@pytest.fixture(scope="module")
def tiny():
    preset = CRITIC["surfaces-8gaussians"]
    small = {"width": 8, "depth": 1, "batch": 16, "n_critic": 1}
    lanes = tuple(replace(lane, overrides={**lane.overrides, **small}) for lane in preset.lanes)
    return replace(preset, lanes=lanes, rounds=12)


@pytest.fixture(scope="module")
def packed(tiny, tmp_path_factory):
    return record(tiny, tmp_path_factory.mktemp("recordings") / "tiny.zip", frames=6)


@pytest.mark.parametrize("count", [2, 5, 50, 500])
def test_spread_keeps_the_ends_and_is_densest_at_the_beginning(count):
    chosen = spread(range(200), count)
    gaps = [after - before for before, after in zip(chosen[:-1], chosen[1:], strict=True)]
    assert chosen[0] == 0 and chosen[-1] == 199 and len(chosen) <= count
    assert len(gaps) < 4 or sum(gaps[: len(gaps) // 2]) <= sum(gaps[len(gaps) // 2 :])


def test_a_recording_holds_first_and_last_frame_and_its_card(packed, tiny):
    recording = Recording(packed)
    assert recording.rounds[0] == 0 and recording.rounds[-1] == 12
    assert len(recording.frames) <= 6
    assert recording.card["command"] == f"python -m app.record {tiny.name}"
    assert list(recording.snapshots) == [12]


def test_a_run_goes_on_from_the_end_of_a_recording(packed, tmp_path):
    recording = Recording(packed)
    sent = []
    origin = {"recording": str(packed), "round": 12}
    fields = recording.card["spec"] | {"origin": origin, "play": False}
    engine = Engine(
        replace(RunSpec.parse(fields), recording=str(tmp_path)),
        lambda tag, data: sent.append((tag, data)),
    )
    while engine.tick() == 0.0:
        pass
    assert engine.round == 12
    assert header([data for tag, data in sent if tag == b"F"][-1])["round"] == 12


def test_every_recorded_frame_holds_its_slow_probes_whole(tmp_path):
    """A recording waits for them; each shows its own frame's t, and the first one too."""
    preset = CRITIC["coupling-8gaussians"]
    small = {"width": 8, "depth": 1, "batch": 16, "n_critic": 1}
    lanes = tuple(replace(lane, overrides={**lane.overrides, **small}) for lane in preset.lanes)
    packed = record(replace(preset, lanes=lanes, rounds=3), tmp_path / "slow.zip", frames=4)
    recording = Recording(packed)
    for index, stored in enumerate(recording.frames):
        arrays, fields = decode(recording.frame(index))
        looks = [each for each in fields["entries"] if each["probe"] == "coupling"]
        assert [(each["t"], each["progress"]) for each in looks] == [(stored.round, 1.0)] * 2
        for look in looks:
            assert arrays[f"{look['lane']}/{look['key']}/counts"].sum() == 512
    said = {tuple(line.split()[:2]): float(line.split()[2]) for line in numbers(recording)}
    assert len(said) == 6
    for look in looks:
        mean = arrays[f"{look['lane']}/{look['key']}/cosine_mean"]
        assert said[look["lane"], "coupling/cosine_mean"] == pytest.approx(float(mean), abs=1e-4)
