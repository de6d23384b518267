/* Included in front of every file by `make tidy` alone. clang's analyzer sees one file at a time,
 * so it does not know that err_set returns the code that it is given, and would follow paths on
 * which an error is set and yet ERR_NONE returned. */
#pragma once

#include "base/error.h"

#define err_set(e, code, ...) ((void)err_set(e, code, __VA_ARGS__), (int)(code))
