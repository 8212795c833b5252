import {createHash} from 'node:crypto';
import {EngineError} from '../errors/error.ts';

declare const brand: unique symbol;

/** `sha256:` and 64, or `sha512:` and 128 lower-case hex digits: nothing else ever becomes a part of a path. Made by parseDigest() alone. */
export type Digest = string & {readonly [brand]: 'Digest'};

const pattern = /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/;

export const isDigest = (text: string): text is Digest => pattern.test(text);

export function parseDigest(text: string): Digest {
	if (isDigest(text)) return text;
	throw new EngineError({
		code: 'digest.malformed',
		subject: text.slice(0, 160),
		message: `${JSON.stringify(text.slice(0, 160))} is no digest: it must be sha256: and 64, or sha512: and 128 lower-case hex digits`,
	});
}

export const algorithmOf = (digest: Digest): 'sha256' | 'sha512' => (digest.startsWith('sha256:') ? 'sha256' : 'sha512');

export const hexOf = (digest: Digest): string => digest.slice(7);

/** Twelve hex digits, as docker shows layers and images. */
export const shortDigest = (digest: Digest): string => digest.slice(7, 19);

export const digestOf = (bytes: Uint8Array | string, algorithm: 'sha256' | 'sha512' = 'sha256'): Digest =>
	parseDigest(`${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`);
