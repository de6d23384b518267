/* version.h: which csilink this is. */
#ifndef BASE_VERSION_H
#define BASE_VERSION_H

/* As the file VERSION has it: "0.1.0". */
const char *csilink_version(void);

#endif
