import type {ClientRequest, IncomingHttpHeaders, IncomingMessage} from 'node:http';
import type {LookupFunction} from 'node:net';
import {EngineError} from '../errors/error.ts';
import {isLoopbackHost, isPrivateAddress} from './address.ts';
import {Transient} from './retry.ts';
import type {Tls} from './settings.ts';

/** An answer whose body has not been read. Whoever gets one reads it to the end or destroys it. */
export type Reply = {
	readonly url: URL;
	readonly status: number;
	readonly statusText: string;
	readonly headers: IncomingHttpHeaders;
	readonly body: IncomingMessage;
	/** Of the peer; undefined when the connection is gone already. */
	readonly address: string | undefined;
};

/** What is sent, and may have to be sent again: to where we are redirected, or with a fresh token. */
export type Content = {
	readonly size: number;
	/** Each piece is sent before the next is asked for. */
	read(): AsyncIterable<Uint8Array>;
};

export type Send = {
	readonly method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
	readonly headers?: Readonly<Record<string, string>>;
	readonly content?: string | Uint8Array | Content;
	readonly signal?: AbortSignal | undefined;
	/** Refuses loopback, private and link-local addresses, after the name is resolved. */
	readonly onlyPublic?: boolean;
};

export type Timeouts = {readonly connect: number; readonly headers: number};
export const usualTimeouts: Timeouts = {connect: 15_000, headers: 60_000};

export type Transport = {
	send(url: URL, request: Send): Promise<Reply>;
	close(): void;
};

type TransportOptions = {
	/** For each host that we are sent to: what counts for a registry does not for another that it points to. */
	readonly tlsOf: (url: URL) => Tls;
	readonly timeouts: Timeouts;
	readonly userAgent: string;
};

/** Connections that are kept and used again until close(). */
export function openTransport({tlsOf, timeouts, userAgent}: TransportOptions): Transport {
	const agents = new Map<string, {destroy(): void}>();
	const agentOf = (url: URL) => {
		const agent = agents.get(url.origin) ?? makeAgent(url, tlsOf);
		agents.set(url.origin, agent);
		return agent;
	};
	return {
		send: async (url, request) => send(url, request, {agent: agentOf(url), timeouts, userAgent}),
		close: () => agents.forEach(agent => agent.destroy()),
	};
}

/** Loaded only here: an import of these modules costs a command that needs no registry 40 ms. */
const httpOf = (url: URL) => (url.protocol === 'https:' ? process.getBuiltinModule('node:https') : process.getBuiltinModule('node:http'));

function makeAgent(url: URL, tlsOf: (url: URL) => Tls) {
	// A proxy never stands between us and our own machine.
	const proxyEnv = isLoopbackHost(url.hostname) ? {} : process.env;
	const options = {keepAlive: true, maxSockets: 16, proxyEnv};
	try {
		if (url.protocol === 'https:') return new (process.getBuiltinModule('node:https').Agent)({...options, ...tlsOptions(tlsOf(url))});
		return new (process.getBuiltinModule('node:http').Agent)(options);
	} catch (error) {
		// Node reads the variables here; their value may hold a password and is not repeated.
		throw new EngineError({
			code: 'registry.bad-proxy',
			subject: url.host,
			message: `the proxy for ${url.host} cannot be used`,
			hint: 'HTTP_PROXY and HTTPS_PROXY hold addresses like http://proxy.example:3128.',
			cause: error,
		});
	}
}

/** The authorities of the system count as well as Node's own: a company's are there. */
function tlsOptions({verify, ca = [], client}: Tls) {
	const {getCACertificates} = process.getBuiltinModule('node:tls');
	const trusted = verify ? {ca: [...getCACertificates('default'), ...getCACertificates('system'), ...ca]} : {};
	return {rejectUnauthorized: verify, ...trusted, ...(client && {cert: client.cert, key: client.key})};
}

type Wire = {readonly agent: unknown; readonly timeouts: Timeouts; readonly userAgent: string};

function send(url: URL, request: Send, wire: Wire): Promise<Reply> {
	if (request.onlyPublic === true && isPrivateAddress(url.hostname.replace(/^\[|\]$/g, ''))) return Promise.reject(refusePrivate(url));
	return new Promise((resolve, reject) => {
		const outgoing = httpOf(url).request(url, {
			method: request.method ?? 'GET',
			agent: wire.agent as never,
			headers: {'User-Agent': wire.userAgent, 'Accept-Encoding': 'identity', ...lengthOf(request), ...request.headers},
			...(request.signal && {signal: request.signal}),
			...(request.onlyPublic === true && {lookup: publicLookup(url)}),
		});
		const phases = watchPhases(outgoing, url, wire.timeouts);
		outgoing.once('response', body => {
			phases.stop();
			// An answer before all was sent: the rest stays here, and the connection is of no more use.
			body.once('close', () => void (outgoing.writableFinished || outgoing.destroy()));
			resolve({url, status: body.statusCode ?? 0, statusText: body.statusMessage ?? '', headers: body.headers, body, address: body.socket.remoteAddress});
		});
		outgoing.once('error', error => {
			phases.stop();
			reject(request.signal?.aborted === true ? (request.signal.reason as Error) : connectionError(error, url, request.method ?? 'GET'));
		});
		const {content} = request;
		if (content === undefined || typeof content === 'string' || content instanceof Uint8Array) outgoing.end(content);
		else writeContent(outgoing, content, phases).catch((error: Error) => outgoing.destroy(error));
	});
}

const lengthOf = ({content}: Send): Readonly<Record<string, string>> => {
	if (content === undefined) return {};
	const size = typeof content === 'string' ? Buffer.byteLength(content) : content instanceof Uint8Array ? content.length : content.size;
	return {'Content-Length': String(size)};
};

/** No faster than the line takes it. A server that has answered already wants no more. */
async function writeContent(outgoing: ClientRequest, content: Content, phases: Phases): Promise<void> {
	for await (const piece of content.read()) {
		if (outgoing.destroyed || phases.isOver()) return;
		await sent(outgoing, piece);
		phases.alive();
	}
	outgoing.end();
}

/** Until the line has taken it: its memory may be used again after that. */
const sent = (outgoing: ClientRequest, piece: Uint8Array): Promise<void> =>
	new Promise(resolve => {
		const done = () => {
			outgoing.off('close', done).off('response', done);
			resolve();
		};
		outgoing.on('close', done).on('response', done).write(piece, done);
	});

type Phases = {
	/** The answer's head is there, or nothing will come. */
	stop(): void;
	isOver(): boolean;
	/** Something was sent: the time for the next begins anew. */
	alive(): void;
};

/** Ends the request when the connection, then each piece that is sent, and then the answer's head, takes too long. */
function watchPhases(outgoing: ClientRequest, url: URL, timeouts: Timeouts): Phases {
	const give = (phase: string, after: number) => setTimeout(() => outgoing.destroy(new Error(`${phase} took longer than ${after / 1000} s`)), after);
	let timer = give('the connection', timeouts.connect);
	let isOver = false;
	outgoing.once('socket', socket => {
		const ready = url.protocol === 'https:' ? 'secureConnect' : 'connect';
		const connected = () => {
			clearTimeout(timer);
			timer = give('the answer', timeouts.headers);
		};
		if (socket.connecting) socket.once(ready, connected);
		else connected();
	});
	return {
		stop() {
			isOver = true;
			clearTimeout(timer);
		},
		isOver: () => isOver,
		alive: () => void (isOver || timer.refresh()),
	};
}

/** Checks the very addresses that are then connected to, so that a second look-up cannot give another answer. */
function publicLookup(url: URL): LookupFunction {
	return (hostname, options, callback) => {
		process.getBuiltinModule('node:dns').lookup(hostname, {...options, all: true}, (error, found) => {
			if (error) return callback(error, [], 0);
			if (found.some(({address}) => isPrivateAddress(address))) return callback(refusePrivate(url), [], 0);
			const [first] = found;
			if (options.all === true || !first) return callback(null, found, 0);
			callback(null, first.address, first.family);
		});
	};
}

const refusePrivate = (url: URL): EngineError =>
	new EngineError({
		code: 'registry.refused-address',
		subject: url.host,
		message: `the registry points to ${url.host}, which is a private address, and a public registry has no business there`,
	});

/** No query: it may carry a signature. */
export const redacted = (url: URL): string => `${url.protocol}//${url.host}${url.pathname}`;

function connectionError(error: Error, url: URL, method: string): Error {
	if (error instanceof EngineError) return error;
	const found = new EngineError({
		code: 'registry.unreachable',
		subject: url.host,
		message: `${method.charAt(0)}${method.slice(1).toLowerCase()} "${redacted(url)}": ${reasonOf(error, url)}`,
		hint: 'Check that the registry runs, and the host and port in the image name.',
		cause: error,
	});
	return isTransient(error) ? new Transient(found) : found;
}

function reasonOf(error: Error & {code?: string; address?: string; port?: number}, url: URL): string {
	const peer = error.address === undefined ? url.host : `${error.address}:${error.port}`;
	switch (error.code) {
		case 'ECONNREFUSED':
			return `dial tcp ${peer}: connect: connection refused`;
		case 'EHOSTUNREACH':
			return `dial tcp ${peer}: connect: no route to host`;
		case 'ENETUNREACH':
			return `dial tcp ${peer}: connect: network is unreachable`;
		case 'ETIMEDOUT':
			return `dial tcp ${peer}: i/o timeout`;
		case 'ENOTFOUND':
			return `dial tcp: lookup ${url.hostname}: no such host`;
		case 'EAI_AGAIN':
			return `dial tcp: lookup ${url.hostname}: temporary failure in name resolution`;
		case 'HPE_HEADER_OVERFLOW':
			return 'the answer has a head larger than 16 KiB';
		default:
			return error.message === '' ? String(error.code) : error.message;
	}
}

/** Nothing listens, no name service, no such host and a bad certificate stay so; the rest of the line's troubles pass. */
const isTransient = (error: Error & {code?: string}): boolean =>
	['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ECONNABORTED'].includes(error.code ?? '') || /took longer than|socket hang up/.test(error.message);
