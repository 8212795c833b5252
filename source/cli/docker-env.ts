/** What scripts set for Docker's client, before the flags are read. */

/** Where Docker's client finds the daemon of its own host: there we are already. */
const LOCAL = ['', 'unix:///var/run/docker.sock', 'unix:///run/docker.sock'];

const isLocal = (host: string): boolean => LOCAL.includes(host);

/** A sentence when these variables ask for another host than this one: to work here in its place would be wrong. */
export function refuseRemote({DOCKER_HOST: host = '', DOCKER_CONTEXT: context = ''}: Readonly<Record<string, string | undefined>>): string | undefined {
	if (!isLocal(host)) return `hawser works on this host only, and DOCKER_HOST is ${JSON.stringify(host)}\nHint: Unset it, or run hawser there.`;
	if (host === '' && context !== '' && context !== 'default') return `hawser has no contexts, and DOCKER_CONTEXT is ${JSON.stringify(context)}\nHint: Unset it.`;
	return undefined;
}

/** For `-H` and `--context`; throws. */
export function checkHost(host: string): void {
	if (!isLocal(host)) throw new Error('hawser works on this host only: there is no daemon to connect to');
}

export function checkContext(context: string): void {
	if (context !== '' && context !== 'default') throw new Error('hawser has no contexts: there is no daemon to choose');
}

export function checkNoTls(value: string): void {
	if (value === 'true') throw new Error('hawser works on this host only: there is no connection to encrypt');
}
