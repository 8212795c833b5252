#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

#include "util.h"

#define MANAGER "org.freedesktop.systemd1"
#define GONE MANAGER ".NoSuchUnit"

static const struct bus_call hello = {"org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "Hello", ""},
			     match = {"org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "AddMatch", "s"};

static struct bus_call manager(const char *member, const char *signature)
{
	return (struct bus_call){MANAGER, "/org/freedesktop/systemd1", MANAGER ".Manager", member, signature};
}

static const char *default_slice(const struct container *c)
{
	return c->options->uid ? "user.slice" : "system.slice";
}

static bool is_unit_name(const char *name)
{
	size_t length = strlen(name);
	return length < 256 && strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:-_.\\@") == length;
}

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), size = strlen(end);
	return length > size && strcmp(text + length - size, end) == 0;
}

int unit_name(struct container *c, struct error *err)
{
	const char *path = c->spec.cgroup_path, *slice = "", *prefix = "hawser", *name = c->id;
	struct arena *arena = &c->spec.arena;
	c->cgroup.arena = arena;
	if (path && *path) {
		const char *first = strchr(path, ':'), *second = first ? strchr(first + 1, ':') : NULL;
		if (!second || strchr(second + 1, ':'))
			return error_set(err, 0, "linux.cgroupsPath must be slice:prefix:name for systemd, not '%s'", path);
		slice = arena_print(arena, "%.*s", (int)(first - path), path);
		prefix = arena_print(arena, "%.*s", (int)(second - first - 1), first + 1);
		name = second + 1;
	}
	if (ends_with(name, ".slice"))
		return error_set(err, 0, "linux.cgroupsPath: %s is a slice, which holds units and no processes", name);
	c->slice = *slice ? slice : default_slice(c);
	c->cgroup.unit = arena_print(arena, "%s%s%s.scope", prefix, *prefix ? "-" : "", name);
	if (!ends_with(c->slice, ".slice") || !is_unit_name(c->slice))
		return error_set(err, 0, "linux.cgroupsPath: '%s' is no name of a slice, such as system.slice", c->slice);
	if (!*name || !is_unit_name(c->cgroup.unit))
		return error_set(err, 0, "linux.cgroupsPath: '%s' is no name of a unit", c->cgroup.unit);
	struct dbus_writer tried = {0};
	return unit_put_annotations(&tried, c->spec.annotations, err);
}

/* "unix:path=/run/bus,guid=…;…": the first that is a socket of this host. False: none. */
static bool socket_of(const char *address, char *where, size_t room)
{
	static const struct {
		const char *key, *mark;
	} kinds[] = {{"unix:path=", ""}, {"unix:abstract=", "@"}};
	for (const char *at = address; at && *at; at = strchr(at, ';'), at += at != NULL)
		for (size_t i = 0; i < 2; i++)
			if (strncmp(at, kinds[i].key, strlen(kinds[i].key)) == 0) {
				const char *value = at + strlen(kinds[i].key);
				return snprintf(where, room, "%s%.*s", kinds[i].mark, (int)strcspn(value, ",;"), value) < (int)room;
			}
	return false;
}

/* systemd itself where it lets us in, or else the bus that it is on. */
static int reach(struct bus *bus, const struct options *options, struct error *err)
{
	char own[PATH_MAX] = "/run/systemd/private", shared[PATH_MAX] = "/run/dbus/system_bus_socket";
	const char *run = getenv("XDG_RUNTIME_DIR"),
		   *address = getenv(options->uid ? "DBUS_SESSION_BUS_ADDRESS" : "DBUS_SYSTEM_BUS_ADDRESS");
	if (options->uid) {
		if (!run || *run != '/')
			run = "/run/user";
		snprintf(own, sizeof own, "%s/systemd/private", run);
		snprintf(shared, sizeof shared, "%s/bus", run);
	}
	bool named = address && *address;
	if (named && !socket_of(address, shared, sizeof shared))
		return error_set(err, 0, "%s is not the address of a socket: unix:path=… or unix:abstract=…", address);
	if (!named) {
		if (bus_open(bus, own, true, options->uid, err) == 0)
			return 0;
		bus_close(bus);
	}
	if (bus_open(bus, shared, ends_with(shared, "/systemd/private"), options->uid, err) == 0)
		return 0;
	return error_wrap(err, "systemd is not to be reached%s%s (does it run here? --cgroup-manager cgroupfs goes without it)",
		named ? "" : " at ", named ? "" : own);
}

static int say_hello(struct bus *bus, struct error *err)
{
	char refusal[REFUSAL_TEXT];
	struct dbus_writer rule = {0};
	cleanup_message struct dbus_message first = {0}, second = {0}, third = {0};
	if (bus->direct)
		return 0;
	dbus_put_string(&rule, "type='signal',sender='" MANAGER "',interface='" MANAGER ".Manager',member='JobRemoved'");
	struct bus_call subscribe = manager("Subscribe", "");
	if (bus_call(bus, &hello, NULL, &first, refusal, err) < 0 || bus_call(bus, &match, &rule, &second, refusal, err) < 0)
		return -1;
	return bus_call(bus, &subscribe, NULL, &third, refusal, err);
}

static int open_manager(struct bus *bus, const struct options *options, struct error *err)
{
	return reach(bus, options, err) < 0 ? -1 : say_hello(bus, err);
}

/* systemd tells of every job that ends, and how: ours is the one that was answered. */
static int wait_for_job(struct bus *bus, const struct dbus_message *answer, const char *unit, struct error *err)
{
	struct dbus_reader body = answer->body;
	const char *job = dbus_string(&body);
	if (strcmp(answer->signature, "o") != 0 || body.failed)
		return error_set(err, 0, "systemd did not name the job of %s", unit);
	for (;;) {
		cleanup_message struct dbus_message message;
		if (bus_receive(bus, &message, err) < 0)
			return error_wrap(err, "wait for %s", unit);
		if (message.type != DBUS_SIGNAL || strcmp(message.member, "JobRemoved") != 0 || strcmp(message.signature, "uoss") != 0)
			continue;
		dbus_u32(&message.body);
		bool ours = strcmp(dbus_string(&message.body), job) == 0;
		dbus_string(&message.body);
		const char *result = dbus_string(&message.body);
		if (message.body.failed)
			return error_set(err, 0, "systemd sent a damaged signal");
		if (ours)
			return strcmp(result, "done") == 0 ? 0 : error_set(err, 0, "systemd's job for %s ended as '%s'", unit, result);
	}
}

/* A scope is of processes that are there already. This one has no other task, and ends with us. */
static int make_holder(struct container *c, struct error *err)
{
	pid_t parent = getpid();
	c->holder = fork();
	if (c->holder < 0)
		return error_set(err, errno, "fork");
	if (c->holder > 0)
		return 0;
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0 || getppid() != parent)
		_exit(1);
	for (;;)
		pause();
}

static void put_scope(struct dbus_writer *writer, struct container *c, bool all)
{
	struct error checked;
	struct dbus_array list;
	dbus_put_string(writer, c->cgroup.unit);
	dbus_put_string(writer, "fail");
	struct dbus_array properties = dbus_begin(writer, 8);
	unit_put_text(writer, "Description", arena_print(&c->spec.arena, "container %s", c->id));
	unit_put_text(writer, "Slice", c->slice);
	static const char *const on[] = {"Delegate", "MemoryAccounting", "CPUAccounting", "TasksAccounting"};
	for (size_t i = 0; i < sizeof on / sizeof *on; i++)
		unit_put_flag(writer, on[i], true);
	unit_put_flag(writer, c->cgroup.pure ? "IOAccounting" : "BlockIOAccounting", true);
	unit_put_flag(writer, "DefaultDependencies", false);
	dbus_put(writer, 8, "", 0);
	dbus_put_string(writer, "PIDs");
	dbus_put_signature(writer, "au");
	list = dbus_begin(writer, 4);
	dbus_put_u32(writer, (uint32_t)c->holder);
	dbus_end(writer, list);
	unit_put_limits(writer, &c->cgroup, &c->spec.resources, all);
	if (!c->cgroup.pure && !c->launch.rootless) {
		size_t count;
		const struct device_rule *rules = cgroup_device_rules(&c->spec.arena, &c->spec, &count);
		unit_put_devices(writer, rules, count);
	}
	unit_put_annotations(writer, c->spec.annotations, &checked);
	dbus_end(writer, properties);
	/* Units beside it: none. */
	dbus_end(writer, dbus_begin(writer, 8));
}

static bool is_unknown(const char *refusal)
{
	return strstr(refusal, "PropertyReadOnly") || strstr(refusal, "UnknownProperty");
}

static int start_scope(struct bus *bus, struct container *c, struct error *err)
{
	char refusal[REFUSAL_TEXT];
	struct bus_call start = manager("StartTransientUnit", "ssa(sv)a(sa(sv))");
	for (int all = 1;; all--) {
		cleanup_message struct dbus_message answer = {0};
		struct dbus_writer body = {0};
		put_scope(&body, c, all);
		if (bus_call(bus, &start, &body, &answer, refusal, err) == 0) {
			c->has_scope = true;
			return wait_for_job(bus, &answer, c->cgroup.unit, err);
		}
		if (!all || !is_unknown(refusal))
			return -1;
	}
}

/* Where systemd has put the process; nothing that anybody sends is believed to be that. */
static const char *find_folder(const struct container *c, struct error *err)
{
	char name[64], path[PATH_MAX], end[300];
	snprintf(name, sizeof name, "/proc/%d/cgroup", (int)c->holder);
	cleanup_free char *text = read_file_at(AT_FDCWD, name, 65536, NULL, err);
	const char *key = c->cgroup.pure ? "0::" : ":name=systemd:", *line = text ? strstr(text, key) : NULL;
	if (!text)
		return NULL;
	line = line ? line + strlen(key) : "";
	snprintf(path, sizeof path, "%.*s", (int)strcspn(line, "\n"), line);
	snprintf(end, sizeof end, "/%s", c->cgroup.unit);
	if (ends_with(path, end) && !strstr(path, "/../"))
		return arena_print(c->cgroup.arena, "%s", path);
	error_set(err, 0, "systemd did not put process %d into %s, but left it in '%s'", (int)c->holder, c->cgroup.unit, path);
	return NULL;
}

int unit_start(struct container *c, struct error *err)
{
	cleanup_bus struct bus bus = {.fd = -1};
	/* Which version there is says which properties there are. */
	if (cgroup_find(&c->cgroup, &c->spec.arena, "/", err) < 0)
		return -1;
	c->cgroup.count = 0;
	if (open_manager(&bus, c->options, err) < 0 || make_holder(c, err) < 0 || start_scope(&bus, c, err) < 0)
		return -1;
	const char *path = find_folder(c, err);
	return path ? cgroup_find(&c->cgroup, &c->spec.arena, path, err) : -1;
}

int unit_update(const struct options *options, const struct cgroup *cgroup, const struct resources *resources, struct error *err)
{
	char refusal[REFUSAL_TEXT];
	cleanup_bus struct bus bus = {.fd = -1};
	struct bus_call set = manager("SetUnitProperties", "sba(sv)");
	if (open_manager(&bus, options, err) < 0)
		return -1;
	for (int all = 1;; all--) {
		cleanup_message struct dbus_message answer = {0};
		struct dbus_writer body = {0};
		dbus_put_string(&body, cgroup->unit);
		dbus_put_u32(&body, true);
		struct dbus_array properties = dbus_begin(&body, 8);
		unit_put_limits(&body, cgroup, resources, all);
		dbus_end(&body, properties);
		if (bus_call(&bus, &set, &body, &answer, refusal, err) == 0)
			return 0;
		if (!all || !is_unknown(refusal))
			return -1;
	}
}

int unit_stop(const struct options *options, const char *unit, struct error *err)
{
	char refusal[REFUSAL_TEXT];
	cleanup_bus struct bus bus = {.fd = -1};
	cleanup_message struct dbus_message answer = {0}, cleared = {0};
	struct dbus_writer name = {0}, body = {0};
	struct bus_call stop = manager("StopUnit", "ss"), reset = manager("ResetFailedUnit", "s");
	dbus_put_string(&name, unit);
	dbus_put_string(&body, unit);
	dbus_put_string(&body, "replace");
	if (open_manager(&bus, options, err) < 0)
		return -1;
	if (bus_call(&bus, &stop, &body, &answer, refusal, err) < 0)
		return strcmp(refusal, GONE) == 0 ? 0 : -1;
	if (wait_for_job(&bus, &answer, unit, err) < 0)
		return -1;
	if (bus_call(&bus, &reset, &name, &cleared, refusal, err) < 0)
		return strcmp(refusal, GONE) == 0 ? 0 : -1;
	return 0;
}
