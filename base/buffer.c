// SPDX-License-Identifier: Apache-2.0
#include "base/buffer.h"
#include "base/must.h"

#include <stdalign.h>
#include <stdarg.h>
#include <string.h>

enum { CHUNK_SIZE = 8 * 1024 };

struct arena_chunk {
    struct arena_chunk *older;
    size_t used, capacity;
    alignas(max_align_t) uint8_t data[];
};

void arena_init(struct arena *arena, const struct script_memory *memory) {
    *arena = (struct arena){.memory = memory};
}

static bool arena_grow(struct arena *arena, size_t size) {
    size_t capacity = size > CHUNK_SIZE ? size : CHUNK_SIZE;
    size_t whole = sizeof(struct arena_chunk) + capacity;
    struct arena_chunk *chunk = arena->memory->resize(arena->memory, NULL, whole);
    if (chunk == NULL) {
        arena->failed = true;
        return false;
    }
    *chunk = (struct arena_chunk){arena->chunk, 0, capacity};
    arena->chunk = chunk;
    arena->held += whole;
    return true;
}

void *arena_take(struct arena *arena, size_t size) {
    must(size <= SIZE_MAX / 2, "no node is as large as half of the memory there can be");
    size = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    struct arena_chunk *chunk = arena->chunk;
    if ((chunk == NULL || chunk->capacity - chunk->used < size) && !arena_grow(arena, size))
        return NULL;
    chunk = arena->chunk;
    uint8_t *at = chunk->data + chunk->used;
    chunk->used += size;
    return memset(at, 0, size);
}

struct bytes arena_copy(struct arena *arena, struct bytes octets) {
    uint8_t *copy = octets.size > 0 ? arena_take(arena, octets.size) : NULL;
    if (copy == NULL)
        return (struct bytes){NULL, 0};
    memcpy(copy, octets.data, octets.size);
    return bytes_of(copy, octets.size);
}

static void drop_chunk(struct arena *arena) {
    struct arena_chunk *chunk = arena->chunk;
    arena->chunk = chunk->older;
    arena->held -= sizeof *chunk + chunk->capacity;
    arena->memory->resize(arena->memory, chunk, 0);
}

void arena_reset(struct arena *arena) {
    while (arena->chunk != NULL &&
           (arena->chunk->older != NULL || arena->chunk->capacity > CHUNK_SIZE))
        drop_chunk(arena);
    if (arena->chunk != NULL)
        arena->chunk->used = 0;
}

void arena_free(struct arena *arena) {
    while (arena->chunk != NULL)
        drop_chunk(arena);
}

void buffer_init(struct buffer *buffer, const struct script_memory *memory) {
    *buffer = (struct buffer){.memory = memory};
}

void buffer_free(struct buffer *buffer) {
    if (buffer->data != NULL) {
        bytes_erase(buffer->data, buffer->capacity);
        buffer->memory->resize(buffer->memory, buffer->data, 0);
    }
    buffer_init(buffer, buffer->memory);
}

void buffer_clear(struct buffer *buffer) {
    buffer->size = 0;
    buffer->failed = false;
}

static bool buffer_reserve(struct buffer *buffer, size_t size) {
    must(buffer->size <= buffer->capacity, "a buffer holds no more than it has room for");
    must(size <= SIZE_MAX / 4 && buffer->size <= SIZE_MAX / 4, "sizes of buffers do not overflow");
    if (buffer->failed)
        return false;
    if (buffer->capacity - buffer->size >= size)
        return true;
    size_t capacity = buffer->capacity < 64 ? 64 : buffer->capacity;
    while (capacity - buffer->size < size)
        capacity *= 2;
    uint8_t *data = buffer->memory->resize(buffer->memory, buffer->data, capacity);
    if (data == NULL) {
        buffer->failed = true;
        return false;
    }
    buffer->data = data;
    buffer->capacity = capacity;
    return true;
}

uint8_t *buffer_extend(struct buffer *buffer, size_t size) {
    if (!buffer_reserve(buffer, size + 1)) // one more for the terminator of buffer_string
        return NULL;
    uint8_t *at = buffer->data + buffer->size;
    buffer->size += size;
    return at;
}

void buffer_put(struct buffer *buffer, struct bytes octets) {
    uint8_t *at = octets.size > 0 ? buffer_extend(buffer, octets.size) : NULL;
    if (at != NULL)
        memcpy(at, octets.data, octets.size);
}

void buffer_put_octet(struct buffer *buffer, uint8_t octet) {
    uint8_t *at = buffer_extend(buffer, 1);
    if (at != NULL)
        *at = octet;
}

void buffer_text(struct buffer *buffer, const char *text) {
    buffer_put(buffer, bytes_of_string(text));
}

struct bytes buffer_bytes(const struct buffer *buffer) {
    if (buffer->failed || buffer->data == NULL)
        return (struct bytes){NULL, 0};
    return bytes_of(buffer->data, buffer->size);
}

const char *buffer_string(struct buffer *buffer) {
    if (buffer_extend(buffer, 0) == NULL)
        return "";
    buffer->data[buffer->size] = 0;
    return (const char *)buffer->data;
}

static void put_number(struct buffer *buffer, uint64_t value) {
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    buffer_put(buffer, bytes_of(digits + at, sizeof digits - at));
}

static void put_hex(struct buffer *buffer, struct bytes octets, bool spaced) {
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < octets.size; i++) {
        if (spaced && i > 0)
            buffer_put_octet(buffer, ' ');
        buffer_put_octet(buffer, (uint8_t)digits[octets.data[i] >> 4]);
        buffer_put_octet(buffer, (uint8_t)digits[octets.data[i] & 15]);
    }
}

static void put_word(struct buffer *buffer, unsigned value, size_t size) {
    uint8_t octets[4];
    bytes_put_be(octets, size, value);
    put_hex(buffer, bytes_of(octets, size), false);
}

void buffer_format(struct buffer *buffer, const char *format, ...) {
    va_list list;
    va_start(list, format);
    for (; *format != 0; format++) {
        if (*format != '%') {
            buffer_put_octet(buffer, (uint8_t)*format);
            continue;
        }
        switch (*++format) {
        case 's':
            buffer_text(buffer, va_arg(list, const char *));
            break;
        case 't':
            buffer_put(buffer, va_arg(list, struct bytes));
            break;
        case 'h':
            put_hex(buffer, va_arg(list, struct bytes), true);
            break;
        case 'H':
            put_hex(buffer, va_arg(list, struct bytes), false);
            break;
        case 'u':
            put_number(buffer, va_arg(list, unsigned));
            break;
        case 'z':
            put_number(buffer, va_arg(list, size_t));
            break;
        case 'l':
            put_number(buffer, va_arg(list, uint64_t));
            break;
        case 'x':
            put_word(buffer, va_arg(list, unsigned), 1);
            break;
        case 'w':
            put_word(buffer, va_arg(list, unsigned), 2);
            break;
        case 'c':
            buffer_put_octet(buffer, (uint8_t)va_arg(list, int));
            break;
        default:
            buffer_put_octet(buffer, (uint8_t)*format);
            break;
        }
    }
    va_end(list);
}

int hex_digit(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}
