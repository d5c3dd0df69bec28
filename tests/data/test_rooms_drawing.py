"""What is painted: each group of factors changes what it should and nothing else."""

import math

import pytest
import torch

from gen_core.data.rooms_drawing import Layer, colours, edge_shadow, layers, paint, stripes
from gen_core.data.rooms_factors import FACTORS, indices, named, sample

SIZES = (16, 32, 64)


def rooms(n, seed=0):
    return sample(n, torch.Generator().manual_seed(seed))


def flat(factors, size):
    """Without texture, on no levels."""
    values = named(factors)
    return paint(layers(values, size), colours(values), size)[0]


def mixed(factors, others, group):
    """The factors of a group from one matrix, all others from the other."""
    both = others.clone()
    both[:, indices(group)] = factors[:, indices(group)]
    return both


def steps(picture):
    """Where a pixel differs from its right and its lower neighbour."""
    right = (picture[..., 1:] - picture[..., :-1]).abs().amax(1) > 1e-5
    down = (picture[..., 1:, :] - picture[..., :-1, :]).abs().amax(1) > 1e-5
    return right, down


@pytest.mark.parametrize("size", SIZES)
def test_palette_leaves_the_edges_where_they_are(size):
    first, second = rooms(20), mixed(rooms(20, seed=1), rooms(20), "palette")
    assert not torch.allclose(flat(first, size), flat(second, size), atol=0.1)
    for one, other in zip(steps(flat(first, size)), steps(flat(second, size)), strict=True):
        assert torch.equal(one, other) and 0.05 < one.float().mean() < 0.9


@pytest.mark.parametrize("size", SIZES)
def test_geometry_leaves_the_colours_as_they_are(size):
    """A pixel inside of a surface has the surface's colour, wherever the surface is."""
    palette = rooms(1).expand(20, -1)
    picture = flat(mixed(rooms(20, seed=1), palette, "geometry"), size)
    inner = picture[..., 1:-1, 1:-1]
    around = [picture[..., 1:-1, 2:], picture[..., 1:-1, :-2]]
    around += [picture[..., 2:, 1:-1], picture[..., :-2, 1:-1]]
    inside = torch.stack([(inner - other).abs().amax(1) < 1e-6 for other in around]).all(0)
    found = inner.permute(0, 2, 3, 1)[inside]
    known = torch.stack([c[0, :, 0, 0] for c in colours(named(palette[:1])).values()])
    nearest = torch.cdist(found.double(), known.double()).min(1)
    assert len(found) > 500 and nearest.values.max() < 1e-5
    assert len(nearest.indices.unique()) >= (3 if size == 16 else 6)


@pytest.mark.parametrize("size", SIZES)
def test_shapes_know_geometry_alone_and_colours_palette_alone(size):
    first, second = rooms(5), rooms(5, seed=1)
    same = layers(named(mixed(first, second, "geometry")), size)
    for one, other in zip(layers(named(first), size), same, strict=True):
        assert torch.equal(one.distance, other.distance)
    painted = colours(named(mixed(first, second, "palette")))
    for name, colour in colours(named(first)).items():
        assert torch.equal(colour, painted[name])


@pytest.mark.parametrize("factor", [i for i in indices("geometry") if not FACTORS[i].choices])
def test_what_moves_by_a_fraction_of_a_pixel_changes_pixels_by_a_fraction(factor):
    base = rooms(50, seed=2)
    base[:, factor] *= 0.99
    moved = base.clone()
    moved[:, factor] += 1e-3
    change = (flat(moved, 32) - flat(base, 32)).abs()
    # no point moves by more than a few ranges, and a pixel is crossed within a pixel
    assert change.max() < 0.06
    assert (change.flatten(1).amax(1) > 1e-5).all(), "somewhere nothing moves"


def test_a_pixel_half_covered_is_half_mixed():
    distance = torch.tensor([[[-0.5, -0.25, 0.0, 0.125, 0.25, 0.5]]]).expand(1, 6, 6)
    white, black = torch.ones(1, 3, 1, 1), torch.zeros(1, 3, 1, 1)
    shape = Layer("floor", distance / 3)
    picture, wall = paint([shape], {"back wall": white, "floor": black}, 6)
    # d in pixels is 6 d / 3: -1, -1/2, 0, 1/4, 1/2, 1
    expected = torch.tensor([0.0, 0.0, 0.5, 0.75, 1.0, 1.0])
    assert torch.allclose(picture[0, 0, 0], expected) and torch.allclose(wall[0, 0, 0], expected)


def test_a_shadow_falls_to_one_over_e_in_a_pixel_and_never_on_what_throws_it():
    distance = torch.tensor([[[-2.0, -1.0, 1.0, 2.0]]]).expand(1, 4, 4) / 4
    shadow = edge_shadow([Layer("bed", distance, True)], 4)[0, 0, 0]
    assert torch.allclose(shadow, torch.tensor([0.0, 0.0, math.exp(-1), math.exp(-2)]))
    assert edge_shadow([Layer("bed", distance)], 4).max() == 0
    covered = [Layer("bed", distance, True), Layer("light", -torch.ones(1, 4, 4))]
    assert edge_shadow(covered, 4).max() == 0


@pytest.mark.parametrize(("angle", "along"), [(0.5, 0.0), (1.0, 0.25), (0.0, -0.25)])
def test_stripes_have_the_frequency_and_the_angle_of_their_factors(angle, along):
    factors = torch.full((1, len(FACTORS)), 0.5).round()
    names = [factor.name for factor in FACTORS]
    factors[0, names.index("hatch_angle")] = angle
    factors[0, names.index("hatch_frequency")] = 0.5  # 0.275 cycles per pixel
    at = torch.arange(16) - 7.5
    x, y = at[None, :], at[:, None]
    turn = math.pi * along
    phase = 2 * math.pi * 0.275 * (x * math.cos(turn) + y * math.sin(turn))
    assert torch.allclose(stripes(named(factors), 16)[0, 0], phase.cos(), atol=1e-5)


def test_of_the_flanks_of_a_bed_the_one_towards_the_middle_is_seen():
    names = [factor.name for factor in FACTORS]
    factors = rooms(40, seed=3)
    factors[:, [names.index("side"), names.index("bed_width")]] = 0
    factors[:, names.index("bed_length")] = 1
    factors[:20, names.index("bed_x")], factors[20:, names.index("bed_x")] = 0, 1
    shapes = layers(named(factors), 64)
    left, right = [i for i, shape in enumerate(shapes) if shape.surface == "flank"]
    over = torch.stack([shape.distance for shape in shapes[right + 1 :]]).amin(0)
    margin = 0.5 / 64
    for flank, seen in ((left, slice(20, 40)), (right, slice(0, 20))):
        inside = (shapes[flank].distance < 0) & (over > margin)
        hidden = torch.ones(40, dtype=torch.bool)
        hidden[seen] = False
        assert inside[seen].flatten(1).any(1).all() and not inside[hidden].any()
