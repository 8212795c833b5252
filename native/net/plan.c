#include "plan.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"

#define WORDS 8

static const struct {
	const char *name;
	uint8_t number;
} protocols[] = {{"tcp", IPPROTO_TCP}, {"udp", IPPROTO_UDP}, {"sctp", IPPROTO_SCTP}};

const char *protocol_name(uint8_t protocol)
{
	for (size_t i = 0; i < sizeof protocols / sizeof *protocols; i++)
		if (protocols[i].number == protocol)
			return protocols[i].name;
	return "?";
}

static bool parse_protocol(const char *text, uint8_t *protocol)
{
	for (size_t i = 0; i < sizeof protocols / sizeof *protocols; i++) {
		*protocol = protocols[i].number;
		if (strcmp(protocols[i].name, text) == 0)
			return true;
	}
	return false;
}

/* What nftables and sysctl paths take without surprise: no slash, no dot first, no space. */
static bool copy_name(char *to, size_t room, const char *text)
{
	size_t size = strlen(text);
	if (size == 0 || size >= room || *text == '.' || *text == '-')
		return false;
	for (size_t i = 0; i < size; i++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-", text[i]))
			return false;
	memcpy(to, text, size + 1);
	return true;
}

static bool parse_number(const char *text, uint64_t min, uint64_t max, uint64_t *value)
{
	return parse_u64(text, max, value) && *value >= min;
}

static bool parse_mtu(const char *text, uint32_t *mtu)
{
	uint64_t value;
	bool good = parse_number(text, 68, 65535, &value);
	*mtu = good ? (uint32_t)value : 0;
	return good;
}

static bool parse_port(const char *text, uint16_t *port)
{
	uint64_t value;
	bool good = parse_number(text, 1, 65535, &value);
	*port = good ? (uint16_t)value : 0;
	return good;
}

static bool parse_address(const char *text, in_addr_t *address)
{
	return inet_pton(AF_INET, text, address) == 1;
}

static bool parse_prefixed(char *text, in_addr_t *address, uint8_t *prefix)
{
	uint64_t value;
	char *slash = strchr(text, '/');
	if (!slash || !parse_number(slash + 1, 8, 31, &value))
		return false;
	*slash = 0;
	*prefix = (uint8_t)value;
	return parse_address(text, address);
}

static bool parse_mac(const char *text, uint8_t mac[6])
{
	if (strlen(text) != 17)
		return false;
	for (int i = 0; i < 6; i++) {
		const char *hex = text + (size_t)i * 3;
		char pair[3] = {hex[0], hex[1], 0};
		char *end;
		mac[i] = (uint8_t)strtoul(pair, &end, 16);
		if (end != pair + 2 || (i < 5 && hex[2] != ':'))
			return false;
	}
	return !(mac[0] & 1);
}

static bool parse_bridge(char **word, struct bridge *bridge)
{
	bridge->internal = strcmp(word[3], "internal") == 0;
	return copy_name(bridge->name, sizeof bridge->name, word[0]) && parse_prefixed(word[1], &bridge->address, &bridge->prefix) &&
	       parse_mtu(word[2], &bridge->mtu) && (bridge->internal || strcmp(word[3], "nat") == 0);
}

static bool parse_endpoint(char **word, struct endpoint *endpoint)
{
	bool routed = strcmp(word[5], "-") != 0;
	return copy_name(endpoint->bridge, sizeof endpoint->bridge, word[0]) && copy_name(endpoint->host, sizeof endpoint->host, word[1]) &&
	       copy_name(endpoint->container, sizeof endpoint->container, word[2]) && parse_mac(word[3], endpoint->mac) &&
	       parse_prefixed(word[4], &endpoint->address, &endpoint->prefix) && (!routed || parse_address(word[5], &endpoint->gateway)) &&
	       parse_mtu(word[6], &endpoint->mtu);
}

static bool parse_published(char **word, struct port *port)
{
	return parse_protocol(word[0], &port->protocol) && parse_address(word[1], &port->host) && parse_port(word[2], &port->host_port) &&
	       parse_address(word[3], &port->container) && parse_port(word[4], &port->container_port);
}

/* Cuts `text` at single spaces. Returns the count, or 0 when there are too many. */
static size_t split(char *text, char *word[WORDS])
{
	size_t count = 0;
	for (char *next = text; next; count++) {
		if (count == WORDS)
			return 0;
		word[count] = strsep(&next, " ");
	}
	return count;
}

static void *append(void **list, size_t *count, size_t size)
{
	char *grown = reallocarray(*list, *count + 1, size);
	if (!grown)
		return NULL;
	*list = grown;
	void *entry = memset(grown + *count * size, 0, size);
	++*count;
	return entry;
}

static bool take_list(struct plan *plan, const char *key, char *value)
{
	char *word[WORDS];
	size_t count = split(value, word);
	if (strcmp(key, "bridge") == 0) {
		struct bridge *bridge = append((void **)&plan->bridges, &plan->bridge_count, sizeof *bridge);
		return bridge && count == 4 && parse_bridge(word, bridge);
	}
	if (strcmp(key, "endpoint") == 0) {
		struct endpoint *endpoint = append((void **)&plan->endpoints, &plan->endpoint_count, sizeof *endpoint);
		return endpoint && count == 7 && parse_endpoint(word, endpoint);
	}
	struct port *port = append((void **)&plan->ports, &plan->port_count, sizeof *port);
	return port && count == 5 && parse_published(word, port);
}

static bool take_field(struct plan *plan, const struct field *field)
{
	if (strcmp(field->key, "version") == 0)
		return strcmp(field->value, "1") == 0;
	if (strcmp(field->key, "table") == 0)
		return copy_name(plan->table, sizeof plan->table, field->value);
	if (strcmp(field->key, "owner") == 0)
		return copy_name(plan->owner, sizeof plan->owner, field->value);
	if (strcmp(field->key, "loopback") == 0)
		return plan->loopback_only = strcmp(field->value, "only") == 0;
	if (strcmp(field->key, "bridge") != 0 && strcmp(field->key, "endpoint") != 0 && strcmp(field->key, "port") != 0)
		return false;
	char copy[256];
	size_t size = strlen(field->value);
	if (size >= sizeof copy)
		return false;
	return take_list(plan, field->key, memcpy(copy, field->value, size + 1));
}

static int check_whole(const struct plan *plan, const char *path, struct error *err)
{
	if (!*plan->table)
		return error_set(err, 0, "%s: no table", path);
	if (plan->port_count && !*plan->owner)
		return error_set(err, 0, "%s: ports without an owner", path);
	for (size_t i = 0; i < plan->endpoint_count; i++) {
		bool known = false;
		for (size_t k = 0; k < plan->bridge_count; k++)
			known |= strcmp(plan->bridges[k].name, plan->endpoints[i].bridge) == 0;
		if (!known)
			return error_set(err, 0, "%s: endpoint on unknown bridge %s", path, plan->endpoints[i].bridge);
	}
	return 0;
}

int plan_read(struct plan *plan, const char *path, struct error *err)
{
	cleanup_fields struct fields fields = {0};
	*plan = (struct plan){0};
	if (fields_read_file(&fields, AT_FDCWD, path, err) < 0)
		return -1;
	for (size_t i = 0; i < fields.count; i++)
		if (!take_field(plan, &fields.list[i]))
			return error_set(
				err, 0, "%s: line %zu is not understood: %s %s", path, i + 1, fields.list[i].key, fields.list[i].value);
	return check_whole(plan, path, err);
}

void plan_finish(struct plan *plan)
{
	free(plan->bridges);
	free(plan->endpoints);
	free(plan->ports);
	*plan = (struct plan){0};
}
