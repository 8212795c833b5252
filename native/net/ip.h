/* Addresses of both families. */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

/* `family` 0: none. In network byte order; IPv4 fills the first four bytes. */
struct ip {
	uint8_t family;
	uint8_t bytes[16];
};

bool ip_parse(const char *text, struct ip *ip);

/* "" for none. */
const char *ip_text(const struct ip *ip, char text[INET6_ADDRSTRLEN]);

/* 4 or 16. */
uint8_t ip_size(uint8_t family);
bool ip_is_any(const struct ip *ip);
bool ip_same(const struct ip *a, const struct ip *b);

/* The first address of its block of `prefix`, and the first one after it: false when the block is the last. */
bool ip_block(const struct ip *ip, uint8_t prefix, struct ip *first, struct ip *end);

/* fe80:: with the interface identifier that a MAC gives (RFC 4291, appendix A). */
struct ip ip_link_local(const uint8_t mac[6]);

/* Returns the size. */
socklen_t ip_socket(const struct ip *ip, uint16_t port, struct sockaddr_storage *address);
