/* Any bytes as link.json, by which `csilink ctl` finds a run: refused in one line, or endpoints
 * that are there. */
#include "fuzz.h"

#include "cli/ui/endpoints.h"

static char folder[] = "/tmp/csilink-fuzz-XXXXXX", path[FUZZ_PATH_MAX];

static void remove_folder(void)
{
    unlink(path);
    rmdir(folder);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static endpoints found;
    const char *file = fuzz_file(data, size);
    err e = {0};
    if (!path[0]) {
        require(mkdtemp(folder) != NULL);
        snprintf(path, sizeof path, "%s/link.json", folder);
        require(symlink(file, path) == 0);
        atexit(remove_folder);
    }
    memset(&found, 'x', sizeof found);
    if (endpoints_find(folder, &found, &e) != ERR_NONE) {
        fuzz_check_error(&e);
        return 0;
    }
    require(memchr(found.control, '\0', ENDPOINT_MAX) && found.control[0]);
    require(fuzz_is_line(found.control) && found.telemetry_count <= ENDPOINTS_MAX);
    for (size_t i = 0; i < found.telemetry_count; i++) {
        require(memchr(found.telemetry[i], '\0', ENDPOINT_MAX) != NULL);
        require(found.telemetry[i][0] && fuzz_is_line(found.telemetry[i]));
    }
    return 0;
}
