import {createHash} from 'node:crypto';
import {EngineError} from '../errors/error.ts';

/** `sha256:` and 64, or `sha512:` and 128 lower-case hex digits: checked, so safe as a part of a path. */
export type Digest = string & {readonly __brand: 'digest'};

export type DigestAlgorithm = 'sha256' | 'sha512';

const forms: Readonly<Record<DigestAlgorithm, RegExp>> = {sha256: /^[a-f0-9]{64}$/, sha512: /^[a-f0-9]{128}$/};

const isAlgorithm = (name: string): name is DigestAlgorithm => Object.hasOwn(forms, name);

/** The only way from outside text to a Digest. */
export function parseDigest(text: string): Digest {
	const colon = text.indexOf(':');
	const algorithm = text.slice(0, Math.max(colon, 0));
	const hex = text.slice(colon + 1);
	if (!/^[a-z0-9]+([+._-][a-z0-9]+)*$/.test(algorithm) || !/^[A-Za-z0-9=_-]+$/.test(hex)) throw invalid(text, 'invalid checksum digest format');
	if (!isAlgorithm(algorithm)) throw invalid(text, 'unsupported digest algorithm');
	if (hex.length !== (algorithm === 'sha256' ? 64 : 128)) throw invalid(text, 'invalid checksum digest length');
	if (!forms[algorithm].test(hex)) throw invalid(text, 'invalid checksum digest format');
	return text as Digest;
}

export const isDigest = (text: string): text is Digest => {
	const algorithm = algorithmOf(text);
	return isAlgorithm(algorithm) && forms[algorithm].test(text.slice(algorithm.length + 1));
};

export const digestOf = (bytes: Uint8Array | string, algorithm: DigestAlgorithm = 'sha256'): Digest =>
	parseDigest(`${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`);

export const algorithmOf = (digest: string): string => digest.slice(0, digest.indexOf(':'));
export const hexOf = (digest: Digest): string => digest.slice(digest.indexOf(':') + 1);
/** As Docker shows it: the first twelve digits. */
export const shortDigest = (digest: Digest): string => hexOf(digest).slice(0, 12);

const invalid = (text: string, reason: string) => new EngineError({code: 'digest.invalid', subject: text.slice(0, 160), message: reason});
