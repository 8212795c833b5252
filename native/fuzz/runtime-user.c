/* /etc/passwd and /etc/group of an image, and its USER: three parts that a NUL divides. */
#include "../runtime/user.c"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error err = {0};
	struct container c = {.process = &c.spec.process};
	gid_t groups[GROUPS_LIMIT + 1];
	const char *env[] = {"PATH=/bin"};
	char *text = fuzz_text(data, size);
	const char *passwd = text, *end = text + size;
	const char *group = passwd + strlen(passwd) < end ? passwd + strlen(passwd) + 1 : end;
	const char *user = group + strlen(group) < end ? group + strlen(group) + 1 : end;
	c.process->groups = groups;
	c.process->env = (struct strings){env, 1};
	c.process->user_name = user;
	c.process->group_names = "extra,7";
	apply(&c, passwd, group, &err);
	free(text);
	spec_finish(&c.spec);
	return 0;
}
