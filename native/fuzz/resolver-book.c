/* The files of names that a resolver answers from: one network of one record. */
#include "../resolver/book.c"

#include <stdlib.h>

#include "fuzz.h"

static const char network[] = "networks/0123456789012345678901234567890123456789012345678901234567890123";
static const char *const view = "network 0123456789012345678901234567890123456789012345678901234567890123 net\nlink web "
				"a123456789012345678901234567890123456789012345678901234567890123\nserver 1.2.3.4\n";

static int folder_of_names(int *records)
{
	int folder = fuzz_folder();
	if (mkdirat(folder, "networks", 0700) < 0 || mkdirat(folder, network, 0700) < 0)
		abort();
	*records = openat(folder, network, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	fuzz_write(folder, "view", (const uint8_t *)view, strlen(view));
	return folder;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int folder = -1, records = -1;
	struct address list[8];
	uint8_t bytes[4] = {1, 2, 3, 4};
	char name[256];
	bool known;
	if (folder < 0)
		folder = folder_of_names(&records);
	/* One record's end may be another's beginning. */
	fuzz_write(records, network + strlen("networks/"), data, size / 2);
	fuzz_write(records, "a123456789012345678901234567890123456789012345678901234567890123", data + size / 2, size - size / 2);
	struct book book = {.root = folder, .own = folder};
	book_refresh(&book);
	book_find(&book, "web", list, 8, &known);
	book_find(&book, "db.net", list, 8, &known);
	book_name(&book, bytes, sizeof bytes, name, sizeof name);
	book_server(&book, 0);
	for (size_t i = 0; i < book.network_count; i++)
		close_network(&book.networks[i]);
	fields_finish(&book.view);
	return 0;
}
