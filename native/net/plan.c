#include "plan.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <stdio.h>
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

static bool parse_prefixed(char *text, struct address *address)
{
	uint64_t value;
	char *slash = strchr(text, '/');
	if (!slash)
		return false;
	*slash = 0;
	if (!ip_parse(text, &address->ip) || !parse_number(slash + 1, 8, address->ip.family == AF_INET6 ? 128 : 31, &value))
		return false;
	address->prefix = (uint8_t)value;
	return true;
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

/* Ranges of ports are written out: a short plan may ask for many. */
#define LIST_LIMIT (1u << 18)

/* Room doubles: it is full whenever the count is a power of two. */
static void *append(void *list, size_t *count, size_t size)
{
	if (*count >= LIST_LIMIT)
		return NULL;
	if ((*count & (*count - 1)) == 0) {
		void *grown = reallocarray(*(void **)list, *count ? *count * 2 : 1, size);
		if (!grown)
			return NULL;
		*(void **)list = grown;
	}
	char *entry = *(char **)list + *count * size;
	++*count;
	return memset(entry, 0, size);
}

/* ADDRESS/PREFIX, "-" is none. */
static bool add_address(struct address **list, size_t *count, const char *interface, char *text, const char *gateway)
{
	if (strcmp(text, "-") == 0)
		return true;
	struct address *address = append(list, count, sizeof *address);
	if (!address || !copy_name(address->interface, sizeof address->interface, interface) || !parse_prefixed(text, address))
		return false;
	if (strcmp(gateway, "-") == 0)
		return true;
	if (strcmp(gateway, "link") == 0) {
		address->gateway.family = address->ip.family;
		return true;
	}
	return ip_parse(gateway, &address->gateway) && address->gateway.family == address->ip.family;
}

static bool take_mode(struct bridge *bridge, const char *mode)
{
	const struct {
		const char *name;
		bool *flag;
	} modes[] = {
		{"internal", &bridge->internal},
		{"routed", &bridge->routed},
		{"isolated", &bridge->isolated},
		{"ipv6", &bridge->ipv6},
		{"routed4", &bridge->routed4},
		{"routed6", &bridge->routed6},
		{"open4", &bridge->open4},
		{"open6", &bridge->open6},
	};
	for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
		if (strcmp(modes[i].name, mode) == 0)
			return *modes[i].flag = true;
	return strcmp(mode, "nat") == 0;
}

/* NAME ADDRESS/PREFIX|- MTU MODE[,MODE] */
static bool take_bridge(struct plan *plan, char **word)
{
	struct bridge *bridge = append(&plan->bridges, &plan->bridge_count, sizeof *bridge);
	if (!bridge || !copy_name(bridge->name, sizeof bridge->name, word[0]) || !parse_mtu(word[2], &bridge->mtu))
		return false;
	for (char *mode; (mode = strsep(&word[3], ","));)
		if (!take_mode(bridge, mode))
			return false;
	return add_address(&plan->nets, &plan->net_count, bridge->name, word[1], "-");
}

/* BRIDGE ADDRESS/PREFIX */
static bool take_net(struct plan *plan, char **word)
{
	return add_address(&plan->nets, &plan->net_count, word[0], word[1], "-");
}

/* NAME dummy, NAME vlan BELOW ID */
static bool take_parent(struct plan *plan, char **word)
{
	uint64_t id;
	struct parent *parent = append(&plan->parents, &plan->parent_count, sizeof *parent);
	if (!parent || !copy_name(parent->name, sizeof parent->name, word[0]))
		return false;
	if (strcmp(word[1], "dummy") == 0)
		return !word[2];
	if (strcmp(word[1], "vlan") != 0 || !word[2] || !word[3] || !parse_number(word[3], 1, 4094, &id))
		return false;
	parent->id = (uint16_t)id;
	return copy_name(parent->below, sizeof parent->below, word[2]);
}

/* BRIDGE HOSTIF CONTAINERIF MAC ADDRESS/PREFIX|- GATEWAY|- MTU */
static bool take_endpoint(struct plan *plan, char **word)
{
	struct endpoint *endpoint = append(&plan->endpoints, &plan->endpoint_count, sizeof *endpoint);
	if (!endpoint)
		return false;
	endpoint->has_mac = true;
	return copy_name(endpoint->parent, sizeof endpoint->parent, word[0]) && copy_name(endpoint->host, sizeof endpoint->host, word[1]) &&
	       copy_name(endpoint->container, sizeof endpoint->container, word[2]) && parse_mac(word[3], endpoint->mac) &&
	       parse_mtu(word[6], &endpoint->mtu) &&
	       add_address(&plan->addresses, &plan->address_count, endpoint->container, word[4], word[5]);
}

static const struct {
	const char *name;
	enum endpoint_kind kind;
	uint16_t mode, flags;
} slave_kinds[] = {
	{"macvlan:bridge", MACVLAN, MACVLAN_MODE_BRIDGE, 0},
	{"macvlan:private", MACVLAN, MACVLAN_MODE_PRIVATE, 0},
	{"macvlan:vepa", MACVLAN, MACVLAN_MODE_VEPA, 0},
	{"macvlan:passthru", MACVLAN, MACVLAN_MODE_PASSTHRU, 0},
	{"ipvlan:l2", IPVLAN, IPVLAN_MODE_L2, 0},
	{"ipvlan:l3", IPVLAN, IPVLAN_MODE_L3, 0},
	{"ipvlan:l3s", IPVLAN, IPVLAN_MODE_L3S, 0},
	{"ipvlan:l2:private", IPVLAN, IPVLAN_MODE_L2, IPVLAN_F_PRIVATE},
	{"ipvlan:l3:private", IPVLAN, IPVLAN_MODE_L3, IPVLAN_F_PRIVATE},
	{"ipvlan:l3s:private", IPVLAN, IPVLAN_MODE_L3S, IPVLAN_F_PRIVATE},
	{"ipvlan:l2:vepa", IPVLAN, IPVLAN_MODE_L2, IPVLAN_F_VEPA},
	{"ipvlan:l3:vepa", IPVLAN, IPVLAN_MODE_L3, IPVLAN_F_VEPA},
	{"ipvlan:l3s:vepa", IPVLAN, IPVLAN_MODE_L3S, IPVLAN_F_VEPA},
};

/* KIND:MODE PARENT CONTAINERIF MAC|- MTU */
static bool take_slave(struct plan *plan, char **word)
{
	struct endpoint *endpoint = append(&plan->endpoints, &plan->endpoint_count, sizeof *endpoint);
	for (size_t i = 0; endpoint && i < sizeof slave_kinds / sizeof *slave_kinds; i++)
		if (strcmp(slave_kinds[i].name, word[0]) == 0) {
			endpoint->kind = slave_kinds[i].kind;
			endpoint->mode = slave_kinds[i].mode;
			endpoint->flags = slave_kinds[i].flags;
		}
	if (!endpoint || endpoint->kind == CABLE)
		return false;
	endpoint->has_mac = strcmp(word[3], "-") != 0;
	return copy_name(endpoint->parent, sizeof endpoint->parent, word[1]) &&
	       copy_name(endpoint->container, sizeof endpoint->container, word[2]) &&
	       (!endpoint->has_mac || parse_mac(word[3], endpoint->mac)) && parse_mtu(word[4], &endpoint->mtu);
}

/* CONTAINERIF ADDRESS/PREFIX GATEWAY|-|link */
static bool take_address(struct plan *plan, char **word)
{
	return add_address(&plan->addresses, &plan->address_count, word[0], word[1], word[2]);
}

/* PROTOCOL HOSTADDRESS HOSTPORT CONTAINERADDRESS CONTAINERPORT [COUNT] */
static bool take_port(struct plan *plan, char **word)
{
	struct port first;
	uint64_t count = 1;
	if (!parse_protocol(word[0], &first.protocol) || !ip_parse(word[1], &first.host) || !parse_port(word[2], &first.host_port) ||
		!ip_parse(word[3], &first.container) || first.host.family != first.container.family ||
		!parse_port(word[4], &first.container_port) || (word[5] && !parse_number(word[5], 1, UINT16_MAX, &count)) ||
		first.host_port + count - 1 > UINT16_MAX || first.container_port + count - 1 > UINT16_MAX)
		return false;
	for (uint64_t i = 0; i < count; i++) {
		struct port *port = append(&plan->ports, &plan->port_count, sizeof *port);
		if (!port)
			return false;
		*port = first;
		port->host_port = (uint16_t)(first.host_port + i);
		port->container_port = (uint16_t)(first.container_port + i);
	}
	return true;
}

/* PROTOCOL CONTAINERADDRESS CONTAINERPORT */
static bool take_opened(struct plan *plan, char **word)
{
	struct port *port = append(&plan->opened, &plan->opened_count, sizeof *port);
	return port && parse_protocol(word[0], &port->protocol) && ip_parse(word[1], &port->container) &&
	       parse_port(word[2], &port->container_port);
}

/* BRIDGE INTERFACE */
static bool take_trust(struct plan *plan, char **word)
{
	struct trust *trust = append(&plan->trusts, &plan->trust_count, sizeof *trust);
	return trust && copy_name(trust->bridge, sizeof trust->bridge, word[0]) &&
	       copy_name(trust->interface, sizeof trust->interface, word[1]);
}

/* FAMILY/KIND/INTERFACE/NAME VALUE, below net/ */
static bool take_setting(struct plan *plan, char **word)
{
	struct setting *setting = append(&plan->settings, &plan->setting_count, sizeof *setting);
	bool good = setting && strlen(word[0]) < sizeof setting->path && strlen(word[1]) < sizeof setting->value &&
		    (strncmp(word[0], "ipv4/", 5) == 0 || strncmp(word[0], "ipv6/", 5) == 0) && !strstr(word[0], "..");
	if (good) {
		strcpy(setting->path, word[0]);
		strcpy(setting->value, word[1]);
	}
	return good;
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

static bool is_id(const char *text)
{
	return strlen(text) == ID_SIZE && strspn(text, "0123456789abcdef") == ID_SIZE;
}

/* NETWORK NAMES ADDRESSES */
static bool take_record(struct plan *plan, char *value)
{
	struct record *record = append(&plan->names.records, &plan->names.record_count, sizeof *record);
	char *text = strchr(value, ' ');
	if (!record || !text)
		return false;
	*text++ = 0;
	record->text = strdup(text);
	return record->text && is_id(value) && memcpy(record->network, value, ID_SIZE + 1);
}

/* The lines of the view are the resolver's, word for word. */
static bool take_view(struct plan *plan, const struct field *field)
{
	struct names *names = &plan->names;
	size_t size = strlen(field->key) + strlen(field->value) + 2;
	char *view = realloc(names->view, names->view_size + size + 1);
	if (!view)
		return false;
	names->view = view;
	snprintf(view + names->view_size, size + 1, "%s %s\n", field->key, field->value);
	names->view_size += size;
	return true;
}

static bool copy_path(char path[PATH_MAX], const char *text)
{
	size_t size = strlen(text);
	return *text == '/' && size < PATH_MAX && memcpy(path, text, size + 1);
}

static const struct {
	const char *key;
	size_t least, most;
	bool (*take)(struct plan *plan, char **word);
} lists[] = {
	{"bridge", 4, 4, take_bridge},
	{"net", 2, 2, take_net},
	{"parent", 2, 4, take_parent},
	{"endpoint", 7, 7, take_endpoint},
	{"slave", 5, 5, take_slave},
	{"address", 3, 3, take_address},
	{"port", 5, 6, take_port},
	{"open", 3, 3, take_opened},
	{"trust", 2, 2, take_trust},
	{"setting", 2, 2, take_setting},
};

static bool take_list(struct plan *plan, size_t which, const char *value)
{
	char copy[256], *word[WORDS + 1] = {NULL};
	size_t size = strlen(value);
	if (size >= sizeof copy)
		return false;
	size_t count = split(memcpy(copy, value, size + 1), word);
	return count >= lists[which].least && count <= lists[which].most && lists[which].take(plan, word);
}

static bool take_field(struct plan *plan, const struct field *field)
{
	const char *key = field->key, *value = field->value;
	if (strcmp(key, "version") == 0)
		return strcmp(value, "1") == 0;
	if (strcmp(key, "table") == 0)
		return copy_name(plan->table, sizeof plan->table, value);
	if (strcmp(key, "owner") == 0)
		return copy_name(plan->owner, sizeof plan->owner, value);
	if (strcmp(key, "loopback") == 0)
		return plan->loopback_only = strcmp(value, "only") == 0;
	if (strcmp(key, "names") == 0)
		return copy_path(plan->names.folder, value);
	if (strcmp(key, "resolver") == 0)
		return copy_path(plan->names.program, value);
	if (strcmp(key, "ask") == 0)
		return (plan->names.from_host = strcmp(value, "host") == 0) || strcmp(value, "container") == 0;
	if (strcmp(key, "record") == 0) {
		cleanup_free char *copy = strdup(value);
		return copy && take_record(plan, copy);
	}
	if (strcmp(key, "server") == 0 || strcmp(key, "network") == 0 || strcmp(key, "link") == 0)
		return take_view(plan, field);
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		if (strcmp(lists[i].key, key) == 0)
			return take_list(plan, i, value);
	return false;
}

static bool has_bridge(const struct plan *plan, const char *name)
{
	for (size_t i = 0; i < plan->bridge_count; i++)
		if (strcmp(plan->bridges[i].name, name) == 0)
			return true;
	return false;
}

static bool has_interface(const struct plan *plan, const char *name)
{
	for (size_t i = 0; i < plan->endpoint_count; i++)
		if (strcmp(plan->endpoints[i].container, name) == 0)
			return true;
	return false;
}

static int check_whole(const struct plan *plan, const char *path, struct error *err)
{
	if (!*plan->table)
		return error_set(err, 0, "%s: no table", path);
	if ((plan->port_count || plan->opened_count) && !*plan->owner)
		return error_set(err, 0, "%s: ports without an owner", path);
	if ((plan->names.record_count || plan->names.view) && (!*plan->names.folder || !is_id(plan->owner)))
		return error_set(err, 0, "%s: names without their folder and owner", path);
	for (size_t i = 0; i < plan->endpoint_count; i++)
		if (plan->endpoints[i].kind == CABLE && !has_bridge(plan, plan->endpoints[i].parent))
			return error_set(err, 0, "%s: endpoint on unknown bridge %s", path, plan->endpoints[i].parent);
	for (size_t i = 0; i < plan->net_count; i++)
		if (!has_bridge(plan, plan->nets[i].interface))
			return error_set(err, 0, "%s: net of unknown bridge %s", path, plan->nets[i].interface);
	for (size_t i = 0; i < plan->address_count; i++)
		if (!has_interface(plan, plan->addresses[i].interface))
			return error_set(err, 0, "%s: address of unknown interface %s", path, plan->addresses[i].interface);
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

bool plan_has_family(const struct address *list, size_t count, const char *interface, uint8_t family)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(list[i].interface, interface) == 0 && list[i].ip.family == family)
			return true;
	return false;
}

void plan_finish(struct plan *plan)
{
	for (size_t i = 0; i < plan->names.record_count; i++)
		free(plan->names.records[i].text);
	free(plan->names.records);
	free(plan->names.view);
	free(plan->bridges);
	free(plan->parents);
	free(plan->endpoints);
	free(plan->nets);
	free(plan->addresses);
	free(plan->ports);
	free(plan->opened);
	free(plan->trusts);
	free(plan->settings);
	*plan = (struct plan){0};
}
