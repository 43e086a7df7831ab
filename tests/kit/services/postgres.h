// SPDX-License-Identifier: Apache-2.0
// A PostgreSQL server for one test process: made in a temporary directory, on a Unix socket, gone
// with the process. initdb refuses root, so root becomes the user postgres for it.
#ifndef TESTS_KIT_SERVICES_POSTGRES_H
#define TESTS_KIT_SERVICES_POSTGRES_H

/// The server's URI; started at the first call. Aborts when there is none to be had.
const char *postgres_uri(void);

/// Ends it at once, as a power cut would, and starts it again.
void postgres_crash(void);

#endif
