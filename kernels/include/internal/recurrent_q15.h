/** The recurrent steps, with the parts left open in which the forms differ. */
#ifndef INTERNAL_RECURRENT_Q15_H
#define INTERNAL_RECURRENT_Q15_H

#include <stddef.h>

#include "internal/fixed_point.h"
#include "nn_recurrent.h"

struct recurrent_parts {
    __typeof__(arm_fully_connected_mat_q7_vec_q15_opt) *multiply;
    __typeof__(arm_nn_activations_direct_q15) *activate;
    __typeof__(arm_nn_mult_q15) *products;
    /** sums += more, saturated. */
    void (*add)(q15_t *sums, const q15_t *more, uint32_t size);
};

static inline void multiply(const struct recurrent_parts *parts, const nn_matrix_q7 *matrix,
                            const q15_t *vector, uint32_t length, q15_t *output, uint32_t rows)
{
    parts->multiply(vector, matrix->weights, (uint16_t)length, (uint16_t)rows, matrix->bias_shift,
                    matrix->out_shift, matrix->bias, output, NULL);
}

/** a * b + c * d, of Q0.15, rounded. */
static inline q15_t sum_of_products(int32_t a, int32_t b, int32_t c, int32_t d)
{
    const int32_t sum = wrapping_add(wrapping_add(a * b, c * d), 1 << 14);
    return saturate_q15(sum >> 15);
}

/** Where the reset gate acts: on the state, or on what the candidate's matrix makes of it. */
enum reset { RESET_BEFORE, RESET_AFTER };

static inline __attribute__((always_inline)) void
gru_step(const struct recurrent_parts *parts, enum reset where, const nn_gru_q7_q15 *layer,
         const q15_t *input, q15_t *state, q15_t *scratch)
{
    const uint16_t size = layer->hidden_size;
    q15_t *const reset = scratch;
    q15_t *const update = reset + size;
    q15_t *const candidate = update + size;
    q15_t *const more = candidate + size;
    multiply(parts, &layer->input, input, layer->input_size, reset, 3U * size);
    multiply(parts, &layer->hidden, state, size, more, 2U * size);
    parts->add(reset, more, 2U * size);
    parts->activate(reset, (uint16_t)(2 * size), layer->int_width, ARM_SIGMOID);
    if (where == RESET_BEFORE) {
        parts->products(reset, state, reset, 15, size);
        multiply(parts, &layer->candidate, reset, size, more, size);
    } else {
        multiply(parts, &layer->candidate, state, size, more, size);
        parts->products(reset, more, more, 15, size);
    }
    parts->add(candidate, more, size);
    parts->activate(candidate, size, layer->int_width, ARM_TANH);
    for (uint32_t i = 0; i < size; i++) {
        state[i] = sum_of_products(update[i], state[i], 32768 - update[i], candidate[i]);
    }
}

/** sums += peephole * cell, saturated. */
static inline void add_peephole(q15_t *sums, const nn_lstm_q7_q15 *layer, uint32_t gate,
                                const q15_t *cell)
{
    if (layer->peepholes == NULL) {
        return;
    }
    const q15_t *const peephole = layer->peepholes + gate * layer->cells;
    const int32_t round = (1 << layer->peephole_shift) >> 1;
    for (uint32_t i = 0; i < layer->cells; i++) {
        const int32_t product = (peephole[i] * cell[i] + round) >> layer->peephole_shift;
        sums[i] = saturate_q15(sums[i] + saturate_q15(product));
    }
}

static inline __attribute__((always_inline)) void lstm_step_q15(const struct recurrent_parts *parts,
                                                                const nn_lstm_q7_q15 *layer,
                                                                const q15_t *input, q15_t *state,
                                                                q15_t *cell, q15_t *scratch)
{
    const uint16_t cells = layer->cells;
    q15_t *const input_gate = scratch;
    q15_t *const value = input_gate + cells;
    q15_t *const forget = value + cells;
    q15_t *const output_gate = forget + cells;
    q15_t *const more = output_gate + cells;
    multiply(parts, &layer->input, input, layer->input_size, input_gate, 4U * cells);
    multiply(parts, &layer->hidden, state, layer->output_size, more, 4U * cells);
    parts->add(input_gate, more, 4U * cells);
    add_peephole(input_gate, layer, 0, cell);
    add_peephole(forget, layer, 1, cell);
    parts->activate(input_gate, cells, layer->int_width, ARM_SIGMOID);
    parts->activate(value, cells, layer->int_width, ARM_TANH);
    parts->activate(forget, cells, layer->int_width, ARM_SIGMOID);
    for (uint32_t i = 0; i < cells; i++) {
        const int32_t added = input_gate[i] * value[i] >> layer->cell_int_width;
        cell[i] = saturate_q15((forget[i] * cell[i] + added + (1 << 14)) >> 15);
    }
    add_peephole(output_gate, layer, 2, cell);
    parts->activate(output_gate, cells, layer->int_width, ARM_SIGMOID);
    /* The function's argument has at most 3 integer bits; beyond, tanh is flat. */
    const uint16_t int_width = layer->cell_int_width < 3 ? layer->cell_int_width : 3;
    const int32_t factor = 1 << (layer->cell_int_width - int_width);
    for (uint32_t i = 0; i < cells; i++) {
        more[i] = saturate_q15(cell[i] * factor);
    }
    parts->activate(more, cells, int_width, ARM_TANH);
    if (layer->projection.weights == NULL) {
        parts->products(output_gate, more, state, 15, cells);
    } else {
        parts->products(output_gate, more, more, 15, cells);
        multiply(parts, &layer->projection, more, cells, state, layer->output_size);
    }
}

#endif
