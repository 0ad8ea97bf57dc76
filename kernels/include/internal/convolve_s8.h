/** The convolutions behind the s8 functions, without their checks. */
#ifndef INTERNAL_CONVOLVE_S8_H
#define INTERNAL_CONVOLVE_S8_H

#include <stddef.h>

#include "arm_nnfunctions.h"

/** The specification; ctx and bias_dims are not looked at. */
__typeof__(arm_convolve_wrapper_s8) convolve_s8_plain;

/** With DSP instructions; ctx->buf holds arm_convolve_s8_get_buffer_size bytes. */
__typeof__(arm_convolve_wrapper_s8) convolve_s8_columns;

#endif
