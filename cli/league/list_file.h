/* list_file.h: a league's list as libcyaml reads it; list.h is what others use. */
#ifndef CLI_LEAGUE_LIST_FILE_H
#define CLI_LEAGUE_LIST_FILE_H

/* NULL allowed. */
struct league_file;
void league_file_free(struct league_file *file);

#endif
