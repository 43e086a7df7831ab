// SPDX-License-Identifier: Apache-2.0
// One row an endpoint: all that client and service must agree on. Routing, roles, owner checks,
// limits, parsing, the API page, OpenAPI, the client's stub and the sweep tests read the same row.
// Rows of a service stand in services/wire/api/; what it does with them in services/NAME/.
#ifndef SERVICES_WIRE_FORM_ENDPOINT_H
#define SERVICES_WIRE_FORM_ENDPOINT_H

#include "services/wire/form/form.h"
#include "services/wire/listener.h"

enum {
    ROLE_NONE = 0,          // no certificate is asked for
    ROLE_SCREEN = 0x010000, // the browser of a local screen, by its token
};

/// Whose thing the request may touch.
enum owner {
    OWNER_ANY,        // whoever has the role
    OWNER_SENDER,     // owner_field is the sender's id
    OWNER_ENTERPRISE, // owner_field is the sender's enterprise
    OWNER_STORED,     // the handler's owner statement answers the sender's id
    OWNERS,
};

enum key {
    KEY_NONE,   // GET
    KEY_NEEDED, // every POST, PUT, DELETE
};

struct endpoint {
    const char *name;            // "licence.sale.make": metrics, logs, scope of keys
    const char *method;          // "POST"
    const char *path;            // "/v1/offers/{number}/sales": {x} is a field of the request
    uint32_t roles;              // of the TLS certificate, any of; ROLE_NONE: everybody
    enum owner owner;            //
    uint32_t owner_free;         // roles that may touch anybody's
    enum name owner_field;       // OWNER_SENDER, OWNER_ENTERPRISE
    enum key key;                //
    bool direct;                 // answered on the network's thread: short, no store
    uint32_t body_max;           // octets
    uint32_t time_max_ms;        // 0: 15 s
    const struct shape *request; // fields of path, query (GET, DELETE) and body
    const char *request_media;   // NULL: JSON; else the body is octets for the handler
    const struct shape *answer;
    const char *answer_media;                   // NULL: JSON; else the handler makes octets
    const struct problem_word *const *refusals; // besides the common words; NULL-terminated
    const char *title;                          // one line
    const char *clause;                         // of the sources: "P 0030"
    const char *behaviours;                     // ids of tests/behaviours.tsv
};

/// The rows of one service.
struct api {
    const char *service; // "licence"
    const struct endpoint *const *endpoints;
    size_t count;
};

/// The row of a method and target. NULL: problem says path or method; then allow (of capacity
/// octets) lists the methods of that path.
const struct endpoint *api_find(const struct api *api, const char *method, const char *target,
                                char *allow, size_t capacity, struct problem *problem);

/// Reads path, query and body into a form of row->request.
bool endpoint_read(const struct endpoint *row, const struct request *request, struct form *form,
                   struct problem *problem);

/// The other way: target with its fields, body with the rest (empty for GET and DELETE). False:
/// the form lacks a field, or memory.
bool endpoint_write(const struct endpoint *row, const struct form *form, struct buffer *target,
                    struct buffer *body);

/// Whether the field stands in the path.
bool endpoint_in_path(const struct endpoint *row, enum name name);

#endif
