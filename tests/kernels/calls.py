"""The long argument lists of the kernels that work on images."""

import numpy as np


def convolve(kernels, name, image, weights, bias, geometry, bias_shift, out_shift, channels):
    """Call a non-square convolution; return status and output."""
    (input_y, input_x), (kernel_y, kernel_x) = geometry["image"], geometry["kernel"]
    (padding_y, padding_x), (stride_y, stride_x) = geometry["padding"], geometry["stride"]
    output_y, output_x = geometry["output"]
    output = np.zeros((output_y, output_x, channels), image.dtype)
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
    output = np.zeros((side, side, channels), image.dtype)
    columns = np.zeros(2 * kernel * kernel * image.shape[2], np.int16)
    status = kernels.call(
        name,
        *(image, size, image.shape[2], weights, channels, kernel, padding, stride),
        *(bias, bias_shift, out_shift, output, side, columns, 0),
    )
    return status, output


def pool(kernels, name, image, geometry):
    """Call a square pooling, which may overwrite the image; return the output."""
    size, kernel, padding, stride, side = (
        geometry[key][0] for key in ("image", "kernel", "padding", "stride", "output")
    )
    output = np.zeros((side, side, image.shape[2]), np.int8)
    row = np.zeros(2 * side * image.shape[2], np.int8)
    kernels.call(
        name, image.copy(), size, image.shape[2], kernel, padding, stride, side, row, output
    )
    return output


def fully_connected(kernels, name, vector, weights, bias, *shifts):
    """Call a layer with weights (or what the tool made of them); return status and output."""
    output = np.zeros(bias.size, vector.dtype)
    buffer = np.zeros(vector.size, np.int16)
    status = kernels.call(
        name, vector, weights, vector.size, bias.size, *shifts, bias, output, buffer
    )
    return status, output
