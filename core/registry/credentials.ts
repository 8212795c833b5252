import {EngineError} from '../errors/error.ts';
import {parseStrictJson, type Json, type JsonObject} from '../oci/json.ts';
import {asObject, asString, below, optional, placeOf, type Place} from '../oci/shape.ts';
import {configFile, readConfig, updateConfig} from './config-file.ts';
import {eraseFromHelper, getFromHelper, storeInHelper} from './credential-helper.ts';

export type Credentials = {readonly kind: 'password'; readonly user: string; readonly password: string} | {readonly kind: 'identity-token'; readonly token: string};

const hubKey = 'https://index.docker.io/v1/';
const secretLimit = 65_536;

/** The variable in which CI systems hand over what would else be in the file; it goes before it. */
const environmentKey = 'DOCKER_AUTH_CONFIG';
export const hasEnvironmentAuth = (): boolean => Boolean(process.env[environmentKey]);

/**
 * The credentials that Docker's config.json holds for this very host, from its helper where one is set. A helper that fails, or a
 * file that cannot be read, stops everything: going on without would ask the wrong question of the registry.
 */
export async function findCredentials(domain: string): Promise<Credentials | undefined> {
	const given = process.env[environmentKey];
	if (given) {
		const place = placeOf(environmentKey);
		const found = storedCredentials(asObject(parseStrictJson(Buffer.from(given), environmentKey), place), domain, place);
		if (found) return found;
	}
	const config = readConfig();
	const place = placeOf(configFile());
	const helper = helperFor(config, keyOf(domain), place);
	return helper === undefined ? storedCredentials(config, domain, place) : getFromHelper(helper, keyOf(domain));
}

/** Keeps what a login has proved. True when it now lies in the file as it is, for everybody to read who can read that. */
export async function storeCredentials(domain: string, user: string, secret: Credentials): Promise<boolean> {
	const [config, key] = [readConfig(), keyOf(domain)];
	const helper = helperFor(config, key, placeOf(configFile()));
	if (helper !== undefined) await storeInHelper(helper, key, secret);
	const entry = helper === undefined ? entryOf(user, secret) : {};
	updateConfig(now => ({...now, auths: {...authsOf(now), [key]: entry}}));
	return helper === undefined && secret.kind === 'password';
}

/** As Docker's client writes them. */
function entryOf(user: string, secret: Credentials): Record<string, string> {
	const auth = Buffer.from(`${user}:${secret.kind === 'password' ? secret.password : ''}`).toString('base64');
	return secret.kind === 'password' ? {auth} : {auth, identitytoken: secret.token};
}

/** Forgets a host, under all the names that older clients gave it. */
export async function eraseCredentials(domain: string): Promise<void> {
	const keys = domain === 'docker.io' ? [hubKey] : [domain, `http://${domain}`, `https://${domain}`];
	const config = readConfig();
	const place = placeOf(configFile());
	for (const key of keys) {
		const helper = helperFor(config, key, place);
		if (helper !== undefined) await eraseFromHelper(helper, key);
	}
	const isThere = Object.keys(authsOf(config)).some(key => keys.includes(key));
	if (isThere) updateConfig(now => ({...now, auths: Object.fromEntries(Object.entries(authsOf(now)).filter(([key]) => !keys.includes(key)))}));
}

/** True when the file has an entry for that host, whatever it holds: somebody once logged in there on purpose. */
export const knowsHost = (host: string): boolean => Object.keys(authsOf(readConfig())).some(key => hostOf(key) === host);

const authsOf = (config: JsonObject): Readonly<Record<string, Json>> => optional(config, 'auths', placeOf(configFile()), asObject) ?? {};

const keyOf = (domain: string): string => (domain === 'docker.io' ? hubKey : domain);

/** Docker's keys are hosts, or old-style addresses with scheme and path. */
const hostOf = (key: string): string => key.replace(/^https?:\/\//, '').split('/', 1)[0] ?? '';

function helperFor(config: JsonObject, key: string, place: Place): string | undefined {
	const own = optional(config, 'credHelpers', place, asObject)?.[key];
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
	const text = (name: string) => optional(entry, name, at, (value, here) => asString(value, here, secretLimit)) ?? '';
	if (text('identitytoken') !== '') return {kind: 'identity-token', token: text('identitytoken')};
	return text('auth') === '' ? undefined : decodeAuth(text('auth'), key);
}

function decodeAuth(auth: string, key: string): Credentials {
	const text = Buffer.from(auth, 'base64').toString('utf8').replace(/\0+$/, '');
	const colon = text.indexOf(':');
	if (colon < 1) throw new EngineError({code: 'registry.bad-credentials', subject: key, message: `the entry for ${key} in ${configFile()} holds no user and password`});
	return {kind: 'password', user: text.slice(0, colon), password: text.slice(colon + 1)};
}
