#include "versions.h"

#include <cblas.h>
#include <fftw3.h>
#include <gnu/libc-version.h>
#include <inttypes.h>
#include <limits.h>
#include <matio.h>
#include <nettle/sha2.h>
#include <nettle/version.h>
#include <protobuf-c/protobuf-c.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <uv.h>
#include <yaml.h>
#include <zmq.h>

#include "base/cpu.h"
#include "base/version.h"
#include "cell/codec.h"
#include "chain/predict_net.h"
#include "codec/models.h"
#include "codec/onnx/pair.h"
#include "csi/raw/spec.h"
#include "cyaml/cyaml.h"
#include "fading/fading.h"

#ifdef __clang__
#define COMPILER "" /* clang's __VERSION__ names the compiler; gcc's does not */
#else
#define COMPILER "gcc "
#endif

static int hash_open(FILE *f, const char *path, char hash[VERSIONS_HASH_MAX], err *e)
{
    static const char digits[] = "0123456789abcdef";
    struct sha256_ctx context;
    unsigned char buffer[65536], digest[SHA256_DIGEST_SIZE];
    size_t n;
    sha256_init(&context);
    while ((n = fread(buffer, 1, sizeof buffer, f)) > 0)
        sha256_update(&context, n, buffer);
    if (ferror(f))
        return err_set(e, ERR_IO, "%s: cannot be read: %m", path);
    sha256_digest(&context, sizeof digest, digest);
    for (size_t i = 0; i < sizeof digest; i++) {
        hash[2 * i] = digits[digest[i] >> 4];
        hash[2 * i + 1] = digits[digest[i] & 15];
    }
    hash[2 * sizeof digest] = '\0';
    return ERR_NONE;
}

int versions_hash(const char *path, char hash[VERSIONS_HASH_MAX], err *e)
{
    FILE *f = fopen(path, "rbe");
    hash[0] = '\0';
    if (!f)
        return err_set(e, ERR_IO, "%s: cannot be opened: %m", path);
    int status = hash_open(f, path, hash, e);
    fclose(f);
    return status;
}

/* --- the machine and the programs ------------------------------------------------------------- */

static void add_libraries(cJSON *root)
{
    cJSON *o = cJSON_AddObjectToObject(root, "libraries");
    char text[64];
    int major, minor, patch, mat[3];
    zmq_version(&major, &minor, &patch);
    snprintf(text, sizeof text, "%d.%d.%d", major, minor, patch);
    cJSON_AddStringToObject(o, "zeromq", text);
    cJSON_AddStringToObject(o, "libuv", uv_version_string());
    cJSON_AddStringToObject(o, "protobuf-c", protobuf_c_version());
    cJSON_AddStringToObject(o, "fftw", fftwf_version);
    cJSON_AddStringToObject(o, "openblas", openblas_get_config());
    Mat_GetLibraryVersion(&mat[0], &mat[1], &mat[2]);
    snprintf(text, sizeof text, "%d.%d.%d", mat[0], mat[1], mat[2]);
    cJSON_AddStringToObject(o, "matio", text);
    cJSON_AddStringToObject(o, "cjson", cJSON_Version());
    cJSON_AddStringToObject(o, "libyaml", yaml_get_version_string());
    cJSON_AddStringToObject(o, "libcyaml", cyaml_version_str);
    snprintf(text, sizeof text, "%d.%d", nettle_version_major(), nettle_version_minor());
    cJSON_AddStringToObject(o, "nettle", text);
    cJSON_AddStringToObject(o, "libc", gnu_get_libc_version());
}

static void add_machine(cJSON *root)
{
    cJSON *o = cJSON_AddObjectToObject(root, "machine");
    struct utsname system;
    char text[256];
    cJSON_AddStringToObject(o, "processor", cpu_model_name());
    cJSON_AddNumberToObject(o, "cores", (double)sysconf(_SC_NPROCESSORS_ONLN));
    snprintf(text, sizeof text, "%s%s", cpu_level_name(cpu_level()),
             cpu_has_vnni(cpu_level()) ? " with VNNI" : "");
    cJSON_AddStringToObject(o, "instructions", text);
    if (uname(&system) != 0)
        return;
    snprintf(text, sizeof text, "%.64s %.64s %.64s", system.sysname, system.release,
             system.machine);
    cJSON_AddStringToObject(o, "system", text);
}

/* --- files ------------------------------------------------------------------------------------ */

static void add_file(cJSON *files, const char *name, const char *path)
{
    char hash[VERSIONS_HASH_MAX];
    err e = {0};
    cJSON *o, *there;
    cJSON_ArrayForEach(there, files)
    {
        if (strcmp(name, cJSON_GetStringValue(cJSON_GetObjectItem(there, "name"))) == 0)
            return;
    }
    o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "name", name);
    cJSON_AddStringToObject(o, "path", path);
    if (versions_hash(path, hash, &e) == ERR_NONE)
        cJSON_AddStringToObject(o, "sha256", hash);
    else
        cJSON_AddStringToObject(o, "error", e.text);
    cJSON_AddItemToArray(files, o);
}

/* The file that onnx_load_precise opens for that name: in the given precision, if it exists. */
static void add_model(cJSON *files, const char *model, const char *side, const char *form)
{
    char name[NAME_MAX + 1], path[PATH_MAX];
    int n = snprintf(name, sizeof name, "%s.%s%s.onnx", model, side, form);
    if (n > 0 && (size_t)n < sizeof name && models_find(name, path, sizeof path, NULL) == ERR_NONE)
        add_file(files, name, path);
}

static void add_predict_net(cJSON *files, const cell *c)
{
    char path[PATH_MAX];
    if (strcmp(c->predict, "net") == 0 &&
        models_path(c->predict_net, CHAIN_PREDICT_NET_ENDING, path))
        add_file(files, strrchr(path, '/') ? strrchr(path, '/') + 1 : path, path);
}

static void add_files(cJSON *root, const run_config *c)
{
    cJSON *files = cJSON_AddArrayToObject(root, "files");
    add_predict_net(files, c->cell);
    for (size_t i = 0; i < c->cell->groups; i++) {
        const cell_ues *u = &c->cell->group[i].has;
        bool integer = strcmp(u->precision, "int8") == 0;
        if (!cell_names_codec(u)) {
            add_model(files, u->model, "encoder", integer ? ".int8" : "");
            add_model(files, u->model, "decoder", "");
        }
        size_t length = csi_raw_file_length(u->channel);
        if (length > 0) {
            char path[PATH_MAX];
            snprintf(path, sizeof path, "%.*s", (int)length, u->channel);
            add_file(files, u->channel, path);
        }
    }
}

/* Identifies a codec by its identity, which covers all that its two ends share, because only the
 * codec's kind knows its files. */
static void add_codecs(cJSON *root, const run_config *c)
{
    cJSON *codecs = cJSON_AddArrayToObject(root, "codecs");
    for (size_t i = 0; i < c->cell->groups; i++) {
        bool again = false;
        for (size_t k = 0; k < i; k++)
            again = again || strcmp(c->group[k].codec, c->group[i].codec) == 0;
        if (again)
            continue;
        char identity[24];
        cJSON *o = cJSON_CreateObject();
        snprintf(identity, sizeof identity, "%016" PRIx64, c->group[i].identity);
        cJSON_AddStringToObject(o, "name", c->group[i].codec);
        cJSON_AddStringToObject(o, "identity", identity);
        cJSON_AddItemToArray(codecs, o);
    }
}

cJSON *versions_of_run(const run_config *c)
{
    cJSON *root = cJSON_CreateObject();
    cJSON_AddStringToObject(root, "command", c->command);
    cJSON *program = cJSON_AddObjectToObject(root, "program");
    cJSON_AddStringToObject(program, "version", csilink_version());
    cJSON_AddStringToObject(program, "source", CSILINK_SOURCE);
    cJSON_AddStringToObject(program, "compiler", COMPILER __VERSION__);
    cJSON *run = cJSON_AddObjectToObject(root, "run"); /* options that a scenario does not have */
    cJSON_AddNumberToObject(run, "agents", (double)c->options.agents);
    cJSON_AddNumberToObject(run, "workers", (double)c->options.workers);
    cJSON_AddStringToObject(run, "transport", c->options.transport);
    add_machine(root);
    add_libraries(root);
    add_files(root, c);
    add_codecs(root, c);
    return root;
}
