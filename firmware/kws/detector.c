#include "detector.h"

static uint32_t sum_of_shares(const struct detector *detector, int label)
{
    uint32_t sum = 0;
    for (int i = 0; i < DETECTOR_AVERAGED; i++) {
        sum += detector->shares[i][label];
    }
    return sum;
}

int detector_step(struct detector *detector, const int16_t scores[SPOTTER_CLASSES])
{
    uint32_t total = 0;
    for (int i = 0; i < SPOTTER_CLASSES; i++) {
        total += (uint32_t)scores[i];
    }
    uint16_t *const shares = detector->shares[detector->seconds++ % DETECTOR_AVERAGED];
    for (int i = 0; i < SPOTTER_CLASSES; i++) {
        shares[i] = (uint16_t)(((uint32_t)scores[i] << 15) / total);
    }
    if (detector->deaf > 0) {
        detector->deaf--;
        return -1;
    }
    for (int i = DETECTOR_FIRST_WORD; i < SPOTTER_CLASSES; i++) {
        if (100 * sum_of_shares(detector, i) >= DETECTOR_PERCENT * DETECTOR_AVERAGED << 15) {
            detector->deaf = DETECTOR_DEAF;
            return i;
        }
    }
    return -1;
}

int detector_percent(const struct detector *detector, int label)
{
    const uint32_t all = DETECTOR_AVERAGED << 15;
    return (int)((100 * sum_of_shares(detector, label) + all / 2) / all);
}
