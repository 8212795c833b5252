import {EngineError} from '../errors/error.ts';
import type {JsonObject} from './json.ts';
import {asString, optional, type Place} from './shape.ts';

export type Platform = {readonly os: string; readonly architecture: string; readonly variant?: string};

const architectureOfNode: Readonly<Record<string, string>> = {x64: 'amd64', ia32: '386', ppc64: 'ppc64le', mipsel: 'mipsle'};
const aliases: Readonly<Record<string, Omit<Platform, 'os'>>> = {
	x86_64: {architecture: 'amd64'},
	'x86-64': {architecture: 'amd64'},
	aarch64: {architecture: 'arm64'},
	i386: {architecture: '386'},
	armhf: {architecture: 'arm', variant: 'v7'},
	armel: {architecture: 'arm', variant: 'v6'},
};
const knownVariants: Readonly<Record<string, string>> = {arm: 'v7', arm64: 'v8'};
/** A 32-bit ARM runs what was built for the lower ones, nearest first. */
const armVariants = ['v8', 'v7', 'v6', 'v5'];

/** Fills in what everybody means by a bare `arm` or `arm64`, and resolves other names of the same. */
function normalise({os, architecture, variant}: Platform): Platform {
	const alias = aliases[architecture];
	const name = alias?.architecture ?? architecture;
	const known = variant ?? alias?.variant ?? knownVariants[name];
	return {os, architecture: name, ...(known !== undefined && {variant: known})};
}

export const hostPlatform = (): Platform => normalise({os: 'linux', architecture: architectureOfNode[process.arch] ?? process.arch});

/** Reads `linux/arm64/v8`, `arm64` or `linux`. */
export function parsePlatform(text: string): Platform {
	const parts = text.toLowerCase().split('/');
	if (parts.length > 3 || parts.some(part => !/^[a-z0-9_.-]{1,32}$/.test(part))) {
		throw new EngineError({code: 'platform.invalid', subject: text, message: `"${text.slice(0, 64)}" is not a platform`, hint: 'Write it as linux/amd64 or linux/arm/v7.'});
	}
	const [first = '', second, third] = parts;
	if (second === undefined) return first === 'linux' ? hostPlatform() : normalise({os: 'linux', architecture: first});
	return normalise({os: first, architecture: second, ...(third !== undefined && {variant: third})});
}

export const formatPlatform = ({os, architecture, variant}: Platform): string => [os, architecture, variant].filter(part => part !== undefined).join('/');

/** The platform of an index's entry or of a config. */
export function readPlatform(object: JsonObject, place: Place): Platform | undefined {
	const os = optional(object, 'os', place, (value, at) => asString(value, at, 64));
	const architecture = optional(object, 'architecture', place, (value, at) => asString(value, at, 64));
	const variant = optional(object, 'variant', place, (value, at) => asString(value, at, 64));
	if (os === undefined || architecture === undefined) return undefined;
	return {os, architecture, ...(variant !== undefined && variant !== '' && {variant})};
}

/** How well `offered` serves `wanted`: 0 is exact, higher is worse, undefined is not at all. */
export function platformDistance(offered: Platform, wanted: Platform): number | undefined {
	const have = normalise(offered);
	if (have.os !== wanted.os || have.architecture !== wanted.architecture) return undefined;
	if (have.variant === wanted.variant) return 0;
	if (have.architecture === 'arm') {
		const distance = armVariants.indexOf(have.variant ?? '') - armVariants.indexOf(wanted.variant ?? '');
		return distance > 0 ? distance : undefined;
	}
	/* amd64/v3 on a plain amd64 would not run; a plain one on amd64/v3 does. */
	return have.variant === undefined || have.architecture === 'arm64' ? 1 : undefined;
}

/** Whatever the variants: one that only the index or only the config names is no contradiction. */
export function isSameMachine(one: Platform, other: Platform): boolean {
	const [a, b] = [normalise(one), normalise(other)];
	return a.os === b.os && a.architecture === b.architecture;
}
