// SPDX-License-Identifier: Apache-2.0
// What containers cost: chunks decrypted through the crypto interface and read out of a file with
// their hashes, against AES-256-GCM alone at that size; a film converted from container to
// container, against ffmpeg with the same settings. In alternating batches.
#include "apdu/container/container.h"
#include "apdu/crypto/crypto_openssl.h"
#include "tests/bench/bench.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LOG2 = 16, CHUNK = 1 << LOG2, CHUNKS = 64, BATCHES = 40, CONVERSIONS = 3 };

static const double GOAL_DECRYPT = 1.18, GOAL_CONVERT = 1.05; // 1 / 0.85, 1 / 0.95

static void must(bool good, const char *what) {
    if (good)
        return;
    fprintf(stderr, "bench-content: %s failed\n", what);
    exit(1);
}

// ---- chunks ------------------------------------------------------------------------------------

static struct crypto *crypto;
static struct container_form form;
static uint8_t key[CONTAINER_CEK_SIZE], plain[CHUNK], out[CHUNK + GCM_TAG_SIZE];
static uint8_t chunks[CHUNKS][CONTAINER_FRAME + CHUNK + GCM_TAG_SIZE],
    rows[CHUNKS][CONTAINER_ROW_SIZE];
static EVP_CIPHER_CTX *bare_context;

static void seal_all(void) {
    must(container_form(&form, (uint64_t)CHUNKS * CHUNK, LOG2, 0), "form");
    for (uint64_t i = 0; i < CHUNKS; i++)
        must(container_seal_chunk(crypto, key, &form, i, plain, chunks[i] + CONTAINER_FRAME) &&
                 container_row(crypto, i, chunks[i], CHUNK + GCM_TAG_SIZE, rows[i]),
             "seal");
}

/// The same chunks with nothing around the primitive; the nonce is the container's.
static void bare(void) {
    for (uint32_t i = 0; i < CHUNKS; i++) {
        uint8_t nonce[GCM_NONCE_SIZE] = {0};
        int size = 0;
        bytes_put_be(nonce + 7, 4, i);
        nonce[11] = i + 1 == CHUNKS;
        must(EVP_DecryptInit_ex2(bare_context, NULL, key, nonce, NULL) == 1 &&
                 EVP_DecryptUpdate(bare_context, out, &size, chunks[i] + CONTAINER_FRAME, CHUNK) ==
                     1 &&
                 EVP_CIPHER_CTX_ctrl(bare_context, EVP_CTRL_AEAD_SET_TAG, GCM_TAG_SIZE,
                                     chunks[i] + CONTAINER_FRAME + CHUNK) == 1 &&
                 EVP_DecryptFinal_ex(bare_context, out, &size) == 1,
             "bare decryption");
    }
}

static void decrypt(void) {
    for (uint64_t i = 0; i < CHUNKS; i++)
        must(container_open_chunk(crypto, key, &form, i, chunks[i] + CONTAINER_FRAME, out),
             "decryption");
}

/// What stands for every chunk in the signed list, and nothing around it.
static void bare_hash(void) {
    uint8_t row[SHA256_SIZE];
    for (uint64_t i = 0; i < CHUNKS; i++)
        must(EVP_Digest(chunks[i], sizeof chunks[i], row, NULL, EVP_sha256(), NULL) == 1,
             "bare hash");
}

/// As a player does: each chunk against its row, then decrypted.
static void check_and_decrypt(void) {
    uint8_t row[CONTAINER_ROW_SIZE];
    for (uint64_t i = 0; i < CHUNKS; i++)
        must(container_row(crypto, i, chunks[i], CHUNK + GCM_TAG_SIZE, row) &&
                 memcmp(row, rows[i], sizeof row) == 0,
             "row");
    decrypt();
}

/// Of this process alone: whoever else works on the machine counts for nothing.
static double spent_us(void) {
    struct timespec spent;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
    return (double)spent.tv_sec * 1e6 + (double)spent.tv_nsec / 1e3;
}

static double batch_us(void (*operation)(void)) {
    double begin = spent_us();
    operation();
    return spent_us() - begin;
}

static double mebibytes_a_second(double us) {
    return (double)CHUNKS * CHUNK / (1 << 20) / (us / 1e6);
}

static void measure_chunks(void) {
    static double bares[BATCHES], hashes[BATCHES], decrypts[BATCHES], checks[BATCHES];
    seal_all();
    for (size_t i = 0; i < BATCHES; i++) {
        bares[i] = batch_us(bare);
        hashes[i] = batch_us(bare_hash);
        decrypts[i] = batch_us(decrypt);
        checks[i] = batch_us(check_and_decrypt);
    }
    double least = bench_median(bares, BATCHES), own = bench_median(decrypts, BATCHES);
    double whole = bench_median(checks, BATCHES);
    bench_print("chunks of 64 KiB decrypted", mebibytes_a_second(own), "MiB/s", -1);
    bench_print("chunks decrypted / AES-256-GCM alone", own / least, "ratio", GOAL_DECRYPT);
    bench_print("chunks hashed, compared and decrypted", mebibytes_a_second(whole), "MiB/s", -1);
    bench_print("chunks hashed and decrypted / SHA-256 and AES-256-GCM alone",
                whole / (least + bench_median(hashes, BATCHES)), "ratio", GOAL_DECRYPT);
}

// ---- a film ------------------------------------------------------------------------------------

/// Runs a line of sh in the directory of this bench.
static double run(const char *directory, const char *line) {
    char command[2048];
    snprintf(command, sizeof command,
             "cd %s && { %s; } >/dev/null 2>log || { cat log >&2; false; }", directory, line);
    double begin = bench_now_us();
    must(system(command) == 0, line);
    return bench_now_us() - begin;
}

static void prepare(const char *directory) {
    run(directory,
        "ffmpeg -loglevel error -f lavfi -i testsrc2=size=704x576:rate=25:duration=10 "
        "-f lavfi -i sine=duration=10 -c:v mpeg2video -q:v 4 -c:a mp2 -f vob film.mpg && "
        "tessera ca init ca && tessera ca issue --ca ca --role provider --id prov-1 --out p1 && "
        "tessera ca issue --ca ca --role seller --id shop-1 --enterprise ID_2000 --out s1 && "
        "tessera ca issue --ca ca --role converter --id conv-1 --out c1 && "
        "printf hc426D99ro7v >key && chmod 600 key && "
        "printf '{\"enterprise\": \"ID_2000\", \"offers\": [{\"unit\": \"JPY\", \"amount\": "
        "1000}], "
        "\"shares\": [{\"party\": \"prov-1\", \"weight\": 1}]}' >policy.json && "
        "tessera content pack film.mpg --out film.tsc --content ID_0001 --key key "
        "--policy policy.json --signer p1");
}

static void measure_conversion(void) {
    char directory[] = "/tmp/bench-content-XXXXXX", line[512];
    double bares[CONVERSIONS], own[CONVERSIONS];
    must(mkdtemp(directory) != NULL, "directory");
    prepare(directory);
    for (unsigned i = 0; i < CONVERSIONS; i++) {
        snprintf(line, sizeof line,
                 "tessera content grant film.tsc --signer s1 --converter c1/certificate.cvc "
                 "--key key --serial %u --out g%u",
                 i + 1, i);
        run(directory, line);
        bares[i] = run(directory, "ffmpeg -y -loglevel error -threads 1 -i film.mpg -c:v mpeg4 "
                                  "-q:v 3 -g 12 -threads:v 1 -c:a copy -fps_mode passthrough "
                                  "-f mp4 out.mp4");
        snprintf(line, sizeof line,
                 "tessera content convert film.tsc --signer c1 --trust ca --state st --grant g%u "
                 "--out small%u.tsc",
                 i, i);
        own[i] = run(directory, line);
    }
    double least = bench_median(bares, CONVERSIONS), median = bench_median(own, CONVERSIONS);
    bench_print("a film of 10 s converted, container to container", median / 1e6, "s", -1);
    bench_print("conversion / ffmpeg with equal settings", median / least, "ratio", GOAL_CONVERT);
    snprintf(line, sizeof line, "rm -r %s", directory);
    must(system(line) == 0, "rm");
}

int main(void) {
    crypto = crypto_openssl_new();
    bare_context = EVP_CIPHER_CTX_new();
    must(crypto != NULL && bare_context != NULL &&
             EVP_DecryptInit_ex2(bare_context, EVP_aes_256_gcm(), NULL, NULL, NULL) == 1,
         "OpenSSL");
    memset(plain, 0x5A, sizeof plain);
    measure_chunks();
    measure_conversion();
    EVP_CIPHER_CTX_free(bare_context);
    crypto_openssl_free(crypto);
    return 0;
}
