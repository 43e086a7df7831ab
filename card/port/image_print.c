// SPDX-License-Identifier: Apache-2.0
#include "card/port/image_print.h"

#include <stdio.h>

static const char *life_cycle_name(enum card_life_cycle state) {
    switch (state) {
    case CARD_OP_READY:
        return "op-ready";
    case CARD_INITIALIZED:
        return "initialized";
    case CARD_SECURED:
        return "secured";
    case CARD_LOCKED:
        return "locked";
    case CARD_TERMINATED:
        return "terminated";
    }
    return "unknown";
}

static void put_hex(const uint8_t *data, size_t size) {
    for (size_t i = 0; i < size; i++)
        printf("%02X", data[i]);
}

/// A holder reference is printable; quote and backslash are the only characters JSON minds.
static void put_json_text(const char *text) {
    if (text == NULL || *text == 0) {
        fputs("null", stdout);
        return;
    }
    putchar('"');
    for (; *text != 0; text++) {
        if (*text == '"' || *text == '\\')
            putchar('\\');
        putchar(*text);
    }
    putchar('"');
}

void image_print_json(const struct card_report *report, const char *id, const char *role) {
    fputs("{\"id\":", stdout);
    put_json_text(id);
    fputs(",\"role\":", stdout);
    put_json_text(role);
    printf(",\"life_cycle\":\"%s\",\"serial\":\"", life_cycle_name(report->life_cycle));
    put_hex(report->serial, sizeof report->serial);
    printf("\",\"nvm_used\":%zu,\"nvm_size\":%zu,\"wear\":%llu,\"applets\":[", report->nvm_used,
           report->nvm_size, (unsigned long long)report->commits);
    for (size_t i = 0; i < report->instance_count; i++) {
        printf("%s{\"name\":\"%s\",\"aid\":\"", i == 0 ? "" : ",", report->instances[i].name);
        put_hex(report->instances[i].aid, report->instances[i].aid_size);
        fputs("\"}", stdout);
    }
    puts("]}");
}

void image_print_text(const struct card_report *report, const char *id, const char *role) {
    printf("id          %s\n", *id != 0 ? id : "none");
    printf("role        %s\n", role != NULL ? role : "none");
    printf("life cycle  %s\n", life_cycle_name(report->life_cycle));
    fputs("serial      ", stdout);
    put_hex(report->serial, sizeof report->serial);
    printf("\nmemory      %zu of %zu octets used\n", report->nvm_used, report->nvm_size);
    printf("wear        %llu commits\n", (unsigned long long)report->commits);
    for (size_t i = 0; i < report->instance_count; i++) {
        printf("applet      %-8s ", report->instances[i].name);
        put_hex(report->instances[i].aid, report->instances[i].aid_size);
        putchar('\n');
    }
}

// ---- differences -------------------------------------------------------------------------------

enum { JOIN = 8 }; // equal octets between two differences that are told as one

/// Whose memory an offset is, and where that begins and ends.
static const char *owner(const struct card_report *report, uint32_t offset, uint32_t *begin,
                         uint32_t *end) {
    *begin = nvm_data_begin();
    for (size_t i = 0; i < report->instance_count; i++) {
        uint32_t base = report->instances[i].base, size = report->instances[i].size;
        if (offset >= base && offset < base + size) {
            *begin = base;
            *end = base + size;
            return report->instances[i].name;
        }
        if (offset < base && base < *end)
            *end = base;
    }
    return "card";
}

/// One past the last octet of the difference that begins at offset.
static uint32_t difference_end(const uint8_t *a, const uint8_t *b, uint32_t offset, uint32_t end) {
    uint32_t last = offset;
    for (uint32_t i = offset; i < end && i <= last + JOIN; i++)
        if (a[i] != b[i])
            last = i;
    return last + 1;
}

unsigned image_print_differences(const struct card_report *report, const uint8_t *a,
                                 const uint8_t *b, bool json) {
    unsigned count = 0;
    uint32_t size = (uint32_t)report->nvm_size;
    for (uint32_t at = nvm_data_begin(); at < size; at++) {
        if (a[at] == b[at])
            continue;
        uint32_t begin, end = size;
        const char *name = owner(report, at, &begin, &end);
        end = difference_end(a, b, at, end);
        printf(json ? "{\"applet\":\"%s\",\"offset\":%u,\"size\":%u}\n"
                    : "%-8s offset %u, %u octets\n",
               name, at - begin, end - at);
        at = end - 1;
        count++;
    }
    return count;
}
