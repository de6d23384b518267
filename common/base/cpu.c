#include "base/cpu.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__aarch64__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

/* The values of CSILINK_CPU: the level, and whether byte products are allowed. */
static const struct {
    const char *name;
    cpu_isa level;
    bool vnni;
#if defined(__aarch64__)
} choices[] = {{"base", CPU_BASE, false}, {"dotprod", CPU_DOTPROD, false}};
static const char *const level_names[CPU_LEVELS] = {"base", "dotprod"};
static const char all_choices[] = "base or dotprod";
#else
} choices[] = {{"base", CPU_BASE, false},
               {"avx2", CPU_AVX2, false},
               {"avxvnni", CPU_AVX2, true},
               {"avx512", CPU_AVX512, false},
               {"avx512vnni", CPU_AVX512, true}};
static const char *const level_names[CPU_LEVELS] = {"base", "avx2", "avx512"};
static const char all_choices[] = "base, avx2, avxvnni, avx512 or avx512vnni";
#endif

static cpu_isa chosen_level;
static bool vnni_allowed = true;
static char model_name[128] = "unknown processor";
static pthread_once_t level_once = PTHREAD_ONCE_INIT;
static pthread_once_t name_once = PTHREAD_ONCE_INIT;

static cpu_isa detect_level(void)
{
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl"))
        return CPU_AVX512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
        __builtin_cpu_supports("bmi2"))
        return CPU_AVX2;
#elif defined(__aarch64__)
    if (getauxval(AT_HWCAP) & HWCAP_ASIMDDP)
        return CPU_DOTPROD;
#endif
    return CPU_BASE;
}

static void choose_level(void)
{
    chosen_level = detect_level();
    const char *wanted = getenv("CSILINK_CPU");
    if (!wanted || !*wanted)
        return;
    for (size_t i = 0; i < sizeof choices / sizeof choices[0]; i++)
        if (strcmp(wanted, choices[i].name) == 0) {
            vnni_allowed = choices[i].vnni;
            if (choices[i].level < chosen_level)
                chosen_level = choices[i].level;
            return;
        }
    fprintf(stderr, "CSILINK_CPU=%s ignored: it takes %s\n", wanted, all_choices);
}

cpu_isa cpu_level(void)
{
    pthread_once(&level_once, choose_level);
    return chosen_level;
}

#if defined(__x86_64__)
static bool detect_vnni(cpu_isa level)
{
    unsigned a = 0, b = 0, c = 0, d = 0;
    if (level == CPU_AVX512)
        return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (c >> 11 & 1); /* AVX512_VNNI */
    return level == CPU_AVX2 && __get_cpuid_count(7, 1, &a, &b, &c, &d) && (a >> 4 & 1);
}
#else
static bool detect_vnni(cpu_isa level)
{
    (void)level;
    return false;
}
#endif

bool cpu_has_vnni(cpu_isa level)
{
    return level <= cpu_level() && vnni_allowed && detect_vnni(level);
}

bool cpu_has_byte_products(cpu_isa level)
{
#if defined(__aarch64__)
    return level == CPU_DOTPROD && level <= cpu_level();
#else
    return cpu_has_vnni(level);
#endif
}

const char *cpu_level_name(cpu_isa level)
{
    return level >= CPU_BASE && level < CPU_LEVELS ? level_names[level] : "unknown";
}

static void read_model_name(void)
{
    FILE *f = fopen("/proc/cpuinfo", "r");
    if (!f)
        return;
    char line[256];
    while (fgets(line, sizeof line, f)) {
        const char *colon = strchr(line, ':');
        if (strncmp(line, "model name", 10) != 0 || !colon || strlen(colon) < 3)
            continue;
        line[strcspn(line, "\n")] = '\0';
        snprintf(model_name, sizeof model_name, "%s", colon + 2);
        break;
    }
    fclose(f);
}

const char *cpu_model_name(void)
{
    pthread_once(&name_once, read_model_name);
    return model_name;
}
