// SPDX-License-Identifier: Apache-2.0
// Writes the seed corpora of objects, fields, certificates, TLV and commands: seeds DIRECTORY. The
// same octets every time; further corpora are kept by hand.
#include "apdu/command/catalogue.h"
#include "tests/kit/certificates.h"
#include "tests/kit/objects.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char *top;

static void write_seed(const char *corpus, const char *name, struct bytes octets) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s", top, corpus);
    mkdir(path, 0777);
    snprintf(path, sizeof path, "%s/%s/%s", top, corpus, name);
    FILE *file = fopen(path, "wb");
    if (file == NULL || fwrite(octets.data, 1, octets.size, file) != octets.size ||
        fclose(file) != 0) {
        fprintf(stderr, "seeds: cannot write %s\n", path);
        exit(1);
    }
}

static void write_fields(size_t schema, const char *name, struct bytes whole) {
    uint8_t octets[SAMPLE_OBJECT_MAX];
    struct object object;
    if (!object_decode(whole, &object))
        abort();
    struct bytes type = object.fields[FIELD_TYPE];
    const uint8_t *first = type.data + type.size;
    size_t size = (size_t)(object.body.data + object.body.size - first);
    octets[0] = (uint8_t)schema;
    memcpy(octets + 1, first, size);
    write_seed("fields", name, bytes_of(octets, size + 1));
}

static void write_objects(const struct crypto *crypto) {
    static const char *const SIZES[] = {"smallest", "typical"};
    static uint8_t octets[SAMPLE_OBJECT_MAX];
    struct signer signer;
    struct signer_scalar scalar;
    sample_signer(crypto, &signer, &scalar);
    for (size_t i = 0; i < object_schema_count; i++)
        for (int size = SAMPLE_SMALLEST; size <= SAMPLE_TYPICAL; size++) {
            char name[64];
            snprintf(name, sizeof name, "%s-%s", object_schemas[i].word, SIZES[size]);
            struct bytes whole = sample_object(object_schemas[i].type, (enum sample)size, &signer,
                                               octets, sizeof octets);
            write_seed("object", name, whole);
            write_fields(i, name, whole);
            if (size == SAMPLE_SMALLEST)
                write_seed("tlv", name, whole);
        }
}

static void write_certificates(const struct crypto *crypto) {
    static const struct {
        const char *name, *holder;
        uint16_t roles;
    } ROWS[] = {{"root", "ROOT", ROLE_ROOT | ROLE_ENTITIES},
                {"issuing", "PURSES", ROLE_ISSUING | ROLE_PURSES},
                {"wallet", "WALLET-1", ROLE_WALLET | ROLE_STORE},
                {"till", "TILL-1", ROLE_TILL},
                {"center", "CENTER-1", ROLE_CENTER}};
    struct sample_party parties[5];
    for (size_t i = 0; i < 5; i++) {
        if (sample_certify(&parties[i], crypto, ROWS[i].holder, ROWS[i].roles,
                           i == 0 ? NULL : &parties[i == 1 ? 0 : 1]) != CERTIFICATE_OK)
            abort();
        write_seed("certificate", ROWS[i].name, parties[i].certificate);
        write_seed("tlv", ROWS[i].name, parties[i].certificate);
    }
}

// Every command of the catalogue with its shortest data, in the short and the extended form.
static void write_commands(void) {
    static uint8_t data[4096], wire[4200];
    for (size_t i = 0; i < catalogue_size(); i++) {
        const struct catalogue_command *row = catalogue_at(i);
        struct apdu_command command = {.cla = row->cla,
                                       .ins = row->ins,
                                       .p1 = row->p1,
                                       .p2 = row->p2,
                                       .data = bytes_of(data, row->lc_min),
                                       .le = (row->cases & (CASE_2 | CASE_4)) != 0 ? 256 : 0};
        char name[64];
        write_seed("command", row->name,
                   bytes_of(wire, apdu_command_encode(&command, wire, sizeof wire)));
        command.extended = true;
        snprintf(name, sizeof name, "%s-extended", row->name);
        write_seed("command", name,
                   bytes_of(wire, apdu_command_encode(&command, wire, sizeof wire)));
    }
}

int main(int argc, char **argv) {
    struct crypto *crypto = crypto_openssl_new_seeded(6);
    if (argc != 2 || crypto == NULL)
        return 2;
    top = argv[1];
    mkdir(top, 0777);
    write_objects(crypto);
    write_certificates(crypto);
    write_commands();
    crypto_openssl_free(crypto);
    return 0;
}
