/* features: what this runtime can do, in the form of the specification's features document. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "caps.h"
#include "seccomp_compile.h"
#include "util.h"
#include "verbs.h"

static json_t *words(const char *const *list)
{
	json_t *array = json_array();
	for (; *list; list++)
		json_array_append_new(array, json_string(*list));
	return array;
}

/* Those that the library we are built with knows. */
static json_t *known_architectures(const char *const *list)
{
	json_t *array = json_array();
	for (; *list; list++)
		if (filter_architecture(*list))
			json_array_append_new(array, json_string(*list));
	return array;
}

static json_t *capability_words(void)
{
	json_t *array = json_array();
	char name[64];
	for (int i = 0; caps_name(i); i++) {
		snprintf(name, sizeof name, "CAP_%s", caps_name(i));
		json_array_append_new(array, json_string(name));
	}
	return array;
}

int verb_features(const struct options *options, int argc, char **argv, struct error *err)
{
	(void)options, (void)argc, (void)argv;
	static const char *const hooks[] = {
		"prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop", NULL};
	static const char *const mounts[] = {"bind", "rbind", "ro", "rw", "nosuid", "suid", "nodev", "dev", "noexec", "exec", "noatime",
		"atime", "relatime", "norelatime", "strictatime", "nodiratime", "diratime", "nosymfollow", "symfollow", "rro", "rrw",
		"rnosuid", "rsuid", "rnodev", "rdev", "rnoexec", "rexec", "rnoatime", "rrelatime", "rstrictatime", "rnosymfollow",
		"private", "rprivate", "idmap", "ridmap", "tmpcopyup", "shared", "rshared", "slave", "rslave", "unbindable", "runbindable",
		NULL};
	static const char *const namespaces[] = {"cgroup", "ipc", "mount", "network", "pid", "time", "user", "uts", NULL};
	static const char *const actions[] = {"SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO", "SCMP_ACT_KILL", "SCMP_ACT_KILL_PROCESS",
		"SCMP_ACT_KILL_THREAD", "SCMP_ACT_LOG", "SCMP_ACT_NOTIFY", "SCMP_ACT_TRACE", "SCMP_ACT_TRAP", NULL};
	static const char *const operators[] = {
		"SCMP_CMP_EQ", "SCMP_CMP_GE", "SCMP_CMP_GT", "SCMP_CMP_LE", "SCMP_CMP_LT", "SCMP_CMP_MASKED_EQ", "SCMP_CMP_NE", NULL};
	static const char *const filter_flags_known[] = {"SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW",
		"SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", NULL};
	static const char *const architectures[] = {"SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM", "SCMP_ARCH_LOONGARCH64", "SCMP_ARCH_MIPS",
		"SCMP_ARCH_MIPS64", "SCMP_ARCH_MIPS64N32", "SCMP_ARCH_MIPSEL", "SCMP_ARCH_MIPSEL64", "SCMP_ARCH_MIPSEL64N32",
		"SCMP_ARCH_PARISC", "SCMP_ARCH_PARISC64", "SCMP_ARCH_PPC", "SCMP_ARCH_PPC64", "SCMP_ARCH_PPC64LE", "SCMP_ARCH_RISCV64",
		"SCMP_ARCH_S390", "SCMP_ARCH_S390X", "SCMP_ARCH_X32", "SCMP_ARCH_X86", "SCMP_ARCH_X86_64", NULL};
	json_t *json = json_pack("{s:s, s:s, s:o, s:o, s:o, s:[s, s]}", "ociVersionMin", "1.0.0", "ociVersionMax", SPEC_VERSION, "hooks",
		words(hooks), "mountOptions", words(mounts), "linux",
		json_pack("{s:o, s:o, s:{s:b, s:b, s:b, s:b, s:b}, s:{s:b, s:o, s:o, s:o, s:o, s:o}, s:{s:b}, s:{s:b}, s:{s:b}, s:{s:b}, "
			  "s:{s:{s:b}}}",
			"namespaces", words(namespaces), "capabilities", capability_words(), "cgroup", "v1", 1, "v2", 1, "systemd", 1,
			"systemdUser", 1, "rdma", 1, "seccomp", "enabled", 1, "actions", words(actions), "operators", words(operators),
			"archs", known_architectures(architectures), "knownFlags", words(filter_flags_known), "supportedFlags",
			words(filter_flags_known), "apparmor", "enabled", 1, "selinux", "enabled", 1, "intelRdt", "enabled", 0,
			"netDevices", "enabled", 0, "mountExtensions", "idmap", "enabled", 1),
		"potentiallyUnsafeConfigAnnotations", "io.hawser.", "run.oci.");
	cleanup_free char *text = json ? json_dumps(json, JSON_INDENT(2)) : NULL;
	json_decref(json);
	if (!text)
		return error_set(err, ENOMEM, "features");
	puts(text);
	return 0;
}
