// SPDX-License-Identifier: Apache-2.0
// What whoever runs the kiosk should see to before it stops: how long till, certificate and hotlist
// will do. Each note is a key of words.h with a number.
#include "host/kiosk/kiosk_private.h"

#include "apdu/object/certificate.h"
#include "base/calendar.h"
#include "services/wire/revocations.h"

enum {
    DAY_S = 24 * 3600,
    CERTIFICATE_DAYS = 14, // fewer are left
    HOTLIST_DAYS = 3,      // more have passed
    NUMBERS_USED = 800,    // of the 1 024 that a till has for a day
};

static int64_t days_between(uint32_t from, uint32_t to) {
    return (time_of_date(to) - time_of_date(from)) / DAY_S;
}

static void add(json_t *notes, const char *key, int64_t number) {
    json_array_append_new(notes,
                          json_pack("{s:s, s:I}", "note", key, "number", (json_int_t)number));
}

static void look_at_till(struct kiosk *kiosk, uint32_t today, json_t *notes) {
    struct purse_window window;
    struct certificate certificate;
    struct bytes octets;
    struct failure failure;
    char center[HOLDER_MAX + 1];
    if (!kiosk_find_till(kiosk, &failure) || client_select(&kiosk->till) != PURSE_OK)
        return;
    if (client_read_window(&kiosk->till, &window) == PURSE_OK &&
        window.next - window.base >= NUMBERS_USED)
        add(notes, "note-till-full", window.next - window.base);
    if (kiosk->options.revoked != NULL && client_read_center(&kiosk->till, center) == PURSE_OK &&
        !revocations_are_of(kiosk->options.revoked, bytes_of_string(center)))
        add(notes, "note-foreign-hotlist", 1);
    if (client_read_certificate(&kiosk->till, &octets) == PURSE_OK &&
        certificate_parse(octets, &certificate) == CERTIFICATE_OK &&
        days_between(today, certificate.until) <= CERTIFICATE_DAYS)
        add(notes, "note-certificate", days_between(today, certificate.until));
}

json_t *kiosk_notes(struct kiosk *kiosk) {
    json_t *notes = json_array();
    uint32_t today = date_of_time((int64_t)(clock_now_ms(kiosk->options.clock) / 1000));
    const struct revocations *revoked = kiosk->options.revoked;
    if (kiosk->phase == KIOSK_IDLE || kiosk->phase == KIOSK_END)
        look_at_till(kiosk, today, notes);
    if (revoked == NULL)
        add(notes, "note-no-hotlist", 0);
    else if (days_between(revoked->date, today) > HOTLIST_DAYS)
        add(notes, "note-hotlist", days_between(revoked->date, today));
    return notes;
}
