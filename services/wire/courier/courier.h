// SPDX-License-Identifier: Apache-2.0
// Calls to services, as a seam: over HTTPS, in the same process, or through a courier that loses,
// doubles and delays by plan. A call that changes something carries the key that its sender stored
// before the first attempt, so any attempt may be made again.
#ifndef SERVICES_WIRE_COURIER_COURIER_H
#define SERVICES_WIRE_COURIER_COURIER_H

#include "base/failure.h"
#include "services/wire/form/endpoint.h"

enum delivery {
    DELIVERY_DONE,    // an answer is here, whatever its status
    DELIVERY_REFUSED, // nothing was sent: no such target, no connection, no trust
    DELIVERY_OPEN,    // sent, no answer: it may have been done
};

/// Spans and texts are the caller's and live until send returns.
struct parcel {
    const char *target;        // name of the service at the other end: "registry"
    const char *method, *path; // path with its fields and query
    const char *key;           // NULL: GET
    const char *media;         // of the body; NULL: application/json
    const char *accept;        // NULL: application/json
    const char *range;         // "bytes=0-99"; NULL: the whole
    struct bytes body;
    uint32_t deadline_ms;
};

struct reply {
    unsigned status;
    struct buffer body; // the caller's, with its memory; cleared before each attempt
};

struct courier;

struct courier_ops {
    /// One attempt. The failure says what happened unless DELIVERY_DONE.
    enum delivery (*send)(const struct courier *courier, const struct parcel *parcel,
                          struct reply *reply, struct failure *failure);
};

struct courier {
    const struct courier_ops *ops;
    void *context;
};

/// The refusal of a problem document, if it is one that the row lists: a decision of the service.
/// NULL: anything else. problem, if not NULL, gets detail and field.
const struct problem_word *courier_refusal(const struct endpoint *row, struct bytes body,
                                           struct problem *problem);

/// The client's stub of every endpoint: in → octets → send → octets → out. in and out are forms of
/// the row's shapes; out may be NULL. A problem document becomes a failure with exit code 1 (5 for
/// 401 and 403, 3 for 503), its word in front, and lands in problem when that is not NULL. One
/// attempt; DELIVERY_OPEN is exit code 4.
bool courier_call(const struct courier *courier, const char *target, const struct endpoint *row,
                  const char *key, const struct form *in, struct form *out, struct problem *problem,
                  struct failure *failure);

/// As courier_call for a row whose body is octets and no form: what in has goes into the path.
bool courier_put(const struct courier *courier, const char *target, const struct endpoint *row,
                 const char *key, const struct form *in, struct bytes octets, struct form *out,
                 struct failure *failure);

/// One attempt at a row that answers no form: the octets from at on, at most size of them, into
/// reply, whose status says what came (206, or 200 for the whole). Refusals as courier_call's.
bool courier_fetch(const struct courier *courier, const char *target, const struct endpoint *row,
                   const struct form *in, uint64_t at, size_t size, struct reply *reply,
                   struct failure *failure);

#endif
