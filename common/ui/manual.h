/* manual.h: manual pages from the tables that --help prints: what `--help=man` writes.
 *
 * The sections NAME, SYNOPSIS, OPTIONS or COMMANDS, and EXAMPLES in the man(7) macros, to standard
 * output, without the title line. tools/make-man.sh puts written sections (docs/man) between
 * them. */
#ifndef UI_MANUAL_H
#define UI_MANUAL_H

#include "ui/option_spec.h"

/* A whole page, for a command with options. */
void manual_command(const option_command *command);

/* Parts, for a page of another form. The name may have blanks: "csilink run" is csilink-run. */
void manual_name(const char *name, const char *summary);
void manual_page_name(const char *name); /* without a newline */
void manual_example(const char *lines);

/* Any text, without a newline; escapes what troff would interpret. */
void manual_text(const char *text);

#endif
