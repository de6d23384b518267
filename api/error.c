/* Versions, and the message of the calling thread's last failure. */
#include <stdio.h>
#include <string.h>

#include "api/internal.h"
#include "base/version.h"

_Static_assert(CSL_NOMEM == (int)ERR_NOMEM && CSL_INVALID == (int)ERR_INVALID, "public codes");
_Static_assert(CSL_IO == (int)ERR_IO && CSL_FORMAT == (int)ERR_FORMAT, "public codes");
_Static_assert(CSL_UNSUPPORTED == (int)ERR_UNSUPPORTED, "public codes");
_Static_assert(CSL_MISMATCH == (int)ERR_MISMATCH, "public codes");
_Static_assert(CSL_TIMEOUT == (int)ERR_TIMEOUT && CSL_STATE == (int)ERR_STATE, "public codes");

static _Thread_local char last_message[ERR_TEXT_MAX];
static _Thread_local bool called_failed; /* csl_fail since api_begin_call */

const char *csl_version(void)
{
    return csilink_version();
}

int csl_abi(void)
{
    return CSL_ABI;
}

const char *csl_error(void)
{
    return last_message;
}

const char *csl_error_name(int code)
{
    return err_name(code);
}

int api_return(const err *e)
{
    if (e->code != ERR_NONE)
        snprintf(last_message, sizeof last_message, "%s", e->text);
    return e->code;
}

void api_begin_call(void)
{
    called_failed = false;
}

int api_end_call(int code, const char *who, err *e)
{
    char said[ERR_TEXT_MAX];
    if (code == CSL_OK)
        return ERR_NONE;
    bool known = code <= CSL_NOMEM && code >= CSL_STATE;
    snprintf(said, sizeof said, "%s", last_message);
    return err_set(e, known ? (err_code)code : ERR_INVALID, "%s: %s", who,
                   called_failed ? said : "failed without a message (csl_fail)");
}

int csl_fail(int code, const char *message)
{
    err e = {0};
    bool known = code <= CSL_NOMEM && code >= CSL_STATE;
    err_set(&e, known ? (err_code)code : ERR_INVALID, "%s",
            message ? message : "a codec failed without a message");
    called_failed = true;
    return api_return(&e);
}
