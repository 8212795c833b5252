/* The old iptables (not the one that is a face of nftables), which netlink says nothing about. */
#pragma once

#include <stdbool.h>

/* Whether its table filter, where there is one, drops what is forwarded and no rule has let through. */
bool iptables_forward_drops(void);
