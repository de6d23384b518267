/* csilink health: checks the csilink program in the same container, by running its command line
 * again with --health. */
#include <ctype.h>
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "cli/ui/command.h"
#include "ui/option.h"

enum { WORDS_MAX = 256, LINE_MAX_BYTES = 65536 };

typedef struct command_line {
    char text[LINE_MAX_BYTES]; /* words, each with its NUL */
    char *word[WORDS_MAX + 2]; /* room for --health, and the NULL that ends it */
    size_t count;
} command_line;

/* Reads the command line of a process; false if it cannot be read completely. */
static bool read_line(const char *process, command_line *line)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "/proc/%s/cmdline", process);
    FILE *f = fopen(path, "r");
    size_t size = f ? fread(line->text, 1, sizeof line->text, f) : 0;
    if (f)
        fclose(f);
    line->count = 0;
    if (size == 0 || size == sizeof line->text || line->text[size - 1] != '\0')
        return false;
    for (char *at = line->text; at < line->text + size; at += strlen(at) + 1) {
        if (line->count == WORDS_MAX)
            return false;
        line->word[line->count++] = at;
    }
    return true;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static bool has_health(const command_line *line)
{
    static const char *const programs[] = {"ue-agent", "channel-sim", "bs-server"};
    const char *name = base_name(line->word[0]);
    for (size_t i = 0; i < sizeof programs / sizeof programs[0]; i++)
        if (strcmp(name, programs[i]) == 0)
            return true;
    return strcmp(name, "csilink") == 0 && line->count > 1 && strcmp(line->word[1], "monitor") == 0;
}

/* True if a process is a health check itself. */
static bool asks(const command_line *line)
{
    for (size_t i = 1; i < line->count; i++)
        if (strcmp(line->word[i], "--health") == 0)
            return true;
    return false;
}

static bool find_program(command_line *line)
{
    bool found = false;
    DIR *d = opendir("/proc");
    for (const struct dirent *entry; d && !found && (entry = readdir(d)) != NULL;)
        found = isdigit((unsigned char)entry->d_name[0]) && read_line(entry->d_name, line) &&
                has_health(line) && !asks(line);
    if (d)
        closedir(d);
    return found;
}

int command_health(int argc, char **argv)
{
    const option_command command = {
        .name = "csilink health",
        .summary = "checks whether the program of this container is serving; exits with 0 or 1",
        .example = "  podman exec cell-bs csilink health",
    };
    int status = option_parse(&command, argc, argv, NULL);
    if (status >= 0)
        return status;
    static command_line line; /* large for a stack */
    static char health[] = "--health";
    if (!find_program(&line)) {
        log_error("no ue-agent, channel-sim, bs-server or csilink monitor runs here");
        return 1;
    }
    line.word[line.count] = health;
    line.word[line.count + 1] = NULL;
    execvp(line.word[0], line.word);
    log_error("cannot start %s", line.word[0]);
    return 1;
}
