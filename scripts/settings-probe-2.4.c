/* Prints the setting tables of an installed Dovecot 2.4 doveconf as JSON lines.
 *
 *   cc -shared -fPIC -o probe.so scripts/settings-probe-2.4.c -ldl
 *   LD_PRELOAD=probe.so doveconf -d > tables.jsonl        (see generate-knowledge-2.4.mjs)
 *
 * doveconf exports `all_infos` (the tables of the core and of every installed plugin, in the order in which it reads
 * them) and `config_all_services`. They are complete once the modules are loaded, so the walk is done where doveconf
 * opens its output. The layouts below are those of 2.4.x.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum type { BOOL, UINTMAX, UINT, UINT_OCT, TIME, TIME_MSECS, SIZE, IN_PORT, STR, STR_NOVARS, ENUM, FILE_TYPE,
            STRLIST, BOOLLIST, ALIAS, FILTER_NAME, FILTER_ARRAY };
static const char *const type_names[] = { "bool", "uintmax", "uint", "uint_oct", "time", "time_msecs", "size",
    "in_port", "str", "str_novars", "enum", "file", "strlist", "boollist", "alias", "filter", "list_filter" };

struct define {
    unsigned int type, flags;
    const char *key;
    size_t offset;
    const char *name_field;
    const void *order;
    const char *required;
};
struct keyvalue { const char *key, *value; };
struct info {
    const char *name, *plugin;
    const struct define *defines;
    const void *defaults;
    const struct keyvalue *default_settings;
    size_t size, pool_offset;
    void *apply, *check, *ext_check;
};
struct array { void *buffer; size_t size; };
struct service_set {
    void *pool;
    const char *name, *protocol, *type, *executable, *user, *group, *privileged_group;
    struct array extra_groups;
    const char *chroot;
    bool drop_priv_before_exec;
    unsigned int process_min_avail, process_limit, client_limit, restart_request_count, idle_kill_interval;
    uint64_t vsz_limit;
    struct array unix_listeners, fifo_listeners, inet_listeners;
    unsigned int parsed_type, user_default;
    bool login_dump_core:1;
    struct array parsed[3];
    bool process_limit_1:1;
};
struct service { const struct service_set *set; const struct keyvalue *defaults; };

static FILE *out;
static bool printed;
static const char *path;

static void text(const char *s)
{
    if (s == NULL) { fputs("null", out); return; }
    fputc('"', out);
    for (; *s != '\0'; s++) {
        if (*s == '"' || *s == '\\') fprintf(out, "\\%c", *s);
        else if ((unsigned char)*s < 32) fprintf(out, "\\u%04x", *s);
        else fputc(*s, out);
    }
    fputc('"', out);
}

static void value(const struct info *info, const struct define *d)
{
    const void *p = info->defaults == NULL ? NULL : (const char *)info->defaults + d->offset;
    if (p == NULL) { fputs("null", out); return; }
    switch (d->type) {
    case BOOL: fputs(*(const bool *)p ? "true" : "false", out); break;
    case UINTMAX: case SIZE: fprintf(out, "\"%lu\"", *(const uint64_t *)p); break;
    case UINT: case UINT_OCT: case TIME: case TIME_MSECS: fprintf(out, "\"%u\"", *(const unsigned int *)p); break;
    case IN_PORT: fprintf(out, "\"%u\"", *(const uint16_t *)p); break;
    case STR: case STR_NOVARS: case ENUM: case FILE_TYPE: text(*(const char *const *)p); break;
    default: fputs("null", out);
    }
}

static void keyvalues(const struct keyvalue *kv)
{
    fputc('[', out);
    for (; kv != NULL && kv->key != NULL; kv++) {
        fputs("[", out); text(kv->key); fputs(",", out); text(kv->value); fputs(kv[1].key ? "]," : "]", out);
    }
    fputc(']', out);
}

static void print_tables(void)
{
    const struct info *const **infos = dlsym(RTLD_DEFAULT, "all_infos");
    const struct service **services = dlsym(RTLD_DEFAULT, "config_all_services");
    if (printed || infos == NULL || services == NULL || path == NULL || (out = fopen(path, "w")) == NULL) return;
    printed = true;
    for (const struct info *const *i = *infos; *i != NULL; i++) {
        fputs("{\"struct\":", out); text((*i)->name);
        fputs(",\"plugin\":", out); text((*i)->plugin);
        fprintf(out, ",\"check\":%s,\"defines\":[", (*i)->check || (*i)->ext_check ? "true" : "false");
        for (const struct define *d = (*i)->defines; d->key != NULL; d++) {
            fputs("{\"key\":", out); text(d->key);
            fprintf(out, ",\"type\":\"%s\",\"hidden\":%s,\"default\":", type_names[d->type],
                    (d->flags & 1) != 0 ? "true" : "false");
            value(*i, d);
            fputs(",\"nameField\":", out); text(d->name_field);
            fputs(",\"required\":", out); text(d->required);
            fputs(d[1].key ? "}," : "}", out);
        }
        fputs("],\"defaults\":", out); keyvalues((*i)->default_settings);
        fputs("}\n", out);
    }
    for (const struct service *s = *services; s->set != NULL; s++) {
        const struct service_set *v = s->set;
        fputs("{\"service\":", out); text(v->name);
#define FIELD(name) fputs(",\"" #name "\":", out); text(v->name)
#define NUMBER(name) fprintf(out, ",\"" #name "\":\"%lu\"", (unsigned long)v->name)
        FIELD(protocol); FIELD(type); FIELD(executable); FIELD(user); FIELD(group); FIELD(privileged_group);
        FIELD(chroot); NUMBER(process_min_avail); NUMBER(process_limit); NUMBER(client_limit);
        NUMBER(restart_request_count); NUMBER(idle_kill_interval); NUMBER(vsz_limit);
        fprintf(out, ",\"drop_priv_before_exec\":%s,\"process_limit_1\":%s,\"defaults\":",
                v->drop_priv_before_exec ? "true" : "false", v->process_limit_1 ? "true" : "false");
        keyvalues(s->defaults);
        fputs("}\n", out);
    }
    fclose(out);
}

/* doveconf 2.4.5 clears its environment. */
__attribute__((constructor)) static void at_start(void)
{
    const char *name = getenv("SETTINGS_PROBE_OUTPUT");
    path = name == NULL ? NULL : strdup(name);
}

void *o_stream_create_fd(int fd, size_t max_buffer_size)
{
    static void *(*original)(int, size_t);
    print_tables();
    if (original == NULL) original = dlsym(RTLD_NEXT, "o_stream_create_fd");
    return original(fd, max_buffer_size);
}
