/* state.json of a container, and a kept filter: what lies on the disk between two verbs. */
#include "../runtime/seccomp.c"

#include <stdlib.h>
#include <unistd.h>

#include "../runtime/state.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int folder = -1;
	struct error err = {0};
	struct state state;
	struct filter filter = {0};
	if (folder < 0 && mkdirat(folder = fuzz_folder(), "box", 0700) < 0)
		abort();
	fuzz_write(folder, "box/state.json", data, size);
	fuzz_write(folder, "seccomp-0", data, size);
	if (state_load(&state, folder, "box", &err) == 0) {
		cleanup_free char *text = state_text(state.id, "stopped", 0, state.bundle, state.annotations, &state);
	}
	state_finish(&state);
	cache_read(folder, "seccomp-0", "{}", &filter);
	free(filter.code);
	return 0;
}
