// SPDX-License-Identifier: Apache-2.0
#include "personalization/bench.h"

#include "apdu/catalogue.h"
#include "apdu/exchange.h"
#include "apdu/perso_card.h"
#include "apdu/unit.h"

#include <string.h>

enum { ANSWER_MAX = 2048, BLOCK_MAX = 2048 };

/// One card on the bench.
struct bench {
    struct link *link;
    const struct bench_order *order;
    const struct bench_authority *authority;
    const struct crypto *crypto;
    struct failure *failure;
    uint8_t block; // of STORE DATA
    uint8_t answer[ANSWER_MAX];
    struct bytes data; // last answer, into answer
};

struct bench_order bench_order_for(const char *id, uint16_t roles) {
    static const uint16_t units[] = {UNIT_JPY, UNIT_POINT};
    return (struct bench_order){.id = id,
                                .roles = roles,
                                .enterprise = "",
                                .options = PURSE_FREE_READING,
                                .units = units,
                                .unit_count = sizeof units / sizeof units[0],
                                .limits = {.balance = BENCH_NO_LIMIT,
                                           .single = BENCH_NO_LIMIT,
                                           .no_pin_single = 1000000,
                                           .no_pin_sum = 1000000000000,
                                           .no_pin_count = 0xFFFF,
                                           .offline_count = 1000000,
                                           .offline_sum = 1000000000000},
                                .tries = 3};
}

// ---- commands --------------------------------------------------------------------------------

static bool link_failed(struct bench *bench, const char *step, enum link_status status) {
    enum exit_code code = status == LINK_NO_CARD  ? EXIT_ABSENT
                          : status == LINK_LOCKED ? EXIT_LOCKED
                                                  : EXIT_OPEN;
    return fail(bench->failure, code, "%s: %s: %s", bench->link->name, step, bench->link->error);
}

static bool send(struct bench *bench, enum command_id id, uint8_t p1, uint8_t p2, struct bytes data,
                 const char *step) {
    const struct catalogue_command *row = &catalogue[id];
    struct apdu_command command = {.cla = row->cla,
                                   .ins = row->ins,
                                   .p1 = p1,
                                   .p2 = p2,
                                   .data = data,
                                   .le = APDU_SHORT_LE_MAX};
    struct apdu_response response;
    if ((row->cases & (CASE_2 | CASE_4)) == 0)
        command.le = 0;
    enum link_status status =
        exchange(bench->link, &command, bench->answer, sizeof bench->answer, &response, NULL);
    if (status != LINK_OK)
        return link_failed(bench, step, status);
    bench->data = response.data;
    if (status_is_ok(response.sw))
        return true;
    return fail(bench->failure, EXIT_REFUSED, "%s: %s: the card answers %04X (%s)",
                bench->link->name, step, response.sw, status_text(response.sw));
}

static bool select_aid(struct bench *bench, struct bytes aid, const char *step) {
    return send(bench, COMMAND_SELECT, 0x04, 0x00, aid, step);
}

static void put_value(struct tlv_writer *out, struct bytes value) {
    uint8_t size = (uint8_t)value.size;
    tlv_put_raw(out, bytes_of(&size, 1));
    tlv_put_raw(out, value);
}

static const uint8_t purse_aid[] = AID_PURSE;
static const uint8_t isd_aid[] = AID_ISD;

static bool install(struct bench *bench) {
    uint8_t data[64], parameters[8], roles[PERSO_INSTALL_SIZE];
    static const uint8_t no_privileges[] = {0x00};
    const struct bytes empty = {NULL, 0};
    struct tlv_writer inner = tlv_writer_over(parameters, sizeof parameters);
    bytes_put_be(roles, sizeof roles, bench->order->roles);
    tlv_put(&inner, 0xC9, BYTES_OF(roles));
    struct tlv_writer out = tlv_writer_over(data, sizeof data);
    put_value(&out, empty);
    put_value(&out, BYTES_OF(purse_aid));
    put_value(&out, BYTES_OF(purse_aid));
    put_value(&out, BYTES_OF(no_privileges));
    put_value(&out, tlv_writer_bytes(&inner));
    put_value(&out, empty);
    return send(bench, COMMAND_ISD_INSTALL, INSTALL_AND_MAKE_SELECTABLE, 0x00,
                tlv_writer_bytes(&out), "install the purse");
}

static bool aim_at_purse(struct bench *bench) {
    uint8_t data[32];
    const struct bytes empty = {NULL, 0};
    struct tlv_writer out = tlv_writer_over(data, sizeof data);
    put_value(&out, empty);
    put_value(&out, empty);
    put_value(&out, BYTES_OF(purse_aid));
    for (int i = 0; i < 3; i++)
        put_value(&out, empty);
    bench->block = 0;
    return send(bench, COMMAND_ISD_INSTALL, INSTALL_FOR_PERSONALIZATION, 0x00,
                tlv_writer_bytes(&out), "personalize the purse");
}

/// One data grouping, one block, one transaction of the card.
static bool store(struct bench *bench, uint16_t dgi, struct bytes value, uint8_t last,
                  const char *step) {
    uint8_t data[BLOCK_MAX], header[5];
    size_t header_size = value.size < 0xFF ? 3 : 5;
    bytes_put_be(header, 2, dgi);
    header[2] = value.size < 0xFF ? (uint8_t)value.size : 0xFF;
    bytes_put_be(header + 3, 2, value.size);
    struct tlv_writer out = tlv_writer_over(data, sizeof data);
    tlv_put_raw(&out, bytes_of(header, header_size));
    tlv_put_raw(&out, value);
    bool done = tlv_writer_ok(&out) ||
                fail(bench->failure, EXIT_REFUSED, "%s: more than %d octets", step, BLOCK_MAX);
    done = done && send(bench, COMMAND_ISD_STORE_DATA, STORE_DATA_DGI | last, bench->block++,
                        tlv_writer_bytes(&out), step);
    bytes_erase(data, sizeof data);
    return done;
}

// ---- steps -----------------------------------------------------------------------------------

static void put_limit(struct tlv_writer *out, enum field field, uint64_t value) {
    if (value != BENCH_NO_LIMIT)
        tlv_put_uint(out, field_specs[field].tag, value);
}

static void put_text(struct tlv_writer *out, enum field field, const char *text) {
    if (text != NULL)
        tlv_put(out, field_specs[field].tag, bytes_of_string(text));
}

static bool store_profile(struct bench *bench) {
    const struct bench_order *order = bench->order;
    const struct bench_limits *limits = &order->limits;
    uint8_t data[256], units[2 * PERSO_UNITS_MAX];
    struct tlv_writer out = tlv_writer_over(data, sizeof data);
    if (order->unit_count > PERSO_UNITS_MAX)
        return fail(bench->failure, EXIT_USAGE, "%zu units; a purse has room for %d",
                    order->unit_count, PERSO_UNITS_MAX);
    for (size_t i = 0; i < order->unit_count; i++)
        bytes_put_be(units + 2 * i, 2, order->units[i]);
    put_text(&out, FIELD_HOLDER, order->id);
    put_text(&out, FIELD_DEVICE, order->device);
    put_text(&out, FIELD_USER, order->user);
    tlv_put_uint(&out, field_specs[FIELD_ASSURANCE].tag, ASSURANCE_EMULATED);
    tlv_put(&out, PURSE_TAG_OPTIONS, bytes_of(&order->options, 1));
    tlv_put(&out, PERSO_TAG_UNITS, bytes_of(units, 2 * order->unit_count));
    put_limit(&out, FIELD_LIMIT_BALANCE, limits->balance);
    put_limit(&out, FIELD_LIMIT_SINGLE, limits->single);
    put_limit(&out, FIELD_NO_PIN_SINGLE, limits->no_pin_single);
    put_limit(&out, FIELD_NO_PIN_SUM, limits->no_pin_sum);
    put_limit(&out, FIELD_NO_PIN_COUNT, limits->no_pin_count);
    put_limit(&out, FIELD_OFFLINE_COUNT, limits->offline_count);
    put_limit(&out, FIELD_OFFLINE_SUM, limits->offline_sum);
    return store(bench, PERSO_PROFILE, tlv_writer_bytes(&out), 0, "store the profile");
}

static bool store_counters(struct bench *bench) {
    const struct bench_order *order = bench->order;
    uint8_t data[32];
    struct tlv_writer out = tlv_writer_over(data, sizeof data);
    if (order->first_counter == 0 && order->first_n == 0 && order->first_state == 0)
        return true;
    if (order->first_counter != 0)
        tlv_put_uint(&out, field_specs[FIELD_COUNTER].tag, order->first_counter);
    if (order->first_n != 0)
        tlv_put_uint(&out, field_specs[FIELD_N].tag, order->first_n);
    if (order->first_state != 0)
        tlv_put_uint(&out, field_specs[FIELD_STATE_NUMBER].tag, order->first_state);
    return store(bench, PERSO_COUNTERS, tlv_writer_bytes(&out), 0, "store the counters");
}

static bool store_secret(struct bench *bench, uint16_t dgi, const char *digits, const char *step) {
    uint8_t data[1 + 12];
    size_t size = digits != NULL ? strlen(digits) : 0;
    if (size == 0)
        return true;
    if (size < 4 || size > 12 || strspn(digits, "0123456789") != size)
        return fail(bench->failure, EXIT_USAGE, "%s: 4 to 12 digits are expected", step);
    data[0] = bench->order->tries;
    memcpy(data + 1, digits, size);
    bool done = store(bench, dgi, bytes_of(data, 1 + size), 0, step);
    bytes_erase(data, sizeof data);
    return done;
}

static bool store_trust(struct bench *bench) {
    if (!store(bench, PERSO_ROOT, bench->authority->root, 0, "store the root certificate"))
        return false;
    for (size_t i = 0; i < bench->authority->issuing_count; i++)
        if (!store(bench, PERSO_ISSUING, bench->authority->issuing[i], 0,
                   "store an issuing certificate"))
            return false;
    return true;
}

static bool read_request(struct bench *bench) {
    static const uint8_t no_data[1] = {0};
    return send(bench, COMMAND_PURSE_GET_DATA, PURSE_DATA_REQUEST >> 8, PURSE_DATA_REQUEST & 0xFF,
                bytes_of(no_data, 0), "read the certificate request");
}

/// The request is for this holder and these roles, and its maker has the signing key.
static bool check_request(struct bench *bench, const struct object *object,
                          struct bench_request *request) {
    uint8_t roles[2];
    bytes_put_be(roles, sizeof roles, bench->order->roles);
    if (!bytes_equal(object->fields[FIELD_HOLDER], bytes_of_string(bench->order->id)) ||
        !bytes_equal(object->fields[FIELD_ROLES], BYTES_OF(roles)))
        return fail(bench->failure, EXIT_REFUSED,
                    "the card's certificate request names another holder or role");
    if (!object_verify(object, bench->crypto, object->fields[FIELD_SIGNING_KEY].data))
        return fail(bench->failure, EXIT_REFUSED,
                    "the card's certificate request is not signed by its own key");
    *request = (struct bench_request){.order = bench->order,
                                      .assurance = ASSURANCE_EMULATED,
                                      .signing_point = object->fields[FIELD_SIGNING_KEY].data,
                                      .kem_point = object->fields[FIELD_KEM_KEY].data};
    if (object_uint(object, FIELD_ASSURANCE) == ASSURANCE_HARDWARE)
        request->assurance = ASSURANCE_HARDWARE;
    return true;
}

static bool certify(struct bench *bench, uint8_t *certificate, size_t capacity, size_t *size) {
    struct object object;
    struct bench_request request;
    if (!read_request(bench))
        return false;
    if (!object_decode_as(OBJECT_CERTIFICATE_REQUEST, bench->data, &object))
        return fail(bench->failure, EXIT_REFUSED,
                    "the card's certificate request is not in its exact form");
    return check_request(bench, &object, &request) &&
           bench->authority->certify(bench->authority->context, &request, certificate, capacity,
                                     size, bench->failure);
}

static bool store_hotlist(struct bench *bench) {
    uint8_t data[BLOCK_MAX];
    struct tlv_writer out = tlv_writer_over(data, sizeof data);
    if (bench->authority->center.size == 0)
        return true;
    tlv_put_raw(&out, bench->authority->center);
    tlv_put_raw(&out, bench->authority->hotlist);
    return store(bench, PERSO_HOTLIST, tlv_writer_bytes(&out), 0, "store the hotlist");
}

static bool close_bench(struct bench *bench) {
    static const uint8_t secured[] = {0x0F};
    bench->block = 0;
    return select_aid(bench, BYTES_OF(isd_aid), "select the security domain") &&
           store(bench, PERSO_CARD_LIFE_CYCLE, BYTES_OF(secured), STORE_DATA_LAST,
                 "close the factory bench");
}

bool bench_personalize(struct link *link, const struct bench_order *order,
                       const struct bench_authority *authority, const struct crypto *crypto,
                       struct failure *failure) {
    struct bench bench = {
        .link = link, .order = order, .authority = authority, .crypto = crypto, .failure = failure};
    uint8_t certificate[CERTIFICATE_MAX];
    size_t size = 0;
    const struct bytes empty = {NULL, 0};
    return select_aid(&bench, BYTES_OF(isd_aid), "select the security domain") && install(&bench) &&
           aim_at_purse(&bench) && store_profile(&bench) && store_counters(&bench) &&
           store(&bench, PERSO_GENERATE_KEYS, empty, 0, "draw the keys") && store_trust(&bench) &&
           store_secret(&bench, PERSO_PIN, order->pin, "store the PIN") &&
           store_secret(&bench, PERSO_PUK, order->puk, "store the PUK") &&
           select_aid(&bench, BYTES_OF(purse_aid), "select the purse") &&
           certify(&bench, certificate, sizeof certificate, &size) &&
           select_aid(&bench, BYTES_OF(isd_aid), "select the security domain") &&
           aim_at_purse(&bench) &&
           store(&bench, PERSO_CERTIFICATE, bytes_of(certificate, size), 0,
                 "store the certificate") &&
           store_hotlist(&bench) &&
           store(&bench, PERSO_CLOSE, empty, STORE_DATA_LAST, "finish the purse") &&
           close_bench(&bench);
}
