/* share.h: the files that come with csilink: models, scenarios.
 *
 * They are looked for in the current folder, then beside the program, in the places that fit a
 * build tree (build/bin, build/VARIANT/bin) and an installation:
 *
 *     ., beside, ../, ../../, ../../../ and ../share/csilink/ of the program's folder
 *
 * and beside libcsilink.so, where this code is in it: .., ../../, ../../../, ../share/csilink/ and
 * ../../share/csilink/ of the library's folder (build/lib, lib, lib/x86_64-linux-gnu), so that a
 * built tree works from anywhere and an installed one may be moved as a whole. */
#ifndef BASE_SHARE_H
#define BASE_SHARE_H

#include <stdbool.h>
#include <stddef.h>

/* The i-th place, from 0, where the folder `name` ("models") may be, whether it is there or not.
 * False where there is no i-th, or its path is longer than `size`. */
bool share_place(size_t i, const char *name, char *path, size_t size);
enum { SHARE_PLACES = 11 };

/* Where `file` ("scenarios/first-look.yaml") is: the path of the first regular file that can
 * be read. False when there is none. */
bool share_find(const char *file, char *path, size_t size);

/* The same for a file that a user named: by a path that is one as it stands, or by its name
 * in `folder`, with `ending` (".yaml") or without. */
bool share_find_named(const char *folder, const char *name, const char *ending, char *path,
                      size_t size);

/* The names of the files with `ending` in the first such `folder` that is there, less the ending,
 * in alphabetical order: "bad-hour, first-look". Names that do not fit are left out; empty where
 * there are none. For a message about a name that is not among them. */
void share_list(const char *folder, const char *ending, char *text, size_t size);

#endif
