/* error.h: the one error convention of csilink.
 *
 * A function that can fail returns an int: 0 (ERR_NONE) when it succeeded, a negative err_code
 * when it did not. Its last parameter is an `err *` that receives a sentence for the user: what
 * was wrong, where, and what would be right. The pointer may be NULL where nobody will read it.
 * A constructor returns a pointer instead, NULL on failure, with the same last parameter.
 *
 *     err e = {0};
 *     nn_model *m = nn_model_load("x.onnx", &e);
 *     if (!m) { log_error("%s", e.text); return e.code; }
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#define ERR_TEXT_MAX 512 /* bytes of a message with its NUL; longer messages are cut */

/* Every code, with the text that err_name() returns for it. */
#define ERR_CODES(X)                                                                               \
    X(ERR_NONE, 0, "no error")                                                                     \
    X(ERR_NOMEM, -1, "out of memory")                                                              \
    X(ERR_INVALID, -2, "invalid argument") /* an option or parameter outside its range */          \
    X(ERR_IO, -3, "input/output error")    /* a file or socket could not be opened, read, sent */  \
    X(ERR_FORMAT, -4, "malformed data")    /* a file or message that breaks its own format */      \
    X(ERR_UNSUPPORTED, -5, "unsupported")  /* well formed, but not something csilink can do */     \
    X(ERR_MISMATCH, -6, "mismatch")        /* two parts that do not belong together */             \
    X(ERR_TIMEOUT, -7, "timed out")                                                                \
    X(ERR_STATE, -8, "wrong state") /* a call that does not fit the object's state */

typedef enum err_code {
#define ERR_ENUM(name, value, text) name = value,
    ERR_CODES(ERR_ENUM)
#undef ERR_ENUM
} err_code;

typedef struct err {
    int code;                /* an err_code */
    char text[ERR_TEXT_MAX]; /* one line, no final period or newline */
} err;

/* Sets *e (when e is not NULL) and returns code, so that a failure is one statement:
 * `return err_set(e, ERR_FORMAT, "node '%s': ...", name);`
 * Control characters in the message become '?' (err_one_line), in err_prefix as well. */
int err_set(err *e, err_code code, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Puts "<formatted>: " before the text already in *e and returns its code: callers add the context
 * (file, option, UE) as a failure travels up. */
int err_prefix(err *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Replaces control characters (those of ASCII, and U+0080 to U+009F in UTF-8) with '?', so that
 * text from outside stays on one line and moves no cursor. */
void err_one_line(char *text);

/* The text for a code; "unknown error" for any other number. Static storage. */
const char *err_name(int code);

#endif
