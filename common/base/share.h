/* share.h: finds the files that come with csilink: models, scenarios.
 *
 * The search starts in the current folder and goes on beside the program, at the paths of a build
 * tree (build/bin, build/VARIANT/bin) and of an installation:
 *
 *     ., beside, ../, ../../, ../../../ and ../share/csilink/ of the program's folder
 *
 * and, where this code is part of libcsilink.so, beside that library: .., ../../, ../../../,
 * ../share/csilink/ and ../../share/csilink/ of the library's folder (build/lib, lib,
 * lib/x86_64-linux-gnu). So a build tree works from any folder, and an installation can be moved as
 * a whole. */
#ifndef BASE_SHARE_H
#define BASE_SHARE_H

#include <stdbool.h>
#include <stddef.h>

/* Candidate i, from 0, for the path of the folder `name` ("models"), whether it exists or not.
 * False if i >= SHARE_CANDIDATES or the path is longer than `size`. */
bool share_candidate(size_t i, const char *name, char *path, size_t size);
enum { SHARE_CANDIDATES = 11 };

/* Finds `file` ("scenarios/first-look.yaml"): the path of the first candidate that is a readable
 * regular file. False when there is none. */
bool share_find(const char *file, char *path, size_t size);

/* The same for a file that a user named: by its path, or by its name in `folder`, with or without
 * `ending` (".yaml"). */
bool share_find_named(const char *folder, const char *name, const char *ending, char *path,
                      size_t size);

/* The names, without `ending`, of the files with that ending in the first `folder` that exists, in
 * alphabetical order: "bad-hour, first-look". Leaves out names that do not fit; empty when there
 * are none. For messages about an unknown name. */
void share_list(const char *folder, const char *ending, char *text, size_t size);

#endif
