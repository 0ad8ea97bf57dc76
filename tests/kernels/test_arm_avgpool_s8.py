import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from . import numpy_s8 as model
from .calls_s8 import ARG_ERROR, NULL, activations, context, dims, tile, windows
from .guest import FORMS, record
from .strategies import q7_array


def pool(kernels, form, images, place, activation, buffer):
    batches, image_y, image_x, channels = images.shape
    output = np.full((batches, *place["size"], channels), 99, np.int8)
    status = kernels.call(
        f"arm_avgpool_s8{form}",
        buffer,
        record(*tile(place["stride"]), *tile(place["padding"]), *activation),
        *(dims(batches, image_y, image_x, channels), images, dims(1, *place["kernel"], 1)),
        *(dims(batches, *place["size"], channels), output),
    )
    return status, output


@pytest.mark.parametrize("form", FORMS)
@given(
    data=st.data(),
    place=windows(dilations=(1,)),
    batches=st.integers(1, 2),
    channels=st.integers(1, 9),
    activation=activations,
)
def test_the_output_equals_the_model(kernels, form, data, place, batches, channels, activation):
    images = data.draw(q7_array(batches, *place["image"], channels))
    status, output = pool(kernels, form, images, place, activation, context())
    assert status == 0
    places = [place[key] for key in ("padding", "stride", "dilation", "size")]
    expected = model.average_pool(images, place["kernel"], places, activation)
    np.testing.assert_array_equal(output, expected)


@pytest.mark.parametrize("form", FORMS)
def test_no_batch_is_refused(kernels, form):
    status = kernels.call(
        f"arm_avgpool_s8{form}",
        *(context(), record(1, 1, 0, 0, -128, 127), dims(0, 1, 1, 1), NULL, dims(1, 1, 1, 1)),
        *(dims(0, 1, 1, 1), NULL),
    )
    assert status == ARG_ERROR


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("size", [(1, 255), (16, 16), (1, 257), (2, 300)])
@pytest.mark.parametrize("value", [-128, 127])
def test_long_windows_do_not_overflow(kernels, form, size, value):
    place = dict.fromkeys(("image", "kernel"), size) | dict.fromkeys(("stride", "size"), (1, 1))
    images = np.full((1, *size, 5), value, np.int8)
    status, output = pool(
        kernels, form, images, place | {"padding": (0, 0)}, (-128, 127), context()
    )
    assert status == 0
    assert output.ravel().tolist() == [value] * 5


@pytest.mark.parametrize("form", FORMS)
def test_a_missing_buffer_is_refused(kernels, form):
    place = dict.fromkeys(("image", "kernel", "stride", "size"), (1, 1)) | {"padding": (0, 0)}
    status, output = pool(
        kernels, form, np.ones((1, 1, 1, 3), np.int8), place, (-128, 127), context(0)
    )
    assert status == ARG_ERROR
    assert (output == 99).all()
