import {randomBytes} from 'node:crypto';
import type {IncomingMessage, ServerResponse} from 'node:http';
import {digestOf} from '../../core/oci/digest.ts';
import {blobOf, type Blob} from './registry-image.ts';

/** What a repository of the scripted registry holds, by name and by tag. */
export type Shelves = {readonly blobs: Map<string, Blob>; readonly tags: Map<string, Blob>; readonly holders: Map<string, Set<string>>};

type Upload = {bytes: Buffer};
const uploads = new Map<string, Upload>();

/** Uploads, mounts and manifests of the distribution API, for the registry that tests make. False: not one of them. */
export function answerUpload(request: IncomingMessage, response: ServerResponse, shelves: Shelves): boolean {
	const url = new URL(request.url ?? '', 'http://registry');
	const [, name = '', rest = ''] = /^\/v2\/(.+)\/(blobs\/uploads\/.*|manifests\/.*)$/.exec(url.pathname) ?? [];
	const id = rest.slice('blobs/uploads/'.length);
	if (rest.startsWith('manifests/') && request.method === 'PUT') return keepManifest(request, response, shelves, `${name}:${rest.slice('manifests/'.length)}`);
	if (!rest.startsWith('blobs/uploads/')) return false;
	if (request.method === 'POST') return begin(url, response, shelves, name);
	const upload = uploads.get(id);
	if (!upload) return reply(response, 404);
	if (request.method === 'GET') return reply(response, 204, {Location: `${url.pathname}${url.search}`, Range: `0-${Math.max(0, upload.bytes.length - 1)}`});
	if (request.method === 'DELETE') {
		uploads.delete(id);
		return reply(response, 204);
	}
	const start = Number(/^(\d+)-/.exec(String(request.headers['content-range'] ?? `${upload.bytes.length}-`))?.[1]);
	if (start !== upload.bytes.length) return reply(response, 416, {Range: `0-${Math.max(0, upload.bytes.length - 1)}`});
	// What has arrived is kept, also when the line breaks.
	request.on('data', (piece: Buffer) => (upload.bytes = Buffer.concat([upload.bytes, piece])));
	request.on('end', () => finish(request, response, {shelves, name, url, upload, id}));
	return true;
}

function begin(url: URL, response: ServerResponse, {holders}: Shelves, name: string): boolean {
	const [digest, from] = [url.searchParams.get('mount'), url.searchParams.get('from')];
	if (digest !== null && from !== null && holders.get(from)?.has(digest) === true) {
		hold(holders, name, digest);
		return reply(response, 201, {Location: `/v2/${name}/blobs/${digest}`, 'Docker-Content-Digest': digest});
	}
	const id = randomBytes(8).toString('hex');
	uploads.set(id, {bytes: Buffer.alloc(0)});
	return reply(response, 202, {Location: `/v2/${name}/blobs/uploads/${id}?state=a%20b`});
}

function finish(
	request: IncomingMessage,
	response: ServerResponse,
	{shelves, name, url, upload, id}: {shelves: Shelves; name: string; url: URL; upload: Upload; id: string},
): void {
	if (request.method === 'PATCH') return void reply(response, 202, {Location: `${url.pathname}${url.search}`, Range: `0-${upload.bytes.length - 1}`});
	const digest = url.searchParams.get('digest');
	uploads.delete(id);
	if (url.searchParams.get('state') !== 'a b' || digest !== digestOf(upload.bytes)) return void reply(response, 400);
	shelves.blobs.set(digest, blobOf(upload.bytes, 'application/octet-stream'));
	hold(shelves.holders, name, digest);
	reply(response, 201, {'Docker-Content-Digest': digest});
}

function keepManifest(request: IncomingMessage, response: ServerResponse, {blobs, tags}: Shelves, name: string): boolean {
	const pieces: Buffer[] = [];
	request.on('data', (piece: Buffer) => pieces.push(piece));
	request.on('end', () => {
		const blob = blobOf(Buffer.concat(pieces), String(request.headers['content-type']));
		blobs.set(blob.digest, blob);
		tags.set(name, blob);
		reply(response, 201, {'Docker-Content-Digest': blob.digest});
	});
	return true;
}

export function hold(holders: Shelves['holders'], name: string, digest: string): void {
	holders.set(name, (holders.get(name) ?? new Set()).add(digest));
}

function reply(response: ServerResponse, status: number, headers: Readonly<Record<string, string>> = {}): true {
	response.writeHead(status, {'Content-Length': 0, ...headers});
	response.end();
	return true;
}
