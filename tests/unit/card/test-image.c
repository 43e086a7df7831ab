// SPDX-License-Identifier: Apache-2.0
// The image file: what is refused and left untouched, who may open it, how it is made, and that a
// program killed at any moment loses no commit it acknowledged.
#include "card/os/nvm.h"
#include "card/port/file.h"
#include "tests/kit/suite.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

// ---- the fixture -------------------------------------------------------------------------------

enum { NOBODY = 65534, SIZE = NVM_IMAGE_SIZE };

static char directory[64], path[96];
static uint8_t sound[SIZE];

/// A port over an array, to make an image without a file.
static bool array_read(const struct nvm_port *port, uint32_t offset, uint8_t *out, size_t size) {
    memcpy(out, (const uint8_t *)port->context + offset, size);
    return true;
}

static bool array_write(const struct nvm_port *port, uint32_t offset, const uint8_t *data,
                        size_t size) {
    memcpy((uint8_t *)port->context + offset, data, size);
    return true;
}

static bool array_sync(const struct nvm_port *port) {
    (void)port;
    return true;
}

static void put_file(const void *data, size_t size) {
    FILE *file = fopen(path, "wb");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    CU_ASSERT_EQUAL(fwrite(data, 1, size, file), size);
    CU_ASSERT_EQUAL(fclose(file), 0);
    chmod(path, 0600);
}

static void put_sound(void) {
    struct nvm_port port = {array_read, array_write, array_sync, sound, SIZE};
    CU_ASSERT_EQUAL_FATAL(nvm_format(&port), NVM_OK);
    put_file(sound, SIZE);
}

static enum file_status open_it(void) {
    struct file_port port;
    enum file_status status = file_port_open(&port, path, FILE_DURABLE);
    CU_ASSERT_EQUAL(port.descriptor < 0, status != FILE_OK);
    file_port_close(&port);
    return status;
}

/// Opening gives this status and leaves the file as it is, to the last time stamp.
static void expect(enum file_status expected) {
    static uint8_t before[SIZE + 8], after[SIZE + 8];
    struct stat old_info, new_info;
    FILE *file = fopen(path, "rb");
    size_t size = fread(before, 1, sizeof before, file);
    fclose(file);
    stat(path, &old_info);
    CU_ASSERT_EQUAL(open_it(), expected);
    stat(path, &new_info);
    file = fopen(path, "rb");
    CU_ASSERT_EQUAL(fread(after, 1, sizeof after, file), size);
    fclose(file);
    CU_ASSERT_EQUAL(memcmp(before, after, size), 0);
    CU_ASSERT_EQUAL(old_info.st_mtim.tv_nsec, new_info.st_mtim.tv_nsec);
    CU_ASSERT_EQUAL(old_info.st_ino, new_info.st_ino);
}

// ---- the disk ----------------------------------------------------------------------------------

static unsigned syncs;
static bool sync_fails;
static uint8_t durable[SIZE]; // what the disk kept when a sync failed

/// Stands before the C library's: counts; a sync that fails leaves the disk as it was before.
int fdatasync(int descriptor) {
    syncs++;
    if (!sync_fails)
        return fsync(descriptor);
    CU_ASSERT_EQUAL(pwrite(descriptor, durable, SIZE, 0), SIZE);
    errno = EIO;
    return -1;
}

// ---- what is refused ---------------------------------------------------------------------------

static void test_missing(void) {
    unlink(path);
    CU_ASSERT_EQUAL(open_it(), FILE_MISSING);
    CU_ASSERT_NOT_EQUAL(access(path, F_OK), 0); // and is not made
}

static void test_truncated(void) {
    put_sound();
    put_file(sound, 0);
    expect(FILE_TRUNCATED);
    put_file(sound, NVM_HEADER_SIZE - 1);
    expect(FILE_TRUNCATED);
    put_file(sound, NVM_HEADER_SIZE);
    expect(FILE_TRUNCATED);
    put_file(sound, SIZE - 1);
    expect(FILE_TRUNCATED);
    put_file(sound, SIZE);
    expect(FILE_OK);
}

static void test_foreign(void) {
    static uint8_t other[SIZE] = "#!/bin/sh\n";
    put_file(other, sizeof other);
    expect(FILE_FOREIGN);
    put_file(other, 10);
    expect(FILE_FOREIGN);
    unlink(path);
    CU_ASSERT_EQUAL_FATAL(mkdir(path, 0700), 0);
    CU_ASSERT_EQUAL(open_it(), FILE_DIRECTORY);
    rmdir(path);
    CU_ASSERT_EQUAL_FATAL(mkfifo(path, 0600), 0); // must not hang either
    CU_ASSERT_EQUAL(open_it(), FILE_FOREIGN);
    unlink(path);
}

static void test_newer_and_damaged(void) {
    static uint8_t image[SIZE + 8];
    put_sound();
    memcpy(image, sound, SIZE);
    image[9]++;
    put_file(image, SIZE);
    expect(FILE_NEWER);
    image[9] = 1;
    put_file(image, SIZE);
    expect(FILE_OLDER);
    memcpy(image, sound, SIZE);
    image[13] ^= 1; // the size that the header tells
    put_file(image, SIZE);
    expect(FILE_DAMAGED);
    memcpy(image, sound, SIZE);
    put_file(image, SIZE + 8);
    expect(FILE_DAMAGED);
}

static void test_locked(void) {
    struct file_port holder;
    put_sound();
    CU_ASSERT_EQUAL_FATAL(file_port_open(&holder, path, FILE_DURABLE), FILE_OK);
    expect(FILE_LOCKED);
    struct bytes image = bytes_of(sound, SIZE);
    CU_ASSERT_EQUAL(file_image_write(path, image, true), FILE_LOCKED);
    CU_ASSERT_EQUAL(file_image_write(path, image, false), FILE_EXISTS);
    file_port_close(&holder);
    expect(FILE_OK);
}

static void test_no_permission(void) {
    uid_t user = geteuid();
    put_sound();
    chmod(path, user == 0 ? 0600 : 0);
    chmod(directory, user == 0 ? 0755 : 0500);
    if (user == 0)
        CU_ASSERT_EQUAL_FATAL(seteuid(NOBODY), 0);
    CU_ASSERT_EQUAL(open_it(), FILE_NO_PERMISSION);
    CU_ASSERT_EQUAL(file_image_write(path, bytes_of(sound, SIZE), true), FILE_NO_PERMISSION);
    char other[128];
    snprintf(other, sizeof other, "%s/other", directory);
    CU_ASSERT_EQUAL(file_image_write(other, bytes_of(sound, SIZE), false), FILE_NO_PERMISSION);
    if (user == 0)
        CU_ASSERT_EQUAL_FATAL(seteuid(0), 0);
    chmod(directory, 0700);
    chmod(path, 0600);
    expect(FILE_OK);
}

/// Keys and PINs are in an image: it is its owner's alone, as a key file is.
static void test_not_private(void) {
    static const mode_t wide[] = {0640, 0604, 0620, 0602, 0610};
    put_sound();
    for (size_t i = 0; i < sizeof wide / sizeof *wide; i++) {
        chmod(path, wide[i]);
        expect(FILE_NOT_PRIVATE);
    }
    CU_ASSERT_EQUAL(file_status_exit(FILE_NOT_PRIVATE), 5);
    chmod(path, 0400 | 0200);
    expect(FILE_OK);
}

// ---- making ------------------------------------------------------------------------------------

static size_t files_here(void) {
    char command[128], line[16] = "";
    snprintf(command, sizeof command, "ls -A '%s' | wc -l", directory);
    FILE *list = popen(command, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(list);
    CU_ASSERT_PTR_NOT_NULL(fgets(line, sizeof line, list));
    pclose(list);
    return (size_t)strtoul(line, NULL, 10);
}

static void test_making(void) {
    struct stat info;
    put_sound();
    unlink(path);
    struct bytes image = bytes_of(sound, SIZE);
    mode_t mask = umask(0);
    CU_ASSERT_EQUAL(file_image_write(path, image, false), FILE_OK);
    umask(mask);
    CU_ASSERT_EQUAL(stat(path, &info), 0);
    CU_ASSERT_EQUAL(info.st_mode & 07777, 0600);
    expect(FILE_OK);
    ino_t before = info.st_ino;
    CU_ASSERT_EQUAL(file_image_write(path, image, false), FILE_EXISTS);
    stat(path, &info);
    CU_ASSERT_EQUAL(info.st_ino, before);
    CU_ASSERT_EQUAL(file_image_write(path, image, true), FILE_OK);
    stat(path, &info);
    CU_ASSERT_NOT_EQUAL(info.st_ino, before); // put in place whole, not rewritten
    CU_ASSERT_EQUAL(files_here(), 1);         // no temporary file is left
    char nowhere[128];
    snprintf(nowhere, sizeof nowhere, "%s/no/such/directory", directory);
    CU_ASSERT_EQUAL(file_image_write(nowhere, image, false), FILE_MISSING);
}

/// A disk that is full while a new image replaces the old one: the old one stays, nothing is left.
static void test_disk_full_while_making(void) {
    struct rlimit old_limit, small = {SIZE / 2, RLIM_INFINITY};
    put_sound();
    getrlimit(RLIMIT_FSIZE, &old_limit);
    small.rlim_max = old_limit.rlim_max;
    setrlimit(RLIMIT_FSIZE, &small);
    enum file_status status = file_image_write(path, bytes_of(sound, SIZE), true);
    setrlimit(RLIMIT_FSIZE, &old_limit);
    CU_ASSERT_EQUAL(status, FILE_FAILED);
    CU_ASSERT_EQUAL(files_here(), 1);
    expect(FILE_OK);
}

// ---- use ---------------------------------------------------------------------------------------

static bool count_up(struct nvm *nvm) {
    uint8_t octets[8];
    if (!nvm_read(nvm, nvm_data_begin(), octets, sizeof octets))
        return false;
    bytes_put_be(octets, 8, bytes_get_be(octets, 8) + 1);
    nvm_begin(nvm);
    nvm_stage(nvm, nvm_data_begin(), octets, sizeof octets);
    nvm_stage(nvm, nvm_data_end(nvm) - 8, octets, sizeof octets);
    return nvm_commit(nvm);
}

static uint64_t count_read(struct nvm *nvm) {
    uint8_t low[8], high[8];
    CU_ASSERT(nvm_read(nvm, nvm_data_begin(), low, sizeof low));
    CU_ASSERT(nvm_read(nvm, nvm_data_end(nvm) - 8, high, sizeof high));
    CU_ASSERT_EQUAL(memcmp(low, high, sizeof low), 0);
    return bytes_get_be(low, 8);
}

static void test_commits_stay(void) {
    struct nvm nvm;
    struct file_port port;
    put_sound();
    for (unsigned round = 0; round < 5; round++) {
        CU_ASSERT_EQUAL_FATAL(file_port_open(&port, path, round % 2 ? FILE_UNSYNCED : FILE_DURABLE),
                              FILE_OK);
        CU_ASSERT_EQUAL_FATAL(nvm_open(&nvm, &port.nvm), NVM_OK);
        CU_ASSERT_EQUAL(count_read(&nvm), round);
        CU_ASSERT(count_up(&nvm));
        uint8_t octet;
        CU_ASSERT_FALSE(port.nvm.read(&port.nvm, SIZE, &octet, 1));
        CU_ASSERT_FALSE(port.nvm.write(&port.nvm, SIZE - 1, (const uint8_t *)"xy", 2));
        file_port_close(&port);
    }
}

/// One sync a commit, and none where it was asked to leave them out.
static void test_commits_are_synced(void) {
    for (unsigned round = 0; round < 2; round++) {
        struct nvm nvm;
        struct file_port port;
        put_sound();
        CU_ASSERT_EQUAL_FATAL(file_port_open(&port, path, round ? FILE_UNSYNCED : FILE_DURABLE),
                              FILE_OK);
        CU_ASSERT_EQUAL_FATAL(nvm_open(&nvm, &port.nvm), NVM_OK);
        for (syncs = 0; nvm.sequence < 12;)
            CU_ASSERT_FATAL(count_up(&nvm));
        CU_ASSERT_EQUAL(syncs, round ? 0 : 11);
        file_port_close(&port);
    }
}

/// A sync that fails is a failed commit, and the next start finds what the disk has.
static void test_failed_sync(void) {
    struct nvm nvm;
    struct file_port port;
    put_sound();
    CU_ASSERT_EQUAL_FATAL(file_port_open(&port, path, FILE_DURABLE), FILE_OK);
    CU_ASSERT_EQUAL_FATAL(nvm_open(&nvm, &port.nvm), NVM_OK);
    CU_ASSERT(count_up(&nvm));
    memcpy(durable, port.mirror, SIZE);
    sync_fails = true;
    CU_ASSERT_FALSE(count_up(&nvm));
    sync_fails = false;
    CU_ASSERT_FALSE(count_up(&nvm)); // the card is off
    CU_ASSERT_EQUAL_FATAL(nvm_open(&nvm, &port.nvm), NVM_OK);
    CU_ASSERT_EQUAL(count_read(&nvm), 1); // not the commit that the system had and the disk not
    CU_ASSERT(count_up(&nvm));
    file_port_close(&port);
}

/// A copy in RAM is opened beside the holder of the image, lives its own life and leaves no trace.
static void test_private_copy(void) {
    struct nvm nvm, apart;
    struct file_port port, copy;
    put_sound();
    CU_ASSERT_EQUAL_FATAL(file_port_open(&port, path, FILE_DURABLE), FILE_OK);
    CU_ASSERT_EQUAL_FATAL(nvm_open(&nvm, &port.nvm), NVM_OK);
    CU_ASSERT(count_up(&nvm));
    CU_ASSERT_EQUAL_FATAL(file_port_open(&copy, path, FILE_PRIVATE), FILE_OK);
    CU_ASSERT_EQUAL_FATAL(nvm_open(&apart, &copy.nvm), NVM_OK);
    CU_ASSERT(count_up(&apart) && count_up(&apart));
    CU_ASSERT_EQUAL(count_read(&apart), 3);
    CU_ASSERT_EQUAL_FATAL(nvm_open(&apart, &copy.nvm), NVM_OK); // off and on again
    CU_ASSERT_EQUAL(count_read(&apart), 3);
    file_port_close(&copy);
    CU_ASSERT(count_up(&nvm));
    CU_ASSERT_EQUAL(count_read(&nvm), 2);
    file_port_close(&port);
    CU_ASSERT_EQUAL_FATAL(file_port_open(&port, path, FILE_DURABLE), FILE_OK);
    CU_ASSERT_EQUAL_FATAL(nvm_open(&nvm, &port.nvm), NVM_OK);
    CU_ASSERT_EQUAL(count_read(&nvm), 2);
    file_port_close(&port);
}

/// The child counts and tells each number after its commit.
static void count_until_killed(int told) {
    struct nvm nvm;
    struct file_port port;
    if (file_port_open(&port, path, FILE_DURABLE) != FILE_OK || nvm_open(&nvm, &port.nvm) != NVM_OK)
        _exit(1);
    uint8_t octets[8];
    while (count_up(&nvm) && nvm_read(&nvm, nvm_data_begin(), octets, 8) &&
           write(told, octets, 8) == 8)
        ;
    _exit(1);
}

/// Reads what the child tells; kills it after so many numbers. Returns the last one.
static uint64_t kill_after(pid_t child, int told, unsigned numbers) {
    uint8_t octets[8];
    uint64_t last = 0;
    for (unsigned i = 0; read(told, octets, 8) == 8; i++) {
        last = bytes_get_be(octets, 8);
        if (i == numbers)
            kill(child, SIGKILL);
    }
    waitpid(child, NULL, 0);
    return last;
}

static void test_killed(void) {
    struct nvm nvm;
    struct file_port port;
    put_sound();
    for (unsigned round = 0; round < 20; round++) {
        int ends[2];
        CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
        pid_t child = fork();
        if (child == 0) {
            close(ends[0]);
            count_until_killed(ends[1]);
        }
        close(ends[1]);
        uint64_t last = kill_after(child, ends[0], round * 3);
        close(ends[0]);
        CU_ASSERT_EQUAL_FATAL(file_port_open(&port, path, FILE_DURABLE), FILE_OK);
        CU_ASSERT_EQUAL_FATAL(nvm_open(&nvm, &port.nvm), NVM_OK);
        uint64_t found = count_read(&nvm);
        CU_ASSERT(last > 0 && (found == last || found == last + 1));
        CU_ASSERT_EQUAL(nvm_check(&port.nvm), NVM_OK);
        file_port_close(&port);
    }
}

/// A medium that refuses to write: the card dies, the image keeps its last state.
static void test_write_fails(void) {
    struct nvm nvm;
    struct file_port port;
    put_sound();
    CU_ASSERT_EQUAL_FATAL(file_port_open(&port, path, FILE_DURABLE), FILE_OK);
    CU_ASSERT_EQUAL_FATAL(nvm_open(&nvm, &port.nvm), NVM_OK);
    CU_ASSERT(count_up(&nvm));
    int whole = port.descriptor;
    port.descriptor = open(path, O_RDONLY);
    CU_ASSERT_FALSE(count_up(&nvm));
    CU_ASSERT(nvm.dead);
    close(port.descriptor);
    port.descriptor = whole;
    CU_ASSERT_FALSE(count_up(&nvm));
    CU_ASSERT_EQUAL_FATAL(nvm_open(&nvm, &port.nvm), NVM_OK);
    CU_ASSERT_EQUAL(count_read(&nvm), 1);
    file_port_close(&port);
}

static void test_words(void) {
    for (int status = FILE_OK; status <= FILE_FAILED; status++) {
        CU_ASSERT(strlen(file_status_text((enum file_status)status)) > 8);
        int code = file_status_exit((enum file_status)status);
        CU_ASSERT(code == 0 ? status == FILE_OK : code == 1 || code == 2 || code == 5);
    }
    CU_ASSERT_EQUAL(file_status_exit(FILE_LOCKED), 5);
    CU_ASSERT_EQUAL(file_status_exit(FILE_NO_PERMISSION), 5);
    CU_ASSERT_EQUAL(file_status_exit(FILE_MISSING), 2);
}

int main(int argc, char **argv) {
    static const struct suite_test tests[] = {
        {"an image that others may read or write", test_not_private, NULL},
        {"one sync a commit", test_commits_are_synced, NULL},
        {"a failed sync is a failure, and the disk is read back", test_failed_sync, NULL},
        {"missing image", test_missing, NULL},
        {"truncated image", test_truncated, NULL},
        {"foreign file, directory, pipe", test_foreign, NULL},
        {"newer version, damaged header, wrong size", test_newer_and_damaged, NULL},
        {"locked image", test_locked, NULL},
        {"no permission", test_no_permission, NULL},
        {"an image is made whole, 0600, never over another", test_making, NULL},
        {"disk full while making", test_disk_full_while_making, NULL},
        {"commits stay in the file", test_commits_stay, NULL},
        {"a private copy changes nothing of its image", test_private_copy, NULL},
        {"killed at any moment", test_killed, NULL},
        {"writes that fail", test_write_fails, NULL},
        {"messages and exit codes", test_words, NULL},
    };
    snprintf(directory, sizeof directory, "/tmp/tessera-image-XXXXXX");
    if (mkdtemp(directory) == NULL)
        return 2;
    signal(SIGXFSZ, SIG_IGN);
    snprintf(path, sizeof path, "%s/card.trm", directory);
    int status = suite_main("test-image", tests, sizeof tests / sizeof *tests, argc, argv);
    unlink(path);
    rmdir(directory);
    return status;
}
