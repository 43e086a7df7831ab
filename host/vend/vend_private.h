// SPDX-License-Identifier: Apache-2.0
// What the files of the vending machine share; nobody else includes it. vend.c opens it and takes
// what is asked, vend_order.c follows one order to its end and says how it stands, vend_bill.c has
// it paid by a telephone bill.
#ifndef HOST_VEND_VEND_PRIVATE_H
#define HOST_VEND_VEND_PRIVATE_H

#include "host/kiosk/price_list.h"
#include "host/vend/motor.h"
#include "host/vend/vend.h"

struct vend {
    struct machine machine;
    struct vend_options options;
    struct sale_server server;
    struct motor *motor;
    struct price_list goods;
    char enterprise[HOLDER_MAX + 1]; // that operates it, as the till's certificate says; "": none
    bool under_way;                  // an order is
    struct sale_record record;       // of the last one; state 0: none
    uint8_t root[CERTIFICATE_MAX];   // that telephone companies are below
    size_t root_size;
};

/// Serving is turning the motor, and what the sensor saw is what is sensed.
struct sale_server vend_server(struct vend *vend);

/// Begins an order on the record's terms, or tells what became of it. False: refused.
bool vend_begin(struct vend *vend, struct failure *failure);
/// Nobody wants it any more; say tells why.
void vend_cancel(struct vend *vend, const char *say);
/// One tap, and what follows it.
const char *vend_tap(struct vend *vend);
void vend_tapped(struct vend *vend, const char *say);
/// Reads what is trusted, where a bill is taken.
bool vend_bill_open(struct vend *vend, struct failure *failure);
/// Has the phone that is there a telephone bill, and is it taken here?
bool vend_bill_offered(struct vend *vend);
/// One tap of such a phone, as vend_tap; the flow is over it.
const char *vend_bill_tap(struct vend *vend);
/// What an earlier run left.
void vend_resume(struct vend *vend, const struct sale_record *record);
/// Puts the order into the screen's state.
void vend_show(const struct vend *vend, json_t *state);

#endif
