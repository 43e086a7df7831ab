// SPDX-License-Identifier: Apache-2.0
#include "services/wire/courier/courier_http.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    HANDLES_MAX = 64, // kept; more are made and thrown away
    REPLY_MAX = 16 << 20,
    CONNECT_MS = 5000,
    HEADER_MAX = 160,
};

/// A handle and its connections.
struct kept {
    CURL *handle;
    unsigned generation;
};

struct courier_http {
    struct courier courier;
    struct courier_http_options options;
    pthread_mutex_t lock; // of what follows
    struct kept kept[HANDLES_MAX];
    size_t kept_count;
    unsigned generation;
};

// ---- handles -----------------------------------------------------------------------------------

/// Through a gateway: a tunnel within TLS that shows it the same certificate; what goes through is
/// between us and the target.
static CURLcode prepare_gateway(CURL *handle, const struct courier_http_options *options) {
    CURLcode code =
        curl_easy_setopt(handle, CURLOPT_PROXY, options->gateway != NULL ? options->gateway : "");
    code |= curl_easy_setopt(handle, CURLOPT_HTTPPROXYTUNNEL, options->gateway != NULL ? 1L : 0L);
    code |= curl_easy_setopt(handle, CURLOPT_PROXY_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    code |= curl_easy_setopt(handle, CURLOPT_PROXY_CAPATH, (const char *)NULL);
    code |= curl_easy_setopt(handle, CURLOPT_PROXY_CAINFO, options->root);
    code |= curl_easy_setopt(handle, CURLOPT_PROXY_SSLCERT, options->certificate);
    code |= curl_easy_setopt(handle, CURLOPT_PROXY_SSLKEY, options->key);
    code |= curl_easy_setopt(handle, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    return code;
}

/// What is the same for every request.
static bool prepare(CURL *handle, const struct courier_http_options *options) {
    const char *no_directory = NULL; // the system's roots are none of ours
    CURLcode code = curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "https");
    code |= curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
    code |= prepare_gateway(handle, options);
    code |= curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    code |= curl_easy_setopt(handle, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    code |= curl_easy_setopt(handle, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    code |= curl_easy_setopt(handle, CURLOPT_SSL_VERIFYPEER, 1L);
    code |= curl_easy_setopt(handle, CURLOPT_SSL_VERIFYHOST, 2L);
    code |= curl_easy_setopt(handle, CURLOPT_CAPATH, no_directory);
    code |= curl_easy_setopt(handle, CURLOPT_CAINFO, options->root);
    code |= curl_easy_setopt(handle, CURLOPT_SSLCERT, options->certificate);
    code |= curl_easy_setopt(handle, CURLOPT_SSLKEY, options->key);
    if (options->revoked != NULL && access(options->revoked, F_OK) == 0)
        code |= curl_easy_setopt(handle, CURLOPT_CRLFILE, options->revoked) |
                curl_easy_setopt(handle, CURLOPT_PROXY_CRLFILE, options->revoked);
    code |= curl_easy_setopt(handle, CURLOPT_USERAGENT, "tessera/" TESSERA_VERSION);
    code |= curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, (long)options->connect_ms);
    return code == CURLE_OK;
}

static struct kept take_handle(struct courier_http *http) {
    struct kept taken = {NULL, 0};
    pthread_mutex_lock(&http->lock);
    taken.generation = http->generation;
    if (http->kept_count > 0)
        taken = http->kept[--http->kept_count];
    pthread_mutex_unlock(&http->lock);
    if (taken.handle == NULL) {
        taken.handle = curl_easy_init();
        if (taken.handle != NULL && !prepare(taken.handle, &http->options)) {
            curl_easy_cleanup(taken.handle);
            taken.handle = NULL;
        }
    }
    return taken;
}

static void give_back(struct courier_http *http, struct kept kept) {
    pthread_mutex_lock(&http->lock);
    bool room = kept.generation == http->generation && http->kept_count < HANDLES_MAX;
    if (room)
        http->kept[http->kept_count++] = kept;
    pthread_mutex_unlock(&http->lock);
    if (!room)
        curl_easy_cleanup(kept.handle);
}

// ---- one attempt -------------------------------------------------------------------------------

struct attempt {
    CURL *handle;
    const struct parcel *parcel;
    struct reply *reply;
    size_t reply_max;
    struct curl_slist *headers;
    const char *own; // why the body was not taken
    char why[CURL_ERROR_SIZE];
};

static size_t take_body(char *octets, size_t one, size_t size, void *context) {
    struct attempt *attempt = context;
    struct buffer *body = &attempt->reply->body;
    if (one * size > attempt->reply_max - body->size) {
        attempt->own = "its answer is longer than is taken";
        return 0;
    }
    buffer_put(body, bytes_of(octets, one * size));
    if (!body->failed)
        return one * size;
    attempt->own = "there is no memory for its answer";
    return 0;
}

static bool add_header(struct attempt *attempt, const char *name, const char *value) {
    char line[HEADER_MAX];
    int size = snprintf(line, sizeof line, "%s: %s", name, value);
    if (size < 0 || (size_t)size >= sizeof line)
        return false;
    struct curl_slist *longer = curl_slist_append(attempt->headers, line);
    if (longer == NULL)
        return false;
    attempt->headers = longer;
    return true;
}

static bool add_headers(struct attempt *attempt) {
    const struct parcel *parcel = attempt->parcel;
    struct curl_slist *longer = curl_slist_append(NULL, "Expect:"); // no round trip for leave
    attempt->headers = longer;
    return longer != NULL &&
           add_header(attempt, "Accept",
                      parcel->accept != NULL ? parcel->accept : "application/json") &&
           (parcel->body.size == 0 ||
            add_header(attempt, "Content-Type",
                       parcel->media != NULL ? parcel->media : "application/json")) &&
           (parcel->range == NULL || add_header(attempt, "Range", parcel->range)) &&
           (parcel->key == NULL || add_header(attempt, "Idempotency-Key", parcel->key));
}

static bool set_request(struct attempt *attempt, const char *url) {
    const struct parcel *parcel = attempt->parcel;
    bool has_body = strcmp(parcel->method, "GET") != 0;
    CURLcode code = curl_easy_setopt(attempt->handle, CURLOPT_URL, url);
    code |= curl_easy_setopt(attempt->handle, CURLOPT_PATH_AS_IS, 1L);
    code |= curl_easy_setopt(attempt->handle, CURLOPT_HTTPGET, 1L);
    if (has_body) {
        code |= curl_easy_setopt(attempt->handle, CURLOPT_POST, 1L);
        code |= curl_easy_setopt(attempt->handle, CURLOPT_POSTFIELDSIZE_LARGE,
                                 (curl_off_t)parcel->body.size);
        code |= curl_easy_setopt(attempt->handle, CURLOPT_POSTFIELDS,
                                 parcel->body.size > 0 ? (const char *)parcel->body.data : "");
    }
    code |= curl_easy_setopt(attempt->handle, CURLOPT_CUSTOMREQUEST, parcel->method);
    code |= curl_easy_setopt(attempt->handle, CURLOPT_HTTPHEADER, attempt->headers);
    code |= curl_easy_setopt(attempt->handle, CURLOPT_TIMEOUT_MS, (long)parcel->deadline_ms);
    code |= curl_easy_setopt(attempt->handle, CURLOPT_ERRORBUFFER, attempt->why);
    code |= curl_easy_setopt(attempt->handle, CURLOPT_WRITEFUNCTION, take_body);
    code |= curl_easy_setopt(attempt->handle, CURLOPT_WRITEDATA, attempt);
    return code == CURLE_OK;
}

/// The caller's memory is not for the handle to keep.
static void forget_request(struct attempt *attempt) {
    curl_easy_setopt(attempt->handle, CURLOPT_HTTPHEADER, NULL);
    curl_easy_setopt(attempt->handle, CURLOPT_POSTFIELDS, NULL);
    curl_easy_setopt(attempt->handle, CURLOPT_ERRORBUFFER, NULL);
    curl_easy_setopt(attempt->handle, CURLOPT_WRITEDATA, NULL);
    curl_slist_free_all(attempt->headers);
}

static bool is_distrust(CURLcode code) {
    return code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE ||
           code == CURLE_SSL_CERTPROBLEM || code == CURLE_SSL_CRL_BADFILE ||
           code == CURLE_SSL_ISSUER_ERROR;
}

static enum delivery judge(const struct attempt *attempt, CURLcode code, struct failure *failure) {
    const char *target = attempt->parcel->target;
    const char *why = attempt->own != NULL      ? attempt->own
                      : attempt->why[0] != '\0' ? attempt->why
                                                : curl_easy_strerror(code);
    long status = 0, sent = 0, gateway = 0;
    curl_easy_getinfo(attempt->handle, CURLINFO_HTTP_CONNECTCODE, &gateway);
    curl_easy_getinfo(attempt->handle, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(attempt->handle, CURLINFO_REQUEST_SIZE, &sent);
    if (code == CURLE_OK && status >= 200) {
        attempt->reply->status = (unsigned)status;
        return DELIVERY_DONE;
    }
    if (gateway >= 400) {
        failure_set(failure, gateway == 403 ? EXIT_LOCKED : EXIT_ABSENT,
                    "cannot reach %s: the gateway %s", target,
                    gateway == 403 ? "knows no such address, or not this phone"
                                   : "does not reach it, either");
        return DELIVERY_REFUSED;
    }
    if (sent > 0) {
        failure_set(failure, EXIT_OPEN, "%s may or may not have taken the request: %s", target,
                    why);
        return DELIVERY_OPEN;
    }
    failure_set(failure, is_distrust(code) ? EXIT_REFUSED : EXIT_ABSENT, "cannot reach %s: %s",
                target, why);
    return DELIVERY_REFUSED;
}

static enum delivery perform(struct attempt *attempt, const char *url, struct failure *failure) {
    if (!add_headers(attempt) || !set_request(attempt, url)) {
        failure_set(failure, EXIT_REFUSED, "the request to %s cannot be put together",
                    attempt->parcel->target);
        return DELIVERY_REFUSED;
    }
    CURLcode code = curl_easy_perform(attempt->handle);
    return judge(attempt, code, failure);
}

static const struct courier_http_target *find(const struct courier_http *http, const char *name) {
    for (size_t i = 0; i < http->options.target_count; i++)
        if (strcmp(http->options.targets[i].name, name) == 0)
            return &http->options.targets[i];
    return NULL;
}

static enum delivery send_over(const struct courier *courier, const struct parcel *parcel,
                               struct reply *reply, struct failure *failure) {
    struct courier_http *http = courier->context;
    const struct courier_http_target *target = find(http, parcel->target);
    buffer_clear(&reply->body);
    if (target == NULL) {
        failure_set(failure, EXIT_USAGE, "there is no address for '%s'; give its URL",
                    parcel->target);
        return DELIVERY_REFUSED;
    }
    struct kept kept = take_handle(http);
    char *url = malloc(strlen(target->url) + strlen(parcel->path) + 1);
    if (kept.handle == NULL || url == NULL) {
        free(url);
        curl_easy_cleanup(kept.handle);
        failure_set(failure, EXIT_REFUSED, "out of memory");
        return DELIVERY_REFUSED;
    }
    sprintf(url, "%s%s", target->url, parcel->path);
    struct attempt attempt = {.handle = kept.handle,
                              .parcel = parcel,
                              .reply = reply,
                              .reply_max = http->options.reply_max};
    enum delivery delivery = perform(&attempt, url, failure);
    forget_request(&attempt);
    give_back(http, kept);
    free(url);
    return delivery;
}

// ---- open and close ----------------------------------------------------------------------------

static bool check_url(const struct courier_http_target *target, struct failure *failure) {
    static const char SCHEME[] = "https://";
    const char *host = target->url + sizeof SCHEME - 1;
    bool good = strncmp(target->url, SCHEME, sizeof SCHEME - 1) == 0 && host[0] != '\0' &&
                strpbrk(host, "/?#@ \\") == NULL;
    return good || fail(failure, EXIT_USAGE, "the address '%s' of %s is not https://HOST:PORT",
                        target->url, target->name);
}

static bool check_file(const char *path, struct failure *failure) {
    return path == NULL || strncmp(path, "pkcs11:", 7) == 0 || access(path, R_OK) == 0 ||
           fail_errno(failure, "cannot read %s", path);
}

static bool check(const struct courier_http_options *options, struct failure *failure) {
    for (size_t i = 0; i < options->target_count; i++)
        if (!check_url(&options->targets[i], failure))
            return false;
    const struct courier_http_target gateway = {"the gateway", options->gateway};
    if (options->gateway != NULL && !check_url(&gateway, failure))
        return false;
    return check_file(options->root, failure) && check_file(options->certificate, failure) &&
           check_file(options->key, failure);
}

struct courier_http *courier_http_open(const struct courier_http_options *options,
                                       struct failure *failure) {
    static const struct courier_ops ops = {send_over};
    if (!check(options, failure))
        return NULL;
    struct courier_http *http = calloc(1, sizeof *http);
    if (http == NULL || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        free(http);
        failure_set(failure, EXIT_REFUSED, "out of memory");
        return NULL;
    }
    http->courier = (struct courier){&ops, http};
    http->options = *options;
    if (http->options.reply_max == 0)
        http->options.reply_max = REPLY_MAX;
    if (http->options.connect_ms == 0)
        http->options.connect_ms = CONNECT_MS;
    pthread_mutex_init(&http->lock, NULL);
    return http;
}

const struct courier *courier_http_courier(const struct courier_http *http) {
    return &http->courier;
}

static void drop_handles(struct courier_http *http) {
    for (size_t i = 0; i < http->kept_count; i++)
        curl_easy_cleanup(http->kept[i].handle);
    http->kept_count = 0;
}

void courier_http_reload(struct courier_http *http) {
    pthread_mutex_lock(&http->lock);
    http->generation++;
    drop_handles(http);
    pthread_mutex_unlock(&http->lock);
}

void courier_http_close(struct courier_http *http) {
    drop_handles(http);
    pthread_mutex_destroy(&http->lock);
    free(http);
    curl_global_cleanup();
}
