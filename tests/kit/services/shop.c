// SPDX-License-Identifier: Apache-2.0
#include "tests/kit/services/shop.h"

#include "base/heap.h"
#include "services/core/party.h"
#include "services/core/store/store_postgres.h"
#include "services/core/store/store_sqlite.h"
#include "tests/kit/services/postgres.h"

#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static uint64_t shop_now(const struct clock *clock) {
    return *(const uint64_t *)clock->context;
}

static void shop_report(const struct service_context *context, const struct call *call,
                        const struct failure *failure) {
    struct shop *shop = (struct shop *)(uintptr_t)context; // its first member
    (void)call;
    snprintf(shop->reported, sizeof shop->reported, "%s", failure->text);
}

static void must(bool ok, const struct failure *failure) {
    if (ok)
        return;
    fprintf(stderr, "shop: %s\n", failure->text);
    abort();
}

static struct store *open_sqlite(const char *path, const char *vfs, struct failure *failure) {
    struct store_sqlite_options options = {.path = path, .vfs = vfs};
    return store_sqlite_open(&options, failure);
}

static struct store *open_postgres(const char *schema, struct failure *failure) {
    struct store_postgres_options options = {.uri = postgres_uri(), .schema = schema};
    return store_postgres_open(&options, failure);
}

static void open_store(struct shop *shop) {
    char path[96];
    struct failure failure = {0};
    snprintf(path, sizeof path, "%s/shop.sqlite", shop->directory);
    if (shop->engine == ENGINE_POSTGRES)
        shop->store = open_postgres(shop->schema, &failure);
    else
        shop->store =
            open_sqlite(shop->engine == ENGINE_FILE ? path : ":memory:", shop->vfs, &failure);
    must(shop->store != NULL, &failure);
    shop->context.store = shop->store;
    struct store_owner owner = {.service = shop->context.service->name,
                                .root = "AB12",
                                .program = "tessera test",
                                .crypto = shop->crypto,
                                .now_ms = shop->now_ms};
    must(service_migrate(&shop->context, &owner, &failure), &failure);
}

static struct service_keys keys_of_tests;

void shop_use_keys(const struct service_keys *keys) {
    keys_of_tests = *keys;
}

static void start_service(struct shop *shop) {
    const struct service *service = shop->context.service;
    keys_of_tests.directory = shop->directory;
    const struct service_place place = {shop->directory, &keys_of_tests, shop->crypto,
                                        &host_memory};
    struct failure failure = {0};
    must(party_start(service, &place, &shop->context.state, &failure), &failure);
    must(service->claim == NULL || service->claim(&shop->context, shop->crypto, &failure),
         &failure);
    if (shop->context.state == NULL)
        return;
    shop->context.signer = keys_of_tests.signer;
    shop->context.certificates = keys_of_tests.certificates;
    shop->context.certificate_count = keys_of_tests.certificate_count;
}

static const char *parent;

void shop_place(const char *directory) {
    parent = directory;
}

void shop_open(struct shop *shop, const struct service *service, enum engine engine) {
    shop_open_on(shop, service, engine, NULL);
}

void shop_open_on(struct shop *shop, const struct service *service, enum engine engine,
                  const char *vfs) {
    *shop = (struct shop){.engine = engine, .now_ms = 1900000000000, .vfs = vfs};
    static unsigned opened;
    snprintf(shop->schema, sizeof shop->schema, "shop_%u", ++opened);
    const char *memory = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    snprintf(shop->directory, sizeof shop->directory, "%s/tessera-shop-XXXXXX",
             parent != NULL ? parent : memory);
    if (mkdtemp(shop->directory) == NULL)
        abort();
    shop->crypto = crypto_openssl_new_seeded(1);
    shop->clock = (struct clock){shop_now, &shop->now_ms};
    shop->context = (struct service_context){
        .service = service, .clock = &shop->clock, .memory = &host_memory, .report = shop_report};
    open_store(shop);
    start_service(shop);
    service_front_init(&shop->front, &shop->context, shop->crypto);
}

void shop_reopen(struct shop *shop) {
    store_close(shop->store);
    open_store(shop);
}

void shop_restart(struct shop *shop) {
    party_stop(shop->context.service, shop->context.state);
    start_service(shop);
}

struct script {
    struct store *store;
    const char *text;
};

static bool run_script(struct session *session, void *context) {
    const struct script *script = context;
    sql_script(session, script->store, script->text);
    return true;
}

void shop_script(struct shop *shop, const char *text) {
    struct arena arena;
    struct failure failure;
    struct script script = {shop->store, text};
    arena_init(&arena, &host_memory);
    must(store_write(shop->store, &arena, run_script, &script, &failure) == STORE_DONE, &failure);
    arena_free(&arena);
}

static int remove_entry(const char *path, const struct stat *about, int kind, struct FTW *place) {
    (void)about, (void)kind, (void)place;
    return remove(path);
}

void shop_close(struct shop *shop) {
    store_close(shop->store);
    party_stop(shop->context.service, shop->context.state);
    nftw(shop->directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    crypto_openssl_free(shop->crypto);
}

void shop_on_every_engine(const struct service *service, void (*check)(struct shop *shop)) {
    for (enum engine engine = 0; engine < ENGINES; engine++) {
        struct shop shop;
        shop_open(&shop, service, engine);
        check(&shop);
        shop_close(&shop);
    }
}

static void finished(struct exchange *exchange) {
    ++*(unsigned *)exchange->shell;
}

static void take_headers(struct told *told, const struct answer *answer) {
    for (size_t i = 0; i < answer->header_count; i++) {
        const struct answer_header *header = &answer->headers[i];
        if (strcmp(header->name, "Idempotent-Replayed") == 0)
            told->replayed = true;
        if (strcmp(header->name, "Allow") == 0)
            snprintf(told->allow, sizeof told->allow, "%s", header->value);
        if (strcmp(header->name, "ETag") == 0)
            snprintf(told->etag, sizeof told->etag, "%s", header->value);
        if (strcmp(header->name, "Content-Range") == 0)
            snprintf(told->range, sizeof told->range, "%s", header->value);
        if (strcmp(header->name, "Retry-After") == 0)
            snprintf(told->retry_after, sizeof told->retry_after, "%s", header->value);
    }
}

static void take_file(struct told *told, const struct answer *answer) {
    size_t most = answer->size < sizeof told->body ? (size_t)answer->size : sizeof told->body;
    ssize_t got = pread(answer->file, told->body, most, (off_t)answer->offset);
    told->file_size = got >= 0 ? (size_t)answer->size : SIZE_MAX;
    close(answer->file);
}

struct told shop_ask(struct shop *shop, const struct peer *peer, const char *method,
                     const char *target, const char *key, const char *body) {
    const struct request request = {.method = method,
                                    .target = target,
                                    .key = key,
                                    .content_type = body != NULL ? "application/json" : NULL,
                                    .body = bytes_of_string(body != NULL ? body : ""),
                                    .peer = *peer};
    return shop_request(shop, &request);
}

struct told shop_request(struct shop *shop, const struct request *request) {
    struct told told = {0};
    struct admission admission;
    unsigned count = 0;
    struct exchange exchange = {
        .request = *request,
        .answer = {.file = -1},
        .finish = finished,
        .shell = &count,
    };
    arena_init(&exchange.arena, shop->context.memory);
    if (shop->front.listener.admit(&shop->front.listener, &exchange, &admission))
        shop->front.listener.take(&shop->front.listener, &exchange);
    else
        count++;
    if (count != 1)
        abort(); // an exchange is finished once
    told.status = exchange.answer.status;
    snprintf(told.type, sizeof told.type, "%s",
             exchange.answer.content_type != NULL ? exchange.answer.content_type : "");
    if (exchange.answer.file >= 0)
        take_file(&told, &exchange.answer);
    else
        snprintf(told.body, sizeof told.body, "%.*s", (int)exchange.answer.body.size,
                 (const char *)exchange.answer.body.data);
    take_headers(&told, &exchange.answer);
    arena_free(&exchange.arena);
    return told;
}

// ---- dumps -------------------------------------------------------------------------------------

struct dump {
    const struct statement *queries;
    size_t count;
    struct buffer out;
};

static bool dump_row(void *context, const struct value *row) {
    struct dump *dump = context;
    const char *letters = dump->queries->out;
    for (size_t i = 0; letters[i] != '\0'; i++) {
        char number[24];
        snprintf(number, sizeof number, "%" PRId64, row[i].number);
        buffer_text(&dump->out, i > 0 ? "|" : "");
        if (row[i].kind == VALUE_INT)
            buffer_text(&dump->out, number);
        else if (row[i].kind == VALUE_TEXT)
            buffer_put(&dump->out, row[i].octets);
        else if (row[i].kind == VALUE_OCTETS)
            buffer_format(&dump->out, "%H", row[i].octets);
    }
    buffer_text(&dump->out, "\n");
    return true;
}

static bool dump_all(struct session *session, void *context) {
    struct dump *dump = context;
    for (size_t i = 0; i < dump->count; i++, dump->queries++)
        sql_each(session, dump->queries, NULL, dump_row, dump);
    return true;
}

void shop_dump(struct shop *shop, const struct statement *queries, size_t count, char *out,
               size_t capacity) {
    struct arena arena;
    struct failure failure;
    struct dump dump = {queries, count, {0}};
    arena_init(&arena, &host_memory);
    buffer_init(&dump.out, &host_memory);
    must(store_read(shop->store, &arena, dump_all, &dump, &failure) == STORE_DONE, &failure);
    snprintf(out, capacity, "%s", buffer_string(&dump.out));
    buffer_free(&dump.out);
    arena_free(&arena);
}
