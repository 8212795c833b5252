import {EngineError, isEngineError} from '../errors/error.ts';
import {parseReference} from '../reference/reference.ts';
import {discard} from './body.ts';
import {configFile} from './config-file.ts';
import {eraseCredentials, findCredentials, storeCredentials, type Credentials} from './credentials.ts';
import {placesOf} from './endpoint.ts';
import {redacted, type Timeouts} from './http.ts';
import {Transient} from './retry.ts';
import {openRoute} from './route.ts';

export type LoginOptions = {readonly user: string; readonly password: string; readonly timeouts?: Timeouts; readonly signal?: AbortSignal};

/** What became of a login. `unencryptedIn`: the file in which the password lies readable now. */
export type LoggedIn = {readonly unencryptedIn?: string};

/** `docker.io` for the hub under all its names, else the host of what was typed. */
export function registryHost(server: string): string {
	if (server === '' || server === 'docker.io' || /^(https?:\/\/)?index\.docker\.io(\/.*)?$/.test(server)) return 'docker.io';
	const host = server.replace(/^https?:\/\//, '').split('/', 1)[0] ?? '';
	try {
		// A host without dot or port is one where somebody says so by its place.
		if (host !== '' && parseReference(`${/[.:]/.test(host) ? host : `${host}:443`}/x`).path === 'x') return host;
	} catch (error) {
		if (!isEngineError(error, 'reference.invalid')) throw error;
	}
	throw new EngineError({
		code: 'registry.bad-host',
		subject: server,
		message: `${JSON.stringify(server.slice(0, 200))} is not a registry's host`,
		hint: 'A host looks like registry.example or host:5000.',
	});
}

/** Proves a user's name and password to a registry, and keeps them, or the token that it gives in their place. */
export async function login(server: string, options: LoginOptions): Promise<LoggedIn> {
	const domain = registryHost(server);
	const {user, password, ...more} = options;
	const identityToken = await prove(domain, {kind: 'password', user, password}, more);
	const isReadable = await storeCredentials(domain, user, identityToken === undefined ? {kind: 'password', user, password} : {kind: 'identity-token', token: identityToken});
	return isReadable ? {unencryptedIn: configFile()} : {};
}

/** Tries what is stored. The name in it, or undefined when there is nothing that could be tried. */
export async function storedUser(server: string): Promise<{user: string; password: string} | undefined> {
	const found = await findCredentials(registryHost(server));
	return found?.kind === 'password' ? found : undefined;
}

export const logout = (server: string): Promise<void> => eraseCredentials(registryHost(server));

async function prove(domain: string, credentials: Credentials, options: Pick<LoginOptions, 'timeouts' | 'signal'>): Promise<string | undefined> {
	const [place] = placesOf(domain, {write: true});
	if (!place) throw new EngineError({code: 'registry.failed', subject: domain, message: `there is no way to ${domain}`});
	const route = await openRoute(place, {scopes: [], offline: true, credentials, ...options});
	try {
		const reply = await route.send('v2/').catch((error: unknown) => Promise.reject(error instanceof Transient ? error.cause : error));
		discard(reply);
		if (reply.status === 200) return route.answer()?.identityToken;
		throw new EngineError({
			code: 'registry.denied',
			subject: domain,
			message: `login attempt to ${redacted(reply.url)} failed with status: ${reply.status} ${reply.statusText.replace(/[^\x20-\x7e]/g, '?').slice(0, 100)}`,
			hint: reply.status === 401 ? 'Check the name and the password.' : undefined,
		});
	} catch (error) {
		// A token server says the same in its own way.
		if (!isEngineError(error, 'registry.denied') || error.message.startsWith('login attempt')) throw error;
		throw new EngineError({
			code: 'registry.denied',
			subject: domain,
			message: `Get "${place.endpoints[0]?.base.href}v2/": unauthorized: incorrect username or password`,
			cause: error,
		});
	} finally {
		route.close();
	}
}
