// SPDX-License-Identifier: Apache-2.0
// The issuing authority as a directory: the hierarchy's keys and certificates, the X.509 root, the
// register of what was issued and revoked, and the latest hotlist. One process at a time holds it;
// every change is durable before it is answered. Files: docs/man/tessera-ca.1.
#ifndef PERSONALIZATION_AUTHORITY_AUTHORITY_H
#define PERSONALIZATION_AUTHORITY_AUTHORITY_H

#include "apdu/object/object.h"
#include "personalization/authority/authority_token.h"
#include "personalization/authority/evidence.h"
#include "personalization/authority/hierarchy.h"
#include "personalization/authority/register.h"
#include "personalization/authority/x509.h"

#include <limits.h>

enum { AUTHORITY_URI_MAX = 1024 };

/// First line of every authority directory, and the file that names the token, if there is one.
#define AUTHORITY_MARK       "tessera authority 2\n"
#define AUTHORITY_TOKEN_FILE "token"

struct ca {
    char directory[PATH_MAX - NAME_MAX];
    int lock;
    uint32_t today; // YYYYMMDD
    struct hierarchy hierarchy;
    struct authority_token token; // with the keys, unless they are in files
    struct hierarchy_member x509; // root of the X.509 certificates; certificate unused
    uint8_t x509_key_id[X509_KEY_ID_SIZE];
    struct register_list issued;
};

/// How a new authority is to be.
struct ca_plan {
    const char *keys;            // PKCS#11 URI; NULL: key files in the directory
    const struct token_pin *pin; // for it; may be NULL
    enum realm realm;
    const char *enterprise; // the one that it certifies for; NULL or "": any
};

/// Makes a new authority in directory, whole or not at all. An existing directory is refused, and a
/// token that has keys of these names. plan NULL: key files, laboratory.
bool ca_init(const char *directory, const struct ca_plan *plan, const struct crypto *crypto,
             uint32_t today, struct failure *failure);

/// Opens and locks an authority and checks its keys, in files or token, against its certificates.
/// pin: for a token whose URI has no pin-source; may be NULL. The context must not be moved.
bool ca_open(struct ca *ca, const char *directory, const struct token_pin *pin,
             const struct crypto *crypto, uint32_t today, struct failure *failure);

/// Erases keys and gives the lock back.
void ca_close(struct ca *ca);

/// Leading hexadecimal SHA-256 of the root certificate, 64 characters and a zero octet.
bool ca_fingerprint(const struct ca *ca, char text[2 * SHA256_SIZE + 1]);

/// How a branch is to be: a further issuing authority below the root.
struct ca_branch_plan {
    enum member domain;
    const char *space;      // in which it gives names, with its colon
    const char *enterprise; // the one that it certifies for; "": the authority's own, or any
};

/// Makes and registers it, key and certificate in the directory or its token. Refused, with
/// wrong-name: a space that another authority of these roles has, or one of another enterprise that
/// begins alike. *branch points into the context.
bool ca_branch(struct ca *ca, const struct ca_branch_plan *plan,
               const struct hierarchy_branch **branch, struct failure *failure);

/// 1 to HOLDER_MAX printable characters without a space.
bool ca_check_enterprise(const char *enterprise, struct failure *failure);

/// Who is to get a certificate.
struct ca_request {
    const char *id;
    uint32_t roles;         // one of ROLE_NETWORK: X.509 only
    bool network;           // X.509 only, for the machine around the card that has the id and role
    const char *enterprise; // "": the authority's own, or none
    enum assurance assurance;
    const struct x509_hosts *hosts; // where a server is reached; NULL: no server
};

struct ca_answer {
    uint64_t serial;
    char id[HOLDER_MAX + 1];
    uint32_t roles;
    struct validity_days {
        uint32_t from, until;
    } validity;
    uint8_t certificate[CERTIFICATE_MAX];
    size_t certificate_size; // 0: X.509 only
    char x509[X509_PEM_MAX];
    size_t x509_size;
};

/// Is there an authority here that gives all of these roles to one holder?
bool ca_gives(uint32_t roles);

/// Refuses a bad or taken id, a role conflict, an unknown role, another's enterprise.
bool ca_check_request(const struct ca *ca, const struct ca_request *request,
                      struct failure *failure);

/// Certifies the keys of a card: what its secure channel gave away (evidence.h), for the holder
/// and with the assurance of the request; chip as in evidence_claim. Registers, keeps copies in
/// directory/issued.
bool ca_certify_card(struct ca *ca, const struct ca_request *request, struct evidence *evidence,
                     const uint8_t *chip, struct ca_answer *answer, struct failure *failure);

struct ca_key_pair {
    uint8_t scalar[P256_SCALAR_SIZE];
    uint8_t point[P256_COMPRESSED_SIZE];
};

/// Keys that the authority itself drew, in software. Their owner erases them.
struct ca_keys {
    struct ca_key_pair signing, kem;
    bool has_kem; // roles to which others wrap keys: a second, separate pair
};

/// Generates keys for an end entity without a card and certifies them: always as emulated, so never
/// under a production root. An earlier certificate of the machine around a card is revoked.
bool ca_issue(struct ca *ca, const struct ca_request *request, struct ca_keys *keys,
              struct ca_answer *answer, struct failure *failure);

/// A key of a card's identity, and what it may do.
struct ca_identity {
    const char *id, *enterprise;
    const char *person; // whom it names; NULL: the id
    enum assurance assurance;
    enum x509_purpose purpose;
    const uint8_t *point;   // uncompressed, or NULL
    const uint8_t *modulus; // RSA_2048_SIZE, or NULL
};

/// Certifies and registers it, X.509 only, and keeps a copy. *until: its last day. A production
/// authority refuses an emulated one.
bool ca_certify_identity(struct ca *ca, const struct ca_identity *identity, uint8_t *der,
                         size_t capacity, size_t *size, uint32_t *until, struct failure *failure);

/// The next certificate for the same holder, roles, hosts and keys as the holder's latest one,
/// whose copy is in directory/issued; valid from today on. The older one stays valid to its end.
/// Refused: a revoked one, an unknown holder.
bool ca_renew(struct ca *ca, const char *id, struct ca_answer *answer, struct failure *failure);

/// Day on which a certificate of the register was revoked, or else the branch that gave it; 0:
/// none.
uint32_t ca_revoked_on(const struct ca *ca, const struct register_entry *entry);

/// Revokes what is valid of a holder among the first entries of the register, that of its card's
/// identity and of the machine around the card included.
bool ca_withdraw(struct ca *ca, const char *id, size_t first, size_t *revoked,
                 struct failure *failure);

/// The same of all entries, or of a branch; when all have run out, the latest of them, which is
/// never renewed then. Refused when there is none.
bool ca_revoke(struct ca *ca, const char *id, size_t *revoked, struct failure *failure);

/// Of these only that of the machine around the card; none is no failure.
bool ca_revoke_network(struct ca *ca, const char *id, size_t *revoked, struct failure *failure);

/// Writes the list of revoked X.509 certificates that have not expired, in PEM, dated today, and
/// counts them.
bool ca_revocation_list(const struct ca *ca, const char *path, size_t *count,
                        struct failure *failure);

/// PEM of the X.509 root. Points into buffer.
bool ca_x509_root(const struct ca *ca, char *buffer, size_t capacity, size_t *size,
                  struct failure *failure);

#endif
