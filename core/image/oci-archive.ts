import {isEngineError} from '../errors/error.ts';
import type {Digest} from '../oci/digest.ts';
import type {Descriptor} from '../oci/descriptor.ts';
import {manifestLimit, readManifest} from '../oci/manifest.ts';
import {hostPlatform, isSameMachine, type Platform} from '../oci/platform.ts';
import {canonicalString, parseReference, withDefaultTag, type Reference} from '../reference/reference.ts';
import {readFile, streamFile, type Archive} from './archive.ts';
import type {ArchivedImage} from './docker-archive.ts';
import {fetchDocument, resolveImage, type BlobSource} from './resolve.ts';

const memberOf = (digest: Digest): string => `blobs/${digest.replace(':', '/')}`;

/** An OCI image layout: index.json, and all blobs by digest. Of an image for several platforms what fits `platforms`, or this host where none is named. */
export async function readOciArchive(archive: Archive, platforms: readonly Platform[] = []): Promise<ArchivedImage[]> {
	const index = readManifest(readFile(archive, 'index.json', manifestLimit), `index.json of ${archive.subject}`);
	const entries = index.kind === 'index' ? index.manifests.filter(isImage) : [];
	const source = sourceOf(archive);
	const byId = new Map<Digest, ArchivedImage>();
	for (const {entry, platform} of chooseEntries(entries, platforms)) {
		const image = await resolveImage(source, await fetchDocument(source, entry), platform, false);
		const known = byId.get(image.id)?.names ?? [];
		const names = [...known, ...nameOf(entry).filter(name => known.every(one => canonicalString(one) !== canonicalString(name)))];
		byId.set(image.id, {image, names, readLayer: (digest, offset) => streamFile(archive, memberOf(digest), offset)});
	}
	return [...byId.values()];
}

/** Attestations stand beside the images that they are about. */
const isImage = ({platform, annotations}: Descriptor): boolean => platform?.os !== 'unknown' && annotations?.['vnd.docker.reference.type'] === undefined;

type Choice = {readonly entry: Descriptor; readonly platform: Platform};

/** Of an archive with several platforms those that run here; of one without such all, because somebody may have a use for them. */
function chooseEntries(entries: readonly Descriptor[], platforms: readonly Platform[]): Choice[] {
	const wanted = platforms.length > 0 ? platforms : [hostPlatform()];
	const fitting = wanted.flatMap(platform => entries.filter(entry => !entry.platform || isSameMachine(entry.platform, platform)).map(entry => ({entry, platform})));
	return fitting.length > 0 || platforms.length > 0 ? fitting : entries.map(entry => ({entry, platform: entry.platform ?? hostPlatform()}));
}

function sourceOf(archive: Archive): BlobSource {
	return {
		subject: archive.subject,
		manifest: async digest => ({bytes: readFile(archive, memberOf(digest), manifestLimit)}),
		blob: async ({digest}) => readFile(archive, memberOf(digest), manifestLimit),
	};
}

/** Tools write the name whole, or only the tag of a name that they keep elsewhere: that one names nothing. */
function nameOf({annotations}: Descriptor): Reference[] {
	const name = annotations?.['io.containerd.image.name'] ?? annotations?.['org.opencontainers.image.ref.name'];
	if (name === undefined || !/[/:]/.test(name)) return [];
	try {
		return [withDefaultTag(parseReference(name))];
	} catch (error) {
		if (isEngineError(error, 'reference.invalid')) return [];
		throw error;
	}
}
