/* The plan of docs/formats.md, "hawser-net", checked: every name and number in it is within its bounds. */
#pragma once

#include <limits.h>
#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "fields.h"
#include "ip.h"

#define TABLE_NAME 64
#define OWNER_NAME 128
#define ID_SIZE 64

/* Ports are in the host's byte order. */
struct bridge {
	char name[IFNAMSIZ];
	uint32_t mtu;
	/* No way out; no masquerade on the way out; containers do not see each other; it has IPv6. */
	bool internal, routed, isolated, ipv6;
	/* Of each family: reached from outside by its containers' own addresses, where a port is opened, or wholly. */
	bool routed4, routed6, open4, open6;
};

/* An interface of the host that macvlan or ipvlan stands on, made when it is not there: a dummy, or with `id` a VLAN of `below`. */
struct parent {
	char name[IFNAMSIZ], below[IFNAMSIZ];
	uint16_t id;
};

enum endpoint_kind { CABLE, MACVLAN, IPVLAN };

/* A container's interface: the far end of a cable whose near end `host` is plugged into the bridge `parent`, or a slave of the
 * host's interface `parent`. */
struct endpoint {
	enum endpoint_kind kind;
	uint16_t mode, flags;
	char parent[IFNAMSIZ], host[IFNAMSIZ], container[IFNAMSIZ];
	bool has_mac;
	uint8_t mac[6];
	uint32_t mtu;
};

/* Of a bridge or of a container's interface. A gateway of zeros: the default route leads to the interface itself. */
struct address {
	char interface[IFNAMSIZ];
	struct ip ip, gateway;
	uint8_t prefix;
};

struct port {
	uint8_t protocol;
	struct ip host, container;
	uint16_t host_port, container_port;
};

/* An interface of the host from behind which all of a bridge's containers are reached. */
struct trust {
	char bridge[IFNAMSIZ], interface[IFNAMSIZ];
};

/* A setting under net/ of a container's interface: `ipv4/conf/eth0/log_martians`. */
struct setting {
	char path[80], value[32];
};

/* Who a container is on a network: "NAME[,NAME] ADDRESS[,ADDRESS]", for the resolvers of that network. */
struct record {
	char network[ID_SIZE + 1];
	char *text;
};

/* What a container's resolver is told; `view` is the file of docs/formats.md. */
struct names {
	char folder[PATH_MAX], program[PATH_MAX];
	/* Whether it asks from the host's network namespace, where the host's own resolvers may listen on its loopback. */
	bool from_host;
	char *view;
	size_t view_size;
	struct record *records;
	size_t record_count;
};

struct plan {
	char table[TABLE_NAME];
	char owner[OWNER_NAME];
	bool loopback_only;
	struct bridge *bridges;
	struct parent *parents;
	struct endpoint *endpoints;
	/* Of the bridges on the host, and of the container. */
	struct address *nets, *addresses;
	struct port *ports;
	/* Of a routed network's container: reached at its own address, whose port counts; the host's is 0. */
	struct port *opened;
	struct trust *trusts;
	struct setting *settings;
	size_t bridge_count, parent_count, endpoint_count, net_count, address_count, port_count, opened_count, trust_count, setting_count;
	struct names names;
};

int plan_read(struct plan *plan, const char *path, struct error *err);
void plan_finish(struct plan *plan);
#define cleanup_plan __attribute__((cleanup(plan_finish)))

/* Whether the bridge or the container's interface has an address of the family. */
bool plan_has_family(const struct address *list, size_t count, const char *interface, uint8_t family);

/* tcp, udp or sctp. */
const char *protocol_name(uint8_t protocol);
