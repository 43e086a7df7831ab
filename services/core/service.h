// SPDX-License-Identifier: Apache-2.0
// A service is a const struct: its endpoints and what it does with them, its tables, its jobs. What
// it is run with (clock, store, courier, keys) is handed in.
#ifndef SERVICES_CORE_SERVICE_H
#define SERVICES_CORE_SERVICE_H

#include "base/clock.h"
#include "services/core/handler.h"
#include "services/core/store/migrate.h"
#include "services/wire/courier/courier.h"

/// Work without a request, by the keeper: one instance at a time.
struct service_job {
    const char *name;
    uint32_t every_ms;
    bool (*run)(const struct service_context *context, const struct crypto *crypto,
                struct failure *failure);
};

/// Keys and certificates that a service signs and opens with; spans and signer are the caller's.
struct service_keys {
    const struct signer *signer;      // NULL: it signs nothing
    const struct bytes *certificates; // root, authority, its own: what goes with signed objects
    size_t certificate_count;         // 0 or 3
    const uint8_t *scalar;            // of the signer, where it is in memory; else NULL
    const char *directory;            // where they were read, for messages
};

/// Who runs a service: what its own certificate has to be.
struct service_party {
    uint16_t role;
    bool enterprise; // it has to name one
    bool long_id;    // an id of any length will do: it goes into no object of a ticket
    bool anybody;    // it signs nothing: role says whose it usually is, any other will do, too
};

/// Where a service begins.
struct service_place {
    const char *state; // directory for what is no row of a database
    const struct service_keys *keys;
    const struct crypto *crypto; // of the thread that starts it
    const struct script_memory *memory;
};

/// A table with its length among the members of a service: SERVICE_TABLE(handlers,
/// handler_count, handlers).
#define SERVICE_TABLE(member, count, table)                                                        \
    .member = (table), .count = sizeof(table) / sizeof(table)[0]

struct service_context;

struct service {
    const char *name; // "licence"
    const struct api *api;
    const struct handler *handlers; // one an endpoint, in any order
    size_t handler_count;
    const struct handler *replies; // what answers to outbox rows do: endpoint is the other's row
    size_t reply_count;
    const struct statement *statements; // every SQL text, so that a test can prepare them all
    size_t statement_count;
    const struct migration *migrations;
    size_t migration_count;
    const struct service_job *jobs;
    size_t job_count;
    struct service_party party; // role 0: nobody's, and its handlers find no state
    size_t state_size; // of what they find as context->state; its party.h is first, the rest is 0
    /// Fills in the rest of the state. False with a failure; stop is called then, too. NULL: there
    /// is no more.
    bool (*start)(void *state, const struct service_place *place, struct failure *failure);
    void (*stop)(void *state); // gives back what start took; NULL: nothing
    /// May it be run over this database, whose tables are there? crypto is the starting thread's.
    /// False with a sentence. NULL: over any of its own.
    bool (*claim)(const struct service_context *context, const struct crypto *crypto,
                  struct failure *failure);
};

struct service_context {
    const struct service *service;
    const struct clock *clock;
    const struct script_memory *memory;
    struct store *store;
    const char *instance;          // its name among several over one database; NULL: the only one
    const struct courier *courier; // NULL: this service calls nobody
    const struct signer *signer;   // its own key, or NULL
    const struct bytes *certificates; // root, authority, its own: what goes with signed objects
    size_t certificate_count;
    void *state; // the service's own, see party_start
    /// What a person should know and no caller may: a broken store, a wrong handler. call is NULL
    /// for what nobody asked for. NULL: nobody is told.
    void (*report)(const struct service_context *context, const struct call *call,
                   const struct failure *failure);
};

/// Brings the common tables and the service's own up to date; see migrate.h.
bool service_migrate(const struct service_context *context, const struct store_owner *owner,
                     struct failure *failure);

/// NULL: the service has no handler for this row.
const struct handler *service_handler(const struct service *service, const struct endpoint *row);

#endif
