// SPDX-License-Identifier: Apache-2.0
#include "tests/kit/scene/issuer.h"

#include "apdu/command/applets/os_commands.h"
#include "apdu/command/catalogue.h"

#include "apdu/command/perso_card.h"
#include "card/os/context.h"
#include "tests/kit/documented.h"
#include "tests/kit/support.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    uint8_t version, size, first;
} sets[ISSUER_SETS] = {[SET_PUBLISHED] = {0xFF, 16, 0x40},
                       [SET_A] = {0x01, 16, 0x11},
                       [SET_B] = {0x02, 32, 0x23},
                       [SET_B_AGAIN] = {0x02, 24, 0x35},
                       [SET_C] = {0x03, 16, 0x57}};

// ---- the pipe ----------------------------------------------------------------------------------

static void meddle(const struct issuer *issuer, uint8_t *answer, size_t *size) {
    if (issuer->wrong_bit / 8 < *size)
        answer[issuer->wrong_bit / 8] ^= (uint8_t)(1U << issuer->wrong_bit % 8);
    if (issuer->cut_to < *size)
        *size = issuer->cut_to;
}

static enum link_status pass(struct link *link, struct bytes command, uint8_t *answer,
                             size_t capacity, size_t *size) {
    struct issuer *issuer = (struct issuer *)link;
    struct scene_card *card = issuer->card;
    const struct applet *applet = card->card->instances[card->card->selected].applet;
    *size = card_transmit(card->card, card->interface, command, answer, capacity);
    card->sw = (uint16_t)bytes_get_be(answer + *size - 2, 2);
    if (!status_is_documented(applet->application->name, command, card->sw))
        issuer->undocumented++;
    if (card->scene->on_answer != NULL)
        card->scene->on_answer(card->scene, card, command);
    if (issuer->honest_answers-- == 0)
        meddle(issuer, answer, size);
    return LINK_OK;
}

static enum link_status reset(struct link *link, enum link_reset kind, uint8_t *atr,
                              size_t capacity, size_t *size) {
    (void)link, (void)kind, (void)atr, (void)capacity, (void)size;
    return LINK_UNSUPPORTED;
}

static void leave(struct link *link) {
    free(link);
}

static const struct link_ops ops = {pass, reset, leave};

struct issuer *issuer_at(struct scene_card *card) {
    struct issuer *issuer = calloc(1, sizeof *issuer);
    if (issuer == NULL)
        abort();
    issuer->link = (struct link){.ops = &ops,
                                 .name = "issuer",
                                 .command_max = APDU_SHORT_COMMAND_MAX,
                                 .answer_max = APDU_SHORT_LE_MAX + 2};
    issuer->card = card;
    issuer->honest_answers = issuer->wrong_bit = issuer->cut_to = SIZE_MAX;
    return issuer;
}

void issuer_leave(struct issuer *issuer) {
    link_close(&issuer->link);
}

struct bytes issuer_aid(const char *name) {
    const struct application *application = catalogue_application(name);
    if (application == NULL)
        abort();
    return bytes_of(application->aid, application->aid_size);
}

// ---- keys --------------------------------------------------------------------------------------

uint8_t issuer_version(enum issuer_set set) {
    return sets[set].version;
}

struct scp03_keys issuer_keys(enum issuer_set set) {
    struct scp03_keys keys = {.size = sets[set].size};
    bool one = set == SET_PUBLISHED; // the same key three times
    for (uint8_t i = 0; i < keys.size; i++) {
        keys.enc[i] = (uint8_t)(sets[set].first + i);
        keys.mac[i] = (uint8_t)(keys.enc[i] + (one ? 0 : 0x40));
        keys.dek[i] = (uint8_t)(keys.enc[i] + (one ? 0 : 0x80));
    }
    return keys;
}

static bool give_keys(void *context, const struct gp_card *card, struct scp03_keys *keys,
                      const char **reason) {
    (void)card, (void)reason;
    *keys = issuer_keys(*(const enum issuer_set *)context);
    return true;
}

bool issuer_give_keys(void *context, const struct gp_card *card, struct scp03_keys *keys,
                      const char **reason) {
    (void)context, (void)reason;
    for (enum issuer_set set = 0; set < ISSUER_SETS; set++) {
        *keys = issuer_keys(set);
        if (sets[set].version == card->version)
            return true;
    }
    return false;
}

enum gp_status issuer_open_with(struct issuer *issuer, enum issuer_set set, uint8_t level) {
    return gp_open(&issuer->session, &issuer->link, issuer->card->scene->crypto, (struct bytes){0},
                   sets[set].version, level, give_keys, &set);
}

enum gp_status issuer_open(struct issuer *issuer) {
    enum gp_status status = GP_REFUSED;
    for (enum issuer_set set = 0; set < ISSUER_SETS && status != GP_OK; set++)
        status = issuer_open_with(issuer, set, FULL_LEVEL);
    return status;
}

// ---- in the channel ----------------------------------------------------------------------------

/// The status word; 0 when the session broke.
static uint16_t judged(const struct issuer *issuer, enum gp_status status) {
    return status == GP_OK || status == GP_REFUSED ? issuer->session.sw : 0;
}

uint16_t issuer_put(struct issuer *issuer, uint8_t old, enum issuer_set set) {
    struct scp03_keys keys = issuer_keys(set);
    return judged(issuer, gp_put_keys(&issuer->session, old, sets[set].version, &keys));
}

uint16_t issuer_install(struct issuer *issuer, const char *applet, struct bytes parameters) {
    struct bytes aid = issuer_aid(applet);
    return judged(issuer, gp_install(&issuer->session, aid, aid, parameters));
}

uint16_t issuer_delete(struct issuer *issuer, const char *applet) {
    return judged(issuer, gp_delete(&issuer->session, issuer_aid(applet)));
}

uint16_t issuer_store(struct issuer *issuer, const char *applet, uint16_t dgi, struct bytes value) {
    if (applet != NULL && gp_aim(&issuer->session, issuer_aid(applet)) != GP_OK)
        return issuer->session.sw;
    return judged(issuer, gp_store(&issuer->session, dgi, value, true));
}

uint16_t issuer_secure(struct issuer *issuer, uint8_t ins, uint8_t p1, uint8_t p2,
                       struct bytes data) {
    struct apdu_command command = {.cla = 0x80, .ins = ins, .p1 = p1, .p2 = p2, .data = data};
    return judged(issuer, gp_send(&issuer->session, &command));
}

uint16_t issuer_set_status(struct issuer *issuer, uint8_t p1, uint8_t state, const char *applet) {
    return issuer_secure(issuer, 0xF0, p1, state,
                         applet != NULL ? issuer_aid(applet) : (struct bytes){0});
}

// ---- plain -------------------------------------------------------------------------------------

uint16_t issuer_send(struct issuer *issuer, const struct catalogue_command *row, uint8_t p1,
                     uint8_t p2, struct bytes data) {
    struct apdu_command command = {
        .cla = row->cla, .ins = row->ins, .p1 = p1, .p2 = p2, .data = data};
    struct apdu_response response = {0};
    bool answers = (row->cases & (data.size > 0 ? CASE_4 : CASE_2)) != 0;
    command.le = answers ? APDU_SHORT_LE_MAX : 0;
    if (exchange(&issuer->link, &command, issuer->session.answer, sizeof issuer->session.answer,
                 &response, NULL) != LINK_OK)
        return 0;
    issuer->session.answer_size = response.data.size;
    return response.sw;
}

uint16_t issuer_select(struct issuer *issuer, const char *applet) {
    return issuer_send(issuer, &os_commands[COMMAND_SELECT], 0x04, 0x00, issuer_aid(applet));
}

uint16_t issuer_raw(struct issuer *issuer, const char *hex) {
    uint8_t command[APDU_SHORT_COMMAND_MAX], answer[APDU_SHORT_LE_MAX + 2];
    size_t size = 0;
    size_t wire = from_hex(hex, command, sizeof command);
    link_transmit(&issuer->link, bytes_of(command, wire), answer, sizeof answer, &size);
    memcpy(issuer->session.answer, answer, size - 2);
    issuer->session.answer_size = size - 2;
    return issuer->card->sw;
}

// ---- PIV ---------------------------------------------------------------------------------------

enum { MANAGER_SIZE = 32, PADDED = 8 };

static const uint8_t manager[1 + MANAGER_SIZE] = {0x0C, 0x9B, 0x01, 0x9B, 0x02, 0x9B, 0x03, 0x9B,
                                                  0x04, 0x9B, 0x05, 0x9B, 0x06, 0x9B, 0x07};

struct bytes issuer_manager(void) {
    return BYTES_OF(manager);
}

uint16_t issuer_prove(struct issuer *issuer) {
    static const uint8_t ask[] = {0x7C, 0x02, 0x81, 0x00}, zero[AES_BLOCK_SIZE];
    uint8_t proof[4 + AES_BLOCK_SIZE] = {0x7C, 0x12, 0x82, 0x10};
    const struct crypto *crypto = issuer->card->scene->crypto;
    uint16_t sw = issuer_select(issuer, "piv");
    if (sw == SW_OK)
        sw = issuer_send(issuer, &piv_commands[COMMAND_PIV_AUTHENTICATE], manager[0], 0x9B,
                         BYTES_OF(ask));
    if (sw != SW_OK || issuer->session.answer_size != sizeof proof)
        return sw;
    crypto->ops->aes_cbc(crypto, true, bytes_of(manager + 1, MANAGER_SIZE), zero,
                         issuer->session.answer + 4, proof + 4, AES_BLOCK_SIZE);
    return issuer_send(issuer, &piv_commands[COMMAND_PIV_AUTHENTICATE], manager[0], 0x9B,
                       BYTES_OF(proof));
}

static void put_tag(struct tlv_writer *out, uint32_t tag) {
    uint8_t name[3];
    bytes_put_be(name, sizeof name, tag);
    tlv_put(out, 0x5C, BYTES_OF(name));
}

uint16_t issuer_put_object(struct issuer *issuer, uint32_t tag, uint8_t fill, size_t size) {
    uint8_t data[2048], content[2000];
    struct tlv_writer out = tlv_writer_over(data, sizeof data);
    for (size_t i = 0; i < size; i++)
        content[i] = (uint8_t)(fill + i * 7);
    put_tag(&out, tag);
    tlv_put(&out, 0x53, bytes_of(content, size));
    return issuer_send(issuer, &piv_commands[COMMAND_PIV_PUT_DATA], 0x3F, 0xFF,
                       tlv_writer_bytes(&out));
}

uint16_t issuer_get_object(struct issuer *issuer, uint32_t tag) {
    uint8_t data[8];
    struct tlv_writer out = tlv_writer_over(data, sizeof data);
    put_tag(&out, tag);
    return issuer_send(issuer, &piv_commands[COMMAND_PIV_GET_DATA], 0x3F, 0xFF,
                       tlv_writer_bytes(&out));
}

uint16_t issuer_generate(struct issuer *issuer, uint8_t reference, uint8_t algorithm) {
    const uint8_t template[] = {0xAC, 0x03, 0x80, 0x01, algorithm};
    return issuer_send(issuer, &piv_commands[COMMAND_PIV_GENERATE], 0x00, reference,
                       BYTES_OF(template));
}

static void pad(const char *pin, uint8_t out[PADDED]) {
    memset(out, 0xFF, PADDED);
    memcpy(out, pin, strlen(pin) < PADDED ? strlen(pin) : PADDED);
}

uint16_t issuer_verify(struct issuer *issuer, const char *pin) {
    uint8_t data[PADDED];
    if (pin == NULL)
        return issuer_send(issuer, &piv_commands[COMMAND_PIV_VERIFY], 0x00, 0x80,
                           (struct bytes){0});
    pad(pin, data);
    return issuer_send(issuer, &piv_commands[COMMAND_PIV_VERIFY], 0x00, 0x80, BYTES_OF(data));
}

uint16_t issuer_pair(struct issuer *issuer, enum piv_command id, const char *first,
                     const char *second) {
    uint8_t data[2 * PADDED];
    pad(first, data);
    pad(second, data + PADDED);
    return issuer_send(issuer, &piv_commands[id], piv_commands[id].p1, piv_commands[id].p2,
                       BYTES_OF(data));
}

uint16_t issuer_sign(struct issuer *issuer, uint8_t reference) {
    uint8_t data[38] = {0x7C, 36, 0x82, 0, 0x81, 32, 'd', 'i', 'g', 'e', 's', 't'};
    return issuer_send(issuer, &piv_commands[COMMAND_PIV_AUTHENTICATE], 0x11, reference,
                       BYTES_OF(data));
}
