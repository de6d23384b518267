/* Any bytes as the files of a run's folder, as `csilink show` reads and prints them: refused in one
 * line, or shown in lines that move no cursor and as JSON that can be read. A run is equal to
 * itself.
 *
 * The input is parts (fuzz.h): scenario.yaml, versions.json, summary.json, reports.csv and
 * events.jsonl, each empty where a part is missing. */
#include "fuzz.h"

#include "cli/show/show.h"

static const char *const names[] = {"scenario.yaml", "versions.json", "summary.json", "reports.csv",
                                    "events.jsonl"};
enum { FILES = sizeof names / sizeof names[0] };

static char folder[] = "/tmp/csilink-fuzz-XXXXXX";
static int file[FILES] = {-1};

static void remove_folder(void)
{
    char path[FUZZ_PATH_MAX];
    for (int i = 0; i < FILES; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    rmdir(folder);
}

/* Files in memory, by the names that a folder must have. */
static void make_folder(void)
{
    char path[FUZZ_PATH_MAX], memory[FUZZ_PATH_MAX];
    require(mkdtemp(folder) != NULL);
    atexit(remove_folder);
    for (int i = 0; i < FILES; i++) {
        file[i] = memfd_create("fuzz", MFD_CLOEXEC);
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        snprintf(memory, sizeof memory, "/proc/self/fd/%d", file[i]);
        require(file[i] >= 0 && symlink(memory, path) == 0);
    }
}

static void check_comparison(record *r)
{
    record_comparison c;
    err e = {0};
    if (!r->has_reports)
        return;
    if (record_compare(r, r, &c, &e) != ERR_NONE) {
        fuzz_check_error(&e);
        return;
    }
    require(c.reports[0] == c.reports[1] && c.joined <= c.reports[0]);
    require(c.equal == c.measured && c.outcomes == 0 && !c.differs && c.largest_db == 0);
    cJSON_Delete(show_comparison_json(&c));
}

static void check_shown(record *r)
{
    record *runs[] = {r, r};
    for (size_t count = 1; count <= 2; count++) {
        char *text = NULL;
        size_t size = 0;
        FILE *f = open_memstream(&text, &size);
        require(f != NULL);
        show_print(runs, count, f);
        fclose(f);
        for (size_t i = 0; i < size; i++)
            require(((unsigned char)text[i] >= ' ' && text[i] != 0x7f) || text[i] == '\n');
        free(text);
        cJSON *json = show_json(runs, count, NULL);
        text = cJSON_PrintUnformatted(json);
        cJSON *again = text ? cJSON_Parse(text) : NULL;
        require(again != NULL);
        cJSON_Delete(again);
        cJSON_Delete(json);
        free(text);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (file[0] < 0)
        make_folder();
    for (int i = 0; i < FILES; i++) {
        fuzz_part part = {data, 0};
        fuzz_next_part(&data, &size, &part);
        require(ftruncate(file[i], 0) == 0);
        require(part.size == 0 || pwrite(file[i], part.data, part.size, 0) == (ssize_t)part.size);
    }
    err e = {0};
    record *r = record_open(folder, &e);
    if (!r) {
        fuzz_check_error(&e);
        return 0;
    }
    check_comparison(r);
    check_shown(r);
    record_close(r);
    return 0;
}
