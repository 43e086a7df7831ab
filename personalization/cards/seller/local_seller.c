// SPDX-License-Identifier: Apache-2.0
#include "personalization/cards/seller/local_seller.h"

#include "base/files.h"
#include "personalization/cards/seller/local_header.h"
#include "personalization/keys/keyfile.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define LOCAL_ENTERPRISE "LOCAL-SHOP"

// ---- its own key -------------------------------------------------------------------------------

static bool make_directory(const char *path, struct failure *failure) {
    return mkdir(path, 0700) == 0 || errno == EEXIST ||
           fail_errno(failure, "cannot make the directory %s", path);
}

static bool path_of(const struct local_seller *seller, const char *name, char path[PATH_MAX],
                    struct failure *failure) {
    return files_path(path, PATH_MAX, seller->directory, name) ||
           fail_errno(failure, "%s", seller->directory);
}

static bool make_directories(struct local_seller *seller, struct failure *failure) {
    char path[PATH_MAX], name[3 * HOLDER_MAX + 1];
    if (!files_path(path, sizeof path, seller->ca->directory, "sellers") ||
        !files_name(name, sizeof name, seller->id) ||
        !files_path(seller->directory, sizeof seller->directory, path, name))
        return fail_errno(failure, "%s/sellers", seller->ca->directory);
    if (!make_directory(path, failure) || !make_directory(seller->directory, failure))
        return false;
    return path_of(seller, "under-way", path, failure) && make_directory(path, failure);
}

/// At its first sale: a key of its own, certified for the authority's enterprise or a test's.
static bool found(struct local_seller *seller, struct failure *failure) {
    char certificate[PATH_MAX], key[PATH_MAX];
    struct ca_keys keys;
    struct ca_answer answer;
    bool any = seller->ca->hierarchy.enterprise[0] == '\0';
    const struct ca_request request = {.id = seller->id,
                                       .roles = ROLE_SELLER,
                                       .enterprise = any ? LOCAL_ENTERPRISE : "",
                                       .assurance = ASSURANCE_EMULATED};
    if (!path_of(seller, "certificate.cvc", certificate, failure) ||
        !path_of(seller, "key.pem", key, failure) ||
        !ca_issue(seller->ca, &request, &keys, &answer, failure))
        return false;
    bool done = (files_write(certificate, bytes_of(answer.certificate, answer.certificate_size),
                             FILES_PUBLIC, FILES_REPLACE) ||
                 fail_errno(failure, "cannot write %s", certificate)) &&
                keyfile_write(key, keys.signing.scalar, keys.signing.point, failure);
    bytes_erase(&keys, sizeof keys);
    return done;
}

/// A certificate that has run out is made anew for the same key.
static bool renew(struct local_seller *seller, const char *path, struct failure *failure) {
    struct ca_answer answer;
    if (!ca_renew(seller->ca, seller->id, &answer, failure))
        return false;
    memcpy(seller->certificate_octets, answer.certificate, answer.certificate_size);
    seller->certificate = bytes_of(seller->certificate_octets, answer.certificate_size);
    return files_write(path, seller->certificate, FILES_PUBLIC, FILES_REPLACE) ||
           fail_errno(failure, "cannot write %s", path);
}

static bool read_certificate(struct local_seller *seller, struct failure *failure) {
    char path[PATH_MAX];
    struct certificate own;
    size_t size = 0;
    if (!path_of(seller, "certificate.cvc", path, failure))
        return false;
    if (!files_read(path, seller->certificate_octets, sizeof seller->certificate_octets, &size))
        return fail_errno(failure, "cannot read %s", path);
    seller->certificate = bytes_of(seller->certificate_octets, size);
    if (certificate_parse(seller->certificate, &own) != CERTIFICATE_OK ||
        own.enterprise.size > HOLDER_MAX)
        return fail(failure, EXIT_USAGE, "%s is no certificate", path);
    memcpy(seller->enterprise, own.enterprise.data, own.enterprise.size);
    return own.until >= seller->ca->today || renew(seller, path, failure);
}

bool local_seller_open(struct local_seller *seller, struct ca *ca, const char *id,
                       const struct ticket_order *order, struct failure *failure) {
    char path[PATH_MAX];
    uint8_t point[P256_COMPRESSED_SIZE];
    memset(seller, 0, sizeof *seller);
    seller->ca = ca;
    seller->order = order;
    if (strlen(id) > TICKET_ID_MAX)
        return fail(failure, EXIT_USAGE, "a seller's id has 1 to %d characters", TICKET_ID_MAX);
    memcpy(seller->id, id, strlen(id) + 1);
    if (!make_directories(seller, failure) || !path_of(seller, "key.pem", path, failure))
        return false;
    struct stat about;
    if (stat(path, &about) != 0 && !found(seller, failure))
        return false;
    seller->key.crypto = ca->hierarchy.crypto;
    if (!keyfile_read(path, seller->key.scalar, point, failure))
        return false;
    signer_from_scalar(&seller->signer, &seller->key, point);
    return read_certificate(seller, failure);
}

void local_seller_close(struct local_seller *seller) {
    bytes_erase(&seller->key, sizeof seller->key);
}

// ---- what is under way -------------------------------------------------------------------------

static bool under_way(const struct local_seller *seller, char path[PATH_MAX],
                      struct failure *failure) {
    char buyer[HOLDER_MAX + 1] = "", name[3 * HOLDER_MAX + 1], file[4 * HOLDER_MAX + 16];
    memcpy(buyer, seller->buyer.holder.data, seller->buyer.holder.size);
    if (!files_name(name, sizeof name, buyer))
        return fail_errno(failure, "%s", buyer);
    snprintf(file, sizeof file, "under-way/%s", name);
    return path_of(seller, file, path, failure);
}

static bool keep(struct local_seller *seller, size_t size, struct failure *failure) {
    char path[PATH_MAX];
    return under_way(seller, path, failure) &&
           (files_write(path, bytes_of(seller->octets, size), FILES_SECRET, FILES_REPLACE) ||
            fail_errno(failure, "cannot write %s", path));
}

/// Takes header and state of seller->octets apart; a state may be missing.
static bool take(struct local_seller *seller, size_t size) {
    memset(&seller->state, 0, sizeof seller->state);
    if (!object_decode(bytes_of(seller->octets, size), &seller->header) ||
        seller->header.type != OBJECT_TICKET_HEADER)
        return false;
    size_t header = seller->header.whole.size;
    return header == size ||
           object_decode_as(OBJECT_TICKET_STATE, bytes_of(seller->octets + header, size - header),
                            &seller->state);
}

/// What an earlier run sold to this buyer and cannot know to have arrived.
static bool recall(struct local_seller *seller, struct failure *failure) {
    char path[PATH_MAX];
    size_t size = 0;
    if (!under_way(seller, path, failure))
        return false;
    seller->found = files_read(path, seller->octets, sizeof seller->octets, &size);
    if (!seller->found)
        return errno == ENOENT || fail_errno(failure, "cannot read %s", path);
    return take(seller, size) || fail(failure, EXIT_USAGE, "%s is no delivery", path);
}

static bool sell(struct local_seller *seller, struct failure *failure) {
    struct bytes header;
    return local_header_make(seller, seller->octets, &header, failure) &&
           take(seller, header.size) && keep(seller, header.size, failure);
}

/// It arrived: in the books, then no longer under way.
static bool book(struct local_seller *seller, struct failure *failure) {
    char path[PATH_MAX], line[160];
    uint8_t digest[SHA256_SIZE];
    const struct object *header = &seller->header;
    struct bytes buyer = header->fields[FIELD_BUYER], number = header->fields[FIELD_NUMBER];
    if (!object_digest(header, seller->ca->hierarchy.crypto, digest) ||
        !path_of(seller, "sales.tsv", path, failure))
        return false;
    int size = snprintf(line, sizeof line, "%" PRIu32 "\t%.*s\t", seller->ca->today,
                        (int)buyer.size, (const char *)buyer.data);
    for (size_t i = 0; i < TICKET_NAME_SIZE; i++)
        size += snprintf(line + size, 3, "%02x", digest[i]);
    snprintf(line + size, sizeof line - (size_t)size, "\t%.*s\t%016" PRIx64 "\n", (int)number.size,
             (const char *)number.data, bytes_get_be(header->fields[FIELD_INSTANCE].data, 8));
    return files_append(path, bytes_of_string(line), FILES_PUBLIC) ||
           fail_errno(failure, "cannot write %s", path);
}

static bool forget(struct local_seller *seller, struct failure *failure) {
    char path[PATH_MAX];
    return under_way(seller, path, failure) &&
           (files_remove(path) || fail_errno(failure, "cannot remove %s", path));
}

// ---- as buyers see it --------------------------------------------------------------------------

static bool meet(struct local_seller *seller, struct bytes buyer, struct failure *failure) {
    const struct hierarchy *hierarchy = &seller->ca->hierarchy;
    if (buyer.size > sizeof seller->buyer_octets)
        return fail(failure, EXIT_REFUSED, "the buyer's certificate is too long");
    memcpy(seller->buyer_octets, buyer.data, buyer.size);
    enum certificate_fault fault =
        certificate_parse(bytes_of(seller->buyer_octets, buyer.size), &seller->buyer);
    if (fault == CERTIFICATE_OK)
        fault = hierarchy_verify(hierarchy, &seller->buyer, seller->ca->today);
    if (fault != CERTIFICATE_OK)
        return fail(failure, EXIT_REFUSED, "the buyer's certificate is refused: %s (authority %s)",
                    certificate_fault_text(fault), seller->ca->directory);
    return ((seller->buyer.roles & ROLE_STORE) != 0 && seller->buyer.kem_point != NULL) ||
           fail(failure, EXIT_REFUSED, "wrong-role: %.*s is no ticket store",
                (int)seller->buyer.holder.size, (const char *)seller->buyer.holder.data);
}

static bool begin(void *context, struct bytes buyer, uint8_t reference[SELLER_REFERENCE_SIZE],
                  struct failure *failure) {
    struct local_seller *seller = context;
    if (!meet(seller, buyer, failure) || !recall(seller, failure) ||
        (!seller->found && !sell(seller, failure)))
        return false;
    reference[0] = REFERENCE_TICKET;
    return ticket_sale(&seller->header, seller->ca->hierarchy.crypto, reference + 1) ||
           fail(failure, EXIT_REFUSED, "cannot take the digest of a sale");
}

/// Is this a request of the buyer in hand, to this seller?
static bool check_request(const struct local_seller *seller, const struct object *request) {
    return bytes_equal(request->fields[FIELD_SOURCE], bytes_of_string(seller->id)) &&
           bytes_equal(request->fields[FIELD_DESTINATION], seller->buyer.holder) &&
           object_verify(request, seller->ca->hierarchy.crypto, seller->buyer.signing_point);
}

/// A number below the one that the buyer did last has arrived. One above it never will, and the
/// same instance is sealed for the new number.
static bool wrap(void *context, struct bytes octets, uint8_t *out, size_t capacity,
                 struct bytes *delivery, struct failure *failure) {
    struct local_seller *seller = context;
    struct object request;
    struct bytes state;
    uint64_t before = object_uint(&seller->state, FIELD_N);
    *delivery = bytes_of(NULL, 0);
    if (!object_decode_as(OBJECT_RECEPTION_REQUEST, octets, &request) ||
        !check_request(seller, &request))
        return fail(failure, EXIT_REFUSED, "the buyer's request is refused: bad-signature");
    if (before != 0 && before <= object_uint(&request, FIELD_LAST_DONE))
        return book(seller, failure) && forget(seller, failure);
    size_t header = seller->header.whole.size, size = header + seller->state.whole.size;
    if (before != object_uint(&request, FIELD_N)) {
        if (!local_state_make(seller, &request, seller->octets + header, &state, failure))
            return false;
        size = header + state.size;
        if (!take(seller, size) || !keep(seller, size, failure))
            return false;
    }
    if (size > capacity)
        return fail(failure, EXIT_REFUSED, "a delivery is too long");
    memcpy(out, seller->octets, size);
    *delivery = bytes_of(out, size);
    return true;
}

static bool end(void *context, struct bytes octets, struct failure *failure) {
    struct local_seller *seller = context;
    struct object receipt;
    if (!object_decode(octets, &receipt) ||
        object_uint(&receipt, FIELD_N) != object_uint(&seller->state, FIELD_N) ||
        !check_request(seller, &receipt))
        return fail(failure, EXIT_REFUSED, "the buyer's receipt is refused: bad-signature");
    return (receipt.type != OBJECT_MOVE_RECEIPT || book(seller, failure)) &&
           forget(seller, failure);
}

struct seller local_seller_of(struct local_seller *seller) {
    return (struct seller){seller, seller->id, seller->certificate, begin, wrap, end};
}

bool local_seller_is_ordered(const struct local_seller *seller) {
    const struct ticket_order *order = seller->order;
    const struct object *header = &seller->header;
    const char *content = order->content != NULL ? order->content : order->key_id;
    enum field field = order->content != NULL ? FIELD_CONTENT : FIELD_KEY_ID;
    return bytes_equal(header->fields[FIELD_NUMBER], bytes_of_string(order->number)) &&
           bytes_equal(header->fields[field], bytes_of_string(content));
}
