#include "internal/add_q15.h"
#include "internal/recurrent_q15.h"

void nn_gru_reset_after_step_q7_q15(const nn_gru_q7_q15 *layer, const q15_t *input, q15_t *state,
                                    q15_t *scratch)
{
    static const struct recurrent_parts parts = {arm_fully_connected_mat_q7_vec_q15_opt,
                                                 arm_nn_activations_direct_q15, arm_nn_mult_q15,
                                                 add_q15};
    gru_step(&parts, RESET_AFTER, layer, input, state, scratch);
}
