/* keys.h: the parts of `csilink keys`; link/keys.h says what a folder of keys holds. */
#ifndef CLI_KEYS_KEYS_H
#define CLI_KEYS_KEYS_H

#define KEYS_FOLDER "keys" /* the default of --keys */
#define KEYS_FOLDER_HELP "folder of certificates"

int keys_new(int argc, char **argv);
int keys_show(int argc, char **argv);
int keys_allow(int argc, char **argv);
int keys_revoke(int argc, char **argv);

#endif
