import {EngineError} from '../errors/error.ts';
import {readDescriptor, type Descriptor} from './descriptor.ts';
import {parseStrictJson, type JsonObject} from './json.ts';
import {configTypes, indexTypes, isSchema1, layerTypes, manifestTypes} from './media-types.ts';
import {formatPlatform, platformDistance, type Platform} from './platform.ts';
import {asArray, asObject, asString, below, optional, placeOf, refuse, type Place} from './shape.ts';

export const manifestLimit = 4 * 1024 * 1024;
const indexEntries = 512;
/** The kernel's overlay takes more; Docker does not, and neither did whoever built the image. */
export const layerCount = 127;
const layerSize = 100 * 1024 ** 3;

export type Manifest = {readonly kind: 'manifest' /** As the body gives it. */; readonly mediaType?: string; readonly config: Descriptor; readonly layers: readonly Descriptor[]};
export type Index = {readonly kind: 'index'; readonly manifests: readonly Descriptor[]};

/**
 * Reads an image manifest or an index. The shape decides which of them it is, and the types that the registry and the body give
 * must agree with it: else the same bytes could be one thing to us and another to whoever signed them.
 */
export function readManifest(bytes: Uint8Array, subject: string, contentType?: string): Manifest | Index {
	const place = placeOf(subject);
	if (bytes.byteLength > manifestLimit) refuse(place, `it is larger than ${manifestLimit} bytes`);
	const object = asObject(parseStrictJson(bytes, subject), place);
	const bodyType = optional(object, 'mediaType', place, (value, at) => asString(value, at, 255));
	refuseSchema1(object, place, [contentType, bodyType]);
	if (object['schemaVersion'] !== 2) refuse(place, 'schemaVersion must be 2');
	const isIndex = object['manifests'] !== undefined;
	const isManifest = object['config'] !== undefined || object['layers'] !== undefined;
	if (isIndex === isManifest) refuse(place, isIndex ? 'it has the shape of an index and of an image manifest at once' : 'it is neither an index nor an image manifest');
	const allowed = isIndex ? indexTypes : manifestTypes;
	for (const type of [contentType, bodyType]) {
		if (type !== undefined && !allowed.has(type)) refuse(place, `it is ${isIndex ? 'an index' : 'an image manifest'} but is called ${type}`);
	}
	return isIndex ? readIndex(object, place) : {...readImageManifest(object, place), ...(bodyType !== undefined && {mediaType: bodyType})};
}

function refuseSchema1(object: JsonObject, place: Place, types: ReadonlyArray<string | undefined>): void {
	if (object['schemaVersion'] !== 1 && !types.some(type => type !== undefined && isSchema1(type))) return;
	throw new EngineError({
		code: 'oci.unsupported',
		subject: place.subject,
		message: `${place.subject} is in Docker's old format (schema 1), which is not supported`,
		hint: 'Push the image again with a current tool, which writes schema 2 or OCI.',
	});
}

function readIndex(object: JsonObject, place: Place): Index {
	const at = below(place, 'manifests');
	return {kind: 'index', manifests: asArray(object['manifests'], at, indexEntries).map((item, index) => readDescriptor(item, below(at, index)))};
}

function readImageManifest(object: JsonObject, place: Place): Manifest {
	const config = readDescriptor(object['config'], below(place, 'config'));
	if (!configTypes.has(config.mediaType)) refuse(below(place, 'config'), `is of type ${config.mediaType}, which is not a container image's`);
	if (config.size > manifestLimit) refuse(below(place, 'config'), `is larger than ${manifestLimit} bytes`);
	const at = below(place, 'layers');
	const layers = asArray(object['layers'], at, layerCount).map((item, index) => readLayer(item, below(at, index)));
	return {kind: 'manifest', config, layers};
}

function readLayer(value: Parameters<typeof readDescriptor>[0], place: Place): Descriptor {
	const layer = readDescriptor(value, place);
	if (!layerTypes.has(layer.mediaType)) refuse(place, `is of type ${layer.mediaType}, which is not supported`);
	if (layer.size > layerSize) refuse(place, `is larger than ${layerSize} bytes`);
	return layer;
}

/** The entry of the index that serves the platform best; the first of equals, as Docker takes it. */
export function choosePlatform(index: Index, wanted: Platform, subject: string): Descriptor {
	let best: {descriptor: Descriptor; distance: number} | undefined;
	for (const descriptor of index.manifests) {
		if (!indexTypes.has(descriptor.mediaType) && !manifestTypes.has(descriptor.mediaType)) continue;
		const distance = descriptor.platform ? platformDistance(descriptor.platform, wanted) : 100;
		if (distance !== undefined && (!best || distance < best.distance)) best = {descriptor, distance};
	}
	if (best) return best.descriptor;
	const offered = index.manifests.flatMap(({platform}) => (platform && platform.os !== 'unknown' ? [formatPlatform(platform)] : []));
	throw new EngineError({
		code: 'image.no-platform',
		subject,
		message: `no matching manifest for ${formatPlatform(wanted)} in the manifest list entries of ${subject}`,
		hint: offered.length > 0 ? `It is there for ${offered.slice(0, 12).join(', ')}: choose one with --platform.` : undefined,
	});
}
