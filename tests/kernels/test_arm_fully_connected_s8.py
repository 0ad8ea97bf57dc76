import pytest
from hypothesis import given
from hypothesis import strategies as st

from .calls_s8 import multipliers, shifts
from .fully_connected_s8 import assert_equals_the_model, layers
from .guest import FORMS


@pytest.mark.parametrize("form", FORMS)
@given(layer=layers(), scale=st.tuples(multipliers, shifts))
def test_the_product_equals_the_model(kernels, form, layer, scale):
    assert_equals_the_model(kernels, f"arm_fully_connected_s8{form}", layer, scale)
