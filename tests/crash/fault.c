/* A file system that fails at its n-th change, for LD_PRELOAD (tests/crash/disk.py builds and steers it).

Every call that changes what lies under one folder is counted, in this process and in all that it starts: write, sync, rename, truncate,
remove, make. At the n-th call of the kinds in `mask` the fault happens. SQLite and Python both come by here; what a C program writes
by stdio doesn't, since libc calls itself without asking. With `power`, each file is copied aside as it is when it is synced. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum kind { WRITE = 1, SYNC = 2, RENAME = 4, TRUNCATE = 8, REMOVE = 16, MAKE = 32 };
enum fault { NONE, KILL, TORN, SHORT, FULL, FAILED, POWER };

/* The same as State in disk.py. */
struct state {
    uint32_t fault, mask, at, count;
    char folder[1024], synced[1024], last[1024];
};
static struct state *state;

#define REAL(name) __typeof__(name) *real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

__attribute__((constructor)) static void start(void) {
    const char *path = getenv("KETNOI_CRASH_STATE");
    REAL(open);
    int handle = path ? real(path, O_RDWR | O_CLOEXEC) : -1;
    if (handle < 0)
        return;
    void *found = mmap(NULL, sizeof *state, PROT_READ | PROT_WRITE, MAP_SHARED, handle, 0);
    state = found == MAP_FAILED ? NULL : found;
    close(handle);
}

static int ours(const char *path) {
    size_t size = strlen(state->folder);
    return strncmp(path, state->folder, size) == 0 && (path[size] == '/' || path[size] == 0);
}

/* Where a descriptor leads; "" if that is none of our files. */
static void of_handle(int handle, char *path) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", handle);
    ssize_t size = readlink(link, path, PATH_MAX - 1);
    path[size < 0 ? 0 : size] = 0;
}

static void of_name(int folder, const char *name, char *path) {
    char base[PATH_MAX] = "";
    if (name[0] != '/') {
        if (folder == AT_FDCWD) {
            if (!getcwd(base, sizeof base))
                base[0] = 0;
        } else
            of_handle(folder, base);
        strncat(base, "/", sizeof base - strlen(base) - 1);
    }
    snprintf(path, PATH_MAX, "%s%s", base, name);
}

static void killed(void) {
    kill(0, SIGKILL);
    for (;;)
        pause();
}

/* Count a change. 0: go on; 1: half of a write is wanted; 2: half, and then the end; -1: it fails, errno says how. */
static int change(enum kind kind, const char *name, const char *path) {
    if (!state || !state->fault || !ours(path) || !(state->mask & kind))
        return 0;
    uint32_t number = __atomic_add_fetch(&state->count, 1, __ATOMIC_SEQ_CST);
    if (!state->at || number < state->at || (number > state->at && state->fault != FULL))
        return 0;
    if (number == state->at)
        snprintf(state->last, sizeof state->last, "%s %s", name, path + strlen(state->folder));
    switch (state->fault) {
    case KILL:
    case POWER:
        killed();
    case TORN:
        return 2;
    case SHORT:
        return 1;
    case FULL:
        errno = ENOSPC;
        return -1;
    case FAILED:
        errno = EIO;
        return -1;
    }
    return 0;
}

static int change_handle(enum kind kind, const char *name, int handle) {
    char path[PATH_MAX];
    if (!state || !state->fault)
        return 0;
    int before = errno;
    of_handle(handle, path);
    errno = before;
    return change(kind, name, path);
}

static int change_name(enum kind kind, const char *name, int folder, const char *at) {
    char path[PATH_MAX];
    if (!state || !state->fault)
        return 0;
    int before = errno;
    of_name(folder, at, path);
    errno = before;
    return change(kind, name, path);
}

/* How much of a write of `size` bytes is done; -1: none, it failed. */
static ssize_t allowed(int verdict, size_t size) {
    return verdict < 0 ? -1 : verdict == 0 || size < 2 ? (ssize_t)size : (ssize_t)(size / 2);
}

#define WRITES(type, name, parameters, ...)                                                                                                \
    type name parameters {                                                                                                                 \
        REAL(name);                                                                                                                        \
        int verdict = change_handle(WRITE, #name, handle);                                                                                 \
        ssize_t room = allowed(verdict, size);                                                                                             \
        if (room < 0)                                                                                                                      \
            return -1;                                                                                                                     \
        size = (size_t)room;                                                                                                               \
        type done = real(__VA_ARGS__);                                                                                                     \
        if (verdict == 2)                                                                                                                  \
            killed();                                                                                                                      \
        return done;                                                                                                                       \
    }

WRITES(ssize_t, write, (int handle, const void *data, size_t size), handle, data, size)
WRITES(ssize_t, pwrite, (int handle, const void *data, size_t size, off_t at), handle, data, size, at)
WRITES(ssize_t, pwrite64, (int handle, const void *data, size_t size, off64_t at), handle, data, size, at)
WRITES(ssize_t, sendfile, (int handle, int from, off_t *at, size_t size), handle, from, at, size)
WRITES(ssize_t, sendfile64, (int handle, int from, off64_t *at, size_t size), handle, from, at, size)

ssize_t copy_file_range(int from, off64_t *at, int handle, off64_t *to, size_t size, unsigned flags) {
    REAL(copy_file_range);
    int verdict = change_handle(WRITE, "copy_file_range", handle);
    ssize_t room = allowed(verdict, size);
    ssize_t done = room < 0 ? -1 : real(from, at, handle, to, (size_t)room, flags);
    if (verdict == 2)
        killed();
    return done;
}

/* Of several pieces the first is half of it. */
ssize_t writev(int handle, const struct iovec *pieces, int count) {
    REAL(writev);
    int verdict = change_handle(WRITE, "writev", handle);
    if (verdict < 0)
        return -1;
    struct iovec first = {pieces[0].iov_base, (size_t)allowed(verdict, pieces[0].iov_len)};
    ssize_t done = verdict ? real(handle, &first, 1) : real(handle, pieces, count);
    if (verdict == 2)
        killed();
    return done;
}

/* What the disk surely has of a file now: a copy under its inode's number, whole at once. */
static void remember(int handle) {
    struct stat about;
    char name[2048], fresh[2100], data[65536];
    if (!state || state->fault != POWER || !state->synced[0] || fstat(handle, &about) || !S_ISREG(about.st_mode))
        return;
    char path[PATH_MAX];
    of_handle(handle, path);
    if (!ours(path))
        return;
    REAL(write);
    __typeof__(rename) *put = (__typeof__(rename) *)dlsym(RTLD_NEXT, "rename");
    __typeof__(open) *make = (__typeof__(open) *)dlsym(RTLD_NEXT, "open");
    snprintf(name, sizeof name, "%s/%llu", state->synced, (unsigned long long)about.st_ino);
    snprintf(fresh, sizeof fresh, "%s.new", name);
    int from = make(path, O_RDONLY | O_CLOEXEC), to = make(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    ssize_t size;
    while (from >= 0 && to >= 0 && (size = read(from, data, sizeof data)) > 0)
        if (real(to, data, (size_t)size) != size)
            abort();
    if (from >= 0)
        close(from);
    if (to >= 0)
        close(to);
    put(fresh, name);
}

#define SYNCS(name)                                                                                                                        \
    int name(int handle) {                                                                                                                 \
        REAL(name);                                                                                                                        \
        if (change_handle(SYNC, #name, handle) < 0)                                                                                        \
            return -1;                                                                                                                     \
        int done = real(handle);                                                                                                           \
        if (done == 0)                                                                                                                     \
            remember(handle);                                                                                                              \
        return done;                                                                                                                       \
    }
SYNCS(fsync)
SYNCS(fdatasync)

#define BY_HANDLE(kind, name, parameters, ...)                                                                                             \
    int name parameters {                                                                                                                  \
        REAL(name);                                                                                                                        \
        return change_handle(kind, #name, handle) < 0 ? -1 : real(__VA_ARGS__);                                                            \
    }
BY_HANDLE(TRUNCATE, ftruncate, (int handle, off_t size), handle, size)
BY_HANDLE(TRUNCATE, ftruncate64, (int handle, off64_t size), handle, size)

#define BY_NAME(kind, name, folder, at, parameters, ...)                                                                                   \
    int name parameters {                                                                                                                  \
        REAL(name);                                                                                                                        \
        return change_name(kind, #name, folder, at) < 0 ? -1 : real(__VA_ARGS__);                                                          \
    }
BY_NAME(RENAME, rename, AT_FDCWD, to, (const char *from, const char *to), from, to)
BY_NAME(RENAME, renameat, there, to, (int here, const char *from, int there, const char *to), here, from, there, to)
BY_NAME(RENAME, renameat2, there, to, (int here, const char *from, int there, const char *to, unsigned flags), here, from, there, to, flags)
BY_NAME(TRUNCATE, truncate, AT_FDCWD, path, (const char *path, off_t size), path, size)
BY_NAME(REMOVE, unlink, AT_FDCWD, path, (const char *path), path)
BY_NAME(REMOVE, unlinkat, folder, path, (int folder, const char *path, int flags), folder, path, flags)
BY_NAME(REMOVE, rmdir, AT_FDCWD, path, (const char *path), path)
BY_NAME(MAKE, link, AT_FDCWD, to, (const char *from, const char *to), from, to)
BY_NAME(MAKE, linkat, there, to, (int here, const char *from, int there, const char *to, int flags), here, from, there, to, flags)
BY_NAME(MAKE, symlink, AT_FDCWD, to, (const char *from, const char *to), from, to)
BY_NAME(MAKE, symlinkat, folder, to, (const char *from, int folder, const char *to), from, folder, to)
BY_NAME(MAKE, mkdir, AT_FDCWD, path, (const char *path, mode_t mode), path, mode)
BY_NAME(MAKE, mkdirat, folder, path, (int folder, const char *path, mode_t mode), folder, path, mode)

/* Opening counts where it makes a file, or empties one. */
static int opens(const char *name, int folder, const char *path, int flags) {
    struct stat about;
    if (!state || !state->fault)
        return 0;
    if ((flags & O_CREAT) && fstatat(folder, path, &about, 0) != 0)
        return change_name(MAKE, name, folder, path);
    return flags & O_TRUNC ? change_name(TRUNCATE, name, folder, path) : 0;
}

static mode_t mode_of(int flags, va_list rest) { return flags & (O_CREAT | __O_TMPFILE) ? va_arg(rest, mode_t) : 0; }

#define OPENS(name)                                                                                                                        \
    int name(const char *path, int flags, ...) {                                                                                           \
        REAL(name);                                                                                                                        \
        va_list rest;                                                                                                                      \
        va_start(rest, flags);                                                                                                             \
        mode_t mode = mode_of(flags, rest);                                                                                                \
        va_end(rest);                                                                                                                      \
        int before = errno, verdict = opens(#name, AT_FDCWD, path, flags);                                                                 \
        if (verdict < 0)                                                                                                                   \
            return -1;                                                                                                                     \
        errno = before;                                                                                                                    \
        return real(path, flags, mode);                                                                                                    \
    }
OPENS(open)
OPENS(open64)

#define OPENS_AT(name)                                                                                                                     \
    int name(int folder, const char *path, int flags, ...) {                                                                               \
        REAL(name);                                                                                                                        \
        va_list rest;                                                                                                                      \
        va_start(rest, flags);                                                                                                             \
        mode_t mode = mode_of(flags, rest);                                                                                                \
        va_end(rest);                                                                                                                      \
        int before = errno, verdict = opens(#name, folder, path, flags);                                                                   \
        if (verdict < 0)                                                                                                                   \
            return -1;                                                                                                                     \
        errno = before;                                                                                                                    \
        return real(folder, path, flags, mode);                                                                                            \
    }
OPENS_AT(openat)
OPENS_AT(openat64)
