import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from . import numpy_models as model
from .calls import pool
from .guest import FORMS
from .strategies import q7_array, square_geometries


@pytest.mark.parametrize("form", FORMS)
@given(data=st.data(), geometry=square_geometries(), channels=st.integers(1, 9))
def test_the_output_equals_the_model(kernels, form, data, geometry, channels):
    image = data.draw(q7_array(*geometry["image"], channels))
    output = pool(kernels, f"arm_maxpool_q7_HWC{form}", image, geometry)
    rest = (geometry[key] for key in ("kernel", "padding", "stride", "output"))
    np.testing.assert_array_equal(output, model.maximum_pool(image, *rest))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("ahead", [0, 5])
@given(data=st.data(), geometry=square_geometries(), channels=st.integers(1, 9))
def test_the_output_may_lie_over_the_input(kernels, form, ahead, data, geometry, channels):
    size, kernel, padding, stride, side = (
        geometry[key][0] for key in ("image", "kernel", "padding", "stride", "output")
    )
    assume(stride > padding)
    image = data.draw(q7_array(*geometry["image"], channels))
    memory = np.concatenate([np.zeros(ahead, np.int8), image.ravel()])
    place = kernels.place(0, memory)
    kernels.call(
        f"arm_maxpool_q7_HWC{form}", place + ahead, size, channels, kernel, padding, stride, side,
        0, memory,
    )  # fmt: skip
    rest = (geometry[key] for key in ("kernel", "padding", "stride", "output"))
    expected = model.maximum_pool(image, *rest)
    np.testing.assert_array_equal(memory[: expected.size], expected.ravel())
