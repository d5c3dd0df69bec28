"""The device: chosen by itself or by name, and refused by name."""

import pytest

from gen_core.errors import SettingError
from gen_core.training.devices import available, choose, describe


def test_auto_is_the_fastest_there_is():
    assert choose("auto").type == available()[0]
    assert available()[-1] == "cpu" == choose("cpu").type == choose("cpu:0").type


@pytest.mark.parametrize(
    "name",
    ["npu", "", "cpu2", "CPU", "gpu", "cpu:7", "cpu:7:x", "cpu:", "cpu:-1", "cuda:99", "mps:x"],
)
def test_a_device_that_is_not_here(name):
    with pytest.raises(SettingError, match="Expected a device of this machine .*or auto, got "):
        choose(name)


def test_the_description_names_the_hardware():
    kind, _, hardware = describe(choose("cpu")).partition(" · ")
    assert kind == "cpu" and hardware.strip()
