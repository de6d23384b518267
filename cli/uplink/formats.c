#include "formats.h"

#include <stdio.h>

enum { QUARTERS_FROM = 5 };

static unsigned quarters_of(unsigned format)
{
    return QUARTERS_FROM + format;
}

const char *format_name(unsigned format, char name[FORMAT_NAME_MAX])
{
    static const char *const parts[] = {"", ".25", ".5", ".75"};
    snprintf(name, FORMAT_NAME_MAX, "r%u%s", quarters_of(format) / 4,
             parts[quarters_of(format) % 4]);
    return name;
}

/* To be replaced by digital_source_bits, of the same sizes, once the digital uplink has it. A scale
 * has 8 bits more than a value, an offset 9, and parts of a bit are rounded up. */
uint32_t format_bits(unsigned format, uint32_t values)
{
    const unsigned quarters = quarters_of(format), whole = (quarters + 3) / 4;
    return (uint32_t)(((uint64_t)values * quarters + 3) / 4) + (8 + whole) + (9 + whole);
}
