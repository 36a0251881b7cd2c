/* Prints the setting tables of an installed Dovecot 2.3 doveconf as JSON lines.
 *
 *   cc -shared -fPIC -o probe.so scripts/settings-probe-2.3.c -ldl
 *   LD_PRELOAD=probe.so doveconf -d            (see generate-knowledge-2.3.mjs)
 *
 * doveconf exports `all_roots` (the tables of the core and of every installed settings module). They are complete once
 * the modules are loaded, so the walk is done where doveconf unloads its modules again. The layouts are those of 2.3.x
 * (lib-settings/settings-parser.h).
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum type { BOOL, UINT, UINT_OCT, TIME, TIME_MSECS, SIZE, IN_PORT, STR, STR_VARS, ENUM, DEFLIST, DEFLIST_UNIQUE,
            STRLIST, ALIAS };
static const char *const type_names[] = { "bool", "uint", "uint_oct", "time", "time_msecs", "size", "in_port", "str",
    "str_vars", "enum", "deflist", "deflist_unique", "strlist", "alias" };

struct info;
struct define {
    unsigned int type, flags;
    const char *key;
    size_t offset;
    const struct info *list_info;
};
struct info {
    const char *module_name;
    const struct define *defines;
    const void *defaults;
    size_t type_offset, struct_size, parent_offset;
    const struct info *parent;
};
struct buffer { const void *data; size_t used; };
struct array { const struct buffer *buffer; size_t element_size; };

static FILE *out;

static void text(const char *s)
{
    if (s == NULL) { fputs("null", out); return; }
    fputc('"', out);
    for (; *s != '\0'; s++) {
        unsigned char c = (unsigned char)*s;
        if (c == '"' || c == '\\') fprintf(out, "\\%c", c);
        else if (c < 0x20 || c > 0x7e) fprintf(out, "\\u%04x", c);
        else fputc(c, out);
    }
    fputc('"', out);
}

static void value(const struct define *def, const void *defaults)
{
    const char *at = (const char *)defaults + def->offset;

    if (defaults == NULL) { fputs("null", out); return; }
    switch (def->type) {
    case BOOL: fputs(*(const bool *)at ? "true" : "false", out); break;
    case UINT: case UINT_OCT: case TIME: case TIME_MSECS:
        fprintf(out, "\"%u\"", *(const unsigned int *)at); break;
    case SIZE: fprintf(out, "\"%llu\"", (unsigned long long)*(const uint64_t *)at); break;
    case IN_PORT: fprintf(out, "\"%u\"", *(const uint16_t *)at); break;
    case STR: case STR_VARS: case ENUM: text(*(const char *const *)at); break;
    default: fputs("null", out);
    }
}

static void walk(const struct info *info, const char *path, const char *module, bool instance, const void *set);

/* The sections that a list has from the start, such as the services. */
static void instances(const struct define *def, const char *path, const char *module, const void *set)
{
    const struct array *array = (const void *)((const char *)set + def->offset);
    char name[2048];

    if (set == NULL || array->buffer == NULL || def->list_info->type_offset == SIZE_MAX) return;
    const void *const *children = array->buffer->data;
    for (size_t i = 0; i < array->buffer->used / sizeof(void *); i++) {
        const char *own = *(const char *const *)((const char *)children[i] + def->list_info->type_offset);
        size_t used = snprintf(name, sizeof(name), "%s%s/", path, def->key);
        for (; *own != '\0' && used + 3 < sizeof(name); own++) {
            const char *from = "=/\\ ,", *to = "es\\_+", *found = strchr(from, *own);
            if (found != NULL) { name[used++] = '\\'; name[used++] = to[found - from]; }
            else name[used++] = *own;
        }
        name[used++] = '/';
        name[used] = '\0';
        walk(def->list_info, name, module, true, children[i]);
    }
}

static void walk(const struct info *info, const char *path, const char *module, bool instance, const void *set)
{
    char below[2048];
    const char *previous = NULL;

    for (const struct define *def = info->defines; def->key != NULL; def++) {
        fprintf(out, "{\"path\":\"");
        for (const char *p = path; *p != '\0'; p++) fprintf(out, *p == '\\' ? "\\\\" : "%c", *p);
        fprintf(out, "%s\",\"type\":\"%s\",\"module\":", def->key, type_names[def->type]);
        text(module);
        fprintf(out, ",\"hidden\":%s,\"name\":%s,\"instance\":%s,\"default\":", (def->flags & 1) ? "true" : "false",
                def->type != ALIAS && def->offset == info->type_offset ? "true" : "false", instance ? "true" : "false");
        if (def->type == ALIAS) text(previous);
        else { previous = def->key; value(def, set); }
        fputs("}\n", out);
        if (def->type != DEFLIST && def->type != DEFLIST_UNIQUE) continue;
        if (!instance) {
            snprintf(below, sizeof(below), "%s%s/", path, def->key);
            walk(def->list_info, below, module, false, def->list_info->defaults);
        }
        instances(def, path, module, set);
    }
}

void module_dir_unload(void *modules)
{
    const struct info *const *const *roots = dlsym(RTLD_DEFAULT, "all_roots");
    const char *path = getenv("SETTINGS_PROBE_OUTPUT");
    void (*real)(void *) = (void (*)(void *))dlsym(RTLD_NEXT, "module_dir_unload");

    out = fopen(path == NULL ? "/dev/stdout" : path, "w");
    if (out != NULL && roots != NULL)
        for (const struct info *const *root = *roots; *root != NULL; root++) {
            fputs("{\"root\":", out);
            text((*root)->module_name);
            fputs("}\n", out);
            walk(*root, "", (*root)->module_name, false, (*root)->defaults);
        }
    if (out != NULL) fclose(out);
    real(modules);
}
