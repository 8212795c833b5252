import {EngineError} from '../errors/error.ts';
import {digestOf, type Digest} from '../oci/digest.ts';
import {manifestLimit} from '../oci/manifest.ts';
import {mediaTypes} from '../oci/media-types.ts';
import {debug} from '../platform/debug.ts';
import {familiarName, familiarString, type Reference} from '../reference/reference.ts';
import {answerChallenge} from './auth.ts';
import {discard, readSmallBody, usualPace, type Pace} from './body.ts';
import {findCredentials, type Credentials} from './credentials.ts';
import {endpointsOf, insecureRegistries, type Endpoint} from './endpoint.ts';
import {openTransport, redacted, usualTimeouts, type Reply, type Send, type Timeouts, type Transport} from './http.ts';
import {sendFollowing} from './redirect.ts';
import {Transient, usualPatience, withRetry, type OnRetry, type Patience} from './retry.ts';
import {statusError, type Asked} from './status.ts';

export type FetchedManifest = {readonly bytes: Buffer; readonly digest: Digest; readonly contentType: string | undefined};

/** One repository at one registry, for the time of a verb. Close it. */
export type Session = {
	/** By tag or digest; the digest of the bytes is checked where it is known. */
	manifest(target: string): Promise<FetchedManifest>;
	/** The digest that a tag has now, where the registry tells it without sending the manifest. */
	manifestDigest(tag: string): Promise<string | undefined>;
	/** Opens a blob at an offset: 200 or 206. One try; fetchBlob() does the rest. */
	openBlob(digest: Digest, offset: number, signal?: AbortSignal): Promise<Reply>;
	readonly patience: Patience;
	readonly pace: Pace;
	readonly signal: AbortSignal | undefined;
	close(): void;
};

export type SessionOptions = {
	readonly signal?: AbortSignal | undefined;
	readonly onRetry?: OnRetry | undefined;
	readonly patience?: Patience;
	readonly timeouts?: Timeouts;
	readonly pace?: Pace;
};

type State = {
	readonly reference: Reference;
	readonly credentials: Credentials | undefined;
	readonly options: SessionOptions;
	readonly transports: Map<boolean, Transport>;
	endpoint: Endpoint | undefined;
	authorization: string | undefined;
};

const acceptManifest = [mediaTypes.ociIndex, mediaTypes.dockerIndex, mediaTypes.ociManifest, mediaTypes.dockerManifest].join(', ');
/** Types that say nothing about the body: some simple file servers give them to everything. */
const vagueTypes: ReadonlySet<string> = new Set(['application/json', 'application/octet-stream', 'text/plain', 'binary/octet-stream']);

export async function openSession(reference: Reference, options: SessionOptions = {}): Promise<Session> {
	const credentials = await findCredentials(reference.domain);
	const state: State = {reference, credentials, options, transports: new Map(), endpoint: undefined, authorization: undefined};
	const patience = options.patience ?? usualPatience;
	return {
		manifest: target => withRetry(() => fetchManifest(state, target), {patience, onRetry: options.onRetry, signal: options.signal}),
		manifestDigest: tag => withRetry(() => headManifest(state, tag), {patience, onRetry: options.onRetry, signal: options.signal}),
		openBlob: (digest, offset, signal) => openBlob(state, digest, offset, signal ?? options.signal),
		patience,
		pace: options.pace ?? usualPace,
		signal: options.signal,
		close: () => state.transports.forEach(transport => transport.close()),
	};
}

const askedFor = ({reference}: State, what: Asked['what'], digest?: string): Asked => ({
	reference: familiarString(reference),
	repository: familiarName(reference),
	what,
	...(digest !== undefined && {digest}),
});

async function fetchManifest(state: State, target: string): Promise<FetchedManifest> {
	const {signal} = state.options;
	const reply = await sendAuthorized(state, `manifests/${target}`, {headers: {Accept: acceptManifest}, signal});
	if (reply.status !== 200) throw await statusError(reply, askedFor(state, 'manifest'), signal);
	const bytes = await readSmallBody(reply, manifestLimit, {pace: state.options.pace ?? usualPace, signal});
	const announced = header(reply, 'docker-content-digest');
	const digest = digestOf(bytes, target.startsWith('sha512:') ? 'sha512' : 'sha256');
	const expected = target.includes(':') ? target : announced?.startsWith('sha256:') === true ? announced : undefined;
	if (expected !== undefined && expected !== digest) {
		throw new EngineError({
			code: 'registry.wrong-digest',
			subject: familiarString(state.reference),
			message: `the manifest of ${familiarString(state.reference)} is ${digest}, but ${target.includes(':') ? 'was asked for as' : 'the registry calls it'} ${expected.slice(0, 160)}`,
		});
	}
	const type = header(reply, 'content-type')?.split(';', 1)[0]?.trim().toLowerCase();
	return {bytes, digest, contentType: type === undefined || vagueTypes.has(type) ? undefined : type};
}

const header = (reply: Reply, name: string): string | undefined => {
	const value = reply.headers[name];
	return Array.isArray(value) ? value[0] : value;
};

async function headManifest(state: State, tag: string): Promise<string | undefined> {
	const reply = await sendAuthorized(state, `manifests/${tag}`, {method: 'HEAD', headers: {Accept: acceptManifest}, signal: state.options.signal});
	discard(reply);
	return reply.status === 200 ? header(reply, 'docker-content-digest') : undefined;
}

async function openBlob(state: State, digest: Digest, offset: number, signal: AbortSignal | undefined): Promise<Reply> {
	const headers = offset > 0 ? {Range: `bytes=${offset}-`} : {};
	const reply = await sendAuthorized(state, `blobs/${digest}`, {headers, signal});
	if (reply.status === 200 || reply.status === 206) return reply;
	throw await statusError(reply, askedFor(state, 'blob', digest), signal);
}

/** Sends to the registry, proving who we are when it asks. A token that ran out is fetched anew once. */
async function sendAuthorized(state: State, path: string, request: Send): Promise<Reply> {
	const used = state.authorization;
	const reply = await sendToEndpoint(state, path, withAuthorization(request, used));
	debug('registry', `${request.method ?? 'GET'} ${path}`, {status: reply.status, from: redacted(reply.url)});
	if (reply.status !== 401 || reply.url.origin !== state.endpoint?.base.origin) return reply;
	// Another request may have fetched a new one while this was on its way.
	if (state.authorization === used) state.authorization = await authorize(state, reply);
	if (state.authorization === undefined) return reply;
	discard(reply);
	return sendToEndpoint(state, path, withAuthorization(request, state.authorization));
}

const withAuthorization = (request: Send, authorization: string | undefined): Send =>
	authorization === undefined ? request : {...request, headers: {...request.headers, Authorization: authorization}};

function authorize(state: State, reply: Reply): Promise<string | undefined> {
	const {reference, credentials, options} = state;
	return answerChallenge(reply, {
		domain: reference.domain,
		credentials,
		scope: `repository:${reference.path}:pull`,
		signal: options.signal,
		send: (url, request) => sendFollowing(transportOf(state, state.endpoint?.verifyTls ?? true), url, request),
	});
}

function transportOf(state: State, verifyTls: boolean): Transport {
	const transport = state.transports.get(verifyTls) ?? openTransport({verifyTls, timeouts: state.options.timeouts ?? usualTimeouts, userAgent: 'hawser'});
	state.transports.set(verifyTls, transport);
	return transport;
}

async function sendToEndpoint(state: State, path: string, request: Send): Promise<Reply> {
	if (state.endpoint) return sendTo(state, state.endpoint, path, request);
	let failure: unknown;
	for (const endpoint of endpointsOf(state.reference.domain, insecureRegistries())) {
		try {
			const reply = await sendTo(state, endpoint, path, request);
			if (!isPlainAtTls(reply)) {
				state.endpoint = endpoint;
				return reply;
			}
			discard(reply);
		} catch (error) {
			// The first reason is the telling one: that of the second way is about a scheme that nobody asked for.
			failure ??= error;
			if (error instanceof Transient && !/socket hang up|ECONNRESET/.test(error.message)) throw error;
		}
	}
	throw (
		failure ?? new EngineError({code: 'registry.failed', subject: state.reference.domain, message: `${state.reference.domain} speaks neither HTTP nor HTTPS as a registry does`})
	);
}

/** What TLS servers say to a plain request. */
const isPlainAtTls = (reply: Reply): boolean => reply.url.protocol === 'http:' && reply.status === 400 && reply.headers['docker-distribution-api-version'] === undefined;

const sendTo = (state: State, {base, verifyTls}: Endpoint, path: string, request: Send): Promise<Reply> =>
	sendFollowing(transportOf(state, verifyTls), new URL(`/v2/${state.reference.path}/${path}`, base), request);
