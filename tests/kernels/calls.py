"""The long argument lists of the kernels that work on images."""

import numpy as np


def convolve(kernels, name, image, weights, bias, geometry, bias_shift, out_shift, channels):
    """Call a non-square convolution; return status and output."""
    (input_y, input_x), (kernel_y, kernel_x) = geometry["image"], geometry["kernel"]
    (padding_y, padding_x), (stride_y, stride_x) = geometry["padding"], geometry["stride"]
    output_y, output_x = geometry["output"]
    output = np.zeros((output_y, output_x, channels), np.int8)
    columns = np.zeros(2 * kernel_x * kernel_y * image.shape[2], np.int16)
    status = kernels.call(
        name,
        *(image, input_x, input_y, image.shape[2], weights, channels, kernel_x, kernel_y),
        *(padding_x, padding_y, stride_x, stride_y, bias, bias_shift, out_shift),
        *(output, output_x, output_y, columns, 0),
    )
    return status, output


def convolve_square(kernels, name, image, weights, bias, geometry, bias_shift, out_shift, channels):
    """Call a square convolution; return status and output."""
    size, kernel, padding, stride, side = (
        geometry[key][0] for key in ("image", "kernel", "padding", "stride", "output")
    )
    output = np.zeros((side, side, channels), np.int8)
    columns = np.zeros(2 * kernel * kernel * image.shape[2], np.int16)
    status = kernels.call(
        name,
        *(image, size, image.shape[2], weights, channels, kernel, padding, stride),
        *(bias, bias_shift, out_shift, output, side, columns, 0),
    )
    return status, output
