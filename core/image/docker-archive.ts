import {createHash} from 'node:crypto';
import {posix} from 'node:path';
import {EngineError} from '../errors/error.ts';
import {readImageConfig} from '../oci/config.ts';
import {digestOf, type Digest} from '../oci/digest.ts';
import {parseStrictJson, type Json} from '../oci/json.ts';
import {layerCount, manifestLimit} from '../oci/manifest.ts';
import {mediaTypes} from '../oci/media-types.ts';
import {asArray, asObject, asString, asStrings, below, optional, placeOf, type Place} from '../oci/shape.ts';
import {chainIds} from '../layer/chain.ts';
import {parseReference, withDefaultTag, type Reference} from '../reference/reference.ts';
import {findFile, readFile, streamFile, type Archive} from './archive.ts';
import type {ResolvedImage} from './resolve.ts';
import {compressionOf} from './spool.ts';

/** An image in an archive, with the names that the archive gives it and the way to its layers. */
export type ArchivedImage = {
	readonly image: ResolvedImage;
	readonly names: readonly Reference[];
	readonly readLayer: (digest: Digest, offset: number) => AsyncIterable<Buffer>;
};

const imageLimit = 256;

/** What `docker save` writes: manifest.json with a config and layer tars for each image. */
export async function readDockerArchive(archive: Archive): Promise<ArchivedImage[]> {
	const place = placeOf(`manifest.json of ${archive.subject}`);
	const list = asArray(parseStrictJson(readFile(archive, 'manifest.json', manifestLimit), place.subject), place, imageLimit);
	const images: ArchivedImage[] = [];
	for (const [index, item] of list.entries()) images.push(await readImage(archive, item, below(place, index)));
	return images;
}

async function readImage(archive: Archive, item: Json, place: Place): Promise<ArchivedImage> {
	const object = asObject(item, place);
	const configBytes = readFile(archive, asString(object['Config'], below(place, 'Config')), manifestLimit);
	const config = readImageConfig(configBytes, `the config in ${archive.subject}`);
	const names = (optional(object, 'RepoTags', place, asStrings(4096, 1024)) ?? []).map(name => withDefaultTag(parseReference(name)));
	const members = asStrings(layerCount, 4096)(object['Layers'] ?? [], below(place, 'Layers')).map(name => followLink(archive, name));
	if (members.length !== config.diffIds.length) {
		throw new EngineError({
			code: 'oci.invalid',
			subject: archive.subject,
			message: `an image in ${archive.subject} has ${members.length} layers in its manifest and ${config.diffIds.length} in its config`,
		});
	}
	const memberOf = new Map<Digest, string>();
	const chain = chainIds(config.diffIds);
	const layers: Array<ResolvedImage['layers'][number] & {mediaType: string}> = [];
	for (const [index, name] of members.entries()) {
		const [diffId, chainId] = [config.diffIds[index], chain[index]];
		if (diffId === undefined || chainId === undefined) continue;
		const {digest, mediaType} = await identify(archive, name, diffId);
		memberOf.set(digest, name);
		layers.push({digest, mediaType, size: findFile(archive, name).size, diffId, chainId});
	}
	const id = digestOf(configBytes);
	const manifest = makeManifest(id, configBytes.length, layers);
	return {
		names,
		image: {
			id,
			config,
			configText: configBytes.toString('utf8'),
			layers,
			documents: [
				{digest: digestOf(manifest), bytes: manifest},
				{digest: id, bytes: configBytes},
			],
		},
		readLayer: (digest, offset) => streamFile(archive, memberOf.get(digest) ?? '', offset),
	};
}

/** docker save writes a layer that comes twice as a link to the first: one step, to a regular member of this archive, found by its exact name. */
function followLink({members}: Archive, name: string): string {
	const member = members.get(name);
	if (member?.kind !== 'link' || member.target.startsWith('/')) return name;
	return posix.join(posix.dirname(name), member.target);
}

/** A plain tar is its own diff-id, so only a compressed one must be read to know its digest. */
async function identify(archive: Archive, name: string, diffId: Digest): Promise<{digest: Digest; mediaType: string}> {
	const hash = createHash('sha256');
	let compression: ReturnType<typeof compressionOf>;
	let isFirst = true;
	for await (const piece of streamFile(archive, name)) {
		if (isFirst) compression = compressionOf(piece);
		if (compression === undefined) break;
		isFirst = false;
		hash.update(piece);
	}
	const plain = 'application/vnd.oci.image.layer.v1.tar';
	return compression === undefined ? {digest: diffId, mediaType: plain} : {digest: `sha256:${hash.digest('hex')}` as Digest, mediaType: `${plain}+${compression}`};
}

/** The archive has none of its own; save and push need one. */
function makeManifest(id: Digest, size: number, layers: ReadonlyArray<{digest: Digest; size: number; mediaType: string}>): Buffer {
	return Buffer.from(
		JSON.stringify({
			schemaVersion: 2,
			mediaType: mediaTypes.ociManifest,
			config: {mediaType: mediaTypes.ociConfig, digest: id, size},
			layers: layers.map(layer => ({mediaType: layer.mediaType, digest: layer.digest, size: layer.size})),
		}),
	);
}
