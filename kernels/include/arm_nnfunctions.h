/**
 * Neural-network kernels for Cortex-M4 and Cortex-M7: functions of CMSIS-NN, by name, prototype and
 * result.
 *
 * Every function has two forms with the same prototype and the same result, bit for bit:
 * `<name>_portable` is plain C and the specification; `<name>` uses the DSP instructions.
 *
 * Images are HWC: value (y, x, channel) stands at (y * size_x + x) * channels + channel. Output
 * sizes are the caller's; padding is what lies to the left and above, what lies to the right and
 * below follows from the sizes.
 *
 * Pointers need no alignment beyond their type. Arrays may not overlap, save where it says so.
 */
#ifndef ARM_NNFUNCTIONS_H
#define ARM_NNFUNCTIONS_H

#include "arm_nnfunctions_portable.h"
#include "arm_nnfunctions_q.h"
#include "arm_nnfunctions_s8.h"
#include "nn_recurrent.h"

#endif
