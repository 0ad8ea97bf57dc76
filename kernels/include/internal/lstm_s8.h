/** The steps of an LSTM, with the product of a row and a vector left open. */
#ifndef INTERNAL_LSTM_S8_H
#define INTERNAL_LSTM_S8_H

#include <stddef.h>
#include <string.h>

#include "internal/requantize.h"

/** sum + row * (vector + offset). */
typedef int32_t dot_function(const int8_t *row, const int8_t *vector, int32_t length,
                             int32_t offset, int32_t sum);

/** The parts of an LSTM in which the forms differ. */
struct lstm_parts {
    dot_function *dot;
    __typeof__(arm_nn_activation_s16) *activation;
};

/** Vectors of all batches, `step` values apart. */
struct batches_s8 {
    const int8_t *vectors;
    int32_t length;
    int32_t step;
};

/** Add weights * vector, requantised, to what a gate sums so far. */
static inline __attribute__((always_inline)) void
add_product(const struct lstm_parts parts, int16_t *sums, struct batches_s8 batches,
            const cmsis_nn_lstm_params *params, const int8_t *weights, const int32_t *bias,
            int32_t multiplier, int32_t shift)
{
    for (int32_t batch = 0; batch < params->batch_size; batch++) {
        const int8_t *const vector = batches.vectors + batch * batches.step;
        for (int32_t row = 0; row < params->hidden_size; row++) {
            const int32_t sum =
                parts.dot(weights + row * batches.length, vector, batches.length, 0, bias[row]);
            const int32_t before = *sums;
            *sums++ = saturate_q15(wrapping_add(requantize(sum, multiplier, shift), before));
        }
    }
}

static inline __attribute__((always_inline)) void
calculate_gate(const struct lstm_parts parts, int16_t *output, const cmsis_nn_lstm_gate *gate,
               const cmsis_nn_lstm_params *params, struct batches_s8 input,
               struct batches_s8 hidden)
{
    const int32_t size = params->batch_size * params->hidden_size;
    memset(output, 0, (size_t)size * sizeof *output);
    add_product(parts, output, input, params, gate->input_weights, gate->input_effective_bias,
                gate->input_multiplier, gate->input_shift);
    if (hidden.vectors != NULL) {
        add_product(parts, output, hidden, params, gate->hidden_weights,
                    gate->hidden_effective_bias, gate->hidden_multiplier, gate->hidden_shift);
    }
    parts.activation(output, output, size, 0, gate->activation_type);
}

/** One step of all batches; hidden.vectors is NULL in the first. */
static inline __attribute__((always_inline)) void
lstm_step(const struct lstm_parts parts, struct batches_s8 input, struct batches_s8 hidden,
          int8_t *output, const cmsis_nn_lstm_params *params, const cmsis_nn_lstm_context *buffers)
{
    const int32_t size = params->batch_size * params->hidden_size;
    int16_t *const gate = buffers->temp1;
    int16_t *const other = buffers->temp2;
    int16_t *const cell = buffers->cell_state;
    calculate_gate(parts, gate, &params->forget_gate, params, input, hidden);
    for (int32_t i = 0; i < size; i++) {
        cell[i] = saturate_q15(requantize(gate[i] * cell[i], params->forget_to_cell_multiplier,
                                          params->forget_to_cell_shift));
    }
    calculate_gate(parts, gate, &params->input_gate, params, input, hidden);
    calculate_gate(parts, other, &params->cell_gate, params, input, hidden);
    for (int32_t i = 0; i < size; i++) {
        const int32_t added = requantize(gate[i] * other[i], params->input_to_cell_multiplier,
                                         params->input_to_cell_shift);
        cell[i] =
            (int16_t)clamp(wrapping_add(added, cell[i]), -params->cell_clip, params->cell_clip);
    }
    calculate_gate(parts, gate, &params->output_gate, params, input, hidden);
    parts.activation(cell, other, size, params->cell_scale_power + 12, ARM_TANH);
    const struct output_range range = {params->output_offset, INT8_MIN, INT8_MAX};
    for (int32_t i = 0; i < size; i++) {
        const int32_t batch = i / params->hidden_size;
        output[batch * hidden.step + i % params->hidden_size] =
            output_s8(gate[i] * other[i], params->output_multiplier, params->output_shift, range);
    }
}

static inline __attribute__((always_inline)) arm_cmsis_nn_status
lstm(const struct lstm_parts parts, const int8_t *input, int8_t *output,
     const cmsis_nn_lstm_params *params, const cmsis_nn_lstm_context *buffers)
{
    const int32_t batch_step = params->time_major ? 1 : params->time_steps;
    const int32_t time_step = params->time_major ? params->batch_size : 1;
    struct batches_s8 vectors = {input, params->input_size, batch_step * params->input_size};
    struct batches_s8 hidden = {NULL, params->hidden_size, batch_step * params->hidden_size};
    memset(buffers->cell_state, 0,
           (size_t)(params->batch_size * params->hidden_size) * sizeof(int16_t));
    for (int32_t t = 0; t < params->time_steps; t++) {
        lstm_step(parts, vectors, hidden, output, params, buffers);
        hidden.vectors = output;
        vectors.vectors += time_step * params->input_size;
        output += time_step * params->hidden_size;
    }
    return ARM_CMSIS_NN_SUCCESS;
}

#endif
