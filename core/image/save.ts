import {readPieces} from '../content/read.ts';
import {EngineError} from '../errors/error.ts';
import {recordEvent} from '../events/journal.ts';
import {algorithmOf, hexOf, type Digest} from '../oci/digest.ts';
import {mediaTypes} from '../oci/media-types.ts';
import {formatPlatform, isSameMachine, parsePlatform} from '../oci/platform.ts';
import {canonicalString, familiarName, familiarString, parseReference, type Reference} from '../reference/reference.ts';
import {writeArchive, type OutgoingMember} from './archive-write.ts';
import {findImageId} from './find.ts';
import {takeLease} from './lease.ts';
import {blobsOf, manifestOf, type StoredManifest} from './manifest.ts';
import {configOf, imageRow, tagsOfRepository, taggedImage} from './record.ts';
import type {ImageStore} from './store.ts';

export type SaveOptions = {
	/** Refuses images for another one. */
	readonly platforms?: readonly string[];
};

type SavedImage = {readonly id: Digest; readonly manifest: StoredManifest; readonly references: Reference[]};

/** Writes images to a descriptor, as an OCI layout and a docker archive in one tar: what lies in the store goes out as it is. */
export async function saveImages(store: ImageStore, names: readonly string[], fd: number, options: SaveOptions = {}): Promise<void> {
	const lease = takeLease(store.db);
	try {
		const chosen = chooseImages(store, names);
		for (const id of chosen.keys()) lease.add('blob', blobsOf(store.db, id));
		const images = [...chosen].map(([id, references]): SavedImage => {
			checkPlatform(store, id, options);
			return {id, manifest: manifestOf(store, id), references};
		});
		await writeArchive(fd, membersOf(store, images));
		for (const {id} of images) recordEvent(store, {type: 'image', action: 'save', id, attributes: {name: id}});
	} finally {
		lease.drop();
	}
}

/** Docker's rule: a bare repository means all its tags; an id goes without a name. */
function chooseImages({db}: ImageStore, names: readonly string[]): Map<Digest, Reference[]> {
	const chosen = new Map<Digest, Reference[]>();
	const choose = (id: Digest, reference?: Reference) => {
		const known = chosen.get(id) ?? [];
		chosen.set(id, known);
		if (reference && !known.some(one => canonicalString(one) === canonicalString(reference))) known.push(reference);
	};
	for (const name of names) {
		const reference = referenceIn(name);
		const tags = reference === undefined || reference.digest ? [] : reference.tag === undefined ? tagsOfRepository(db, reference) : [reference.tag];
		const tagged = tags.flatMap(tag => {
			const id = reference && taggedImage(db, {...reference, tag});
			return id && reference ? [{id, reference: {domain: reference.domain, path: reference.path, tag}}] : [];
		});
		if (tagged.length === 0) choose(findImageId(db, name));
		for (const one of tagged) choose(one.id, one.reference);
	}
	return chosen;
}

function referenceIn(name: string): Reference | undefined {
	try {
		return parseReference(name);
	} catch {
		// An id, or nothing: who looks for it says so.
		return undefined;
	}
}

function checkPlatform({db}: ImageStore, id: Digest, {platforms = []}: SaveOptions): void {
	const row = imageRow(db, id);
	if (platforms.length === 0 || !row) return;
	const own = configOf(row).platform;
	if (platforms.some(text => isSameMachine(parsePlatform(text), own))) return;
	throw new EngineError({
		code: 'image.no-platform',
		subject: id,
		message: `no suitable export target found for platform ${platforms.join(', ')}`,
		hint: `Here the image is for ${formatPlatform(own)}.`,
	});
}

const nameOf = (digest: Digest): string => `blobs/${algorithmOf(digest)}/${hexOf(digest)}`;
const document = (name: string, value: unknown): OutgoingMember => {
	const content = Buffer.from(JSON.stringify(value));
	return {name, size: content.length, content};
};

/** In the order of their names, as Docker has them. */
function membersOf(store: ImageStore, images: readonly SavedImage[]): OutgoingMember[] {
	const blobs = new Map(images.flatMap(({manifest}) => [manifest.config, ...manifest.layers].map(({digest, size}) => [digest, blobMember(store, digest, size)] as const)));
	for (const {manifest} of images) blobs.set(manifest.digest, {name: nameOf(manifest.digest), size: manifest.bytes.length, content: manifest.bytes});
	const folders = ['blobs/', ...new Set([...blobs.keys()].map(digest => `blobs/${algorithmOf(digest)}/`))].map(name => ({name, size: 0, content: Buffer.alloc(0)}));
	const repositories = repositoriesOf(images);
	return [
		...folders,
		...blobs.values(),
		document('index.json', indexOf(images)),
		document('manifest.json', images.map(dockerEntry)),
		document('oci-layout', {imageLayoutVersion: '1.0.0'}),
		...(Object.keys(repositories).length > 0 ? [document('repositories', repositories)] : []),
	].sort((one, other) => (one.name < other.name ? -1 : 1));
}

const blobMember = ({root}: ImageStore, digest: Digest, size: number): OutgoingMember => ({name: nameOf(digest), size, content: () => readPieces(root, digest, 0, size)});

function indexOf(images: readonly SavedImage[]) {
	const manifests = images.flatMap(({manifest: {mediaType, digest, bytes}, references}) => {
		const descriptor = {mediaType, digest, size: bytes.length};
		const named = references.map(reference => ({
			...descriptor,
			annotations: {'io.containerd.image.name': canonicalString(reference), 'org.opencontainers.image.ref.name': reference.tag},
		}));
		return named.length > 0 ? named : [descriptor];
	});
	return {schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests};
}

const dockerEntry = ({id, manifest, references}: SavedImage) => ({
	Config: nameOf(id),
	RepoTags: references.length > 0 ? references.map(familiarString) : null,
	Layers: manifest.layers.map(({digest}) => nameOf(digest)),
});

/** What readers before 2016 look at: repository, tag, and the topmost layer. */
function repositoriesOf(images: readonly SavedImage[]): Record<string, Record<string, string>> {
	const repositories: Record<string, Record<string, string>> = {};
	for (const {id, manifest, references} of images) {
		for (const reference of references) (repositories[familiarName(reference)] ??= {})[reference.tag ?? 'latest'] = hexOf(manifest.layers.at(-1)?.digest ?? id);
	}
	return repositories;
}
