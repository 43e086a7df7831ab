// SPDX-License-Identifier: Apache-2.0
#include "apdu/script/language/ports.h"

static uint64_t rotate(uint64_t value, unsigned by) {
    return value << by | value >> (64 - by);
}

void script_random_seed(struct script_random *random, uint64_t seed) {
    for (size_t i = 0; i < 4; i++) { // splitmix64 spreads one word over the state
        seed += 0x9E3779B97F4A7C15u;
        uint64_t mixed = (seed ^ seed >> 30) * 0xBF58476D1CE4E5B9u;
        mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EBu;
        random->state[i] = mixed ^ mixed >> 31;
    }
}

uint64_t script_random_next(struct script_random *random) {
    uint64_t *state = random->state, result = rotate(state[1] * 5, 7) * 9, shifted = state[1] << 17;
    state[2] ^= state[0];
    state[3] ^= state[1];
    state[1] ^= state[2];
    state[0] ^= state[3];
    state[2] ^= shifted;
    state[3] = rotate(state[3], 45);
    return result;
}

void script_random_fill(struct script_random *random, uint8_t *out, size_t size) {
    for (size_t i = 0; i < size; i++)
        out[i] = (uint8_t)(script_random_next(random) >> 32);
}
