#include "link/certificate.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

#include "base/text.h"
#include "io/file.h"

enum { KEY_BYTES = 32, VALUE_MAX = LINK_UES_TEXT_MAX };

static const char *const role_names[LINK_ROLES + 1] = {"agent", "station", "controller", "watcher",
                                                       "any"};

const char *link_role_name(link_role role)
{
    return role_names[role];
}

int link_role_parse(const char *text, link_role *role, err *e)
{
    for (int i = 0; i < LINK_ROLES; i++) {
        if (strcmp(text, role_names[i]) != 0)
            continue;
        *role = (link_role)i;
        return ERR_NONE;
    }
    return err_set(e, ERR_INVALID,
                   "unknown role '%.32s'; the roles are agent, station, controller, watcher", text);
}

/* Reads a UE's number at *text and advances *text past it. */
static bool read_ue(const char **text, uint32_t *ue)
{
    uint64_t value;
    const char *rest = text_whole_at(*text, &value);
    if (!rest || value >= LINK_UE_END)
        return false;
    *ue = (uint32_t)value;
    *text = rest;
    return true;
}

int link_ues_parse(const char *text, link_certificate *c, err *e)
{
    c->ranges = 0;
    for (const char *at = text;; at++) {
        link_ue_range r;
        bool good = read_ue(&at, &r.first);
        r.last = r.first;
        if (good && *at == '-') {
            at++;
            good = read_ue(&at, &r.last) && r.last >= r.first;
        }
        if (!good || (*at && *at != ','))
            return err_set(e, ERR_INVALID,
                           "'%.64s' are not UE numbers from 0 to %d, such as 0-249,1000", text,
                           LINK_UE_END - 1);
        if (c->ranges == LINK_RANGES_MAX)
            return err_set(e, ERR_INVALID, "more than %d ranges of UEs", LINK_RANGES_MAX);
        c->range[c->ranges++] = r;
        if (!*at)
            return ERR_NONE;
    }
}

void link_ues_print(const link_certificate *c, char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < c->ranges && used < size; i++) {
        const link_ue_range *r = &c->range[i];
        const char *comma = i ? "," : "";
        if (r->first == r->last)
            used += (size_t)snprintf(text + used, size - used, "%s%u", comma, r->first);
        else
            used += (size_t)snprintf(text + used, size - used, "%s%u-%u", comma, r->first, r->last);
    }
}

bool link_certificate_has_ue(const link_certificate *c, uint32_t ue)
{
    for (size_t i = 0; i < c->ranges; i++)
        if (ue >= c->range[i].first && ue <= c->range[i].last)
            return true;
    return false;
}

int link_certificate_make(link_certificate *c, err *e)
{
    if (zmq_curve_keypair(c->public_key, c->secret_key) != 0)
        return err_set(e, ERR_UNSUPPORTED, "this ZeroMQ cannot make keys: %s", zmq_strerror(errno));
    return ERR_NONE;
}

/* --- reading ------------------------------------------------------------------------------------
 */

/* One line of ZPL: indentation, a name, and a value if there is one. */
typedef struct zpl_line {
    bool indented, empty, has_value;
    char name[64], value[VALUE_MAX];
} zpl_line;

/* A value at `text`: in quotes of either kind, or up to a blank or comment. */
static int read_value(const char *text, const char *end, zpl_line *line, err *e)
{
    char quote = text < end && (*text == '"' || *text == '\'') ? *text : '\0';
    const char *from = quote ? text + 1 : text, *to = from;
    while (to < end && (quote ? *to != quote : !isspace((unsigned char)*to) && *to != '#'))
        to++;
    const char *rest = to;
    if (quote) {
        if (to == end)
            return err_set(e, ERR_FORMAT, "a quote is not closed");
        rest++;
    }
    while (rest < end && isspace((unsigned char)*rest))
        rest++;
    if (rest < end && *rest != '#')
        return err_set(e, ERR_FORMAT, "text after the value");
    if ((size_t)(to - from) >= sizeof line->value)
        return err_set(e, ERR_FORMAT, "a value of %td characters; at most %zu are allowed",
                       to - from, sizeof line->value - 1);
    memcpy(line->value, from, (size_t)(to - from));
    line->value[to - from] = '\0';
    line->has_value = true;
    return ERR_NONE;
}

static int read_line(const char *text, const char *end, zpl_line *line, err *e)
{
    const char *at = text;
    *line = (zpl_line){.empty = true};
    while (at < end && isspace((unsigned char)*at))
        at++;
    line->indented = at > text;
    if (at == end || *at == '#')
        return ERR_NONE;
    line->empty = false;
    const char *name = at;
    while (at < end && (isalnum((unsigned char)*at) || strchr("$-_@.&+/", *at)))
        at++;
    if (at == name || (size_t)(at - name) >= sizeof line->name)
        return err_set(e, ERR_FORMAT, "the line does not begin with a name");
    memcpy(line->name, name, (size_t)(at - name));
    while (at < end && isspace((unsigned char)*at))
        at++;
    if (at == end || *at == '#')
        return ERR_NONE;
    if (*at != '=')
        return err_set(e, ERR_FORMAT, "'%s' is not followed by '='", line->name);
    for (at++; at < end && isspace((unsigned char)*at);)
        at++;
    return read_value(at, end, line, e);
}

static int set_key(char key[LINK_KEY_MAX], const zpl_line *line, err *e)
{
    static const char alphabet[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                   ".-:+=^!/*?&<>()[]{}@%$#";
    uint8_t bytes[KEY_BYTES];
    if (key[0])
        return err_set(e, ERR_FORMAT, "a second %s", line->name);
    if (strlen(line->value) != LINK_KEY_MAX - 1 ||
        strspn(line->value, alphabet) != LINK_KEY_MAX - 1 || !zmq_z85_decode(bytes, line->value))
        return err_set(e, ERR_FORMAT, "%s is not a key: 40 characters of Z85", line->name);
    strcpy(key, line->value);
    return ERR_NONE;
}

static int set_metadata(link_certificate *c, const zpl_line *line, err *e)
{
    if (strcmp(line->name, "role") == 0)
        return link_role_parse(line->value, &c->role, e);
    if (strcmp(line->name, "ues") == 0)
        return link_ues_parse(line->value, c, e);
    if (strcmp(line->name, "name") != 0)
        return ERR_NONE;
    if (!link_name_is_good(line->value, strlen(line->value)))
        return err_set(e, ERR_FORMAT, "'%.64s' is not a name: letters, digits, - . _", line->value);
    strcpy(c->name, line->value);
    return ERR_NONE;
}

static int set_curve(link_certificate *c, const zpl_line *line, err *e)
{
    if (strcmp(line->name, "public-key") == 0)
        return set_key(c->public_key, line, e);
    if (strcmp(line->name, "secret-key") == 0)
        return set_key(c->secret_key, line, e);
    return ERR_NONE;
}

static int check_keys(const link_certificate *c, err *e)
{
    char derived[LINK_KEY_MAX];
    if (!c->public_key[0])
        return err_set(e, ERR_FORMAT, "no public-key in a section curve: not a certificate");
    if (!c->secret_key[0])
        return ERR_NONE;
    if (zmq_curve_public(derived, c->secret_key) != 0)
        return err_set(e, ERR_UNSUPPORTED, "this ZeroMQ has no CURVE: %s", zmq_strerror(errno));
    return strcmp(derived, c->public_key) == 0
               ? ERR_NONE
               : err_set(e, ERR_FORMAT, "public-key and secret-key do not belong together");
}

static int parse_lines(const char *text, size_t size, link_certificate *c, err *e)
{
    const char *end = text + size;
    char section[64] = "";
    size_t number = 0;
    for (const char *at = text; at < end;) {
        const char *newline = memchr(at, '\n', (size_t)(end - at)), *stop = newline ? newline : end;
        zpl_line line;
        number++;
        int rc = read_line(at, stop, &line, e);
        if (rc == ERR_NONE && !line.empty && !line.indented)
            memcpy(section, line.name, sizeof section);
        else if (rc == ERR_NONE && !line.empty && line.has_value && !strcmp(section, "metadata"))
            rc = set_metadata(c, &line, e);
        else if (rc == ERR_NONE && !line.empty && line.has_value && !strcmp(section, "curve"))
            rc = set_curve(c, &line, e);
        if (rc != ERR_NONE)
            return err_prefix(e, "line %zu", number);
        at = newline ? newline + 1 : end;
    }
    return check_keys(c, e);
}

int link_certificate_parse(const char *text, size_t size, link_certificate *c, err *e)
{
    *c = (link_certificate){.role = LINK_ROLES};
    if (size > LINK_CERTIFICATE_BYTES_MAX)
        return err_set(e, ERR_FORMAT, "%zu bytes; a certificate has up to %d", size,
                       LINK_CERTIFICATE_BYTES_MAX);
    if (memchr(text, '\0', size))
        return err_set(e, ERR_FORMAT, "a zero byte: not a certificate");
    int rc = parse_lines(text, size, c, e);
    if (rc != ERR_NONE) {
        *c = (link_certificate){.role = LINK_ROLES};
        if (e)
            err_one_line(e->text);
    }
    return rc;
}

int link_certificate_read(const char *path, link_certificate *c, err *e)
{
    void *text;
    size_t size;
    struct stat info;
    int rc = file_read(path, LINK_CERTIFICATE_BYTES_MAX, &text, &size, e);
    if (rc != ERR_NONE)
        return rc;
    rc = link_certificate_parse(text, size, c, e);
    explicit_bzero(text, size);
    free(text);
    if (rc != ERR_NONE)
        return err_prefix(e, "%s", path);
    if (c->secret_key[0] && (stat(path, &info) != 0 || (info.st_mode & 027))) {
        explicit_bzero(c->secret_key, sizeof c->secret_key);
        return err_set(e, ERR_INVALID,
                       "%s: others may read this secret or change it (mode %03o); chmod 600 it",
                       path, (unsigned)info.st_mode & 0777);
    }
    return ERR_NONE;
}

/* --- writing ------------------------------------------------------------------------------------
 */

static void print(FILE *f, const link_certificate *c, bool secret)
{
    char ues[LINK_UES_TEXT_MAX];
    fprintf(f, "#   A %s CURVE certificate of csilink, in the form of czmq's zcert.\n",
            secret ? "secret" : "public");
    fputs(secret ? "#   Whoever has this file can act as its owner: keep it secret, and send the "
                   "public one.\n"
                 : "#   Check that it is the one you were sent: csilink keys show prints its "
                   "key.\n",
          f);
    fprintf(f, "\nmetadata\n    name = \"%s\"\n", c->name);
    if (c->role != LINK_ROLES)
        fprintf(f, "    role = \"%s\"\n", link_role_name(c->role));
    if (c->ranges > 0) {
        link_ues_print(c, ues, sizeof ues);
        fprintf(f, "    ues = \"%s\"\n", ues);
    }
    fprintf(f, "curve\n    public-key = \"%s\"\n", c->public_key);
    if (secret)
        fprintf(f, "    secret-key = \"%s\"\n", c->secret_key);
}

/* The name of a new file is safe on disk only once its folder is synced. */
static int sync_folder(const char *folder)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    int failed = fsync(fd);
    close(fd);
    return failed;
}

/* Writes into a file from mkostemp, which only its owner may read. */
static int write_open(int fd, const link_certificate *c, bool secret)
{
    FILE *f = fdopen(fd, "w");
    if (!f) {
        close(fd);
        return -1;
    }
    print(f, c, secret);
    bool good = fflush(f) == 0 && !ferror(f) && (secret || fchmod(fd, 0644) == 0) && fsync(fd) == 0;
    return fclose(f) == 0 && good ? 0 : -1;
}

/* The name begins with a dot, so that nothing takes the file for a certificate. */
int link_certificate_write(const char *path, const link_certificate *c, bool secret, err *e)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    char *folder = NULL, *beside = NULL;
    int length = slash && slash != path ? (int)(slash - path) : 1;
    if (asprintf(&folder, "%.*s", length, slash ? path : ".") < 0)
        return err_set(e, ERR_NOMEM, "%s: no memory for its name", path);
    if (asprintf(&beside, "%s/.%s.XXXXXX", folder, name) < 0) {
        free(folder);
        return err_set(e, ERR_NOMEM, "%s: no memory for its name", path);
    }
    int rc = ERR_NONE, fd = mkostemp(beside, O_CLOEXEC);
    if (fd < 0)
        rc = err_set(e, ERR_IO, "%s: cannot be written: %m", path);
    else if (write_open(fd, c, secret) != 0 || rename(beside, path) != 0 ||
             sync_folder(folder) != 0)
        rc = err_set(e, ERR_IO, "%s: cannot be written: %m", path);
    if (rc != ERR_NONE && fd >= 0)
        unlink(beside);
    free(beside);
    free(folder);
    return rc;
}
