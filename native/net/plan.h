/* The plan of docs/formats.md, "hawser-net", checked: every name and number in it is within its bounds. */
#pragma once

#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "fields.h"

#define TABLE_NAME 64
#define OWNER_NAME 128

/* Addresses are in network byte order, ports in the host's. */
struct bridge {
	char name[IFNAMSIZ];
	in_addr_t address;
	uint8_t prefix;
	uint32_t mtu;
	bool internal;
};

struct endpoint {
	char bridge[IFNAMSIZ], host[IFNAMSIZ], container[IFNAMSIZ];
	uint8_t mac[6];
	in_addr_t address, gateway;
	uint8_t prefix;
	uint32_t mtu;
};

struct port {
	uint8_t protocol;
	in_addr_t host, container;
	uint16_t host_port, container_port;
};

struct plan {
	char table[TABLE_NAME];
	char owner[OWNER_NAME];
	bool loopback_only;
	struct bridge *bridges;
	struct endpoint *endpoints;
	struct port *ports;
	size_t bridge_count, endpoint_count, port_count;
};

int plan_read(struct plan *plan, const char *path, struct error *err);
void plan_finish(struct plan *plan);
#define cleanup_plan __attribute__((cleanup(plan_finish)))

/* tcp, udp or sctp. */
const char *protocol_name(uint8_t protocol);
