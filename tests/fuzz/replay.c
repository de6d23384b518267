/* Runs a fuzz target without libFuzzer, with any compiler and sanitizer.
 *
 *     replay [--variants N] [--keep FOLDER] FILE|FOLDER...
 *
 * Gives the target each file, then N changed forms of it, the same ones each time. The work is done
 * in a child, so that an input that ends it is named and the next ones are tried all the same; with
 * --keep, that input is written to FOLDER. An input that takes longer than a minute counts as a
 * hang, one after which the process has grown beyond 256 MiB as too large (not under a sanitizer,
 * whose own memory would count). Exits 1 where any input failed. */
#include "fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/hash.h"

#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
#define SANITIZED 1
#elif defined __has_feature
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

enum { INPUT_MAX = 1 << 20, FILES_MAX = 4096, HANG_S = 60, RSS_MAX_KIB = 256 << 10 };

/* Targets that have no mutator of their own are changed blindly. */
__attribute__((weak)) size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room,
                                                     unsigned seed);

/* What parent and child share: which input is at work. */
typedef struct progress {
    size_t file;
    unsigned variant; /* 0: the file as it is */
    size_t size;
    uint8_t input[INPUT_MAX];
} progress;

static struct {
    char *path[FILES_MAX];
    size_t count;
} files;

/* --- random numbers and blind changes -----------------------------------------------------------
 */

static uint64_t state = 1;

static uint64_t next_random(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static size_t below(size_t n)
{
    return n ? (size_t)(next_random() % n) : 0;
}

static size_t erase(uint8_t *data, size_t size)
{
    size_t at = below(size), n = 1 + below(size - at < 16 ? size - at : 16);
    n = n < size - at ? n : size - at;
    memmove(data + at, data + at + n, size - at - n);
    return size - n;
}

/* Inserts a copy of some bytes of the input, or one byte over and over. */
static size_t insert(uint8_t *data, size_t size, size_t room)
{
    uint8_t bytes[32];
    size_t n = 1 + below(sizeof bytes), at = below(size + 1);
    if (n > room - size)
        return size;
    for (size_t i = 0, from = below(size), fill = below(256); i < n; i++)
        bytes[i] = size && fill < 128 ? data[(from + i) % size] : (uint8_t)fill;
    memmove(data + at + n, data + at, size - at);
    memcpy(data + at, bytes, n);
    return size + n;
}

static void overwrite(uint8_t *data, size_t size)
{
    static const uint8_t edges[] = {0, 1, 0x7f, 0x80, 0xff, '"', '\n', '0', '-', ','};
    size_t at = below(size);
    switch (below(4)) {
    case 0:
        data[at] ^= (uint8_t)(1u << below(8));
        break;
    case 1:
        data[at] = edges[below(sizeof edges)];
        break;
    case 2:
        data[at] = (uint8_t)next_random();
        break;
    default:
        data[at] = (uint8_t)(data[at] + below(9) - 4);
    }
}

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t room)
{
    for (size_t i = 1 + below(4); i > 0; i--) {
        size_t what = below(4);
        if (size == 0 || (what == 0 && size < room))
            size = insert(data, size, room);
        else if (what == 1 && size > 1)
            size = erase(data, size);
        else
            overwrite(data, size);
    }
    return size;
}

/* --- the child ----------------------------------------------------------------------------------
 */

static void check_memory(void)
{
    struct rusage used;
    if (SANITIZED || getrusage(RUSAGE_SELF, &used) != 0 || used.ru_maxrss <= RSS_MAX_KIB)
        return;
    fprintf(stderr, "the process has grown to %ld MiB\n", used.ru_maxrss >> 10);
    abort();
}

static void run_input(progress *p)
{
    uint8_t *exact = fuzz_copy(p->input, p->size, false);
    alarm(HANG_S);
    LLVMFuzzerTestOneInput(exact, p->size);
    alarm(0);
    free(exact);
    check_memory();
}

static void make_variant(progress *p, const uint8_t *data, size_t size, unsigned variant)
{
    state = hash_words(HASH_START, (uint64_t[]){variant, size}, 16) | 1;
    memcpy(p->input, data, size);
    p->size = size;
    for (size_t i = 1 + below(4); i > 0; i--) {
        unsigned seed = (unsigned)next_random();
        p->size = LLVMFuzzerCustomMutator
                      ? LLVMFuzzerCustomMutator(p->input, p->size, INPUT_MAX, seed)
                      : LLVMFuzzerMutate(p->input, p->size, INPUT_MAX);
    }
}

static void read_input(progress *p, const char *path)
{
    FILE *f = fopen(path, "rb");
    if (!f) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        abort();
    }
    p->size = fread(p->input, 1, INPUT_MAX, f);
    fclose(f);
}

/* From the input that p names on to the last one. */
static void run_on(progress *p, unsigned variants)
{
    for (; p->file < files.count; p->file++, p->variant = 0) {
        read_input(p, files.path[p->file]);
        size_t size = p->size;
        uint8_t *original = fuzz_copy(p->input, size, false);
        if (p->variant == 0)
            run_input(p);
        for (unsigned v = p->variant ? p->variant : 1; v <= variants; v++) {
            p->variant = v;
            make_variant(p, original, size, v);
            run_input(p);
        }
        free(original);
    }
}

/* --- the parent ---------------------------------------------------------------------------------
 */

static void keep(const progress *p, const char *folder)
{
    char path[PATH_MAX];
    const char *slash = strrchr(files.path[p->file], '/');
    snprintf(path, sizeof path, "%s/%s-%u", folder, slash ? slash + 1 : files.path[p->file],
             p->variant);
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(p->input, 1, p->size, f) != p->size)
        fprintf(stderr, "%s: cannot be written\n", path);
    if (f)
        fclose(f);
}

static void report(const progress *p, int status)
{
    printf("%s", files.path[p->file]);
    if (p->variant)
        printf(", variant %u", p->variant);
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
        printf(": still at work after %d s\n", HANG_S);
    else if (WIFSIGNALED(status))
        printf(": ended by signal %d\n", WTERMSIG(status));
    else
        printf(": ended with status %d\n", WEXITSTATUS(status));
}

static unsigned run_all(progress *p, unsigned variants, const char *folder)
{
    unsigned failures = 0;
    while (p->file < files.count) {
        fflush(NULL);
        pid_t child = fork();
        if (child == 0) {
            run_on(p, variants);
            exit(0); /* not _exit: a sanitizer looks for leaks here */
        }
        int status = -1;
        if (child < 0 || waitpid(child, &status, 0) != child)
            abort();
        if (status == 0)
            break;
        failures++;
        if (p->file == files.count) { /* at its end: a leak */
            printf("%s and others: ended with status %d\n", files.path[0], WEXITSTATUS(status));
            break;
        }
        report(p, status);
        if (folder)
            keep(p, folder);
        if (p->variant < variants)
            p->variant++;
        else
            p->file++, p->variant = 0;
    }
    return failures;
}

static void add_file(const char *path)
{
    if (files.count < FILES_MAX)
        files.path[files.count++] = strdup(path);
}

static void add_folder(const char *folder)
{
    struct dirent **entry;
    int n = scandir(folder, &entry, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        char path[PATH_MAX];
        snprintf(path, sizeof path, "%s/%s", folder, entry[i]->d_name);
        if (entry[i]->d_name[0] != '.')
            add_file(path);
        free(entry[i]);
    }
    if (n >= 0)
        free(entry);
}

static void add_path(const char *path)
{
    struct stat st;
    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
        add_folder(path);
    else
        add_file(path);
}

int main(int argc, char **argv)
{
    unsigned variants = 0;
    const char *folder = NULL;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--variants") == 0 && i + 1 < argc)
            variants = (unsigned)strtoul(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--keep") == 0 && i + 1 < argc)
            folder = argv[++i];
        else
            add_path(argv[i]);
    }
    if (files.count == 0) {
        fprintf(stderr, "usage: %s [--variants N] [--keep FOLDER] FILE|FOLDER...\n", argv[0]);
        return 2;
    }
    progress *p = mmap(NULL, sizeof *p, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        return 2;
    unsigned failures = run_all(p, variants, folder);
    printf("%zu files, %zu inputs, %u failures\n", files.count,
           files.count * ((size_t)variants + 1), failures);
    for (size_t i = 0; i < files.count; i++)
        free(files.path[i]);
    return failures > 0;
}
