// SPDX-License-Identifier: Apache-2.0
// PostgreSQL for one test process: a server, or a pair of which one follows the other, made in a
// temporary directory, on Unix sockets, gone with the process. initdb refuses root, so root becomes
// the user postgres for it.
#ifndef TESTS_KIT_SERVICES_POSTGRES_H
#define TESTS_KIT_SERVICES_POSTGRES_H

/// The server's URI; started at the first call. Of a pair it names both hosts and leads to the one
/// that takes writes. Aborts when there is none to be had.
const char *postgres_uri(void);

/// Gives the server a follower: what is acknowledged has been applied there
/// (synchronous_commit = remote_apply).
void postgres_pair(void);
/// The follower's URI, where nothing can be written.
const char *postgres_replica_uri(void);

/// Ends the server at once, as a power cut would, and starts it again. Of a pair the follower is
/// promoted instead, and what has ended becomes its follower, made anew.
void postgres_crash(void);

#endif
