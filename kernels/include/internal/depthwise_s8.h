/** The depthwise convolutions behind the s8 functions, without their checks. */
#ifndef INTERNAL_DEPTHWISE_S8_H
#define INTERNAL_DEPTHWISE_S8_H

#include <stddef.h>

#include "arm_nnfunctions.h"

/** With DSP instructions, for params->ch_mult 1. */
__typeof__(arm_depthwise_conv_s8) depthwise_s8_each;

#endif
