/* make_corpus.h: what the parts of make_corpus share. */
#ifndef TESTS_FUZZ_MAKE_CORPUS_H
#define TESTS_FUZZ_MAKE_CORPUS_H

#include <stddef.h>

/* FOLDER/<target>/<name>: a byte in front where `first` is one (-1: none), then the n bytes. */
void write_seed(const char *target, const char *name, int first, const void *data, size_t n);

/* The same for a text. */
void write_text(const char *target, const char *name, int first, const char *text);

/* The path of FOLDER/<target>/<name>, with its folders created. Static storage, overwritten by the
 * next call. */
const char *seed_path(const char *target, const char *name);

/* Files of components, codebooks, denoisers, checkpoints, arrays, records and tallies. */
void write_files(void);

/* Words of the UCI code, for fuzz_uci. */
void write_uci_words(void);

/* Reports of codecs of bits, for fuzz_codec. */
void write_codec_reports(void);

/* Networks, and both sides of a codec, for fuzz_onnx and fuzz_metadata. */
void write_networks(void);

#endif
