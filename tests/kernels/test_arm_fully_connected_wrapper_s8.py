import pytest
from hypothesis import given
from hypothesis import strategies as st

from .calls_s8 import scales
from .fully_connected_s8 import assert_equals_the_model, layers
from .guest import FORMS


@pytest.mark.parametrize("form", FORMS)
@given(data=st.data(), layer=layers(), per_channel=st.booleans())
def test_the_product_equals_the_model(kernels, form, data, layer, per_channel):
    scale = data.draw(scales(layer.rows if per_channel else 1))
    function = f"arm_fully_connected_wrapper_s8{form}"
    assert_equals_the_model(kernels, function, layer, scale, per_channel)
