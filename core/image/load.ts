import {EngineError} from '../errors/error.ts';
import {recordEvent} from '../events/journal.ts';
import {shortDigest, type Digest} from '../oci/digest.ts';
import {formatPlatform, isSameMachine, parsePlatform, type Platform} from '../oci/platform.ts';
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

export type LoadOptions = IngestOptions & {
	/** Only images for these platforms. */
	readonly platforms?: readonly string[];
	/** A name that stood for another image stands for the new one now. */
	readonly onRenamed?: (name: string, before: Digest) => void;
};

/** Takes the images out of a `docker save` or OCI archive. Gives the name of each, or its id where it has none. */
export async function loadImages(store: ImageStore, input: LoadInput, options: LoadOptions = {}): Promise<string[]> {
	const platforms = (options.platforms ?? []).map(parsePlatform);
	const spool = await openSpool(store.root, input, options.signal);
	try {
		const archive = indexArchive(spool.fd, 'path' in input ? input.path : 'the standard input');
		const loaded: string[] = [];
		const images = (await readArchive(archive, platforms)).filter(({image}) => isWanted(image.config.platform, platforms));
		if (images.length === 0 && platforms.length > 0) throw noPlatform(archive, platforms);
		for (const archived of images) loaded.push(...(await loadImage(store, archived, options)));
		return loaded;
	} finally {
		spool.close();
	}
}

const isWanted = (own: Platform, platforms: readonly Platform[]): boolean => platforms.length === 0 || platforms.some(platform => isSameMachine(own, platform));

const noPlatform = ({subject}: Archive, platforms: readonly Platform[]): EngineError =>
	new EngineError({code: 'image.no-platform', subject, message: `requested platform (${platforms.map(formatPlatform).join(', ')}) not found in ${subject}`});

function readArchive(archive: Archive, platforms: readonly Platform[]): Promise<ArchivedImage[]> {
	if (hasFile(archive, 'oci-layout') && hasFile(archive, 'index.json')) return readOciArchive(archive, platforms);
	if (archive.members.has('manifest.json')) return readDockerArchive(archive);
	throw new EngineError({
		code: 'archive.invalid',
		subject: archive.subject,
		message: `${archive.subject} holds no image: it has neither manifest.json (docker save) nor index.json (OCI layout)`,
		hint: 'An archive of a file system is brought in with import, not with load.',
	});
}

async function loadImage(store: ImageStore, {image, names, readLayer}: ArchivedImage, options: LoadOptions): Promise<string[]> {
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
		const renamed = transaction(store.db, () => {
			lease.drop();
			insertImage(store.db, ingested);
			return names.map(name => ({name, before: setTag(store.db, name, image.id)}));
		});
		for (const {name, before} of renamed) if (before) options.onRenamed?.(familiarString(name), before);
	} finally {
		lease.drop();
	}
	const words = names.length > 0 ? names.map(familiarString) : [image.id];
	for (const name of words) recordEvent(store, {type: 'image', action: 'load', id: image.id, attributes: {name}});
	return words;
}
