#include "base/version.h"

const char *csilink_version(void)
{
    return CSILINK_VERSION;
}
