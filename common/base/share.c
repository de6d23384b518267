#include "base/share.h"

#include <dirent.h>
#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Paths relative to the program's folder, after the current folder, which comes first. The last
 * ones are relative to the folder of the file that contains this code: in a library it is not the
 * program's. */
static const char *const beside_program[] = {".", "..", "../..", "../../..", "../share/csilink"};
static const char *const beside_library[] = {"..", "../..", "../../..", "../share/csilink",
                                             "../../share/csilink"};
enum {
    BESIDE_PROGRAM = sizeof beside_program / sizeof *beside_program,
    BESIDE_LIBRARY = sizeof beside_library / sizeof *beside_library
};
_Static_assert(1 + BESIDE_PROGRAM + BESIDE_LIBRARY == (int)SHARE_CANDIDATES, "one for each entry");

static bool program_folder(char folder[PATH_MAX])
{
    ssize_t n = readlink("/proc/self/exe", folder, PATH_MAX - 1);
    if (n <= 0)
        return false;
    folder[n] = '\0';
    char *slash = strrchr(folder, '/');
    if (slash)
        *slash = '\0';
    return slash != NULL;
}

/* In a statically linked program the loader reports the name by which the program was started; at
 * worst we search one more folder in vain. */
static bool library_folder(char folder[PATH_MAX])
{
    Dl_info where;
    char path[PATH_MAX];
    if (!dladdr(beside_library, &where) || !where.dli_fname || !realpath(where.dli_fname, path))
        return false;
    char *slash = strrchr(path, '/');
    if (slash)
        *slash = '\0';
    return slash && (size_t)snprintf(folder, PATH_MAX, "%s", path) < PATH_MAX;
}

bool share_candidate(size_t i, const char *name, char *path, size_t size)
{
    char folder[PATH_MAX];
    if (i == 0)
        return (size_t)snprintf(path, size, "%s", name) < size;
    const char *from = NULL;
    if (i <= BESIDE_PROGRAM)
        from = program_folder(folder) ? beside_program[i - 1] : NULL;
    else if (i < SHARE_CANDIDATES)
        from = library_folder(folder) ? beside_library[i - 1 - BESIDE_PROGRAM] : NULL;
    return from && (size_t)snprintf(path, size, "%s/%s/%s", folder, from, name) < size;
}

static bool is_file(const char *path)
{
    struct stat there;
    return stat(path, &there) == 0 && S_ISREG(there.st_mode) && access(path, R_OK) == 0;
}

bool share_find(const char *file, char *path, size_t size)
{
    for (size_t i = 0; i < SHARE_CANDIDATES; i++)
        if (share_candidate(i, file, path, size) && is_file(path))
            return true;
    return false;
}

bool share_find_named(const char *folder, const char *name, const char *ending, char *path,
                      size_t size)
{
    char file[PATH_MAX];
    size_t length = strlen(folder);
    if (is_file(name))
        return (size_t)snprintf(path, size, "%s", name) < size;
    if (strncmp(name, folder, length) == 0 && name[length] == '/')
        name += length + 1;
    if (strchr(name, '/'))
        return false;
    int n = snprintf(file, sizeof file, "%s/%s%s", folder, name, ending);
    if (n < 0 || (size_t)n >= sizeof file)
        return false;
    if (share_find(file, path, size))
        return true;
    file[(size_t)n - strlen(ending)] = '\0';
    return share_find(file, path, size);
}

static bool is_folder(const char *path)
{
    struct stat there;
    return stat(path, &there) == 0 && S_ISDIR(there.st_mode);
}

/* Appends "name" for "name.yaml"; skips other endings, and names that do not fit. */
static void list_one(const char *file, const char *ending, char *text, size_t size)
{
    size_t length = strlen(file), tail = strlen(ending), used = strlen(text);
    if (length <= tail || strcmp(file + length - tail, ending) != 0)
        return;
    if (used + length - tail + sizeof ", " <= size)
        snprintf(text + used, size - used, "%s%.*s", used ? ", " : "", (int)(length - tail), file);
}

void share_list(const char *folder, const char *ending, char *text, size_t size)
{
    char path[PATH_MAX];
    struct dirent **entries = NULL;
    int count = -1;
    text[0] = '\0';
    for (size_t i = 0; count < 0 && i < SHARE_CANDIDATES; i++)
        if (share_candidate(i, folder, path, sizeof path) && is_folder(path))
            count = scandir(path, &entries, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        list_one(entries[i]->d_name, ending, text, size);
        free(entries[i]);
    }
    free(entries);
}
