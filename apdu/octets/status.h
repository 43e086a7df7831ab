// SPDX-License-Identifier: Apache-2.0
// Status words by name, and the refusal reasons that stand after the proprietary ones. One table
// (status.c) feeds dispatch, dissection, documentation and the messages of every tool.
#ifndef APDU_OCTETS_STATUS_H
#define APDU_OCTETS_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Interindustry status words (ISO/IEC 7816-4 table 6) and the purse's own in 94xx/95xx, each of
/// which carries exactly one refusal reason. X(name, value, reason word or NULL, sentence)
#define STATUS_WORDS(X)                                                                            \
    X(SW_OK, 0x9000, NULL, "done")                                                                 \
    X(SW_MORE_DATA, 0x6100, NULL, "more answer octets wait; fetch them with GET RESPONSE")         \
    X(SW_WARNING_NO_INFO, 0x6200, NULL, "warning, memory unchanged")                               \
    X(SW_FILE_INVALIDATED, 0x6283, NULL, "selected, but invalidated")                              \
    X(SW_AUTHENTICATION_FAILED, 0x6300, NULL, "authentication failed")                             \
    X(SW_MORE_DATA_AVAILABLE, 0x6310, NULL, "more data available")                                 \
    X(SW_TRIES_LEFT, 0x63C0, NULL,                                                                 \
      "verification failed; the last digit is the number of tries left")                           \
    X(SW_EXECUTION_ERROR, 0x6400, NULL, "execution error, memory unchanged")                       \
    X(SW_MEMORY_FAILURE, 0x6581, NULL, "memory failure")                                           \
    X(SW_WRONG_LENGTH, 0x6700, NULL, "wrong length")                                               \
    X(SW_CHANNEL_NOT_SUPPORTED, 0x6881, NULL, "logical channel not supported")                     \
    X(SW_SECURE_MESSAGING_NOT_SUPPORTED, 0x6882, NULL, "secure messaging not supported")           \
    X(SW_LAST_COMMAND_EXPECTED, 0x6883, NULL, "last command of the chain expected")                \
    X(SW_CHAINING_NOT_SUPPORTED, 0x6884, NULL, "command chaining not supported")                   \
    X(SW_SECURITY_STATUS, 0x6982, "security-status", "security status not satisfied")              \
    X(SW_PIN_BLOCKED, 0x6983, "pin-blocked", "authentication method blocked")                      \
    X(SW_DATA_INVALIDATED, 0x6984, NULL, "reference data not usable")                              \
    X(SW_CONDITIONS, 0x6985, "conditions", "conditions of use not satisfied")                      \
    X(SW_NOT_ALLOWED, 0x6986, NULL, "command not allowed, no current file or application")         \
    X(SW_SM_OBJECT_MISSING, 0x6987, NULL, "secure messaging object missing")                       \
    X(SW_SM_OBJECT_WRONG, 0x6988, NULL, "secure messaging object incorrect")                       \
    X(SW_APPLET_SELECT_FAILED, 0x6999, NULL, "application could not be selected")                  \
    X(SW_WRONG_DATA, 0x6A80, "wrong-data", "incorrect parameters in the data field")               \
    X(SW_FUNCTION_NOT_SUPPORTED, 0x6A81, NULL, "function not supported")                           \
    X(SW_NOT_FOUND, 0x6A82, NULL, "file or application not found")                                 \
    X(SW_RECORD_NOT_FOUND, 0x6A83, "record-not-found", "record not found")                         \
    X(SW_NO_SPACE, 0x6A84, "no-space", "not enough memory in the card")                            \
    X(SW_WRONG_P1P2, 0x6A86, NULL, "incorrect P1 P2")                                              \
    X(SW_REFERENCE_NOT_FOUND, 0x6A88, NULL, "referenced data not found")                           \
    X(SW_EXISTS, 0x6A89, NULL, "file or application exists already")                               \
    X(SW_OFFSET, 0x6B00, NULL, "offset outside of the file")                                       \
    X(SW_WRONG_LE, 0x6C00, NULL, "wrong Le; the second octet is the right one")                    \
    X(SW_INS_NOT_SUPPORTED, 0x6D00, NULL, "instruction not supported")                             \
    X(SW_CLA_NOT_SUPPORTED, 0x6E00, NULL, "class not supported")                                   \
    X(SW_UNKNOWN, 0x6F00, NULL, "no precise diagnosis")                                            \
    X(SW_INSUFFICIENT, 0x9401, "insufficient", "balance or rest does not cover the amount")        \
    X(SW_LIMIT, 0x9402, "limit", "above a limit of the issue log or of the purse")                 \
    X(SW_WRONG_ROLE, 0x9403, "wrong-role", "the roles of the certificates do not allow this")      \
    X(SW_WRONG_UNIT, 0x9404, "wrong-unit", "no pocket of this unit")                               \
    X(SW_HOTLISTED, 0x9405, "hotlisted", "certificate or device is on the hotlist")                \
    X(SW_EXPIRED, 0x9406, "expired", "certificate or object is out of its validity")               \
    X(SW_BAD_SIGNATURE, 0x9407, "bad-signature", "the signature does not verify")                  \
    X(SW_BAD_CERTIFICATE, 0x9408, "bad-certificate", "malformed certificate or chain")             \
    X(SW_UNKNOWN_ISSUER, 0x9409, "unknown-issuer", "no trusted key for this issuer")               \
    X(SW_WRONG_DOMAIN, 0x940A, "wrong-domain", "the issuer may not certify this role")             \
    X(SW_UNKNOWN_CERTIFICATE, 0x940B, "unknown-certificate", "exchange certificates first")        \
    X(SW_BAD_OBJECT, 0x940C, "bad-object", "the signed object is not in its exact form")           \
    X(SW_WRONG_PARTY, 0x940D, "wrong-party", "the object names another payer, payee or purse")     \
    X(SW_BAD_CHALLENGE, 0x940E, "bad-challenge", "no such challenge, or it was used")              \
    X(SW_WRONG_COUNTER, 0x940F, "wrong-counter", "not the next counter")                           \
    X(SW_MISMATCH, 0x9410, "mismatch", "same number, other content")                               \
    X(SW_VOIDED, 0x9411, "voided", "this request was voided")                                      \
    X(SW_NOT_OPEN, 0x9412, "not-open", "no open request of this number")                           \
    X(SW_ASK_CENTER, 0x9413, "ask-center", "settled and forgotten; the clearing center knows")     \
    X(SW_RING_FULL, 0x9414, "ring-full", "too many unratified payments; ratify one first")         \
    X(SW_PAYEE_UNRATIFIED, 0x9415, "payee-unratified", "one payment to this payee is unratified")  \
    X(SW_WINDOW_FULL, 0x9416, "window-full", "no free request number; settle first")               \
    X(SW_COUNTER_END, 0x9417, "counter-end", "a counter of the purse is at its end")               \
    X(SW_PIN_REQUIRED, 0x9418, "pin-required", "above the limits without PIN")                     \
    X(SW_BUDGET, 0x9419, "offline-budget", "offline budget used up; ask the clearing center")      \
    X(SW_STALE, 0x941A, "stale", "superseded: not the present state number or version")            \
    X(SW_ZERO_AMOUNT, 0x941B, "zero-amount", "an amount of 0 is refused")                          \
    X(SW_INTERFACE, 0x941C, "wrong-interface", "not over this interface")                          \
    X(SW_LIFE_CYCLE, 0x941D, "life-cycle", "not in this state of the card's life cycle")           \
    X(SW_OVERFLOW, 0x941E, "overflow", "a total would overflow")                                   \
    X(SW_DEFAULT_KEYS, 0x941F, "default-keys", "default keys must be replaced first")              \
    X(SW_WRONG_REFERENCE, 0x9420, "wrong-reference", "reference kind not allowed between these")   \
    X(SW_NOT_LISTED_HERE, 0x9421, "not-listed-here", "the device is not in this list")             \
    X(SW_NOT_LISTED_THERE, 0x9422, "not-listed-there", "the other side does not list this device") \
    X(SW_PLAYS_EXHAUSTED, 0x9423, "plays-exhausted", "no plays left")                              \
    X(SW_SEALED, 0x9424, "sealed", "the ticket is not activated")                                  \
    X(SW_STILL_OPEN, 0x9425, "still-open", "a request of this range is open; credit or void it")   \
    X(SW_WRONG_ENTERPRISE, 0x9426, "wrong-enterprise", "the issuer certifies another enterprise")  \
    X(SW_BATCHED, 0x9427, "batched", "in a batch already; the clearing center refunds it")         \
    X(SW_REFUND_DONE, 0x9428, "refund-done", "this refund of the sale was paid before")            \
    X(SW_UNSETTLED, 0x9429, "unsettled", "a till forgets its numbers when they are settled")       \
    X(SW_UNPROVEN, 0x942A, "unproven", "the payee's receive log or void is needed")                \
    X(SW_EMPTY_BATCH, 0x942B, "empty-batch", "nothing was sold since the last batch")              \
    X(SW_WRONG_NAME, 0x9430, "wrong-name", "the issuer may not certify this name")                 \
    X(SW_NO_RENEWAL, 0x9431, "no-renewal", "no renewal; the secure channel takes what is new")     \
    X(SW_WRONG_CENTER, 0x9432, "wrong-center", "another center than the card obeys")               \
    X(SW_EMULATED, 0x9433, "emulated", "an emulated key below an authority for hardware")          \
    X(SW_HOLDS_VALUE, 0x9434, "holds-value",                                                       \
      "the purse holds money or open payments; redeem first")                                      \
    X(SW_HOLDS_KEYS, 0x9435, "holds-keys", "somebody's identity is here; lock it first")           \
    X(SW_IN_TRANSIT, 0x9440, "in-transit", "the ticket is on its way to another store")            \
    X(SW_NOT_NAMED, 0x9441, "not-named", "the ticket names other apparatus")                       \
    X(SW_BAD_KEY, 0x9442, "bad-key", "the ticket's key does not open")                             \
    X(SW_NOT_PERMITTED, 0x9443, "not-permitted", "the ticket does not permit this action")         \
    X(SW_TOO_EARLY, 0x9444, "too-early", "before the ticket's first day")                          \
    X(SW_CLOCK_BACK, 0x9445, "clock-back", "the date is before the card's day")                    \
    X(SW_BOUND, 0x9446, "bound", "a fresh proof by the phone that bought the ticket is needed")    \
    X(SW_COPIES_EXHAUSTED, 0x9447, "copies-exhausted", "no copies left")                           \
    X(SW_PAID, 0x9448, "paid", "this sale is paid or claimed already")                             \
    X(SW_DOCKETED, 0x9449, "docketed", "a docket of this sale is not answered yet")                \
    X(SW_ALGORITHM, 0x9484, "algorithm", "algorithm not supported")                                \
    X(SW_BAD_KCV, 0x9485, "bad-kcv", "the key check value does not fit the key")

#define STATUS_ENUM(name, value, reason, text) name = value,
enum { STATUS_WORDS(STATUS_ENUM) };
#undef STATUS_ENUM

struct status_word {
    uint16_t sw;
    const char *name;   // "SW_INSUFFICIENT"
    const char *reason; // stable refusal word, or NULL
    const char *text;   // a sentence for people
};

extern const struct status_word status_words[];
extern const size_t status_word_count;

/// The row of a status word; families (61xx, 63Cx, 6Cxx) find their first row. NULL if unknown.
const struct status_word *status_find(uint16_t sw);

/// Row of a refusal word such as "insufficient"; NULL if there is none.
const struct status_word *status_find_reason(const char *reason);

/// Sentence for any status word, never NULL.
const char *status_text(uint16_t sw);

/// Stable refusal word; "refused" where the table has none.
const char *status_reason(uint16_t sw);

static inline bool status_is_ok(uint16_t sw) {
    return sw == SW_OK;
}

#endif
