import {EngineError} from '../errors/error.ts';
import {debug} from '../platform/debug.ts';
import {answerChallenge, type Answer} from './auth.ts';
import {discard} from './body.ts';
import {findCredentials, type Credentials} from './credentials.ts';
import type {Endpoint, Place} from './endpoint.ts';
import {openTransport, redacted, usualTimeouts, type Reply, type Send, type Timeouts, type Transport} from './http.ts';
import {isPublicPeer, sendFollowing} from './redirect.ts';
import {Transient} from './retry.ts';
import {readCertificates} from './settings.ts';

/** The way to one registry, with what proves who we are there. */
export type Route = Place & {
	readonly credentials: Credentials | undefined;
	/** Sends to a path of the registry (`v2/app/tags/list`), or to an address that it gave us; a token that ran out is fetched anew once. */
	send(target: string | URL, request?: Send): Promise<Reply>;
	/** What the last challenge was answered with. */
	answer(): Answer | undefined;
	close(): void;
};

export type RouteOptions = {
	/** What a token shall allow; `repository:app:pull`. */
	readonly scopes: readonly string[];
	readonly offline?: boolean;
	/** In place of what is stored. */
	readonly credentials?: Credentials;
	readonly timeouts?: Timeouts | undefined;
	readonly signal?: AbortSignal | undefined;
};

type State = Place & {
	readonly options: RouteOptions;
	readonly credentials: Credentials | undefined;
	readonly transport: Transport;
	endpoint: Endpoint | undefined;
	/** It is no machine of ours, and none of our network. */
	isPublic: boolean;
	answer: Answer | undefined;
	/** A token on its way: requests side by side wait for the same. */
	answering: Promise<Answer | undefined> | undefined;
};

export async function openRoute(place: Place, options: RouteOptions): Promise<Route> {
	const credentials = options.credentials ?? (await findCredentials(place.domain));
	const transport = openTransport({tlsOf: url => tlsOf(place, url), timeouts: options.timeouts ?? usualTimeouts, userAgent: 'hawser'});
	const state: State = {...place, options, credentials, transport, endpoint: undefined, isPublic: true, answer: undefined, answering: undefined};
	return {
		...place,
		credentials,
		send: (target, request = {}) => sendAuthorized(state, target, {signal: options.signal, ...request}),
		answer: () => state.answer,
		close: () => transport.close(),
	};
}

/** Where the registry sends us to another host, that host must prove itself like any other. */
function tlsOf({endpoints}: Place, url: URL): Endpoint['tls'] {
	const own = endpoints.find(({base}) => base.hostname === url.hostname);
	return own?.tls ?? {verify: true, ...readCertificates(url.host)};
}

async function sendAuthorized(state: State, target: string | URL, request: Send): Promise<Reply> {
	const used = state.answer;
	const reply = await sendToEndpoint(state, target, withAuthorization(request, used));
	debug('registry', `${request.method ?? 'GET'} ${typeof target === 'string' ? target : redacted(target)}`, {status: reply.status, from: redacted(reply.url)});
	if (reply.status !== 401 || reply.url.origin !== state.endpoint?.base.origin) return reply;
	// Another request may have fetched a new one while this was on its way.
	if (state.answer === used) {
		state.answering ??= answerOf(state, reply).finally(() => (state.answering = undefined));
		state.answer = await state.answering;
	}
	if (state.answer === undefined) return reply;
	discard(reply);
	return sendToEndpoint(state, target, withAuthorization(request, state.answer));
}

const withAuthorization = (request: Send, answer: Answer | undefined): Send =>
	answer === undefined ? request : {...request, headers: {...request.headers, Authorization: answer.authorization}};

function answerOf({domain, credentials, options, transport}: State, reply: Reply): Promise<Answer | undefined> {
	const {scopes, offline, signal} = options;
	return answerChallenge(reply, {domain, credentials, scopes, ...(offline !== undefined && {offline}), signal, send: (url, request) => sendFollowing(transport, url, request)});
}

async function sendToEndpoint(state: State, target: string | URL, request: Send): Promise<Reply> {
	if (typeof target !== 'string') return sendToAddress(state, target, request);
	const send = ({base}: Endpoint) => sendFollowing(state.transport, new URL(target, base), request);
	if (state.endpoint) return send(state.endpoint);
	let failure: unknown;
	for (const endpoint of state.endpoints) {
		try {
			const reply = await send(endpoint);
			if (!isPlainAtTls(reply)) {
				Object.assign(state, {endpoint, isPublic: isPublicPeer(reply)});
				return reply;
			}
			discard(reply);
		} catch (error) {
			// The first reason is the telling one: that of the second way is about a scheme that nobody asked for.
			failure ??= error;
			if (error instanceof Transient && !/socket hang up|ECONNRESET/.test(error.message)) throw error;
		}
	}
	throw failure ?? new EngineError({code: 'registry.failed', subject: state.domain, message: `${state.domain} speaks neither HTTP nor HTTPS as a registry does`});
}

/** What proves who we are stays with the registry itself. */
function sendToAddress({endpoint, transport, isPublic}: State, url: URL, request: Send): Promise<Reply> {
	if (url.origin === endpoint?.base.origin) return sendFollowing(transport, url, request);
	const {Authorization: _, ...headers} = request.headers ?? {};
	return sendFollowing(transport, url, {...request, headers, onlyPublic: isPublic});
}

/** What TLS servers say to a plain request. */
const isPlainAtTls = (reply: Reply): boolean => reply.url.protocol === 'http:' && reply.status === 400 && reply.headers['docker-distribution-api-version'] === undefined;
