import {EngineError} from '../errors/error.ts';
import {parseStrictJson} from '../oci/json.ts';
import {asObject, asString, optional, placeOf} from '../oci/shape.ts';
import {discard, readSmallBody} from './body.ts';
import {parseChallenges, type Challenge} from './challenge.ts';
import {type Credentials, knowsHost} from './credentials.ts';
import type {Reply, Send} from './http.ts';
import {isPublicPeer} from './redirect.ts';

const tokenLimit = 64 * 1024;
const tokenForm = /^[\x21-\x7e]+$/;
const clientId = 'hawser';

export type AuthContext = {
	readonly domain: string;
	readonly credentials: Credentials | undefined;
	/** All that we ask for, whatever the challenge says. */
	readonly scopes: readonly string[];
	/** Ask for a token that can be stored in place of the password: `login` does. */
	readonly offline?: boolean;
	readonly send: (url: URL, request: Send) => Promise<Reply>;
	readonly signal?: AbortSignal | undefined;
};

/** What goes into the Authorization header, and the token to store, where one was asked for and given. */
export type Answer = {readonly authorization: string; readonly identityToken?: string};

/** Answers the challenge of a 401; undefined when we have nothing to answer with. */
export async function answerChallenge(reply: Reply, context: AuthContext): Promise<Answer | undefined> {
	const challenges = parseChallenges(reply.headers['www-authenticate']);
	const bearer = challenges.find(({scheme}) => scheme === 'bearer');
	if (bearer) return fetchToken(bearer, reply, context);
	const {credentials} = context;
	if (!challenges.some(({scheme}) => scheme === 'basic') || credentials?.kind !== 'password') return undefined;
	return {authorization: basic(credentials)};
}

/** Whether the answer wants a user and a password, and nothing else. */
export const wantsBasic = (reply: Reply): boolean => parseChallenges(reply.headers['www-authenticate']).every(({scheme}) => scheme === 'basic');

const basic = ({user, password}: {user: string; password: string}): string => `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

async function fetchToken({parameters}: Challenge, reply: Reply, context: AuthContext): Promise<Answer> {
	const realm = checkRealm(parameters['realm'], reply.url, context);
	// A public registry has no business with our network; what it says of itself is its own.
	const onlyPublic = realm.hostname !== reply.url.hostname && isPublicPeer(reply);
	const send: AuthContext['send'] = (url, request) => context.send(url, {...request, onlyPublic});
	const service = parameters['service'];
	const answer = await (context.credentials?.kind === 'identity-token'
		? askWithIdentity(realm, service, context.credentials.token, {...context, send})
		: askForToken(realm, service, {...context, send}));
	if (answer.status !== 200) {
		discard(answer);
		throw refused(answer, context);
	}
	return readToken(await readSmallBody(answer, tokenLimit, {signal: context.signal}), realm);
}

function askForToken(realm: URL, service: string | undefined, {scopes, credentials, offline, send, signal}: AuthContext): Promise<Reply> {
	const url = new URL(realm);
	if (service !== undefined) url.searchParams.set('service', service);
	for (const scope of scopes) url.searchParams.append('scope', scope);
	if (offline === true) for (const [key, value] of Object.entries({offline_token: 'true', client_id: clientId})) url.searchParams.set(key, value);
	if (credentials?.kind !== 'password') return send(url, {signal});
	url.searchParams.set('account', credentials.user);
	return send(url, {signal, headers: {Authorization: basic(credentials)}});
}

/** OAuth2's way, for whoever logged in with a token in place of a password. */
function askWithIdentity(realm: URL, service: string | undefined, token: string, {scopes, send, signal}: AuthContext): Promise<Reply> {
	const form = new URLSearchParams({grant_type: 'refresh_token', refresh_token: token, client_id: clientId, scope: scopes.join(' '), ...(service !== undefined && {service})});
	return send(realm, {method: 'POST', content: form.toString(), signal, headers: {'Content-Type': 'application/x-www-form-urlencoded'}});
}

function readToken(bytes: Buffer, realm: URL): Answer {
	const place = placeOf(`the token from ${realm.host}`);
	const answer = asObject(parseStrictJson(bytes, place.subject), place);
	const text = (key: string) => optional(answer, key, place, (value, at) => asString(value, at, tokenLimit));
	const token = text('token') ?? text('access_token');
	if (token === undefined || !tokenForm.test(token)) throw new EngineError({code: 'registry.failed', subject: realm.host, message: `${realm.host} gave no usable token`});
	const refresh = text('refresh_token');
	return {authorization: `Bearer ${token}`, ...(refresh !== undefined && tokenForm.test(refresh) && {identityToken: refresh})};
}

/**
 * A challenge may send us anywhere. The realm must be as safe a place as the registry itself, and a stored password goes only to the
 * registry's own house, or to one where the user has logged in as well.
 */
function checkRealm(text: string | undefined, from: URL, {domain, credentials}: AuthContext): URL {
	const realm = text === undefined ? null : URL.parse(text);
	const bad = (reason: string, hint?: string) =>
		new EngineError({code: 'registry.bad-realm', subject: domain, message: `${domain} asks to log in at ${JSON.stringify(text?.slice(0, 200) ?? '')}, ${reason}`, hint});
	if (!realm || (realm.protocol !== 'https:' && realm.protocol !== 'http:')) throw bad('which is no web address');
	if (realm.username !== '' || realm.password !== '') throw bad('which holds a user name');
	if (realm.protocol === 'http:' && (from.protocol !== 'http:' || realm.hostname !== from.hostname)) throw bad('which is not encrypted');
	if (credentials && !isSameHouse(realm.hostname, from.hostname) && !knowsHost(realm.host)) {
		throw bad('which is another house: the stored password stays here', `If that is right, log in at ${realm.host} too.`);
	}
	return realm;
}

/** The same host, or hosts under one registered name: auth.docker.io and registry-1.docker.io. */
export function isSameHouse(one: string, other: string): boolean {
	if (one === other) return true;
	const [first, second] = [registeredName(one), registeredName(other)];
	return first !== undefined && first === second;
}

function registeredName(host: string): string | undefined {
	if (/^[\d.]+$|^\[/.test(host)) return undefined;
	const labels = host.split('.');
	const [second = '', top = ''] = labels.slice(-2);
	// Names like co.uk and com.au are sold below their second label.
	const count = top.length === 2 && second.length <= 3 ? 3 : 2;
	return labels.length < count ? undefined : labels.slice(-count).join('.');
}

const refused = ({status, url}: Reply, {domain, credentials}: AuthContext): EngineError =>
	status === 401 || status === 403
		? new EngineError({
				code: 'registry.denied',
				subject: domain,
				message: credentials
					? `${url.host} refused the stored credentials for ${domain}: unauthorized: incorrect username or password`
					: `${url.host} gives no anonymous token for ${domain}`,
				hint: 'Log in to the registry.',
			})
		: new EngineError({code: 'registry.failed', subject: domain, message: `${url.host} answered ${status} to the request for a token`});
