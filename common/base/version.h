/* version.h: the version of csilink. */
#ifndef BASE_VERSION_H
#define BASE_VERSION_H

/* The contents of the file VERSION: "0.1.0". */
const char *csilink_version(void);

#endif
