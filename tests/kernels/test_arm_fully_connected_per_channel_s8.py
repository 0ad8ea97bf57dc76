import pytest
from hypothesis import given
from hypothesis import strategies as st

from .calls_s8 import scales
from .fully_connected_s8 import assert_equals_the_model, layers
from .guest import FORMS


@pytest.mark.parametrize("form", FORMS)
@given(data=st.data(), layer=layers())
def test_the_product_equals_the_model(kernels, form, data, layer):
    scale = data.draw(scales(layer.rows))
    assert_equals_the_model(kernels, f"arm_fully_connected_per_channel_s8{form}", layer, scale)
