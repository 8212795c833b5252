import {arch, release} from 'node:os';
import {EngineError, isEngineError} from '../errors/error.ts';
import {type Json, type JsonObject, parseStrictJson} from '../oci/json.ts';
import {asArray, asObject, asString, asStrings, below, optional, type Place, placeOf} from '../oci/shape.ts';
import type {Seccomp} from './spec.ts';

const LIMIT = 4096;
const names = asStrings(LIMIT, 128);

const goArch: Readonly<Record<string, string>> = {x64: 'amd64', arm64: 'arm64'};

export type ProfileTarget = {readonly capabilities: readonly string[]; readonly machine?: string; readonly kernel?: string};

/**
 * A seccomp profile in Docker's form: that of the runtime specification, and beside it `archMap`, and rules that hold only for some
 * capabilities, architectures and kernels. What is left over is the specification's, whose values the runtime checks.
 */
export function resolveProfile(text: string, {capabilities, machine = goArch[arch()] ?? arch(), kernel = release()}: ProfileTarget): Seccomp {
	const place = placeOf('the seccomp profile');
	try {
		const object = asObject(parseStrictJson(Buffer.from(text), place.subject), place);
		const {archMap, architectures, syscalls, ...rest} = object;
		const rules = asArray(syscalls ?? [], below(place, 'syscalls'), LIMIT).map((rule, index) => asObject(rule, below(below(place, 'syscalls'), index)));
		const holds = (rule: JsonObject, index: number): boolean => isMeant(rule, below(below(place, 'syscalls'), index), {capabilities, machine, kernel});
		return {
			...rest,
			architectures: architectures === undefined ? mapped(archMap, below(place, 'archMap'), machine) : names(architectures, below(place, 'architectures')),
			syscalls: rules.filter(holds).map(toRule),
		} as unknown as Seccomp;
	} catch (error) {
		if (!isEngineError(error)) throw error;
		throw new EngineError({code: 'container.invalid', subject: 'seccomp', message: `Decoding seccomp profile failed: ${error.message}`, cause: error});
	}
}

/** The architecture of this machine, and those that it runs beside it. */
function mapped(archMap: Json | undefined, place: Place, machine: string): readonly string[] {
	const own = {amd64: 'SCMP_ARCH_X86_64', arm64: 'SCMP_ARCH_AARCH64'}[machine];
	if (archMap === undefined || own === undefined) return [];
	for (const [index, entry] of asArray(archMap, place, 64).entries()) {
		const object = asObject(entry, below(place, index));
		if (object['architecture'] === own) return [own, ...(optional(object, 'subArchitectures', below(place, index), names) ?? [])];
	}
	return [];
}

/** Every capability and one of the architectures that it includes; none of those that it excludes; and a kernel at least so new. */
function isMeant(rule: JsonObject, place: Place, {capabilities, machine, kernel}: Required<ProfileTarget>): boolean {
	const conditions = (key: string): {caps: readonly string[]; arches: readonly string[]; minKernel: string} => {
		const at = below(place, key);
		const object = rule[key] === undefined || rule[key] === null ? {} : asObject(rule[key], at);
		return {
			caps: optional(object, 'caps', at, names) ?? [],
			arches: optional(object, 'arches', at, names) ?? [],
			minKernel: optional(object, 'minKernel', at, asString) ?? '',
		};
	};
	const includes = conditions('includes');
	const excludes = conditions('excludes');
	if (includes.caps.some(name => !capabilities.includes(name)) || (includes.arches.length > 0 && !includes.arches.includes(machine))) return false;
	if (excludes.caps.some(name => capabilities.includes(name)) || excludes.arches.includes(machine)) return false;
	if (includes.minKernel !== '' && !isAtLeast(kernel, includes.minKernel)) return false;
	return excludes.minKernel === '' || !isAtLeast(kernel, excludes.minKernel);
}

function isAtLeast(kernel: string, wanted: string): boolean {
	const [have = [], want = []] = [kernel, wanted].map(text => /^(\d+)\.(\d+)/.exec(text)?.slice(1).map(Number));
	return (have[0] ?? 0) !== (want[0] ?? 0) ? (have[0] ?? 0) > (want[0] ?? 0) : (have[1] ?? 0) >= (want[1] ?? 0);
}

/** `name` is the older form of `names`; the rest of Docker's own keys is not the specification's. */
function toRule({name, names: many, includes: _includes, excludes: _excludes, comment: _comment, args, ...rest}: JsonObject): JsonObject {
	return {...rest, names: typeof name === 'string' ? [name] : (many ?? []), ...(args !== null && args !== undefined && {args})};
}
