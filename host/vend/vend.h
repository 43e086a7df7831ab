// SPDX-License-Identifier: Apache-2.0
// A vending machine without a network: an article is chosen, a card or phone pays the machine's
// till by its purse, the motor turns once, and the sensor tells what fell. docs/terminals.md tells
// how it looks from outside.
#ifndef HOST_VEND_VEND_H
#define HOST_VEND_VEND_H

#include "host/machine/machine.h"

/// Whom a phone's owner owes: nobody, since his purse has paid; or the telephone company, whose
/// word the motor waits for, or (for goods that are worth little) does not.
enum vend_bill { VEND_BY_PURSE, VEND_BILL_ANSWERED, VEND_BILL_GOODS_FIRST };

struct vend_options {
    const char *goods;      // file, in the form of price lists
    const char *enterprise; // that the till must be of; NULL: of whichever its certificate says
    enum vend_bill bill;    // of phones that have one; cards pay by their purse
    const char *root;       // file, the certificate to trust; needed with a bill
};

struct vend;

/// The machine of a directory with a simulated motor. NULL with a failure: the goods (2), a till of
/// another enterprise (1), or as machine_open.
struct vend *vend_open(const struct machine_options *machine, const struct vend_options *options,
                       struct failure *failure);

/// For machine_url and machine_run.
struct machine *vend_machine(struct vend *vend);

/// NULL is allowed.
void vend_close(struct vend *vend);

#endif
