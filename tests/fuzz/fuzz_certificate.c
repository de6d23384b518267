/* Any bytes as a certificate's file, and as an endpoint: each is refused with one line, or is read
 * into what it can be: a key of 40 characters, UEs in range, a name that is a file's and no path.
 *
 * An input that begins with 'k' is taken, without that byte, as metadata before a good key: random
 * bytes hardly ever hold one. */
#include "link/certificate.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_line(const err *e)
{
    if (!e->text[0] || strchr(e->text, '\n') || strchr(e->text, '\033'))
        abort();
}

static void check_certificate(const char *text, size_t size)
{
    link_certificate c;
    err e = {0};
    char ues[LINK_UES_TEXT_MAX];
    if (link_certificate_parse(text, size, &c, &e) != ERR_NONE) {
        check_line(&e);
        if (c.public_key[0] || c.secret_key[0])
            abort();
        return;
    }
    if (strlen(c.public_key) != LINK_KEY_MAX - 1 || c.ranges > LINK_RANGES_MAX ||
        c.role > LINK_ROLES || (c.name[0] && !link_name_is_good(c.name, strlen(c.name))))
        abort();
    for (size_t i = 0; i < c.ranges; i++)
        if (c.range[i].first > c.range[i].last || c.range[i].last >= LINK_UE_END)
            abort();
    link_certificate again = {0};
    link_ues_print(&c, ues, sizeof ues);
    if (c.ranges && (link_ues_parse(ues, &again, NULL) != ERR_NONE || again.ranges != c.ranges ||
                     memcmp(again.range, c.range, c.ranges * sizeof c.range[0]) != 0))
        abort();
}

static void check_endpoint(const char *text, bool bind)
{
    link_endpoint at;
    err e = {0};
    if (link_endpoint_parse(text, bind, &at, &e) != ERR_NONE)
        check_line(&e);
    else if ((at.server[0] && (bind || !link_name_is_good(at.server, strlen(at.server)))) ||
             !strstr(at.address, "://"))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char key[] =
        "\ncurve\n    public-key = \"rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7\"\n";
    static char text[20000 + sizeof key];
    size = size < 20000 ? size : 20000;
    memcpy(text, data, size);
    text[size] = '\0';
    check_certificate(text, size);
    check_endpoint(text, true);
    check_endpoint(text, false);
    if (size > 0 && data[0] == 'k') {
        memcpy(text + size, key, sizeof key);
        check_certificate(text + 1, size - 1 + sizeof key - 1);
    }
    return 0;
}
