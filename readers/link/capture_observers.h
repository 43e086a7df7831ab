// SPDX-License-Identifier: Apache-2.0
// Observers of a script run for Wireshark: a pcapng file of ISO 14443 frames, GSMTAP packets.
#ifndef READERS_LINK_CAPTURE_OBSERVERS_H
#define READERS_LINK_CAPTURE_OBSERVERS_H

#include "apdu/script/run/session.h"

/// Every exchange into a pcapng file. NULL: errno.
struct script_observer *pcap_observer_open(const char *path);

/// Every exchange as a packet to HOST:PORT. NULL: errno.
struct script_observer *gsmtap_observer_open(const char *address);

#endif
