#include "command.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "base/version.h"
#include "ui/manual.h"
#include "ui/option.h"

enum { CHOICES_MAX = 24, HELP_WORDS_MAX = 4 };

void command_line_text(int argc, char **argv, char *text, size_t size)
{
    size_t used = (size_t)snprintf(text, size, "csilink");
    for (int i = 0; i < argc && used < size; i++) {
        bool plain = argv[i][0] && !strpbrk(argv[i], " \t\"'\\$`;&|<>()*?#~{}!\n");
        used += (size_t)snprintf(text + used, size - used, plain ? " %s" : " \"%s\"", argv[i]);
    }
    err_one_line(text);
}

static void print_menu(const command_menu *m, FILE *to)
{
    char place[16] = ""; /* the placeholder: "COMMAND" */
    for (size_t i = 0; m->what[i] && i + 1 < sizeof place; i++)
        place[i] = (char)toupper((unsigned char)m->what[i]);
    fprintf(to, "%s: %s\n\nusage: %s %s [options]\n\n%ss:\n", m->program, m->title, m->program,
            place, m->what);
    for (size_t i = 0; i < m->count; i++)
        fprintf(to, "  %-9s %s\n", m->choices[i].name, m->choices[i].summary);
    fprintf(to, "\nexample:\n%s\n  %s %s --help lists the options of each %s\n", m->example,
            m->program, place, m->what);
}

static void print_manual(const command_menu *m)
{
    manual_name(m->program, m->title);
    printf("\\fI%s\\fR [\\fIoptions\\fR]\n.SH COMMANDS\n", m->what);
    for (size_t i = 0; i < m->count; i++) {
        char name[64];
        snprintf(name, sizeof name, "%s %s", m->program, m->choices[i].name);
        printf(".TP\n\\fB");
        manual_page_name(name);
        printf("\\fR(1)\n");
        manual_text(m->choices[i].summary);
        printf(".\n");
    }
    manual_example(m->example);
}

static int complain(const command_menu *m, const char *wrong)
{
    const char *names[CHOICES_MAX] = {0};
    size_t count = m->count < CHOICES_MAX ? m->count : CHOICES_MAX;
    for (size_t i = 0; i < count; i++)
        names[i] = m->choices[i].name;
    const char *nearest = text_nearest(wrong, names, count);
    fprintf(stderr, "%s: unknown %s '%.64s'; ", m->program, m->what, wrong);
    if (nearest)
        fprintf(stderr, "did you mean %s?", nearest);
    for (size_t i = 0; !nearest && i < count; i++)
        fprintf(stderr, "%s%s", i ? ", " : "there are ", names[i]);
    fprintf(stderr, " (see %s --help)\n", m->program);
    return OPTION_EXIT_USAGE;
}

static int run_choice(const command_menu *m, int argc, char **argv)
{
    for (size_t i = 0; i < m->count; i++)
        if (strcmp(argv[0], m->choices[i].name) == 0)
            return m->choices[i].run(argc, argv);
    return complain(m, argv[0]);
}

/* "help run" is "run --help", "help data info" is "data info --help". */
static int help(const command_menu *m, int argc, char **argv)
{
    char *words[HELP_WORDS_MAX + 2] = {0};
    static char asked[] = "--help";
    int n = argc - 2 < HELP_WORDS_MAX ? argc - 2 : HELP_WORDS_MAX;
    if (n == 0) {
        print_menu(m, stdout);
        return 0;
    }
    memcpy(words, argv + 2, (size_t)n * sizeof *words);
    words[n] = asked;
    return run_choice(m, n + 1, words);
}

int command_choose(const command_menu *m, int argc, char **argv)
{
    if (argc < 2) {
        print_menu(m, stderr);
        return OPTION_EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        print_menu(m, stdout);
        return 0;
    }
    if (strcmp(argv[1], "--help=man") == 0) {
        print_manual(m);
        return 0;
    }
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "version") == 0) {
        printf("%s %s\n", m->program, csilink_version());
        return 0;
    }
    if (strcmp(argv[1], "help") == 0)
        return help(m, argc, argv);
    return run_choice(m, argc - 1, argv + 1);
}
