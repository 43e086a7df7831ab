// SPDX-License-Identifier: Apache-2.0
#include "tests/kit/batch/foreign.h"
#include "card/applets.h"

#include "apdu/octets/status.h"
#include "apdu/octets/tlv.h"
#include "personalization/cards/piv/piv_factory.h"
#include "readers/link/emu.h"
#include "readers/vpcd.h"
#include "tests/kit/support.h"

#include <errno.h>
#include <openssl/evp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { AES_192 = 0x0A, TRIPLE_DES = 0x03 };

/// A link over a foreign card.
struct foreign_end {
    struct link link;
    struct foreign *foreign;
};

const uint8_t foreign_management_key[24] = {1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4,
                                            5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8};

static size_t answer_hex(const char *text, uint8_t *answer, size_t capacity) {
    return from_hex(text, answer, capacity);
}

static size_t answer_sw(uint16_t sw, uint8_t *answer) {
    bytes_put_be(answer, 2, sw);
    return 2;
}

static bool begins(struct bytes command, const uint8_t *octets, size_t size) {
    return command.size >= size && memcmp(command.data, octets, size) == 0;
}

// ---- a management key in 3DES, over a card that only knows AES ---------------------------------

static void triple_des(bool encrypt, const uint8_t *in, uint8_t *out) {
    int size = 0;
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    EVP_CipherInit_ex2(context, EVP_des_ede3_ecb(), foreign_management_key, NULL, encrypt, NULL);
    EVP_CIPHER_CTX_set_padding(context, 0);
    EVP_CipherUpdate(context, out, &size, in, 8);
    EVP_CIPHER_CTX_free(context);
}

/// The card inside is shown its own key.
static void unlock_inside(struct foreign *foreign) {
    static const uint8_t ask[] = {0x00, 0x87, AES_192, 0x9B, 0x04, 0x7C, 0x02, 0x81, 0x00, 0x00};
    static const uint8_t zero[AES_BLOCK_SIZE];
    uint8_t answer[300], prove[11 + AES_BLOCK_SIZE] = {0x00, 0x87, AES_192, 0x9B,          20,
                                                       0x7C, 18,   0x82,    AES_BLOCK_SIZE};
    size_t size = 0;
    link_transmit(foreign->inside, BYTES_OF(ask), answer, sizeof answer, &size);
    foreign->crypto->ops->aes_cbc(foreign->crypto, true, BYTES_OF(foreign_management_key), zero,
                                  answer + 4, prove + 9, AES_BLOCK_SIZE);
    link_transmit(foreign->inside, bytes_of(prove, 9 + AES_BLOCK_SIZE), answer, sizeof answer,
                  &size);
}

static size_t manage(struct foreign *foreign, struct bytes command, uint8_t *answer) {
    struct tlv outer, witness, challenge;
    struct bytes data = bytes_of(command.data + 5, command.data[4]);
    uint8_t head[] = {0x7C, 0x0A, 0x80, 0x08};
    if (!tlv_find(data, 0x7C, &outer) || !tlv_find(outer.value, 0x80, &witness))
        return answer_sw(SW_WRONG_DATA, answer);
    memcpy(answer, head, sizeof head);
    bytes_put_be(answer + 12, 2, SW_OK);
    if (witness.value.size == 0) {
        foreign->crypto->ops->random(foreign->crypto, foreign->witness, 8);
        triple_des(true, foreign->witness, answer + 4);
        return 14;
    }
    if (!tlv_find(outer.value, 0x81, &challenge) || challenge.value.size != 8 ||
        memcmp(witness.value.data, foreign->witness, 8) != 0)
        return answer_sw(SW_SECURITY_STATUS, answer);
    unlock_inside(foreign);
    answer[2] = 0x82;
    triple_des(true, challenge.value.data, answer + 4);
    return 14;
}

// ---- a tag -------------------------------------------------------------------------------------

static size_t tag_select(struct foreign_tag *tag, struct bytes command, uint8_t *answer) {
    static const uint8_t application[] = {0x00, 0xA4, 0x04, 0x00, 0x07, 0xD2,
                                          0x76, 0x00, 0x00, 0x85, 0x01, 0x01};
    if (begins(command, application, sizeof application)) {
        tag->selected = 1;
        return answer_sw(SW_OK, answer);
    }
    if (tag->selected == 0 || command.size < 7 || command.data[2] != 0)
        return answer_sw(SW_NOT_FOUND, answer);
    uint16_t file = (uint16_t)bytes_get_be(command.data + 5, 2);
    if (file != 0xE103 && file != 0xE104)
        return answer_sw(SW_NOT_FOUND, answer);
    tag->selected = file;
    return answer_sw(SW_OK, answer);
}

static size_t tag_access(struct foreign_tag *tag, struct bytes command, uint8_t *answer) {
    bool container = tag->selected == 0xE103, writing = command.data[1] == 0xD6;
    uint8_t *file = container ? tag->container : tag->file;
    size_t room = container ? sizeof tag->container : (size_t)bytes_get_be(tag->container + 11, 2);
    size_t offset = (size_t)bytes_get_be(command.data + 2, 2), size = command.data[4];
    size_t most = (size_t)bytes_get_be(tag->container + (writing ? 5 : 3), 2);
    if (tag->selected < 0xE103)
        return answer_sw(SW_CONDITIONS, answer);
    if (offset + size > room || size > most)
        return answer_sw(SW_WRONG_LENGTH, answer);
    if (!writing) {
        memcpy(answer, file + offset, size);
        return size + answer_sw(SW_OK, answer + size);
    }
    if (tag->container[14] != 0 || (container && (tag->sticky || offset != 14)))
        return answer_sw(SW_SECURITY_STATUS, answer);
    memcpy(file + offset, command.data + 5, size);
    return answer_sw(SW_OK, answer);
}

static size_t tag_transmit(struct foreign_tag *tag, struct bytes command, uint8_t *answer) {
    switch (command.data[1]) {
    case 0xA4:
        return tag_select(tag, command, answer);
    case 0xB0:
    case 0xD6:
        return tag_access(tag, command, answer);
    default:
        return answer_sw(SW_INS_NOT_SUPPORTED, answer);
    }
}

// ---- link --------------------------------------------------------------------------------------

static bool prepared(const struct foreign *foreign, struct bytes command, uint8_t *answer,
                     size_t capacity, size_t *size) {
    uint8_t head[64];
    for (size_t i = 0; i < foreign->answer_count; i++)
        if (begins(command, head, from_hex(foreign->answers[i].command, head, sizeof head))) {
            *size = answer_hex(foreign->answers[i].answer, answer, capacity);
            return true;
        }
    return false;
}

static size_t respond(struct foreign *foreign, struct bytes command, uint8_t *answer,
                      size_t capacity) {
    static const uint8_t get_cplc[] = {0x80, 0xCA, 0x9F, 0x7F};
    static const uint8_t get_uid[] = {0xFF, 0xCA, 0x00, 0x00};
    static const uint8_t manage_3des[] = {0x00, 0x87, TRIPLE_DES, 0x9B};
    static const uint8_t manage_aes[] = {0x00, 0x87, AES_192, 0x9B};
    size_t size = 0;
    if (prepared(foreign, command, answer, capacity, &size))
        return size;
    if (begins(command, get_cplc, sizeof get_cplc))
        return foreign->cplc[0] != '\0' ? answer_hex(foreign->cplc, answer, capacity)
                                        : answer_sw(SW_REFERENCE_NOT_FOUND, answer);
    if (foreign->uid[0] != '\0' && begins(command, get_uid, sizeof get_uid))
        return answer_hex(foreign->uid, answer, capacity);
    if (foreign->management == TRIPLE_DES && begins(command, manage_3des, sizeof manage_3des))
        return manage(foreign, command, answer);
    if (foreign->management == TRIPLE_DES && begins(command, manage_aes, sizeof manage_aes))
        return answer_sw(SW_WRONG_P1P2, answer);
    if (foreign->is_tag)
        return tag_transmit(&foreign->tag, command, answer);
    if (foreign->inside == NULL)
        return answer_sw(SW_INS_NOT_SUPPORTED, answer);
    link_transmit(foreign->inside, command, answer, capacity, &size);
    return size;
}

static enum link_status pulled(struct link *link) {
    snprintf(link->error, sizeof link->error, "the card was pulled out");
    return LINK_BROKEN;
}

static enum link_status end_transmit(struct link *link, struct bytes command, uint8_t *answer,
                                     size_t capacity, size_t *size) {
    struct foreign *foreign = ((struct foreign_end *)link)->foreign;
    bool last = foreign->cut == 0;
    if (foreign->cut > 0)
        foreign->cut--;
    if (last && !foreign->cut_behind)
        return pulled(link);
    foreign->asked[command.data[1]]++;
    foreign->commands++;
    *size = respond(foreign, command, answer, capacity);
    return last ? pulled(link) : LINK_OK;
}

static enum link_status end_reset(struct link *link, enum link_reset kind, uint8_t *atr,
                                  size_t capacity, size_t *size) {
    struct foreign *foreign = ((struct foreign_end *)link)->foreign;
    if (foreign->inside != NULL)
        link_reset(foreign->inside, kind, NULL, 0, NULL);
    foreign->tag.selected = 0;
    *size = from_hex(foreign->atr, atr, capacity);
    return LINK_OK;
}

static void end_close(struct link *link) {
    free(link);
}

static const struct link_ops end_ops = {end_transmit, end_reset, end_close};

struct link *foreign_link(struct foreign *foreign) {
    struct foreign_end *end = calloc(1, sizeof *end);
    end->foreign = foreign;
    end->link = (struct link){.ops = &end_ops, .command_max = 2048, .answer_max = 2048};
    snprintf(end->link.name, sizeof end->link.name, "foreign");
    return &end->link;
}

// ---- making ------------------------------------------------------------------------------------

static void must(bool good, const char *what) {
    if (good)
        return;
    fprintf(stderr, "foreign: %s\n", what);
    abort();
}

struct foreign *foreign_fixed(const char *atr, const struct foreign_answer *answers, size_t count) {
    struct foreign *foreign = calloc(1, sizeof *foreign);
    must(foreign != NULL, "out of memory");
    foreign->atr = atr;
    foreign->answers = answers;
    foreign->answer_count = count;
    foreign->cut = FOREIGN_NEVER;
    foreign->crypto = crypto_openssl_new_seeded(3);
    return foreign;
}

struct foreign *foreign_domain(uint8_t number) {
    uint8_t serial[8] = {0xC0, 0xDE, 0, 0, 0, 0, 0, number};
    struct foreign *foreign = foreign_fixed("3B6A00000031C064A0B00108", NULL, 0);
    snprintf(foreign->cplc, sizeof foreign->cplc,
             "9F7F2A479051680000000000001234AABBCC%02X0001%048d9000", number, 0);
    foreign->card = calloc(1, card_context_size());
    memory_port_open(&foreign->memory, foreign->image, sizeof foreign->image);
    foreign->ports =
        (struct card_ports){&foreign->memory.nvm, foreign->crypto, .rom = &standard_rom};
    must(foreign->card != NULL && card_format(&foreign->ports, serial) == CARD_OK &&
             card_power_on(foreign->card, &foreign->ports) == CARD_OK,
         "no card");
    foreign->inside = emu_link_over(foreign->card, &foreign->ports, CARD_CONTACT, NULL);
    return foreign;
}

struct foreign *foreign_piv(uint8_t number, uint8_t algorithm) {
    struct foreign *foreign = foreign_domain(number);
    struct gp_session session;
    struct piv_order order = {.pin = "123456", .puk = "12345678", .management_size = 24};
    struct link *factory = emu_link_over(foreign->card, &foreign->ports, CARD_INTERNAL, NULL);
    memcpy(order.management_key, foreign_management_key, sizeof foreign_management_key);
    must(gp_open_factory(&session, factory, foreign->crypto) == GP_OK &&
             piv_install(&session, &order) == GP_OK,
         "no PIV application");
    gp_close(&session);
    link_close(factory);
    foreign->management = algorithm;
    return foreign;
}

struct foreign *foreign_tag(uint8_t number) {
    static const uint8_t container[] = {0x00, 0x0F, 0x20, 0x00, 0x3B, 0x00, 0x34, 0x04,
                                        0x06, 0xE1, 0x04, 0x01, 0x00, 0x00, 0x00};
    struct foreign *foreign = foreign_fixed("3B8180018080", NULL, 0);
    foreign->is_tag = true;
    snprintf(foreign->uid, sizeof foreign->uid, "04AABBCCDDEE%02X9000", number);
    memcpy(foreign->tag.container, container, sizeof container);
    return foreign;
}

void foreign_free(struct foreign *foreign) {
    link_close(foreign->inside);
    free(foreign->card);
    crypto_openssl_free(foreign->crypto);
    free(foreign);
}

// ---- behind a virtual reader -------------------------------------------------------------------

static void on_power(void *context, enum vpcd_power what) {
    struct link *link = context;
    uint8_t atr[VPCD_ATR_MAX];
    size_t size = 0;
    if (what != VPCD_POWER_OFF)
        link_reset(link, LINK_RESET_COLD, atr, sizeof atr, &size);
}

static size_t on_atr(void *context, uint8_t atr[VPCD_ATR_MAX]) {
    return from_hex(((struct foreign_end *)context)->foreign->atr, atr, VPCD_ATR_MAX);
}

static size_t on_transmit(void *context, struct bytes command, uint8_t *answer, size_t capacity) {
    size_t size = 0;
    return link_transmit(context, command, answer, capacity, &size) == LINK_OK ? size : 0;
}

int foreign_serve(struct foreign *foreign, const char *reader) {
    static struct vpcd vpcd;
    struct link *link = foreign_link(foreign);
    const struct vpcd_card card = {on_power, on_atr, on_transmit, link};
    char host[64], port[8];
    enum vpcd_result result = VPCD_SERVED;
    vpcd_init(&vpcd);
    if (strncmp(reader, "vpcd:", 5) != 0 ||
        !vpcd_address(reader + 5, host, sizeof host, port, sizeof port))
        return 2;
    for (int tries = 0; !vpcd_connect(&vpcd, host, port); tries++)
        if (errno != ECONNREFUSED || tries > 500 || poll(NULL, 0, 20) != 0)
            return 3;
    while (result == VPCD_SERVED &&
           poll(&(struct pollfd){.fd = vpcd.socket, .events = POLLIN}, 1, -1) >= 0)
        result = vpcd_serve(&vpcd, &card);
    link_close(link);
    return 0;
}
