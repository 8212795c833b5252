import {type Digest, parseDigest} from './digest.ts';
import type {Json} from './json.ts';
import {readPlatform, type Platform} from './platform.ts';
import {asObject, asSize, asString, asStringMap, below, optional, refuse, type Place} from './shape.ts';

/** What names a blob from outside: its kind, its hash and its size, all three checked when it arrives. `urls` and `data` are never followed. */
export type Descriptor = {
	readonly mediaType: string;
	readonly digest: Digest;
	readonly size: number;
	readonly platform?: Platform;
	/** Of a referrer: what kind of thing it is. */
	readonly artifactType?: string;
	readonly annotations?: Readonly<Record<string, string>>;
};

function readDigest(value: Json | undefined, place: Place): Digest {
	const text = asString(value, place, 256);
	try {
		return parseDigest(text);
	} catch (error) {
		refuse(place, `is no digest: ${error instanceof Error ? error.message : String(error)}`);
	}
}

export function readDescriptor(value: Json | undefined, place: Place): Descriptor {
	const object = asObject(value, place);
	const platform = optional(object, 'platform', place, (item, at) => readPlatform(asObject(item, at), at));
	const annotations = optional(object, 'annotations', place, asStringMap(512, 65_536));
	const artifactType = optional(object, 'artifactType', place, (item, at) => asString(item, at, 255));
	return {
		mediaType: asString(object['mediaType'], below(place, 'mediaType'), 255),
		digest: readDigest(object['digest'], below(place, 'digest')),
		size: asSize(object['size'], below(place, 'size')),
		...(platform && {platform}),
		...(artifactType !== undefined && {artifactType}),
		...(annotations && {annotations}),
	};
}
