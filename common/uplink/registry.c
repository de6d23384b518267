#include <stddef.h>

#include "uplink/analog.h"
#include "uplink/digital/digital.h"
#include "uplink/kind.h"

const uplink_kind *const uplink_kinds[] = {&uplink_analog, &uplink_digital, NULL};
