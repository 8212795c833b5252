import {existsSync} from 'node:fs';
import {resolve} from 'node:path';
import type {Readable} from 'node:stream';
import {messageOf} from '../errors/codes.ts';
import {EngineError, isEngineError} from '../errors/error.ts';
import {recordEvent} from '../events/journal.ts';
import {keepLayer} from '../layer/pack.ts';
import type {Digest} from '../oci/digest.ts';
import {hostPlatform, parsePlatform} from '../oci/platform.ts';
import {nowText} from '../platform/time.ts';
import {parseReference, withDefaultTag} from '../reference/reference.ts';
import {applyChanges} from './change.ts';
import {takeLease} from './lease.ts';
import {makeImage} from './make.ts';
import type {ImageStore} from './store.ts';

export type ImportOptions = {readonly reference?: string; readonly changes?: readonly string[]; readonly message?: string; readonly platform?: string};

/** Makes an image of one layer out of a tar of a file system: a file, an http(s) address, or `-` for our input; plain, gzip or zstd. */
export async function importImage(store: ImageStore, source: string, {reference, changes = [], message, platform}: ImportOptions = {}): Promise<Digest> {
	const name = reference === undefined || reference === '' ? undefined : withDefaultTag(parseReference(reference));
	if (name?.digest !== undefined) throw new EngineError({code: 'reference.invalid', subject: reference, message: 'cannot import digest reference'});
	const config = applyChanges({}, changes);
	const lease = takeLease(store.db);
	try {
		const layer = await keepLayer({root: store.root, helper: store.native.layer}, await inputOf(source), digest => lease.add('blob', [digest]));
		const wanted = platform === undefined || platform === '' ? hostPlatform() : parsePlatform(platform);
		const id = await makeImage(store, lease, {layer, platform: wanted, config, created: nowText(), comment: message ?? `Imported from ${source}`}, name);
		recordEvent(store, {type: 'image', action: 'import', id, attributes: {name: reference ?? ''}});
		return id;
	} finally {
		lease.drop();
	}
}

async function inputOf(source: string): Promise<string | Readable> {
	if (source === '-') return source;
	if (/^https?:\/\//.test(source)) return download(source);
	if (!existsSync(source)) throw new EngineError({code: 'image.bad-source', subject: source, message: `open ${source}: no such file or directory`});
	return resolve(source);
}

async function download(address: string): Promise<Readable> {
	try {
		const reply = await fetch(address);
		if (!reply.ok || reply.body === null)
			throw new EngineError({
				code: 'image.bad-source',
				subject: address,
				message: `Got HTTP status code >= 400: ${reply.status} ${reply.statusText}`,
				hint: `Is ${address} right?`,
			});
		return process.getBuiltinModule('node:stream').Readable.fromWeb(reply.body);
	} catch (error) {
		if (isEngineError(error)) throw error;
		const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
		throw new EngineError({code: 'image.bad-source', subject: address, message: `cannot download ${address}: ${messageOf(cause)}`, cause: error});
	}
}
