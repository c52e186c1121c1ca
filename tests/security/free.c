/* Keeps what is freed: every block that is not all zeros is appended to the file $FREED. Preloaded by the tests. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void (*real_free)(void *);
static void *(*real_realloc)(void *, size_t);
static int out = -1;

static void keep(const unsigned char *block, size_t size) {
    static const unsigned char zeros[256];
    size_t at = 0;
    if (out == -1) {
        const char *path = getenv("FREED");
        out = path ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -2;
    }
    if (out < 0)
        return;
    for (; at < size; at += sizeof zeros) {
        size_t part = size - at < sizeof zeros ? size - at : sizeof zeros;
        if (memcmp(block + at, zeros, part) != 0) {
            if (write(out, block, size) < 0) { /* The test finds too little, and says so. */ }
            return;
        }
    }
}

void free(void *block) {
    if (!real_free)
        real_free = dlsym(RTLD_NEXT, "free");
    if (block)
        keep(block, malloc_usable_size(block));
    real_free(block);
}

void *realloc(void *block, size_t size) {
    void *copy, *new;
    size_t old;
    if (!real_realloc)
        real_realloc = dlsym(RTLD_NEXT, "realloc");
    if (!block)
        return real_realloc(block, size);
    old = malloc_usable_size(block);
    copy = malloc(old);
    if (copy)
        memcpy(copy, block, old);
    new = real_realloc(block, size);
    if (copy) {
        if (new != block)
            keep(copy, old);
        memset(copy, 0, old);
        if (!real_free)
            real_free = dlsym(RTLD_NEXT, "free");
        real_free(copy);
    }
    return new;
}
