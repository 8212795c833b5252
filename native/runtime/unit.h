/* A container as a scope of systemd: it makes the cgroup and holds the limits that it knows, so that it does not undo them. */
#pragma once

#include "container.h"
#include "dbus.h"

/* Names c->cgroup.unit and c->slice after linux.cgroupsPath, "slice:prefix:name", and looks at what annotations ask for. */
int unit_name(struct container *c, struct error *err);
/* Starts it with c->holder inside, and finds its folders. */
int unit_start(struct container *c, struct error *err);
int unit_update(const struct options *options, const struct cgroup *cgroup, const struct resources *resources, struct error *err);
/* That it is gone already is as good. */
int unit_stop(const struct options *options, const char *unit, struct error *err);

/* Properties, "(sv)" in an array. */
void unit_put_text(struct dbus_writer *writer, const char *name, const char *value);
void unit_put_flag(struct dbus_writer *writer, const char *name, bool value);
void unit_put_amount(struct dbus_writer *writer, const char *name, uint64_t value);
/* `all`: those too that a systemd of before 2020 does not know. */
void unit_put_limits(struct dbus_writer *writer, const struct cgroup *cgroup, const struct resources *resources, bool all);
void unit_put_devices(struct dbus_writer *writer, const struct device_rule *rules, size_t count);
/* Those that annotations "org.systemd.property.NAME" ask for. */
int unit_put_annotations(struct dbus_writer *writer, const json_t *annotations, struct error *err);
