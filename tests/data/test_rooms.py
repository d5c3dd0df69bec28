"""A room is a function of its factors and its noise, on exact levels, whatever its batch."""

import pytest
import torch

import gen_core.data.rooms as rooms_module
from gen_core.data.images import source
from gen_core.data.rooms import TOP_LEVEL, draw, grain, load
from gen_core.data.rooms_drawing import layers, paint
from gen_core.data.rooms_factors import FACTORS, named, sample
from gen_core.errors import DataError

NAMES = [factor.name for factor in FACTORS]
SIZES = (16, 32, 64)


def rooms(n, size, seed=0):
    random = torch.Generator().manual_seed(seed)
    return sample(n, random), torch.randn(n, 1, size, size, generator=random)


def middle(n=1):
    factors = torch.full((n, len(FACTORS)), 0.5)
    factors[:, 0] = 0
    return factors


@pytest.mark.parametrize("size", SIZES)
def test_one_picture_is_the_same_in_every_batch(size):
    factors, noise = rooms(37, size)
    x = draw(factors, size, noise)
    assert torch.equal(x, draw(factors, size, noise))
    for i in (0, 5, 36):
        assert torch.equal(x[i : i + 1], draw(factors[i : i + 1], size, noise[i : i + 1]))
    assert torch.equal(x.flip(0), draw(factors.flip(0), size, noise.flip(0)))


def test_drawing_uses_no_randomness_of_its_own():
    factors, noise = rooms(3, 16)
    before = torch.get_rng_state()
    draw(factors, 16, noise)
    assert torch.equal(before, torch.get_rng_state())


@pytest.mark.parametrize("size", SIZES)
def test_levels_are_exact_and_nearly_all_in_use(size):
    factors, noise = rooms(200, size)
    x = draw(factors, size, noise)
    assert x.dtype == torch.float32 and x.shape == (200, 3, size, size)
    levels = (x * TOP_LEVEL).round()
    assert torch.equal(x, levels / TOP_LEVEL)
    assert levels.unique().tolist() == list(range(TOP_LEVEL + 1))
    # white frames and dark corners may touch the ends, most of a room may not
    assert ((levels == 0) | (levels == TOP_LEVEL)).float().mean() < 0.1


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", NAMES)
def test_every_factor_is_seen(name, size):
    """Alone it changes at least one pixel in forty by a level or more, in some colour."""
    factors = middle(2)
    factors[0, NAMES.index(name)], factors[1, NAMES.index(name)] = 0, 1
    noise = grain("test", size, 0)[:1].expand(2, -1, -1, -1)
    low, high = draw(factors, size, noise)
    changed = (high - low).abs().amax(0) * TOP_LEVEL > 0.5
    assert changed.float().mean() > 1 / 40


@pytest.mark.parametrize("size", SIZES)
def test_the_other_side_is_the_mirror_image(size):
    factors = sample(10, torch.Generator().manual_seed(4))
    turned = factors.clone()
    turned[:, NAMES.index("side")] = 1 - factors[:, NAMES.index("side")]
    turned[:, NAMES.index("hatch_angle")] = 1 - factors[:, NAMES.index("hatch_angle")]
    one, other = draw(factors, size), draw(turned, size).flip(3)
    # the angle is mirrored in float32: a pixel on the border of two levels may fall to either
    assert ((one - other).abs() * TOP_LEVEL).max() < 1.01
    assert (one != other).float().mean() < 1e-3


def test_the_hatch_is_on_the_walls_alone():
    factors = sample(10, torch.Generator().manual_seed(5))
    bare, striped = factors.clone(), factors.clone()
    bare[:, NAMES.index("hatch")], striped[:, NAMES.index("hatch")] = 0, 1
    changed = (draw(bare, 32) != draw(striped, 32)).any(1)
    values = named(factors)
    shapes = layers(values, 32)
    names = {shape.surface for shape in shapes} | {"back wall"}
    wall = paint(shapes, {name: torch.zeros(1, 3, 1, 1) for name in names}, 32)[1][:, 0]
    assert not changed[wall == 0].any() and changed[wall == 1].float().mean() > 0.5


def test_grain_has_the_deviation_of_its_factor_and_is_grey():
    """Var(q(x + grain noise)) - Var(q(x + 0)) = grain^2 + 1/12 where nothing is clipped."""
    factors, noise = middle(300), torch.randn(300, 1, 16, 16)
    for factor in (0.5, 1.0):
        factors[:, NAMES.index("grain")] = factor
        levels = draw(factors, 16, noise) * TOP_LEVEL
        floor = levels[:, :, 12:15, 2:5]  # floor: no stripes, far from the ends
        deviation = FACTORS[NAMES.index("grain")].value(torch.tensor(factor))
        assert floor.var(0).mean() == pytest.approx(float(deviation**2 + 1 / 12), rel=0.05)
        red, green, _ = (floor - floor.mean(0)).transpose(0, 1).flatten(1)
        likeness = torch.corrcoef(torch.stack([red, green]))[0, 1]
        assert likeness > 1 - 0.2 / float(deviation**2)


def test_the_amount_of_grain_alone_needs_noise():
    with_more = middle(2)
    with_more[1, NAMES.index("grain")] = 1
    first, second = draw(with_more, 32)
    assert torch.equal(first, second)


@pytest.mark.parametrize("size", (16, 32))
def test_a_set_is_drawn_from_its_factors(size):
    data = source(f"rooms-{size}")
    assert data is load(size) and data.name == f"rooms-{size}"
    assert (data.top_level, data.n_classes) == (31, 0)
    assert data.image_shape == (3, size, size) and (data.n_train, data.n_test) == (20_000, 2_000)
    factors = data.factors("test")
    assert factors.shape == (2_000, len(FACTORS))
    for start in (0, 1_900):
        noise = grain("test", size, start // 100)
        expected = draw(factors[start : start + 100], size, noise)
        assert torch.equal(data.pictures("test", start, start + 100), expected)
    assert len(data.pictures("test")) == 2_000


def test_a_large_set_has_fewer_pictures_to_train_on():
    assert load(64).n_train == 8_000 and len(load(64).factors("train")) == 8_000


@pytest.mark.parametrize("start, stop", [(0, 1), (0, 30), (99, 101), (100, 200), (250, 400)])
def test_a_few_pictures_are_those_of_the_whole_set_and_drawn_alone(start, stop, monkeypatch):
    whole = load(16).split("test").levels[start:stop] / TOP_LEVEL
    monkeypatch.setattr(rooms_module, "_split", lambda *_: pytest.fail("the whole set is drawn"))
    assert torch.equal(load(16).pictures("test", start, stop), whole)


def test_picked_pictures_are_those_of_the_whole_set_and_drawn_alone(monkeypatch):
    indices = torch.tensor([1999, 0, 712, 713, 0, 450])
    whole = load(16).split("test").levels[indices] / TOP_LEVEL
    monkeypatch.setattr(rooms_module, "_split", lambda *_: pytest.fail("the whole set is drawn"))
    monkeypatch.setattr(rooms_module, "_block", lambda *_: pytest.fail("a block is drawn"))
    assert torch.equal(load(16).picked("test", indices), whole)


@pytest.mark.parametrize("start, stop", [(0, 0), (5, 3), (1990, 2100), (-10, None), (350, 450)])
def test_other_slices_are_those_of_a_list(start, stop):
    whole = load(16).split("test").levels[start:stop] / TOP_LEVEL
    assert torch.equal(load(16).pictures("test", start, stop), whole)


def test_training_and_test_rooms_differ():
    train, test = load(16).factors("train"), load(16).factors("test")
    continuous = [i for i, factor in enumerate(FACTORS) if not factor.choices]
    assert torch.cdist(train[:, continuous], test[:, continuous]).min() > 0.1
    assert not torch.equal(grain("train", 16, 0), grain("test", 16, 0))
    assert not torch.equal(grain("train", 16, 0), grain("train", 16, 1))


def test_a_batch_is_of_training_rooms():
    data = load(16)
    x = data.batch(8, torch.Generator().manual_seed(3))
    assert torch.equal(x, data.batch(8, torch.Generator().manual_seed(3)))
    all_rooms = data.pictures("train")
    assert len(all_rooms) == 20_000
    assert all((all_rooms == each).flatten(1).all(1).any() for each in x)


def test_refusals():
    with pytest.raises(DataError, match="train, test"):
        load(16).picked("dev", torch.tensor([0]))
    with pytest.raises(DataError, match=r"size of rooms \(16, 32, 64\), got 48. Choose"):
        load(48)
    with pytest.raises(DataError, match=r"noise of shape \(1, 1, 16, 16\), got \(1, 3, 16, 16\)"):
        draw(middle(), 16, torch.zeros(1, 3, 16, 16))
    with pytest.raises(DataError, match=r"split of rooms \(train, test\), got 'valid'. Name"):
        load(16).factors("valid")
    with pytest.raises(DataError, match=r"split of rooms-16 \(train, test\), got 'valid'. Name"):
        load(16).pictures("valid")
    with pytest.raises(DataError, match="pictures with labels"):
        load(16).labels("train")
