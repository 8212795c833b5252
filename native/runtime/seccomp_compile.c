/* "linux.seccomp" to BPF. This is the slow way; seccomp.c keeps what comes of it. */
#include "seccomp_compile.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "util.h"

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1u << 5)
#endif

static const char where[] = "linux.seccomp";

static uint32_t read_action(struct reader *r, const json_t *object, const char *place, const char *key, struct number code)
{
	const char *name = read_required(r, object, place, key);
	uint16_t value = code.set ? (uint16_t)code.value : EPERM;
	const struct {
		const char *name;
		uint32_t action;
	} table[] = {
		{"SCMP_ACT_KILL", SCMP_ACT_KILL},
		{"SCMP_ACT_KILL_THREAD", SCMP_ACT_KILL_THREAD},
		{"SCMP_ACT_KILL_PROCESS", SCMP_ACT_KILL_PROCESS},
		{"SCMP_ACT_TRAP", SCMP_ACT_TRAP},
		{"SCMP_ACT_ERRNO", SCMP_ACT_ERRNO(value)},
		{"SCMP_ACT_TRACE", SCMP_ACT_TRACE(value)},
		{"SCMP_ACT_ALLOW", SCMP_ACT_ALLOW},
		{"SCMP_ACT_LOG", SCMP_ACT_LOG},
		{"SCMP_ACT_NOTIFY", SCMP_ACT_NOTIFY},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (strcmp(table[i].name, name) == 0)
			return table[i].action;
	read_fail(r, place, key, "is not a known action");
	return SCMP_ACT_KILL_PROCESS;
}

static enum scmp_compare read_operator(struct reader *r, const json_t *object, const char *place)
{
	static const struct {
		const char *name;
		enum scmp_compare op;
	} table[] = {{"SCMP_CMP_NE", SCMP_CMP_NE}, {"SCMP_CMP_LT", SCMP_CMP_LT}, {"SCMP_CMP_LE", SCMP_CMP_LE}, {"SCMP_CMP_EQ", SCMP_CMP_EQ},
		{"SCMP_CMP_GE", SCMP_CMP_GE}, {"SCMP_CMP_GT", SCMP_CMP_GT}, {"SCMP_CMP_MASKED_EQ", SCMP_CMP_MASKED_EQ}};
	const char *name = read_required(r, object, place, "op");
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (strcmp(table[i].name, name) == 0)
			return table[i].op;
	read_fail(r, place, "op", "is not a known comparison");
	return SCMP_CMP_EQ;
}

struct rule {
	uint32_t action;
	struct strings names;
	struct scmp_arg_cmp args[16];
	unsigned count;
	bool alternatives; /* one argument is tested twice: each test is a rule of its own */
};

static void read_args(struct reader *r, const json_t *object, const char *place, struct rule *rule)
{
	const json_t *array = read_array(r, object, place, "args");
	unsigned seen = 0;
	if (json_array_size(array) > 16)
		read_fail(r, place, "args", "are more than 16");
	for (size_t i = 0; i < json_array_size(array) && !r->failed; i++) {
		const char *at;
		const json_t *entry = read_element(r, array, i, read_place(r, place, "args"), &at);
		unsigned index = (unsigned)read_number(r, entry, at, "index", 0, 5).value;
		enum scmp_compare op = read_operator(r, entry, at);
		uint64_t value = read_amount(r, entry, at, "value", false).value,
			 second = read_amount(r, entry, at, "valueTwo", false).value;
		if (r->failed)
			return;
		rule->args[rule->count++] = (struct scmp_arg_cmp){index, op, value, second};
		rule->alternatives |= seen >> index & 1;
		seen |= 1u << index;
	}
}

static int add_rule(scmp_filter_ctx filter, const struct rule *rule, const char *name, struct error *err)
{
	int number = seccomp_syscall_resolve_name(name);
	/* A call that this library does not know cannot be named to the kernel; the default action meets it. */
	if (number == __NR_SCMP_ERROR)
		return 0;
	int result = 0;
	if (rule->alternatives)
		for (unsigned i = 0; i < rule->count && (result == 0 || result == -EEXIST); i++)
			result = seccomp_rule_add_array(filter, rule->action, number, 1, &rule->args[i]);
	else
		result = seccomp_rule_add_array(filter, rule->action, number, rule->count, rule->args);
	return result < 0 && result != -EEXIST ? error_set(err, -result, "linux.seccomp: rule for %s", name) : 0;
}

static int add_rules(struct reader *r, const json_t *object, scmp_filter_ctx filter, uint32_t fallback)
{
	const json_t *array = read_array(r, object, where, "syscalls");
	for (size_t i = 0; i < json_array_size(array) && !r->failed; i++) {
		const char *place;
		const json_t *entry = read_element(r, array, i, "linux.seccomp.syscalls", &place);
		struct rule rule = {0};
		rule.names = read_strings(r, entry, place, "names");
		rule.action = read_action(r, entry, place, "action", read_number(r, entry, place, "errnoRet", 0, 4095));
		read_args(r, entry, place, &rule);
		if (rule.names.count == 0)
			read_fail(r, place, "names", "is missing");
		/* libseccomp refuses rules that say what the default says. */
		for (size_t n = 0; n < rule.names.count && !r->failed && rule.action != fallback; n++)
			if (add_rule(filter, &rule, rule.names.list[n], r->err) < 0)
				r->failed = true;
	}
	return r->failed ? -1 : 0;
}

uint32_t filter_architecture(const char *name)
{
	char word[32] = "";
	if (strncmp(name, "SCMP_ARCH_", 10) != 0)
		return 0;
	for (size_t n = 0; n < sizeof word - 1 && name[10 + n]; n++)
		word[n] = name[10 + n] >= 'A' && name[10 + n] <= 'Z' ? (char)(name[10 + n] + 32) : name[10 + n];
	return seccomp_arch_resolve_name(word);
}

static int add_architectures(struct reader *r, const json_t *object, scmp_filter_ctx filter)
{
	struct strings names = read_strings(r, object, where, "architectures");
	for (size_t i = 0; i < names.count && !r->failed; i++) {
		uint32_t arch = filter_architecture(names.list[i]);
		int result = arch ? seccomp_arch_add(filter, arch) : -EINVAL;
		if (result < 0 && result != -EEXIST)
			read_fail(r, where, "architectures", arena_print(r->arena, "names an unknown one, %s", names.list[i]));
	}
	return r->failed ? -1 : 0;
}

static int export_filter(scmp_filter_ctx context, struct filter *filter, struct error *err)
{
	cleanup_close int fd = memfd_create("seccomp", MFD_CLOEXEC);
	struct stat st;
	int result = fd < 0 ? -errno : seccomp_export_bpf(context, fd);
	if (result < 0)
		return error_set(err, -result, "linux.seccomp: compile");
	if (fstat(fd, &st) < 0 || !(filter->code = malloc((size_t)st.st_size)) ||
		pread(fd, filter->code, (size_t)st.st_size, 0) != st.st_size)
		return error_set(err, errno, "linux.seccomp: read the compiled filter");
	filter->count = (size_t)st.st_size / sizeof *filter->code;
	return 0;
}

#if defined __x86_64__
#define NATIVE AUDIT_ARCH_X86_64
#elif defined __aarch64__
#define NATIVE AUDIT_ARCH_AARCH64
#endif

/* Calls that are newer than the library that we may be built with. From 424 on a call has one number everywhere. */
static const struct {
	const char *name;
	unsigned number;
} newer[] = {{"cachestat", 451}, {"fchmodat2", 452}, {"map_shadow_stack", 453}, {"futex_wake", 454}, {"futex_wait", 455},
	{"futex_requeue", 456}, {"statmount", 457}, {"listmount", 458}, {"lsm_get_self_attr", 459}, {"lsm_set_self_attr", 460},
	{"lsm_list_modules", 461}, {"mseal", 462}, {"setxattrat", 463}, {"getxattrat", 464}, {"listxattrat", 465}, {"removexattrat", 466},
	{"open_tree_attr", 467}, {"file_getattr", 468}, {"file_setattr", 469}};
#define NEWER (sizeof newer / sizeof *newer)

/* The highest call that is named, and which of the newer ones are allowed whatever their arguments. */
struct named {
	unsigned highest;
	bool allowed[NEWER];
};

static void find_newer(struct named *named, const json_t *entry, const char *name)
{
	const char *action = json_string_value(json_object_get(entry, "action"));
	for (size_t i = 0; i < NEWER; i++)
		if (name && action && strcmp(newer[i].name, name) == 0 && strcmp(action, "SCMP_ACT_ALLOW") == 0 &&
			json_array_size(json_object_get(entry, "args")) == 0)
			named->allowed[i] = true;
}

static struct named find_named(const json_t *object)
{
	size_t i, n;
	json_t *entry, *name;
	struct named named = {0};
	json_array_foreach(json_object_get(object, "syscalls"), i, entry) json_array_foreach(json_object_get(entry, "names"), n, name)
	{
		int number = seccomp_syscall_resolve_name(json_string_value(name));
		if (number > (int)named.highest)
			named.highest = (unsigned)number;
		if (number == __NR_SCMP_ERROR)
			find_newer(&named, entry, json_string_value(name));
	}
	return named;
}

const char *filter_unknown_call(const json_t *object)
{
	size_t i, n;
	json_t *entry, *name;
	json_array_foreach(json_object_get(object, "syscalls"), i, entry) json_array_foreach(json_object_get(entry, "names"), n, name)
	{
		if (json_is_string(name) && seccomp_syscall_resolve_name(json_string_value(name)) == __NR_SCMP_ERROR)
			return json_string_value(name);
	}
	return NULL;
}

/* A configuration that refuses what it does not name by an error cannot know the calls that came after it was written. A
 * program that tries one of those must hear ENOSYS, to fall back on an older call: EPERM would stop it. So a short piece
 * goes before the filter, which answers numbers above the highest that the library knows by name. */
static int answer_newer_calls(struct filter *filter, const struct named *named, struct error *err)
{
#ifdef NATIVE
	unsigned count = 0;
	struct sock_filter tests[NEWER];
	for (size_t i = 0; i < NEWER; i++)
		if (named->allowed[i] && newer[i].number > named->highest)
			tests[count++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, newer[i].number, 0, 0);
	for (unsigned i = 0; i < count; i++)
		tests[i].jt = (unsigned char)(count - i); /* over the other tests and the refusal */
	const unsigned char past = (unsigned char)(count + 2);
	const struct sock_filter head[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NATIVE, 0, (unsigned char)(past + 3)),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		/* x32 has its own numbers, from 2^30. */
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, (unsigned char)(past + 1), 0),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, named->highest, 0, past),
	};
	const struct sock_filter tail[] = {
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const size_t first = sizeof head / sizeof *head + count, all = first + 2;
	struct sock_filter *code = calloc(filter->count + all, sizeof *code);
	if (!code)
		return error_set(err, ENOMEM, "linux.seccomp");
	memcpy(code, head, sizeof head);
	memcpy(code + sizeof head / sizeof *head, tests, count * sizeof *tests);
	memcpy(code + first, tail, sizeof tail);
	memcpy(code + all, filter->code, filter->count * sizeof *code);
	free(filter->code);
	filter->code = code;
	filter->count += all;
#else
	(void)filter, (void)named, (void)err;
#endif
	return 0;
}

int filter_compile(const json_t *object, struct arena *arena, struct filter *filter, struct error *err)
{
	struct reader r = {.arena = arena, .err = err};
	uint32_t fallback = read_action(&r, object, where, "defaultAction", read_number(&r, object, where, "defaultErrnoRet", 0, 4095));
	scmp_filter_ctx context = r.failed ? NULL : seccomp_init(fallback);
	if (!context)
		return r.failed ? -1 : error_set(err, ENOMEM, "linux.seccomp");
	/* A binary tree in place of a list: most calls are answered after nine tests. */
	seccomp_attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	int result = add_architectures(&r, object, context);
	if (result == 0)
		result = add_rules(&r, object, context, fallback);
	if (result == 0)
		result = export_filter(context, filter, err);
	seccomp_release(context);
	if (result == 0 && (fallback & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO) {
		const struct named named = find_named(object);
		result = answer_newer_calls(filter, &named, err);
	}
	return result;
}

static bool is_notify(const json_t *object, const char *key)
{
	const char *action = json_string_value(json_object_get(object, key));
	return action && strcmp(action, "SCMP_ACT_NOTIFY") == 0;
}

/* Who would answer is told by a write() of the process that waits for the answer. */
static void check_notify(struct reader *r, const json_t *object, bool listens)
{
	size_t i, n;
	json_t *entry, *name;
	bool asked = is_notify(object, "defaultAction");
	if (asked)
		read_fail(r, where, "defaultAction", "must not be SCMP_ACT_NOTIFY");
	json_array_foreach(json_object_get(object, "syscalls"), i, entry)
	{
		if (!is_notify(entry, "action"))
			continue;
		asked = true;
		json_array_foreach(
			json_object_get(entry, "names"), n, name) if (json_is_string(name) && strcmp(json_string_value(name), "write") == 0)
			read_fail(r, where, "syscalls", "must not notify of write");
	}
	if (asked && !listens)
		read_fail(r, where, "listenerPath", "is missing: somebody must answer SCMP_ACT_NOTIFY");
}

int filter_flags(const json_t *object, struct arena *arena, struct filter *filter, struct error *err)
{
	static const struct {
		const char *name;
		unsigned flag;
	} table[] = {{"SECCOMP_FILTER_FLAG_TSYNC", 0}, /* one thread: nothing to synchronise */
		{"SECCOMP_FILTER_FLAG_LOG", SECCOMP_FILTER_FLAG_LOG}, {"SECCOMP_FILTER_FLAG_SPEC_ALLOW", SECCOMP_FILTER_FLAG_SPEC_ALLOW},
		{"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV}};
	struct reader r = {.arena = arena, .err = err};
	struct strings names = read_strings(&r, object, where, "flags");
	const char *listener = read_string(&r, object, where, "listenerPath");
	read_string(&r, object, where, "listenerMetadata");
	filter->listens = listener && *listener;
	filter->flags = filter->listens ? SECCOMP_FILTER_FLAG_NEW_LISTENER : 0;
	check_notify(&r, object, filter->listens);
	for (size_t i = 0; i < names.count && !r.failed; i++) {
		size_t row = 0;
		while (row < sizeof table / sizeof *table && strcmp(table[row].name, names.list[i]) != 0)
			row++;
		if (row == sizeof table / sizeof *table)
			read_fail(&r, where, "flags", arena_print(arena, "names an unknown one, %s", names.list[i]));
		else
			filter->flags |= table[row].flag;
	}
	return r.failed ? -1 : 0;
}
