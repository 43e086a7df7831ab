// SPDX-License-Identifier: Apache-2.0
// A content service at work: a container of a gibibyte fetched over TLS, against a plain file that
// the same HTTP library sends, and the memory that it takes for it. Its content is a hole, its
// files are in memory where there is room: disks are not what is asked.
#include "base/clock.h"
#include "base/heap.h"
#include "services/wire/http/http_listen.h"
#include "services/wire/http/http_server.h"
#include "tests/bench/bench.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MEBIBYTES = 1024, FETCHES = 3 };

static const double GOAL_RATIO = 1.11, GOAL_MEMORY = 32; // 1 / 0.9; MiB

static char directory[40] = "/dev/shm/bench-download-XXXXXX";

static void must(bool good, const char *what) {
    if (good)
        return;
    fprintf(stderr, "bench-download: %s failed\n", what);
    exit(1);
}

/// Runs a line of sh in the directory of this bench.
static double run(const char *line) {
    char command[2048];
    snprintf(command, sizeof command,
             "cd %s && { %s; } >/dev/null 2>log || { cat log >&2; false; }", directory, line);
    double begin = bench_now_us();
    must(system(command) == 0, line);
    return bench_now_us() - begin;
}

static void path_of(char out[128], const char *name) {
    snprintf(out, 128, "%s/%s", directory, name);
}

// ---- the service -------------------------------------------------------------------------------

/// Two containers and something to spare.
static bool has_room(const char *path) {
    struct statvfs about;
    return statvfs(path, &about) == 0 &&
           (uint64_t)about.f_bavail * about.f_frsize > (uint64_t)(2 * MEBIBYTES + 512) << 20;
}

static void prepare(void) {
    char line[1024];
    if (!has_room("/dev/shm"))
        snprintf(directory, sizeof directory, "/tmp/bench-download-XXXXXX");
    must(mkdtemp(directory) != NULL, "directory");
    snprintf(
        line, sizeof line,
        "tessera ca init ca && mkdir -m 700 state && tessera ca issue --ca ca --role provider "
        "--id content-1 --host 127.0.0.1 --out state/tls && tessera ca issue --ca ca --role "
        "provider --id prov-1 --out p1 && tessera ca issue --ca ca --role player --id player-1 "
        "--out h1 && printf hc426D99ro7v >key && chmod 600 key && "
        "printf '{\"enterprise\": \"ID_2000\", \"offers\": [{\"unit\": \"JPY\", \"amount\": "
        "1}], \"shares\": [{\"party\": \"prov-1\", \"weight\": 1}]}' >policy.json && "
        "truncate -s %dM film && tessera content pack film --out film.tsc --content "
        "ID_0001 --key key --policy policy.json --signer p1",
        MEBIBYTES);
    run(line);
}

/// Starts it; *port is where.
static pid_t serve(unsigned *port) {
    char out[128], text[256] = "";
    path_of(out, "out");
    unlink(out);
    pid_t child = fork();
    if (child == 0) {
        int file = open(out, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        int quiet = open("/dev/null", O_WRONLY); // a line a request
        if (file < 0 || dup2(file, STDOUT_FILENO) < 0 || dup2(quiet, STDERR_FILENO) < 0 ||
            chdir(directory) != 0)
            _exit(1);
        execlp("tessera", "tessera", "serve", "content", "--state", "state", (char *)NULL);
        _exit(1);
    }
    for (unsigned tries = 0; tries < 200 && strstr(text, "ready") == NULL; tries++) {
        FILE *file = fopen(out, "r");
        size_t size = file != NULL ? fread(text, 1, sizeof text - 1, file) : 0;
        text[size] = '\0';
        if (file != NULL)
            fclose(file);
        usleep(50000);
    }
    must(sscanf(text, "content https://127.0.0.1:%u", port) == 1, "tessera serve");
    return child;
}

/// A line of /proc/PID/status in KiB, as MiB.
static double memory_of(pid_t pid, const char *what) {
    char path[64], line[128];
    double found = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "r");
    must(file != NULL, path);
    while (fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, what, strlen(what)) == 0)
            found = strtod(line + strlen(what) + 1, NULL) / 1024;
    fclose(file);
    return found;
}

// ---- a plain file ------------------------------------------------------------------------------

static bool admit(const struct listener *listener, struct exchange *exchange,
                  struct admission *admission) {
    (void)listener, (void)exchange;
    *admission = (struct admission){.time_max_ms = 60000, .direct = true};
    return true;
}

static void take(const struct listener *listener, struct exchange *exchange) {
    struct stat about;
    struct answer *answer = &exchange->answer;
    answer->file = open(listener->context, O_RDONLY | O_CLOEXEC);
    must(answer->file >= 0 && fstat(answer->file, &about) == 0, "the plain file");
    answer->status = 200;
    answer->content_type = "application/octet-stream";
    answer->size = (uint64_t)about.st_size;
    exchange->finish(exchange);
}

/// The same library, TLS and certificate, and nothing of the service.
struct plain {
    char file[128], root[128], certificate[128], key[128];
    struct tls_source tls;
    struct listener listener;
    struct http_server_options options;
    struct http_server *server;
    unsigned port;
};

static void listen_somewhere(struct plain *plain, struct failure *failure) {
    char address[64];
    plain->options.socket = http_listen("127.0.0.1:0", failure);
    must(plain->options.socket >= 0, failure->text);
    must(http_listen_name(plain->options.socket, address, sizeof address) &&
             sscanf(address, "127.0.0.1:%u", &plain->port) == 1,
         "address");
}

static void begin_plain(struct plain *plain) {
    struct failure failure = {0};
    path_of(plain->file, "film.tsc");
    path_of(plain->root, "state/tls/root.pem");
    path_of(plain->certificate, "state/tls/certificate.pem");
    path_of(plain->key, "state/tls/key.pem");
    struct tls_files files = {plain->root, plain->certificate, plain->key, NULL};
    must(tls_source_open(&plain->tls, &files, &failure), failure.text);
    plain->listener = (struct listener){admit, take, plain->file};
    plain->options = (struct http_server_options){
        .tls = &plain->tls, .clock = &clock_system, .memory = &host_memory};
    listen_somewhere(plain, &failure);
    plain->server = http_server_start(&plain->options, &plain->listener, &failure);
    must(plain->server != NULL, failure.text);
}

static void end_plain(struct plain *plain) {
    must(http_server_stop(plain->server, 5000) == 0, "stop");
    tls_source_close(&plain->tls);
}

// ---- measuring ---------------------------------------------------------------------------------

static double fetch(unsigned port) {
    char line[512];
    snprintf(line, sizeof line,
             "curl -sSf --cacert p1/root.pem --cert h1/certificate.pem --key h1/key.pem "
             "https://127.0.0.1:%u/v1/contents/ID_0001/container -o /dev/null "
             "-w '%%{size_download}' >got && [ $(cat got) = $(stat -c %%s film.tsc) ]",
             port);
    return run(line);
}

static void measure_fetches(pid_t service, unsigned port) {
    double own[FETCHES], plain[FETCHES];
    struct plain other = {.port = 0};
    begin_plain(&other);
    for (size_t i = 0; i < FETCHES; i++) {
        plain[i] = fetch(other.port);
        own[i] = fetch(port);
    }
    end_plain(&other);
    double median = bench_median(own, FETCHES), least = bench_median(plain, FETCHES);
    bench_print("a container of 1 GiB fetched over TLS", MEBIBYTES / (median / 1e6), "MiB/s", -1);
    bench_print("container fetched / plain file, same library", median / least, "ratio",
                GOAL_RATIO);
    bench_print("memory of the content service while it is fetched", memory_of(service, "VmHWM:"),
                "MiB", GOAL_MEMORY);
}

int main(void) {
    char line[256];
    unsigned port = 0;
    int status;
    prepare();
    pid_t service = serve(&port);
    snprintf(line, sizeof line,
             "tessera content publish film.tsc --content https://127.0.0.1:%u --tls p1 --title T",
             port);
    run(line);
    kill(service, SIGTERM); // what it took to receive it is not what is asked
    waitpid(service, &status, 0);
    service = serve(&port);
    measure_fetches(service, port);
    kill(service, SIGTERM);
    waitpid(service, &status, 0);
    snprintf(line, sizeof line, "rm -r %s", directory);
    return system(line) == 0 ? 0 : 1;
}
