import {homedir} from 'node:os';
import {join} from 'node:path';
import {EngineError} from '../errors/error.ts';
import {parseStrictJson, type JsonObject} from '../oci/json.ts';
import {asObject, asString, below, optional, placeOf, type Place} from '../oci/shape.ts';
import {readIfThere} from '../platform/files.ts';
import {runProgram} from '../platform/run.ts';

export type Credentials = {readonly kind: 'password'; readonly user: string; readonly password: string} | {readonly kind: 'identity-token'; readonly token: string};

const hubKey = 'https://index.docker.io/v1/';
/** What a helper's program says when it simply has none. */
const helperHasNone = /credentials not found/i;

const configFile = (): string => join(process.env['DOCKER_CONFIG'] || join(homedir(), '.docker'), 'config.json');

/**
 * The credentials that Docker's config.json holds for this very host, from its helper where one is set. A helper that fails, or a
 * file that cannot be read, stops everything: going on without would ask the wrong question of the registry.
 */
export async function findCredentials(domain: string): Promise<Credentials | undefined> {
	const file = configFile();
	const text = readIfThere(file);
	if (text === undefined || text.trim() === '') return undefined;
	const place = placeOf(file);
	const config = asObject(parseStrictJson(Buffer.from(text), file), place);
	const helper = helperFor(config, domain, place);
	if (helper !== undefined) return askHelper(helper, domain);
	return storedCredentials(config, domain, place);
}

/** True when the file has an entry for that host, whatever it holds: somebody once logged in there on purpose. */
export function knowsHost(host: string): boolean {
	const text = readIfThere(configFile());
	if (text === undefined || text.trim() === '') return false;
	const place = placeOf(configFile());
	const auths = optional(asObject(parseStrictJson(Buffer.from(text), place.subject), place), 'auths', place, asObject);
	return auths !== undefined && Object.keys(auths).some(key => hostOf(key) === host);
}

const keyOf = (domain: string): string => (domain === 'docker.io' ? hubKey : domain);

/** Docker's keys are hosts, or old-style addresses with scheme and path. */
const hostOf = (key: string): string => key.replace(/^https?:\/\//, '').split('/', 1)[0] ?? '';

function helperFor(config: JsonObject, domain: string, place: Place): string | undefined {
	const own = optional(config, 'credHelpers', place, asObject)?.[keyOf(domain)];
	const name = own ?? config['credsStore'];
	return name === undefined || name === null || name === '' ? undefined : asString(name, below(place, 'credsStore'), 64);
}

function storedCredentials(config: JsonObject, domain: string, place: Place): Credentials | undefined {
	const auths = optional(config, 'auths', place, asObject) ?? {};
	const wanted = domain === 'docker.io' ? ['index.docker.io', 'docker.io'] : [domain];
	const key = keyOf(domain) in auths ? keyOf(domain) : Object.keys(auths).find(item => wanted.includes(hostOf(item)));
	if (key === undefined) return undefined;
	const at = below(place, `auths["${key.slice(0, 64)}"]`);
	const entry = asObject(auths[key], at);
	const token = optional(entry, 'identitytoken', at, (value, here) => asString(value, here, 65_536));
	if (token !== undefined && token !== '') return {kind: 'identity-token', token};
	const auth = optional(entry, 'auth', at, (value, here) => asString(value, here, 65_536));
	return auth === undefined || auth === '' ? undefined : decodeAuth(auth, key);
}

function decodeAuth(auth: string, key: string): Credentials {
	const text = Buffer.from(auth, 'base64').toString('utf8').replace(/\0+$/, '');
	const colon = text.indexOf(':');
	if (colon < 1) throw new EngineError({code: 'registry.bad-credentials', subject: key, message: `the entry for ${key} in ${configFile()} holds no user and password`});
	return {kind: 'password', user: text.slice(0, colon), password: text.slice(colon + 1)};
}

async function askHelper(helper: string, domain: string): Promise<Credentials | undefined> {
	const program = `docker-credential-${helper}`;
	const failed = (reason: string, cause?: unknown) =>
		new EngineError({
			code: 'registry.credential-helper',
			subject: domain,
			message: `the credential helper ${program} failed for ${domain}: ${reason}`,
			hint: `Repair it, or take it out of ${configFile()}.`,
			cause,
		});
	if (!/^[\w.-]+$/.test(helper)) throw failed('its name is not a program name');
	const {PATH = '/usr/bin:/bin', HOME = '/'} = process.env;
	const result = await runProgram(program, ['get'], {input: keyOf(domain), env: {PATH, HOME}}).catch((error: Error) => Promise.reject(failed(error.message, error)));
	if (result.code !== 0) {
		if (helperHasNone.test(result.stdout)) return undefined;
		// What it printed may hold a secret: only its code is told.
		throw failed(`it ended with code ${result.code}`);
	}
	const place = placeOf(program);
	const answer = asObject(parseStrictJson(Buffer.from(result.stdout), program), place);
	const user = asString(answer['Username'], below(place, 'Username'));
	const secret = asString(answer['Secret'], below(place, 'Secret'), 65_536);
	if (user === '' && secret === '') return undefined;
	return user === '<token>' ? {kind: 'identity-token', token: secret} : {kind: 'password', user, password: secret};
}
