import {readdirSync, readFileSync, statSync} from 'node:fs';
import type {DeviceRequest} from '../container/model.ts';
import {EngineError} from '../errors/error.ts';
import {deviceAt} from './devices.ts';
import type {DeviceNode, DeviceRule, Hook, Hooks, Mount} from './spec.ts';

/** Container Device Interface: files of the host that say what a container needs for a device of a vendor's (CDI specification 0.8). */

export type CdiEdits = {
	readonly env: readonly string[];
	readonly nodes: readonly DeviceNode[];
	readonly rules: readonly DeviceRule[];
	readonly mounts: readonly Mount[];
	readonly hooks: Hooks;
	readonly groups: readonly number[];
};

type NodeEdit = {readonly path: string; readonly hostPath?: string; readonly permissions?: string};
type Edits = {
	readonly env?: readonly string[];
	readonly deviceNodes?: readonly NodeEdit[];
	readonly mounts?: ReadonlyArray<{readonly hostPath: string; readonly containerPath: string; readonly options?: readonly string[]; readonly type?: string}>;
	readonly hooks?: ReadonlyArray<Hook & {readonly hookName: keyof Hooks}>;
	readonly additionalGids?: readonly number[];
};
type CdiFile = {readonly kind: string; readonly containerEdits?: Edits; readonly devices: ReadonlyArray<{readonly name: string; readonly containerEdits: Edits}>};

export const cdiFolders: readonly string[] = ['/etc/cdi', '/var/run/cdi'];
const LARGEST_FILE = 4 * 1024 * 1024;

/** All that the requests come to; the files are read only when there are any. */
export async function cdiEdits(requests: readonly DeviceRequest[], folders: readonly string[] = cdiFolders): Promise<CdiEdits> {
	const edits = requests.length === 0 ? [] : chosenEdits(requests, await readFiles(folders));
	const nodes = edits.flatMap(({deviceNodes = []}) => deviceNodes.map(({path, hostPath, permissions}) => deviceAt(hostPath ?? path, path, permissions ?? 'rwm')));
	return {
		env: edits.flatMap(({env = []}) => env),
		nodes: nodes.map(({node}) => node),
		rules: nodes.map(({node, access}) => ({allow: true, type: node.type, major: node.major, minor: node.minor, access})),
		mounts: edits.flatMap(({mounts = []}) =>
			mounts.map(({hostPath, containerPath, options = [], type = 'bind'}) => ({
				destination: containerPath,
				source: hostPath,
				type,
				options: type === 'bind' ? ['rbind', ...options] : options,
			})),
		),
		hooks: gatherHooks(edits.flatMap(({hooks = []}) => hooks)),
		groups: edits.flatMap(({additionalGids = []}) => additionalGids),
	};
}

function chosenEdits(requests: readonly DeviceRequest[], files: readonly CdiFile[]): Edits[] {
	const names = new Set(requests.flatMap(request => namesFor(request, files)));
	return files.flatMap(({kind, devices, containerEdits = {}}) => {
		const chosen = devices.filter(({name}) => names.has(`${kind}=${name}`));
		return chosen.length === 0 ? [] : [...chosen.map(device => device.containerEdits), containerEdits];
	});
}

/** `nvidia.com/gpu=0`: as written with `--device`, or found for `--gpus`. */
function namesFor(request: DeviceRequest, files: readonly CdiFile[]): string[] {
	if (request.driver === 'cdi') return known(request.deviceIds, files);
	const file = files.find(({kind}) => kind.endsWith('/gpu') && (request.driver === '' || kind.startsWith(request.driver)));
	if (file === undefined)
		throw new EngineError({
			code: 'container.no-device',
			subject: 'gpus',
			message: `could not select device driver "${request.driver}" with capabilities: [[${request.capabilities.join(' ')}]]`,
			hint: `No file of ${cdiFolders.join(' or ')} describes GPUs; nvidia-ctk cdi generate makes one.`,
		});
	if (request.deviceIds.length > 0)
		return known(
			request.deviceIds.map(id => `${file.kind}=${id}`),
			files,
		);
	const single = file.devices.filter(({name}) => name !== 'all');
	const count = request.count < 0 ? single.length : request.count;
	if (count > single.length)
		throw new EngineError({
			code: 'container.no-device',
			subject: 'gpus',
			message: `${count} GPUs are asked for, and ${file.kind} has ${single.length}`,
			hint: 'Ask for fewer, or for all.',
		});
	return single.slice(0, count).map(({name}) => `${file.kind}=${name}`);
}

function known(names: readonly string[], files: readonly CdiFile[]): string[] {
	const all = new Set(files.flatMap(({kind, devices}) => devices.map(({name}) => `${kind}=${name}`)));
	const unknown = names.filter(name => !all.has(name));
	if (unknown.length > 0)
		throw new EngineError({
			code: 'container.no-device',
			subject: unknown[0],
			message: `could not select device driver "cdi" with capabilities: []: unresolvable CDI devices ${unknown.join(', ')}`,
			hint: `They are looked for in the files (.json, .yaml) of ${cdiFolders.join(' and ')}.`,
		});
	return [...names];
}

async function readFiles(folders: readonly string[]): Promise<CdiFile[]> {
	return Promise.all(folders.flatMap(folder => namesIn(folder).map(name => readFile(`${folder}/${name}`))));
}

function namesIn(folder: string): string[] {
	try {
		return readdirSync(folder)
			.filter(name => /\.(json|ya?ml)$/.test(name))
			.toSorted();
	} catch {
		return [];
	}
}

async function readFile(path: string): Promise<CdiFile> {
	const wrong = (reason: string): EngineError => new EngineError({code: 'container.no-device', subject: path, message: `the CDI file ${path} cannot be used: ${reason}`});
	if ((statSync(path, {throwIfNoEntry: false})?.size ?? 0) > LARGEST_FILE) throw wrong('it is larger than 4 MiB');
	let file: Partial<CdiFile>;
	try {
		file = ((await parse(path, readFileSync(path, 'utf8'))) ?? {}) as Partial<CdiFile>;
	} catch (error) {
		throw wrong((error as Error).message);
	}
	if (typeof file.kind !== 'string' || !Array.isArray(file.devices)) throw wrong('it has no kind or no devices');
	return {...file, kind: file.kind, devices: file.devices};
}

/** A document of YAML has few aliases, or it is refused: they could make much out of little. */
async function parse(path: string, text: string): Promise<unknown> {
	if (path.endsWith('.json')) return JSON.parse(text);
	const {parseYaml} = await import('./yaml.ts');
	return parseYaml(text, {maxAliasCount: 100, logLevel: 'error'});
}

function gatherHooks(hooks: ReadonlyArray<Hook & {readonly hookName: keyof Hooks}>): Hooks {
	return Object.fromEntries(
		[...Map.groupBy(hooks, ({hookName}) => hookName)].map(([name, list]) => [
			name,
			list.map(({path, args = [], env = [], timeout}) => ({path, args, env, ...(timeout !== undefined && {timeout})})),
		]),
	);
}
