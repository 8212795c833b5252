import {isEngineError} from '../errors/error.ts';
import type {Digest} from '../oci/digest.ts';
import type {Descriptor} from '../oci/descriptor.ts';
import {manifestLimit, readManifest} from '../oci/manifest.ts';
import {hostPlatform, isSameMachine} from '../oci/platform.ts';
import {parseReference, withDefaultTag, type Reference} from '../reference/reference.ts';
import {readFile, streamFile, type Archive} from './archive.ts';
import type {ArchivedImage} from './docker-archive.ts';
import {fetchDocument, resolveImage, type BlobSource} from './resolve.ts';

const memberOf = (digest: Digest): string => `blobs/${digest.replace(':', '/')}`;

/** An OCI image layout: index.json, and all blobs by digest. */
export async function readOciArchive(archive: Archive): Promise<ArchivedImage[]> {
	const index = readManifest(readFile(archive, 'index.json', manifestLimit), `index.json of ${archive.subject}`);
	const entries = index.kind === 'index' ? index.manifests.filter(isImage) : [];
	const source = sourceOf(archive);
	const byId = new Map<Digest, ArchivedImage>();
	for (const entry of forThisHost(entries)) {
		const image = await resolveImage(source, await fetchDocument(source, entry), hostPlatform(), false);
		const names = [...(byId.get(image.id)?.names ?? []), ...nameOf(entry)];
		byId.set(image.id, {image, names, readLayer: (digest, offset) => streamFile(archive, memberOf(digest), offset)});
	}
	return [...byId.values()];
}

/** Attestations stand beside the images that they are about. */
const isImage = ({platform, annotations}: Descriptor): boolean => platform?.os !== 'unknown' && annotations?.['vnd.docker.reference.type'] === undefined;

/** Of an archive with several platforms those that run here; of one without such all, because somebody may have a use for them. */
function forThisHost(entries: readonly Descriptor[]): readonly Descriptor[] {
	const fitting = entries.filter(({platform}) => !platform || isSameMachine(platform, hostPlatform()));
	return fitting.length > 0 ? fitting : entries;
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
