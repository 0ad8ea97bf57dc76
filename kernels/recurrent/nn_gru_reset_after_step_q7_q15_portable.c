#include "internal/recurrent_q15.h"

static void add(q15_t *sums, const q15_t *more, uint32_t size)
{
    for (uint32_t i = 0; i < size; i++) {
        sums[i] = saturate_q15(sums[i] + more[i]);
    }
}

void nn_gru_reset_after_step_q7_q15_portable(const nn_gru_q7_q15 *layer, const q15_t *input,
                                             q15_t *state, q15_t *scratch)
{
    static const struct recurrent_parts parts = {arm_fully_connected_mat_q7_vec_q15_opt_portable,
                                                 arm_nn_activations_direct_q15_portable,
                                                 arm_nn_mult_q15_portable, add};
    gru_step(&parts, RESET_AFTER, layer, input, state, scratch);
}
