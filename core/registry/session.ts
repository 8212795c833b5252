import {EngineError} from '../errors/error.ts';
import {digestOf, type Digest} from '../oci/digest.ts';
import {manifestLimit} from '../oci/manifest.ts';
import {mediaTypes} from '../oci/media-types.ts';
import {debug} from '../platform/debug.ts';
import {familiarName, familiarString, type Reference} from '../reference/reference.ts';
import {discard, readSmallBody, usualPace, type Pace} from './body.ts';
import {placesOf} from './endpoint.ts';
import type {Reply, Send, Timeouts} from './http.ts';
import {usualPatience, withRetry, type OnRetry, type Patience} from './retry.ts';
import {openRoute, type Route} from './route.ts';
import {statusError, type Asked} from './status.ts';

export type FetchedManifest = {readonly bytes: Buffer; readonly digest: Digest; readonly contentType: string | undefined};

/** One repository at one registry, for the time of a verb. Close it. */
export type Session = {
	readonly reference: Reference;
	/** By tag or digest; the digest of the bytes is checked where it is known. */
	manifest(target: string): Promise<FetchedManifest>;
	/** The digest that a tag has now, where the registry tells it without sending the manifest. */
	manifestDigest(tag: string): Promise<string | undefined>;
	/** Opens a blob at an offset: 200 or 206. One try; fetchBlob() does the rest. */
	openBlob(digest: Digest, offset: number, signal?: AbortSignal): Promise<Reply>;
	/** Any other request to the repository, at the registry itself and no mirror, over what passes by itself. All answers but those expected are errors. */
	request(target: string | URL, expected: readonly number[], request?: Send): Promise<Reply>;
	/** The same, once. */
	requestOnce(target: string | URL, expected: readonly number[], request?: Send): Promise<Reply>;
	readonly patience: Patience;
	readonly pace: Pace;
	readonly signal: AbortSignal | undefined;
	close(): void;
};

export type SessionOptions = {
	/** Also to write. */
	readonly push?: boolean;
	/** Repositories of the same registry from which blobs may be taken over. */
	readonly mounts?: readonly string[];
	readonly signal?: AbortSignal | undefined;
	readonly onRetry?: OnRetry | undefined;
	readonly patience?: Patience;
	readonly timeouts?: Timeouts;
	readonly pace?: Pace;
};

type State = {readonly reference: Reference; readonly options: SessionOptions; readonly routes: readonly Route[]};

const acceptManifest = [mediaTypes.ociIndex, mediaTypes.dockerIndex, mediaTypes.ociManifest, mediaTypes.dockerManifest].join(', ');
/** Types that say nothing about the body: some simple file servers give them to everything. */
const vagueTypes: ReadonlySet<string> = new Set(['application/json', 'application/octet-stream', 'text/plain', 'binary/octet-stream']);

export async function openSession(reference: Reference, options: SessionOptions = {}): Promise<Session> {
	const {push = false, mounts = [], timeouts, signal} = options;
	const scopes = [`repository:${reference.path}:${push ? 'pull,push' : 'pull'}`, ...mounts.map(path => `repository:${path}:pull`)];
	const places = placesOf(reference.domain, {write: push});
	const routes = await Promise.all(places.map(place => openRoute(place, {scopes, timeouts, signal})));
	const state: State = {reference, options, routes};
	const patience = options.patience ?? usualPatience;
	const patiently = <T>(attempt: () => Promise<T>) => withRetry(attempt, {patience, onRetry: options.onRetry, signal});
	return {
		reference,
		manifest: target => patiently(() => firstOf(state, route => fetchManifest(state, route, target))),
		manifestDigest: tag => patiently(() => firstOf(state, route => headManifest(state, route, tag))),
		openBlob: (digest, offset, own) => firstOf(state, route => openBlob(state, route, digest, offset, own ?? signal)),
		request: (target, expected, request) => patiently(() => requestOf(state, target, expected, request)),
		requestOnce: (target, expected, request) => requestOf(state, target, expected, request),
		patience,
		pace: options.pace ?? usualPace,
		signal,
		close: () => routes.forEach(route => route.close()),
	};
}

/** A mirror that fails in any way is passed over; what the registry itself says counts. */
async function firstOf<T>({routes, options}: State, attempt: (route: Route) => Promise<T>): Promise<T> {
	for (const mirror of routes.filter(({isMirror}) => isMirror)) {
		try {
			return await attempt(mirror);
		} catch (error) {
			options.signal?.throwIfAborted();
			debug('registry', `mirror ${mirror.domain} passed over`, {reason: (error as Error).message});
		}
	}
	return attempt(ownRoute(routes));
}

function ownRoute(routes: readonly Route[]): Route {
	const own = routes.at(-1);
	if (!own) throw new EngineError({code: 'registry.failed', message: 'no way to the registry'});
	return own;
}

async function requestOf({routes, reference, options}: State, target: string | URL, expected: readonly number[], request: Send = {}): Promise<Reply> {
	const path = typeof target === 'string' ? `v2/${reference.path}/${target}` : target;
	const reply = await ownRoute(routes).send(path, request);
	if (expected.includes(reply.status)) return reply;
	throw await statusError(reply, askedFor(reference, options.push === true ? 'push' : 'manifest'), options.signal);
}

const askedFor = (reference: Reference, what: Asked['what'], digest?: string): Asked => ({
	reference: familiarString(reference),
	repository: familiarName(reference),
	what,
	...(digest !== undefined && {digest}),
});

async function fetchManifest({reference, options}: State, route: Route, target: string): Promise<FetchedManifest> {
	const {signal, pace = usualPace} = options;
	const reply = await route.send(`v2/${reference.path}/manifests/${target}`, {headers: {Accept: acceptManifest}});
	if (reply.status !== 200) throw await statusError(reply, askedFor(reference, 'manifest'), signal);
	const bytes = await readSmallBody(reply, manifestLimit, {pace, signal});
	const announced = header(reply, 'docker-content-digest');
	const digest = digestOf(bytes, target.startsWith('sha512:') ? 'sha512' : 'sha256');
	const expected = target.includes(':') ? target : announced?.startsWith('sha256:') === true ? announced : undefined;
	if (expected !== undefined && expected !== digest) {
		throw new EngineError({
			code: 'registry.wrong-digest',
			subject: familiarString(reference),
			message: `the manifest of ${familiarString(reference)} is ${digest}, but ${target.includes(':') ? 'was asked for as' : 'the registry calls it'} ${expected.slice(0, 160)}`,
		});
	}
	const type = header(reply, 'content-type')?.split(';', 1)[0]?.trim().toLowerCase();
	return {bytes, digest, contentType: type === undefined || vagueTypes.has(type) ? undefined : type};
}

const header = (reply: Reply, name: string): string | undefined => {
	const value = reply.headers[name];
	return Array.isArray(value) ? value[0] : value;
};

async function headManifest({reference, options}: State, route: Route, tag: string): Promise<string | undefined> {
	const reply = await route.send(`v2/${reference.path}/manifests/${tag}`, {method: 'HEAD', headers: {Accept: acceptManifest}});
	if (route.isMirror && reply.status !== 200) throw await statusError(reply, askedFor(reference, 'manifest'), options.signal);
	discard(reply);
	return reply.status === 200 ? header(reply, 'docker-content-digest') : undefined;
}

async function openBlob({reference}: State, route: Route, digest: Digest, offset: number, signal: AbortSignal | undefined): Promise<Reply> {
	const headers = offset > 0 ? {Range: `bytes=${offset}-`} : {};
	const reply = await route.send(`v2/${reference.path}/blobs/${digest}`, {headers, ...(signal && {signal})});
	if (reply.status === 200 || reply.status === 206) return reply;
	throw await statusError(reply, askedFor(reference, 'blob', digest), signal);
}
