// SPDX-License-Identifier: Apache-2.0
// A motor and a sensor without hardware: what its controller remembers is a file, written in two
// steps, when the motor turns and when something falls, so that the power can go between them.
#ifndef HOST_VEND_MOTOR_SIMULATED_H
#define HOST_VEND_MOTOR_SIMULATED_H

#include "base/failure.h"
#include "host/vend/motor.h"

/// DIRECTORY/motor is its memory; it is made where it is not. NULL with a failure.
struct motor *motor_simulated_open(const char *directory, struct failure *failure);

/// What is turned out next sticks, and is not seen to fall.
void motor_simulated_jam(struct motor *motor);

#endif
