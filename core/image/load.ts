import {EngineError} from '../errors/error.ts';
import {recordEvent} from '../events/journal.ts';
import {shortDigest} from '../oci/digest.ts';
import {familiarString} from '../reference/reference.ts';
import {transaction} from '../state/database.ts';
import {hasFile, indexArchive, type Archive} from './archive.ts';
import {readDockerArchive, type ArchivedImage} from './docker-archive.ts';
import {ingestImage, type IngestOptions} from './ingest.ts';
import {takeLease} from './lease.ts';
import {readOciArchive} from './oci-archive.ts';
import {insertImage, setTag} from './record.ts';
import {openSpool} from './spool.ts';
import type {ImageStore} from './store.ts';

export type LoadInput = {readonly path: string} | {readonly stdin: true};

/** Takes the images out of a `docker save` or OCI archive. Gives the name of each, or its id where it has none. */
export async function loadImages(store: ImageStore, input: LoadInput, options: IngestOptions = {}): Promise<string[]> {
	const spool = await openSpool(store.root, input, options.signal);
	try {
		const archive = indexArchive(spool.fd, 'path' in input ? input.path : 'the standard input');
		const loaded: string[] = [];
		for (const archived of await readArchive(archive)) loaded.push(...(await loadImage(store, archived, options)));
		return loaded;
	} finally {
		spool.close();
	}
}

function readArchive(archive: Archive): Promise<ArchivedImage[]> {
	if (hasFile(archive, 'oci-layout') && hasFile(archive, 'index.json')) return readOciArchive(archive);
	if (archive.members.has('manifest.json')) return readDockerArchive(archive);
	throw new EngineError({
		code: 'archive.invalid',
		subject: archive.subject,
		message: `${archive.subject} holds no image: it has neither manifest.json (docker save) nor index.json (OCI layout)`,
		hint: 'An archive of a file system is brought in with import, not with load.',
	});
}

async function loadImage(store: ImageStore, {image, names, readLayer}: ArchivedImage, options: IngestOptions): Promise<string[]> {
	const [first] = names;
	options.onProgress?.({
		kind: 'resolved',
		reference: first ? familiarString(first) : image.id,
		from: 'archive',
		layers: image.layers.map(({digest, size}) => ({id: shortDigest(digest), size})),
	});
	const lease = takeLease(store.db);
	try {
		const ingested = await ingestImage(store, lease, image, ({digest}, offset) => readLayer(digest, offset), options);
		transaction(store.db, () => {
			lease.drop();
			insertImage(store.db, ingested);
			for (const name of names) setTag(store.db, name, image.id);
		});
	} finally {
		lease.drop();
	}
	const words = names.length > 0 ? names.map(familiarString) : [image.id];
	for (const name of words) recordEvent(store, {type: 'image', action: 'load', id: image.id, attributes: {name}});
	return words;
}
