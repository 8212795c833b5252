import {existsSync, renameSync, rmSync} from 'node:fs';
import {blobSize} from '../content/list.ts';
import {blobPath} from '../content/path.ts';
import {putBlob} from '../content/put.ts';
import {DOCUMENT_LIMIT, readBlob} from '../content/read.ts';
import {messageOf} from '../errors/codes.ts';
import {isEngineError} from '../errors/error.ts';
import {hasLayer} from '../layer/info.ts';
import {ingestBlob} from '../layer/ingest.ts';
import type {FetchBlob, WantedLayer} from '../layer/model.ts';
import {layerTree} from '../layer/path.ts';
import {isBlobWhole, verifyLayer} from '../layer/verify.ts';
import {unpackLayers} from '../layer/unpack.ts';
import type {Descriptor} from '../oci/descriptor.ts';
import {type Digest, digestOf, parseDigest, shortDigest} from '../oci/digest.ts';
import {parseReference} from '../reference/reference.ts';
import {fetchBlob} from '../registry/blob.ts';
import {openSession, type Session} from '../registry/session.ts';
import {findImage} from './find.ts';
import {takeLease} from './lease.ts';
import {blobsOf, manifestsOf, type StoredManifest} from './manifest.ts';
import type {Image} from './model.ts';
import {imageRow} from './record.ts';
import type {ImageStore} from './store.ts';

/** Something of an image that is not as it was. */
export type Problem = {
	/** Its first name, or its id. */
	readonly image: string;
	/** A file of the store, or one inside a layer. */
	readonly path: string;
	readonly what: string;
	readonly healed: boolean;
};

export type CheckOptions = {
	/** Every byte; else only whether everything is there in its size. */
	readonly deep?: boolean;
	/** Unpacks damaged layers again, and brings damaged blobs again from the registry that they came from. */
	readonly repair?: boolean;
	readonly onProblem?: (problem: Problem) => void;
	readonly onLayer?: (image: string, layer: string) => void;
};

export type Checked = {readonly images: number; readonly layers: number; readonly problems: readonly Problem[]};

type Check = {readonly store: ImageStore; readonly options: CheckOptions; readonly problems: Problem[]; readonly seen: Set<string>};

/** Looks through all images: records, blobs, and the trees that containers run on. */
export async function checkImages(store: ImageStore, options: CheckOptions = {}): Promise<Checked> {
	const check: Check = {store, options, problems: [], seen: new Set()};
	const ids = store.db
		.prepare('SELECT id FROM images ORDER BY stored_at')
		.all()
		.map(row => parseDigest(String(row['id'])));
	for (const id of ids) await checkImage(check, id);
	return {images: ids.length, layers: [...check.seen].filter(key => key.startsWith('layer ')).length, problems: check.problems};
}

function report({options, problems}: Check, problem: Problem): void {
	problems.push(problem);
	options.onProblem?.(problem);
}

async function checkImage(check: Check, id: Digest): Promise<void> {
	const {store} = check;
	const lease = takeLease(store.db);
	try {
		lease.add('blob', blobsOf(store.db, id));
		const image = findImage(store, id);
		lease.add('layer', image.chainIds);
		await checkConfig(check, image);
		const layers = await checkBlobs(check, image);
		for (const index of image.chainIds.keys()) await checkLayer(check, image, index, layers?.[index]);
	} catch (error) {
		report(check, {image: id, path: id, what: messageOf(error), healed: false});
	} finally {
		lease.drop();
	}
}

const nameOf = ({id, repoTags, repoDigests}: Image): string => repoTags[0] ?? repoDigests[0] ?? id;

/** The record and the blob of the config are two copies of one text. */
async function checkConfig(check: Check, image: Image): Promise<void> {
	const {store, options} = check;
	const row = imageRow(store.db, image.id);
	const text = row === undefined ? '' : String(row['config']);
	if (digestOf(text) !== image.id) report(check, {image: nameOf(image), path: `${store.root}/hawser.db`, what: 'its config in the records is damaged', healed: false});
	else if (blobsOf(store.db, image.id).includes(image.id) && !isDocumentWhole(check, image.id)) {
		if (options.repair === true) await replaceBlob(store, image.id, async () => putBlob(store.root, image.id, Buffer.from(text)));
		report(check, {image: nameOf(image), path: blobPath(store.root, image.id), what: 'its config is damaged or missing', healed: options.repair === true});
	}
}

function isDocumentWhole({store}: Check, digest: Digest): boolean {
	try {
		readBlob(store.root, digest);
		return true;
	} catch {
		return false;
	}
}

/** Takes a damaged blob out of the way while it is brought again; it comes back when that fails. */
async function replaceBlob<T>({root}: ImageStore, digest: Digest, bring: () => Promise<T>): Promise<T> {
	const [path, aside] = [blobPath(root, digest), `${root}/content/ingest/damaged-${digest.slice(digest.indexOf(':') + 1)}`];
	if (existsSync(path)) renameSync(path, aside);
	try {
		return await bring();
	} catch (error) {
		if (existsSync(aside)) renameSync(aside, path);
		throw error;
	} finally {
		rmSync(aside, {force: true});
	}
}

/** The layers' descriptors, when the manifest can be read. */
async function checkBlobs(check: Check, image: Image): Promise<readonly Descriptor[] | undefined> {
	const {store, options} = check;
	const found = await findManifest(check, image);
	if (found === undefined) return undefined;
	const {layers} = found;
	for (const layer of layers) {
		if (check.seen.has(`blob ${layer.digest}`)) continue;
		check.seen.add(`blob ${layer.digest}`);
		const whole = options.deep === true ? await isBlobWhole({root: store.root, helper: store.native.layer}, layer) : blobSize(store.root, layer.digest) === layer.size;
		if (whole) continue;
		const failure = options.repair === true ? await bringAgain(store, image, layer) : 'not repaired';
		report(check, {
			image: nameOf(image),
			path: blobPath(store.root, layer.digest),
			what: `the bytes of layer ${shortDigest(layer.digest)} are ${existsSync(blobPath(store.root, layer.digest)) || failure === undefined ? 'damaged' : 'missing'}${failure === undefined || failure === 'not repaired' ? '' : `, and cannot be brought again: ${failure}`}`,
			healed: failure === undefined,
		});
	}
	return layers;
}

/** Images that came unpacked have none, and need none to run. A damaged one hides what the image's other blobs are. */
async function findManifest(check: Check, image: Image): Promise<StoredManifest | undefined> {
	const {store, options} = check;
	const damaged = blobsOf(store.db, image.id).filter(digest => digest !== image.id && (blobSize(store.root, digest) ?? 0) <= DOCUMENT_LIMIT && !isDocumentWhole(check, digest));
	try {
		const [found] = manifestsOf(store, image.id);
		if (found !== undefined || damaged.length === 0) return found;
	} catch (error) {
		if (!isEngineError(error)) throw error;
	}
	for (const digest of damaged) {
		const healed = options.repair === true && (await bringDocument(store, image, digest));
		report(check, {image: nameOf(image), path: blobPath(store.root, digest), what: 'is damaged or missing, and may be its manifest', healed});
	}
	return options.repair === true ? manifestsOf(store, image.id)[0] : undefined;
}

async function bringDocument(store: ImageStore, image: Image, digest: Digest): Promise<boolean> {
	for (const name of image.repoDigests) {
		let session: Session | undefined;
		try {
			session = await openSession(parseReference(name));
			const {bytes} = await session.manifest(digest);
			await replaceBlob(store, digest, async () => putBlob(store.root, digest, bytes));
			return true;
		} catch (error) {
			if (!isEngineError(error)) throw error;
		} finally {
			session?.close();
		}
	}
	return false;
}

/** From one of the registries that the image came from. Gives the reason when none has it. */
async function bringAgain(store: ImageStore, image: Image, layer: Descriptor): Promise<string | undefined> {
	let reason = 'it did not come from a registry: load or build the image again';
	for (const name of image.repoDigests) {
		let session: Session | undefined;
		try {
			session = await openSession(parseReference(name));
			const open = session;
			const files = {root: store.root, helper: store.native.layer};
			const wanted: WantedLayer = {digest: layer.digest, size: layer.size, diffId: layer.digest, chainId: layer.digest};
			const fetch: FetchBlob = (blob, offset, signal) => fetchBlob(open, blob, {offset, signal});
			await replaceBlob(store, layer.digest, async () => ingestBlob(files, wanted, fetch, new AbortController().signal));
			return undefined;
		} catch (error) {
			reason = messageOf(error);
		} finally {
			session?.close();
		}
	}
	return reason;
}

async function checkLayer(check: Check, image: Image, index: number, blob: Descriptor | undefined): Promise<void> {
	const {store, options} = check;
	const chainId = image.chainIds[index] as Digest;
	if (check.seen.has(`layer ${chainId}`)) return;
	check.seen.add(`layer ${chainId}`);
	options.onLayer?.(nameOf(image), shortDigest(chainId));
	const wanted = image.chainIds
		.slice(0, index + 1)
		.map((chain, at): WantedLayer => ({digest: image.diffIds[at] as Digest, size: 0, diffId: image.diffIds[at] as Digest, chainId: chain}));
	const layer: WantedLayer | undefined = blob && {digest: blob.digest, size: blob.size, diffId: image.diffIds[index] as Digest, chainId};
	const files = {root: store.root, helper: store.native.layer};
	if (!hasLayer(store.root, chainId)) {
		const healed = options.repair === true && layer !== undefined && (await unpackAgain(files, [...wanted.slice(0, -1), layer]));
		report(check, {image: nameOf(image), path: layerTree(store.root, chainId), what: `layer ${shortDigest(chainId)} is missing`, healed});
		return;
	}
	if (options.deep !== true || layer === undefined) return;
	const lower = wanted
		.slice(0, -1)
		.toReversed()
		.map(below => layerTree(store.root, below.chainId));
	try {
		for (const {what, path} of await verifyLayer(files, layer, lower, {heal: options.repair === true}))
			report(check, {image: nameOf(image), path: `${layerTree(store.root, chainId)}${path}`, what: words[what] ?? what, healed: options.repair === true});
	} catch (error) {
		report(check, {image: nameOf(image), path: layerTree(store.root, chainId), what: messageOf(error), healed: false});
	}
}

async function unpackAgain(files: {root: string; helper: string}, layers: readonly WantedLayer[]): Promise<boolean> {
	try {
		await unpackLayers(files, layers, () => {
			throw new Error('its bytes are not in the store');
		});
		return true;
	} catch {
		return false;
	}
}

const words: Readonly<Record<string, string>> = {
	missing: 'is missing',
	extra: 'does not belong there',
	kind: 'is of another kind',
	mode: 'has another mode',
	owner: 'has another owner',
	size: 'has another size',
	content: 'has other content',
	attributes: 'has other extended attributes',
	'link-target': 'leads elsewhere',
	'hard-link': 'has other hard links',
	time: 'has another time',
	unreadable: 'cannot be read',
};
