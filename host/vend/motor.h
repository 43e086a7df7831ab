// SPDX-License-Identifier: Apache-2.0
// The part of a vending machine that moves, as a seam: a motor for each article, and one sensor
// behind which whatever falls is seen. Its controller remembers the last order over any power cut.
#ifndef HOST_VEND_MOTOR_H
#define HOST_VEND_MOTOR_H

#include "base/bytes.h"

#include <stdbool.h>

/// What is certain of an order.
enum motor_report {
    MOTOR_STILL,   // it was never told of this order: nothing moved
    MOTOR_DROPPED, // something fell for it
    MOTOR_UNSURE,  // it was told, and nothing was seen to fall; or it does not answer
    MOTOR_REPORT_COUNT,
};

struct motor;

struct motor_ops {
    /// Turns out one article for an order, which is told apart by its octets.
    void (*turn)(struct motor *motor, struct bytes order, const char *item);
    enum motor_report (*report)(struct motor *motor, struct bytes order);
    /// Frees it.
    void (*close)(struct motor *motor);
};

struct motor {
    const struct motor_ops *ops;
};

#endif
