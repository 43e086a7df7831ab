// SPDX-License-Identifier: Apache-2.0
// PIN and PUK: VERIFY, CHANGE REFERENCE DATA, RESET RETRY COUNTER (SP 800-73-4 part
// 2, 3.2.1-3.2.3). Values travel in eight octets, padded with FF; PINs are six to eight decimal
// digits.
#include "card/applets/piv/piv.h"

#include "card/os/context.h"

enum { PADDED = PIV_PADDED_SIZE, PIN_DIGITS_MIN = 6 };

static const struct pin pin = {PIV_AT_PIN};

size_t piv_pin_size(const uint8_t padded[PIV_PADDED_SIZE]) {
    size_t size = PADDED;
    while (size > 0 && padded[size - 1] == 0xFF)
        size--;
    for (size_t i = 0; i < size; i++)
        if (padded[i] < '0' || padded[i] > '9')
            return 0;
    return size >= PIN_DIGITS_MIN ? size : 0;
}

// A malformed PIN costs a try too, as any wrong one: what is compared is what was sent.
static struct bytes unpad(const uint8_t *padded) {
    size_t size = piv_pin_size(padded);
    return bytes_of(padded, size > 0 ? size : PADDED);
}

static uint16_t remember(struct card_call *call, uint16_t sw) {
    struct piv_session *session = piv_session(call);
    session->pin_verified = sw == SW_OK;
    session->pin_at = session->pin_verified ? call->card->commands : 0;
    return sw;
}

uint16_t piv_verify(struct card_call *call) {
    if (call->command.p1 == 0xFF) {
        remember(call, SW_WARNING_NO_INFO);
        return call->command.data.size == 0 ? SW_OK : SW_WRONG_P1P2;
    }
    if (call->command.data.size == 0)
        return piv_session(call)->pin_verified ? SW_OK : pin_status(call, pin);
    if (call->command.data.size != PADDED)
        return SW_WRONG_DATA;
    return remember(call, pin_verify(call, pin, unpad(call->command.data.data)));
}

uint16_t piv_change_reference(struct card_call *call) {
    const uint8_t *data = call->command.data.data;
    if (call->command.data.size != 2 * PADDED)
        return SW_WRONG_DATA;
    if (call->command.p2 == PIV_PUK)
        return pin_change_puk(call, pin, bytes_of(data, PADDED), bytes_of(data + PADDED, PADDED));
    if (piv_pin_size(data + PADDED) == 0)
        return SW_WRONG_DATA;
    return remember(call, pin_change(call, pin, unpad(data), unpad(data + PADDED)));
}

uint16_t piv_reset_retry(struct card_call *call) {
    const uint8_t *data = call->command.data.data;
    if (call->command.data.size != 2 * PADDED || piv_pin_size(data + PADDED) == 0)
        return SW_WRONG_DATA;
    return pin_unblock(call, pin, bytes_of(data, PADDED), unpad(data + PADDED));
}
