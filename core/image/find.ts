import {EngineError, isEngineError} from '../errors/error.ts';
import type {Digest} from '../oci/digest.ts';
import {formatPlatform, isSameMachine, parsePlatform, type Platform} from '../oci/platform.ts';
import {familiarString, parseReference, withDefaultTag} from '../reference/reference.ts';
import type {Image} from './model.ts';
import {configOf, imageExists, imageRow, imagesOfDigest, taggedImage, toImage} from './record.ts';
import type {Database, ImageStore} from './store.ts';

const idForm = /^(?:sha256:)?([a-f0-9]{1,64})$/;

/** By name[:tag][@digest], id, or the unique beginning of one; a name comes before an id's beginning, as with Docker. */
export function findImage({db}: Pick<ImageStore, 'db'>, ref: string): Image {
	const row = imageRow(db, findImageId(db, ref));
	if (!row) throw notFound(ref);
	return toImage(db, row);
}

export function findImageId(db: Database, ref: string): Digest {
	const id = wholeId(db, ref) ?? byName(db, ref) ?? byPrefix(db, ref);
	if (id === undefined) throw notFound(ref);
	return id;
}

/** The image, when it is for one of these platforms; none asked for: whatever it is for. */
export function findImageFor(db: Database, ref: string, platforms: readonly string[] = []): Digest {
	const id = findImageId(db, ref);
	const row = platforms.length === 0 ? undefined : imageRow(db, id);
	if (row) checkPlatform(ref, configOf(row).platform, platforms);
	return id;
}

/** `shown`: the image's name for the error. */
export function checkPlatform(shown: string, own: Platform, platforms: readonly string[]): void {
	if (platforms.some(text => isSameMachine(own, parsePlatform(text)))) return;
	throw new EngineError({
		code: 'image.no-platform',
		subject: shown,
		message: `image with reference ${shown} was found but its platform (${formatPlatform(own)}) does not match the specified platform (${platforms.join(', ')})`,
	});
}

function wholeId(db: Database, ref: string): Digest | undefined {
	const hex = idForm.exec(ref)?.[1];
	if (hex?.length !== 64) return undefined;
	const id = `sha256:${hex}` as Digest;
	return imageExists(db, id) ? id : undefined;
}

function byName(db: Database, ref: string): Digest | undefined {
	try {
		const reference = parseReference(ref);
		if (reference.digest) return imagesOfDigest(db, reference)[0];
		return taggedImage(db, withDefaultTag(reference));
	} catch (error) {
		// What is no name may still be the beginning of an id: sha256:0a1b.
		if (isEngineError(error, 'reference.invalid') && idForm.test(ref)) return undefined;
		throw error;
	}
}

function byPrefix(db: Database, ref: string): Digest | undefined {
	const hex = idForm.exec(ref)?.[1];
	if (hex === undefined) return undefined;
	const found = db.prepare('SELECT id FROM images WHERE id >= ? AND id < ? LIMIT 2').all(`sha256:${hex}`, `sha256:${hex}g`);
	if (found.length > 1) throw new EngineError({code: 'image.ambiguous', subject: ref, message: `${ref} is the beginning of more than one image id`, hint: 'Give more digits.'});
	return found[0]?.['id'] as Digest | undefined;
}

/** Docker names what it looked for: with the tag that counts when none was written. */
export const notFound = (ref: string): EngineError => new EngineError({code: 'image.not-found', subject: ref, message: `No such image: ${lookedFor(ref)}`});

function lookedFor(ref: string): string {
	if (idForm.exec(ref)?.[1]?.length === 64) return ref.startsWith('sha256:') ? ref : `sha256:${ref}`;
	try {
		return familiarString(withDefaultTag(parseReference(ref)));
	} catch {
		return ref;
	}
}
