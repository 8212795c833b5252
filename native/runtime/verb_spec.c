/* spec: a configuration to begin with. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "flags.h"
#include "util.h"
#include "verbs.h"

static const char template[] =
	"{\n"
	"  \"ociVersion\": \"1.2.0\",\n"
	"  \"process\": {\n"
	"    \"terminal\": true,\n"
	"    \"user\": {\"uid\": 0, \"gid\": 0},\n"
	"    \"args\": [\"sh\"],\n"
	"    \"env\": [\"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\", \"TERM=xterm\"],\n"
	"    \"cwd\": \"/\",\n"
	"    \"capabilities\": {\n"
	"      \"bounding\": [\"CAP_AUDIT_WRITE\", \"CAP_KILL\", \"CAP_NET_BIND_SERVICE\"],\n"
	"      \"effective\": [\"CAP_AUDIT_WRITE\", \"CAP_KILL\", \"CAP_NET_BIND_SERVICE\"],\n"
	"      \"permitted\": [\"CAP_AUDIT_WRITE\", \"CAP_KILL\", \"CAP_NET_BIND_SERVICE\"]\n"
	"    },\n"
	"    \"rlimits\": [{\"type\": \"RLIMIT_NOFILE\", \"soft\": 1024, \"hard\": 1024}],\n"
	"    \"noNewPrivileges\": true\n"
	"  },\n"
	"  \"root\": {\"path\": \"rootfs\", \"readonly\": true},\n"
	"  \"hostname\": \"hawser\",\n"
	"  \"mounts\": [\n"
	"    {\"destination\": \"/proc\", \"type\": \"proc\", \"source\": \"proc\", \"options\": [\"nosuid\", \"noexec\", \"nodev\"]},\n"
	"    {\"destination\": \"/dev\", \"type\": \"tmpfs\", \"source\": \"tmpfs\", \"options\": [\"nosuid\", \"strictatime\", "
	"\"mode=755\", \"size=65536k\"]},\n"
	"    {\"destination\": \"/dev/pts\", \"type\": \"devpts\", \"source\": \"devpts\",\n"
	"     \"options\": [\"nosuid\", \"noexec\", \"newinstance\", \"ptmxmode=0666\", \"mode=0620\", \"gid=5\"]},\n"
	"    {\"destination\": \"/dev/shm\", \"type\": \"tmpfs\", \"source\": \"shm\",\n"
	"     \"options\": [\"nosuid\", \"noexec\", \"nodev\", \"mode=1777\", \"size=65536k\"]},\n"
	"    {\"destination\": \"/dev/mqueue\", \"type\": \"mqueue\", \"source\": \"mqueue\", \"options\": [\"nosuid\", \"noexec\", "
	"\"nodev\"]},\n"
	"    {\"destination\": \"/sys\", \"type\": \"sysfs\", \"source\": \"sysfs\", \"options\": [\"nosuid\", \"noexec\", \"nodev\", "
	"\"ro\"]},\n"
	"    {\"destination\": \"/sys/fs/cgroup\", \"type\": \"cgroup\", \"source\": \"cgroup\", \"options\": [\"nosuid\", \"noexec\", "
	"\"nodev\", \"relatime\", \"ro\"]}\n"
	"  ],\n"
	"  \"linux\": {\n"
	"    \"resources\": {\"devices\": [{\"allow\": false, \"access\": \"rwm\"}]},\n"
	"    \"namespaces\": [{\"type\": \"pid\"}, {\"type\": \"network\"}, {\"type\": \"ipc\"}, {\"type\": \"uts\"}, {\"type\": "
	"\"mount\"}, {\"type\": \"cgroup\"}],\n"
	"    \"maskedPaths\": [\"/proc/acpi\", \"/proc/asound\", \"/proc/interrupts\", \"/proc/kcore\", \"/proc/keys\", "
	"\"/proc/latency_stats\",\n"
	"                    \"/proc/timer_list\", \"/proc/timer_stats\", \"/proc/sched_debug\", \"/proc/scsi\", \"/sys/firmware\",\n"
	"                    \"/sys/devices/virtual/powercap\"],\n"
	"    \"readonlyPaths\": [\"/proc/bus\", \"/proc/fs\", \"/proc/irq\", \"/proc/sys\", \"/proc/sysrq-trigger\"]\n"
	"  }\n"
	"}\n";

/* What an ordinary user may have: ids mapped to the own one, the host's network and its /sys, no limits. */
static void make_rootless(json_t *config)
{
	json_t *linux_part = json_object_get(config, "linux"), *mounts = json_object_get(config, "mounts"), *entry;
	json_t *list = json_object_get(linux_part, "namespaces");
	size_t i;
	json_object_del(linux_part, "resources");
	json_array_foreach(list, i, entry) if (strcmp(json_string_value(json_object_get(entry, "type")), "network") == 0)
		json_array_set_new(list, i, json_pack("{s:s}", "type", "user"));
	json_object_set_new(
		linux_part, "uidMappings", json_pack("[{s:i, s:I, s:i}]", "containerID", 0, "hostID", (json_int_t)geteuid(), "size", 1));
	json_object_set_new(
		linux_part, "gidMappings", json_pack("[{s:i, s:I, s:i}]", "containerID", 0, "hostID", (json_int_t)getegid(), "size", 1));
	json_array_foreach(mounts, i, entry)
	{
		const char *target = json_string_value(json_object_get(entry, "destination"));
		if (strcmp(target, "/sys") == 0)
			json_array_set_new(mounts, i,
				json_pack("{s:s, s:s, s:s, s:[s,s,s,s,s]}", "destination", "/sys", "type", "none", "source", "/sys",
					"options", "rbind", "nosuid", "noexec", "nodev", "ro"));
		else if (strcmp(target, "/dev/pts") == 0)
			json_array_remove(json_object_get(entry, "options"), json_array_size(json_object_get(entry, "options")) - 1);
	}
	for (i = json_array_size(mounts); i-- > 0;)
		if (strcmp(json_string_value(json_object_get(json_array_get(mounts, i), "type")), "cgroup") == 0)
			json_array_remove(mounts, i);
}

static int write_spec(const char *bundle, const char *name, bool rootless, struct error *err)
{
	cleanup_close int dir = open(bundle, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup_close int fd = dir < 0 ? -1 : openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		return error_set(err, errno, "write %s in %s", name, bundle);
	cleanup_free char *text = NULL;
	if (rootless) {
		json_t *config = json_loads(template, 0, NULL);
		make_rootless(config);
		text = json_dumps(config, JSON_INDENT(2));
		json_decref(config);
	}
	const char *chosen = text ? text : template;
	return write_all(fd, chosen, strlen(chosen)) < 0 ? error_set(err, errno, "write %s in %s", name, bundle) : 0;
}

int verb_spec(const struct options *options, int argc, char **argv, struct error *err)
{
	(void)options;
	static const struct option flags[] = {{"bundle", required_argument, NULL, 'b'}, {"file", required_argument, NULL, 'f'},
		{"rootless", no_argument, NULL, 'r'}, {0}};
	const char *bundle = ".", *name = "config.json";
	bool rootless = false;
	int flag;
	while ((flag = flag_next(argc, argv, "+:b:f:", flags, err)) > 0) {
		if (flag == 'b')
			bundle = optarg;
		else if (flag == 'f')
			name = optarg;
		else
			rootless = true;
	}
	return flag < 0 ? -1 : write_spec(bundle, name, rootless, err);
}
