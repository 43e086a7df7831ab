// SPDX-License-Identifier: Apache-2.0
#include "readers/link/capture_observers.h"

#include "readers/trace/gsmtap.h"
#include "readers/trace/pcapng.h"

#include <stdlib.h>
#include <time.h>

// ---- pcapng ------------------------------------------------------------------------------------

struct pcap_observer {
    struct script_observer observer;
    struct pcapng *file;
    uint64_t offset; // from the monotonic clock to the time of day
};

static void pcap_exchange(struct script_observer *observer, const struct script_exchange *what) {
    struct pcap_observer *pcap = (struct pcap_observer *)observer;
    pcapng_exchange(pcap->file, what->card, what->card_name, what->command, what->answer,
                    what->begin + pcap->offset, what->end + pcap->offset);
}

static void pcap_event(struct script_observer *observer, const struct script_event *what) {
    struct pcap_observer *pcap = (struct pcap_observer *)observer;
    if (what->kind != EVENT_POWER_CUT)
        pcapng_reset(pcap->file, what->card, what->at + pcap->offset);
}

static bool pcap_close(struct script_observer *observer) {
    struct pcap_observer *pcap = (struct pcap_observer *)observer;
    bool ok = pcapng_close(pcap->file);
    free(pcap);
    return ok;
}

struct script_observer *pcap_observer_open(const char *path) {
    struct pcap_observer *pcap = calloc(1, sizeof *pcap);
    struct timespec day, monotonic;
    if (pcap == NULL)
        return NULL;
    pcap->observer = (struct script_observer){pcap_exchange, pcap_event, pcap_close, NULL};
    pcap->file = pcapng_open(path);
    if (pcap->file == NULL) {
        free(pcap);
        return NULL;
    }
    clock_gettime(CLOCK_REALTIME, &day);
    clock_gettime(CLOCK_MONOTONIC, &monotonic);
    pcap->offset = (uint64_t)(day.tv_sec - monotonic.tv_sec) * 1000000000u +
                   (uint64_t)(day.tv_nsec - monotonic.tv_nsec);
    return &pcap->observer;
}

// ---- GSMTAP ------------------------------------------------------------------------------------

struct gsmtap_observer {
    struct script_observer observer;
    struct gsmtap gsmtap;
};

static void gsmtap_tell(struct script_observer *observer, const struct script_exchange *what) {
    gsmtap_exchange(&((struct gsmtap_observer *)observer)->gsmtap, what->card, what->command,
                    what->answer);
}

static bool gsmtap_end(struct script_observer *observer) {
    struct gsmtap_observer *gsmtap = (struct gsmtap_observer *)observer;
    bool ok = !gsmtap->gsmtap.failed;
    gsmtap_close(&gsmtap->gsmtap);
    free(gsmtap);
    return ok;
}

struct script_observer *gsmtap_observer_open(const char *address) {
    struct gsmtap_observer *gsmtap = calloc(1, sizeof *gsmtap);
    if (gsmtap == NULL)
        return NULL;
    gsmtap->observer = (struct script_observer){gsmtap_tell, NULL, gsmtap_end, NULL};
    if (gsmtap_open(&gsmtap->gsmtap, address))
        return &gsmtap->observer;
    free(gsmtap);
    return NULL;
}
