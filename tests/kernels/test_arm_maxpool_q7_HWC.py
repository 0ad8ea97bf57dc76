import numpy as np
import pytest
from hypothesis import given
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
