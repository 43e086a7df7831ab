// SPDX-License-Identifier: Apache-2.0
#include "personalization/bench.h"

#include "apdu/perso_card.h"
#include "apdu/perso_ndef.h"
#include "apdu/status.h"
#include "apdu/unit.h"

#include <string.h>

enum { BLOCK_MAX = 2048 };

/// One card on the bench.
struct bench {
    struct link *link;
    const struct bench_order *order;
    const struct bench_authority *authority;
    const struct bench_channel *channel;
    const struct crypto *crypto;
    struct failure *failure;
    struct gp_session domain; // its security domain
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
                                .tries = 3,
                                .assurance = ASSURANCE_EMULATED};
}

// ---- commands --------------------------------------------------------------------------------

static bool link_failed(struct bench *bench, const char *step, enum link_status status) {
    enum exit_code code = status == LINK_NO_CARD  ? EXIT_ABSENT
                          : status == LINK_LOCKED ? EXIT_LOCKED
                                                  : EXIT_OPEN;
    return fail(bench->failure, code, "%s: %s: %s", bench->link->name, step, bench->link->error);
}

static bool refused(struct bench *bench, const char *step, uint16_t sw) {
    return fail(bench->failure, EXIT_REFUSED, "%s: %s: the card answers %04X (%s)",
                bench->link->name, step, sw, status_text(sw));
}

/// Judges what the security domain answered.
static bool domain_did(struct bench *bench, enum gp_status status, const char *step) {
    if (status == GP_OK)
        return true;
    if (status == GP_LINK)
        return link_failed(bench, step, bench->domain.link_status);
    if (status == GP_REFUSED)
        return refused(bench, step, bench->domain.sw);
    const char *reason = bench->domain.reason;
    return fail(bench->failure, EXIT_REFUSED, "%s: %s: %s%s%s", bench->link->name, step,
                gp_status_text(status), reason != NULL ? ": " : "", reason != NULL ? reason : "");
}

static bool enter_domain(struct bench *bench) {
    struct bytes by_default = {NULL, 0};
    const struct bench_channel *channel = bench->channel;
    return domain_did(bench,
                      gp_open(&bench->domain, bench->link, bench->crypto, by_default,
                              channel->version, GP_LEVEL_FULL, channel->keys, channel->context),
                      "open the security domain");
}

static const uint8_t purse_aid[] = AID_PURSE;

static bool install(struct bench *bench) {
    uint8_t roles[PERSO_INSTALL_SIZE];
    bytes_put_be(roles, sizeof roles, bench->order->roles);
    return domain_did(
        bench,
        gp_install(&bench->domain, BYTES_OF(purse_aid), BYTES_OF(purse_aid), BYTES_OF(roles)),
        "install the purse");
}

static bool aim_at_purse(struct bench *bench) {
    return domain_did(bench, gp_aim(&bench->domain, BYTES_OF(purse_aid)), "personalize the purse");
}

/// One data grouping, one block, one transaction of the card.
static bool store(struct bench *bench, uint16_t dgi, struct bytes value, bool last,
                  const char *step) {
    return domain_did(bench, gp_store(&bench->domain, dgi, value, last), step);
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
    tlv_put_uint(&out, field_specs[FIELD_ASSURANCE].tag, (uint64_t)order->assurance);
    tlv_put(&out, PURSE_TAG_OPTIONS, bytes_of(&order->options, 1));
    tlv_put(&out, PERSO_TAG_UNITS, bytes_of(units, 2 * order->unit_count));
    put_limit(&out, FIELD_LIMIT_BALANCE, limits->balance);
    put_limit(&out, FIELD_LIMIT_SINGLE, limits->single);
    put_limit(&out, FIELD_NO_PIN_SINGLE, limits->no_pin_single);
    put_limit(&out, FIELD_NO_PIN_SUM, limits->no_pin_sum);
    put_limit(&out, FIELD_NO_PIN_COUNT, limits->no_pin_count);
    put_limit(&out, FIELD_OFFLINE_COUNT, limits->offline_count);
    put_limit(&out, FIELD_OFFLINE_SUM, limits->offline_sum);
    return store(bench, PERSO_PROFILE, tlv_writer_bytes(&out), false, "store the profile");
}

bool bench_order_follow(struct bench_order *order, size_t earlier, struct failure *failure) {
    enum { GENERATION_BITS = 24, GENERATIONS = 200 };
    if (earlier == 0)
        return true;
    if (earlier > GENERATIONS)
        return fail(failure, EXIT_REFUSED, "%s was given to %zu cards; choose a new id", order->id,
                    earlier);
    uint32_t first = (uint32_t)earlier << GENERATION_BITS | 1;
    order->first_counter = order->first_n = order->first_state = first;
    return true;
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
    return store(bench, PERSO_COUNTERS, tlv_writer_bytes(&out), false, "store the counters");
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
    bool done = store(bench, dgi, bytes_of(data, 1 + size), false, step);
    bytes_erase(data, sizeof data);
    return done;
}

static bool store_trust(struct bench *bench) {
    if (!store(bench, PERSO_ROOT, bench->authority->root, false, "store the root certificate"))
        return false;
    for (size_t i = 0; i < bench->authority->issuing_count; i++)
        if (!store(bench, PERSO_ISSUING, bench->authority->issuing[i], false,
                   "store an issuing certificate"))
            return false;
    return true;
}

/// Asked for in the very session that drew the keys.
static bool certify(struct bench *bench, uint8_t *certificate, size_t capacity, size_t *size) {
    enum gp_status status = GP_OK;
    struct evidence *evidence = evidence_take(&bench->domain, &status);
    if (evidence == NULL)
        return domain_did(bench, status, "read the certificate request");
    struct bench_request request = {.order = bench->order, .evidence = evidence};
    bool done = bench->authority->certify(bench->authority->context, &request, certificate,
                                          capacity, size, bench->failure);
    evidence_free(evidence);
    return done;
}

static bool store_hotlist(struct bench *bench) {
    uint8_t data[BLOCK_MAX];
    struct tlv_writer out = tlv_writer_over(data, sizeof data);
    if (bench->authority->center.size == 0)
        return true;
    tlv_put_raw(&out, bench->authority->center);
    tlv_put_raw(&out, bench->authority->hotlist);
    return store(bench, PERSO_HOTLIST, tlv_writer_bytes(&out), false, "store the hotlist");
}

/// From here on nobody opens the card without its new keys.
static bool replace_keys(struct bench *bench) {
    const struct bench_channel *channel = bench->channel;
    if (bench->domain.card.version != GP_PUBLISHED_VERSION || channel->new_keys == NULL)
        return true; // it has keys of its own already
    return domain_did(bench,
                      gp_put_keys(&bench->domain, 0, channel->new_version, channel->new_keys),
                      "replace the security domain's keys");
}

static bool secure_card(struct bench *bench) {
    static const uint8_t secured[] = {0x0F};
    return store(bench, PERSO_CARD_LIFE_CYCLE, BYTES_OF(secured), true, "secure the card");
}

static bool fill_purse(struct bench *bench) {
    const struct bytes empty = {NULL, 0};
    return install(bench) && aim_at_purse(bench) && store_profile(bench) && store_counters(bench) &&
           store(bench, PERSO_GENERATE_KEYS, empty, false, "draw the keys") && store_trust(bench) &&
           store_secret(bench, PERSO_PIN, bench->order->pin, "store the PIN") &&
           store_secret(bench, PERSO_PUK, bench->order->puk, "store the PUK");
}

static bool certify_purse(struct bench *bench) {
    uint8_t certificate[CERTIFICATE_MAX];
    size_t size = 0;
    return certify(bench, certificate, sizeof certificate, &size) &&
           store(bench, PERSO_CERTIFICATE, bytes_of(certificate, size), false,
                 "store the certificate") &&
           store_hotlist(bench);
}

static bool fill_identity(struct bench *bench) {
    const struct piv_order *identity = bench->order->identity;
    if (identity == NULL)
        return true;
    return domain_did(bench, piv_install(&bench->domain, identity), "install PIV") &&
           piv_fill(bench->link, identity, &bench->authority->identity, bench->crypto,
                    bench->failure) &&
           enter_domain(bench);
}

static bool fill_tag(struct bench *bench) {
    static const uint8_t aid[] = {0xD2, 0x76, 0x00, 0x00, 0x85, 0x01, 0x01};
    const struct bytes empty = {NULL, 0};
    if (bench->order->ndef.size == 0)
        return true;
    return domain_did(bench, gp_install(&bench->domain, BYTES_OF(aid), BYTES_OF(aid), empty),
                      "install the NDEF tag") &&
           domain_did(bench, gp_aim(&bench->domain, BYTES_OF(aid)), "personalize the NDEF tag") &&
           store(bench, PERSO_NDEF_DGI_MESSAGE, bench->order->ndef, true, "store the NDEF message");
}

static bool finish(struct bench *bench) {
    const struct bytes empty = {NULL, 0};
    return replace_keys(bench) && store(bench, PERSO_CLOSE, empty, true, "finish the purse") &&
           secure_card(bench);
}

static bool personalize(struct bench *bench) {
    bool done = enter_domain(bench) && fill_tag(bench) && fill_identity(bench) &&
                fill_purse(bench) && certify_purse(bench) && finish(bench);
    gp_close(&bench->domain);
    return done;
}

/// A card whose keys nobody is to have: drawn, put in, forgotten.
static bool personalize_for_nobody(struct bench *bench) {
    enum { DRAWN_VERSION = 1, DRAWN_SIZE = 16 };
    const struct crypto *crypto = bench->crypto;
    struct scp03_keys keys = {.size = DRAWN_SIZE};
    struct bench_channel channel = {
        .keys = gp_published_keys, .new_keys = &keys, .new_version = DRAWN_VERSION};
    bench->channel = &channel;
    bool done = (crypto->ops->random(crypto, keys.enc, DRAWN_SIZE) &&
                 crypto->ops->random(crypto, keys.mac, DRAWN_SIZE) &&
                 crypto->ops->random(crypto, keys.dek, DRAWN_SIZE)) ||
                fail(bench->failure, EXIT_REFUSED, "no randomness for the security domain's keys");
    done = done && personalize(bench);
    bench->channel = NULL;
    bytes_erase(&keys, sizeof keys);
    return done;
}

bool bench_personalize(struct link *link, const struct bench_order *order,
                       const struct bench_authority *authority, const struct bench_channel *channel,
                       const struct crypto *crypto, struct failure *failure) {
    struct bench bench = {.link = link,
                          .order = order,
                          .authority = authority,
                          .channel = channel,
                          .crypto = crypto,
                          .failure = failure};
    return channel != NULL ? personalize(&bench) : personalize_for_nobody(&bench);
}
