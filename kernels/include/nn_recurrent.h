/**
 * Steps of recurrent networks with q7 weights and q15 activations. CMSIS-NN has no such functions;
 * these follow TensorFlow's GRUCell and LSTMCell, and PyTorch's GRU.
 *
 * States and outputs of gates are Q0.15. Sums ahead of a gate's function have `int_width` integer
 * bits, 0 to 3, in 16 bits; so have the products of each matrix, and their sum saturates. The
 * arithmetic of a matrix is that of arm_fully_connected_mat_q7_vec_q15, that of the functions is
 * arm_nn_activations_direct_q15's. Products of two activations are rounded, halves up.
 */
#ifndef NN_RECURRENT_H
#define NN_RECURRENT_H

#include "arm_nn_types.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Weights [rows][length], in the order of arm_fully_connected_mat_q7_vec_q15_opt (four rows
 * interleaved), and biases [rows].
 */
typedef struct {
    const q7_t *weights;
    const q7_t *bias;
    uint16_t bias_shift;
    uint16_t out_shift;
} nn_matrix_q7;

typedef struct {
    nn_matrix_q7 input;     /* [3 * hidden_size][input_size]: reset, update, candidate */
    nn_matrix_q7 hidden;    /* [2 * hidden_size][hidden_size]: reset, update */
    nn_matrix_q7 candidate; /* [hidden_size][hidden_size]: of reset * state, or of the state */
    uint16_t input_size;
    uint16_t hidden_size;
    uint16_t int_width;
} nn_gru_q7_q15;

/**
 * One step of a gated recurrent unit: state = update * state + (1 - update) * candidate.
 *
 * scratch: 5 * hidden_size elements.
 */
void nn_gru_step_q7_q15(const nn_gru_q7_q15 *layer, const q15_t *input, q15_t *state,
                        q15_t *scratch);

/**
 * The same with the reset gate behind the matrix, as PyTorch's and Keras' GRU have it: the
 * candidate is tanh(input's sums + reset * candidate's sums), biases included in both.
 */
void nn_gru_reset_after_step_q7_q15(const nn_gru_q7_q15 *layer, const q15_t *input, q15_t *state,
                                    q15_t *scratch);

typedef struct {
    nn_matrix_q7 input;      /* [4 * cells][input_size]: input gate, new value, forget, output */
    nn_matrix_q7 hidden;     /* [4 * cells][output_size] */
    nn_matrix_q7 projection; /* [output_size][cells]; weights NULL: none, output_size is cells */
    const q15_t *peepholes;  /* [3][cells]: input gate, forget, output; may be NULL */
    uint16_t peephole_shift; /* what a peephole adds to a sum: peephole * cell / 2^shift, 0 to 30 */
    uint16_t input_size;
    uint16_t cells;
    uint16_t output_size;
    uint16_t int_width;
    uint16_t cell_int_width; /* integer bits of a cell, 0 to 7 */
} nn_lstm_q7_q15;

/**
 * One step of a long short-term memory: cell = forget * cell + input * new value, saturated; state
 * = output * tanh(cell), projected. A forget bias is part of input.bias.
 *
 * state: output_size elements; cell: cells elements; scratch: 8 * cells.
 */
void nn_lstm_step_q7_q15(const nn_lstm_q7_q15 *layer, const q15_t *input, q15_t *state, q15_t *cell,
                         q15_t *scratch);

__typeof__(nn_gru_step_q7_q15) nn_gru_step_q7_q15_portable;
__typeof__(nn_gru_reset_after_step_q7_q15) nn_gru_reset_after_step_q7_q15_portable;
__typeof__(nn_lstm_step_q7_q15) nn_lstm_step_q7_q15_portable;

#ifdef __cplusplus
}
#endif

#endif
