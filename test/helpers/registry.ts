import {once} from 'node:events';
import {createServer, type IncomingMessage, type Server, type ServerResponse} from 'node:http';
import type {AddressInfo, Socket} from 'node:net';
import type {Blob, MadeImage} from './registry-image.ts';
import {answerUpload, hold, type Shelves} from './registry-upload.ts';

export type Seen = {readonly method: string; readonly path: string; readonly headers: IncomingMessage['headers']};

/** Answers a request itself, or leaves it to the honest registry by returning false. */
export type Trick = (request: IncomingMessage, response: ServerResponse) => boolean | void;

/** A registry on loopback that serves what it was given, and misbehaves as its tricks say. */
export type ScriptedRegistry = {
	/** `127.0.0.1:PORT` */
	readonly host: string;
	readonly port: number;
	readonly requests: Seen[];
	/** What it has. */
	readonly shelves: Shelves;
	serve(name: string, tag: string, image: MadeImage | Blob): void;
	/** For paths that match; only the first `times` of them. A later trick goes before an earlier one. */
	trick(path: RegExp, how: Trick, times?: number): void;
	/** Ends all tricks. */
	behave(): void;
	/** How many requests of blobs and manifests by digest have come. */
	count(path: RegExp): number;
	close(): Promise<void>;
};

type Rule = {readonly path: RegExp; readonly how: Trick; left: number};

export async function startRegistry({listener, address = '127.0.0.1'}: {listener?: Server; address?: string} = {}): Promise<ScriptedRegistry> {
	const blobs = new Map<string, Blob>();
	const tags = new Map<string, Blob>();
	const shelves: Shelves = {blobs, tags, holders: new Map()};
	const rules: Rule[] = [];
	const requests: Seen[] = [];
	const sockets = new Set<Socket>();
	const server = listener ?? createServer();
	server.on('connection', (socket: Socket) => {
		sockets.add(socket);
		socket.on('error', () => {});
		socket.once('close', () => sockets.delete(socket));
	});
	server.on('request', (request: IncomingMessage, response: ServerResponse) => {
		requests.push({method: request.method ?? '', path: request.url ?? '', headers: request.headers});
		for (const rule of rules) {
			if (rule.left <= 0 || !rule.path.test(request.url ?? '')) continue;
			if (rule.how(request, response) === false) continue;
			rule.left--;
			return;
		}
		if (!answerUpload(request, response, shelves)) answer(request, response, shelves);
	});
	server.listen(0, address);
	await once(server, 'listening');
	const {port} = server.address() as AddressInfo;
	return {
		host: `127.0.0.1:${port}`,
		port,
		requests,
		shelves,
		serve(name, tag, image) {
			const top = 'manifest' in image ? image.manifest : image;
			for (const blob of 'manifest' in image ? [image.manifest, image.config, ...image.layers] : [image]) {
				blobs.set(blob.digest, blob);
				hold(shelves.holders, name, blob.digest);
			}
			tags.set(`${name}:${tag}`, top);
		},
		trick: (path, how, times = Number.POSITIVE_INFINITY) => void rules.unshift({path, how, left: times}),
		behave: () => void rules.splice(0),
		count: path => requests.filter(request => path.test(request.path)).length,
		async close() {
			sockets.forEach(socket => socket.destroy());
			server.close();
			await once(server, 'close');
		},
	};
}

function answer(request: IncomingMessage, response: ServerResponse, {blobs, tags, holders}: Shelves): void {
	const [, name = '', kind = '', target = ''] = /^\/v2\/(.+)\/(manifests|blobs)\/([^/]+)$/.exec(request.url ?? '') ?? [];
	const found = kind === 'manifests' && !target.includes(':') ? tags.get(`${name}:${target}`) : blobs.get(target);
	// A push asks whether this very repository has a blob.
	if (request.method === 'HEAD' && kind === 'blobs') return void response.writeHead(holders.get(name)?.has(target) === true ? 200 : 404).end();
	if (request.url === '/v2/') return void response.end('{}');
	if (!found) return fail(response, 404, kind === 'blobs' ? 'BLOB_UNKNOWN' : 'MANIFEST_UNKNOWN', kind === 'blobs' ? 'blob unknown to registry' : 'manifest unknown');
	if (kind === 'manifests') {
		response.writeHead(200, {'Content-Type': found.mediaType, 'Docker-Content-Digest': found.digest, 'Content-Length': found.bytes.length});
		return void response.end(request.method === 'HEAD' ? undefined : found.bytes);
	}
	const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
	const part = found.bytes.subarray(from);
	const range = request.headers.range === undefined ? {} : {'Content-Range': `bytes ${from}-${found.bytes.length - 1}/${found.bytes.length}`};
	response.writeHead(request.headers.range === undefined ? 200 : 206, {'Content-Type': 'application/octet-stream', 'Content-Length': part.length, ...range});
	response.end(part);
}

/** An error in the distribution API's form. */
export function fail(response: ServerResponse, status: number, code: string, message: string, headers: Readonly<Record<string, string>> = {}): void {
	response.writeHead(status, {'Content-Type': 'application/json', ...headers});
	response.end(JSON.stringify({errors: [{code, message, detail: null}]}));
}

export const replyWith =
	(status: number, headers: Readonly<Record<string, string>> = {}, body: string | Buffer = ''): Trick =>
	(_, response) => {
		response.writeHead(status, headers);
		response.end(body);
	};

/** Sends the head and the first bytes as if all would come, then cuts the line. */
export const cutAfter =
	(bytes: Buffer, count: number): Trick =>
	(_, response) => {
		response.writeHead(200, {'Content-Length': bytes.length});
		response.write(bytes.subarray(0, count), () => response.socket?.destroy());
	};

/** Takes the request and says nothing. */
export const silence: Trick = () => true;
