// SPDX-License-Identifier: Apache-2.0
// The journal: every object is what its row says, signed by whom it names, below the anchor; every
// digest that was sealed is still here; the chain over them is whole, and checkpoints sign it.
#include "host/audit/audit_private.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { CHECKPOINT_LATE_MS = 26 * 3600 * 1000 };

struct journal {
    struct examined *examined;
    int64_t seq; // last one
    uint8_t chain[SHA256_SIZE];
    bool told_chain;
    uint64_t objects, entries, checkpoints;
    int64_t kinds[OBJECT_KINDS];  // objects of each type
    int64_t oldest_ms, newest_ms; // of the objects since the last checkpoint; 0: none
    bool told_late;
    int64_t verified;          // signatures up to this one were verified before
    uint8_t seen[SHA256_SIZE]; // hash over all that was sealed so far
};

// ---- objects -----------------------------------------------------------------------------------

/// Whom an object names as its maker.
static struct bytes maker_of(const struct object *object) {
    static const enum field fields[] = {FIELD_CENTER, FIELD_PURSE, FIELD_PAYEE};
    if (object->type == OBJECT_USAGE_LOG)
        return object->fields[FIELD_PAYER];
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        if (object_has(object, fields[i]))
            return object->fields[fields[i]];
    return bytes_of(NULL, 0);
}

static void tell_object(const struct journal *journal, const char *kind, const char *field,
                        struct bytes digest, struct told_text expected, struct told_text found) {
    tell(journal->examined, (struct finding){.kind = kind,
                                             .table = "object",
                                             .row = told_octets(digest),
                                             .field = field,
                                             .expected = expected,
                                             .found = found,
                                             .object = told_octets(digest)});
}

static void judge_maker(const struct journal *journal, const struct object *object,
                        struct bytes digest, const struct certificate *leaf) {
    struct bytes maker = maker_of(object);
    const struct object_schema *schema = object_schema(object->type);
    if (maker.size > 0 && !bytes_equal(maker, leaf->holder))
        tell_object(journal, "certificate", "certificates", digest,
                    told_of("%.*s", (int)maker.size, (const char *)maker.data),
                    told_of("%.*s", (int)leaf->holder.size, (const char *)leaf->holder.data));
    else if ((schema->maker_roles & leaf->roles) == 0)
        tell_object(journal, "certificate", "certificates", digest,
                    told_of("roles %04x", schema->maker_roles), told_of("%04x", leaf->roles));
    else if (!object_verify(object, journal->examined->audit->crypto, leaf->signing_point))
        tell_object(
            journal, "signature", "octets", digest,
            told_of("signed by %.*s", (int)leaf->holder.size, (const char *)leaf->holder.data),
            told_octets(object->signature));
}

/// Row: digest, kind, octets, certificates.
static void judge_object(struct journal *journal, const struct cell *row) {
    struct bytes digest = row[0].octets;
    uint8_t own[SHA256_SIZE];
    struct object object;
    enum certificate_fault fault;
    journal->objects++;
    if (!object_decode(row[2].octets, &object) || object.whole.size != row[2].octets.size) {
        tell_object(journal, "form", "octets", digest, told_of("%s", row[1].text),
                    told_octets(row[2].octets));
        return;
    }
    object_digest(&object, journal->examined->audit->crypto, own);
    const struct object_schema *schema = object_schema(object.type);
    journal->kinds[object.type % OBJECT_KINDS]++;
    if (!bytes_equal(digest, BYTES_OF(own)))
        tell_object(journal, "digest", "octets", digest, told_octets(digest),
                    told_octets(BYTES_OF(own)));
    else if (strcmp(schema->word, row[1].text) != 0)
        tell_object(journal, "differs", "kind", digest, told_of("%s", schema->word),
                    told_of("%s", row[1].text));
    if (row[5].kind == CELL_INT && row[5].number <= journal->verified)
        return;
    const struct certificate *leaf =
        trust_chain(journal->examined->audit->trust, row[3].octets, &fault);
    if (leaf != NULL)
        judge_maker(journal, &object, digest, leaf);
    else
        tell_object(journal, "certificate", "certificates", digest,
                    told_of("a chain below the anchor"),
                    told_of("%s", certificate_fault_text(fault)));
}

// ---- the chain ---------------------------------------------------------------------------------

static void tell_seal(const struct journal *journal, int64_t seq, const char *kind,
                      const char *field, struct told_text expected, struct told_text found) {
    tell(journal->examined, (struct finding){.kind = kind,
                                             .table = "seal",
                                             .row = told_of("%" PRId64, seq),
                                             .field = field,
                                             .expected = expected,
                                             .found = found});
}

/// Only the first break is told: all that follow it differ, too.
static void judge_seal(struct journal *journal, int64_t seq, struct bytes digest,
                       struct bytes chain) {
    uint8_t both[2 * SHA256_SIZE] = {0};
    const struct crypto *crypto = journal->examined->audit->crypto;
    if (seq != journal->seq + 1 && !journal->told_chain) {
        tell_seal(journal, seq, "chain", "seq", told_of("%" PRId64, journal->seq + 1),
                  told_of("%" PRId64, seq));
        journal->told_chain = true;
    }
    memcpy(both, journal->chain, SHA256_SIZE);
    memcpy(both + SHA256_SIZE, digest.data, digest.size < SHA256_SIZE ? digest.size : SHA256_SIZE);
    crypto->ops->sha256(crypto, BYTES_OF(both), journal->chain);
    if (!bytes_equal(BYTES_OF(journal->chain), chain) && !journal->told_chain) {
        tell_seal(journal, seq, "chain", "chain", told_octets(BYTES_OF(journal->chain)),
                  told_octets(chain));
        journal->told_chain = true;
    }
    memcpy(journal->chain, chain.data, chain.size < SHA256_SIZE ? chain.size : SHA256_SIZE);
    journal->seq = seq;
}

// ---- checkpoints -------------------------------------------------------------------------------

/// Which role signs a service's checkpoints; 0: any.
static uint32_t signer_of(const char *service) {
    static const struct {
        const char *service;
        uint32_t role;
    } rows[] = {{"clearing", ROLE_CENTER}, {"bank", ROLE_BANK},         {"charge", ROLE_TELCO},
                {"licence", ROLE_SELLER},  {"registry", ROLE_REGISTRY}, {"content", ROLE_SELLER}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(rows[i].service, service) == 0)
            return rows[i].role;
    return ROLE_ENTITIES;
}

static bool is_signed(const struct journal *journal, int64_t seq, struct bytes chain,
                      int64_t made_ms, struct bytes signature) {
    char text[256];
    struct told_text hex = told_hash(chain);
    int size =
        snprintf(text, sizeof text, "Tessera/1 checkpoint\n%s\n%" PRId64 "\n%s\n%" PRId64 "\n",
                 journal->examined->service, seq, hex.text, made_ms);
    return signature.size == ECDSA_SIZE &&
           trust_signed(journal->examined->audit->trust, signer_of(journal->examined->service),
                        bytes_of(text, (size_t)size), signature.data);
}

static void tell_checkpoint(const struct journal *journal, int64_t seq, const char *kind,
                            const char *field, struct told_text expected, struct told_text found) {
    tell(journal->examined, (struct finding){.kind = kind,
                                             .table = "checkpoint",
                                             .row = told_of("%" PRId64, seq),
                                             .field = field,
                                             .expected = expected,
                                             .found = found});
}

/// Row: seq, chain, made_ms, signature, chain of that seal.
static bool take_checkpoint(void *context, const struct cell *row) {
    struct journal *journal = context;
    journal->checkpoints++;
    if (row[4].kind == CELL_NULL)
        tell_checkpoint(journal, row[0].number, "checkpoint", "seq",
                        told_of("%" PRId64 " digests sealed", row[0].number),
                        told_of("%" PRId64, journal->seq));
    else if (!bytes_equal(row[1].octets, row[4].octets))
        tell_checkpoint(journal, row[0].number, "checkpoint", "chain", told_octets(row[1].octets),
                        told_octets(row[4].octets));
    if (!is_signed(journal, row[0].number, row[1].octets, row[2].number, row[3].octets))
        tell_checkpoint(
            journal, row[0].number, "signature", "signature",
            told_of("signed by a certificate in %s", journal->examined->audit->trust->directory),
            told_octets(row[3].octets));
    return true;
}

/// A service that works signs what it sealed within minutes.
static void judge_lateness(struct journal *journal, int64_t seq, int64_t made_ms,
                           bool has_checkpoint) {
    if (made_ms > 0 && (journal->oldest_ms == 0 || made_ms < journal->oldest_ms))
        journal->oldest_ms = made_ms;
    if (made_ms > journal->newest_ms)
        journal->newest_ms = made_ms;
    if (journal->newest_ms > journal->oldest_ms + CHECKPOINT_LATE_MS && !journal->told_late) {
        tell_checkpoint(journal, seq, "missing", "made_ms",
                        told_of("within a day of %" PRId64, journal->oldest_ms),
                        told_of("nothing until %" PRId64, journal->newest_ms));
        journal->told_late = true;
    }
    if (has_checkpoint)
        journal->oldest_ms = journal->newest_ms = 0;
}

// ---- the whole ---------------------------------------------------------------------------------

/// What was sealed, with what verified it, into one hash.
static void see(struct journal *journal, const struct cell *row) {
    uint8_t all[2 * SHA256_SIZE + 4096];
    const struct crypto *crypto = journal->examined->audit->crypto;
    size_t size = SHA256_SIZE;
    if (journal->examined->audit->reached == NULL && journal->examined->audit->since == NULL)
        return;
    memcpy(all, journal->seen, SHA256_SIZE);
    for (size_t i = 0; i < 4; i += i == 0 ? 2 : 1)
        if (row[i].kind == CELL_OCTETS && size + row[i].octets.size <= sizeof all) {
            memcpy(all + size, row[i].octets.data, row[i].octets.size);
            size += row[i].octets.size;
        }
    crypto->ops->sha256(crypto, bytes_of(all, size), journal->seen);
}

/// Row: digest, kind, octets, certificates, made_ms, seq, chain, checkpoint.
static bool take_sealed(void *context, const struct cell *row) {
    struct journal *journal = context;
    judge_seal(journal, row[5].number, row[0].octets, row[6].octets);
    see(journal, row);
    if (row[1].kind != CELL_NULL)
        judge_object(journal, row);
    else
        journal->entries++;
    judge_lateness(journal, row[5].number, row[4].number, row[7].kind != CELL_NULL);
    return true;
}

static bool take_unsealed(void *context, const struct cell *row) {
    judge_object(context, row);
    return true;
}

/// Certificates are what their digest says. Row: digest, certificates.
static bool take_signer(void *context, const struct cell *row) {
    const struct journal *journal = context;
    const struct crypto *crypto = journal->examined->audit->crypto;
    uint8_t own[SHA256_SIZE];
    if (crypto->ops->sha256(crypto, row[1].octets, own) &&
        bytes_equal(BYTES_OF(own), row[0].octets))
        return true;
    tell(journal->examined, (struct finding){.kind = "digest",
                                             .table = "signer",
                                             .row = told_octets(row[0].octets),
                                             .field = "certificates",
                                             .expected = told_octets(row[0].octets),
                                             .found = told_octets(BYTES_OF(own))});
    return true;
}

/// Every entry has a digest that was sealed.
static const struct rule entry_rule = {
    "unsealed", "transfer", "digest",
    "SELECT t.id, 'in the journal', 'not in it' FROM transfer t LEFT JOIN seal s"
    " ON s.digest = t.digest LEFT JOIN unsealed u ON u.digest = t.digest"
    " WHERE s.seq IS NULL AND u.digest IS NULL ORDER BY t.id"};

/// What names objects on one side alone. Each reads all of them again, and is asked only where they
/// are not as many as were read along the journal.
static const struct rule journal_rules[] = {
    {"missing", "object", "digest",
     "SELECT s.seq, s.digest, 'nothing', s.digest FROM seal s LEFT JOIN object o"
     " ON o.digest = s.digest LEFT JOIN transfer t ON t.digest = s.digest"
     " WHERE o.digest IS NULL AND t.id IS NULL ORDER BY s.seq"},
    {"unsealed", "object", "digest",
     "SELECT o.digest, 'in the journal', 'not in it' FROM object o LEFT JOIN seal s"
     " ON s.digest = o.digest LEFT JOIN unsealed u ON u.digest = o.digest"
     " WHERE s.seq IS NULL AND u.digest IS NULL ORDER BY o.digest"},
};

/// Each seal names another object that is here, or another entry that is sealed: by the keys of
/// both tables, and by their digests, which were computed. So numbers that agree leave nothing
/// over.
static bool is_whole(const struct journal *journal) {
    struct replica *replica = &journal->examined->replica;
    int64_t waiting = replica_number(
        replica, "SELECT COUNT(*) FROM transfer t JOIN unsealed u ON u.digest = t.digest");
    return journal->examined->audit->findings->told == 0 &&
           (int64_t)journal->objects == replica_number(replica, "SELECT COUNT(*) FROM object") &&
           (int64_t)journal->entries + waiting ==
               replica_number(replica, "SELECT COUNT(*) FROM transfer");
}

// ---- since an earlier audit --------------------------------------------------------------------

/// Of an object: a signer's, by their digest, or, in a row of an earlier version, in the row
/// itself.
#define CERTIFICATES "COALESCE(v.certificates, o.certificates)"
#define SEALED                                                                                     \
    "SELECT s.digest, o.kind, o.octets, " CERTIFICATES ", o.made_ms, s.seq, s.chain, c.seq"        \
    " FROM seal s LEFT JOIN object o ON o.digest = s.digest LEFT JOIN checkpoint c"                \
    " ON c.seq = s.seq LEFT JOIN signer v ON v.digest = o.certificates"

struct earlier {
    struct journal journal; // of which only the hash is used
    const struct state_row *row;
    uint8_t chain[SHA256_SIZE];
};

static bool take_earlier(void *context, const struct cell *row) {
    struct earlier *earlier = context;
    see(&earlier->journal, row);
    earlier->journal.seq = row[5].number;
    memset(earlier->chain, 0, SHA256_SIZE);
    memcpy(earlier->chain, row[6].octets.data,
           row[6].octets.size < SHA256_SIZE ? row[6].octets.size : SHA256_SIZE);
    return true;
}

/// How far signatures need not be verified again. What the journal had and has no more is told.
static int64_t verified_before(struct examined *examined) {
    struct earlier earlier = {.journal = {.examined = examined}};
    const struct state *since = examined->audit->since;
    earlier.row = since != NULL ? state_find(since, examined->service) : NULL;
    if (earlier.row == NULL || earlier.row->seq == 0)
        return 0;
    struct cell seq = cell_int(earlier.row->seq);
    replica_each(&examined->replica, SEALED " WHERE s.seq <= $1 ORDER BY s.seq", &seq, 1,
                 take_earlier, &earlier);
    if (earlier.journal.seq < earlier.row->seq)
        tell_seal(&earlier.journal, earlier.row->seq, "behind", "seq",
                  told_of("%" PRId64, earlier.row->seq), told_of("%" PRId64, earlier.journal.seq));
    else if (memcmp(earlier.chain, earlier.row->chain, SHA256_SIZE) != 0)
        tell_seal(&earlier.journal, earlier.row->seq, "rewritten", "chain",
                  told_octets(BYTES_OF(earlier.row->chain)), told_octets(BYTES_OF(earlier.chain)));
    else if (memcmp(earlier.journal.seen, earlier.row->seen, SHA256_SIZE) == 0)
        return earlier.row->seq;
    return 0;
}

static void note_reached(const struct journal *journal) {
    struct state_row row = {.seq = journal->seq};
    if (journal->examined->audit->reached == NULL)
        return;
    snprintf(row.service, sizeof row.service, "%s", journal->examined->service);
    memcpy(row.chain, journal->chain, SHA256_SIZE);
    memcpy(row.seen, journal->seen, SHA256_SIZE);
    state_put(journal->examined->audit->reached, &row);
}

void examine_journal(struct examined *examined) {
    struct journal journal = {.examined = examined, .verified = verified_before(examined)};
    struct replica *replica = &examined->replica;
    replica_each(replica, SEALED " ORDER BY s.seq", NULL, 0, take_sealed, &journal);
    note_reached(&journal);
    replica_each(replica, "SELECT digest, certificates FROM signer ORDER BY digest", NULL, 0,
                 take_signer, &journal);
    compare_rules(examined, &entry_rule, 1);
    bool whole = is_whole(&journal);
    if (!whole)
        replica_each(replica,
                     "SELECT o.digest, o.kind, o.octets, " CERTIFICATES " FROM object o"
                     " LEFT JOIN seal s ON s.digest = o.digest LEFT JOIN signer v"
                     " ON v.digest = o.certificates WHERE s.seq IS NULL ORDER BY o.digest",
                     NULL, 0, take_unsealed, &journal);
    replica_each(replica,
                 "SELECT c.seq, c.chain, c.made_ms, c.signature, s.chain FROM checkpoint c"
                 " LEFT JOIN seal s ON s.seq = c.seq ORDER BY c.seq",
                 NULL, 0, take_checkpoint, &journal);
    if (!whole)
        compare_rules(examined, journal_rules, sizeof journal_rules / sizeof journal_rules[0]);
    memcpy(examined->kinds, journal.kinds, sizeof examined->kinds);
    findings_count(examined->audit->findings, examined->service, "objects", journal.objects);
    findings_count(examined->audit->findings, examined->service, "checkpoints",
                   journal.checkpoints);
}
