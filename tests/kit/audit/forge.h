// SPDX-License-Identifier: Apache-2.0
// What a forger of databases can do, as functions of SQL, so that a case is one line of it.
#ifndef TESTS_KIT_AUDIT_FORGE_H
#define TESTS_KIT_AUDIT_FORGE_H

#include <sqlite3.h>

/// Adds to a connection:
///   flip(octets, n)               the n-th octet changed (from behind where n < 0)
///   sha256(octets)
///   digest_of(octets)             of a signed object's body
///   resign(octets, field, value, holder)  the object with another value in a field ("amount", a
///                                 number or octets), signed by one of the house's parties
///   entry_digest(id)              what the digest of an entry must be
///   as_type(octets, type, holder) the object as one of another type, with what both have
///   link(chain, digest)           the next chain
void forge_functions(sqlite3 *db);

#endif
