// SPDX-License-Identifier: Apache-2.0
// Memory of the script language: one seam through which everything is taken, arenas for syntax
// trees that die together, growable buffers for octets and text, and the small formatter that all
// messages are written with (no stdio here). A failed allocation sets a flag that callers check
// once; nothing is half written.
#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

#include "base/bytes.h"

/// Where memory comes from. resize(NULL, n) takes, resize(p, 0) gives back and returns NULL.
struct script_memory {
    void *(*resize)(const struct script_memory *memory, void *old, size_t size);
    void *context;
};

struct arena_chunk;

struct arena {
    const struct script_memory *memory;
    struct arena_chunk *chunk; // newest first
    size_t held;               // octets held from memory, for limits and tests
    bool failed;
};

/// An empty arena; memory must outlive it.
void arena_init(struct arena *arena, const struct script_memory *memory);
/// Zeroed, suitably aligned; NULL when memory is out (arena->failed then stays true).
void *arena_take(struct arena *arena, size_t size);
/// Copy of octets in the arena.
struct bytes arena_copy(struct arena *arena, struct bytes octets);
/// Forgets everything, keeps one chunk for the next use.
void arena_reset(struct arena *arena);
/// Gives everything back; the arena may be used again.
void arena_free(struct arena *arena);

struct buffer {
    const struct script_memory *memory;
    uint8_t *data;
    size_t size, capacity;
    bool failed;
};

/// An empty buffer that holds nothing yet; memory must outlive it.
void buffer_init(struct buffer *buffer, const struct script_memory *memory);
/// Erases and frees the octets; the buffer may be used again.
void buffer_free(struct buffer *buffer);
/// Forgets contents and failure, keeps the memory.
void buffer_clear(struct buffer *buffer);
/// Room for size more octets at the end, counted in at once; NULL when memory is out.
uint8_t *buffer_extend(struct buffer *buffer, size_t size);
/// Appends octets.
void buffer_put(struct buffer *buffer, struct bytes octets);
/// Appends one octet.
void buffer_put_octet(struct buffer *buffer, uint8_t octet);
/// Appends a C string without its end.
void buffer_text(struct buffer *buffer, const char *text);
/// Contents as a span; empty after a failure.
struct bytes buffer_bytes(const struct buffer *buffer);
/// Contents as a terminated string; "" after a failure.
const char *buffer_string(struct buffer *buffer);

/// Formats at the end. %s C string, %t struct bytes as text, %h struct bytes as spaced hex,
/// %H struct bytes as hex without spaces, %u unsigned, %z size_t, %l uint64_t, %x octet as two hex
/// digits (unsigned), %w status word as four (unsigned), %c character (int), %% a percent sign.
void buffer_format(struct buffer *buffer, const char *format, ...);

/// Value of a hex digit, or -1.
int hex_digit(char c);

#endif
