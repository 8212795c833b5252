/* The monitor's plan. */
#include "../monitor/plan.h"

#include <stdlib.h>

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int folder = -1;
	struct error err = {0};
	struct plan plan = {0};
	if (folder < 0)
		folder = fuzz_folder();
	fuzz_write(folder, "plan", data, size);
	plan_read(&plan, folder, &err);
	fields_finish(&plan.fields);
	const char **const lists[] = {plan.runtime_args, plan.log_compress, plan.forward_fields, plan.exit_command, plan.labels};
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		free(lists[i]);
	return 0;
}
