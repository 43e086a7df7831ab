// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/bench_ops.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "readers/vpcd.h"
#include "tests/bench/bench.h"

// ---- primitives --------------------------------------------------------------------------------

static struct bench_ops *ops_of(const struct crypto *crypto) {
    return crypto->context;
}

static bool add(const struct crypto *crypto, double begin, bool done) {
    struct bench_ops *ops = ops_of(crypto);
    ops->spent += bench_now_us() - begin - ops->clock;
    return done;
}

#define MEASURED(name, parameters, arguments)                                                      \
    static bool measured_##name parameters {                                                       \
        const struct crypto *inside = ops_of(crypto)->inside;                                      \
        double begin = bench_now_us();                                                             \
        return add(crypto, begin, inside->ops->name arguments);                                    \
    }
MEASURED(random, (const struct crypto *crypto, uint8_t *out, size_t size), (inside, out, size))
MEASURED(sha256, (const struct crypto *crypto, struct bytes in, uint8_t out[SHA256_SIZE]),
         (inside, in, out))
MEASURED(p256_generate,
         (const struct crypto *crypto, uint8_t scalar[P256_SCALAR_SIZE],
          uint8_t point[P256_COMPRESSED_SIZE]),
         (inside, scalar, point))
MEASURED(ecdsa_sign,
         (const struct crypto *crypto, const uint8_t scalar[P256_SCALAR_SIZE], struct bytes message,
          uint8_t signature[ECDSA_SIZE]),
         (inside, scalar, message, signature))
MEASURED(ecdsa_sign_digest,
         (const struct crypto *crypto, const uint8_t scalar[P256_SCALAR_SIZE],
          const uint8_t digest[SHA256_SIZE], uint8_t signature[ECDSA_SIZE]),
         (inside, scalar, digest, signature))
MEASURED(ecdsa_verify,
         (const struct crypto *crypto, const uint8_t point[P256_COMPRESSED_SIZE],
          struct bytes message, const uint8_t signature[ECDSA_SIZE]),
         (inside, point, message, signature))
MEASURED(ecdh,
         (const struct crypto *crypto, const uint8_t scalar[P256_SCALAR_SIZE],
          const uint8_t point[P256_COMPRESSED_SIZE], uint8_t shared[32]),
         (inside, scalar, point, shared))
MEASURED(p256_expand,
         (const struct crypto *crypto, const uint8_t point[P256_COMPRESSED_SIZE],
          uint8_t expanded[P256_POINT_SIZE]),
         (inside, point, expanded))
MEASURED(rsa_generate,
         (const struct crypto *crypto, uint8_t key[RSA_KEY_SIZE], uint8_t modulus[RSA_2048_SIZE]),
         (inside, key, modulus))
MEASURED(rsa_private,
         (const struct crypto *crypto, const uint8_t key[RSA_KEY_SIZE],
          const uint8_t in[RSA_2048_SIZE], uint8_t out[RSA_2048_SIZE]),
         (inside, key, in, out))
MEASURED(aes_cmac,
         (const struct crypto *crypto, struct bytes key, struct bytes message,
          uint8_t mac[AES_BLOCK_SIZE]),
         (inside, key, message, mac))
MEASURED(aes_cbc,
         (const struct crypto *crypto, bool encrypt, struct bytes key,
          const uint8_t iv[AES_BLOCK_SIZE], const uint8_t *in, uint8_t *out, size_t size),
         (inside, encrypt, key, iv, in, out, size))
MEASURED(des_cbc,
         (const struct crypto *crypto, bool encrypt, struct bytes key,
          const uint8_t iv[DES_BLOCK_SIZE], const uint8_t *in, uint8_t *out, size_t size),
         (inside, encrypt, key, iv, in, out, size))
MEASURED(hmac_sha256,
         (const struct crypto *crypto, struct bytes key, struct bytes message,
          uint8_t mac[SHA256_SIZE]),
         (inside, key, message, mac))
MEASURED(p256_point,
         (const struct crypto *crypto, const uint8_t scalar[P256_SCALAR_SIZE],
          uint8_t point[P256_COMPRESSED_SIZE]),
         (inside, scalar, point))
MEASURED(aes_gcm_seal,
         (const struct crypto *crypto, struct bytes key, const uint8_t nonce[GCM_NONCE_SIZE],
          struct bytes aad, struct bytes in, uint8_t *out, uint8_t tag[GCM_TAG_SIZE]),
         (inside, key, nonce, aad, in, out, tag))
MEASURED(aes_gcm_open,
         (const struct crypto *crypto, struct bytes key, const uint8_t nonce[GCM_NONCE_SIZE],
          struct bytes aad, struct bytes in, uint8_t *out, const uint8_t tag[GCM_TAG_SIZE]),
         (inside, key, nonce, aad, in, out, tag))
#undef MEASURED

static void measured_forget(const struct crypto *crypto, const uint8_t scalar[P256_SCALAR_SIZE]) {
    const struct crypto *inside = ops_of(crypto)->inside;
    inside->ops->forget(inside, scalar);
}

const struct crypto *bench_ops_open(struct bench_ops *ops, const struct crypto *inside) {
    enum { READINGS = 1000 };
    static const struct crypto_ops measured = {.random = measured_random,
                                               .sha256 = measured_sha256,
                                               .p256_generate = measured_p256_generate,
                                               .ecdsa_sign = measured_ecdsa_sign,
                                               .ecdsa_sign_digest = measured_ecdsa_sign_digest,
                                               .ecdsa_verify = measured_ecdsa_verify,
                                               .ecdh = measured_ecdh,
                                               .p256_expand = measured_p256_expand,
                                               .rsa_generate = measured_rsa_generate,
                                               .rsa_private = measured_rsa_private,
                                               .aes_cmac = measured_aes_cmac,
                                               .aes_cbc = measured_aes_cbc,
                                               .des_cbc = measured_des_cbc,
                                               .hmac_sha256 = measured_hmac_sha256,
                                               .p256_point = measured_p256_point,
                                               .aes_gcm_seal = measured_aes_gcm_seal,
                                               .aes_gcm_open = measured_aes_gcm_open,
                                               .forget = measured_forget};
    double begin = bench_now_us();
    for (int i = 0; i < READINGS; i++)
        bench_now_us();
    *ops = (struct bench_ops){
        .crypto = {&measured, ops}, .inside = inside, .clock = (bench_now_us() - begin) / READINGS};
    return &ops->crypto;
}

// ---- a counting link ---------------------------------------------------------------------------

static enum link_status count_transmit(struct link *link, struct bytes command, uint8_t *answer,
                                       size_t capacity, size_t *size) {
    struct bench_link *own = (struct bench_link *)link;
    if (own->count < BENCH_COMMANDS && command.size <= BENCH_COMMAND_MAX) {
        memcpy(own->commands[own->count], command.data, command.size);
        own->sizes[own->count] = command.size;
    }
    own->count++;
    return link_transmit(own->inside, command, answer, capacity, size);
}

static enum link_status count_reset(struct link *link, enum link_reset kind, uint8_t *atr,
                                    size_t capacity, size_t *size) {
    return link_reset(((struct bench_link *)link)->inside, kind, atr, capacity, size);
}

static void count_close(struct link *link) {
    (void)link;
}

struct link *bench_link_over(struct bench_link *link, struct link *inside) {
    static const struct link_ops ops = {count_transmit, count_reset, count_close};
    link->link = *inside;
    link->link.ops = &ops;
    link->inside = inside;
    link->count = 0;
    return &link->link;
}

double bench_link_replay(const struct bench_link *link, struct link *echo) {
    uint8_t answer[300];
    size_t size;
    double begin = bench_now_us();
    for (unsigned i = 0; i < link->count && i < BENCH_COMMANDS; i++)
        if (link_transmit(echo, bytes_of(link->commands[i], link->sizes[i]), answer, sizeof answer,
                          &size) != LINK_OK)
            return -1;
    return link->count <= BENCH_COMMANDS ? bench_now_us() - begin : -1;
}

// ---- echo card ---------------------------------------------------------------------------------

static void on_power(void *context, enum vpcd_power what) {
    (void)context, (void)what;
}

static size_t on_atr(void *context, uint8_t atr[VPCD_ATR_MAX]) {
    static const uint8_t value[] = {0x3B, 0x80, 0x80, 0x01, 0x01};
    (void)context;
    memcpy(atr, value, sizeof value);
    return sizeof value;
}

static size_t on_transmit(void *context, struct bytes sent, uint8_t *answer, size_t capacity) {
    static const uint8_t reply[] = {0x08, 0x01, 0x02, 0x03, 0x90, 0x00};
    (void)context, (void)sent, (void)capacity;
    memcpy(answer, reply, sizeof reply);
    return sizeof reply;
}

int bench_be_echo_card(const char *reader) {
    static struct vpcd vpcd;
    static const struct vpcd_card card = {on_power, on_atr, on_transmit, NULL};
    char host[64], port[8];
    vpcd_init(&vpcd);
    if (strncmp(reader, "vpcd:", 5) != 0 ||
        !vpcd_address(reader + 5, host, sizeof host, port, sizeof port))
        return 2;
    for (int tries = 0; !vpcd_connect(&vpcd, host, port); tries++)
        if (tries > 1000 || poll(NULL, 0, 10) != 0)
            return 3;
    enum vpcd_result result = VPCD_SERVED;
    while (result == VPCD_SERVED) {
        poll(&(struct pollfd){.fd = vpcd.socket, .events = POLLIN}, 1, -1);
        result = vpcd_serve(&vpcd, &card);
    }
    return 0;
}

// ---- openssl -----------------------------------------------------------------------------------

/// Signatures a second of openssl speed: the last figure but one of its last line. By the clock:
/// of one process it would count processor time, of several it does not.
static double openssl_signs(const char *options) {
    char command[256], line[512], last[512] = "";
    snprintf(command, sizeof command, "openssl speed -elapsed -seconds 1 %s ecdsap256 2>/dev/null",
             options);
    FILE *pipe = popen(command, "r");
    while (pipe != NULL && fgets(line, sizeof line, pipe) != NULL)
        memcpy(last, line, sizeof last);
    if (pipe == NULL || pclose(pipe) != 0)
        return 0;
    double sign = 0, verify = 0;
    const char *figures = strrchr(last, 's');
    return figures != NULL && sscanf(figures + 1, "%lf %lf", &sign, &verify) == 2 ? sign : 0;
}

double bench_openssl_scaling(void) {
    double one = openssl_signs("");
    return one > 0 ? openssl_signs("-multi 2") / one : 0;
}
