#include "ip.h"

#include <arpa/inet.h>
#include <string.h>

uint8_t ip_size(uint8_t family)
{
	return family == AF_INET6 ? 16 : 4;
}

bool ip_parse(const char *text, struct ip *ip)
{
	*ip = (struct ip){.family = strchr(text, ':') ? AF_INET6 : AF_INET};
	return inet_pton(ip->family, text, ip->bytes) == 1;
}

const char *ip_text(const struct ip *ip, char text[INET6_ADDRSTRLEN])
{
	*text = 0;
	if (ip->family)
		inet_ntop(ip->family, ip->bytes, text, INET6_ADDRSTRLEN);
	return text;
}

bool ip_is_any(const struct ip *ip)
{
	static const uint8_t zero[16];
	return memcmp(ip->bytes, zero, sizeof zero) == 0;
}

bool ip_same(const struct ip *a, const struct ip *b)
{
	return a->family == b->family && memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

bool ip_block(const struct ip *ip, uint8_t prefix, struct ip *first, struct ip *end)
{
	*first = *ip;
	for (int i = 0; i < ip_size(ip->family); i++) {
		int bits = prefix - i * 8;
		first->bytes[i] &= (uint8_t)(bits >= 8 ? 0xff : bits <= 0 ? 0 : 0xff << (8 - bits));
	}
	*end = *first;
	if (prefix == 0)
		return false;
	/* One more in the last bit of the prefix, carried upward. */
	int at = (prefix - 1) / 8, step = 1 << (7 - (prefix - 1) % 8);
	for (; at >= 0; at--, step = 1) {
		int sum = end->bytes[at] + step;
		end->bytes[at] = (uint8_t)sum;
		if (sum < 256)
			return true;
	}
	return false;
}

struct ip ip_link_local(const uint8_t mac[6])
{
	struct ip ip = {.family = AF_INET6, .bytes = {0xfe, 0x80}};
	memcpy(ip.bytes + 8, mac, 3);
	memcpy(ip.bytes + 13, mac + 3, 3);
	ip.bytes[8] ^= 2;
	ip.bytes[11] = 0xff;
	ip.bytes[12] = 0xfe;
	return ip;
}

socklen_t ip_socket(const struct ip *ip, uint16_t port, struct sockaddr_storage *address)
{
	*address = (struct sockaddr_storage){0};
	if (ip->family == AF_INET6) {
		struct sockaddr_in6 *six = (struct sockaddr_in6 *)address;
		*six = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons(port)};
		memcpy(&six->sin6_addr, ip->bytes, 16);
		return sizeof *six;
	}
	struct sockaddr_in *four = (struct sockaddr_in *)address;
	*four = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port)};
	memcpy(&four->sin_addr, ip->bytes, 4);
	return sizeof *four;
}
