// SPDX-License-Identifier: Apache-2.0
// The alternative names of TLS certificates (RFC 5280 4.2.1.6): whose certificate it is as a URI,
// and where a server is reached.
#include "personalization/authority/x509_private.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { URI_MAX = 96 };

/// Takes the value over, also when it cannot be entered.
static bool name_enter(GENERAL_NAMES *names, int kind, ASN1_STRING *value) {
    GENERAL_NAME *name = value != NULL ? GENERAL_NAME_new() : NULL;
    if (name != NULL) {
        GENERAL_NAME_set0_value(name, kind, value);
        if (sk_GENERAL_NAME_push(names, name) > 0)
            return true;
        GENERAL_NAME_free(name);
        return false;
    }
    ASN1_STRING_free(value);
    return false;
}

static ASN1_STRING *text_of(const char *text) {
    ASN1_STRING *made = ASN1_IA5STRING_new();
    if (made != NULL && ASN1_STRING_set(made, text, -1) == 1)
        return made;
    ASN1_STRING_free(made);
    return NULL;
}

/// tessera:ROLE:ID
static bool uri_enter(GENERAL_NAMES *names, const struct x509_fields *fields) {
    char uri[URI_MAX];
    size_t used = (size_t)snprintf(uri, sizeof uri, "tessera:%s:", fields->unit);
    for (const char *at = fields->subject; *at != '\0' && used + 4 <= sizeof uri; at++) {
        bool plain = isalnum((unsigned char)*at) || strchr("-._~", *at) != NULL;
        used += (size_t)snprintf(uri + used, sizeof uri - used, plain ? "%c" : "%%%02X",
                                 (unsigned char)*at);
    }
    return name_enter(names, GEN_URI, text_of(uri));
}

static bool host_enter(GENERAL_NAMES *names, const char *host) {
    ASN1_OCTET_STRING *address = a2i_IPADDRESS(host);
    if (address != NULL)
        return name_enter(names, GEN_IPADD, address);
    return name_enter(names, GEN_DNS, text_of(host));
}

bool x509_names_put(X509 *certificate, const struct x509_fields *fields) {
    GENERAL_NAMES *names = GENERAL_NAMES_new();
    bool done = names != NULL && uri_enter(names, fields);
    for (size_t i = 0; done && fields->hosts != NULL && i < fields->hosts->count; i++)
        done = host_enter(names, fields->hosts->names[i]);
    done = done &&
           X509_add1_ext_i2d(certificate, NID_subject_alt_name, names, 0, X509V3_ADD_DEFAULT) == 1;
    GENERAL_NAMES_free(names);
    return done;
}

bool x509_host_is_valid(const char *host) {
    size_t size = strlen(host);
    ASN1_OCTET_STRING *address = a2i_IPADDRESS(host);
    ASN1_OCTET_STRING_free(address);
    if (size >= X509_HOST_MAX)
        return false;
    if (address != NULL)
        return true;
    for (size_t i = 0; i < size; i++)
        if (!isalnum((unsigned char)host[i]) && host[i] != '-' &&
            (host[i] != '.' || i == 0 || host[i - 1] == '.'))
            return false;
    return size > 0 && host[0] != '-' && host[size - 1] != '.';
}

static bool host_take(const GENERAL_NAME *name, struct x509_hosts *hosts) {
    int kind = 0;
    const ASN1_STRING *value = GENERAL_NAME_get0_value(name, &kind);
    const unsigned char *data = ASN1_STRING_get0_data(value);
    size_t size = (size_t)ASN1_STRING_length(value);
    if (kind != GEN_DNS && kind != GEN_IPADD)
        return true;
    if (hosts->count == X509_HOSTS_MAX || size >= X509_HOST_MAX)
        return false;
    char *out = hosts->names[hosts->count++];
    if (kind == GEN_IPADD)
        return inet_ntop(size == 4 ? AF_INET : AF_INET6, data, out, X509_HOST_MAX) != NULL;
    memcpy(out, data, size);
    out[size] = '\0';
    return true;
}

bool x509_read_hosts(const char *pem, size_t size, struct x509_hosts *hosts) {
    X509 *certificate = x509_read_pem(pem, size);
    GENERAL_NAMES *names = certificate != NULL
                               ? X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL)
                               : NULL;
    bool done = certificate != NULL;
    hosts->count = 0;
    for (int i = 0; done && i < sk_GENERAL_NAME_num(names); i++)
        done = host_take(sk_GENERAL_NAME_value(names, i), hosts);
    GENERAL_NAMES_free(names);
    X509_free(certificate);
    return done;
}

bool x509_read_subject(const char *pem, size_t size, char *subject, size_t capacity) {
    X509 *certificate = x509_read_pem(pem, size);
    bool done = certificate != NULL &&
                X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName,
                                          subject, (int)capacity) > 0;
    X509_free(certificate);
    return done;
}
