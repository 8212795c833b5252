/* A DNS message, from a container or from a server. */
#include "../resolver/packet.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct answer answer;
	struct query query;
	uint8_t bytes[16] = {0};
	int rcode = packet_read(data, size, &query);
	if (rcode == RCODE_OK) {
		answer_begin(&answer, data, &query, rcode, query.udp_size);
		while (answer_address(&answer, TYPE_AAAA, bytes, sizeof bytes))
			;
		answer_pointer(&answer, query.name);
		answer_end(&answer, &query);
		packet_answers(data, size, query.id, data + HEADER_SIZE, query.question_end - HEADER_SIZE);
		parse_reverse(query.name, bytes);
	}
	if (size >= HEADER_SIZE)
		packet_rcode(data);
	return 0;
}
