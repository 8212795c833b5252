import {EngineError} from '../errors/error.ts';
import {readImageConfig, type ImageConfig} from '../oci/config.ts';
import {digestOf, type Digest, type DigestAlgorithm} from '../oci/digest.ts';
import type {Descriptor} from '../oci/descriptor.ts';
import {choosePlatform, readManifest, type Manifest} from '../oci/manifest.ts';
import {formatPlatform, isSameMachine, type Platform} from '../oci/platform.ts';
import {chainIds} from '../layer/chain.ts';
import type {WantedLayer} from '../layer/model.ts';

/** A source of blobs by digest: a registry, or an archive. */
export type BlobSource = {
	/** The user's name for the image, for errors. */
	readonly subject: string;
	manifest(digest: Digest): Promise<{readonly bytes: Buffer; readonly contentType?: string | undefined}>;
	/** A small blob, whole; its digest is checked by who asked. */
	blob(descriptor: Descriptor): Promise<Buffer>;
};

export type StoredBlob = {readonly digest: Digest; readonly bytes: Buffer};

/** An image as its documents describe it, all of them checked; its layers are still to come. */
export type ResolvedImage = {
	/** Of the config: the image's id. */
	readonly id: Digest;
	readonly config: ImageConfig;
	readonly configText: string;
	readonly layers: readonly WantedLayer[];
	/** The documents on the way: indexes, manifest, config. */
	readonly documents: readonly StoredBlob[];
};

const nesting = 2;

export type Top = StoredBlob & {readonly contentType?: string | undefined};

/** From what the name stands for, over at most two indexes, to the image for the platform. */
export async function resolveImage(source: BlobSource, top: Top, wanted: Platform, isExplicit: boolean): Promise<ResolvedImage> {
	const documents: StoredBlob[] = [top];
	let current: Top = top;
	let promised: Platform | undefined;
	for (let depth = 0; ; depth++) {
		const document = readManifest(current.bytes, `the manifest of ${source.subject}`, current.contentType);
		if (document.kind === 'manifest') {
			const image = await resolveConfig(source, document, promised ?? (isExplicit ? wanted : undefined));
			return {...image, documents: [...documents, image.document]};
		}
		if (depth === nesting) throw malformed(source, `has indexes nested more than ${nesting} deep`);
		const chosen = choosePlatform(document, wanted, source.subject);
		if (documents.some(({digest}) => digest === chosen.digest)) throw malformed(source, 'has an index that leads back to itself');
		promised = chosen.platform ?? promised;
		current = await fetchDocument(source, chosen);
		documents.push(current);
	}
}

const malformed = ({subject}: BlobSource, reason: string): EngineError => new EngineError({code: 'oci.invalid', subject, message: `${subject} ${reason}`});

/** The manifest or index that a descriptor names, checked against it. */
export async function fetchDocument(source: BlobSource, descriptor: Descriptor): Promise<Top> {
	const {bytes, contentType} = await source.manifest(descriptor.digest);
	if (contentType !== undefined && contentType !== descriptor.mediaType)
		throw malformed(source, `calls ${descriptor.digest} a ${descriptor.mediaType}, but it comes as ${contentType}`);
	return {bytes: checkBytes(source, descriptor, bytes), digest: descriptor.digest, contentType: descriptor.mediaType};
}

/** What the hash promised, and nothing else. */
function checkBytes({subject}: BlobSource, {digest, size}: Descriptor, bytes: Buffer): Buffer {
	const algorithm = digest.slice(0, digest.indexOf(':')) as DigestAlgorithm;
	const found = digestOf(bytes, algorithm);
	if (bytes.length === size && found === digest) return bytes;
	const reason = bytes.length === size ? `its content is ${found}` : `it has ${bytes.length} bytes, but ${size} were promised`;
	throw new EngineError({
		code: 'blob.wrong-digest',
		subject,
		message: `blob ${digest} of ${subject} is not what it should be: ${reason}`,
		hint: 'Push the image again, or pull it from another registry.',
	});
}

async function resolveConfig(source: BlobSource, manifest: Manifest, promised: Platform | undefined): Promise<Omit<ResolvedImage, 'documents'> & {document: StoredBlob}> {
	const {digest} = manifest.config;
	const bytes = checkBytes(source, manifest.config, await source.blob(manifest.config));
	const config = readImageConfig(bytes, `the config of ${source.subject}`);
	if (config.platform.os !== 'linux') throw malformed(source, `is an image for ${formatPlatform(config.platform)}; only linux images run here`);
	if (promised && !isSameMachine(config.platform, promised)) {
		throw malformed(source, `was asked for as ${formatPlatform(promised)}, but its config says ${formatPlatform(config.platform)}`);
	}
	return {id: digest, config, configText: bytes.toString('utf8'), layers: wantedLayers(source, manifest.layers, config.diffIds), document: {digest, bytes}};
}

function wantedLayers(source: BlobSource, layers: readonly Descriptor[], diffIds: readonly Digest[]): WantedLayer[] {
	if (layers.length !== diffIds.length) throw malformed(source, `has ${layers.length} layers in its manifest and ${diffIds.length} in its config`);
	const chain = chainIds(diffIds);
	return layers.flatMap(({digest, size}, index) => {
		const [diffId, chainId] = [diffIds[index], chain[index]];
		return diffId === undefined || chainId === undefined ? [] : [{digest, size, diffId, chainId}];
	});
}
