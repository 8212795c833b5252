import {EngineError} from '../errors/error.ts';
import {recordEvent} from '../events/journal.ts';
import {shortDigest, type Digest} from '../oci/digest.ts';
import {hostPlatform, isSameMachine, parsePlatform, platformDistance, type Platform} from '../oci/platform.ts';
import {canonicalString, familiarName, familiarString, parseReference, withDefaultTag, type Reference} from '../reference/reference.ts';
import {fetchBlob, fetchSmallBlob} from '../registry/blob.ts';
import {listTags} from '../registry/list.ts';
import {openSession, type Session, type SessionOptions} from '../registry/session.ts';
import {transaction} from '../state/database.ts';
import {ingestImage} from './ingest.ts';
import {takeLease} from './lease.ts';
import type {PullProgress} from './model.ts';
import {addDigest, imageRow, imagesOfDigest, insertImage, setTag, taggedImage, type NewImage} from './record.ts';
import {resolveImage, type BlobSource, type ResolvedImage, type Top} from './resolve.ts';
import type {ImageStore} from './store.ts';

export type PullOptions = {
	/** `linux/arm64`; the host's own when absent. */
	readonly platform?: string | undefined;
	readonly onProgress?: ((progress: PullProgress) => void) | undefined;
	readonly signal?: AbortSignal | undefined;
	readonly quiet?: boolean;
	/** How patient to be with the registry. */
	readonly transfer?: Pick<SessionOptions, 'patience' | 'timeouts' | 'pace'>;
};

export type Pulled = {
	readonly id: Digest;
	/** Of what the name stands for: the manifest, or the index. */
	readonly digest: Digest;
	/** False: the image is up to date. */
	readonly changed: boolean;
};

/** Brings an image from its registry. What returns is in the store, complete and durable. */
export async function pullImage(store: ImageStore, text: string, options: PullOptions = {}): Promise<Pulled> {
	const reference = referenceToPull(text);
	return withSession(reference, options, session => pullOne(store, session, reference, options));
}

/** Every tag that the repository has at its registry, one after another. */
export async function pullAllTags(store: ImageStore, text: string, options: PullOptions = {}): Promise<Pulled[]> {
	const reference = parseReference(text);
	if (reference.tag !== undefined || reference.digest) throw new EngineError({code: 'reference.invalid', subject: text, message: "tag can't be used with --all-tags/-a"});
	return withSession(reference, options, async session => {
		const pulled: Pulled[] = [];
		for (const tag of await listTags(session, familiarName(reference))) pulled.push(await pullOne(store, session, parseReference(`${canonicalString(reference)}:${tag}`), options));
		return pulled;
	});
}

async function withSession<T>(reference: Reference, options: PullOptions, work: (session: Session) => Promise<T>): Promise<T> {
	const session = await openSession(reference, {...options.transfer, signal: options.signal, onRetry: retryReporter(reference, options)});
	try {
		return await work(session);
	} finally {
		session.close();
	}
}

async function pullOne(store: ImageStore, session: Session, reference: Reference, options: PullOptions): Promise<Pulled> {
	const wanted = options.platform === undefined ? hostPlatform() : parsePlatform(options.platform);
	const pulled = (await findCurrent(store, session, reference, wanted, options)) ?? (await pullAnew(store, session, reference, wanted, options));
	options.onProgress?.({kind: 'done', digest: pulled.digest, reference: familiarString(reference), changed: pulled.changed});
	return pulled;
}

/** A digest says all: the tag beside it is dropped, as Docker does. */
function referenceToPull(text: string): Reference {
	const {tag, digest, ...repository} = withDefaultTag(parseReference(text));
	return digest ? {...repository, digest} : {...repository, ...(tag !== undefined && {tag})};
}

const targetOf = ({tag, digest}: Reference): string => digest ?? tag ?? 'latest';

/** The image that is here already, when the registry says that the name still stands for it. */
async function findCurrent(store: ImageStore, session: Session, reference: Reference, wanted: Platform, {platform}: PullOptions): Promise<Pulled | undefined> {
	const candidates = reference.digest ? imagesOfDigest(store.db, reference) : [taggedImage(store.db, reference)];
	const id = candidates.find(candidate => candidate !== undefined && servesPlatform(store, candidate, wanted, platform !== undefined));
	if (id === undefined) return undefined;
	if (reference.digest) return {id, digest: reference.digest, changed: false};
	const announced = await session.manifestDigest(targetOf(reference));
	const isSame = announced !== undefined && imagesOfDigest(store.db, {...reference, digest: announced as Digest}).includes(id);
	return isSame ? {id, digest: announced as Digest, changed: false} : undefined;
}

/** Who names a platform wants that one and not another that would do. */
function servesPlatform({db}: ImageStore, id: Digest, wanted: Platform, isExplicit: boolean): boolean {
	const row = imageRow(db, id);
	if (!row) return false;
	const own = {os: String(row['os']), architecture: String(row['architecture']), ...(row['variant'] !== '' && {variant: String(row['variant'])})};
	return isExplicit ? platformDistance(own, wanted) === 0 : isSameMachine(own, wanted);
}

async function pullAnew(store: ImageStore, session: Session, reference: Reference, wanted: Platform, options: PullOptions): Promise<Pulled> {
	const top = await session.manifest(targetOf(reference));
	const image = await resolveImage(sourceOf(session, reference), top, wanted, options.platform !== undefined);
	options.onProgress?.(resolvedProgress(reference, image));
	const lease = takeLease(store.db);
	try {
		const fetch = (layer: {digest: Digest; size: number}, offset: number, signal: AbortSignal) =>
			fetchBlob(session, layer, {offset, signal, onRetry: (reason, inSeconds) => options.onProgress?.({kind: 'retry', id: shortDigest(layer.digest), reason, inSeconds})});
		const ingested = await ingestImage(store, lease, image, fetch, options);
		const changed = transaction(store.db, () => {
			lease.drop();
			return recordPulled(store, reference, top, ingested);
		});
		recordEvent(store, {type: 'image', action: 'pull', id: familiarString(reference), attributes: {name: familiarName(reference)}});
		return {id: image.id, digest: top.digest, changed};
	} finally {
		lease.drop();
	}
}

/** The image's record, and its name: from here on it is there. */
function recordPulled({db}: ImageStore, reference: Reference, top: Top, image: NewImage): boolean {
	const before = reference.digest ? imagesOfDigest(db, reference) : [taggedImage(db, reference)];
	insertImage(db, image);
	if (!reference.digest) setTag(db, reference, image.id);
	addDigest(db, reference, top.digest, image.id);
	return !before.includes(image.id);
}

function sourceOf(session: Session, reference: Reference): BlobSource {
	return {
		subject: familiarString(reference),
		manifest: digest => session.manifest(digest),
		blob: descriptor => fetchSmallBlob(session, descriptor),
	};
}

const resolvedProgress = (reference: Reference, {layers}: ResolvedImage): PullProgress => ({
	kind: 'resolved',
	reference: familiarString(reference),
	from: reference.path,
	layers: layers.map(({digest, size}) => ({id: shortDigest(digest), size})),
});

const retryReporter =
	(reference: Reference, {onProgress}: PullOptions) =>
	(reason: string, inSeconds: number) =>
		onProgress?.({kind: 'retry', id: familiarString(reference), reason, inSeconds});
