// SPDX-License-Identifier: Apache-2.0
#include "personalization/cards/factory.h"
#include "personalization/authority/lists/hotlist.h"

#include "apdu/command/perso_card.h"
#include "apdu/command/perso_ndef.h"
#include "apdu/command/tickets.h"
#include "apdu/object/marks.h"
#include "apdu/object/object.h"
#include "apdu/octets/status.h"
#include "apdu/octets/unit.h"

#include <string.h>

enum { BLOCK_MAX = 2048 };

/// One card on the factory.
struct factory {
    struct link *link;
    const struct factory_order *order;
    const struct factory_authority *authority;
    const struct factory_channel *channel;
    const struct crypto *crypto;
    struct failure *failure;
    struct gp_session domain; // its security domain
};

struct factory_order factory_order_for(const char *id, uint16_t roles) {
    static const uint16_t units[] = {UNIT_JPY, UNIT_POINT};
    return (struct factory_order){.id = id,
                                  .roles = roles,
                                  .enterprise = "",
                                  .options = PURSE_FREE_READING,
                                  .units = units,
                                  .unit_count = sizeof units / sizeof units[0],
                                  .limits = {.balance = FACTORY_NO_LIMIT,
                                             .single = FACTORY_NO_LIMIT,
                                             .no_pin_single = 1000000,
                                             .no_pin_sum = 1000000000000,
                                             .no_pin_count = 0xFFFF,
                                             .offline_count = 1000000,
                                             .offline_sum = 1000000000000},
                                  .tries = 3,
                                  .assurance = ASSURANCE_EMULATED};
}

// ---- commands --------------------------------------------------------------------------------

static bool link_failed(struct factory *factory, const char *step, enum link_status status) {
    enum exit_code code = status == LINK_NO_CARD  ? EXIT_ABSENT
                          : status == LINK_LOCKED ? EXIT_LOCKED
                                                  : EXIT_OPEN;
    return fail(factory->failure, code, "%s: %s: %s", factory->link->name, step,
                factory->link->error);
}

static bool refused(struct factory *factory, const char *step, uint16_t sw) {
    return fail(factory->failure, EXIT_REFUSED, "%s: %s: the card answers %04X (%s)",
                factory->link->name, step, sw, status_text(sw));
}

/// Judges what the security domain answered.
static bool domain_did(struct factory *factory, enum gp_status status, const char *step) {
    if (status == GP_OK)
        return true;
    if (status == GP_LINK)
        return link_failed(factory, step, factory->domain.link_status);
    if (status == GP_REFUSED)
        return refused(factory, step, factory->domain.sw);
    const char *reason = factory->domain.reason;
    return fail(factory->failure, EXIT_REFUSED, "%s: %s: %s%s%s", factory->link->name, step,
                gp_status_text(status), reason != NULL ? ": " : "", reason != NULL ? reason : "");
}

static bool enter_domain(struct factory *factory) {
    struct bytes by_default = {NULL, 0};
    const struct factory_channel *channel = factory->channel;
    enum gp_status status =
        gp_open(&factory->domain, factory->link, factory->crypto, by_default, channel->version,
                GP_LEVEL_FULL, channel->keys, channel->context);
    if (status == GP_OK && channel->opened != NULL)
        *channel->opened = true;
    return domain_did(factory, status, "open the security domain");
}

static const uint8_t purse_aid[] = AID_PURSE, tickets_aid[] = AID_TICKETS;

static bool has_purse(const struct factory *factory) {
    return (factory->order->roles & ROLE_PURSES) != 0;
}

static bool has_tickets(const struct factory *factory) {
    return (factory->order->roles & ROLE_STORE) != 0;
}

static bool install(struct factory *factory, struct bytes aid, const char *step) {
    uint8_t roles[PERSO_INSTALL_SIZE];
    bytes_put_be(roles, sizeof roles, factory->order->roles);
    return domain_did(factory, gp_install(&factory->domain, aid, aid, BYTES_OF(roles)), step);
}

/// The roles decide which of the two stand on the card; both share its identity.
static bool install_all(struct factory *factory) {
    return (!has_purse(factory) || install(factory, BYTES_OF(purse_aid), "install the purse")) &&
           (!has_tickets(factory) ||
            install(factory, BYTES_OF(tickets_aid), "install the ticket store"));
}

static bool aim_at_purse(struct factory *factory) {
    return domain_did(factory, gp_aim(&factory->domain, BYTES_OF(purse_aid)),
                      "personalize the purse");
}

static bool aim_at_tickets(struct factory *factory) {
    return domain_did(factory, gp_aim(&factory->domain, BYTES_OF(tickets_aid)),
                      "personalize the ticket store");
}

/// A data grouping, with those that are kept for it in one block, one transaction of the card.
static bool store(struct factory *factory, uint16_t dgi, struct bytes value, bool last,
                  const char *step) {
    return domain_did(factory, gp_store(&factory->domain, dgi, value, last), step);
}

// ---- steps -----------------------------------------------------------------------------------

static void put_limit(struct tlv_writer *out, enum field field, uint64_t value) {
    if (value != FACTORY_NO_LIMIT)
        tlv_put_uint(out, field_specs[field].tag, value);
}

static void put_text(struct tlv_writer *out, enum field field, const char *text) {
    if (text != NULL)
        tlv_put(out, field_specs[field].tag, bytes_of_string(text));
}

static bool store_name(struct factory *factory) {
    const struct factory_order *order = factory->order;
    uint8_t data[64];
    struct tlv_writer out = tlv_writer_over(data, sizeof data);
    tlv_put(&out, field_specs[FIELD_CENTER].tag, factory->authority->center_name);
    put_text(&out, FIELD_HOLDER, order->id);
    tlv_put_uint(&out, field_specs[FIELD_ASSURANCE].tag, (uint64_t)order->assurance);
    if (!has_purse(factory))
        return store(factory, PERSO_NAME, tlv_writer_bytes(&out), false, "name the card");
    gp_hold(&factory->domain, PERSO_NAME, tlv_writer_bytes(&out)); // the profile takes it along
    return true;
}

static bool store_profile(struct factory *factory) {
    const struct factory_order *order = factory->order;
    const struct factory_limits *limits = &order->limits;
    uint8_t data[256], units[2 * PERSO_UNITS_MAX];
    struct tlv_writer out = tlv_writer_over(data, sizeof data);
    if (order->unit_count > PERSO_UNITS_MAX)
        return fail(factory->failure, EXIT_USAGE, "%zu units; a purse has room for %d",
                    order->unit_count, PERSO_UNITS_MAX);
    for (size_t i = 0; i < order->unit_count; i++)
        bytes_put_be(units + 2 * i, 2, order->units[i]);
    put_text(&out, FIELD_DEVICE, order->device);
    put_text(&out, FIELD_USER, order->user);
    tlv_put(&out, PURSE_TAG_OPTIONS, bytes_of(&order->options, 1));
    tlv_put(&out, PERSO_TAG_UNITS, bytes_of(units, 2 * order->unit_count));
    put_limit(&out, FIELD_LIMIT_BALANCE, limits->balance);
    put_limit(&out, FIELD_LIMIT_SINGLE, limits->single);
    put_limit(&out, FIELD_NO_PIN_SINGLE, limits->no_pin_single);
    put_limit(&out, FIELD_NO_PIN_SUM, limits->no_pin_sum);
    put_limit(&out, FIELD_NO_PIN_COUNT, limits->no_pin_count);
    put_limit(&out, FIELD_OFFLINE_COUNT, limits->offline_count);
    put_limit(&out, FIELD_OFFLINE_SUM, limits->offline_sum);
    return store(factory, PERSO_PROFILE, tlv_writer_bytes(&out), false, "store name and profile");
}

bool factory_order_follow(struct factory_order *order, size_t earlier, struct failure *failure) {
    enum { GENERATION_BITS = 24, GENERATIONS = 200 };
    _Static_assert(GENERATIONS < 1 << (32 - GENERATION_BITS),
                   "counters of the last card have room");
    if (earlier == 0)
        return true;
    if (earlier > GENERATIONS)
        return fail(failure, EXIT_REFUSED, "%s was given to %zu cards; choose a new id", order->id,
                    earlier);
    uint32_t first = (uint32_t)earlier << GENERATION_BITS | 1;
    order->first_counter = order->first_n = order->first_state = first;
    return true;
}

static bool store_counters(struct factory *factory) {
    const struct factory_order *order = factory->order;
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
    return store(factory, PERSO_COUNTERS, tlv_writer_bytes(&out), false, "store the counters");
}

/// kept: another one follows, which takes it along.
static bool store_secret(struct factory *factory, uint16_t dgi, const char *digits, bool kept,
                         const char *step) {
    uint8_t data[1 + 12];
    bool done = true;
    size_t size = digits != NULL ? strlen(digits) : 0;
    if (size == 0)
        return true;
    if (size < 4 || size > 12 || strspn(digits, "0123456789") != size)
        return fail(factory->failure, EXIT_USAGE, "%s: 4 to 12 digits are expected", step);
    data[0] = factory->order->tries;
    memcpy(data + 1, digits, size);
    if (kept)
        gp_hold(&factory->domain, dgi, bytes_of(data, 1 + size));
    else
        done = store(factory, dgi, bytes_of(data, 1 + size), false, step);
    bytes_erase(data, sizeof data);
    return done;
}

static bool store_trust(struct factory *factory) {
    if (!store(factory, PERSO_ROOT, factory->authority->root, false, "store the root certificate"))
        return false;
    for (size_t i = 0; i < factory->authority->issuing_count; i++)
        if (!store(factory, PERSO_ISSUING, factory->authority->issuing[i], false,
                   "store an issuing certificate"))
            return false;
    return true;
}

/// Asked for in the very session that drew the keys.
static bool certify(struct factory *factory, uint8_t *certificate, size_t capacity, size_t *size) {
    enum gp_status status = GP_OK;
    struct evidence *evidence = evidence_take(&factory->domain, &status);
    if (evidence == NULL)
        return domain_did(factory, status, "read the certificate request");
    struct factory_request request = {.order = factory->order, .evidence = evidence};
    bool done = factory->authority->certify(factory->authority->context, &request, certificate,
                                            capacity, size, factory->failure);
    evidence_free(evidence);
    return done;
}

static bool store_marks(struct factory *factory, struct bytes marks) {
    uint8_t data[2 + MARKS_PART_MAX];
    bool done = true;
    for (size_t i = 0; done && marks_part(marks, i).size > 0; i++) {
        struct bytes part = marks_part(marks, i);
        bytes_put_be(data, 2, i);
        memcpy(data + 2, part.data, part.size);
        done = store(factory, PERSO_HOTLIST_PART, bytes_of(data, 2 + part.size), false,
                     "store a part of the hotlist");
    }
    return done;
}

/// Its object behind the center's certificate, then its marks.
static bool store_list(struct factory *factory, struct bytes list) {
    uint8_t data[BLOCK_MAX];
    struct tlv_writer out = tlv_writer_over(data, sizeof data);
    struct object object;
    if (!object_decode(list, &object))
        return fail(factory->failure, EXIT_REFUSED, "the hotlist is not in its exact form");
    size_t head = object.whole.size;
    tlv_put_raw(&out, factory->authority->center);
    tlv_put_raw(&out, object.whole);
    return store(factory, PERSO_HOTLIST, tlv_writer_bytes(&out), false, "store the hotlist") &&
           store_marks(factory, bytes_of(list.data + head, list.size - head));
}

static bool store_hotlist(struct factory *factory) {
    const struct factory_authority *authority = factory->authority;
    struct ca_list list;
    if (authority->hotlist == NULL)
        return true;
    if (!authority->hotlist(authority->context, factory->order->roles, &list, factory->failure))
        return false;
    bool done = store_list(factory, bytes_of(list.octets, list.size));
    ca_list_free(&list);
    return done;
}

/// From here on nobody opens the card without its new keys.
static bool replace_keys(struct factory *factory) {
    const struct factory_channel *channel = factory->channel;
    if (factory->domain.card.version != GP_PUBLISHED_VERSION || channel->new_keys == NULL)
        return true; // it has keys of its own already
    return domain_did(factory,
                      gp_put_keys(&factory->domain, 0, channel->new_version, channel->new_keys),
                      "replace the security domain's keys");
}

static bool secure_card(struct factory *factory) {
    static const uint8_t secured[] = {0x0F};
    return store(factory, PERSO_CARD_LIFE_CYCLE, BYTES_OF(secured), true, "secure the card");
}

static bool store_secrets(struct factory *factory) {
    const char *pin = factory->order->pin, *puk = factory->order->puk;
    bool both = puk != NULL && puk[0] != '\0';
    return store_secret(factory, PERSO_PIN, pin, both, "store the PIN") &&
           store_secret(factory, PERSO_PUK, puk, false, "store PIN and PUK");
}

/// Begins with the identity, through whichever application the card has.
static bool fill_card(struct factory *factory) {
    const struct bytes empty = {NULL, 0};
    return install_all(factory) &&
           (has_purse(factory) ? aim_at_purse(factory) : aim_at_tickets(factory)) &&
           store_name(factory) && (!has_purse(factory) || store_profile(factory)) &&
           (!has_purse(factory) || store_counters(factory)) &&
           store(factory, PERSO_GENERATE_KEYS, empty, false, "generate the keys") &&
           store_trust(factory) && (!has_purse(factory) || store_secrets(factory));
}

static bool certify_card(struct factory *factory) {
    uint8_t certificate[CERTIFICATE_MAX];
    size_t size = 0;
    return certify(factory, certificate, sizeof certificate, &size) &&
           store(factory, PERSO_CERTIFICATE, bytes_of(certificate, size), false,
                 "store the certificate") &&
           store_hotlist(factory);
}

/// As with the card's own certificate (evidence_spend): whoever has the published keys could
/// answer.
static bool is_credible(struct factory *factory) {
    const struct factory_order *order = factory->order;
    return order->identity->assurance != ASSURANCE_HARDWARE ||
           factory->domain.card.version != GP_PUBLISHED_VERSION ||
           fail(factory->failure, EXIT_REFUSED,
                "%s: a card with the published key set cannot show that it is hardware; give it "
                "keys of its own first (profile gp-keys)",
                order->id);
}

static bool fill_identity(struct factory *factory) {
    const struct piv_order *identity = factory->order->identity;
    if (identity == NULL)
        return true;
    return is_credible(factory) &&
           domain_did(factory, piv_install(&factory->domain, identity), "install PIV") &&
           piv_fill(factory->link, identity, &factory->authority->identity, factory->crypto,
                    factory->failure) &&
           enter_domain(factory);
}

static bool fill_tag(struct factory *factory) {
    static const uint8_t aid[] = {0xD2, 0x76, 0x00, 0x00, 0x85, 0x01, 0x01};
    const struct bytes empty = {NULL, 0};
    if (factory->order->ndef.size == 0)
        return true;
    return domain_did(factory, gp_install(&factory->domain, BYTES_OF(aid), BYTES_OF(aid), empty),
                      "install the NDEF tag") &&
           domain_did(factory, gp_aim(&factory->domain, BYTES_OF(aid)),
                      "personalize the NDEF tag") &&
           store(factory, PERSO_NDEF_DGI_MESSAGE, factory->order->ndef, true,
                 "store the NDEF message");
}

/// A pipe may say that something is absent; only the card's own list under the channel's MAC proves
/// it: here, that it holds what was made and nothing that somebody left or put there.
static bool holds_nothing_else(struct factory *factory) {
    const struct factory_order *order = factory->order;
    struct gp_application list[GP_APPLICATIONS_MAX];
    size_t made = (size_t)has_purse(factory) + has_tickets(factory) + (order->identity != NULL) +
                  (order->ndef.size > 0);
    size_t count = 0;
    if (!domain_did(factory, gp_applications(&factory->domain, list, &count), "list what it holds"))
        return false;
    return count == made ||
           fail(factory->failure, EXIT_REFUSED,
                "%s: the card holds %zu applications, of which this order made %zu",
                factory->link->name, count, made);
}

static bool finish_purse(struct factory *factory) {
    const struct bytes empty = {NULL, 0};
    return !has_purse(factory) || store(factory, PERSO_FINISH, empty, true, "finish the purse");
}

/// A further card of an id counts on from where none of the earlier ones came.
static bool store_first_number(struct factory *factory) {
    uint8_t data[8];
    struct tlv_writer out = tlv_writer_over(data, sizeof data);
    if (factory->order->first_n == 0)
        return true;
    tlv_put_uint(&out, field_specs[FIELD_N].tag, factory->order->first_n);
    return store(factory, PERSO_COUNTERS, tlv_writer_bytes(&out), false, "store the first number");
}

static bool finish_tickets(struct factory *factory) {
    const struct bytes empty = {NULL, 0};
    uint8_t data[4];
    struct tlv_writer out = tlv_writer_over(data, sizeof data);
    tlv_put(&out, TICKETS_TAG_OPTIONS, bytes_of(&factory->order->options, 1));
    return !has_tickets(factory) ||
           ((!has_purse(factory) || aim_at_tickets(factory)) &&
            store(factory, PERSO_TICKETS_PROFILE, tlv_writer_bytes(&out), false,
                  "store the ticket store's options") &&
            store_first_number(factory) && store_secrets(factory) &&
            store(factory, PERSO_FINISH, empty, true, "finish the ticket store"));
}

static bool finish(struct factory *factory) {
    return holds_nothing_else(factory) && replace_keys(factory) && finish_purse(factory) &&
           finish_tickets(factory) && secure_card(factory);
}

static bool personalize(struct factory *factory) {
    bool done = enter_domain(factory) && fill_tag(factory) && fill_identity(factory) &&
                fill_card(factory) && certify_card(factory) && finish(factory);
    gp_close(&factory->domain);
    return done;
}

/// A card whose keys nobody is to have: drawn, put in, forgotten.
static bool personalize_for_nobody(struct factory *factory) {
    enum { DRAWN_VERSION = 1, DRAWN_SIZE = 16 };
    const struct crypto *crypto = factory->crypto;
    struct scp03_keys keys = {.size = DRAWN_SIZE};
    struct factory_channel channel = {
        .keys = gp_published_keys, .new_keys = &keys, .new_version = DRAWN_VERSION};
    factory->channel = &channel;
    bool done =
        (crypto->ops->random(crypto, keys.enc, DRAWN_SIZE) &&
         crypto->ops->random(crypto, keys.mac, DRAWN_SIZE) &&
         crypto->ops->random(crypto, keys.dek, DRAWN_SIZE)) ||
        fail(factory->failure, EXIT_REFUSED, "no randomness for the security domain's keys");
    done = done && personalize(factory);
    factory->channel = NULL;
    bytes_erase(&keys, sizeof keys);
    return done;
}

bool factory_personalize(struct link *link, const struct factory_order *order,
                         const struct factory_authority *authority,
                         const struct factory_channel *channel, const struct crypto *crypto,
                         struct failure *failure) {
    struct factory factory = {.link = link,
                              .order = order,
                              .authority = authority,
                              .channel = channel,
                              .crypto = crypto,
                              .failure = failure};
    return channel != NULL ? personalize(&factory) : personalize_for_nobody(&factory);
}
